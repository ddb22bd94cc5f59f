"""The differences of events and of rules -> Effect: which change of a rule makes which events differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from mapper.authoring import OutlineRule
from mapper.workbench.outline_difference import PlanDifference
from mapper.workbench.pair_counts import Alarm, ChangedOutcome, DifferentEvent, severity
from mapper.workbench.rule_uses import RuleUses, identifier

# A change: one of a rule, or all those of the rows of one table.
RuleChange: TypeAlias = tuple[PlanDifference, ...]
# What decides which events are sent and as what, and then what decides how all of them are read.
_DECIDING = (
    frozenset({"consent", "match", "section", "skip", "split"}),
    frozenset({"target", "source", "extends"}),
)


@dataclass(slots=True)
class Effect:
    """The events of a mapping that differ because of a change. change: () where no rule that differs does it.

    lines: the numbers of the events. paths, outcomes: how they differ, as the comparison has it.
    """

    change: RuleChange
    alarm: Alarm
    lines: set[int] = field(default_factory=set)
    paths: set[tuple[str, str]] = field(default_factory=set)
    outcomes: set[tuple[str, str]] = field(default_factory=set)

    def add(self, line: int, alarm: Alarm) -> None:
        """Count an event, whose difference may be worse than that of the rule."""
        self.lines.add(line)
        self.alarm = min(self.alarm, alarm, key=severity)


def effects_of(
    plan: Sequence[PlanDifference], rules: Sequence[OutlineRule], events: Iterable[DifferentEvent]
) -> list[Effect]:
    """The effects of the changes of a mapping, and, last, of what no rule that differs explains."""
    causes = _Causes(_changes(plan), rules)
    effects = [Effect(change, min((one.alarm for one in change), key=severity)) for change in causes.changes]
    rest = Effect((), "")
    for event in events:
        for outcome in event.outcomes:
            for effect in _chosen(effects, causes.of_outcome(outcome), rest):
                effect.add(event.line, outcome.key.alarm)
                effect.outcomes.add((outcome.key.old, outcome.key.new))
        for one in event.paths:
            for effect in _chosen(effects, causes.of_path(one.key.path), rest):
                effect.add(event.line, one.key.alarm)
                effect.paths.add((one.key.path, one.key.kind))
    return [*effects, *([rest] if rest.lines else ())]


def _chosen(effects: Sequence[Effect], places: Iterable[int], rest: Effect) -> list[Effect]:
    return [effects[at] for at in places] or [rest]


def _changes(plan: Sequence[PlanDifference]) -> list[RuleChange]:
    """The changes, those of the rows of one table together."""
    found: dict[object, list[PlanDifference]] = {}
    for at, one in enumerate(plan):
        found.setdefault(identifier(one.part, one.name) if one.part == "row" else at, []).append(one)
    return [tuple(part) for part in found.values()]


def _is_around(one: str, other: str) -> bool:
    """Whether a path is another one, or is in it, or around it."""
    return (
        one == other or other.startswith((f"{one}.", f"{one}[")) or one.startswith((f"{other}.", f"{other}["))
    )


@dataclass
class _Causes:
    """The changes that a difference can come from. rules: those of both versions."""

    changes: list[RuleChange]
    rules: Sequence[OutlineRule]
    _paths: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def of_path(self, path: str) -> tuple[int, ...]:
        """The changes of a path's rules and of what these use; else of what decides about all events."""
        if path not in self._paths:
            self._paths[path] = self._of_rules(path) or self._deciding()
        return self._paths[path]

    def of_outcome(self, outcome: ChangedOutcome) -> tuple[int, ...]:
        """The changes because of which an event ends otherwise."""
        old, new = outcome.key.old, outcome.key.new
        if outcome.of_consent:
            found = self._of_parts({"consent"})
            if found:
                return found
        places = {*outcome.places} - {""}
        found = tuple(
            at
            for at, change in enumerate(self.changes)
            if any(one.part != "field" and not places.isdisjoint((one.old, one.new)) for one in change)
        )
        lacking = [
            path for text in (old, new) if text.startswith("rejected: ") for path in text[10:].split(", ")
        ]
        found = found or tuple(dict.fromkeys(at for path in lacking for at in self._of_rules(path)))
        return found or self._deciding()

    def _of_rules(self, path: str) -> tuple[int, ...]:
        own = [rule for rule in self.rules if rule.part == "field" and _is_around(rule.name, path)]
        return self._of(own, lambda one: one.part == "field" and _is_around(one.name, path))

    def _of_parts(self, parts: Iterable[str]) -> tuple[int, ...]:
        """The changes of rules of some parts, and of what these use."""
        return self._of([rule for rule in self.rules if rule.part in parts], lambda one: one.part in parts)

    def _of(self, rules: Iterable[OutlineRule], is_own: Callable[[PlanDifference], bool]) -> tuple[int, ...]:
        used = self._uses.names(rules)
        return tuple(
            at
            for at, change in enumerate(self.changes)
            if is_own(change[0]) or identifier(change[0].part, change[0].name) in used
        )

    def _deciding(self) -> tuple[int, ...]:
        return next(filter(None, map(self._of_parts, _DECIDING)), ())

    @cached_property
    def _uses(self) -> RuleUses:
        return RuleUses(self.rules)
