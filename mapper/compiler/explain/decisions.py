"""Questions to an event before its payload is made -> Decisions, in the order they are taken."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mapper.compiler.explain.absence import why_absent, why_read
from mapper.compiler.explain.event_run import EventRun
from mapper.compiler.explain.masked_text import masked_text
from mapper.compiler.explain.table import Decision, Reading
from mapper.compiler.inference.personal_origins import may_be_persons, paths_of, shows_personal
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.lineage import PathRead
from mapper.compiler.jmespath.tree import Call, Literal
from mapper.compiler.plan.ir import (
    Choice,
    First,
    Fixed,
    Loop,
    Planned,
    PlannedList,
    PlannedObject,
    Zipped,
)
from mapper.compiler.plan.planned_consent import PlannedConsent
from mapper.compiler.plan.planner import PlannedSection
from mapper.compiler.yaml.edits import in_single_quotes, quoted
from mapper.compiler.yaml.scalars import is_text
from mapper.runtime.limits import absent
from mapper.transforms.key_patterns import is_open
from mapper.values.types import Invalid, Json


def source_text(planned: Planned) -> str:
    """The source of a value as text: its expression, or `constant web`, `the first of`, `each lines`."""
    match planned.source:
        case Expression() as expression:
            return template_text(expression) or expression.text
        case Fixed() as fixed:
            return f"constant {shown_constant(fixed.value)}"
        case First():
            return "the first of"
        case Choice():
            return "case"
        case Loop() as loop:
            where = "" if loop.where is None else f", where {loop.where.text}"
            each = "" if isinstance(loop.items.source, Zipped) else "each "
            return f"{each}{source_text(loop.items)}{where}"
        case Zipped() as zipped:
            return "zip " + ", ".join(f"{name}: {source_text(one)}" for name, one in zipped.lists)
        case PlannedList():
            return "a list of"
        case PlannedObject():
            return "an object"


def shown_constant(value: Json) -> str:
    """A constant as a mapping has it: a text without quotes, other values as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def template_text(expression: Expression) -> str:
    """An expression that was written under `template`, as its author wrote it; "" of any other."""
    root, place = expression.root, expression.whole
    if not isinstance(root, Call) or root.name != "template" or not root.arguments:
        return ""
    skeleton, *values = root.arguments
    if not isinstance(skeleton, Literal) or "template(" in place.text.content[place.start : place.end]:
        return ""
    first, *others = str(skeleton.value).split("{}")
    if len(others) != len(values):
        return ""
    paths = [expression.text[one.start : one.end] for one in values]
    rest = [f"{{{path}}}{text}" for path, text in zip(paths, others, strict=True)]
    return f"{{template: {quoted(''.join([first, *rest]))}}}"


def takes_text(section: PlannedSection) -> str:
    """The events that a section takes, in words."""
    takes = []
    if section.constants is not None:
        patterns = [f"pattern {one.text}{' in any case' * one.any_case}" for one in section.patterns]
        takes.append("is " + ", ".join((*map(_written, section.constants), *patterns)))
    if section.when is not None:
        takes.append(f"when {section.when.text}")
    return masked_text(" and ".join(takes)) or "all others"


def _written(name: Json) -> str:
    """A constant as it may be written in a list: the text `1` and the number 1 are two."""
    if not isinstance(name, str):
        return shown_constant(name)
    written = quoted(name)
    return written if written != name or is_text(name) else in_single_quotes(name)


_MOST_READS = 3


def decided(run: EventRun) -> Iterator[Decision]:
    """The skip rules up to the one that holds, `match`, the sections that were tried, and consent."""
    for skip in run.plan.skips:
        holds = skip is run.skipped
        told = f"true: skipped, {skip.because}" if holds else "false"
        yield _condition("skip", skip.when.text, told, skip.when, run)
        if holds:
            return
    if run.plan.match is not None:
        yield _matched(run.plan.match, run)
    sends = False
    for section, takes in run.tried():
        sends = sends or (takes and section.payload is not None)
        yield _section(section, takes, run)
    if sends and run.plan.consent is not None and run.answer is not None:
        yield _consent(run.plan.consent, run.answer, run)


def _condition(part: str, source: str, told: str, condition: Expression, run: EventRun) -> Decision:
    return Decision(part, masked_text(source), told, condition.whole, reads=tuple(_reads(condition, run)))


def _matched(match: Expression, run: EventRun) -> Decision:
    value = run.matched
    told = "" if not absent(value) else f"absent: {why_read(match, run)}"
    personal = _is_personal(match, run) or not _is_held(value, run)
    return Decision("match", masked_text(match.text), told, match.whole, value, personal)


def _is_held(value: Json, run: EventRun) -> bool:
    """Whether the mapping itself has a name of an event; any other may be a person's value."""
    return any(value in (section.constants or ()) for section in run.plan.sections)


def _section(section: PlannedSection, takes: bool, run: EventRun) -> Decision:
    name = section.name or ("a name from the event" if section.payload is not None else "skip")
    source, span = f"{name}: {takes_text(section)}", run.plan.places[section.place].span
    told = "matched" if takes else "not matched"
    if section.payload is None and takes:
        told = f"matched: skipped, {section.because}"
    when = run.asked(section.when)
    reads = () if when is None else tuple(_reads(when, run))
    return Decision("section", source, told, span, reads=reads)


def _consent(consent: PlannedConsent, answer: str, run: EventRun) -> Decision:
    """The answer; what was read of the event is shown to nobody who does not ask for it."""
    effect, told = consent.effect(answer), answer
    if answer == "missing":
        told += f", treated as {consent.when_missing}"
    if not effect.is_sent:
        told += ": skipped"
    elif not effect.is_given:
        told += f": sent without {', '.join(effect.strip) or 'anything less'}"
    elif effect.put:
        told += f": sent with {', '.join(path for path, _ in effect.put)}"
    reads = tuple(_answer(one, run) for one in consent.values)
    asked = f" {'and' if consent.combine == 'all' else 'or'} ".join(one.text for one in reads)
    span = run.plan.places[consent.place].span
    return Decision("consent", asked, told, span, reads=reads)


def _answer(planned: Planned, run: EventRun) -> Reading:
    try:
        value = run.value(planned)
    except Invalid as invalid:
        return Reading(source_text(planned), planned.span, None, True, f"invalid: {invalid.reason}")
    return Reading(
        source_text(planned), planned.span, value, True, why_absent(planned, run) if absent(value) else ""
    )


def _is_personal(expression: Expression, run: EventRun) -> bool:
    labels = run.plan.labels
    return shows_personal(expression, labels.event, labels)


def _reads(condition: Expression, run: EventRun) -> Iterator[Reading]:
    """The first values that a condition looks at."""
    labels = run.plan.labels
    told: set[str] = set()
    for read in condition.reads():
        text = condition.text[read.start : read.end].strip()
        if text in told or len(told) == _MOST_READS:
            continue
        told.add(text)
        value, known = _read(read, run)
        if known:
            paths = paths_of(read, labels.event, labels)
            personal = any(may_be_persons(path, labels) for path in paths)
            span = condition.locate(read.start, read.end)
            yield Reading(text, span, value, personal, "absent" if absent(value) else "")


def _read(read: PathRead, run: EventRun) -> tuple[Json, bool]:
    """The value at a path, and whether it is known: a list on the way has many."""
    try:
        value = run.at if read.root == "@" else run.variable(read.root[1:])
    except Invalid:
        return None, False
    for name in read.path:
        if isinstance(value, list) or is_open(name):
            return None, False
        value = value.get(name) if isinstance(value, dict) else None
    return value, True
