"""A refusal that would be sent as if it were none -> an error, with the value that shows it.

Each value that is read as consent, or as an opt-out, is asked of events that are made up: each attribute that
it reads has what people and platforms write for yes and no. An attribute says yes to consent or yes to a
refusal: one of the two must be read so that no refusal is sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from math import prod
from typing import NamedTuple, TypeAlias

from mapper.compiler.checks.check_registry import CheckCase, Relation, anywhere, check
from mapper.compiler.checks.consent_mistakes import says_granted, stripped_paths
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.plan.can_give import gives_any
from mapper.compiler.plan.ir import First, Planned, PlannedField, PlannedObject, every
from mapper.compiler.trials.attributes import AskedAttribute, attributes_of, event_of, events_beside, lets_of
from mapper.compiler.trials.mistakes import mistake_in
from mapper.compiler.trials.questions import Ask, Question
from mapper.runtime.consent_decision import LIMITED
from mapper.texts.diagnostic import Diagnostic
from mapper.values.types import Json

# Of the values of all other attributes together; of more of these only that all are absent, or all say yes.
_MOST_CONTEXTS = 24
_MOST_OTHERS = 10
_FEW = (None, True, False)
_GRANTED = "granted"
CONSENT = "consent"

Given: TypeAlias = Mapping[AskedAttribute, Json]


class SentRefusal(NamedTuple):
    """An event with a refusal that is sent. refusal: the value of the attribute; beside: those of others."""

    attribute: AskedAttribute
    refusal: Json
    beside: Given


@check("M461", needs=("whole", "all read", "all planned", "let read"))
def refusals_that_are_sent(case: CheckCase) -> Iterator[Diagnostic]:
    """Answers of consent, and fields that are true where a person refused."""
    if case.evidence is None:
        for question in _questions(case):
            yield from _check(question, case)


@check("M461", needs=("whole", "consent"), yields_to=(Relation("M301", anywhere), Relation("M020", anywhere)))
def strips_of_nothing(case: CheckCase) -> Iterator[Diagnostic]:
    """A `strip` that removes no field that any section sends, without a `set`."""
    consent = case.mapping.consent
    if consent is None or consent.strip is None or consent.put or not case.sendings:
        return
    paths = sorted(stripped_paths(consent, case.target))
    if not any(gives_any(sending.payload, paths) for sending in case.sendings):
        span = consent.strip[0][1] if consent.strip else consent.span
        message = "a refusal is sent: `strip` removes nothing that this mapping sends"
        hint = "write `when_denied: skip`, or `personal` in place of what `strip` names"
        yield Diagnostic("M461", span, message, hint)


def _questions(case: CheckCase) -> Iterator[Question]:
    consent = case.plan.consent
    if consent is not None:
        missing, limited = consent.when_missing, consent.when_limited
        yield Question(consent.values, consent.combine, consent.answer_grants, missing, limited, CONSENT)
    told = set[int]()
    for entry in _entries(case):
        if entry.refusal and id(entry.value) not in told:
            told.add(id(entry.value))
            path = case.plan.places[entry.place].path
            yield Question((_with_ends(entry),), "all", False, _GRANTED, "", path)


def _entries(case: CheckCase) -> Iterator[PlannedField]:
    """The fields of all payloads; those within a value that several payloads have are there once."""
    walked = set[int]()
    for payload in [one.payload for one in case.plan.all_sections if one.payload is not None]:
        yield from payload.entries
        new = {id(entry.value): entry.value for entry in payload.entries if id(entry.value) not in walked}
        walked.update(new)
        for value in [one for root in new.values() for one in every(root)]:
            if isinstance(value.source, PlannedObject):
                yield from value.source.entries


def _with_ends(entry: PlannedField) -> Planned:
    """A value with the condition and the default of its field."""
    value = entry.value
    if entry.when is None and entry.default is None:
        return value
    whole = value if value.alone else Planned(First((value,)), value.type, value.place, value.span)
    return whole.with_ends(entry.when, entry.default)


def _check(question: Question, case: CheckCase) -> Iterator[Diagnostic]:
    lets = lets_of(question.values, case.plan)
    attributes = attributes_of(question.values, lets, case.plan)
    if any(one.refusals or one.opt_outs for one in attributes):
        # What writes and runs code is imported where there is something to ask.
        from mapper.compiler.trials.trial_answers import asking

        with asking(question, case.plan, lets) as ask:
            message = _wrong(question, attributes, ask)
        if message:
            mistake = mistake_in(question, lets)
            path = None if question.path == CONSENT else question.path
            yield Diagnostic("M461", mistake.span, message, mistake.hint, path=path, facts=mistake.fact)


def _wrong(question: Question, attributes: Sequence[AskedAttribute], ask: Ask) -> str:
    """The message for a value by which a refusal is sent; "" where none is."""
    answers = [one for one in attributes if one.refusals or one.opt_outs]
    for one in answers:
        sent = _sent_refusal(one, [other for other in attributes if other is not one], ask, question)
        if sent is not None:
            return _refusal(sent, question)
    others = [one for one in attributes if one not in answers]
    denies = question.when_missing != _GRANTED
    if denies and all(ask(*event_of(one)) == _GRANTED for one in _contexts(others)):
        attribute = coded(".".join(answers[0].path))
        return f"an event without {attribute} is sent, although `when_missing` is `denied`"
    return ""


def _sent_refusal(
    attribute: AskedAttribute, others: Sequence[AskedAttribute], ask: Ask, question: Question
) -> SentRefusal | None:
    """A refusal that is sent, whichever way the attribute is meant; None where there is none.

    Where no value of it makes a difference, something else decides, and it refuses nothing.
    """
    ways = (attribute.refusals, attribute.opt_outs)
    wrong: dict[int, SentRefusal] = {}
    matters, always = False, None
    for beside in _contexts(others):
        event_with = events_beside(beside, attribute)
        is_sent = partial(_is_sent, attribute, question)
        due = [one for number, way in enumerate(ways) if number not in wrong for one in way]
        # Where it matters already, only a refusal that is sent tells anything new.
        if matters and not any(is_sent(one, ask(*event_with(one))) for one in due):
            continue
        sent = [one for one in attribute.values if is_sent(one, ask(*event_with(one)))]
        if len(sent) == len(attribute.values) and always is None and attribute.refusals:
            always = SentRefusal(attribute, attribute.refusals[0], beside)
        if not 0 < len(sent) < len(attribute.values):
            continue
        matters = True
        for number, refusing in enumerate(ways):
            found = next((one for one in refusing if any(one is other for other in sent)), None)
            if found is not None:
                wrong.setdefault(number, SentRefusal(attribute, found, beside))
        if len(wrong) == len(ways) or not all(ways):
            break
    if not matters:
        return always
    if len(wrong) < len(ways):
        return None
    said = says_granted(attribute.path)
    return wrong[0] if said or (said is None and question.grants) else wrong[1]


def _is_sent(attribute: AskedAttribute, question: Question, value: Json, answer: str) -> bool:
    """Whether an event is sent. A word that the mapping itself reads as limited may be so."""
    return answer == _GRANTED or (
        answer == LIMITED and question.when_limited == "set" and value not in attribute.named
    )


def _contexts(others: Sequence[AskedAttribute]) -> Iterator[Given]:
    """Some values of the other attributes together, spread over all of these."""
    if len(others) > _MOST_OTHERS:
        yield {one: None for one in others if one.lists}
        yield {one: True for one in others if True in one.values}
        return
    values = [[one for one in other.values if one in _FEW or one in other.named] for other in others]
    total = prod(map(len, values))
    for number in range(0, total, -(-total // _MOST_CONTEXTS)):
        given = dict[AskedAttribute, Json]()
        rest = number
        for other, few in zip(others, values, strict=True):
            rest, place = divmod(rest, len(few))
            given[other] = few[place]
        yield given


def _refusal(sent: SentRefusal, question: Question) -> str:
    said = [(sent.attribute, sent.refusal), *((one, value) for one, value in sent.beside.items())]
    shown = " and ".join(
        f"{coded('.'.join(one.path))} is {coded(json.dumps(value, ensure_ascii=False))}"
        for one, value in said
        if value is not None
    )
    end = "consent counts as given" if question.path == CONSENT else f"`{question.path}` is not true"
    return f"a refusal is sent: if {shown}, {end}"
