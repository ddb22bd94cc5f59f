"""The package's own files of codes and names: each begins with what is in it, its source and its version."""

from __future__ import annotations

from pathlib import Path

_FILES = Path(__file__).parent / "reference"


def rows_of(name: str) -> list[str]:
    """The lines of a file in `reference/`, less its comments."""
    text = (_FILES / f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line[:1] != "#"]
