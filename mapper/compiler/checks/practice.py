"""Sections -> advice: what their events should carry beyond what the destination asks for, and why.

It is given only on a mapping without errors: what a broken rule would give is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from typing import TypeAlias

from mapper.compiler.checks.check_registry import WITHOUT_ERRORS, CheckCase, check
from mapper.compiler.checks.consent_mistakes import stripped_paths
from mapper.compiler.checks.identity import missing_parts
from mapper.compiler.memo import once
from mapper.compiler.plan.can_give import constants_at, gives, gives_any
from mapper.compiler.plan.scope import Sending
from mapper.compiler.schema.target import Advised, Condition, Signal, Target, TargetField
from mapper.compiler.syntax.value_nodes import Constant
from mapper.compiler.syntax.written_consent import Consent
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span
from mapper.values.types import Json

Lacking: TypeAlias = tuple[Advised, list[Signal]]


@check("M902", needs=("whole",), yields_to=WITHOUT_ERRORS)
def advised_for_events(case: CheckCase) -> Iterator[Diagnostic]:
    """The advice on what each section lacks for its event."""
    for sending in case.sendings:
        yield from _advise_event(sending, case.target)


@check("M903", needs=("whole",), yields_to=WITHOUT_ERRORS)
def advised_for_all(case: CheckCase) -> Iterator[Diagnostic]:
    """The advice on what sections with the same rules lack for them all."""
    told = missing_parts(case)
    by_condition: dict[Condition, list[Advised]] = {}
    for advised in case.target.practice.common:
        signals = tuple(signal for signal in advised.signals if not told & {*signal})
        by_condition.setdefault(advised.when, []).append(replace(advised, signals=signals))
    for condition, every in by_condition.items():
        yield from _advise_all(condition, every, case.sendings)
        if case.mapping.consent is not None:
            yield from _advise_consent(condition, every, case.mapping.consent, case)


def _advise_event(sending: Sending, target: Target) -> Iterator[Diagnostic]:
    """One advice for each section: the fields its event should have."""
    if not isinstance(sending.name, Constant):
        return
    own = [one for one in target.practice.of(sending.name.value) if _meant(sending, one.when) is not None]
    lacking = _all_lacking([*own, *_needs(sending, target)], [sending])
    if lacking:
        yield _advice("M902", sending.name.span, f"`{sending.name.value}`", lacking)


def _needs(sending: Sending, target: Target) -> Iterator[Advised]:
    """The fields that are needed by the fields that have a rule."""
    by_needed: dict[str, list[str]] = {}
    for field in _needing(target.root):
        if gives(sending.payload, field.path, unknown=False):
            for needed in field.needs_valid:
                by_needed.setdefault(needed, []).append(field.path)
    practice = target.practice.of(_name(sending)) if by_needed else ()
    named = {path for advised in practice for one in advised.signals for path in one}
    for needed, paths in by_needed.items():
        if needed not in named:
            said = _listed([(path,) for path in paths])
            yield Advised(
                ((needed,),), f"{said} {'is' if len(paths) == 1 else 'are'} used only together with it"
            )


@once
def _needing(root: TargetField) -> list[TargetField]:
    """The fields that are read with others."""
    return [field for field in root.walk() if field.needs_valid]


def _name(sending: Sending) -> Json:
    return sending.name.value if isinstance(sending.name, Constant) else None


def _advise_all(condition: Condition, every: list[Advised], sent: Sequence[Sending]) -> Iterator[Diagnostic]:
    """Advice for all events of a kind: once at the rule that makes them so, where it is shared."""
    by_rule: dict[Span, list[Sending]] = {}
    for sending in sent:
        span = _meant(sending, condition)
        if span is not None:
            by_rule.setdefault(span, []).append(sending)
    for span, sendings in by_rule.items():
        each = [(sending, _all_lacking(every, [sending])) for sending in sendings]
        alike = all(lacking == each[0][1] for _, lacking in each)
        for sending, lacking in each[:1] if alike else each:
            if lacking:
                at = span if alike else sending.name.span
                yield _advice("M903", at, _described(condition), lacking)


def _advise_consent(
    condition: Condition, every: list[Advised], consent: Consent, case: CheckCase
) -> Iterator[Diagnostic]:
    """Advice for what an event without consent, or with a limited one, is made: what it should have."""
    for put, stripped in ((consent.put, stripped_paths(consent, case.target)), (consent.limit, set[str]())):
        spans = [
            span
            for path, span, value in put
            if any(path == named and value.value in values for named, values in condition)
        ]
        if not spans:
            continue
        lacking = _all_lacking(every, case.sendings, stripped)
        if lacking:
            advice = _advice("M903", spans[0], _described(condition), lacking)
            taken = [
                (path,) for _, signals in lacking for signal in signals for path in signal if path in stripped
            ]
            hint = f"{advice.hint}; `strip` removes {_listed(taken)}" if taken else advice.hint
            yield replace(advice, hint=hint)


def _all_lacking(
    every: Sequence[Advised], sendings: Sequence[Sending], stripped: Set[str] = frozenset()
) -> list[Lacking]:
    """The advised fields that no section gives, part by part."""
    return [(advised, lacking) for advised in every if (lacking := _lacking(advised, sendings, stripped))]


def _lacking(advised: Advised, sendings: Sequence[Sending], stripped: Set[str]) -> list[Signal]:
    lacking = []
    for signal in advised.signals:
        paths = [path for path in signal if path not in stripped] if stripped else signal
        for one in sendings:
            if gives_any(one.payload, paths):
                break
        else:
            lacking.append(signal)
    return lacking


def _advice(code: str, span: Span, what: str, lacking: list[Lacking]) -> Diagnostic:
    told = [signal for _, signals in lacking for signal in signals]
    by_why: dict[str, list[Signal]] = {}
    for advised, signals in lacking:
        by_why.setdefault(advised.why, []).extend(signals)
    whys = [f"{_listed(signals)}: {why}" for why, signals in by_why.items()]
    hint = "; ".join(whys) if len(whys) > 1 else lacking[0][0].why
    return Diagnostic(code, span, f"{what} should have {_listed(told)}", hint)


def _described(condition: Condition) -> str:
    said = [f"`{path}` {' or '.join(map(str, values))}" for path, values in condition]
    return f"an event with {' and '.join(said)}" if said else "every event"


def _meant(sending: Sending, condition: Condition) -> Span | None:
    """The place of the rule that makes a section's events such as are meant; None where they are not."""
    span = sending.name.span
    for path, values in condition:
        places = [place for value, place in constants_at(sending.payload, path) if value in values]
        if not places:
            return None
        span = places[0]
    return span


def _listed(signals: Sequence[Signal]) -> str:
    """The text of signals: `a`, `b` or `c` and `d`."""
    texts = [" or ".join(f"`{path}`" for path in signal) for signal in signals]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
