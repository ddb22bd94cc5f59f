"""The questions that are asked of events which are made up: values that are read as yes or no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from mapper.compiler.plan.ir import Planned
from mapper.values.frozen import dataclass

Ask: TypeAlias = Callable[[dict[str, Any], dict[str, Any] | None], str]
"""An event, and what its host knows of it -> `granted`, `denied` or `limited`."""


@dataclass(frozen=True, slots=True)
class Question:
    """tuple[Json, ...] that are read as yes or no, and whether `all` or `any` of them must say yes.

    grants: its yes is consent; else its yes is a refusal. when_missing, when_limited: as `consent` has them,
    "" where the latter is not written. path: `consent`, or that of a field.
    """

    values: tuple[Planned, ...]
    combine: str
    grants: bool
    when_missing: str
    when_limited: str
    path: str
