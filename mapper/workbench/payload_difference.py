"""Two payloads -> the paths at which they differ, lists of objects compared element by element."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from mapper.authoring import Json

DifferenceKind: TypeAlias = Literal["lost", "new", "changed"]


class PathPair(NamedTuple):
    """The values of two payloads at a path; elements of lists have the path of their list with `[]`.

    old, new: None where nothing is there. more, fewer: of a list, whether it has more elements now, or fewer;
    also true of what is new, or lost.
    """

    path: str
    old: Json
    new: Json

    @property
    def kind(self) -> DifferenceKind:
        """Whether the value was lost, is new, or changed."""
        return "new" if self.old is None else "lost" if self.new is None else "changed"

    @property
    def more(self) -> bool:
        """Whether there is more at the path than there was."""
        return self.old is None or _longer(self.new, self.old)

    @property
    def fewer(self) -> bool:
        """Whether there is less at the path than there was."""
        return self.new is None or _longer(self.old, self.new)


def is_same(old: Any, new: Any) -> bool:
    """Whether two values are the same as JSON: 1 is neither 1.0 nor true."""
    if type(old) is not type(new):
        return False
    if isinstance(old, dict):
        return old.keys() == new.keys() and all(is_same(one, new[name]) for name, one in old.items())
    if isinstance(old, list):
        return len(old) == len(new) and all(map(is_same, old, new))
    equal: bool = old == new
    return equal


def differences(old: Any, new: Any, known: frozenset[str], path: str = "") -> Iterator[PathPair]:
    """The paths at which two values differ. known: the paths that the target knows; no other is named.

    path: of the values.
    """
    if is_same(old, new):
        return
    if _is_known_object(old, known, path) and _is_known_object(new, known, path) and (old or new):
        before, after = old or {}, new or {}
        for name in dict.fromkeys((*before, *after)):
            inside = f"{path}.{name}" if path else name
            yield from differences(before.get(name), after.get(name), known, inside)
    elif isinstance(old, list) and isinstance(new, list) and _holds_objects(old, new, known, path):
        yield from _in_lists(old, new, known, path)
    else:
        yield PathPair(path, old, new)


def _is_known_object(value: Json, known: frozenset[str], path: str) -> bool:
    """Whether a value is absent, or an object whose every field the target knows."""
    if not isinstance(value, dict):
        return value is None
    return all((f"{path}.{name}" if path else name) in known for name in value)


def _holds_objects(old: list[Json], new: list[Json], known: frozenset[str], path: str) -> bool:
    """Whether all elements of two lists are objects of which the target knows every field."""
    return all(isinstance(one, dict) and _is_known_object(one, known, f"{path}[]") for one in (*old, *new))


def _in_lists(old: list[Json], new: list[Json], known: frozenset[str], path: str) -> Iterator[PathPair]:
    """Lists of objects: their length and order, and what differs in their elements."""
    pairs = _less_equal(old, new) if len(old) != len(new) else list(zip(old, new, strict=True))
    left, right = [one for one, _ in pairs], [one for _, one in pairs]
    is_moved = len(old) == len(new) and sorted(map(_text, left)) == sorted(map(_text, right))
    if len(old) != len(new) or is_moved:
        yield PathPair(path, old, new)
    if not is_moved:
        for one, other in pairs:
            yield from differences(one, other, known, f"{path}[]")


def _less_equal(old: Sequence[Json], new: Sequence[Json]) -> list[tuple[Json, Json]]:
    """The elements that only one of two lists has, in pairs as far as both have some."""
    only_old, left = [], list(map(_text, new))
    rest = list(new)
    for one in old:
        text = _text(one)
        if text in left:
            at = left.index(text)
            del left[at], rest[at]
        else:
            only_old.append(one)
    return list(zip(only_old, rest, strict=False))


def _text(value: Json) -> str:
    """Equal for values that are the same as JSON, whatever the order of their fields."""
    if isinstance(value, dict):
        return repr(sorted((name, _text(one)) for name, one in value.items()))
    return repr(list(map(_text, value))) if isinstance(value, list) else repr(value)


def _longer(one: Json, other: Json) -> bool:
    return isinstance(one, list) and isinstance(other, list) and len(one) > len(other)
