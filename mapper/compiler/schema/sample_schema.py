"""Sample events -> the JSON Schema of their source, with what was seen of each attribute (`x-seen`).

Such a schema is evidence, not a contract: every object in it is open, and `x-samples` at its root says how
many events it is made of. What an attribute was seen with is under `x-seen`:

present, of: how often it was there and not null, among the objects that could have it; of elements and of the
values of a dictionary, among all of them.
texts: how many texts have each shape (`text_shapes.py`). values: the distinct values with how often each was
seen, commonest first; only where they are few and short, and neither ids nor likely a person's. example: the
first time, date or amount. distinct: how many different values there are, where fewer than one in ten is seen
again. hundredfold: in how many events it is 100 times what amounts beside it
add up to. least, most: of numbers and numeric texts. fractions: how many of them have one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import field
from typing import Any

from mapper.compiler.schema.sample_sums import ELEMENTS, SamplePath, SampleSums
from mapper.compiler.schema.text_shapes import PERSONAL_SHAPES, TextShape, shape_of
from mapper.values.frozen import dataclass
from mapper.values.types import Json, Kind, kind_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# More distinct values are not kept, nor longer ones; and not so many of all places together.
MOST_VALUES = 100
LONGEST_VALUE = 80
MOST_VALUES_IN_ALL = 100_000
# So many values of all places together are told apart, by their hashes.
MOST_HASHES = 500_000
# Deeper places, and those after so many, are passed over.
DEEPEST = 32
MOST_PLACES = 10_000
LONGEST_NAME = 200
# An object with more attributes than that, of which each event has less than half, is a dictionary.
_MOST_ATTRIBUTES = 200
# Attributes whose names look so are keys of a dictionary: ids, addresses, days.
_KEY_SHAPES = frozenset({"date", "digest", "digits", "email", "ip", "phone", "time", "url", "uuid"})
_FEWEST_KEYS = 2
_PERSONAL_KEYS = frozenset({"email", "ip", "phone"})
# An example is kept of these shapes, since a value may be written in several ways.
_SHOWN_SHAPES = frozenset({"date", "decimal", "local_time", "money", "other_date", "time"})
# Values of these shapes belong to one person or thing, and are not kept.
_OWN_SHAPES = frozenset({"digest", "email", "ip", "json", "phone", "url", "user_agent", "uuid"})
# An address or number of a person within a text.
ADDRESS = re.compile(
    r"[^\s@]@[^\s@]+\.[A-Za-z]{2}|(?<!\w)\+[0-9][0-9 ().-]{6,18}[0-9]"
    r"|(?<![\w.-])\(?[0-9]{3}(?:\) ?|[ .-])[0-9]{3}[ .-][0-9]{4}(?![\w-])"
)
# Sentences, and texts of more words than a name has: they are free text, in which anything may be said.
_FREE_TEXT = re.compile(r"[\r\n]|[^\W\d_]{2}[.!?](?:\s|$)|(?:\w[^\s]*[\s]+(?:[^\w\s]+\s+)*){6}\w")
_NUMERIC_SHAPES = frozenset({"decimal", "digits"})
_LONGEST_NUMBER = 15
_LARGEST_INTEGER = 2**63
_FORMATS: dict[TextShape, str] = {
    "date": "date",
    "email": "email",
    "ip": "ip",
    "time": "date-time",
    "url": "uri",
    "uuid": "uuid",
}

IsPersonalName = Callable[[str, str], bool]


@dataclass(slots=True)
class _Seen:
    """The values that were seen at one place. entries: of a dictionary.

    values, hashes: None once there are too many. hashes: of all values that are no object and no list.
    """

    kinds: dict[Kind, int] = field(default_factory=dict)
    shapes: dict[TextShape, int] = field(default_factory=dict)
    values: dict[tuple[Kind, Json], int] | None = field(default_factory=dict)
    hashes: set[int] | None = field(default_factory=set)
    example: str = ""
    least: float | None = None
    most: float | None = None
    fractions: int = 0
    hundredfold: int = 0
    fields: dict[str, _Seen] | None = None
    items: _Seen | None = None
    entries: _Seen | None = None

    @property
    def times(self) -> int:
        """The number of times it was there, also as null."""
        return sum(self.kinds.values())

    @property
    def present(self) -> int:
        """The number of times it was there and not null."""
        return self.times - self.kinds.get("null", 0)


@dataclass(slots=True)
class SampleReader:
    """Events, taken one by one, and what was seen in them; memory is bounded however many there are.

    is_cut: something was passed over, since it lies too deep or there are too many places.
    """

    events: int = 0
    is_cut: bool = False
    _root: _Seen = field(default_factory=_Seen)
    _sums: SampleSums = field(default_factory=SampleSums)
    _places: int = 0
    _values: int = 0
    _hashes: int = 0

    def add(self, event: dict[str, Any]) -> None:
        """Look at one event more."""
        self.events += 1
        self._add(self._root, event, 0)
        self._sums.add(event)

    def schema(self, is_personal_name: IsPersonalName = lambda name, above: False) -> dict[str, Any]:
        """The schema of the events so far.

        is_personal_name: whether a name, in an object of another name, is likely that of a person's value.
        """
        for path, count in self._sums.in_small_units().items():
            place = _place_at(self._root, path)
            if place is not None:
                place.hundredfold = count
        made = _schema_of(self._root, self.events, ("", ""), is_personal_name)
        made.pop("x-seen", None)
        counted: dict[str, Json] = {"events": self.events}
        if self.is_cut:
            counted["cut"] = True
        return {"$schema": DIALECT, "x-samples": counted, "type": "object", **made}

    def _add(self, seen: _Seen, value: Json, depth: int) -> None:
        kind = kind_of(value)
        seen.kinds[kind] = seen.kinds.get(kind, 0) + 1
        if isinstance(value, dict):
            seen.values = None
            self._add_object(seen, value, depth + 1)
        elif isinstance(value, list):
            seen.values = None
            self._add_list(seen, value, depth + 1)
        elif value is not None:
            before = len(seen.values or ())
            _add_scalar(seen, kind, value)
            self._tell_apart(seen, kind, value)
            self._values += len(seen.values or ()) - before
            if self._values > MOST_VALUES_IN_ALL:
                self._values -= len(seen.values or ())
                seen.values = None

    def _tell_apart(self, seen: _Seen, kind: Kind, value: bool | int | float | str) -> None:
        if seen.hashes is None:
            return
        before = len(seen.hashes)
        seen.hashes.add(hash((kind, value)))
        self._hashes += len(seen.hashes) - before
        if self._hashes > MOST_HASHES:
            self._hashes -= len(seen.hashes)
            seen.hashes = None

    def _add_object(self, seen: _Seen, value: dict[str, Json], depth: int) -> None:
        if depth > DEEPEST:
            self.is_cut = True
            return
        if seen.fields is None:
            seen.fields = {}
        for name, one in value.items():
            place = seen.entries or seen.fields.get(name)
            if place is None:
                place = self._new_place(seen, name)
            if place is not None:
                self._add(place, one, depth)

    def _new_place(self, seen: _Seen, name: str) -> _Seen | None:
        assert seen.fields is not None
        if len(seen.fields) >= _MOST_ATTRIBUTES and _vary(seen, seen.fields):
            seen.entries = _merged(seen.fields.values())
            self._places -= len(seen.fields) - 1
            seen.fields = {}
            return seen.entries
        place = self._made() if len(name) <= LONGEST_NAME else None
        if place is not None:
            seen.fields[name] = place
        return place

    def _add_list(self, seen: _Seen, value: list[Json], depth: int) -> None:
        if depth > DEEPEST:
            self.is_cut = True
            return
        if value and seen.items is None:
            seen.items = self._made()
        if seen.items is not None:
            for one in value:
                self._add(seen.items, one, depth)

    def _made(self) -> _Seen | None:
        """A new place; None where there are too many."""
        if self._places >= MOST_PLACES:
            self.is_cut = True
            return None
        self._places += 1
        return _Seen()


def _place_at(seen: _Seen, path: SamplePath) -> _Seen | None:
    """The values that were seen at a path; None where it is in a dictionary."""
    place: _Seen | None = seen
    for name in path:
        if place is None:
            return None
        place = place.items if name == ELEMENTS else (place.fields or {}).get(name)
    return place


def sample_schema(
    events: Iterable[dict[str, Any]], is_personal_name: IsPersonalName = lambda name, above: False
) -> dict[str, Any]:
    """The schema of some events, as `SampleReader.schema`."""
    reader = SampleReader()
    for event in events:
        reader.add(event)
    return reader.schema(is_personal_name)


def to_write(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema of samples as it may be written to a file: with those `values` only that are a vocabulary's.

    Values that hardly repeat may be somebody's, whatever the attribute is called; and so may sentences,
    however often they do.
    """
    made: dict[str, Any] = {}
    for key, part in schema.items():
        if key == "properties":
            made[key] = {name: to_write(one) for name, one in part.items()}
        elif key in ("items", "additionalProperties"):
            made[key] = to_write(part)
        elif key == "x-seen" and not _is_vocabulary(part.get("values", ()), part["present"]):
            made[key] = {word: said for word, said in part.items() if word != "values"}
        else:
            made[key] = part
    return made


def _is_vocabulary(values: Sequence[tuple[Json, int]], present: int) -> bool:
    """Whether values are words that a source has for things: they repeat, and none is a sentence."""
    is_text = any(isinstance(value, str) and _FREE_TEXT.search(value) for value, _ in values)
    return 2 * len(values) <= present and not is_text


def _add_scalar(seen: _Seen, kind: Kind, value: bool | int | float | str) -> None:
    number: float | None = None
    if isinstance(value, str):
        shape = shape_of(value)
        seen.shapes[shape] = seen.shapes.get(shape, 0) + 1
        if not seen.example and shape in _SHOWN_SHAPES:
            seen.example = value[:LONGEST_VALUE]
        if shape in _NUMERIC_SHAPES and len(value) <= _LONGEST_NUMBER:
            number = float(value) if math.isfinite(float(value)) else None
    elif not isinstance(value, bool):
        number = float(value) if -_LARGEST_INTEGER < value < _LARGEST_INTEGER else None
    if number is not None:
        seen.least = number if seen.least is None else min(seen.least, number)
        seen.most = number if seen.most is None else max(seen.most, number)
        seen.fractions += not number.is_integer()
    if seen.values is None:
        return
    key = (kind, value)
    is_new, is_long = key not in seen.values, isinstance(value, str) and len(value) > LONGEST_VALUE
    if is_long or (is_new and len(seen.values) >= MOST_VALUES):
        seen.values = None
    else:
        seen.values[key] = seen.values.get(key, 0) + 1


def _vary(seen: _Seen, fields: dict[str, _Seen]) -> bool:
    """Whether an object has less than half of the attributes that all together have."""
    return 2 * sum(one.present for one in fields.values()) < len(fields) * seen.kinds.get("object", 0)


def _merged(parts: Iterable[_Seen]) -> _Seen:
    """The values that were seen at several places, as if these had been one."""
    made = _Seen()
    for part in parts:
        for kind, count in part.kinds.items():
            made.kinds[kind] = made.kinds.get(kind, 0) + count
        for shape, count in part.shapes.items():
            made.shapes[shape] = made.shapes.get(shape, 0) + count
        made.values = _merged_values(made.values, part.values)
        made.hashes = None if made.hashes is None or part.hashes is None else made.hashes | part.hashes
        made.example = made.example or part.example
        made.least = _first_of(min, made.least, part.least)
        made.most = _first_of(max, made.most, part.most)
        made.fractions += part.fractions
        if part.fields is not None:
            names = dict.fromkeys([*(made.fields or {}), *part.fields])
            made.fields = {name: _merged(_both(made.fields, part.fields, name)) for name in names}
        made.items = _either(made.items, part.items)
        made.entries = _either(made.entries, part.entries)
    return made


def _both(ours: dict[str, _Seen] | None, theirs: dict[str, _Seen], name: str) -> list[_Seen]:
    return [fields[name] for fields in (ours or {}, theirs) if name in fields]


def _either(ours: _Seen | None, theirs: _Seen | None) -> _Seen | None:
    parts = [one for one in (ours, theirs) if one is not None]
    return _merged(parts) if len(parts) > 1 else parts[0] if parts else None


def _first_of(
    choose: Callable[[float, float], float], ours: float | None, theirs: float | None
) -> float | None:
    if ours is None or theirs is None:
        return theirs if ours is None else ours
    return choose(ours, theirs)


_Values = dict[tuple[Kind, Json], int]


def _merged_values(ours: _Values | None, theirs: _Values | None) -> _Values | None:
    if ours is None or theirs is None:
        return None
    made = dict(ours)
    for value, count in theirs.items():
        made[value] = made.get(value, 0) + count
    return made if len(made) <= MOST_VALUES else None


_Names = tuple[str, str]


def _schema_of(seen: _Seen, of: int, names: _Names, is_personal_name: IsPersonalName) -> dict[str, Any]:
    """The schema of one place. of: how often it could be there. names: its own after that of its object."""
    made: dict[str, Any] = {}
    kinds = _kinds_of(seen)
    if kinds:
        made["type"] = kinds[0] if len(kinds) == 1 else kinds
    made.update(_format(seen))
    personal = _personal(seen, names, is_personal_name)
    if personal:
        made["x-personal"] = personal
    if seen.entries is not None or (seen.fields and _are_keys(seen.fields)):
        entries = seen.entries or _merged((seen.fields or {}).values())
        made["additionalProperties"] = _schema_of(entries, entries.times, (names[1], ""), is_personal_name)
    elif seen.fields is not None:
        made.update(_fields(seen, names[1], is_personal_name))
    if seen.items is not None:
        made["items"] = _schema_of(seen.items, seen.items.times, names, is_personal_name)
    made["x-seen"] = _said(seen, of, is_personal=bool(personal))
    return made


def _fields(seen: _Seen, name: str, is_personal_name: IsPersonalName) -> dict[str, Any]:
    objects = seen.kinds.get("object", 0)
    # A key that is somebody's address is left out: the object is open anyway.
    fields = {key: one for key, one in (seen.fields or {}).items() if shape_of(key) not in _PERSONAL_KEYS}
    required = [key for key, one in fields.items() if one.present == objects]
    made: dict[str, Any] = {"required": required} if required else {}
    made["properties"] = {
        key: _schema_of(one, objects, (name, key), is_personal_name) for key, one in fields.items()
    }
    return made


def _kinds_of(seen: _Seen) -> list[Kind]:
    """The kinds of the values, commonest first, `null` last; nothing where only null was seen."""
    counted: dict[Kind, int] = {kind: count for kind, count in seen.kinds.items() if kind != "null"}
    if "number" in counted:
        counted["number"] += counted.pop("integer", 0)
    kinds: list[Kind] = sorted(counted, key=lambda kind: (-counted[kind], kind))
    if kinds and "null" in seen.kinds:
        kinds.append("null")
    return kinds


def _are_keys(fields: dict[str, _Seen]) -> bool:
    """Whether the names of attributes are keys of a dictionary by their looks."""
    shapes = {shape_of(name) for name in fields}
    return shapes <= _KEY_SHAPES and (len(fields) >= _FEWEST_KEYS or shapes <= _PERSONAL_KEYS)


def _shapes_there(seen: _Seen) -> dict[TextShape, int]:
    return {shape: count for shape, count in seen.shapes.items() if shape != "blank"}


def _format(seen: _Seen) -> dict[str, str]:
    """The format of its texts, where all of them have the same."""
    shapes = list(_shapes_there(seen))
    found = _FORMATS.get(shapes[0]) if len(shapes) == 1 else None
    return {} if found is None else {"format": found}


def _personal(seen: _Seen, names: _Names, is_personal_name: IsPersonalName) -> str:
    """The reason that it is likely a person's: the shape of its values, or `name`; else blank."""
    scalars = seen.items if seen.items is not None else seen
    if not scalars.kinds.keys() - {"null", "object", "array", "boolean"}:
        return ""
    shapes = _shapes_there(scalars)
    for shape in sorted(PERSONAL_SHAPES):
        if 2 * shapes.get(shape, 0) > sum(shapes.values()):
            return shape
    return "name" if names[1] and is_personal_name(names[1], names[0]) else ""


def _hold_somebody(seen: _Seen) -> bool:
    """Whether a value is somebody's address or number, or has one in it."""
    if not _OWN_SHAPES.isdisjoint(seen.shapes):
        return True
    return any(kind == "string" and ADDRESS.search(str(value)) for kind, value in seen.values or ())


def _said(seen: _Seen, of: int, *, is_personal: bool) -> dict[str, Json]:
    said: dict[str, Json] = {"present": seen.present, "of": of}
    if len(seen.kinds.keys() - {"null"}) > 1:
        said["kinds"] = {kind: seen.kinds[kind] for kind in sorted(seen.kinds)}
    if seen.shapes:
        said["texts"] = {shape: seen.shapes[shape] for shape in sorted(seen.shapes)}
    if seen.values and not is_personal and not _hold_somebody(seen):
        counted = sorted(seen.values.items(), key=lambda one: (-one[1], str(one[0])))
        said["values"] = [[value, count] for (_, value), count in counted]
    if seen.hashes and seen.present > 1 and 9 * seen.present <= 10 * len(seen.hashes):
        said["distinct"] = len(seen.hashes)
    if seen.example and not is_personal:
        said["example"] = seen.example
    if seen.least is not None and seen.most is not None and not is_personal:
        said["least"], said["most"] = _plain(seen.least), _plain(seen.most)
        said["fractions"] = seen.fractions
    if seen.hundredfold:
        said["hundredfold"] = seen.hundredfold
    return said


def _plain(number: float) -> int | float:
    return int(number) if number.is_integer() else number
