"""The sample event that an editor shows values for: an event of a mapping's own tests or sample files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mapper import Analysis, CompileError


@dataclass(frozen=True, slots=True)
class Sample:
    """An event, the name to choose it by, and what `$meta` is."""

    name: str
    event: dict[str, Any] = field(repr=False)
    meta: dict[str, Any] | None = field(default=None, repr=False)


def samples_of(analysis: Analysis) -> tuple[Sample, ...]:
    """The events of the tests of a mapping; none while it has errors."""
    try:
        tests = analysis.tests
    except CompileError:
        return ()
    return tuple(Sample(one.name, one.given, one.meta) for one in tests if isinstance(one.given, dict))
