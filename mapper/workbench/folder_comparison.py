"""Two versions of a folder of mappings -> FolderComparison: what a change reaches, grouped by its causes.

No value of a person is in it: values are masked as in a comparison of two versions of one mapping.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from mapper.authoring import Json
from mapper.repository.changed_files import changed_files
from mapper.repository.policy_difference import PolicyChange, policy_changes
from mapper.repository.renames import MappingPair, paired
from mapper.repository.repository import Repository, open_repositories
from mapper.workbench.causes import Effect, effects_of
from mapper.workbench.comparison import OUTCOME, PLAN, ComparisonOptions, MappingComparison, VersionPair
from mapper.workbench.mapping_version import Version
from mapper.workbench.outline_difference import PlanDifference
from mapper.workbench.pair_counts import Alarm, ChangedOutcome, PlacePair, severity
from mapper.workbench.processes import map_in_processes
from mapper.workbench.revision import version_of

MappingStatus: TypeAlias = Literal["same", "differs", "added", "deleted", "broken"]
_EVERY = 2**31


@dataclass(frozen=True, slots=True)
class ComparedMapping:
    """A mapping of one version or both. was: its path before, where that is another one.

    reached_by: the files that it names, itself among them, that differ; () for one that the change does not
    reach. events: those of its tests; different: how many of them differ. errors: what is wrong with a
    version of it, each with its place; the first word is `old` or `new`.
    """

    file: str
    was: str
    owner: str
    status: MappingStatus
    reached_by: tuple[str, ...] = ()
    events: int = 0
    different: int = 0
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CauseEffect:
    """One way in which events differ. path: of the payload, or `outcome`, which has no kind.

    old, new: the values of the first event, masked where they may be a person's; or what it ends as.
    """

    path: str
    kind: str
    old: Json
    new: Json


@dataclass(frozen=True, slots=True)
class Cause:
    """A change, and all that it does. changes: of a rule, or of the rows of one table, as in a plan.

    changes is () for events that differ though no rule does. alarm: why it is listed first. places: where the
    rule is written or taken away, in the new version or, where it is gone, in the old one. different: how
    many events of the tests of these mappings differ because of it, of `events`. mappings, owners: that it
    reaches.
    """

    changes: tuple[PlanDifference, ...]
    alarm: Alarm
    places: tuple[str, ...]
    effects: tuple[CauseEffect, ...]
    different: int
    events: int
    mappings: tuple[str, ...]
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FolderComparison:
    """The difference of two versions of a folder. mappings: all of both; causes: the worst first.

    policy: the rules of `mapper.yaml` that differ. replaced: schemas of a version in git in whose place this
    package's are used, after its name. unknown: paths that were to be ignored, and that no payload has.
    """

    mappings: tuple[ComparedMapping, ...]
    causes: tuple[Cause, ...]
    replaced: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()
    policy: tuple[PolicyChange, ...] = ()

    def __repr__(self) -> str:
        return f"FolderComparison(mappings={len(self.mappings)}, causes={len(self.causes)})"

    @property
    def broken(self) -> tuple[ComparedMapping, ...]:
        """The mappings of which a version has errors."""
        return tuple(one for one in self.mappings if one.status == "broken")

    @property
    def alarms(self) -> tuple[Cause | ComparedMapping | PolicyChange, ...]:
        """The causes that are listed first, the mappings that were deleted, and what weakens the policy."""
        deleted = (one for one in self.mappings if one.status == "deleted")
        weaker = (one for one in self.policy if one.is_weaker)
        return (*(one for one in self.causes if one.alarm), *deleted, *weaker)

    @property
    def is_same(self) -> bool:
        """Whether nothing differs, and no mapping is broken."""
        return not (self.causes or self.policy) and all(one.status == "same" for one in self.mappings)


@dataclass(frozen=True, slots=True)
class _Compared:
    """A mapping, and the effects of the changes on it, each with examples by what differs.

    unknown: paths that were to be ignored, and that its payloads cannot have.
    """

    mapping: ComparedMapping
    effects: tuple[Effect, ...] = ()
    examples: tuple[CauseEffect, ...] = ()
    unknown: frozenset[str] = frozenset()


def compare_folders(
    old: str | Path,
    new: str | Path,
    *,
    schemas: str | Path | None = None,
    options: ComparisonOptions | None = None,
) -> FolderComparison:
    """The difference of all mappings of two versions of a folder: a folder, `git:REF` or `git:REF:folder`.

    The events are those of the mappings' tests in both versions. A mapping with errors is named, and the rest
    compared. options: `ignore` and `jobs` count. Raises OSError.
    """
    with open_repositories(old, new, schemas) as (before, after):
        work = _Pairs(before, after, options or ComparisonOptions())
        before.take(after.mappings)
        after.take(before.mappings)
        pairs = paired(before.mappings, after.mappings)
        replaced = tuple((one.named, name) for one in (before, after) for name in one.replaced)
        compared = [one for one in work.compare_all(pairs) if one is not None]
        return FolderComparison(
            tuple(one.mapping for one in compared),
            _causes(compared),
            replaced,
            _unknown(compared),
            policy_changes(before.policy, after.policy),
        )


def _unknown(compared: Iterable[_Compared]) -> tuple[str, ...]:
    """The paths to be ignored that none of the mappings that were compared has."""
    told = [one.unknown for one in compared if one.effects or one.mapping.events]
    return tuple(sorted(frozenset.intersection(*told))) if told else ()


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Two versions whose mappings are compared."""

    old: Repository
    new: Repository
    options: ComparisonOptions

    def compare_all(self, pairs: Sequence[MappingPair]) -> Iterator[_Compared | None]:
        """The comparison of each pair; None of files that are only to be extended."""
        return map_in_processes(self._compare, pairs, self.options.jobs)

    def _compare(self, pair: MappingPair) -> _Compared | None:
        try:
            return self._compare_readable(pair)
        except OSError as error:
            shown = str(error)
            for one in (self.old, self.new):
                shown = shown.replace(f"{one.root}{os.sep}", "")
            file = pair.new or pair.old
            return _Compared(
                ComparedMapping(file, "", self.new.owner(file), "broken", (file,), errors=(shown,))
            )

    def _compare_readable(self, pair: MappingPair) -> _Compared | None:
        if not pair.old:
            return _alone(self.new, pair.new, "added")
        if not pair.new:
            return _alone(self.old, pair.old, "deleted")
        analysis = self.new.analysis(pair.new)
        if analysis.is_partial and not _is_sent_before(self.old, pair.old):
            return None
        was = "" if pair.old == pair.new else pair.old
        reached_by = changed_files(self.old, self.new, pair, analysis)
        mapping = ComparedMapping(pair.new, was, self.new.owner(pair.new), "same", reached_by)
        if not reached_by and not was:
            return _Compared(mapping)
        before, after = version_of(self.old, pair.old), Version(pair.new, analysis, self.new.root)
        errors = (*(f"old {one}" for one in before.errors), *(f"new {one}" for one in after.errors))
        if errors:
            return _Compared(replace(mapping, status="broken", errors=errors))
        return _differing(mapping, VersionPair(before, after), self.options)


def _is_sent_before(old: Repository, file: str) -> bool:
    """Whether a mapping that is only to be extended now could send before."""
    return not old.analysis(file).is_partial


def _alone(repository: Repository, file: str, status: Literal["added", "deleted"]) -> _Compared | None:
    """A mapping that only one version has."""
    version = version_of(repository, file)
    if version.analysis.is_partial:
        return None
    mapping = ComparedMapping(file, "", repository.owner(file), status, (file,))
    if version.errors:
        side = "new" if status == "added" else "old"
        errors = tuple(f"{side} {error}" for error in version.errors)
        return _Compared(replace(mapping, status="broken", errors=errors))
    count = len(version.analysis.tests)
    return _Compared(replace(mapping, events=count, different=count))


def _differing(mapping: ComparedMapping, pair: VersionPair, options: ComparisonOptions) -> _Compared:
    found, events = pair.compare_tests(options, _EVERY)
    rules = (*pair.old.outline.rules, *pair.new.outline.rules)
    shown = [replace(one, outcomes=tuple(_placed(end, pair) for end in one.outcomes)) for one in events]
    effects = tuple(effects_of(found.plan, rules, shown))
    status: MappingStatus = "same" if found.is_same and not mapping.was else "differs"
    mapping = replace(mapping, status=status, events=found.events, different=found.different)
    unknown = frozenset(options.ignore) - {*pair.paths, OUTCOME, PLAN}
    return _Compared(mapping, effects, tuple(_examples(found)), unknown)


def _placed(outcome: ChangedOutcome, pair: VersionPair) -> ChangedOutcome:
    """An outcome with places as a person knows them."""
    old, new = outcome.places
    return outcome._replace(places=PlacePair(pair.old.shown(old), pair.new.shown(new)))


def _examples(found: MappingComparison) -> Iterable[CauseEffect]:
    for path in found.paths:
        yield CauseEffect(path.path, path.kind, path.example.old, path.example.new)
    for end in found.outcomes:
        yield CauseEffect("outcome", "", end.before, end.now)


@dataclass(slots=True)
class _Group:
    """Equal changes of several mappings, as they come together."""

    changes: tuple[PlanDifference, ...]
    parts: list[tuple[_Compared, Effect]]


def _causes(compared: Sequence[_Compared]) -> tuple[Cause, ...]:
    """The causes of all mappings: equal changes are one."""
    groups: dict[object, _Group] = {}
    for one in compared:
        for effect in one.effects:
            key = tuple(map(_alike, effect.change))
            groups.setdefault(key, _Group(effect.change, [])).parts.append((one, effect))
    causes = [_cause(group) for group in groups.values()]
    return tuple(sorted(causes, key=_rank))


def _rank(cause: Cause) -> tuple[object, ...]:
    """The place of a cause: those with an alarm first, and of these and of the others those with events."""
    is_seen, many = cause.different > 0, (-len(cause.mappings), -cause.different)
    return not cause.alarm, not is_seen, severity(cause.alarm), *many, cause.places


def _alike(change: PlanDifference) -> PlanDifference:
    """A change without what may be another in each mapping: places, the alarm, types that samples tell."""
    facts = tuple(one for one in change.facts if one.name != "type") or change.facts
    return replace(change, facts=facts, alarm="", sections=(), old="", new="")


def _cause(group: _Group) -> Cause:
    mappings = [one.mapping for one, _ in group.parts]
    examples: dict[tuple[str, object, object], CauseEffect] = {}
    for one, effect in group.parts:
        for example in one.examples:
            key = _effect_key(example, effect)
            if key is not None:
                examples.setdefault(key, example)
    places = (change.new or change.old for _, effect in group.parts for change in effect.change)
    return Cause(
        changes=group.changes,
        alarm=min((effect.alarm for _, effect in group.parts), key=severity),
        places=tuple(dict.fromkeys(places)),
        effects=tuple(examples.values()),
        different=sum(len(effect.lines) for _, effect in group.parts),
        events=sum(one.events for one in mappings),
        mappings=tuple(one.file for one in mappings),
        owners=tuple(sorted({one.owner for one in mappings})),
    )


def _effect_key(example: CauseEffect, effect: Effect) -> tuple[str, object, object] | None:
    """The kind of difference that an example is of; None where the effect has none of it."""
    if example.path == "outcome":
        ends = (str(example.old), str(example.new))
        return ("outcome", *ends) if ends in effect.outcomes else None
    kind = (example.path, example.kind)
    return (*kind, None) if kind in effect.paths else None
