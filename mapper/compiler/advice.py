"""Sections -> advice: what their events should carry beyond what the destination asks for, and why.

It is given only on a mapping without errors: what a broken rule would give is not known.
"""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.consent import Consent
from mapper.compiler.draft import Draft, Sending
from mapper.compiler.given import constants_at, gives
from mapper.compiler.identity import stripped_paths
from mapper.compiler.practice import Advised, Signal
from mapper.compiler.target import Target
from mapper.compiler.value import Constant
from mapper.diagnostic import Diagnostic
from mapper.text import Span
from mapper.types import Json

# What only follows from rules that are missing, and may be there in place of an error.
ADVICE_CODES = frozenset({"M902", "M903", "M904", "M905", "M906", "M907"})


def advise(consent: Consent | None, target: Target, draft: Draft) -> None:
    """What each section lacks for its event, and what sections with the same rules lack for them all."""
    for sending in draft.sendings:
        _advise_event(sending, target, draft)
    for advised in target.practice.common:
        _advise_all(advised, draft)
        if consent is not None:
            _advise_consent(advised, consent, target, draft)


def _advise_event(sending: Sending, target: Target, draft: Draft) -> None:
    """One advice for each section: the fields its event should have."""
    if not isinstance(sending.name, Constant):
        return
    lacking = [
        (advised, signals)
        for advised in (*target.practice.of(sending.name.value), *_needs(sending, target))
        if (signals := _lacking(sending, advised))
    ]
    if lacking:
        told = [signal for _, signals in lacking for signal in signals]
        message = f"`{sending.name.value}` should have {_listed(told)}"
        whys = [f"{_listed(signals)}: {advised.why}" for advised, signals in lacking]
        hint = "; ".join(whys) if len(lacking) > 1 else lacking[0][0].why
        draft.found.append(Diagnostic("M902", sending.name.span, message, hint))


def _needs(sending: Sending, target: Target) -> Iterator[Advised]:
    """What fields that have a rule are read with."""
    named = {
        path for advised in target.practice.of(_name(sending)) for one in advised.signals for path in one
    }
    by_needed: dict[str, list[str]] = {}
    for field in target.root.walk():
        if field.needs_valid and gives(sending.payload, field.path, unknown=False):
            for needed in field.needs_valid:
                by_needed.setdefault(needed, []).append(field.path)
    for needed, paths in by_needed.items():
        if needed not in named:
            said = _listed([(path,) for path in paths])
            yield Advised(((needed,),), f"{said} {'is' if len(paths) == 1 else 'are'} read with it")


def _name(sending: Sending) -> Json:
    return sending.name.value if isinstance(sending.name, Constant) else None


def _advise_all(advised: Advised, draft: Draft) -> None:
    """Advice for all events of a kind: once at the rule that makes them so, where it is shared."""
    by_rule: dict[Span, list[Sending]] = {}
    for sending in draft.sendings:
        span = _meant(sending, advised)
        if span is not None:
            by_rule.setdefault(span, []).append(sending)
    for span, sendings in by_rule.items():
        _advise_rule(advised, span, sendings, draft)


def _advise_consent(advised: Advised, consent: Consent, target: Target, draft: Draft) -> None:
    """Advice for what an event without consent is made: what it should have, `strip` may take away."""
    spans = [
        span
        for path, span, value in consent.put
        if any(path == named and value.value in values for named, values in advised.when)
    ]
    if not spans:
        return
    stripped = stripped_paths(consent, target)
    lacking = [
        signal
        for signal in advised.signals
        if not any(
            path not in stripped and gives(sending.payload, path)
            for sending in draft.sendings
            for path in signal
        )
    ]
    if lacking:
        message = f"{_condition(advised)} should have {_listed(lacking)}"
        taken = [path for signal in lacking for path in signal if path in stripped]
        hint = (
            f"{advised.why}; `strip` takes {_listed([(path,) for path in taken])} away"
            if taken
            else advised.why
        )
        draft.found.append(Diagnostic("M903", spans[0], message, hint, path=lacking[0][0]))


def _advise_rule(advised: Advised, span: Span, sendings: list[Sending], draft: Draft) -> None:
    lacking = [(sending, signals) for sending in sendings if (signals := _lacking(sending, advised))]
    shared = len(lacking) == len(sendings) and len({tuple(signals) for _, signals in lacking}) == 1
    for sending, signals in lacking[:1] if shared else lacking:
        message = f"{_condition(advised)} should have {_listed(signals)}"
        at = span if shared else sending.name.span
        draft.found.append(Diagnostic("M903", at, message, advised.why, path=signals[0][0]))


def _condition(advised: Advised) -> str:
    said = [f"`{path}` {' or '.join(map(str, values))}" for path, values in advised.when]
    return f"an event with {' and '.join(said)}" if said else "every event"


def _meant(sending: Sending, advised: Advised) -> Span | None:
    """The place of the rule that makes a section's events such as are meant; None where they are not."""
    span = sending.name.span
    for path, values in advised.when:
        places = [place for value, place in constants_at(sending.payload, path) if value in values]
        if not places:
            return None
        span = places[0]
    return span


def _lacking(sending: Sending, advised: Advised) -> list[Signal]:
    """The signals that no rule of a section gives."""
    return [one for one in advised.signals if not any(gives(sending.payload, path) for path in one)]


def _listed(signals: list[Signal]) -> str:
    """How signals read: `a`, `b` or `c` and `d`."""
    texts = [" or ".join(f"`{path}`" for path in signal) for signal in signals]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
