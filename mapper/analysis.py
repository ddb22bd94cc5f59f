"""A mapping's text -> Analysis: planned once, then asked often. The query API under every author's tool."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mapper.compiler.explain.coverage import Coverage, signal_coverage
from mapper.compiler.schema.target import validator
from mapper.compiling import Checked, checked, has_samples, program_of, sendable
from mapper.diagnostic import Diagnostic, has_errors
from mapper.project import Project, project_of
from mapper.text import Text
from mapper.types import Json

# To check should start at once: what writes and runs code is imported where an answer needs it.
if TYPE_CHECKING:
    from mapper.compiler.explain.table import Decision, Table
    from mapper.compiler.plan.planner import Plan
    from mapper.compiler.syntax.mapping_tests import MappingTest
    from mapper.runtime.outcome import Outcome
    from mapper.runtime.program import Program


@dataclass(frozen=True, slots=True)
class Review:
    """What is found in a mapping, and, where there are no errors, what its sections can send."""

    found: tuple[Diagnostic, ...]
    coverage: tuple[Coverage, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """What one event ends as, what was decided on the way, and the table of each section that sends it.

    decisions: with `split`, those of each event in it. Values of persons are in it as they are.
    """

    outcomes: tuple[Outcome, ...]
    decisions: tuple[tuple[Decision, ...], ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class Analysis:
    """All that can be asked of a mapping's text. It is read and planned once, when that is first needed.

    Whatever the text is, `diagnostics` answers. What needs a mapping that can send raises CompileError where
    there is none. An answer never changes: a changed text is another Analysis.

    fixtures: its tests are those of its fixtures too.
    """

    text: Text
    project: Project
    fixtures: bool = False

    @cached_property
    def _checked(self) -> Checked:
        return checked(self.text, self.project, fixtures=self.fixtures)

    @cached_property
    def _plan(self) -> Plan:
        return sendable(self._checked)

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All that is wrong with the text, or could be better, by place; with samples, by these too."""
        mapping = self._checked.mapping
        if mapping is None or not has_samples(mapping, self.project):
            return self._checked.found
        return checked(self.text, self.project, fixtures=self.fixtures, samples=True).found

    @cached_property
    def coverage(self) -> tuple[Coverage, ...]:
        """Which scored signals the sections can send. Raises CompileError."""
        return signal_coverage(self._plan)

    @cached_property
    def program(self) -> Program:
        """The program, with the guard. Raises CompileError."""
        return program_of(self._plan, self.project)

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The table of each section that sends. Raises CompileError."""
        from mapper.compiler.explain.rows import tables

        return tables(self._plan)

    @cached_property
    def tests(self) -> tuple[MappingTest, ...]:
        """The tests, with the digest in place of each `{hash: ...}`. Raises CompileError."""
        from mapper.compiler.plan.expected_payload import with_digests

        return tuple(with_digests(test, self._plan.target) for test in self._plan.mapping.tests)

    @property
    def is_base(self) -> bool:
        """Whether the text is only to be extended: it sends nothing, and has no tests."""
        mapping = self._checked.mapping
        return mapping is not None and mapping.partial and not (mapping.tests or mapping.fixtures)

    @cached_property
    def breaches(self) -> Callable[[Json], list[tuple[str, str]]]:
        """What a payload breaks of the target, as (path, message); [] if it is valid. Raises CompileError."""
        target = self._plan.target
        return validator(self._schema, target.profile)

    @cached_property
    def mask(self) -> Callable[[Json], Json]:
        """A payload as a person may see it, with personal values masked. Raises CompileError."""
        from mapper.masking import payload_mask

        return payload_mask(self._schema)

    @cached_property
    def _schema(self) -> dict[str, Any]:
        return self.project.target(self._plan.target.name) or {}

    def with_samples(self, samples: dict[str, Any]) -> Analysis:
        """The analysis of the same text, checked against sample events too: their `source_schema`."""
        return Analysis(self.text, replace(self.project, samples=samples), self.fixtures)

    def trace(self, event: dict[str, Any], meta: dict[str, Any] | None = None) -> Trace:
        """What becomes of an event, and where each value of its payloads comes from. Raises CompileError."""
        from mapper.compiler.explain.rows import traced

        outcomes = self.program.apply(event, meta)
        decisions, tables = traced(self._plan, event, meta)
        return Trace(tuple(outcomes), decisions, tables)


def analyse(
    text: str,
    name: str = "<text>",
    *,
    texts: Mapping[str, str] | None = None,
    schemas: str | Path | None = None,
    beside: str | Path | None = None,
) -> Analysis:
    """The analysis of a mapping's text.

    texts: unsaved texts of files that it extends, by path; without `beside` they are all the files there are,
    by their paths from the mapping. beside: the file that the text is of, or will be, whose project counts.
    """
    return Analysis(Text(name, text), project_of(beside, schemas, texts=texts))


def analyse_file(
    path: str | Path,
    *,
    texts: Mapping[str, str] | None = None,
    schemas: str | Path | None = None,
    fixtures: bool = False,
) -> Analysis:
    """The analysis of a mapping file. fixtures: they are tests too. Raises OSError."""
    project = project_of(path, schemas, texts=texts)
    return Analysis(project.mapping(path), project, fixtures)


def review_text(
    text: str,
    name: str = "<text>",
    *,
    schemas: str | Path | None = None,
    beside: str | Path | None = None,
    samples: dict[str, Any] | None = None,
) -> Review:
    """All that is wrong with a mapping's text, or could be better, and what its sections can send.

    samples: the `source_schema` of sample events, which the mapping is checked against too.
    """
    project = project_of(beside, schemas, samples=samples)
    found = checked(Text(name, text), project, fixtures=True, samples=True)
    plan = found.plan
    sends = plan is not None and not plan.mapping.partial and not has_errors(found.found)
    return Review(found.found, signal_coverage(plan) if plan is not None and sends else ())


def coverage(path: str | Path, *, schemas: str | Path | None = None) -> tuple[Coverage, ...]:
    """Which scored signals the sections of a mapping can send. Raises CompileError and OSError."""
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
    """What was asked of an event before its payload was made; with `split`, of each event in it.

    Raises CompileError and OSError. Values of persons are in it as they are.
    """
    return analyse_file(path, schemas=schemas).trace(event, meta).decisions
