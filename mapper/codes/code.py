"""Code: one row of the table of diagnostics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "advice"]


@dataclass(frozen=True, slots=True)
class DiagnosticCode:
    """One row of the table: how bad it is, its name, why it is bad and how to fix it.

    shows_lines: a message comes with the lines that it speaks of; False where these may hold personal values.
    found_by: the command that looks for it.
    """

    severity: Severity
    title: str
    why: str
    fix: str
    shows_lines: bool = True
    found_by: Literal["check", "catalog"] = "check"

    def explanation(self, lines: str, *, said: str = "", note: str = "") -> str:
        """Markdown that says why it is bad and how to fix it.

        lines: those of its example that differ. said: what a check prints of it. note: after the fix.
        """
        by = "`mapper catalog --check` finds it." if self.found_by == "catalog" else ""
        parts = [self.why, by, f"```text\n{said}```" if said else "", f"*Fix:* {self.fix}{note}"]
        parts.append(f"```diff\n{lines}```" if lines else "")
        return "\n\n".join(filter(None, parts)) + "\n"


def page_of(code: str, pages: str | None) -> str | None:
    """The address of the page of a code, where the pages of codes have one."""
    return f"{pages}/{code}/" if pages else None
