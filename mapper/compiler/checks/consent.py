"""Consent x sections -> what of it never acts, and whether it leaves anybody of an event without consent."""

from __future__ import annotations

from mapper.compiler.checks.identity import groups_given, is_full
from mapper.compiler.plan.scope import Draft, Sending
from mapper.compiler.schema.target import Requirement, Target
from mapper.compiler.syntax.consent import Consent
from mapper.compiler.syntax.values import Constant, Rule, Value
from mapper.compiler.yaml.edits import fixes_of, without_items
from mapper.diagnostic import Diagnostic
from mapper.text import Span


def check_consent(consent: Consent | None, target: Target, draft: Draft) -> None:
    """Report paths that are stripped twice, or stripped and set; and a `when_missing` that never acts."""
    if consent is None:
        return
    seen: dict[str, Span] = {}
    for path, span in consent.strip or ():
        paths = {*target.personal_paths()} if path == "personal" else {path}
        if path != "personal" and target.find(path) is None:
            continue
        for one, place in seen.items():
            if paths <= _covered(one, target):
                message = f"`{path}` is stripped already: `{one}` takes it away"
                related = ((place, "stripped here"),)
                draft.found.append(_stripped_in_vain(span, message, related))
                break
        seen.setdefault(path, span)
    for path, span, _ in consent.put:
        if path in stripped_paths(consent, target) and path in seen:
            message = f"`{path}` is set, so to strip it does nothing"
            related = ((span, "set here"),)
            draft.found.append(_stripped_in_vain(seen[path], message, related))
    if all(_always_answers(value) for value in consent.answer.values):
        message = "`when_missing` never acts: the answer always has a value"
        hint = "take the `default` away, so that a missing answer can be told from a given one"
        draft.found.append(Diagnostic("M435", consent.missing_span, message, hint))


def _stripped_in_vain(span: Span, message: str, related: tuple[tuple[Span, str], ...]) -> Diagnostic:
    fixes = fixes_of(without_items(span, span, "Take it away"))
    return Diagnostic("M434", span, message, "take it away", related=related, fixes=fixes)


def _covered(path: str, target: Target) -> set[str]:
    """The paths that stripping one takes away."""
    if path == "personal":
        return {*target.personal_paths()}
    field = target.find(path)
    return set() if field is None else {one.path for one in field.walk()}


def _always_answers(value: Value) -> bool:
    match value:
        case Constant():
            return value.value is not None
        case Rule(when=None, default=default, source=source):
            return default is not None or (isinstance(source, Constant) and source.value is not None)
        case _:
            return False


def check_stripped(consent: Consent | None, target: Target, draft: Draft) -> None:
    """Report a `strip` that leaves nobody identified, so that no event without consent is ever sent."""
    if consent is None or not consent.strip or not draft.sendings:
        return
    paths = stripped_paths(consent, target)
    for requirement in target.requirements:
        below = f"{requirement.path}." if requirement.path else ""
        names = {name for group in requirement.groups for name in group}
        lost = names if requirement.path in paths else {name for name in names if below + name in paths}
        if lost and not any(_survives(sending, requirement, lost) for sending in draft.sendings):
            message = "events without consent are never sent: nothing that identifies is left of them"
            hint = "write `when_denied: skip`, or strip less: name the paths"
            draft.found.append(Diagnostic("M906", consent.strip[0][1], message, hint, path=requirement.path))
            return


def stripped_paths(consent: Consent, target: Target) -> set[str]:
    """The target paths that an event without consent loses."""
    named = {name for name, _ in consent.strip or ()}
    return {*named, *target.personal_paths()} if "personal" in named else named


def _survives(sending: Sending, requirement: Requirement, lost: set[str]) -> bool:
    ways = groups_given(sending, requirement)
    return ways is None or not any(ways) or any(is_full(requirement, names - lost) for names in ways)
