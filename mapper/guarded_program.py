"""A program whose outcomes the guard looks at: none of its payloads holds what must not leave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mapper.guard import Guard, Released
from mapper.runtime.outcome import Note, Outcome, Rejection
from mapper.runtime.payload_paths import nearest
from mapper.runtime.program import Code, Program
from mapper.values.safe_text import SafeText


def guarded(program: Program) -> Program:
    """The same program; a field that must not leave is left out of its payloads, or the event is rejected."""
    return replace(program, look=_Gate(program.code).look)


class _Gate:
    """The gate that outcomes of some code go through. Pickled by that code alone."""

    __slots__ = ("_code", "_is_clean", "_release", "_required", "_rules")

    def __init__(self, code: Code) -> None:
        guard = Guard.of(code.guard)
        self._code, self._is_clean, self._release = code, guard.is_clean, guard.release
        self._rules, self._required = _places(code), dict(code.required)

    def __reduce__(self) -> tuple[Any, ...]:
        return _Gate, (self._code,)

    def look(self, outcomes: list[Outcome]) -> list[Outcome]:
        """The outcomes, with what may leave of their payloads."""
        is_clean = self._is_clean
        for outcome in outcomes:
            if (payload := outcome.payload) is not None and not is_clean(payload):
                return [*map(self._less, outcomes)]
        return outcomes

    def _less(self, outcome: Outcome) -> Outcome:
        """An outcome with what may leave of its payload."""
        if outcome.payload is None:
            return outcome
        released = self._release(outcome.payload, self._required.get(outcome.section, ()))
        return (
            _released(outcome, released, self._rules.get(outcome.section, {})) if released.found else outcome
        )


def _places(code: Code) -> dict[int, dict[str, str]]:
    """For each section that sends, `file:line:column` of the rule of each target path."""
    columns = {(path, place.rpartition(":")[0]): place for path, place in code.places}
    return {
        section: {path: columns.get((path, line), line) for path, line in rules}
        for section, rules in code.sections
    }


def _released(outcome: Outcome, released: Released, rules: dict[str, str]) -> Outcome:
    """rules: the place of each target path."""
    notes = tuple(_notes(released, rules))
    if released.payload is None:
        return outcome._replace(payload=None, rejection=Rejection(notes), without_consent="")
    return outcome._replace(payload=released.payload, notes=(*outcome.notes, *notes))


def _notes(released: Released, rules: dict[str, str]) -> Iterator[Note]:
    """A note of each finding with its effect: the event goes, the field, or a parameter in it."""
    for found in released.found:
        reason = SafeText.known(found.reason)
        if released.payload is None:
            told = SafeText("blocked by the guard: {}", reason)
        elif found in released.cleaned:
            told = SafeText("sent without the parameter that the guard blocked: {}", reason)
        else:
            told = SafeText("left out by the guard: {}", reason)
        yield Note("guard", found.path, nearest(found.path, rules) or "", told)
