"""Plan x event -> Trace: what it ends as, what was decided, where each value comes from, what each read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mapper.compiler.explain.decisions import decided
from mapper.compiler.explain.event_run import LoadedPlan, event_runs
from mapper.compiler.explain.flows import Flow, event_paths, flows, paths_asked
from mapper.compiler.explain.payload_rows import traced
from mapper.compiler.explain.table import Decision, Table
from mapper.runtime.outcome import Outcome
from mapper.values.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Trace:
    """The outcome of one event, the decisions on the way, and where each value that it sends comes from.

    decisions, asked: what was decided, and the paths of the event that were read for that; with `split`,
    those of each event in it. tables, flows: of each section that sends it. Personal values are as they are.
    """

    outcomes: tuple[Outcome, ...]
    decisions: tuple[tuple[Decision, ...], ...]
    tables: tuple[Table, ...]
    flows: tuple[tuple[Flow, ...], ...] = ()
    asked: tuple[tuple[str, ...], ...] = ()

    @property
    def feeds(self) -> dict[str, tuple[str, ...]]:
        """For each path of the event that a payload comes from, the paths of the payload that it feeds."""
        fed: dict[str, dict[str, None]] = {}
        for flow in (flow for table in self.flows for flow in table):
            for read in flow.reads:
                fed.setdefault(read, {})[flow.path] = None
        return {read: tuple(paths) for read, paths in fed.items()}


def trace(
    loaded: LoadedPlan, event: dict[str, Any], meta: dict[str, Any] | None, outcomes: Iterable[Outcome] = ()
) -> Trace:
    """The course of an event through a plan. outcomes: what the program of the plan made of it."""
    runs = tuple(event_runs(loaded, event, meta))
    paths = event_paths(event)
    sent = [
        (section, run)
        for run in runs
        for section, takes in run.tried()
        if takes and section.payload is not None
    ]
    return Trace(
        tuple(outcomes),
        tuple(tuple(decided(run)) for run in runs),
        tuple(traced(section, run) for section, run in sent),
        tuple(flows(section, run, paths) for section, run in sent),
        tuple(paths_asked(run, paths) for run in runs),
    )
