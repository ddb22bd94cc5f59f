"""A drafted schema -> the schema as it is written: personal fields marked by their names, no places in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Any

from mapper.compiler.descriptions.event_description import DescriptionNotes
from mapper.compiler.descriptions.schema_part import AT, SchemaPart
from mapper.compiler.schema.sample_schema import IsPersonalName
from mapper.compiler.schema.text_shapes import PERSONAL_SHAPES, shape_of
from mapper.values.frozen import dataclass

_SAYS_TYPE = frozenset({"type", "enum", "const", "properties", "items", "$ref", "anyOf", "allOf"})
_PERSONAL_FORMATS = frozenset({"email", "idn-email"})
# Values that a description shows; of a person's field they may be somebody's.
_SHOWN = ("default", "examples")
_DEFS = "#/$defs/"
# Of fields that refer to a definition.
_MOST_NAMES = 100
# As this package's own schemas have them; other keywords come last.
_ORDER = ("title", "description", "$ref", "type", "enum", "const", "format", "x-personal")
_LAST = ("items", "additionalProperties", "anyOf", "allOf", "required", "properties", "$defs")


@dataclass(slots=True)
class FinishedParts:
    """The parts of a schema on their way out.

    fields: how many there are. above: the names under which each definition is. personal: the definitions
    that a personal field refers to, in which each field is personal.
    """

    notes: DescriptionNotes
    is_personal_name: IsPersonalName
    above: dict[str, set[str]]
    fields: int = 0
    personal: set[str] = field(default_factory=set)

    def whole(self, made: SchemaPart) -> SchemaPart:
        """The whole schema. Read twice: which definitions are personal is known after the first time."""
        self.part(made, frozenset(), "")
        inside = {name: [to for _, to in _references(one, "")] for name, one in made.get("$defs", {}).items()}
        waiting = [*self.personal]
        while waiting:
            more = {*inside[waiting.pop()]} - self.personal
            self.personal |= more
            waiting += more
        self.fields = 0
        out: SchemaPart = self.part(made, frozenset(), "")
        return out

    def part(self, made: Any, names: frozenset[str], path: str, *, is_personal: bool = False) -> Any:
        """A part without its place.

        names: those that it has. path: of its field. is_personal: it is in a field that is.
        """
        if isinstance(made, bool):
            return made
        hidden = is_personal or bool(made.get("x-personal"))
        if hidden and str(made.get("$ref", "")).startswith(_DEFS):
            self.personal.add(made["$ref"].removeprefix(_DEFS))
        out: SchemaPart = {}
        for key, value in made.items():
            if key == AT or (hidden and key in _SHOWN) or (key in _SHOWN and _looks_personal(value)):
                continue
            if key == "properties":
                out[key] = {
                    name: self._field(one, name, names, (path, hidden)) for name, one in value.items()
                }
            elif key in ("items", "additionalProperties"):
                out[key] = self.part(value, names, f"{path}[]", is_personal=hidden)
            elif key in ("anyOf", "allOf"):
                out[key] = [self.part(one, names, path, is_personal=hidden) for one in value]
            elif key == "$defs":
                out[key] = {
                    name: self.part(one, frozenset(self.above[name]), name, is_personal=name in self.personal)
                    for name, one in value.items()
                }
            else:
                out[key] = value
        return dict(sorted(out.items(), key=lambda one: _rank(one[0])))

    def _field(self, made: Any, name: str, names: frozenset[str], around: tuple[str, bool]) -> Any:
        self.fields += 1
        if isinstance(made, bool):
            made = {} if made else False
        if made is False:
            return made
        path = f"{around[0]}.{name}" if around[0] else name
        at = made.get(AT, ())
        if not made.keys() & _SAYS_TYPE:
            self.notes.note("untyped", at, path)
        # All that is in a personal field is personal, and one note says so.
        is_likely = not around[1] and not made.get("x-personal") and self._is_personal(made, name, names)
        if is_likely:
            self.notes.note("personal", at, path)
        if is_likely or (around[1] and "x-personal" not in made):
            made = {**made, "x-personal": True}
        return self.part(made, frozenset({name}), path, is_personal=around[1])

    def _is_personal(self, made: SchemaPart, name: str, names: frozenset[str]) -> bool:
        shown = [made.get(key) for key in _SHOWN]
        return (
            made.get("format") in _PERSONAL_FORMATS
            or any(_looks_personal(value) for value in shown)
            or any(self.is_personal_name(name, above) for above in sorted(names or {""}))
        )


def _rank(key: str) -> int:
    if key in _ORDER:
        return _ORDER.index(key) - len(_ORDER)
    return 1 + _LAST.index(key) if key in _LAST else 0


def names_above(made: SchemaPart) -> dict[str, set[str]]:
    """The names under which each definition is: its own, and those of the fields that refer to it."""
    defs = made.get("$defs", {})
    found: dict[str, set[str]] = {name: set() for name in defs}
    # A definition that another one is a branch of has its names too.
    inside: dict[str, list[str]] = {name: [] for name in defs}
    root = {key: one for key, one in made.items() if key != "$defs"}
    for owner, part in (("", root), *defs.items()):
        for name, reference in _references(part, ""):
            if name:
                found[reference].add(name)
            elif owner:
                inside[owner].append(reference)
    waiting = [*defs]
    while waiting:
        owner = waiting.pop()
        for reference in inside[owner]:
            if len(found[reference]) < _MOST_NAMES and not found[owner] <= found[reference]:
                found[reference] |= found[owner]
                waiting.append(reference)
    return {name: {name, *names} for name, names in found.items()}


def _references(made: Any, name: str) -> Iterator[tuple[str, str]]:
    """Each reference to a definition, with the name of the field that it is in; "" for the part itself."""
    if not isinstance(made, dict):
        return
    if str(made.get("$ref", "")).startswith(_DEFS):
        yield name, made["$ref"].removeprefix(_DEFS)
    for key, one in made.get("properties", {}).items():
        yield from _references(one, key)
    for key in ("items", "additionalProperties"):
        yield from _references(made.get(key), name)
    for key in ("anyOf", "allOf"):
        for one in made.get(key, ()):
            yield from _references(one, name)


def _looks_personal(value: Any) -> bool:
    """Whether a value that is shown has, or holds, an address or a number of a person."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str) and shape_of(one) in PERSONAL_SHAPES:
            return True
        waiting += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
    return False
