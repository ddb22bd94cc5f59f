"""The sample event that an editor shows values for: an event of a mapping's own tests or sample files."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mapper.authoring import Analysis, Json, Trace
from mapper.texts.named_text import UnreadableFile
from mapper.workbench.explanation import Explanation, explain_trace, hiding, personal_texts

# So many events of sample files can be chosen.
_MOST_OF_FILES = 20


@dataclass(frozen=True, slots=True)
class Sample:
    """An event, and what `$meta` is. name: to choose it by, that of a test, or a file and line."""

    name: str
    event: dict[str, Any] = field(repr=False)
    meta: dict[str, Any] | None = field(default=None, repr=False)


def samples_of(analysis: Analysis) -> tuple[Sample, ...]:
    """The events of the tests of a mapping, then the first ones of its sample files."""
    tests = [Sample(one.name, one.given, one.meta) for one in analysis.written_tests]
    with suppress(UnreadableFile):
        found = analysis.sample_events(_MOST_OF_FILES)
        return (*tests, *(Sample(f"{one.file}:{one.line}", one.event) for one in found))
    return tuple(tests)


def chosen_of(samples: tuple[Sample, ...], names: tuple[str, ...]) -> Sample | None:
    """The sample of the first of some names that there is; else the first sample."""
    by_name = {one.name: one for one in reversed(samples)}
    found = (by_name[name] for name in names if name in by_name)
    return next(found, next(iter(samples), None))


@dataclass(frozen=True)
class SampleRun:
    """A sample in a mapping: all that is shown of it is masked where it is, or may be, a person's."""

    analysis: Analysis
    sample: Sample

    @cached_property
    def explanation(self) -> Explanation:
        """The outcome of the sample, masked. Raises CompileError."""
        return explain_trace(self.analysis, self._trace)

    def hide(self, value: Json) -> Json:
        """A value with what was read of a person masked, wherever it is. Raises CompileError."""
        return self._hiding(value)

    @cached_property
    def _hiding(self) -> Callable[[Json], Json]:
        return hiding(personal_texts(self._trace.tables, self._trace.decisions), self.analysis.words)

    @cached_property
    def _trace(self) -> Trace:
        return self.analysis.trace(self.sample.event, self.sample.meta)

    def prepare(self) -> None:
        """Make all that is shown of the sample. Raises CompileError."""
        for name in ("explanation", "_hiding"):
            getattr(self, name)
