"""Plan x samples -> what is told of how many samples have a value for a field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mapper.compiler.checks.check_registry import WITHOUT_ERRORS, CheckCase, Relation, check, overlapping
from mapper.compiler.findings import Findings
from mapper.compiler.inference.infer import infer
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.plan.ir import (
    Choice,
    First,
    Fixed,
    Loop,
    PlannedField,
    PlannedList,
    PlannedObject,
    Zipped,
)
from mapper.compiler.schema.target import TargetField
from mapper.compiler.yaml.edits import shown
from mapper.runtime.operators import equal
from mapper.texts.diagnostic import Diagnostic

# Advice on a signal that less than one in so many samples has; of fewer samples a share says little.
_FEW = 5
_ENOUGH_FOR_SHARES = 100
_ENOUGH_SENT = 30
# One wrong sample in so many is told of; fewer are an event's own mistake.
RARE = 20
_REJECTED = (
    "those events are rejected: add alternatives under `from`, if the value is also elsewhere in the events; "
    "or skip such events with a `skip` rule"
)


def share_of(count: int, of: int) -> str:
    """`all 40 samples`, `3 of 40 samples`, or `the only sample`."""
    if count < of:
        return f"{count:,} of {of:,} samples"
    return f"all {of:,} samples" if of > 1 else "the only sample"


@check("M609", needs=("samples",), yields_to=WITHOUT_ERRORS)
def signals_of_few_samples(case: CheckCase) -> Iterator[Diagnostic]:
    """Scored signals of all events that a single attribute gives, which few samples have."""
    evidence, sendings = case.evidence, case.sendings
    if evidence is None or evidence.events < _ENOUGH_FOR_SHARES or case.mapping.split is not None:
        return
    scored = {path for signal in case.target.practice.scored for path in signal}
    lone = [
        {id(entry.value): (field, entry) for field, entry in _lone_values(sending.payload)}
        for sending in sendings
    ]
    for key, (field, entry) in lone[0].items() if lone else ():
        seen = entry.value.source_type.seen
        is_common = all(key in others for others in lone) and entry.default is None and not entry.required
        is_own = entry.value.span.text is case.mapping.text
        if field.path not in scored or seen is None or not (is_common and is_own):
            continue
        if seen.present * _FEW < evidence.events:
            share = share_of(seen.present, evidence.events)
            message = f"`{field.path}` gets a value in only {share}"
            hint = "add alternatives under `from`, if the value is also elsewhere in the events"
            yield Diagnostic("M609", entry.value.span, message, hint, path=field.path)


def _lone_values(payload: PlannedObject) -> Iterator[tuple[TargetField, PlannedField]]:
    """The fields of an object, and of those in it, that one expression gives a value, without a condition."""
    for entry in payload.entries:
        if entry.when is not None or entry.value.when is not None:
            continue
        match entry.value.source:
            case PlannedObject() as built:
                yield from _lone_values(built)
            case Expression():
                if entry.value.finish is not None:
                    yield entry.value.finish.field, entry
            case Fixed() | First() | Choice() | Loop() | Zipped() | PlannedList():
                pass  # a constant, or several values


@check("M610", needs=("samples",), yields_to=(*WITHOUT_ERRORS, Relation("M604", overlapping)))
def required_fields_of_few_samples(case: CheckCase) -> Iterator[Diagnostic]:
    """Required fields that a single attribute gives, which some of the samples that are sent lack.

    How many are rejected at least: as if every sample that is not sent lacked the attribute too.
    """
    lone: dict[int, tuple[TargetField, PlannedField]] = {}
    sent_with: Counter[int] = Counter()
    for payload, count in _taken(case):
        for field, entry in _lone_values(payload):
            lone[id(entry.value)] = field, entry
            sent_with[id(entry.value)] += count
    for key, (field, entry) in lone.items():
        value, seen, sent = entry.value, entry.value.source_type.seen, sent_with[key]
        if not entry.required or entry.default or seen is None or value.span.text is not case.mapping.text:
            continue
        rejected = sent - seen.present + dict(seen.texts).get("blank", 0)
        if sent >= _ENOUGH_SENT and rejected * RARE >= sent:
            written = shown(value.span)
            what = coded(written) if written else "this"
            message = (
                f"`{field.path}` is required, but {what} has no value in at least {share_of(rejected, sent)}"
            )
            yield Diagnostic("M610", value.span, message, _REJECTED, path=field.path)


def _taken(case: CheckCase) -> Iterator[tuple[PlannedObject, int]]:
    """The payload of each section that sends, with how many samples it takes at least.

    Ends at the first section of which that is not known, as later ones may not get what it takes; and at one
    with `continue`, as later ones get what it takes too.
    """
    plan, evidence = case.plan, case.evidence
    if (
        evidence is None
        or evidence.is_cut
        or plan.split is not None
        or plan.skips
        or plan.consent is not None
    ):
        return
    scope, match = plan.scope, None
    if plan.match is not None:
        match = infer(plan.match, scope.at, scope.variables, Findings()).seen
    left, counts = evidence.events, None if match is None or match.values is None else [*match.values]
    for section in plan.all_sections:
        if section.when is not None or section.patterns:
            return
        if section.constants is None:
            count, others = left, []
        elif counts is None:
            return
        else:
            own = [one for one in counts if any(equal(one[0], constant) for constant in section.constants)]
            count, others = sum(times for _, times in own), [one for one in counts if one not in own]
        if section.payload is not None:
            yield section.payload, count
        if section.goes_on:
            return
        left, counts = left - count, others
