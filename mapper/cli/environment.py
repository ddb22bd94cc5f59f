"""The environment of a command: a variable's value, or what the file holds that NAME_FILE names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path


class Environment(Mapping[str, str]):
    """Reads a file at each call, so that a secret in it can be replaced while a process runs.

    A lookup raises OSError where NAME_FILE names a file that cannot be read.
    """

    __slots__ = ("_variables",)

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def __getitem__(self, name: str) -> str:
        if name in self._variables:
            return self._variables[name]
        file = Path(self._variables[f"{name}_FILE"])
        return file.read_text(encoding="utf-8", errors="surrogateescape").strip()

    def __contains__(self, name: object) -> bool:
        return name in self._variables or f"{name}_FILE" in self._variables

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)


ENVIRONMENT = Environment(os.environ)
