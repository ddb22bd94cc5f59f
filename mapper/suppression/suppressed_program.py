"""A program that skips the events of persons who are on a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mapper.runtime.decode import decode
from mapper.runtime.outcome import Note, Outcome, Rejection, Skip
from mapper.runtime.program import Look, Program
from mapper.suppression.listing import BrokenList, WatchedList
from mapper.suppression.person_digests import PersonDigests
from mapper.values.safe_text import SafeText

_SUPPRESSED = Skip("suppressed", SafeText("on a suppression list"))
_UNREADABLE = Rejection(
    (Note("invalid", "", "", SafeText("not sent: a suppression list cannot be read any more")),)
)


def suppressing(program: Program, lists: Sequence[WatchedList]) -> Program:
    """The same program; a payload with a person's digest that is on one of the lists is skipped.

    It looks at what the guard has let through. Without lists it is the program as it was. Raises ValueError
    where no field of the target identifies a person.
    """
    if not lists:
        return program
    if not program.code.persons:
        raise ValueError(f"no field of {program.target} is marked with `x-person`")
    return replace(program, look=_Suppression(program.look, program.code.persons, tuple(lists)).look)


class _Suppression:
    """The look of such a program. Pickled with the guard's, and the lists by their paths."""

    __slots__ = ("_before", "_digests", "_lists", "_paths")

    def __init__(self, before: Look | None, paths: tuple[str, ...], lists: tuple[WatchedList, ...]) -> None:
        self._before, self._paths, self._lists = before, paths, lists
        self._digests = PersonDigests(paths)

    def __reduce__(self) -> tuple[Any, ...]:
        return _Suppression, (self._before, self._paths, self._lists)

    def look(self, outcomes: list[Outcome]) -> list[Outcome]:
        """The outcomes, less the payloads of persons who are on a list."""
        if self._before is not None:
            outcomes = self._before(outcomes)
        for outcome in outcomes:
            if outcome.payload is not None and self._stops(outcome.payload) is not None:
                return [*map(self._less, outcomes)]
        return outcomes

    def _less(self, outcome: Outcome) -> Outcome:
        stopped = None if outcome.payload is None else self._stops(outcome.payload)
        if stopped is None:
            return outcome
        if isinstance(stopped, Skip):
            return outcome._replace(payload=None, skip=stopped, without_consent="")
        return outcome._replace(payload=None, rejection=stopped, without_consent="")

    def _stops(self, payload: dict[str, Any]) -> Skip | Rejection | None:
        """The reason that a payload does not leave, if there is one."""
        digests = self._digests.of(payload)
        if not digests:
            return None
        try:
            for one in self._lists:
                if one.holds_any(digests):
                    return _SUPPRESSED
        except BrokenList:
            return _UNREADABLE
        return None


class SuppressedBodies:
    """Tells which payloads, as they are sent, are of a person on a list. paths: of fields of persons."""

    def __init__(self, paths: tuple[str, ...], lists: tuple[WatchedList, ...]) -> None:
        self._digests, self._lists = PersonDigests(paths), lists

    def stops(self, body: bytes) -> bool | None:
        """Whether a payload is; None where a list cannot be read any more."""
        digests = self._digests.of(decode(body))
        try:
            return any(one.holds_any(digests) for one in self._lists)
        except BrokenList:
            return None
