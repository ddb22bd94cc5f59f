"""Mapping x event -> Explanation: what it ends as and where each value comes from, persons' values masked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import mapper
from mapper import Json, Outcome, Row, Table, TracedStep

MASK = "***"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The outcomes of one event, and the table of the section that takes it; None where none sends it."""

    outcomes: tuple[Outcome, ...]
    table: Table | None


def explain_event(
    path: str | Path, event: dict[str, Any], *, reveal: bool = False, schemas: str | Path | None = None
) -> Explanation:
    """How a mapping file treats an event; unless `reveal`, values of persons are masked in the table.

    Raises CompileError and OSError.
    """
    program = mapper.compile_mapping(path, schemas=schemas)
    outcomes = tuple(program.apply(event))
    table = mapper.trace_event(path, event, schemas=schemas)
    if table is not None and not reveal:
        table = _masked(table, _is_personal(program.target, path, schemas))
    return Explanation(outcomes, table)


def mask(value: Json) -> Json:
    """A value of the same shape that tells nothing; what is absent, or blank, stays so."""
    if isinstance(value, dict):
        return {name: mask(one) for name, one in value.items()}
    if isinstance(value, list):
        return [mask(one) for one in value]
    blank = value is None or (isinstance(value, str) and not value.strip())
    return value if blank else MASK


def _is_personal(target: str, mapping: str | Path, schemas: str | Path | None) -> Callable[[str], bool]:
    """Whether a path of the target holds a person's values, or may hold some below it."""
    schema = mapper.read_schema(target, schemas=schemas, beside=mapping)
    personal = list(_personal_paths(schema, ""))

    def is_personal(path: str) -> bool:
        return any(_is_at_or_below(path, one) or _is_at_or_below(one, path) for one in personal)

    return is_personal


def _is_at_or_below(path: str, other: str) -> bool:
    return path == other or path.startswith((f"{other}.", f"{other}[]"))


def _personal_paths(schema: dict[str, Any], path: str) -> Iterator[str]:
    if schema.get("x-personal"):
        yield path
    for name, field in schema.get("properties", {}).items():
        yield from _personal_paths(field, f"{path}.{name}" if path else name)
    if isinstance(schema.get("items"), dict):
        yield from _personal_paths(schema["items"], f"{path}[]")


def _masked(table: Table, is_personal: Callable[[str], bool]) -> Table:
    rows = tuple(_masked_row(row) if row.personal or is_personal(row.path) else row for row in table.rows)
    return replace(table, rows=rows)


def _masked_row(row: Row) -> Row:
    steps = tuple(_masked_step(step) for step in row.steps)
    return replace(row, read=mask(row.read), value=mask(row.value), steps=steps)


def _masked_step(step: TracedStep) -> TracedStep:
    return replace(step, value=mask(step.value))
