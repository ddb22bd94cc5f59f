"""Findings, and a policy -> those that count, those that are accepted, and idle lines of the policy."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date

from mapper.codes import CODES
from mapper.repository.policy import AcceptedFinding, Policy
from mapper.texts.diagnostic import Diagnostic


@dataclass(frozen=True, slots=True)
class JudgedFindings:
    """The findings that count, with their severities, and those that are accepted, each with its reason."""

    found: tuple[Diagnostic, ...]
    accepted: tuple[tuple[Diagnostic, AcceptedFinding], ...] = ()


def judged(
    found: Iterable[Diagnostic], policy: Policy, files: Collection[str], today: date, by: str = "check"
) -> JudgedFindings:
    """Findings as a policy judges them. files: those that were looked at; an acceptance for one of them that
    accepts nothing is a finding, as is one that is past its day. by: the command that looked for them.
    """
    counted: list[Diagnostic] = []
    accepted: list[tuple[Diagnostic, AcceptedFinding]] = []
    for one in found:
        file = policy.relative(one.span.text.name)
        fitting = next((rule for rule in policy.accepted if rule.fits(one, file)), None)
        if fitting is not None and one.severity != "error":
            accepted.append((one, fitting))
            if today <= fitting.until:
                continue
        severity = policy.severity(one.code, file) if one.severity != "error" else None
        if severity != "off":
            counted.append(one if severity is None else replace(one, judged=severity))
    looked_at = [*map(policy.relative, files)]
    used = {id(rule) for _, rule in accepted}
    rules = [rule for rule in policy.accepted if CODES[rule.code].found_by == by]
    counted += _of_policy(rules, used, looked_at, today)
    return JudgedFindings(tuple(counted), tuple((one, rule) for one, rule in accepted if today <= rule.until))


def _of_policy(
    rules: Iterable[AcceptedFinding], used: set[int], files: list[str], today: date
) -> Iterable[Diagnostic]:
    """The findings about acceptances. used: by identity, those that accept something."""
    for rule in rules:
        if id(rule) in used and today > rule.until:
            message = f"`{rule.code}` was accepted in `{rule.file}` until {rule.until}: {rule.reason}"
            yield Diagnostic("M804", rule.span, message, "correct the mapping, or agree on a later day")
        elif id(rule) not in used and any(rule.names(file) for file in files):
            message = f"nothing in `{rule.file}` has the finding `{rule.code}` that is accepted"
            yield Diagnostic("M803", rule.span, message, "remove the line")
