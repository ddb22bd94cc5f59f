"""Consent as the interpreter reads it: replies -> `granted`, `denied`, `missing` or `unreadable`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mapper.compiler.plan.planned_consent import PlannedConsent

_PAGE = (Path(__file__).parents[2] / "docs/language.md").read_text("utf-8")


def _words(answer: str) -> frozenset[str]:
    """The words that the language's page lists for an answer."""
    found = re.search(rf"^- {answer}: `([^`]+)`", _PAGE, re.MULTILINE)
    assert found is not None
    return frozenset(found[1].split())


_YES, _NO, _REFUSED = _words("yes"), _words("no"), _words("a refusal")


def reads(reply: Any, consent: PlannedConsent) -> str:
    """`yes`, `no`, `missing`, `unreadable`; `limited` where a mapping says what that means."""
    if reply is None or reply == "":
        return "missing"
    if isinstance(reply, bool | int | float):
        reply = "yes" if reply == 1 else "no" if reply == 0 else None
    if isinstance(reply, str) and consent.when_limited and reply.strip().lower() == "limited":
        return "limited"
    word = reply.strip().lower().replace("-", "_") if isinstance(reply, str) else ""
    if word in _REFUSED:
        return "no" if consent.answer_grants else "yes"
    return "yes" if word in _YES else "no" if word in _NO else "unreadable"


def answered(replies: Sequence[str], consent: PlannedConsent) -> str:
    """What several replies come to; one that cannot be read denies.

    Under `granted`, all or any of them must say yes to grant; under `denied`, to deny. A limited one
    counts as a grant unless another refuses.
    """
    others = [one for one in replies if one != "limited"]
    if len(others) < len(replies):
        grant = "yes" if consent.answer_grants else "no"
        refused = any(one not in (grant, "missing") for one in others)
        answer = answered(others if refused else [*others, grant], consent)
        is_sent = answer == "granted" or (answer == "missing" and consent.when_missing == "granted")
        return "limited" if is_sent else answer
    grants = "yes" if consent.answer_grants else "no"
    votes = [reply if reply == "missing" else reply == grants for reply in replies]
    denial = (
        "denied" if any(one not in (grants, "missing", "unreadable") for one in replies) else "unreadable"
    )
    all_must_grant = (consent.combine == "all") is consent.answer_grants
    if all_must_grant:
        return denial if False in votes else "missing" if "missing" in votes else "granted"
    return "granted" if True in votes else "missing" if "missing" in votes else denial
