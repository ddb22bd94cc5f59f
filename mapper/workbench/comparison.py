"""Two versions of a mapping -> MappingComparison: how what they send differs, for events and in their rules.

No value of a person is in it: values are masked as in an explanation of the event they are of.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, get_args

from mapper import authoring
from mapper.authoring import Json, MappingTest
from mapper.feeds import Block, DecodedBlock, read_texts
from mapper.running import Run
from mapper.running.blocks import meta_of
from mapper.running.counts import ShownNames
from mapper.values.caller_values import given_events
from mapper.workbench.example_mask import ExampleMask, MaskValue
from mapper.workbench.mapping_version import Version
from mapper.workbench.outline_difference import PlanDifference, plan_differences
from mapper.workbench.pair_counts import (
    SENT,
    Alarm,
    ChangedValue,
    DifferenceCount,
    DifferentEvent,
    Ignored,
    OutcomeKey,
    PairCounts,
    PairWorker,
    PathKey,
    ProgramSide,
    severity,
)
from mapper.workbench.payload_difference import DifferenceKind
from mapper.workbench.personal_reads import personal_reads

OUTCOME, PLAN = "outcome", "plan"
_KINDS = get_args(DifferenceKind)
_BLOCK = 200
_MOST_NAMES = 4


@dataclass(frozen=True, slots=True)
class ComparisonOptions:
    """The way two versions are compared.

    ignore: paths that are not compared, with all below them; `outcome` is what events end as, `plan` the
    rules. meta: what `$meta` of every event holds besides its line. most_events: so many of the events that
    differ are shown whole. jobs: so many processes compare, where the system can fork. reveal: values are
    shown as they are, for whoever may see those of persons.
    """

    ignore: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)
    most_events: int = 0
    jobs: int = 1
    reveal: bool = False


@dataclass(frozen=True, slots=True)
class DifferenceExample:
    """The first event that differs in one way. line: of the feed; test: the name of the test that it is of.

    old, new: what it has at a path, masked where it may be a person's; None where nothing is there.
    """

    line: int
    test: str = ""
    old: Json = None
    new: Json = None


@dataclass(frozen=True, slots=True)
class PathDifference:
    """A path of the payload at which events differ. count: of these events.

    alarm: why it comes first, "" where it does not. old, new: the places of the rules before and now,
    `file:line`, "" for none; more_places: how many others there are.
    """

    path: str
    kind: DifferenceKind
    alarm: Alarm
    count: int
    old: str
    new: str
    more_places: int
    example: DifferenceExample


@dataclass(frozen=True, slots=True)
class OutcomeDifference:
    """The outcomes of events before and now, with the places that decide them, "" if none does.

    names: how many of them had which name, before or now; "" for names that are not shown.
    """

    before: str
    now: str
    alarm: Alarm
    count: int
    names: dict[str, int]
    old: str
    new: str
    example: DifferenceExample

    @property
    def ends(self) -> tuple[str, str]:
        """The outcomes before and now; what is sent by its name, where there is only one."""
        only = next(iter(self.names)) if len(self.names) == 1 else ""
        before, now = (only or SENT if text == SENT else text for text in (self.before, self.now))
        return before, now

    @property
    def named(self) -> str:
        """The number of events of each name, the first of them; "" where there is only one."""
        names = [f"{name} {count:,}" for name, count in self.names.items() if name][:_MOST_NAMES]
        more = len(self.names) - len(names)
        told = [*names, *([f"{more} more"] if more else [])]
        return ", ".join(told) if len(self.names) > 1 else ""


@dataclass(frozen=True, slots=True)
class EventDifference:
    """The differences of one event."""

    line: int
    test: str
    outcomes: tuple[OutcomeDifference, ...]
    paths: tuple[PathDifference, ...]


@dataclass(frozen=True, slots=True)
class MappingComparison:
    """The difference of two versions.

    events: how many there were; broken: those of them that are no events for either. of_tests: they are those
    of the tests of both. different: how many differ. events_shown: the first of these. plan: how the rules
    differ, whatever the events are.
    """

    events: int
    different: int
    broken: int
    of_tests: bool
    paths: tuple[PathDifference, ...]
    outcomes: tuple[OutcomeDifference, ...]
    plan: tuple[PlanDifference, ...]
    events_shown: tuple[EventDifference, ...]

    def __repr__(self) -> str:
        return f"MappingComparison(events={self.events}, different={self.different}, broken={self.broken})"

    @property
    def same(self) -> int:
        """The number of events that give the same."""
        return self.events - self.different

    @property
    def rows(self) -> list[PathDifference | OutcomeDifference]:
        """The paths and outcomes that differ, those with an alarm first."""
        found: list[PathDifference | OutcomeDifference] = [*self.paths, *self.outcomes]
        alarming = sorted((one for one in found if one.alarm), key=lambda one: severity(one.alarm))
        return [*alarming, *(one for one in found if not one.alarm)]

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not self.different and not self.plan

    @property
    def has_alarms(self) -> bool:
        """Whether a difference is one of those that are listed first."""
        marked = (one.alarm for part in (self.paths, self.outcomes, self.plan) for one in part)
        return any(marked)


def compare(
    old: str | Path,
    new: str | Path,
    events: str | Path | Iterable[Mapping[str, Any]] | None = None,
    *,
    schemas: str | Path | None = None,
    options: ComparisonOptions | None = None,
) -> MappingComparison:
    """The difference of two versions of a mapping. Each is a file, or `git:REF:path`.

    events: a file of events, or events; without them those of the tests of both versions count. Raises
    CompileError where one of the two has errors, and OSError.
    """
    with open_pair(old, new, schemas) as pair:
        if events is None:
            return pair.compare(None, options)
        if not isinstance(events, str | Path):
            return pair.compare(_blocks(events), options)
        with open(events, "rb") as file:
            return pair.compare(read_texts(file, name=str(events)), options)


@contextmanager
def open_pair(old: str | Path, new: str | Path, schemas: str | Path | None = None) -> Iterator[VersionPair]:
    """Two versions of a mapping, ready to be compared. Raises CompileError, and OSError."""
    from mapper.workbench.revision import open_version  # git is only asked for files, which the page has not

    with open_version(old, schemas) as before, open_version(new, schemas) as after:
        for one in (before, after):
            one.refuse_errors()
        yield VersionPair(before, after)


def _blocks(events: Iterable[Mapping[str, Any]]) -> Iterator[Block]:
    """Events as blocks of a feed, an event a line."""
    texts = ((line, json.dumps(event).encode()) for line, event in enumerate(given_events(events), 1))
    while part := list(islice(texts, _BLOCK)):
        yield DecodedBlock([*part])


@dataclass(frozen=True)
class VersionPair:
    """Two versions of a mapping that both compile."""

    old: Version
    new: Version

    @cached_property
    def paths(self) -> dict[str, authoring.PayloadPath]:
        """The paths of the payloads of both; of the new one, where both have it."""
        outlines = (self.old.analysis.outline, self.new.analysis.outline)
        return {one.path: one for outline in outlines for one in outline.paths}

    @cached_property
    def plan(self) -> tuple[PlanDifference, ...]:
        """The differences of the rules."""
        return plan_differences(
            self.old.outline, self.new.outline, lambda: personal_reads(self.old, self.new)
        )

    def _names(self, reveal: bool) -> ShownNames:
        held = (self.old.analysis.program.code.names, self.new.analysis.program.code.names)
        return ShownNames(frozenset(name for names in held for name in names), reveal)

    def compare(
        self, blocks: Iterable[Block] | None, options: ComparisonOptions | None = None
    ) -> MappingComparison:
        """The difference of the two for events; without any, for their tests. Raises OSError as they do."""
        options = options or ComparisonOptions()
        if blocks is None:
            return self.compare_tests(options)[0]
        worker, counts = self._worker(options), PairCounts()
        run = Run(self.new.analysis.program)
        run.work_all(worker, blocks, lambda part: counts.add(part, options.most_events), options.jobs)
        return _Report(self, worker, (), options).comparison(counts, of_tests=False)

    def compare_tests(
        self, options: ComparisonOptions, most_kept: int = 0
    ) -> tuple[MappingComparison, list[DifferentEvent]]:
        """The difference for the events of their tests, and the first events that differ, as they are.

        most_kept: so many of these, if that is more than are shown.
        """
        most = max(most_kept, options.most_events)
        worker, tests, counts = self._worker(replace(options, most_events=most)), self._tests(), PairCounts()
        for number, test in enumerate(tests, 1):
            part = PairCounts()
            worker.compare(json.dumps(test.given).encode(), number, test.meta or {}, part)
            counts.add(part, most)
        kept = counts.shown
        counts.shown = kept[: options.most_events]
        return _Report(self, worker, tests, options).comparison(counts, of_tests=True), kept

    def _tests(self) -> tuple[MappingTest, ...]:
        """The events of the tests of both, each once."""
        found: dict[str, MappingTest] = {}
        for version in (self.new, self.old):
            for test in version.analysis.tests:
                found.setdefault(json.dumps([test.given, test.meta], sort_keys=True), test)
        return tuple(found.values())

    def _worker(self, options: ComparisonOptions) -> PairWorker:
        ignored = Ignored(options.ignore, OUTCOME in options.ignore)
        rules = (*self.old.outline.rules, *self.new.outline.rules)
        personal = {one.path for one in self.paths.values() if one.personal}
        personal |= {one.name for one in rules if one.personal or "personal" in dict(one.facts)}
        return PairWorker(
            _side(self.old),
            _side(self.new),
            self.paths,
            frozenset(personal),
            self._names(options.reveal),
            ignored,
            options.meta,
            options.most_events,
            self.new.outline.name_field,
        )


def _side(version: Version) -> ProgramSide:
    return ProgramSide(version.analysis.program, version.rules, version.stripped)


@dataclass(frozen=True, slots=True)
class _Report:
    """The maker of a comparison from counts: values are masked, and what is alike comes together.

    tests: those whose events were compared, by their numbers from 1.
    """

    pair: VersionPair
    worker: PairWorker
    tests: tuple[MappingTest, ...]
    options: ComparisonOptions

    def comparison(self, counts: PairCounts, *, of_tests: bool) -> MappingComparison:
        """The comparison that some counts come to."""
        masks = ExampleMask(self.pair.old.analysis, self.pair.new.analysis, self.worker)
        places = {path: at for at, path in enumerate(self.worker.marks)}
        paths = [self._path(key, count, masks) for key, count in counts.paths.items()]
        paths.sort(key=lambda one: (severity(one.alarm), _KINDS.index(one.kind), places.get(one.path, -1)))
        outcomes = [self._outcome(key, count) for key, count in counts.outcomes.items()]
        outcomes.sort(key=lambda one: (severity(one.alarm), -one.count, one.before, one.now))
        plan = () if PLAN in self.options.ignore else self.pair.plan
        kept = tuple(one for one in plan if one.part != "field" or not self.worker.ignored.holds(one.name))
        shown = tuple(self._event(one, masks) for one in counts.shown)
        return MappingComparison(
            events=counts.events,
            different=counts.different,
            broken=counts.broken,
            of_tests=of_tests,
            paths=tuple(paths),
            outcomes=tuple(outcomes),
            plan=tuple(sorted(kept, key=lambda one: severity(one.alarm))),
            events_shown=shown,
        )

    def _test(self, line: int) -> str:
        return self.tests[line - 1].name if self.tests else ""

    def _meta(self, line: int) -> dict[str, Any]:
        return self.tests[line - 1].meta or {} if self.tests else meta_of(line, self.options.meta)

    def _mask(self, text: bytes, line: int, masks: ExampleMask) -> MaskValue:
        if self.options.reveal:
            return lambda value, path: value
        return masks.of(text, line, self._meta(line))

    def _path(self, key: PathKey, count: DifferenceCount, masks: ExampleMask) -> PathDifference:
        first = count.first
        masked = self._mask(first.text, first.line, masks)
        example = DifferenceExample(
            first.line, self._test(first.line), masked(first.old, key.path), masked(first.new, key.path)
        )
        ((old, new), _), *others = count.places.most_common()
        return PathDifference(key.path, key.kind, key.alarm, count.count, old, new, len(others), example)

    def _outcome(self, key: OutcomeKey, count: DifferenceCount) -> OutcomeDifference:
        ((old, new), _), *_ = count.places.most_common()
        old, new = self.pair.old.shown(old), self.pair.new.shown(new)
        example = DifferenceExample(count.first.line, self._test(count.first.line))
        names = dict(count.names.most_common())
        return OutcomeDifference(key.old, key.new, key.alarm, count.count, names, old, new, example)

    def _event(self, event: DifferentEvent, masks: ExampleMask) -> EventDifference:
        line, test = event.line, self._test(event.line)
        masked = self._mask(event.text, line, masks)

        def shown(one: ChangedValue) -> PathDifference:
            path, kind, alarm = one.key
            example = DifferenceExample(line, test, masked(one.pair.old, path), masked(one.pair.new, path))
            return PathDifference(path, kind, alarm, 1, *one.places, 0, example)

        example = DifferenceExample(line, test)
        outcomes = tuple(
            OutcomeDifference(*one.key, 1, {one.name: 1}, "", "", example) for one in event.outcomes
        )
        return EventDifference(line, test, outcomes, tuple(map(shown, event.paths)))
