"""Consent: parts of it that have no effect, and events that identify no one once it has removed fields."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.checks.facts import NeedlessItems
from mapper.compiler.checks.identity import groups_given, is_full
from mapper.compiler.checks.registry import WITHOUT_ERRORS, CheckCase, check
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.scope import Sending
from mapper.compiler.schema.target import Requirement, Target
from mapper.compiler.syntax.consent import Consent
from mapper.compiler.syntax.values import Case, Constant, Each, Elements, Fields, FirstOf, Rule, Value, Zip
from mapper.diagnostic import Diagnostic
from mapper.text import Span


@check("M434")
def ineffective_strip(case: CheckCase) -> Iterator[Diagnostic]:
    """Paths that are stripped twice, or stripped and set."""
    consent, target = case.mapping.consent, case.target
    if consent is None:
        return
    seen: dict[str, Span] = {}
    for path, span in consent.strip or ():
        paths = {*target.personal_paths()} if path == "personal" else {path}
        if path != "personal" and target.find(path) is None:
            continue
        for one, place in seen.items():
            if paths <= _covered(one, target):
                message = f"`{path}` is already removed by `{one}`"
                yield _ineffective(span, message, (place, "removed here"))
                break
        seen.setdefault(path, span)
    for path, span, _ in consent.put:
        if path in stripped_paths(consent, target) and path in seen:
            message = f"`{path}` has a value under `set`, so removing it has no effect"
            yield _ineffective(seen[path], message, (span, "set here"))


def _ineffective(span: Span, message: str, related: tuple[Span, str]) -> Diagnostic:
    fact = NeedlessItems(span, span, "Remove it")
    return Diagnostic("M434", span, message, "remove it", related=(related,), facts=fact)


def _covered(path: str, target: Target) -> set[str]:
    """The paths that stripping one takes away."""
    if path == "personal":
        return {*target.personal_paths()}
    field = target.find(path)
    return set() if field is None else {one.path for one in field.walk()}


@check("M435")
def answers_always_there(case: CheckCase) -> Iterator[Diagnostic]:
    """A `when_missing` that never acts."""
    consent = case.mapping.consent
    if consent is not None and all(_always_answers(value) for value in consent.answer.values):
        message = "`when_missing` never applies: the answer always has a value"
        hint = "remove the `default`, to tell a missing answer from a given one"
        yield Diagnostic("M435", consent.missing_span, message, hint)


def _always_answers(value: Value) -> bool:
    match value:
        case Constant():
            return value.value is not None
        case Rule():
            return value.when is None and (value.default is not None or _always_answers(value.source))
        case Expression() | Fields() | Elements() | FirstOf() | Case() | Each() | Zip():
            return False


@check("M906", needs=("whole",), yields_to=WITHOUT_ERRORS)
def nobody_left(case: CheckCase) -> Iterator[Diagnostic]:
    """A `strip` that leaves nobody identified, so that no event without consent is ever sent."""
    consent, target = case.mapping.consent, case.target
    if consent is None or not consent.strip or not case.sendings:
        return
    paths = stripped_paths(consent, target)
    for requirement in target.requirements:
        below = f"{requirement.path}." if requirement.path else ""
        names = {name for group in requirement.groups for name in group}
        lost = names if requirement.path in paths else {name for name in names if below + name in paths}
        if lost and not any(_survives(sending, requirement, lost) for sending in case.sendings):
            message = "events without consent are never sent: `strip` removes every identifier"
            hint = "write `when_denied: skip`, or list fewer paths under `strip`"
            yield Diagnostic("M906", consent.strip[0][1], message, hint, path=requirement.path)
            return


def stripped_paths(consent: Consent, target: Target) -> set[str]:
    """The target paths that an event without consent loses."""
    named = {name for name, _ in consent.strip or ()}
    return {*named, *target.personal_paths()} if "personal" in named else named


def _survives(sending: Sending, requirement: Requirement, lost: set[str]) -> bool:
    ways = groups_given(sending, requirement)
    return ways is None or not any(ways) or any(is_full(requirement, names - lost) for names in ways)
