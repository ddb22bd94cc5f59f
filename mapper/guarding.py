"""A program whose outcomes the guard looks at: what it stops is a rejection, with the place of its rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from mapper.guard import Finding, Guard
from mapper.runtime.outcome import Note, Outcome, Rejection
from mapper.runtime.program import Code, Program
from mapper.safe_text import SafeText

_STOPPED = "stopped by the guard: {}"


def guarded(program: Program) -> Program:
    """The same program; none of its payloads holds what must not leave."""
    return replace(program, look=_look(program.code))


def _look(code: Code) -> Callable[[list[Outcome]], list[Outcome]]:
    check = Guard.of(code.guard).check
    rules = dict(code.sections)

    def look(outcomes: list[Outcome]) -> list[Outcome]:
        for place, outcome in enumerate(outcomes):
            payload = outcome.payload
            if payload is not None and (found := check(payload)):
                outcomes[place] = _stopped(outcome, found, dict(rules.get(outcome.section, ())))
        return outcomes

    return look


def _stopped(outcome: Outcome, found: Iterable[Finding], rules: dict[str, str]) -> Outcome:
    """rules: `file:line` of each target path."""
    rejection = Rejection(
        tuple(
            Note("guard", path, _place(path, rules), SafeText(_STOPPED, SafeText.known(reason)))
            for path, reason in found
        )
    )
    return outcome._replace(payload=None, rejection=rejection, without_consent="")


def _place(path: str, rules: dict[str, str]) -> str:
    """The place of the rule for a path in the payload, of the nearest around it, or of the first below."""
    around = path
    while around and around not in rules:
        around = around.removesuffix("[]") if around.endswith("[]") else around.rpartition(".")[0]
    below = (place for ruled, place in rules.items() if ruled.startswith(f"{path}."))
    return rules[around] if around else next(below, "")
