"""Planned payload x target path -> whether some event can have a value there, which constants it can be, and
whether it is read of some variables alone.

A rule that depends on a condition can give a value; one that has no value for any event cannot.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import lru_cache

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Literal
from mapper.compiler.plan.constants import looked_up
from mapper.compiler.plan.ir import (
    Choice,
    First,
    Fixed,
    Loop,
    Planned,
    PlannedField,
    PlannedList,
    PlannedObject,
    Zipped,
    own_steps,
)
from mapper.runtime.operators import falsy
from mapper.texts.named_text import Span
from mapper.values.types import NULL, Json, Type


def gives(payload: PlannedObject, path: str, unknown: bool = True) -> bool:
    """Whether a rule can give a value at a target path; `contents[].id` is one in any element.

    unknown: what to say of an object that the event gives whole.
    """
    name, asked = _asked(path, unknown)
    for entry in payload.entries:  # asked of each section for each path: without a generator and calls
        if entry.name == name:
            known = entry.gives.get(asked)
            if known or (known is None and _entry_gives(entry, *asked)):
                return True
    return False


def gives_any(payload: PlannedObject, paths: Sequence[str]) -> bool:
    """Whether a rule can give a value at one of some paths."""
    if len(paths) == 1:  # as most signals have; `any` makes a generator for each
        return gives(payload, paths[0])
    return any(gives(payload, path) for path in paths)


@lru_cache(maxsize=1024)
def _asked(path: str, unknown: bool) -> tuple[str, tuple[tuple[str, ...], bool]]:
    """The name of an entry, and what is asked of it."""
    names = _names(path)
    return names[0], (names[1:], unknown)


def given_names(planned: PlannedObject) -> set[str]:
    """The names of an object's fields that a rule can give a value."""
    return {entry.name for entry in planned.entries if _entry_gives(entry, (), True)}


def constants_at(payload: PlannedObject, path: str) -> Sequence[tuple[Json, Span]]:
    """The constants that a value at a path can be, defaults among them, each with its place."""
    names = _names(path)
    entries = [entry for entry in payload.entries if entry.name == names[0]]
    if len(entries) != 1:
        return tuple(_constants(payload, names)) if entries else ()
    known = entries[0].constants.get(path)
    if known is None:
        known = entries[0].constants[path] = tuple(_constants(payload, names))
    return known


def _constants(payload: PlannedObject, names: Sequence[str]) -> Iterator[tuple[Json, Span]]:
    ways: list[Planned] = []
    parts = [payload]
    for name in names:
        entries = [entry for part in parts for entry in part.entries if entry.name == name]
        yield from () if name != names[-1] else _defaults(entries)
        ways = [way for entry in entries for way in ways_of(entry.value)]
        parts = objects_among(ways)
    for way in ways:
        if isinstance(way.source, Fixed):
            yield way.source.value, way.span
        elif (table := looked_up(own_steps(way))) is not None:
            yield from ((value, way.span) for value in table)
        elif way.type.known and way.type.constants is not None:
            yield from ((value, way.span) for value in way.type.constants)


def _defaults(entries: list[PlannedField]) -> Iterator[tuple[Json, Span]]:
    for entry in entries:
        for default in (entry.default, entry.value.default):
            if default is not None:
                yield default.value, entry.value.span


def ways_of(planned: Planned) -> Sequence[Planned]:
    """The values that a value can turn out to be: its alternatives and arms, less those that never act."""
    if is_never(planned):
        return ()
    match planned.source:
        case Expression() | Fixed() | PlannedObject() | Loop() | PlannedList() | Zipped():
            return (planned,)
        case First(alternatives=alternatives):
            return [way for one in alternatives for way in ways_of(one)]
        case Choice(arms=arms):
            return [way for when, then in arms if not never_holds(when) for way in ways_of(then)]


def objects_among(ways: Iterable[Planned]) -> list[PlannedObject]:
    """The objects among some ways."""
    return [way.source for way in ways if isinstance(way.source, PlannedObject)]


def is_never(planned: Planned) -> bool:
    """Whether no event has a value here."""
    if planned.when is not None and never_holds(planned.when):
        return True
    if planned.default is not None:
        return False
    made, read = planned.type, planned.source_type
    return (made.known and made.kinds == NULL.kinds) or (read.known and read.kinds == NULL.kinds)


def never_holds(condition: Expression | None) -> bool:
    """Whether a condition is a constant that does not hold."""
    return condition is not None and isinstance(condition.root, Literal) and falsy(condition.root.value)


def always_holds(condition: Expression | None) -> bool:
    """Whether a condition is missing, or a constant that holds."""
    if condition is None:
        return True
    return isinstance(condition.root, Literal) and not falsy(condition.root.value)


@lru_cache(maxsize=1024)
def _names(path: str) -> tuple[str, ...]:
    return tuple(path.replace("[]", "").split("."))


def _object_gives(planned: PlannedObject, names: tuple[str, ...], unknown: bool) -> bool:
    name = names[0]
    for entry in planned.entries:  # noqa: SIM110  # asked of thousands: `any` takes twice as long
        if entry.name == name and _entry_gives(entry, names[1:], unknown):
            return True
    return False


def can_give(entry: PlannedField) -> bool:
    """Whether a field has a value for some event."""
    return _entry_gives(entry, (), True)


def can_exist(built: PlannedObject) -> bool:
    """Whether an object is there for some event: with a value of it, and with what it must have.

    Constants and defaults alone make no object; a constant with a condition is one of the event.
    """
    if not built.exists:
        built.exists.append(_can_exist(built))
    return built.exists[0]


def _can_exist(built: PlannedObject) -> bool:
    if built.path and not any(map(_tells, built.entries)):
        return False
    given = given_names(built)
    return all(any(given.issuperset(group) for group in check.groups) for check in built.checks)


def _tells(entry: PlannedField) -> bool:
    """Whether some event has a value of its own for a field."""
    if entry.when is not None and never_holds(entry.when):
        return False
    if isinstance(entry.value.source, Fixed):
        return entry.when is not None
    return _gives(entry.value, (), True)


def _entry_gives(entry: PlannedField, below: tuple[str, ...], unknown: bool) -> bool:
    known = entry.gives.get((below, unknown))
    if known is None:
        known = entry.gives[below, unknown] = _can_give(entry, below, unknown)
    return known


def _can_give(entry: PlannedField, below: tuple[str, ...], unknown: bool) -> bool:
    if entry.when is not None and never_holds(entry.when):
        return False
    if entry.default is not None and _constant_gives(entry.default.value, below):
        return True
    return _gives(entry.value, below, unknown)


def _gives(planned: Planned, below: tuple[str, ...], unknown: bool) -> bool:
    ways = ways_of(planned)
    if len(ways) == 1:
        return _way_gives(ways[0], below, unknown)
    return any(_way_gives(way, below, unknown) for way in ways)


def _way_gives(way: Planned, below: tuple[str, ...], unknown: bool) -> bool:
    if way.default is not None and _constant_gives(way.default.value, below):
        return True
    match way.source:
        case Fixed(value=value):
            return _constant_gives(value, below)
        case PlannedObject():
            return (not below or _object_gives(way.source, below, unknown)) and can_exist(way.source)
        case Loop(items=items, item=item):
            return _gives(items, (), unknown) and _gives(item, below, unknown)
        case PlannedList(items=items):
            return any(_gives(item, below, unknown) for item in items)
        case Expression() | Zipped() | First() | Choice():
            return _type_gives(way.source_type, below, unknown)


def _type_gives(type: Type, below: tuple[str, ...], unknown: bool) -> bool:
    """Whether a value of a type can have a field; a list, whether one of its elements can."""
    if not below:
        return True
    if type.known and type.items is not None:
        return _type_gives(type.items, below, unknown)
    if not type.known or type.fields is None:
        return unknown
    field = type.field(below[0])
    if not type.closed and not any(name == below[0] for name, _ in type.fields):
        return unknown
    return field.kinds != {"null"} and _type_gives(field, below[1:], unknown)


def _constant_gives(value: Json, below: tuple[str, ...]) -> bool:
    if isinstance(value, list):
        return any(_constant_gives(one, below) for one in value)
    if below:
        return isinstance(value, dict) and below[0] in value and _constant_gives(value[below[0]], below[1:])
    return value is not None


def names_that_depend_on(variables: Set[str], lets: Mapping[str, Planned]) -> set[str]:
    """Some variables, and the lets that read nothing else: in turn, since one may read another."""
    found, known = {*variables}, 0
    while len(found) > known:
        known = len(found)
        for name in (*lets, *reversed([*lets])):
            if f"${name}" not in found and depends_on(lets[name], found):
                found.add(f"${name}")
    return found


def depends_on(planned: Planned, variables: Set[str]) -> bool:
    """Whether each way to have a value reads nothing but some variables."""
    if planned.default is not None:
        return False
    ways = list(ways_of(planned))
    return bool(ways) and all(_reads_only(way, variables) for way in ways)


def _reads_only(way: Planned, variables: Set[str]) -> bool:
    match way.source:
        case Expression() as expression:
            roots = {read.root for read in expression.reads()}
            return bool(roots) and roots <= variables
        case Loop(items=items):
            return depends_on(items, variables)
        case Fixed() | PlannedObject() | PlannedList() | Zipped() | First() | Choice():
            return False
