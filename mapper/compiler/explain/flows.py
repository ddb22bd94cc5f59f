"""A run over an event -> Flows: for each path of the payload, the rule that made it and what that read.

A path of the event leads to one value in it, as `lines[0].sku`. What reads a list or an object as a whole
reads all that is in it; "" is the whole event. A flow names too much rather than too little: what changes a
value is always among what its flow reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace

from mapper.compiler.explain.event_run import EventRun
from mapper.compiler.explain.merged_events import fields_across, merged_fields
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tokens import written_name
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
    all_steps,
    children,
)
from mapper.compiler.plan.planner import PlannedSection
from mapper.texts.named_text import Span
from mapper.transforms.key_patterns import names_like
from mapper.values.frozen import dataclass
from mapper.values.types import Invalid, Json


@dataclass(frozen=True, slots=True)
class Flow:
    """One value of a payload: its path, as `contents[0].id`, where its rule is written, and what that read.

    reads: paths of the event, and `$meta.received_at` and the like; none of a constant.
    """

    path: str
    span: Span
    reads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventPaths:
    """The paths of the lists and objects of an event, by their identity.

    inner: these paths. lets: what each let reads, once known, by the event that it is of and its name.
    merged: of an event that `split` merges, and of what `across` gives, the objects that each field can be
    of, by identity. made: what `across` gave, kept so that nothing else has its identity.
    """

    event: Json
    by_identity: dict[int, str] = field(default_factory=dict)
    inner: set[str] = field(default_factory=set)
    lets: dict[tuple[int, str], tuple[str, ...]] = field(default_factory=dict)
    merged: dict[int, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    made: list[Json] = field(default_factory=list)


def event_paths(event: Json) -> EventPaths:
    """The paths of an event's lists and objects."""
    found = EventPaths(event)
    waiting: list[tuple[Json, str]] = [(event, "")]
    while waiting:
        value, path = waiting.pop()
        if isinstance(value, dict | list):
            found.by_identity[id(value)] = path
            found.inner.add(path)
            waiting += _inner(value, path)
    return found


def _inner(value: Json, path: str) -> list[tuple[Json, str]]:
    """The values directly within a list or an object, with their paths."""
    if isinstance(value, list):
        return [(one, f"{path}[{at}]") for at, one in enumerate(value)]
    return [(one, below(path, name)) for name, one in value.items()] if isinstance(value, dict) else []


def below(path: str, name: str) -> str:
    """The path of a field of what is at a path."""
    return f"{path}.{written_name(name)}" if path else written_name(name)


@dataclass(frozen=True, slots=True)
class _Reader:
    """A run, with the paths of its event. here: the path of what it is at, None where that is not known.

    asked: what was read to come here: by conditions, and by what makes an item or event that is not in the
    source event as it is. elements: the readers at the items that it is in, by the names of their lets.
    """

    run: EventRun
    paths: EventPaths
    here: str | None
    asked: tuple[str, ...] = ()
    elements: Mapping[str, _Reader] = field(default_factory=dict)

    def asking(self, paths: Iterable[str]) -> _Reader:
        """This reader where more was read to come here."""
        return replace(self, asked=(*self.asked, *paths))

    def within(self, loop: Loop) -> _Reader:
        """This reader, at an item of a loop, where its lets can be read."""
        if not loop.lets:
            return self
        elements = {**self.elements}
        inside = replace(self, elements=elements)
        elements.update({let.name: inside for let in loop.lets})
        return inside


def flows(section: PlannedSection, run: EventRun, paths: EventPaths) -> tuple[Flow, ...]:
    """The sources of each value of a section's payload. run: of an event that the section takes."""
    if section.payload is None or run.skipped is not None:
        return ()
    reader = _reader(run, paths)
    return tuple(_after_consent(_of_object(section.payload, "", reader), reader))


def paths_asked(run: EventRun, paths: EventPaths) -> tuple[str, ...]:
    """The paths of the event that skip rules, `match`, sections and consent read to decide about it."""
    reader, plan = _reader(run, paths), run.plan
    asked: list[str] = [*reader.asked]
    for skip in plan.skips:
        asked += _of_expression(skip.when, reader)
        if run.held(skip.when):
            return _unique(asked)
    asked += () if plan.match is None else _of_expression(plan.match, reader)
    for section, _ in run.tried():
        when = run.asked(section.when)
        asked += () if when is None else _of_expression(when, reader)
    for value in () if plan.consent is None else plan.consent.values:
        asked += _of_value(value, reader)
    return _unique(asked)


def paths_of(planned: Planned, run: EventRun, paths: EventPaths) -> tuple[str, ...]:
    """The paths of the event that a value reads."""
    reader = _reader(run, paths)
    return _unique([*reader.asked, *_of_value(planned, reader)])


def _unique(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(paths))


def _reader(run: EventRun, paths: EventPaths) -> _Reader:
    """A reader at an event; one of several that is not in the source event as it is reads what makes it."""
    here, split = paths.by_identity.get(id(run.frame.event)), run.plan.split
    if split is None or here is not None:
        return _Reader(run, paths, here)
    reads = [read for read in split.parts.reads() if read.root != "$meta"]
    found = dict(one for read in reads for one in _found(paths.event, "", read.path))
    merged = merged_fields(run.frame.event, split.parts, found.items())
    if merged is None:
        return _Reader(run, paths, None, tuple(found))
    paths.merged[id(run.frame.event)] = merged
    return _Reader(run, paths, None, tuple(path for path in found if path not in paths.inner))


def _after_consent(made: Iterable[Flow], reader: _Reader) -> Iterator[Flow]:
    """The flows that consent leaves, and those of what it sets."""
    run = reader.run
    consent, effect = run.plan.consent, run.consent_effect
    if consent is None or effect is None or effect.is_none:
        yield from made
        return
    yield from (one for one in made if not effect.removes(one.path)) if effect.is_sent else ()
    asked = _unique([*reader.asked, *(path for value in consent.values for path in _of_value(value, reader))])
    span = run.plan.places[consent.place].span
    yield from (Flow(path, span, asked) for path, _ in effect.put)


def _of_object(built: PlannedObject, path: str, reader: _Reader) -> Iterator[Flow]:
    for entry in built.entries:
        yield from _of_entry(entry, f"{path}.{entry.name}" if path else entry.name, reader)


def _of_entry(entry: PlannedField, path: str, reader: _Reader) -> Iterator[Flow]:
    if entry.when is not None:
        reader = reader.asking(_of_expression(entry.when, reader))
        if not reader.run.held(entry.when):
            return
    try:
        value = reader.run.value(entry.value)
    except Invalid:
        if entry.refusal:  # it is true then
            yield Flow(path, entry.value.span, _unique([*reader.asked, *_of_value(entry.value, reader)]))
        return
    has_default = entry.default is not None and reader.run.reached(entry.value)
    if value is not None or has_default:
        yield from _of_made(entry.value, value, path, reader)


def _of_made(planned: Planned, value: Json, path: str, reader: _Reader) -> Iterator[Flow]:
    """The flows of a value that is there: of an object its fields, of a list its elements."""
    match planned.source:
        case PlannedObject() as built if isinstance(value, dict) and not planned.steps:
            yield from _of_object(built, path, reader)
        case Loop() as loop if isinstance(value, list) and not _acts_on_list(planned):
            yield from _of_elements(loop, path, reader)
        case (
            Expression() | Fixed() | First() | Choice() | Loop() | Zipped() | PlannedObject() | PlannedList()
        ):
            yield Flow(path, planned.span, _unique([*reader.asked, *_of_value(planned, reader)]))


def _acts_on_list(planned: Planned) -> bool:
    """Whether steps act on a list as a whole, so that its elements are not those that were made."""
    return bool(planned.steps or (planned.finish is not None and planned.finish.list_steps))


def _of_elements(loop: Loop, path: str, reader: _Reader) -> Iterator[Flow]:
    place = 0
    for inner in _items(loop, reader):
        try:
            value = inner.run.value(loop.item)
        except Invalid:
            continue
        if value is not None:
            yield from _of_made(loop.item, value, f"{path}[{place}]", inner)
            place += 1


def _items(loop: Loop, reader: _Reader) -> Iterator[_Reader]:
    """A reader at each item that `where` lets through."""
    asked = _unique(_of_value(loop.items, reader))
    known = reader.paths.by_identity
    leaves = tuple(path for path in asked if path not in reader.paths.inner)
    items = reader.run.result(loop.items)
    base = known.get(id(items)) if isinstance(items, list) else None
    for run in reader.run.kept_items(loop):
        is_object = isinstance(run.at, dict | list)
        here = known.get(id(run.at)) if is_object else None
        if here is None and base is not None and not is_object:
            here = f"{base}[{run.index}]"
        # An item that is in the event as it is was found by way of what is around it.
        asking = (*reader.asked, *(asked if here is None else leaves))
        at = _Reader(run, reader.paths, here, asking, reader.elements).within(loop)
        yield at if loop.where is None else at.asking(_of_expression(loop.where, at))


def _of_value(planned: Planned, reader: _Reader) -> Iterator[str]:
    """The paths that a value reads."""
    if planned.when is not None:
        yield from _of_expression(planned.when, reader)
        if not reader.run.held(planned.when):
            return
    for name in (name for step in all_steps(planned) for name in step.reads):
        yield from _of_variable(name, (), reader)
    match planned.source:
        case Expression() as expression:
            yield from _of_expression(expression, reader)
        case First(alternatives=alternatives):
            for one in filter(reader.run.reached, alternatives):
                yield from _of_value(one, reader)
        case Choice(arms=arms):
            for when, then in arms:
                asked = reader.run.asked(when)
                yield from () if asked is None else _of_expression(asked, reader)
                yield from _of_value(then, reader) if reader.run.reached(then) else ()
        case Loop() as loop:
            yield from _of_value(loop.items, reader)
            for inner in _items(loop, reader):
                yield from (*inner.asked, *_of_value(loop.item, inner))
        case PlannedObject(entries=entries):
            for entry in entries:
                yield from () if entry.when is None else _of_expression(entry.when, reader)
                yield from _of_value(entry.value, reader)
        case PlannedList() | Zipped() | Fixed():
            for one in children(planned):
                yield from _of_value(one, reader)


def _of_expression(expression: Expression, reader: _Reader) -> Iterator[str]:
    """The paths that an expression reads."""
    for read in expression.reads():
        if read.root == "@":
            yield from _at(reader.run.at, reader.here, read.path, reader.paths)
        else:
            yield from _of_variable(read.root[1:], read.path, reader)


def _of_variable(name: str, path: tuple[str, ...], reader: _Reader) -> Iterator[str]:
    """The paths that reading a path of a variable reads."""
    run, known = reader.run, reader.paths
    if name in ("event", "whole"):
        value = run.frame.event if name == "event" else run.frame.whole
        yield from _at(value, known.by_identity.get(id(value)), path, known)
    elif name == "meta":
        yield below("$meta", path[0]) if path else "$meta"
    elif name in reader.elements:
        yield from _of_element_let(name, path, reader)
    elif name != "index":
        yield from _of_let(name, path, reader)


def _of_element_let(name: str, path: tuple[str, ...], reader: _Reader) -> Iterator[str]:
    """The paths that a let of a list rule reads."""
    known, element = reader.paths, reader.elements[name]
    read = tuple(_of_value(reader.run.plan.record.element_lets[name], element))
    try:
        value = reader.run.variable(name)
    except Invalid:
        value = None
    here = known.by_identity.get(id(value)) if isinstance(value, dict | list) else None
    if here is None:
        yield from read
        return
    yield from (one for one in read if one not in known.inner)
    yield from _walked(value, here, path)


def _of_let(name: str, path: tuple[str, ...], reader: _Reader) -> Iterator[str]:
    """The paths that a let reads; of one that is in the event as it is, only what is read of it."""
    run, known = reader.run, reader.paths
    key = (id(run.frame.event), name)
    let = next(one for one in run.plan.lets if one.name == name)
    try:
        value = run.variable(name)
    except Invalid:
        value = None
    if key not in known.lets:
        known.lets[key] = paths_of(let.value, run.event(), known)
        first = None if value is None else fields_across(let.value, value, run.frame.event)
        here = known.by_identity.get(id(run.frame.event))
        if first is not None and here is not None:
            known.made.append(value)
            known.merged[id(value)] = {name: _one_path(here, path) for name, path in first.items()}
    here = known.by_identity.get(id(value)) if isinstance(value, dict | list) else None
    if here is None and path and id(value) in known.merged:
        yield from _at(value, None, path, known)
        return
    if here is None:
        yield from known.lets[key]
        return
    yield from (one for one in known.lets[key] if one not in known.inner)
    yield from _walked(value, here, path)


def _one_path(here: str, names: tuple[str, ...]) -> tuple[str]:
    for name in names:
        here = below(here, name)
    return (here,)


def _at(value: Json, here: str | None, names: tuple[str, ...], known: EventPaths) -> Iterator[str]:
    """The paths that names lead to from a value that is at a path, or an event that `split` has merged."""
    merged = known.merged.get(id(value))
    if here is not None:
        yield from _walked(value, here, names)
    elif merged is not None and isinstance(value, dict):
        for name in value if not names else names_like(names[0], value):
            for path in merged.get(name, ()):
                yield from _walked(value[name], below(path, name), names[1:])


def _walked(value: Json, here: str, names: tuple[str, ...]) -> Iterator[str]:
    """The paths that names lead to from a value."""
    return (path for path, _ in _found(value, here, names))


def _found(value: Json, here: str, names: tuple[str, ...]) -> Iterator[tuple[str, Json]]:
    """The values that names lead to from a value, by way of all elements of lists, with their paths."""
    if not names:
        yield here, value
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from _found(one, f"{here}[{at}]", names)
    elif isinstance(value, dict):
        for name in names_like(names[0], value):
            yield from _found(value[name], below(here, name), names[1:])
