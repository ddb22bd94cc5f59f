"""Type: what a JSON value can be; whether it fits, unions, how it reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Literal, LiteralString, TypeAlias

from mapper.values.frozen import dataclass
from mapper.values.safe_text import SafeText

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
# The names and places on the way to a part of a JSON value.
JsonPath: TypeAlias = tuple[str | int, ...]
Kind = Literal["null", "boolean", "integer", "number", "string", "array", "object"]
Fit = Literal["always", "maybe", "never"]

_ORDER: tuple[Kind, ...] = ("string", "number", "integer", "boolean", "array", "object", "null")
_ALL: frozenset[Kind] = frozenset(_ORDER)


class Invalid(ValueError):
    """A value that cannot become what it should be. Says why, never the value itself.

    `kind` is JMESPath's name of the error where one of its functions raised it; `noted` turns true once the
    event's notes hold it.
    """

    def __init__(self, reason: LiteralString | SafeText, kind: str = "invalid-value") -> None:
        super().__init__(reason)
        self.reason = reason if isinstance(reason, SafeText) else SafeText(reason)
        self.kind = kind
        self.noted = False


@dataclass(frozen=True, slots=True)
class Seen:
    """The values that sample events had at a place.

    present, of: how often there was a value, among so many that could have had one. texts: how many texts
    have each shape. values: the distinct values with how often each was seen, where they are few. example: a
    value that shows how times or amounts are written. least, most: of numbers and numeric texts. fractions:
    how many of them have one. hundredfold: in how many samples it is 100 times what amounts beside it add up
    to. distinct: how many different values there are, where nearly all are different; else 0.
    """

    present: int
    of: int
    texts: tuple[tuple[str, int], ...] = ()
    values: tuple[tuple[Json, int], ...] | None = None
    example: str = ""
    least: float | None = None
    most: float | None = None
    fractions: int = 0
    hundredfold: int = 0
    distinct: int = 0


@dataclass(frozen=True, slots=True)
class Type:
    """The JSON values that a place can have.

    kinds: JSON kinds it may be; `number` includes `integer`; `null` means it may be absent.
    known: False where nothing is known. Unknown is not wrong: it fits `maybe` anywhere.
    format: name of the form its strings or numbers are known to have (`email`, `sha256`), "" if none is.
    items: type of the elements if it is an array; None is unknown.
    fields: types of an object's fields, sorted by name; None is unknown.
    closed: an object has no fields but these. others: the type of the fields that are not named; None is
    unknown. lower_names: none of these has a capital letter in its name.
    constants: the only values it can have beside null, if they are known.
    seen: what samples had there, where they are all that is known.
    """

    kinds: frozenset[Kind]
    known: bool = True
    format: str = ""
    items: Type | None = None
    fields: tuple[tuple[str, Type], ...] | None = None
    closed: bool = False
    others: Type | None = None
    lower_names: bool = False
    constants: tuple[Json, ...] | None = None
    seen: Seen | None = None

    def field(self, name: str) -> Type:
        """The type of a field: null where a closed object lacks it, unknown where nothing is said."""
        for known_name, known in self.fields or ():
            if known_name == name:
                return known
        return NULL if self.closed else self.others or UNKNOWN

    def without(self, *kinds: Kind) -> Type:
        """This type less some kinds."""
        if self.kinds.isdisjoint(kinds):
            return self
        constants = self.constants and tuple(one for one in self.constants if kind_of(one) not in kinds)
        return self._of_kinds(self.kinds - frozenset(kinds), constants)

    def optional(self) -> Type:
        """This type or null."""
        return self if "null" in self.kinds else self._of_kinds(self.kinds | {"null"}, self.constants)

    def _of_kinds(self, kinds: frozenset[Kind], constants: tuple[Json, ...] | None) -> Type:
        """This type with other kinds; asked so often that `replace` would be a part of each check."""
        around = (self.closed, self.others, self.lower_names)
        return Type(kinds, self.known, self.format, self.items, self.fields, *around, constants, self.seen)

    def describe(self) -> str:
        """The name of the type in a message: `string`, `array of object`, `integer or null`."""
        if not self.known:
            return "unknown"
        names = [kind for kind in _ORDER if kind in self.kinds]
        if "number" in names and "integer" in names:
            names.remove("integer")
        return " or ".join(self._describe_kind(kind) for kind in names) or "nothing"

    def _describe_kind(self, kind: Kind) -> str:
        if kind == "array" and self.items is not None and self.items.known:
            return f"array of {self.items.describe()}"
        if kind in ("string", "number", "integer") and self.format:
            return f"{kind} ({self.format})"
        return kind


@lru_cache(maxsize=256)
def of(*kinds: Kind, format: str = "") -> Type:
    """A type of the given kinds."""
    return Type(frozenset(kinds), format=format)


def array_of(items: Type) -> Type:
    """An array whose elements have the type `items`."""
    return Type(frozenset({"array"}), items=items)


def constant(value: Json) -> Type:
    """The type that holds one value only."""
    return Type(frozenset({kind_of(value)}), constants=(value,))


UNKNOWN = Type(_ALL, known=False)
ANY = Type(_ALL)
NULL = of("null")
_UNKNOWN_AND_THERE = replace(UNKNOWN, kinds=_ALL - {"null"})


def kind_of(value: Json) -> Kind:
    """The JSON kind of a value; a float without fraction is a `number`, as it was written."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def kind_name(value: Json) -> SafeText:
    """The JSON kind of a value, for a message."""
    return SafeText.known(kind_of(value))


def union(types: Iterable[Type]) -> Type:
    """The type of a value that has one of the types; unknown if any of them is."""
    parts = list(types)
    if not parts:
        return NULL
    first = parts[0]
    for part in parts:
        if part is not first:
            return _united(parts)
    # Most often it is one type again and again, of a source that says nothing of it: worked out once.
    known = _ALONE.get(id(first))
    if known is None:
        if len(_ALONE) >= _MOST_ALONE:
            _ALONE.clear()
        known = _ALONE[id(first)] = (first, _united([first]))
    return known[1]


# By the identity of a type, which is kept with it so that no other can have it.
_ALONE: dict[int, tuple[Type, Type]] = {}
_MOST_ALONE = 1024


def _united(parts: list[Type]) -> Type:
    kinds = frozenset[Kind]().union(*[part.kinds for part in parts])
    if False in [part.known for part in parts]:
        return UNKNOWN if "null" in kinds else _UNKNOWN_AND_THERE
    scalars = [part for part in parts if part.kinds & {"string", "number", "integer"}]
    formats = {part.format for part in scalars}
    arrays = [part.items for part in parts if "array" in part.kinds]
    fields, closed = _fields_of([part for part in parts if "object" in part.kinds])
    return Type(
        kinds,
        format=formats.pop() if len(formats) == 1 else "",
        items=union(item or UNKNOWN for item in arrays) if arrays else None,
        fields=fields,
        closed=closed,
        others=parts[0].others if len(parts) == 1 else None,
        lower_names=len(parts) == 1 and parts[0].lower_names,
        constants=_constants_of([part for part in parts if part.kinds != {"null"}]),
        seen=parts[0].seen if len(parts) == 1 else None,
    )


def _fields_of(objects: list[Type]) -> tuple[tuple[tuple[str, Type], ...] | None, bool]:
    """The fields of an object that is one of several, and whether there are no others."""
    if not objects or any(one.fields is None for one in objects):
        return None, False
    names = sorted({name for one in objects for name, _ in one.fields or ()})
    closed = all(one.closed for one in objects)
    return tuple((name, union(one.field(name) for one in objects)) for name in names), closed


def _constants_of(parts: list[Type]) -> tuple[Json, ...] | None:
    """The constants of all parts, each once; None where one of them has any value of its kinds."""
    if not parts or any(part.constants is None for part in parts):
        return None
    found = {(type(value), repr(value)): value for part in parts for value in part.constants or ()}
    return tuple(found.values())


def fit(value: Type, wanted: Type) -> Fit:
    """Whether a value of one type has the other; null aside, since absent is another question."""
    if not value.known or not wanted.known:
        return "maybe"
    have, want = _widened(value.kinds - {"null"}), _widened(wanted.kinds - {"null"})
    if not have:
        return "maybe"
    shared = have & want
    if not shared:
        return "never"
    if "array" in shared and value.items is not None and wanted.items is not None:
        inner = fit(value.items, wanted.items)
        if inner != "always":
            return "never" if inner == "never" and shared == {"array"} else "maybe"
    same_format = not wanted.format or value.format == wanted.format
    return "always" if have <= want and same_format else "maybe"


def _widened(kinds: frozenset[Kind]) -> frozenset[Kind]:
    return kinds | {"integer"} if "number" in kinds else kinds
