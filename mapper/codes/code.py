"""Code: one row of the table of diagnostics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "advice"]


@dataclass(frozen=True, slots=True)
class DiagnosticCode:
    """One row of the table: how bad it is, its name, why it is bad and how to fix it."""

    severity: Severity
    title: str
    why: str
    fix: str
