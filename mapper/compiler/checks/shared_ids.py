"""The id of an event -> a warning where it is the same for another event, or another payload of this one."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.checks.check_registry import CheckCase, check
from mapper.compiler.checks.mistaken_attributes import plain_reads
from mapper.compiler.inference.personal_origins import is_personal, paths_of
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.expression_facts import Instead
from mapper.compiler.jmespath.origin import WHOLE_EVENT, Path
from mapper.compiler.jmespath.refusal import InPlace, coded
from mapper.compiler.jmespath.tree import Call, MultiList, Variable
from mapper.compiler.memo import once
from mapper.compiler.plan.can_give import constants_at, depends_on, names_that_depend_on
from mapper.compiler.plan.planner import PlannedSection
from mapper.compiler.plan.scope import Site
from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.schema.target import Target
from mapper.compiler.schema.text_shapes import PERSONAL_SHAPES
from mapper.compiler.syntax.value_nodes import Value, parts
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span
from mapper.values.types import Json, Seen, Type

# In so many samples, with a value that fewer than one in so many has again, an id is each event's own.
_FEWEST_SAMPLES = 30
_RARE = 20
_OF_ALL_PARTS = frozenset({"$meta", "$whole"})
_NO_IDS = PERSONAL_SHAPES | {"ip", "url", "user_agent"}
# What sources call the attribute that says which kind of event it is.
_KINDS = frozenset({"action", "event", "eventname", "eventtype", "type"})


@check("M451")
def ids_that_repeat(case: CheckCase) -> Iterator[Diagnostic]:
    """Ids made of a person, a page or a kind of event alone: each visit gives the same one."""
    time = _time(case)
    alternatives = _alternatives(case)
    for expression, site in _keys(case):
        paths = [
            path
            for read in expression.reads()
            for path in paths_of(read, site.scope.origins, case.plan.labels)
        ]
        whose = {path: _shared_by(path, case) for path in paths}
        if not whose or not all(whose.values()):
            continue
        key = f"`{case.target.key}`"
        made = f"this alternative makes {key}" if expression.whole in alternatives else f"{key} is made"
        message = f"{made} only of {_named(whose)}, so a second such event gets the same id"
        instead = f"fingerprint([{_parts(expression)}, {time or 'TIME'}])"
        change = InPlace(0, len(expression.text), instead)
        facts = Instead(expression, (change,)) if time else None
        hint = f"add what differs from event to event: write {coded(instead)}"
        if len(whose) == 1 and letters_of(paths[0][-1]).endswith("id"):
            own = f"`{paths[0][-1]}` differs from event to event"
            hint += f"; if {own}, give samples that show it: `source: {{samples: FILE}}`"
        yield Diagnostic("M451", expression.whole, message, hint, path=case.target.key, facts=facts)


def _keys(case: CheckCase) -> Iterator[tuple[Expression, Site]]:
    """The expressions that give the id, through a let that it is alone."""
    values = case.mapping.values_of_lets
    for expression, site in case.record.sent:
        if site.target is None or site.target.path != case.target.key:
            continue
        root = expression.root
        let = values.get(root.name) if isinstance(root, Variable) else None
        if let is None:
            yield expression, site
        else:
            yield from ((one, site) for one in _given(let))


def _alternatives(case: CheckCase) -> set[Span]:
    """The expressions that give the id where others of the same value give none, also of a let."""
    keys = {expression.whole for expression, _ in _keys(case)}
    entries = (entry for sending in case.sendings for entry in sending.payload.entries)
    wholes = {entry.value.span for entry in entries if entry.name == case.target.key}
    given = [{one for one in keys if one.is_within(whole)} for whole in wholes]
    given += [{one.whole for one in _given(let)} for let in case.mapping.values_of_lets.values()]
    return {one for together in given if len(together) > 1 for one in together}


def _given(value: Value) -> Iterator[Expression]:
    """The expressions of a value, less those that are only asked whether they hold."""
    if isinstance(value, Expression):
        yield value
    for part in parts(value):
        if part.role not in ("when", "where"):
            yield from _given(part.value)


@check("M421", needs=("whole",))
def ids_of_sections_that_go_on(case: CheckCase) -> Iterator[Diagnostic]:
    """A section with `continue`, and a later one that sends the same name and id for the same event."""
    sections = case.plan.sections
    for number, first in enumerate(sections):
        for second in sections[number + 1 :] if first.goes_on else ():
            name = _same_name(first, second, case) if _may_both_take(first, second) else None
            if name is not None:
                key, place = case.target.key, case.plan.places[first.place].span
                message = (
                    f"an event that both sections take is sent twice as `{name[0]}` with the same `{key}`, "
                    "so it is counted once"
                )
                hint = "send another name, or give one of the sections an id of its own"
                related = ((place, "the section that goes on"),)
                yield Diagnostic("M421", name[1], message, hint, path=key, related=related)
                break


def _same_name(first: PlannedSection, second: PlannedSection, case: CheckCase) -> tuple[Json, Span] | None:
    """A name that both sections send, with an id by the same rule."""
    names = case.target.event_names
    if names is None or first.payload is None or second.payload is None:
        return None
    ids = [
        [entry.value for entry in payload.entries if entry.name == case.target.key]
        for payload in (first.payload, second.payload)
    ]
    sent = [value for value, _ in constants_at(first.payload, names.field)]
    same = (one for one in constants_at(second.payload, names.field) if one[0] in sent)
    return next(same, None) if ids[0] and ids[0] == ids[1] else None


def _may_both_take(first: PlannedSection, second: PlannedSection) -> bool:
    """Whether one event may be for both, by the names that they take."""
    if first.constants is None or second.constants is None or first.patterns or second.patterns:
        return True
    return any(one == other for one in first.constants for other in second.constants)


@check("M421", needs=("split",))
def ids_of_parts(case: CheckCase) -> Iterator[Diagnostic]:
    """Ids that depend on what all parts of a source event share, so that they count as one."""
    shared = names_that_depend_on(_OF_ALL_PARTS, case.lets)
    told = set[Span]()
    for sending in case.sendings:
        for entry in sending.payload.entries:
            if entry.name == case.target.key and depends_on(entry.value, shared):
                told.add(entry.value.span)
                yield _shared_by_parts(entry.value.span, "is the same for all events from `split`", "", case)
    read = [(one, _of_whole_event(one, site, case)) for one, site in _keys(case) if one.whole not in told]
    found = [(one, *known) for one, known in read if known is not None]
    # Another alternative may be of the part: then this one is for events that have none.
    if len(found) < len(read) or (len(read) > 1 and not all(is_certain for *_, is_certain in found)):
        return
    for expression, path, is_certain in found:
        said = "is" if is_certain else "may be"
        why = f": {coded('.'.join(path))} is read from the source event where a part lacks it"
        whole = f"{said} the same for all events from `split`"
        written = expression.text.strip()
        instead = f"fingerprint([{written}, $index])"
        change = InPlace(0, len(expression.text), instead)
        yield _shared_by_parts(expression.whole, whole + why, instead, case, Instead(expression, (change,)))


def _shared_by_parts(
    span: Span, message: str, instead: str, case: CheckCase, fact: Instead | None = None
) -> Diagnostic:
    written = instead or "fingerprint([ID, $index])"
    hint = f"read it from the part, or combine both: {coded(written)}"
    key = case.target.key
    return Diagnostic(
        "M421", span, f"`{key}` {message}, so they are counted as one", hint, path=key, facts=fact
    )


def _of_whole_event(expression: Expression, site: Site, case: CheckCase) -> tuple[Path, bool] | None:
    """The path of the whole event that an id reads, and whether no part has it; None where parts differ.

    A part may be merged over the whole event: then an attribute that it lacks is that of the event.
    """
    lists = {origin.path for origin in case.plan.labels.event if origin.path}
    if not lists or len(lists) == len(case.plan.labels.event) or "index" in _variables(expression, case):
        return None
    whole = case.plan.scope.variables.get("whole")
    found: list[tuple[Path, bool]] = []
    for read in expression.reads():
        places = paths_of(read, site.scope.origins, case.plan.labels)
        of_parts = [path for path in places if any(path[: len(one)] == one for one in lists)]
        own = [path for path in places if path not in of_parts]
        if not own or any(path in lists for path in of_parts):
            return None  # it is of the part alone, or all of the part
        there = [_is_there(path, whole) for path in of_parts]
        if True in there or any(
            _is_given(path, test.given) for path in of_parts for test in case.mapping.tests
        ):
            return None
        found.append((own[0], None not in there))
    return (found[0][0], all(certain for _, certain in found)) if found else None


def _variables(expression: Expression, case: CheckCase) -> set[str]:
    return {name for name, *_ in expression.variables} - {*case.lets}


def _is_given(path: Path, value: Json) -> bool:
    """Whether a test gives an event with something at a path."""
    if isinstance(value, list):
        return any(_is_given(path, one) for one in value)
    if not path:
        return value is not None
    return isinstance(value, dict) and _is_given(path[1:], value.get(path[0]))


def _is_there(path: Path, whole: Type | None) -> bool | None:
    """Whether the source event can have something at a path; None where that is not known."""
    at = whole
    for name in path:
        while at is not None and at.items is not None:
            at = at.items
        if at is None or not at.known or at.fields is None:
            return None
        fields = dict(at.fields)
        if name not in fields:
            return False if at.closed else None
        at = fields[name]
    return True


def _parts(expression: Expression) -> str:
    """The parts of an id, as they are written between the brackets of a list."""
    root = expression.root
    if not isinstance(root, Call) or root.name != "fingerprint":
        return expression.text.strip()
    made = root.arguments[0]
    written = expression.text[made.start : made.end]
    return written[1:-1].strip() if isinstance(made, MultiList) else written


def _time(case: CheckCase) -> str:
    """The text that reads the time of the event, where that is a path; else ""."""
    found = (one for one in plain_reads(case) if one.field.path == case.target.time)
    return next((one.written for one in found if one.site.scope.origins == WHOLE_EVENT), "")


def _named(whose: dict[Path, str]) -> str:
    """The attributes that an id is made of, each with why it is taken for one that events share."""
    groups: dict[str, list[str]] = {}
    for path, why in whose.items():
        groups.setdefault(why, []).append(f"`{'.'.join(path)}`")
    return " and ".join(f"{', '.join(names)} ({why})" for why, names in groups.items())


def _shared_by(path: Path, case: CheckCase) -> str:
    """The reason that the value at a path is likely the same for many events; "" where it is not."""
    if not path or path[0] == "$meta":
        return ""
    match, name = case.mapping.match, letters_of(path[-1])
    if match is not None and match.path() == path:
        return "which `match` reads"
    if is_personal(path, case.plan.labels):
        return "a person's"
    why = _shared_names(case.target).get(name, "")
    seen = _seen(path, case)
    if why:
        return "" if _differs(seen, path, case) else why
    if seen is None or seen.present < _FEWEST_SAMPLES or seen.present < seen.of:
        return ""
    return "always the same" if _is_one(seen) and not _are_copies(case) else ""


def _is_one(seen: Seen) -> bool:
    """Whether all that samples have at a place is one value."""
    return [count for _, count in seen.values or ()] == [seen.present]


def _are_copies(case: CheckCase) -> bool:
    """Whether no attribute of the samples has several values: then they are copies of one event."""
    waiting, found = [case.plan.scope.at], list[Seen]()
    while waiting:
        fields = [at for _, at in waiting.pop().fields or ()]
        waiting += fields
        found += [at.seen for at in fields if at.seen is not None]
    return not any(seen.distinct > 1 or len(seen.values or ()) > 1 for seen in found)


def _seen(path: Path, case: CheckCase) -> Seen | None:
    """The values that samples have at a path, if there are any."""
    at: Type | None = case.plan.scope.at
    for name in path:
        at = dict(at.fields or ()).get(name) if at is not None else None
    return None if at is None else at.seen


def _differs(seen: Seen | None, path: Path, case: CheckCase) -> bool:
    """Whether nearly each sample has another value at a path that is no person's to the mapping itself."""
    if seen is None or seen.present < _FEWEST_SAMPLES or not _NO_IDS.isdisjoint(dict(seen.texts)):
        return False
    distinct = max(seen.distinct, len(seen.values or ()))
    is_own = (seen.present - distinct) * _RARE <= seen.present
    return is_own and not any(one.field.personal and one.path == path for one in plain_reads(case))


@once
def _shared_names(target: Target) -> dict[str, str]:
    """Names of attributes that events share, each with whose it is.

    Of those of products only names of more than one word.
    """
    names: dict[str, str] = dict.fromkeys(_KINDS, "a kind of event, judging by its name")
    for field in target.root.walk():
        if field.personal:
            said = [(name, "a person's, judging by its name") for name in field.attributes]
        elif "page_url" in {step.transform for step in field.form}:
            said = [(name, "a page's, judging by its name") for name in field.attributes]
        else:
            named = field.attributes if "[]." in field.path else ()
            said = [(name, "a product's, judging by its name") for name in named if "_" in name]
        for name, whose in said:
            names.setdefault(letters_of(name), whose)
    own = {one.path: one for one in target.root.walk() if one.path in (target.key, target.time)}
    for name in {letters_of(name) for one in own.values() for name in one.attributes} - _KINDS:
        names.pop(name, None)
    return names
