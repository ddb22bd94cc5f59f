"""A mapping's file -> what its sections can send, its tables, its traces: for who asks once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mapper.analysis import analyse_file
from mapper.texts.review import Coverage

if TYPE_CHECKING:
    from mapper.compiler.explain.table import Decision, Table


def coverage(path: str | Path, *, schemas: str | Path | None = None) -> tuple[Coverage, ...]:
    """The scored signals that the sections of a mapping can send. Raises CompileError and OSError."""
    return analyse_file(path, schemas=schemas).coverage


def explain_mapping(path: str | Path, *, schemas: str | Path | None = None) -> tuple[Table, ...]:
    """The table of each section of a mapping that sends. Raises CompileError and OSError."""
    return analyse_file(path, schemas=schemas).tables


def trace_event(
    path: str | Path,
    event: dict[str, Any],
    meta: dict[str, Any] | None = None,
    *,
    schemas: str | Path | None = None,
) -> tuple[Table, ...]:
    """The table of each section that takes an event and sends it, with the value at each step.

    Raises CompileError and OSError. Values of persons are in it as they are.
    """
    return analyse_file(path, schemas=schemas).trace(event, meta).tables


def trace_decisions(
    path: str | Path,
    event: dict[str, Any],
    meta: dict[str, Any] | None = None,
    *,
    schemas: str | Path | None = None,
) -> tuple[tuple[Decision, ...], ...]:
    """The questions about an event before its payload was made; with `split`, about each event in it.

    Raises CompileError and OSError. Values of persons are in it as they are.
    """
    return analyse_file(path, schemas=schemas).trace(event, meta).decisions
