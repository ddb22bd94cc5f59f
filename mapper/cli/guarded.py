"""A program whose payloads the guard looks at: what it stops is a rejection, with the place of its rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import mapper
from mapper.guard import Finding, Guard
from mapper.runtime.outcome import Note, Outcome, Rejection
from mapper.runtime.program import Code, Program


@dataclass(frozen=True, slots=True)
class Guarded:
    """Stands where a program does."""

    program: Program
    guard: Guard

    @property
    def code(self) -> Code:
        """The program's."""
        return self.program.code

    def apply_json(self, text: bytes, meta: dict[str, Any] | None = None) -> list[Outcome]:
        """The outcomes of an event, as the program's own; none is a payload with what must not leave."""
        return [self._looked_at(outcome) for outcome in self.program.apply_json(text, meta)]

    def _looked_at(self, outcome: Outcome) -> Outcome:
        if outcome.payload is None:
            return outcome
        found = self.guard.check(outcome.payload)
        if not found:
            return outcome
        rules = dict(self.code.sections).get(outcome.section, ())
        return outcome._replace(payload=None, rejection=_stopped(found, dict(rules)), without_consent="")


def guarded(program: Program, mapping: str, schemas: str | None) -> Guarded:
    """The program of a mapping, guarded by what its target's schema says."""
    code = program.code
    schema = mapper.read_schema(code.target, schemas=schemas, beside=mapping)
    return Guarded(program, Guard(schema, code.allowed, code.profile))


def _stopped(found: Iterable[Finding], rules: dict[str, str]) -> Rejection:
    """rules: `file:line` of each target path."""
    return Rejection(
        tuple(
            Note("guard", path, _place(path, rules), f"stopped by the guard: {reason}")
            for path, reason in found
        )
    )


def _place(path: str, rules: dict[str, str]) -> str:
    """The place of the rule for a path in the payload, of the nearest around it, or of the first below."""
    around = path
    while around and around not in rules:
        around = around.removesuffix("[]") if around.endswith("[]") else around.rpartition(".")[0]
    below = (place for ruled, place in rules.items() if ruled.startswith(f"{path}."))
    return rules[around] if around else next(below, "")
