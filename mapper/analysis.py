"""A mapping's text -> Analysis: planned once, then asked often. The query API under every author's tool."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from mapper.compiler.explain.scored_signals import signal_coverage
from mapper.compiler.findings import Findings
from mapper.compiler.schema.target import validator
from mapper.compiler.yaml.reader import read_yaml
from mapper.compiling import (
    Checked,
    CompileError,
    PlannedText,
    checked,
    has_samples,
    language_of,
    looked_into,
    plan_text,
    plan_without_target,
    program_of,
    recorder_of,
    schemas_offered,
    sendable,
)
from mapper.project.project import Project, SchemasGiven, project_of
from mapper.texts.diagnostic import Diagnostic, has_errors
from mapper.texts.named_text import Span, Text, UnreadableFile
from mapper.texts.review import Coverage
from mapper.values.types import Json

# To check should start at once: what writes and runs code is imported where an answer needs it.
if TYPE_CHECKING:
    from mapper.compiler.editor.call_help import CallHelp
    from mapper.compiler.editor.completing import Completion
    from mapper.compiler.editor.symbols import Symbol
    from mapper.compiler.editor.written_names import WrittenName
    from mapper.compiler.emit.marks import Point
    from mapper.compiler.explain.definitions import VariableUse
    from mapper.compiler.explain.effective import EffectiveMapping
    from mapper.compiler.explain.event_run import LoadedPlan
    from mapper.compiler.explain.hover import Hover, PlannedSites
    from mapper.compiler.explain.mapping_lineage import MappingLineage, WrittenPart
    from mapper.compiler.explain.outline import Outline
    from mapper.compiler.explain.recorder import Recorder
    from mapper.compiler.explain.table import Table
    from mapper.compiler.explain.trace import Trace
    from mapper.compiler.plan.planner import Plan
    from mapper.compiler.syntax.mapping_test_nodes import MappingTest
    from mapper.compiler.yaml.nodes import YamlNode
    from mapper.delivery.destination import Destination
    from mapper.project.sample_files import SampleEvent
    from mapper.runtime.outcome import Outcome
    from mapper.runtime.program import Program


@dataclass(frozen=True)
class Analysis:
    """All that can be asked of a mapping's text. It is read and planned once, when that is first needed.

    `diagnostics` answers for any text. Questions that need a mapping that can send raise CompileError if
    there is none. An answer never changes: a changed text is another Analysis.

    fixtures: its tests are those of its fixtures too.
    """

    text: Text
    project: Project
    fixtures: bool = False
    before: Analysis | None = field(default=None, repr=False, compare=False)

    @cached_property
    def _planned(self) -> PlannedText:
        return plan_text(self.text, self.project, fixtures=self.fixtures)

    @cached_property
    def _checked(self) -> Checked:
        return checked(self._planned)

    @cached_property
    def _plan(self) -> Plan:
        return sendable(self._checked)

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All that is wrong with the text, or could be better, by place; with samples, by these too."""
        mapping = self._planned.mapping
        if mapping is None or not has_samples(mapping, self.project):
            return self._checked.found
        return checked(self._planned, samples=True).found

    @cached_property
    def coverage(self) -> tuple[Coverage, ...]:
        """The scored signals that the sections can send. Raises CompileError."""
        return signal_coverage(self._plan)

    @cached_property
    def program(self) -> Program:
        """The program, with the guard. Raises CompileError."""
        return program_of(self._plan, self.project)

    @cached_property
    def recorder(self) -> Recorder:
        """The program, with the guard, that says which parts of the mapping acted. Raises CompileError."""
        return recorder_of(self._plan, self.project)

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The table of each section that sends. Raises CompileError."""
        from mapper.compiler.explain.payload_rows import tables

        return tables(self._plan)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of events that the mapping itself has: those it takes, and those it sends."""
        from mapper.compiler.emit.readable.readable_program import names_held

        return names_held(self._plan)

    @cached_property
    def words(self) -> frozenset[str]:
        """All texts that the mapping has as constants, those names too, but for what is a person's.

        Raises CompileError.
        """
        from mapper.compiler.explain.masked_text import masked_text
        from mapper.compiler.plan.mapping_words import words_of

        return frozenset(one for one in words_of(self._plan) if masked_text(one) == one)

    @property
    def places(self) -> tuple[tuple[str, str], ...]:
        """The target path and `file:line:column` of each rule, by the numbers that outcomes have."""
        return tuple((place.path, place.span.place) for place in self._plan.places)

    @cached_property
    def rules(self) -> dict[str, Span]:
        """The span of each rule, by the `file:line:column` that notes name. Raises CompileError."""
        return {place.span.place: place.span for place in self._plan.places}

    @property
    def name_field(self) -> str:
        """The field of the payload with the event's name; "" if there is none. Raises CompileError."""
        names = self._plan.target.event_names
        return "" if names is None else names.field

    def may_be_personal(self, path: tuple[str, ...]) -> bool:
        """Whether an attribute of the source event, by the names that lead there, may be a person's.

        The schema of the source says so, or its name, or a field that is personal takes it; `$meta` counts as
        an attribute too.
        """
        from mapper.compiler.explain.mapping_lineage import covers
        from mapper.compiler.inference.personal_origins import Labels, may_be_persons

        plan = self._last_plan
        if may_be_persons(path, Labels() if plan is None else plan.labels):
            return True
        return any(covers(one, path) for one in self._taken_by_persons)

    @cached_property
    def _taken_by_persons(self) -> frozenset[tuple[str, ...]]:
        from mapper.compiler.explain.mapping_lineage import taken_by_persons

        plan = self._last_plan
        return frozenset() if plan is None else taken_by_persons(plan)

    @cached_property
    def destination(self) -> Destination | None:
        """The destination of payloads, for tools that never send; None where the schema does not say.

        Raises CompileError.
        """
        from mapper.compiler.schema.json_schema import SchemaError
        from mapper.compiling import described

        with suppress(LookupError, SchemaError):
            return described(self._plan.target.name, self._schema, self.project)
        return None

    @cached_property
    def tests(self) -> tuple[MappingTest, ...]:
        """The tests, with the digest in place of each `{hash: ...}`. Raises CompileError."""
        from mapper.compiler.plan.expected_payload import with_digests

        return tuple(with_digests(test, self._plan.target) for test in self._plan.mapping.tests)

    @property
    def written_tests(self) -> tuple[MappingTest, ...]:
        """The tests as they are written; also of a mapping that has errors."""
        mapping = self._planned.mapping
        return () if mapping is None else mapping.tests

    @property
    def sample_patterns(self) -> tuple[str, ...]:
        """The patterns of files that `source` names as samples, as they are written."""
        mapping = self._planned.mapping
        return () if mapping is None else tuple(one.name for one in mapping.samples)

    def sample_events(self, most: int) -> tuple[SampleEvent, ...]:
        """The first events of the files that `source` names as samples. Raises UnreadableFile."""
        from mapper.project.sample_files import first_events

        mapping, project = self._planned.mapping, self.project
        if mapping is None or project.folder is None or project.root is None or not mapping.samples:
            return ()
        return first_events([one.name for one in mapping.samples], project.folder, project.root, most)

    def as_expected(self, value: Json, path: str, event: Json) -> Json:
        """A value at a path of a payload (`contents[].id`) as a test writes it. Raises CompileError.

        A digest of a value in the event is `{hash: VALUE}`.
        """
        from mapper.compiler.plan.expected_payload import as_expected

        return as_expected(value, self._plan.target.find(path), event)

    @cached_property
    def host_reads(self) -> tuple[tuple[tuple[str, ...], Span], ...]:
        """Each part of `$meta` that the mapping reads, as the names that lead there, and its place."""
        from mapper.compiler.plan.planned_lets import host_reads

        mapping = self._planned.mapping
        return () if mapping is None else tuple(host_reads(mapping))

    @property
    def is_base(self) -> bool:
        """Whether the text is only to be extended: it sends nothing, and has no tests of its own."""
        mapping = self._planned.mapping
        if mapping is None or not mapping.partial or mapping.fixtures:
            return False
        return all(test.inherit for test in mapping.tests)

    @property
    def is_partial(self) -> bool:
        """Whether the text is `partial`: it sends nothing unless another mapping extends it."""
        mapping = self._planned.mapping
        return mapping is not None and mapping.partial

    @property
    def written_parts(self) -> tuple[WrittenPart, ...]:
        """The variables, functions, tables and sections that the text itself has."""
        from mapper.compiler.explain.mapping_lineage import written_parts

        mapping = self._planned.mapping
        return () if mapping is None else written_parts(mapping)

    @cached_property
    def breaches(self) -> Callable[[Json], list[tuple[str, str]]]:
        """The rules that a payload breaks, as (path, message); [] if it is valid. Raises CompileError."""
        target = self._plan.target
        return validator(self._schema, target.profile)

    @cached_property
    def mask(self) -> Callable[[Json], Json]:
        """A payload as a person may see it, with personal values masked. Raises CompileError."""
        from mapper.masking import payload_mask

        return payload_mask(self._schema, self.words)

    @cached_property
    def _schema(self) -> dict[str, Any]:
        return self.project.target(self._plan.target.name) or {}

    def with_samples(self, samples: dict[str, Any]) -> Analysis:
        """The analysis of the same text, checked against sample events too: their `source_schema`."""
        return Analysis(self.text, replace(self.project, samples=samples), self.fixtures)

    @cached_property
    def outline(self) -> Outline:
        """Every rule as texts, for comparing two versions. Raises CompileError."""
        from mapper.compiler.explain.outline import outline

        return outline(self._plan)

    @cached_property
    def lineage(self) -> MappingLineage:
        """Each rule with the attributes of the event that it reads. Raises CompileError."""
        from mapper.compiler.explain.mapping_lineage import mapping_lineage

        return mapping_lineage(self._plan)

    def trace(self, event: dict[str, Any], meta: dict[str, Any] | None = None) -> Trace:
        """The outcome of an event, and where each value of its payloads comes from. Raises CompileError."""
        from mapper.compiler.explain.trace import trace

        with self._lock:
            program, loaded = self._at_work(event, meta)
            return trace(loaded, event, meta, program.apply(event, meta))

    def _at_work(self, event: dict[str, Any], meta: dict[str, Any] | None) -> tuple[Program, LoadedPlan]:
        """A program with the sections that take an event, and its code to look into.

        All of a large mapping takes several times as long to write, and an author waits for it.
        """
        from mapper.compiler.explain.event_run import taken_sections

        likely = None if "_asking" in self.__dict__ else self._likely_sections
        if likely is not None:
            found = self._program_with(likely)
            if taken_sections(found[1], event, meta) <= likely:
                return found
        return self._program_with(taken_sections(self._asking, event, meta))

    @property
    def _likely_sections(self) -> frozenset[int] | None:
        """The sections that most likely take the next event: as before the last change of the text."""
        made = self._programs or (None if self.before is None else self.before._programs)
        return next(reversed(made), None) if made else None

    def _program_with(self, taken: frozenset[int]) -> tuple[Program, LoadedPlan]:
        """A program with the payloads of some sections, and its code to look into."""
        from mapper.compiler.explain.event_run import with_payloads_of

        if taken not in self._programs:
            plan = with_payloads_of(self._plan, taken)
            self._programs[taken] = looked_into(plan, self._plan, self.project)
        return self._programs[taken]

    def outcomes(self, event: dict[str, Any], meta: dict[str, Any] | None = None) -> tuple[Outcome, ...]:
        """The outcomes of an event, as `Program.apply` gives them. Raises CompileError.

        Only the code of the sections that take it is made, where `program` has that of all.
        """
        with self._lock:
            return tuple(self._at_work(event, meta)[0].apply(event, meta))

    def acted(self, event: dict[str, Any], meta: dict[str, Any] | None = None) -> tuple[Point, ...]:
        """The parts of the mapping that acted for an event, each once, as written. Raises CompileError."""
        with self._lock:
            self.recorder.apply(event, meta)
            return tuple(self.recorder.points[number] for number in sorted(self.recorder.log.reached))

    def at(
        self, offset: int, event: dict[str, Any] | None = None, meta: dict[str, Any] | None = None
    ) -> Hover | None:
        """The meaning of the text at an offset; None if it has none.

        event: one for which the value there is told too, if the mapping can send.
        """
        from mapper.compiler.editor.lookup import meaning
        from mapper.compiler.explain.event_run import event_runs
        from mapper.compiler.explain.hover import AtWork, hover
        from mapper.compiler.yaml.location import location_at

        root = self._yaml[0]
        location = None if root is None else location_at(root, offset)
        if location is None:
            return None
        with self._lock:
            run = None
            if event is not None and self._can_send:
                run = next(event_runs(self._at_work(event, meta)[1], event, meta), None)
            at_work = None if self._sites is None else AtWork(*self._sites, run)
            found = hover(location, self.text, offset, at_work)
        told = meaning(self._language, location.path) if found.kind == "key" else ""
        overridden = self.overridden(offset)
        return replace(found, meaning=told, overrides=overridden) if told or overridden else found

    def complete(self, offset: int, event: dict[str, Any] | None = None) -> tuple[Completion, ...]:
        """The texts that fit at an offset, however unfinished the text is; the most likely first.

        event: one whose attributes are offered too.
        """
        from mapper.compiler.editor.completing import Known, completions
        from mapper.compiler.yaml.unfinished_node import unfinished_node

        cursor = unfinished_node(self.text.content, offset)
        schemas = schemas_offered(self.project) if cursor.path[:1] in (("target",), ("source",)) else ()
        files = self.project.mapping_files() if cursor.path[:1] == ("extends",) else ()
        known = Known(self._language, self._last_plan, schemas, files, event)
        return completions(cursor, self.text, offset, known)

    def call_at(self, offset: int) -> CallHelp | None:
        """The call that is being written at an offset of an unfinished text; None outside of one."""
        from mapper.compiler.editor.call_help import call_at

        return call_at(self.text, offset, self._language, self._last_plan)

    @property
    def written_names(self) -> tuple[WrittenName, ...] | None:
        """The names that the text writes, each with its kind; None while it is no YAML."""
        from mapper.compiler.editor.written_names import written_names

        mapping, (_, faults) = self._planned.mapping, self._yaml
        return None if mapping is None or faults else written_names(mapping, self.text)

    def definition(self, offset: int) -> Span | None:
        """The definition of the variable or function at an offset; of a file it extends, its beginning."""
        from mapper.compiler.explain.definitions import definition

        mapping = self._planned.mapping
        if mapping is None:
            return None
        named = (one for one in mapping.extends if one.span.start <= offset <= one.span.end)
        for one in named:
            with suppress(UnreadableFile):
                return self.project.base(one.name, None).span(0, 0)
        return definition(mapping, self.text, offset)

    def references(self, offset: int) -> tuple[Span, ...]:
        """Each place where the variable or function at an offset is used, in extended texts too."""
        from mapper.compiler.explain.definitions import references

        mapping = self._planned.mapping
        return () if mapping is None else references(mapping, self.text, offset)

    @cached_property
    def effective(self) -> EffectiveMapping:
        """The mapping with all that it inherits, as one file. Raises CompileError where it has errors."""
        from mapper.compiler.explain.effective import effective

        mapping, found = self._planned.mapping, self._checked.found
        if mapping is None or has_errors(found):
            raise CompileError(found)
        return effective(mapping)

    def overridden(self, offset: int) -> tuple[Span, ...]:
        """The keys of the inherited parts that the key at an offset replaces, the nearest first."""
        from mapper.compiler.explain.overrides import overrides

        mapping = self._planned.mapping
        return () if mapping is None else overrides(mapping).at(self.text.span(offset, offset))

    @property
    def variable_uses(self) -> tuple[VariableUse, ...]:
        """Each name of a variable or function in this text and in what it takes over of those it extends."""
        from mapper.compiler.explain.definitions import variable_uses

        mapping = self._planned.mapping
        return () if mapping is None else variable_uses(mapping)

    @cached_property
    def bases(self) -> tuple[Text, ...]:
        """The texts that this one names under `extends` and that can be read."""
        mapping = self._planned.mapping
        found: list[Text] = []
        for one in () if mapping is None else mapping.extends:
            with suppress(UnreadableFile):
                found.append(self.project.base(one.name, None))
        return tuple(found)

    @cached_property
    def symbols(self) -> tuple[Symbol, ...]:
        """The parts of the text, as an editor lists them; also of a text that has errors."""
        from mapper.compiler.editor.symbols import symbols

        root = self._yaml[0]
        return () if root is None else symbols(root)

    def edited(self, text: str, *, texts: Mapping[str, str] | None = None) -> Analysis:
        """The analysis of what the text was changed to.

        Until that can be planned again, completions know what is known of this one. texts: as for `analyse`.
        """
        project = replace(self.project, read=[]) if texts is None else self.project.with_texts(texts)
        before = self if self._own_plan is not None else self.before
        alone = None if before is None else before._alone()
        return Analysis(Text(self.text.name, text), project, self.fixtures, alone)

    def _alone(self) -> Analysis:
        """This analysis without those before it, but for the last that could send."""
        known = self if "_checked" in self.__dict__ else self.before
        last = None if known is None else known.last_that_sends
        before = None if last is self else last
        if self.before is before:
            return self
        made = Analysis(self.text, self.project, self.fixtures)
        made.__dict__.update({**self.__dict__, "before": before})
        return made

    @property
    def last_that_sends(self) -> Analysis | None:
        """This analysis if it can send, else the last one before it that could."""
        if not (has_errors(self.diagnostics) or self.is_partial):
            return self
        return None if self.before is None else self.before.last_that_sends

    @property
    def _own_plan(self) -> Plan | None:
        """The plan, if the text was planned and could be."""
        return self._known_plan if "_planned" in self.__dict__ else None

    @cached_property
    def _known_plan(self) -> Plan | None:
        """The plan with the types of samples; that too of a file that is only to be extended."""
        plan, mapping = self._planned.plan, self._planned.mapping
        if plan is not None and has_samples(plan.mapping, self.project):
            from mapper.project.evidence import plan_by_samples

            return plan_by_samples(plan.mapping, self.project) or plan
        return plan_without_target(mapping, self.project) if plan is None and mapping is not None else plan

    @property
    def _last_plan(self) -> Plan | None:
        """The plan of this text, or of the one before it where this one has none yet."""
        if self._own_plan is None and self.before is not None:
            return self.before._last_plan
        return self._known_plan

    @property
    def _can_send(self) -> bool:
        with suppress(CompileError):
            return self._plan is not None
        return False

    @cached_property
    def _lock(self) -> Lock:
        return Lock()

    @cached_property
    def _asking(self) -> LoadedPlan:
        """The plan without its payloads: what decides which section takes an event."""
        from mapper.compiler.explain.event_run import load_plan, with_payloads_of

        return load_plan(with_payloads_of(self._plan, ()))

    @cached_property
    def _programs(self) -> dict[frozenset[int], tuple[Program, LoadedPlan]]:
        return {}

    @cached_property
    def _sites(self) -> tuple[Plan, PlannedSites] | None:
        from mapper.compiler.explain.hover import planned_sites

        plan = self._known_plan
        return None if plan is None else (plan, planned_sites(plan))

    @cached_property
    def _yaml(self) -> tuple[YamlNode | None, Findings]:
        faults = Findings()
        return read_yaml(self.text, faults), faults

    @cached_property
    def _language(self) -> dict[str, Any]:
        """The JSON Schema of the mappings to the target; to one without fields where it is not known."""
        plan, before = self._last_plan, self.before
        if before is not None and before._last_plan is plan:
            return before._language
        return language_of("" if plan is None else plan.target.name, self.project)


def analyse(
    text: str,
    name: str = "<text>",
    *,
    texts: Mapping[str, str] | None = None,
    schemas: SchemasGiven = None,
    beside: str | Path | None = None,
) -> Analysis:
    """The analysis of a mapping's text, without the tests of its fixtures.

    texts: unsaved texts of files that it extends, by path; without `beside` they are all the files there are,
    by their paths from the mapping. schemas: a folder of schemas, or the texts of all schemas there are, by
    name; with these and without `beside` no file is read. beside: the file that the text is of, or will be,
    whose project counts.
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


def event_path(keys: Iterable[str | int]) -> str:
    """The path of a part of an event, by the names and places that lead there, as traces write it."""
    from mapper.compiler.jmespath.tokens import written_name

    parts = (f"[{key}]" if isinstance(key, int) else f".{written_name(key)}" for key in keys)
    return "".join(parts).removeprefix(".")
