"""An expectation of a test -> the parts of a mapping it tests, of those that acted for it."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.authoring import Expectation, Json, Point, Recorder

# Parts that decide what an event ends as: each expected end tests them.
_DECIDING = frozenset({"skip", "consent", "match"})
_NAMED_BY_RULES = "a condition"


class NamedFields:
    """The fields that the expectation of a test names.

    A value names its field, what is in it and what it is in; an object and a list name what is written in
    them, since of objects only such fields are compared.
    """

    def __init__(self, expected: Expectation | None, recorder: Recorder) -> None:
        ends = () if expected is None else expected.ends
        self._readers = recorder.let_readers
        self._sections = frozenset(one.name for one in recorder.points if one.kind == "section")
        self._is_none = not ends
        self._is_whole = expected is not None and expected.exact
        self._shows_section = any(end.value and end.value != "consent" for end in ends)
        self._values: set[tuple[str, ...]] = set()
        self._holders: set[tuple[str, ...]] = {()}
        for end in ends:
            if end.kind == "payload":
                self._name(end.value, ())
            elif end.kind == "reject" and isinstance(end.value, list):
                self._add(str(path) for path in end.value)
        if expected is not None and expected.notes:
            self._add(note.path for note in expected.notes)

    def tests(self, point: Point) -> bool:
        """Whether it names what a part of a mapping that acted makes."""
        if self._is_none or self._is_whole:
            return not self._is_none
        if point.kind == "section" or (point.kind == "when" and point.name in self._sections):
            return self._shows_section
        if point.kind in _DECIDING or point.name in ("consent", _NAMED_BY_RULES):
            return True
        return any(self._has(path) for path in self._made(point.name))

    def _made(self, name: str) -> Iterator[str]:
        let = name.partition(".")[0].partition("[")[0]
        yield from self._readers.get(let, () if name.startswith("$") else (name,))

    def _has(self, path: str) -> bool:
        if path in ("", "consent"):
            return True
        keys = _keys(path)
        return keys in self._holders or any(keys[:size] in self._values for size in range(1, len(keys) + 1))

    def _add(self, paths: Iterator[str]) -> None:
        for path in paths:
            self._name(None, _keys(path))

    def _name(self, value: Json, keys: tuple[str, ...]) -> None:
        """Name a value of a payload, at the end of some keys."""
        if isinstance(value, dict):
            for name, one in value.items():
                self._name(one, (*keys, name))
        elif isinstance(value, list) and value:
            self._holders.update(keys[:size] for size in range(1, len(keys) + 1))
            for one in value:
                self._name(one, (*keys, "[]"))
        else:
            self._values.add(keys)
            self._holders.update(keys[:size] for size in range(1, len(keys) + 1))


def _keys(path: str) -> tuple[str, ...]:
    return tuple(path.replace("[]", ".[]").split("."))
