"""The ends of events in the fast form."""

from __future__ import annotations

from typing import Any, Literal

from mapper.runtime.consent import read_answer
from mapper.runtime.frame import LONGEST_NAME, Frame, Places
from mapper.runtime.outcome import Outcome, Skip
from mapper.types import Json

_new = tuple.__new__


def sent(payload: dict[str, Any], section: int) -> list[Outcome]:
    """The outcome of an event that is sent, of which there is nothing to note.

    Made as a tuple is, at a third of the cost of a call of the class.
    """
    return [_new(Outcome, (payload, None, None, (), section, ""))]


def skipped(kind: Literal["skip", "consent"], reason: str, place: str) -> list[Outcome]:
    """The outcome of an event that is not meant to be sent."""
    return [Outcome(skip=Skip(kind, reason, place))]


def unmapped(matched: Json) -> list[Outcome]:
    """The outcome of an event that no section takes; its name is what `match` gave."""
    named = type(matched) is str and 0 < len(matched) <= LONGEST_NAME
    return [Outcome(skip=Skip("unmapped", str(matched) if named else ""))]


def frame_of(spare: list[Frame], event: dict[str, Any], places: Places) -> Frame:
    """The frame of an event, made where something has to be noted. spare: holds it, once there is one."""
    if not spare:
        spare.append(Frame(event, places))
    return spare[0]


def remarked(frame: Frame, rule: int, remarks: list[str]) -> None:
    """Note what was said on the way to a rule's value."""
    frame.remarks += remarks
    remarks.clear()
    frame.claim(rule)


def granted(answers: list[Json], combine: str, answer_grants: bool, when_missing: str) -> bool:
    """Whether consent is given, as `consent_given` says. Raises Invalid for an answer that is neither."""
    said = [read_answer(answer) for answer in answers]
    decisive = combine == "any"
    if decisive in said:
        return decisive is answer_grants
    if None in said:
        return when_missing == "granted"
    return answer_grants is not decisive
