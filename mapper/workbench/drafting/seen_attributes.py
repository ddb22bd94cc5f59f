"""Sample events -> their attributes, each with its values, and what a mapping writes to read it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mapper.authoring import Json, source_schema
from mapper.masking import looks_personal
from mapper.workbench.drafting.likely_fields import Vocabulary
from mapper.workbench.yaml_text import in_quotes, is_whole

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OWN_NAMES = frozenset({"event", "index", "whole", "meta"})
_LET = "\0"
_MOST_PAIRS = 200
_MOST_IN_ONE = 100
_MOST_PARTS = 6
_MOST_DEPTH = 12

AttributePath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pairs:
    """A list of names and values, which a `let` makes an object of. value: the expression of a value."""

    let: str
    at: AttributePath
    name: str
    value: str

    @property
    def marked(self) -> str:
        """The name of the object in the names of its attributes, which no attribute of an event has."""
        return f"{_LET}{self.let}"

    @property
    def expression(self) -> str:
        """The expression of the `let`."""
        return f"from_items({path_text(self.at)}[].[{quoted(self.name)}, {self.value}])"


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of events, or of the elements of a list.

    names: from the event, or from the element. at: the list's. text: the expression that reads it. values:
    those that are there, in order. events: the places of the samples that have one. around: the name of the
    thing that has it, if a part of an event is one: `order` for an element of `orders`.
    """

    names: AttributePath
    at: AttributePath | None
    text: str
    schema: Mapping[str, Any]
    values: tuple[Json, ...]
    events: frozenset[int]
    around: AttributePath = ()

    @property
    def texts(self) -> Mapping[str, int]:
        """The number of its texts of each shape, blank ones aside."""
        counted = self.schema.get("x-seen", {}).get("texts", {})
        return {shape: count for shape, count in counted.items() if shape != "blank"}

    def share(self, shape: str) -> float:
        """The share of its values that are texts of a shape."""
        return self.texts.get(shape, 0) / len(self.values) if self.values else 0.0

    @property
    def distinct(self) -> int:
        """The number of different values."""
        return len({(type(value), _hashable(value)) for value in self.values})

    @property
    def is_personal(self) -> bool:
        """Whether it is marked as a person's."""
        return bool(self.schema.get("x-personal"))


@dataclass(frozen=True, slots=True)
class Samples:
    """Events, what a `let` adds to them, and their attributes.

    raw: the events as they are; schema: of those; plain: of `events`. split: the list in them that holds the
    parts, if there is one; inner: the names of attributes that its elements have; whole: the samples of the
    undivided events.
    """

    events: tuple[dict[str, Any], ...]
    pairs: tuple[Pairs, ...]
    schema: dict[str, Any]
    attributes: tuple[Attribute, ...]
    lists: tuple[AttributePath, ...]
    raw: tuple[dict[str, Any], ...]
    plain: dict[str, Any]
    split: AttributePath | None = None
    inner: frozenset[str] = frozenset()
    whole: Samples | None = None

    @property
    def splitting(self) -> str:
        """The expression of the parts of an event, itself if it has none; "" where no event has any."""
        return "" if self.split is None else f"{path_text(self.split)}[].merge($event, @) || [@]"

    @property
    def undivided(self) -> Samples:
        """The samples in which each source event is one."""
        return self if self.whole is None else self.whole

    def is_inner(self, attribute: Attribute) -> bool:
        """Whether the elements of the list that is split have an attribute."""
        return (attribute.at or attribute.names)[0] in self.inner

    def nested(self, at: AttributePath) -> Iterator[str]:
        """The attributes of lists that are within the elements of a list, which no rule of a draft reads."""
        outer = f"{path_text(self.split)}[]." if self.split is not None and at[0] in self.inner else ""
        schema = _part(self.plain, at)["items"]
        yield from (f"{outer}{path_text(at)}[].{name}" for name in _in_lists(schema) if "[]" in name)

    def in_raw(self, paths: Iterable[AttributePath]) -> set[AttributePath]:
        """Paths in events as they are: also within the list that holds them."""
        found = set(paths)
        inside = {path for path in found if path and path[0] in self.inner}
        return found | {(*self.split, *path) for path in inside if self.split is not None}


def read_samples(
    events: Sequence[dict[str, Any]],
    vocabulary: Vocabulary,
    find_split: Callable[[Samples], AttributePath | None],
) -> Samples:
    """The samples of some events; where each holds several, of those."""
    schema = source_schema(events)
    whole = _samples(events, schema, vocabulary)
    split = find_split(whole)
    if split is None:
        return whole
    inner = frozenset(_part(schema, split)["items"]["properties"])
    parts = [part for event in events for part in _parts(event, split)]
    made = _samples(parts, source_schema(parts), vocabulary, frozenset({split}))
    around = (_singular(split[-1]),)
    attributes = tuple(
        replace(one, around=around) if one.at is None and one.names[0] in inner else one
        for one in made.attributes
    )
    return replace(
        made, attributes=attributes, schema=schema, raw=tuple(events), split=split, inner=inner, whole=whole
    )


def elements_of(samples: Samples, at: AttributePath, vocabulary: Vocabulary) -> Samples:
    """The samples that the elements of a list are."""
    schema = _part(samples.schema, at).get("items", {})
    found = [one for event in samples.events for one in elements(event, at) if isinstance(one, dict)]
    made = _samples(found, schema, vocabulary)
    around = (_singular(at[-1]),)
    attributes = tuple(replace(one, around=around) if one.at is None else one for one in made.attributes)
    return replace(made, attributes=attributes)


def _samples(
    events: Sequence[dict[str, Any]],
    schema: dict[str, Any],
    vocabulary: Vocabulary,
    hidden: frozenset[AttributePath] = frozenset(),
) -> Samples:
    """The samples of events. hidden: lists whose elements are none of their attributes."""
    pairs = tuple(_pairs(schema, events, vocabulary))
    with_pairs = [_with_pairs(event, pairs) for event in events]
    is_plain = not pairs and with_pairs == list(events)
    seen = schema if is_plain else source_schema(with_pairs)
    hidden = hidden | {one.at for one in pairs}
    attributes = tuple(_attributes(seen, with_pairs, hidden))
    lists = tuple(at for at in _lists(seen) if at not in hidden)
    return Samples(tuple(with_pairs), pairs, schema, attributes, lists, tuple(events), seen)


def _singular(name: str) -> str:
    return name[:-1] if name.lower().endswith("s") else name


def _parts(event: dict[str, Any], split: AttributePath) -> list[dict[str, Any]]:
    """The parts of an event, each with what is around them; one that has none is a part itself."""
    found = [{**event, **one} for one in elements(event, split)[:_MOST_IN_ONE] if isinstance(one, dict)]
    return found or [event]


def _hashable(value: Json) -> Json:
    return json.dumps(value) if isinstance(value, dict | list) else value


def quoted(name: str) -> str:
    """A name as an expression has it."""
    return name if _IDENTIFIER.fullmatch(name) else in_quotes(name)


def _can_be_read(name: str) -> bool:
    """Whether an expression can name it: it is not empty, no half of a character and nobody's address."""
    return bool(name) and name[0] != _LET and is_whole(name) and not looks_personal(name)


def path_text(names: AttributePath) -> str:
    """The expression of some names, one in the other; those of a `let` are marked."""
    first, *rest = names
    head = f"${first[1:]}" if first.startswith(_LET) else quoted(first)
    return ".".join([head, *map(quoted, rest)])


def value_at(value: Json, names: Sequence[str]) -> Json:
    """The value at some names, one in the other; None where nothing is."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def is_blank(value: Json) -> bool:
    """Whether a value is absent in a mapping."""
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def _with_pairs(event: dict[str, Any], pairs: Sequence[Pairs]) -> dict[str, Any]:
    made = {name: value for name, value in event.items() if not name.startswith(_LET)}
    for one in pairs:
        items = value_at(event, one.at)
        found: dict[str, Json] = {}
        for item in items if isinstance(items, list) else ():
            key = item.get(one.name) if isinstance(item, dict) else None
            if isinstance(item, dict) and isinstance(key, str) and key not in found:
                found[key] = _value_of(item, one.value)
        made[one.marked] = found
    return made


def _value_of(item: dict[str, Json], text: str) -> Json:
    """The value of a pair: the first of the alternatives of its expression."""
    for part in text.split(" || "):
        value = value_at(item, [name.strip('"') for name in part.split(".")])
        if not is_blank(value):
            return value
    return None


def _pairs(schema: Mapping[str, Any], events: Sequence[Any], vocabulary: Vocabulary) -> Iterator[Pairs]:
    """The lists whose elements are a name and its value."""
    taken: set[str] = set(_OWN_NAMES)
    for at in _lists(schema):
        items = _part(schema, at).get("items", {}).get("properties", {})
        keys = [name for name in items if name.lower() in vocabulary.words["names_of_pairs"]]
        values = [name for name in items if name.lower() in vocabulary.words["values_of_pairs"]]
        if len(keys) != 1 or len(values) != 1 or len(items) > 3 or not _are_names(at, keys[0], events):
            continue
        let = re.sub(r"[^A-Za-z0-9_]", "_", at[-1]) or "pairs"
        while let in taken or not _IDENTIFIER.fullmatch(let):
            let = f"{let}_"
        taken.add(let)
        yield Pairs(let, at, keys[0], _pair_value(values[0], items[values[0]]))


def _pair_value(name: str, schema: Mapping[str, Any]) -> str:
    parts = list(schema.get("properties", {}))[:_MOST_PARTS]
    return " || ".join(path_text((name, part)) for part in parts) if parts else quoted(name)


def _are_names(at: AttributePath, key: str, events: Sequence[Any]) -> bool:
    """Whether a list's elements are told apart by a name that others use again."""
    seen: dict[str, int] = {}
    for event in events:
        items = value_at(event, at)
        names = [one.get(key) for one in items if isinstance(one, dict)] if isinstance(items, list) else []
        texts = [name for name in names if isinstance(name, str) and name]
        if len(texts) < len(names) or len(set(texts)) < len(texts):
            return False
        for name in texts:
            seen[name] = seen.get(name, 0) + 1
    return 1 < len(seen) <= _MOST_PAIRS and (len(events) < 3 or max(seen.values()) > 1)


def _part(schema: Mapping[str, Any], names: AttributePath) -> Mapping[str, Any]:
    for name in names:
        schema = schema.get("properties", {}).get(name, {})
    return schema


def _lists(schema: Mapping[str, Any], above: AttributePath = ()) -> Iterator[AttributePath]:
    """The lists of objects that are in no other list."""
    if len(above) > _MOST_DEPTH:
        return
    for name, part in schema.get("properties", {}).items():
        if not _can_be_read(name):
            continue
        if "properties" in part.get("items", {}):
            yield (*above, name)
        yield from _lists(part, (*above, name))


def _attributes(
    schema: Mapping[str, Any], events: Sequence[dict[str, Any]], hidden: frozenset[AttributePath]
) -> Iterator[Attribute]:
    for names, part in _scalars(schema):
        found = [(place, value_at(event, names)) for place, event in enumerate(events)]
        there = [(place, value) for place, value in found if not is_blank(value)]
        yield Attribute(
            names, None, path_text(names), part, tuple(v for _, v in there), frozenset(p for p, _ in there)
        )
    for at in _lists(schema):
        if at not in hidden:
            yield from _of_elements(at, _part(schema, at)["items"], events)


def _of_elements(at: AttributePath, schema: Mapping[str, Any], events: Sequence[Any]) -> Iterator[Attribute]:
    found_in = [(place, one) for place, event in enumerate(events) for one in elements(event, at)]
    for names, part in _scalars(schema):
        found = [(place, value_at(one, names)) for place, one in found_in]
        there = [(place, value) for place, value in found if not is_blank(value)]
        yield Attribute(
            names, at, path_text(names), part, tuple(v for _, v in there), frozenset(p for p, _ in there)
        )


def _in_lists(schema: Mapping[str, Any]) -> Iterator[str]:
    """The paths of the attributes of an object, also those in lists of objects."""
    yield from (path_text(names) for names, _ in _scalars(schema))
    for at in _lists(schema):
        inside = _part(schema, at)["items"]
        yield from (f"{path_text(at)}[].{name}" for name in _in_lists(inside))


def elements(event: Json, at: AttributePath) -> list[Json]:
    """The elements of a list in an event; none where there is no list."""
    items = value_at(event, at)
    return items if isinstance(items, list) else []


def _scalars(
    schema: Mapping[str, Any], above: AttributePath = ()
) -> Iterator[tuple[AttributePath, Mapping[str, Any]]]:
    """The values that are no objects and no lists of objects, by their names."""
    if len(above) > _MOST_DEPTH:
        return
    for name, part in schema.get("properties", {}).items():
        if not (_can_be_read(name) or (not above and name[:1] == _LET)):
            continue
        if "properties" in part:
            yield from _scalars(part, (*above, name))
        elif "properties" not in part.get("items", {}) and part.get("type"):
            yield (*above, name), part
