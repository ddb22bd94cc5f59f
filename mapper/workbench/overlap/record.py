"""Payload -> record: digests of what events are paired and compared by, with a key that only this run knows.

No value of a person is in a record, and without the key, which is never written, none can be guessed.
"""

from __future__ import annotations

import json
import math
import secrets
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Literal, TypeAlias

from mapper.values.payload_time import UNREADABLE, PayloadTime
from mapper.values.safe_text import SafeText

TAG, SERVER = 0, 1
# A record that is unpacked: id, number of the name, side, time, fields, line.
Unpacked: TypeAlias = tuple[Any, ...]
ID, NAME, SIDE, TIME, FIELDS = range(5)
NO_ID = bytes(16)
IDENTITY = slice(0, 18)
"""The bytes of a record that are the same in all copies of an event: its id and its name."""
MOST_NAMES = 1000
OTHERS = "others"
NO_NUMBER = math.inf
"""The number of a field that has none: JSON has no infinity."""
_HEAD = "<16sHBI"
_TIME = slice(19, 23)
_LAST_SECOND = 2**32 - 1
_LAST_LINE = 2**32 - 1
_KEPT_DIGESTS = 2**13
_FEWEST_OTHERS = 2**16 - MOST_NAMES

ComparedAs: TypeAlias = Literal["same", "number", "page"]


@dataclass(frozen=True, slots=True)
class OverlapWords:
    """The word `x-overlap` of a target, with the fields of an event's name and time.

    by: fields that tell an event whose id differs, the surest first; those of a group count together. person:
    what the service needs to know of the person. compare: what should be equal, and how it is compared.
    requests: the ready mapping of the tag's own requests; "" if there is none. standard: the known names.
    """

    name: str
    time: PayloadTime
    id: str
    by: tuple[tuple[str, ...], ...]
    person: tuple[str, ...]
    compare: Mapping[str, ComparedAs]
    requests: str = ""
    standard: frozenset[str] = frozenset()

    @classmethod
    def stated(cls, schema: Mapping[str, Any]) -> OverlapWords | None:
        """The words of a target's schema; None if it does not say how its events are compared."""
        said, names = schema.get("x-overlap"), schema.get("x-event-names")
        if said is None or names is None:
            return None
        return cls(
            names["field"],
            PayloadTime.stated(schema.get("x-time")),
            said["id"],
            tuple((one,) if isinstance(one, str) else tuple(one) for one in said.get("by", ())),
            tuple(said.get("person", ())),
            said.get("compare", {}),
            said.get("requests", ""),
            frozenset(names["standard"]),
        )

    @property
    def paths(self) -> tuple[str, ...]:
        """The fields of a record: those that are shown, then those that events are only paired by."""
        of_groups = (path for group in self.by for path in group)
        return tuple(dict.fromkeys((*self.compare, *self.person, *of_groups)))

    @property
    def pages(self) -> tuple[str, ...]:
        """The fields with the page that an event happened on."""
        return tuple(path for path, kind in self.compare.items() if kind == "page")

    @property
    def shown(self) -> tuple[str, ...]:
        """The fields whose differences are shown, the first ones of a record."""
        return tuple(dict.fromkeys((*self.compare, *self.person)))


@dataclass(slots=True)
class NameNumbers:
    """The numbers of names in records. held: names that may be shown; all if `reveal`, up to a thousand.

    Any other name is a value of an event. Events of different ones are never paired, and are counted as one.
    """

    held: frozenset[str]
    reveal: bool = False
    _numbers: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self._numbers = {name: number for number, name in enumerate(sorted(self.held)[:MOST_NAMES])}

    def number(self, name: str, digest: Callable[[str], int]) -> int:
        """The number of a name."""
        known = self._numbers.get(name)
        if known is not None:
            return known
        if self.reveal and len(self._numbers) < MOST_NAMES:
            self._numbers[name] = len(self._numbers)
            return self._numbers[name]
        return MOST_NAMES + digest(name) % _FEWEST_OTHERS

    def names(self) -> list[str]:
        """The names by their numbers; a larger number is of one of the others."""
        return list(self._numbers)


def time_of(record: bytes) -> int:
    """The Unix seconds in a record."""
    return int.from_bytes(record[_TIME], "little")


class RecordMaker:
    """Makes records of payloads, with one key for both sides."""

    def __init__(self, words: OverlapWords, names: NameNumbers, key: bytes | None = None) -> None:
        self.words = words
        self._names = names
        self._key = secrets.token_bytes(32) if key is None else key
        self._digest = lru_cache(_KEPT_DIGESTS)(self._digest_of)
        kinds = [words.compare.get(path) for path in words.paths]
        self.layout = struct.Struct(f"{_HEAD}{''.join('d' if kind == 'number' else 'Q' for kind in kinds)}I")
        self._blank = [NO_NUMBER if kind == "number" else 0 for kind in kinds]
        self._groups = list(self._grouped())
        self._id_way = words.id.split(".")

    def _grouped(self) -> Iterator[tuple[list[str], list[tuple[str, int, Callable[[Any], Any]]]]]:
        """The fields by the object that they are in, each with its place and its reading."""
        readings: dict[str | None, Callable[[Any], Any]] = {
            "number": _number,
            "page": lambda value: self._text(_page(value)),
        }
        found: dict[str, list[tuple[str, int, Callable[[Any], Any]]]] = {}
        for place, path in enumerate(self.words.paths):
            around, _, leaf = path.rpartition(".")
            reading = readings.get(self.words.compare.get(path), self._text)
            found.setdefault(around, []).append((leaf, place, reading))
        return ((around.split(".") if around else [], leaves) for around, leaves in found.items())

    def _digest_of(self, text: str) -> int:
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, key=self._key).digest()
        return int.from_bytes(digest, "little") or 1

    def _text(self, value: Any) -> int:
        text = value if type(value) is str else _canonical(value)
        return self._digest(text) if text else 0

    def make(self, payload: Mapping[str, Any], side: int, line: int) -> bytes | SafeText:
        """The record of a payload, or why it is none."""
        name, time = payload.get(self.words.name), self.words.time.seconds(payload)
        if type(name) is not str or not name:
            return SafeText("it has no {}", SafeText.known(self.words.name))
        if time is None or not UNREADABLE < time <= _LAST_SECOND:
            return SafeText("it has no {}", SafeText.known(self.words.time.field))
        number = self._names.number(name, self._digest)
        found = self._blank[:]
        for way, leaves in self._groups:
            held = _object_at(payload, way)
            for leaf, place, reading in leaves if held else ():
                value = held.get(leaf)
                if value is not None:
                    # Most lists have one value; to look here saves a tenth of the reading.
                    found[place] = reading(value[0] if type(value) is list and len(value) == 1 else value)
        return self.layout.pack(self._id(payload, name), number, side, time, *found, min(line, _LAST_LINE))

    def _id(self, payload: Mapping[str, Any], name: str) -> bytes:
        value = _object_at(payload, self._id_way[:-1]).get(self._id_way[-1])
        text = value if type(value) is str else _canonical(value)
        if not text:
            return NO_ID
        content = f"{name}\0{text}".encode("utf-8", "surrogatepass")
        return blake2b(content, digest_size=16, key=self._key).digest()


def _object_at(payload: Mapping[str, Any], way: list[str]) -> Mapping[str, Any]:
    for key in way:
        inner = payload.get(key)
        if type(inner) is not dict:
            return {}
        payload = inner
    return payload


def _canonical(value: Any) -> str:
    """A text of a value in which neither the order of a list counts nor that one value is a list."""
    if value is None or value == [] or value == {}:
        return ""
    if isinstance(value, list):
        texts = sorted(map(_canonical, value))
        return texts[0] if len(texts) == 1 else json.dumps(texts)
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _page(value: Any) -> Any:
    """The URL of a page without its query."""
    return value.partition("#")[0].partition("?")[0].rstrip("/") if isinstance(value, str) else value


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return NO_NUMBER
    return number if math.isfinite(number) else NO_NUMBER
