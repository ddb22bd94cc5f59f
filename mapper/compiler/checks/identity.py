"""Sections -> whom their payloads identify, and the fields that each must have.

One of the target's groups of fields must be there in full, and each required field. A value that depends
on a condition, or on an attribute that may be absent, can identify; one that is never there cannot.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from itertools import product

from mapper.compiler.checks.check_facts import MissingField
from mapper.compiler.checks.check_registry import WITHOUT_ERRORS, CheckCase, Relation, anywhere, check, fact
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.memo import once
from mapper.compiler.plan.can_give import (
    can_give,
    depends_on,
    given_names,
    names_that_depend_on,
    never_holds,
    ways_of,
)
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
    parts,
)
from mapper.compiler.plan.planned_lets import all_variables
from mapper.compiler.plan.planned_values import takes_away
from mapper.compiler.plan.scope import PlannedFields, Sending
from mapper.compiler.schema.target import Target, TargetField
from mapper.compiler.schema.target_requirements import FieldTest, Requirement
from mapper.compiler.syntax.value_nodes import ALL_UNREAD, Fields, Value
from mapper.runtime.operators import equal
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span
from mapper.values.types import Json

_META = "$meta"
NOTHING_OF_THE_EVENT = "constants and defaults alone make no object"


@check("M304", needs=("whole", "payload read"))
def required_fields(case: CheckCase) -> Iterator[Diagnostic]:
    """Required fields that sections lack: once where all of them do, else at each."""
    lacking: dict[str, list[Span]] = {}
    for sending in case.sendings:
        for path in _lacking(sending, case.target):
            if path not in case.record.misspelt:
                lacking.setdefault(path, []).append(sending.name.span)
    for path, spans in lacking.items():
        hint = f"add a rule for `{path}` to the common `payload`, or to the section"
        everywhere = len(spans) == len(case.sendings) > 1
        for span in spans[:1] if everywhere else spans:
            message = f"the payload needs `{path}`, which has no rule"
            if everywhere:
                message = f"the payload needs `{path}`, and no section has a rule for it"
            yield Diagnostic("M304", span, message, hint, path=path, facts=MissingField(path, True))


def _lacking(sending: Sending, target: Target) -> list[str]:
    """The fields that the target asks of every payload and that a section has no rule for."""
    fields = sending.fields
    planned = {entry.name for entry in sending.payload.entries}
    lacking = [child for child in _required(target.root) if child.name not in planned]
    if not lacking or ALL_UNREAD in fields.unread:
        return []
    planned |= _written(fields)
    if target.event_names is not None and not takes_away(sending.name):
        planned.add(target.event_names.field)
    return [child.path for child in lacking if child.name not in planned]


@once
def _required(root: TargetField) -> tuple[TargetField, ...]:
    """The fields that an object must have."""
    return tuple(child for child in root.fields if child.required)


def _written(fields: Fields) -> set[str]:
    """The names of fields that have a rule, or a diagnostic in place of one."""
    return {name for name, _, value in fields.entries if not takes_away(value)} | {*fields.unread}


@check("M304", needs=("whole", "payload read"))
def required_in_objects(case: CheckCase) -> Iterator[Diagnostic]:
    """Required fields that objects within the payload lack."""
    for made, child in _lacking_in_objects(case):
        message = f"`{made.planned.path}` needs `{child.name}`, which has no rule"
        fact = MissingField(child.name, False)
        yield Diagnostic("M304", made.fields.span, message, path=child.path, facts=fact)


@fact
def _lacking_in_objects(case: CheckCase) -> list[tuple[PlannedFields, TargetField]]:
    """The objects that lack a required field, each with it."""
    return [
        (made, child)
        for made in case.record.objects.values()
        if made.target is not None and made.target.path and (due := _required(made.target))
        for written in (_written(made.fields),)
        for child in due
        if child.name not in written and child.path not in case.record.misspelt
    ]


@check("M304", needs=("whole", "payload read"))
def fields_without_value(case: CheckCase) -> Iterator[Diagnostic]:
    """Required fields whose rule has no value for any event: each of these would be rejected."""
    seen: set[int] = set()
    for sending in case.sendings:
        for entry in _asked(sending.payload, seen):
            place = case.plan.places[entry.place]
            path, span = place.path, place.span
            if not entry.required or can_give(entry) or path in case.record.misspelt:
                continue
            if (
                _failed_at(sending, path)
                or _has_mistake(span, case)
                or _is_nobody(sending, path, case.target)
            ):
                continue
            why, hint = "its rule never has a value", "read the value from the event"
            if isinstance(entry.value.source, PlannedObject):
                why, hint = (
                    NOTHING_OF_THE_EVENT,
                    "add a field that reads the event, or `when: present(...)` beside a constant",
                )
            message = f"`{path}` is required, and {why}"
            yield Diagnostic("M304", span, message, hint, path=path)


def _has_mistake(span: Span, case: CheckCase) -> bool:
    """Whether something within a value is wrong, so that what it would give is not known."""
    wrong = [one.span for one in case.found if one.severity == "error"]
    wrong += [made.fields.span for made, _ in _lacking_in_objects(case)]
    return any(one.is_within(span) for one in wrong)


def _is_nobody(sending: Sending, path: str, target: Target) -> bool:
    """Whether the object at a path does not identify anyone, which another diagnostic says."""
    ways = [groups_given(sending, one) for one in target.requirements if one.path == path]
    return any(way is not None and not any(way) for way in ways)


def _asked(built: PlannedObject, seen: set[int]) -> Iterator[PlannedField]:
    """The fields of an object and of the objects within it, less those that never act.

    seen: the identities of fields that other sections have too; each is asked for once.
    """
    for entry in built.entries:
        if id(entry) not in seen:
            seen.add(id(entry))
            yield entry
            if not never_holds(entry.when):
                yield from _asked_of(entry.value, seen)


def _asked_of(value: Planned, seen: set[int]) -> Iterator[PlannedField]:
    for way in ways_of(value):
        match way.source:
            case PlannedObject():
                yield from _asked(way.source, seen)
            case Loop() | PlannedList():
                for part in parts(way):
                    if part.role not in ("items", "let"):
                        yield from _asked_of(part.value, seen)
            case Expression() | Fixed() | First() | Choice() | Zipped():
                pass


@check("M305", needs=("whole", "payload read"))
def identifying_groups(case: CheckCase) -> Iterator[Diagnostic]:
    """Sections that can give none of a requirement's groups."""
    for sending, requirement, ways in _groups(case):
        if not any(ways):
            yield from _none_of(sending, requirement, case)


@check("M904", needs=("whole",), yields_to=WITHOUT_ERRORS)
def fields_that_identify_nobody(case: CheckCase) -> Iterator[Diagnostic]:
    """Fields that count for nothing without others of their group."""
    for sending, requirement, lacking in _parts(case):
        fields, below = _fields_at(sending, requirement.path), _below(requirement)
        for name, missing in lacking:
            for own, span, _ in () if fields is None else fields.entries:
                if own == name:
                    with_it = " and ".join(f"`{one}`" for one in missing)
                    message = f"`{name}` does not identify anyone without {with_it}"
                    hint = f"add a rule for `{below}{missing[0]}`"
                    yield Diagnostic("M904", span, message, hint, path=below + name)


@fact
def _groups(case: CheckCase) -> list[tuple[Sending, Requirement, list[set[str]]]]:
    """The fields that each section gives of each requirement's groups; where several share it, once."""
    found = []
    seen: set[tuple[int, ...]] = set()
    for sending in case.sendings:
        for requirement in case.target.requirements:
            if not is_always_asked(sending, requirement):
                continue  # whether a payload must meet it is seen once there is one
            same = (id(requirement), *map(id, holders(sending, requirement.path) or ()))
            ways = None if same in seen else groups_given(sending, requirement)
            if ways is not None:
                seen.add(same)
                found.append((sending, requirement, ways))
    return found


@fact
def _parts(case: CheckCase) -> list[tuple[Sending, Requirement, list[tuple[str, list[str]]]]]:
    """The fields of groups that are never there in full, each with the names that are missing beside it."""
    found = []
    for sending, requirement, ways in _groups(case):
        fields, given = _fields_at(sending, requirement.path), set().union(*ways)
        written = [] if fields is None else [name for name, _, _ in fields.entries]
        lacking: list[tuple[str, list[str]]] = []
        for group in requirement.groups:
            missing = [name for name in group if name not in given]
            if missing and len(missing) < len(group):
                lacking += [(name, missing) for name in written if name in given and name in group]
        if lacking:
            found.append((sending, requirement, lacking))
    return found


@fact
def missing_parts(case: CheckCase) -> set[str]:
    """The paths without which fields of a group do not identify anyone."""
    return {
        _below(requirement) + name
        for _, requirement, lacking in _parts(case)
        for _, missing in lacking
        for name in missing
    }


def _below(requirement: Requirement) -> str:
    return f"{requirement.path}." if requirement.path else ""


def groups_given(sending: Sending, requirement: Requirement) -> list[set[str]] | None:
    """The names of fields that each way to make the object can give; None where that cannot be known.

    A way that gives no group in full is an empty set.
    """
    objects = holders(sending, requirement.path)
    if objects is None:
        return None
    failed = _failed_at(sending, requirement.path)
    ways = [given_names(holder) | failed for holder in objects]
    return [names if is_full(requirement, names) else set() for names in ways]


def is_always_asked(sending: Sending, requirement: Requirement) -> bool:
    """Whether all payloads of a section must meet a requirement, as its constants say."""
    when = requirement.when
    if when is None:
        return True
    found = holders(sending, when.path) or ()
    return bool(found) and all(_passes(one, test) for one in found for test in when.tests)


def _passes(holder: PlannedObject, test: FieldTest) -> bool:
    """Whether an object passes a test of a condition whatever the event is."""
    rules = [entry for entry in holder.entries if entry.name == test.name]
    if not rules:
        return test.or_absent
    if test.inside:  # an object without fields is left out, so it is known only that it may be absent
        ways = [way.source for entry in rules for way in ways_of(entry.value)]
        objects = [one for one in ways if isinstance(one, PlannedObject)]
        passed = all(_passes(one, inner) for one in objects for inner in test.inside)
        return test.or_absent and passed and len(objects) == len(ways)
    is_there = all(
        isinstance(one.value.source, Fixed) and one.when is None and one.value.when is None for one in rules
    )
    if not test.or_absent and not is_there:
        return False
    return all(_is_one_of(way.source, test.values) for entry in rules for way in ways_of(entry.value))


def _is_one_of(source: object, values: tuple[Json, ...] | None) -> bool:
    """Whether a value is a constant, and one of some."""
    if not isinstance(source, Fixed):
        return False
    return values is None or any(equal(source.value, one) for one in values)


def is_full(requirement: Requirement, names: set[str]) -> bool:
    """Whether one of the groups is among the names."""
    return any(set(group) <= names for group in requirement.groups)


def holders(sending: Sending, path: str) -> list[PlannedObject] | None:
    """The objects that a path can have; None where one is not made of rules, or none is planned."""
    at = [sending.payload]
    for part in path.split(".") if path else ():
        values = [entry.value for one in at for entry in one.entries if entry.name == part]
        ways = [way for value in values for way in ways_of(value)]
        at = [way.source for way in ways if isinstance(way.source, PlannedObject)]
        if len(at) < len(ways) or not ways:
            return None
    return at


def _failed_at(sending: Sending, path: str) -> set[str]:
    """The fields that have a rule with a mistake of its own: what they would give is not known."""
    fields = _fields_at(sending, path)
    if fields is None:
        return set()
    planned = {entry.name for holder in holders(sending, path) or () for entry in holder.entries}
    written = {name for name, _, value in fields.entries if not takes_away(value)}
    return (written - planned) | {*fields.unread}


def _fields_at(sending: Sending, path: str) -> Fields | None:
    value: Value | None = sending.fields
    for part in path.split(".") if path else ():
        value = value.get(part) if isinstance(value, Fields) else None
    return value if isinstance(value, Fields) else None


def _none_of(sending: Sending, requirement: Requirement, case: CheckCase) -> Iterator[Diagnostic]:
    below = _below(requirement)
    meant = [below + name for group in requirement.groups for name in group]
    if any(path in case.record.misspelt for path in (requirement.path, *meant)):
        return
    fields = _fields_at(sending, requirement.path)
    if ALL_UNREAD in sending.fields.unread or (fields is not None and ALL_UNREAD in fields.unread):
        return
    where = f"`{requirement.path}`" if requirement.path else "the payload"
    message = f"{where} needs {requirement.describe()}, and no rule gives a complete one"
    span = fields.span if fields is not None else _rule_span(sending, requirement.path)
    dead = tuple((planned.span, "this never has a value") for planned in _never(sending, requirement))
    hint = _half(sending, requirement)
    yield Diagnostic("M305", span, message, hint, path=requirement.path, related=dead)


def _rule_span(sending: Sending, path: str) -> Span:
    """The span of the rule of a field of the payload; the section's `send` where there is none."""
    rules = [entry.value.span for entry in sending.payload.entries if entry.name == path]
    return rules[0] if rules else sending.name.span


def _half(sending: Sending, requirement: Requirement) -> str | None:
    """The field to add where all but one field of a group are there."""
    for holder in holders(sending, requirement.path) or ():
        given = given_names(holder)
        for group in requirement.groups:
            missing = [name for name in group if name not in given]
            if len(missing) == 1 < len(group):
                there = " and ".join(f"`{name}`" for name in group if name in given)
                needed = f"{_below(requirement)}{missing[0]}"
                return f"{there} alone does not identify anyone: add a rule for `{needed}`"
    return None


def _never(sending: Sending, requirement: Requirement) -> Iterator[Planned]:
    """The rules of a requirement's fields that give no value for any event."""
    wanted = {name for group in requirement.groups for name in group}
    for holder in holders(sending, requirement.path) or ():
        given = given_names(holder)
        for entry in holder.entries:
            if entry.name in wanted - given:
                yield entry.value


@check("M420")
def own_ids_and_times(case: CheckCase) -> Iterator[Diagnostic]:
    """Constants as the key of deduplication or as the time: each event needs its own value."""
    target = case.target
    names = (target.key, target.time)
    for sending in case.sendings:
        for entry in sending.payload.entries:
            if entry.name in names:
                yield from _same_for_all(entry, target)


def _same_for_all(entry: PlannedField, target: Target) -> Iterator[Diagnostic]:
    if _is_constant(entry.value):
        message = f"`{entry.name}` is the same for every event, so all events are counted as one"
    elif entry.default is not None:
        message = f"`{entry.name}` is the same for every event without one, so all of them are counted as one"
    else:
        return
    if entry.name == target.time:
        message = f"`{entry.name}` is the time of the event, which cannot be a constant"
    hint = (
        "for events without an id, `fingerprint(@)` gives a stable one" if entry.name == target.key else None
    )
    yield Diagnostic("M420", entry.value.span, message, hint, path=entry.name)


@check("M420", yields_to=(Relation("M304", anywhere),))
def own_identifiers(case: CheckCase) -> Iterator[Diagnostic]:
    """Constants in fields by which the destination knows a person: all events would be of one."""
    target, told = case.target, set[int]()
    together = {
        f"{one.path}.{name}"
        for one in target.requirements
        for group in one.groups
        if group[1:]
        for name in group
    }
    personal = {*target.personal_paths()} - together  # a user agent may be that of the shop's own till
    paths = [path for signal in target.practice.scored for path in signal if path in personal]
    for sending, path in product(case.sendings, paths):
        above, _, name = path.rpartition(".")
        entries = [entry for holder in holders(sending, above) or () for entry in holder.entries]
        for entry in entries:
            if entry.name == name and id(entry) not in told and _is_constant(entry.value):
                told.add(id(entry))
                message = f"`{path}` is the same for every event, so all events are of one person"
                hint = "read it from the event, or remove it"
                yield Diagnostic("M420", entry.value.span, message, hint, path=path)


def _is_constant(value: Planned) -> bool:
    match value.source:
        case Fixed():
            return True
        case Expression():
            return not value.source.reads()
        case First() | Choice() | Loop() | Zipped() | PlannedObject() | PlannedList():
            return False


@fact
def variables_read(case: CheckCase) -> set[str]:
    """The names that anything in the mapping reads as `$name`."""
    return all_variables(case.mapping)


@check("M905", needs=("whole",), yields_to=WITHOUT_ERRORS)
def values_of_the_host(case: CheckCase) -> Iterator[Diagnostic]:
    """Required values, or all that identifies, that the host alone knows: replayed events have none."""
    if "meta" not in variables_read(case):
        return
    hosts = names_that_depend_on({_META}, case.lets)
    for sending in case.sendings:
        for entry in _entries(sending.payload):
            if entry.required and entry.default is None and depends_on(entry.value, hosts):
                path = case.plan.places[entry.place].path
                message = f"`{path}` depends on `$meta` alone, which replays and files do not have"
                hint = "read an attribute of the event first: `{from: [ATTRIBUTE, $meta...]}`"
                yield Diagnostic("M905", entry.value.span, message, hint, path=path)
        for requirement in case.target.requirements:
            if is_always_asked(sending, requirement):
                yield from _groups_of_the_host(sending, requirement, hosts)


def _groups_of_the_host(sending: Sending, requirement: Requirement, hosts: Set[str]) -> Iterator[Diagnostic]:
    """The diagnostic where no group of a requirement can be there without `$meta`."""
    for holder in holders(sending, requirement.path) or ():
        entries = {entry.name: entry for entry in holder.entries}
        own = {name for name, entry in entries.items() if not depends_on(entry.value, hosts)}
        wanted = {name for group in requirement.groups for name in group}
        others = [entry for name, entry in entries.items() if name in wanted - own]
        if not others or is_full(requirement, own) or not is_full(requirement, {*entries}):
            continue
        names = " and ".join(f"`{entry.name}`" for entry in others)
        message = f"the identifiers depend on `$meta` alone ({names}), which replays and files do not have"
        hint = f"read {requirement.describe()} from the event as well"
        yield Diagnostic("M905", others[0].value.span, message, hint, path=requirement.path)


def _entries(planned: PlannedObject) -> Iterator[PlannedField]:
    """The fields of an object and of the objects below it; a list's elements are not asked for."""
    for entry in planned.entries:
        yield entry
        for way in ways_of(entry.value):
            if isinstance(way.source, PlannedObject):
                yield from _entries(way.source)
