"""A program whose outcomes the guard looks at: none of its payloads holds what must not leave."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from mapper.guard import Guard, Released
from mapper.runtime.outcome import Note, Outcome, Rejection
from mapper.runtime.program import Code, Look, Program


def guarded(program: Program) -> Program:
    """The same program; a field that must not leave is left out of its payloads, or the event is rejected."""
    return replace(program, look=_look(program.code))


def _look(code: Code) -> Look:
    guard = Guard.of(code.guard)
    is_clean, release = guard.is_clean, guard.release
    rules, required = dict(code.sections), dict(code.required)

    def look(outcomes: list[Outcome]) -> list[Outcome]:
        for place, outcome in enumerate(outcomes):
            if outcome.payload is not None and not is_clean(outcome.payload):
                section = outcome.section
                released = release(outcome.payload, required.get(section, ()))
                if released.found:
                    outcomes[place] = _released(outcome, released, dict(rules.get(section, ())))
        return outcomes

    return look


def _released(outcome: Outcome, released: Released, rules: dict[str, str]) -> Outcome:
    """rules: `file:line` of each target path."""
    if released.payload is None:
        reasons = tuple(_notes(released, rules, released.found))
        return outcome._replace(payload=None, rejection=Rejection(reasons), without_consent="")
    notes = tuple(_notes(released, rules))
    return outcome._replace(payload=released.payload, notes=(*outcome.notes, *notes))


def _notes(released: Released, rules: dict[str, str], stopped: Collection[object] = ()) -> Iterator[Note]:
    """What was found; stopped: what of it the payload cannot be without."""
    for found in released.found:
        if found in stopped:
            told = f"stopped by the guard: {found.reason}"
        elif found in released.cleaned:
            told = f"sent without a part that the guard has stopped: {found.reason}"
        else:
            told = f"left out by the guard: {found.reason}"
        yield Note("guard", found.path, _place(found.path, rules), told)


def _place(path: str, rules: dict[str, str]) -> str:
    """The place of the rule for a path in the payload, of the nearest around it, or of the first below."""
    around = path
    while around and around not in rules:
        around = around.removesuffix("[]") if around.endswith("[]") else around.rpartition(".")[0]
    below = (place for ruled, place in rules.items() if ruled.startswith(f"{path}."))
    return rules[around] if around else next(below, "")
