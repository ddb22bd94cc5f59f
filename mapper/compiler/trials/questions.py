"""The questions that are asked of events which are made up: values that are read as yes or no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from mapper.compiler.plan.ir import Planned
from mapper.frozen import dataclass

Ask: TypeAlias = Callable[[dict[str, Any], dict[str, Any] | None], str]
"""An event, and what its host knows of it -> `granted`, `denied`, `limited`, `missing` or `unreadable`."""


@dataclass(frozen=True, slots=True)
class Question:
    """tuple[Json, ...] that are read as yes or no, and whether `all` or `any` of them must say yes.

    grants: its yes is consent; else its yes is a refusal. sent: the answers with which an event is sent as if
    nobody had refused. when_limited: as `consent` has it, "" where it is not written. path: `consent`, or
    that of a field.
    """

    values: tuple[Planned, ...]
    combine: str
    grants: bool
    sent: frozenset[str]
    when_limited: str
    path: str
