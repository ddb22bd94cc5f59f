"""Answers -> the decision about consent, one of DECISIONS: the only module that says what answers mean.

A mapping says under `consent` where the answers are, and with `when_missing` what a missing one means:
`compiler/syntax/written_consent.py` reads it. `PlannedConsent.effect` in `compiler/plan/planned_consent.py`
says what a decision does to the payload.
"""

from __future__ import annotations

from mapper.runtime.frame import UNREADABLE, Frame
from mapper.transforms.consent_strings import LIMITED as LIMITED
from mapper.values.types import Invalid, Json

# `limited`: granted, with an opt-out of sale, sharing or targeted advertising.
DECISIONS = ("granted", "denied", "missing", "unreadable", LIMITED)
_YES = frozenset(
    {
        "t",
        "true",
        "yes",
        "y",
        "1",
        "on",
        "granted",
        "grant",
        "given",
        "allow",
        "allowed",
        "accept",
        "accepted",
        "agree",
        "agreed",
        "consented",
        "opted_in",
        "opted-in",
        "opt_in",
        "opt-in",
        "optin",
        "subscribed",
        "in",
    }
)
# Words that refuse by themselves, also where a yes does.
_REFUSED = frozenset(
    {
        "denied",
        "deny",
        "refused",
        "refuse",
        "disallow",
        "disallowed",
        "reject",
        "rejected",
        "declined",
        "withdrawn",
        "revoked",
        "opted_out",
        "opted-out",
        "opt_out",
        "opt-out",
        "optout",
        "unsubscribed",
    }
)
_NO = frozenset({"f", "false", "no", "n", "0", "off", "out"})


def read_answer(value: Json, answer_grants: bool = True) -> bool | None:
    """Yes or no of one answer; None where there is none. Raises Invalid for a word that is neither.

    answer_grants: a word that refuses by itself is a no; else it is a yes, as all that refuses.
    """
    if value is None or value == "":
        return None
    if type(value) is bool:
        return value
    if type(value) in (int, float) and value in (0, 1):
        return bool(value)
    word = value.strip().lower() if type(value) is str else ""
    if word in _YES:
        return True
    if word in _REFUSED:
        return not answer_grants
    if word in _NO:
        return False
    raise Invalid("is not yes or no; treated as denied")


def is_given(decision: str, when_missing: str) -> bool:
    """Whether consent is given by a decision, with limits or without."""
    return decision in ("granted", LIMITED) or (decision == "missing" and when_missing == "granted")


def consent_given(
    answers: list[Json], combine: str, answer_grants: bool, when_missing: str, frame: Frame, rule: int
) -> bool:
    """Whether consent is given; missing answers are kept apart. The frame is told what was answered.

    answer_grants: `all` or `any` of the answers must say yes to grant; else to deny. What is neither yes nor
    no denies, and is noted.
    """
    frame.answer = _answered(answers, combine, answer_grants, frame, rule)
    given = is_given(frame.answer, when_missing)
    frame.denied = "" if given else frame.answer
    return given


def consent_given_or_limited(
    answers: list[Json], combine: str, answer_grants: bool, when_missing: str, frame: Frame, rule: int
) -> bool:
    """As `consent_given`; the frame is told `limited` where it is given and one of the answers says so.

    Such an answer is no refusal, and does not outweigh one: the other answers decide, if there are any.
    """
    others = [answer for answer in answers if not _is_limited(answer)]
    if len(others) == len(answers):
        return consent_given(answers, combine, answer_grants, when_missing, frame, rule)
    one_suffices = (combine == "any") is answer_grants
    if one_suffices and all(answer is None or answer == "" for answer in others):
        others = []
    given = consent_given(others or [answer_grants], combine, answer_grants, when_missing, frame, rule)
    if given:
        frame.answer = LIMITED
    return given


def _is_limited(answer: Json) -> bool:
    return type(answer) is str and answer.strip().lower() == LIMITED


def _answered(answers: list[Json], combine: str, answer_grants: bool, frame: Frame, rule: int) -> str:
    """The answer that several answers give together: `granted`, `denied`, `missing`, or `unreadable`."""
    read: list[bool | None] = []
    denial = "unreadable"
    for answer in answers:
        try:
            said = read_answer(answer, answer_grants)
        except Invalid as invalid:
            if answer is not UNREADABLE:  # of which the reason is noted
                frame.invalid(rule, invalid)
            read.append(not answer_grants)
        else:
            read.append(said)
            if said is not None and said is not answer_grants:
                denial = "denied"
    return _combined(read, combine, answer_grants, denial)


def _combined(read: list[bool | None], combine: str, answer_grants: bool, denial: str) -> str:
    """The decision of several answers that were read. denial: the one where they deny."""
    decisive = combine == "any"
    if decisive in read:
        said_yes = decisive
    elif None in read:
        return "missing"
    else:
        said_yes = not decisive
    return "granted" if said_yes is answer_grants else denial


def consent_lacking(answers: list[Json], combine: str, answer_grants: bool, when_missing: str) -> str:
    """The reason that `consent_given` stops an event, "" if it does not. Raises Invalid for other answers.

    For the fast form, which leaves events with such answers to the careful one.
    """
    if len(answers) == 1:
        [answer] = answers
        one = answer if type(answer) is bool else read_answer(answer, answer_grants)
        if one is answer_grants:
            return ""
        decision = "denied" if one is not None else "missing"
    else:
        read = [read_answer(answer, answer_grants) for answer in answers]
        decision = _combined(read, combine, answer_grants, "denied")
    return "" if is_given(decision, when_missing) else f"consent {decision}"
