"""A value of an imported mapping, and how exactly it does what Segment does."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from mapper.authoring import Json
from mapper.workbench.importing.segment_expressions import literal

_LONGEST_SHOWN = 400
_PLAIN_KEYS = {"from", "apply"}
_FIRST_ARGUMENTS = {"old", "new"}


@dataclass(frozen=True, slots=True)
class ImportedValue:
    """A value of a mapping: an expression, a rule, a list, a number; None if nothing is sent.

    differs: the inputs for which Segment gives another result. call: a rule written as an expression.
    """

    value: Json
    differs: tuple[str, ...] = ()
    call: str = ""

    @property
    def is_open(self) -> bool:
        """Whether something in it is still to be decided."""
        return is_todo(self.value)

    @property
    def is_constant(self) -> bool:
        """Whether it is the same for every event."""
        is_rule = isinstance(self.value, dict) and set(self.value) == {"const"}
        return is_rule or isinstance(self.value, int | float)


NOTHING: ImportedValue = ImportedValue(None)


def is_todo(value: Json) -> bool:
    """Whether a value is, or holds, something to be decided."""
    if isinstance(value, dict):
        return ("todo" in value and len(value) == 1) or any(map(is_todo, value.values()))
    return isinstance(value, list) and any(map(is_todo, value))


def undecided(segment_value: Json, why: str) -> ImportedValue:
    """A `todo` for a value that cannot be imported: Segment's value in one line, and why."""
    shown = segment_value if isinstance(segment_value, str) else json.dumps(segment_value, ensure_ascii=False)
    shown = shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}..."
    return ImportedValue({"todo": why if segment_value is None else f"{shown}: {why}"})


def constant(value: Json) -> ImportedValue:
    """A constant; nothing for a blank one."""
    if value is None or value in ([], {}) or (isinstance(value, str) and not value.strip()):
        return NOTHING
    return ImportedValue(value if isinstance(value, int | float) else {"const": value})


def with_step(one: ImportedValue, step: Json, differs: Iterable[str] = ()) -> ImportedValue:
    """A value after one step more."""
    value, all_differ = one.value, tuple(dict.fromkeys((*one.differs, *differs)))
    if value is None or (isinstance(value, dict) and "todo" in value):
        return one
    if isinstance(value, dict) and value.keys() <= _PLAIN_KEYS and not isinstance(value["from"], list):
        steps = value.get("apply", [])
        before = steps if isinstance(steps, list) else [steps]
        value = {"from": value["from"], "apply": [*before, step] if before else step}
        return ImportedValue(value, all_differ)
    if isinstance(value, int | float):
        value = {"const": value}
    if isinstance(value, dict) and set(value) in ({"const"}, {"template"}):
        call = (one.call and _called(one.call, step)) or ""
        return ImportedValue({**value, "apply": step}, all_differ, call)
    return ImportedValue({"from": value, "apply": step}, all_differ)


def expression_of(one: ImportedValue) -> str | None:
    """A value as one expression; None for what is none."""
    value = one.value
    if isinstance(value, str) or one.call:
        return one.call or str(value)
    if isinstance(value, bool | int | float):
        return literal(value)
    if isinstance(value, dict) and set(value) == {"const"}:
        return literal(value["const"])
    source = value.get("from") if isinstance(value, dict) and value.keys() <= _PLAIN_KEYS else None
    if not isinstance(value, dict) or not isinstance(source, str):
        return None
    steps = value.get("apply", [])
    for step in steps if isinstance(steps, list) else [steps]:
        source = _called(source, step) if source is not None else None
    return source


def _called(value: str, step: Json) -> str | None:
    """A step as the function of its name; None where an argument would need those before it."""
    name, arguments = next(iter(step.items())) if isinstance(step, dict) else (step, {})
    if not isinstance(arguments, dict) or not arguments.keys() <= _FIRST_ARGUMENTS:
        return None
    constants = map(literal, arguments.values())
    return f"{name}({', '.join([value, *constants])})"
