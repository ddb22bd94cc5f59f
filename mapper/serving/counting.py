"""Counts of a server, and OpenMetrics text of them: labels are of closed sets, or paths of the operator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from mapper.delivery.open_metrics import Family, Histogram, MetricLabels
from mapper.intake.request import RefusalKind
from mapper.running.mapping_metrics import guard_metrics

RequestEnd: TypeAlias = Literal["accepted", "handshake", "guessing", "gone", "internal"] | RefusalKind
"""How a request ended."""
EventEnd: TypeAlias = Literal["accepted", "rejected", "skipped", "replayed"]
_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(slots=True)
class ServerCounts:
    """By the path of an entry. commits: transactions of the outbox."""

    requests: Counter[tuple[str, RequestEnd]] = field(default_factory=Counter)
    events: Counter[tuple[str, EventEnd]] = field(default_factory=Counter)
    durations: Histogram = field(default_factory=lambda: Histogram(_BOUNDS))
    unknown_paths: int = 0
    guard_stops: Counter[str] = field(default_factory=Counter)

    def count_events(self, path: str, **ends: int) -> None:
        """Count the outcomes of the events of a request."""
        for end, count in ends.items():
            if count:
                self.events[path, end] += count  # type: ignore[index]  # callers name ends

    def add(self, other: ServerCounts) -> None:
        """Add what another process has counted."""
        self.requests.update(other.requests)
        self.events.update(other.events)
        self.durations.merge(other.durations)
        self.unknown_paths += other.unknown_paths
        self.guard_stops.update(other.guard_stops)


@dataclass(frozen=True, slots=True)
class ServerState:
    """The state of a server at the moment, or of one of its processes, beside what it counts."""

    connections: int = 0
    ended: Mapping[str, int] = field(default_factory=dict)
    commits: int = 0
    lost_processes: int = 0
    is_ready: bool = True
    paths: Sequence[PathState] = ()


def together(states: Sequence[ServerState]) -> ServerState:
    """The state of all processes of a server. Their paths are those of the first."""
    ended: Counter[str] = Counter()
    for one in states:
        ended.update(one.ended)
    return ServerState(
        sum(one.connections for one in states),
        ended,
        sum(one.commits for one in states),
        sum(one.lost_processes for one in states),
        bool(states) and all(one.is_ready for one in states),
        states[0].paths if states else (),
    )


@dataclass(frozen=True, slots=True)
class PathState:
    """The mapping of a path, "" where there is none that works. is_newest: it is as its file is."""

    path: str
    mapping: str
    version: str
    is_newest: bool


_REQUESTS = Family("mapper_serve_requests", "counter", "Requests, by what became of them.")
_EVENTS = Family("mapper_serve_events", "counter", "Events of accepted requests, by what became of them.")
_SECONDS = Family("mapper_serve_request_seconds", "histogram", "How long requests took.")
_ENDED = Family("mapper_serve_connections_ended", "counter", "Connections that the server ended.")
_MAPPING = Family("mapper_serve_mapping", "info", "The mapping of each path, and its version.")
_TAKEN_UP = Family(
    "mapper_serve_mapping_taken_up",
    "gauge",
    "0 while the mapping of a path has errors, or its newest text was not taken up.",
)
_CONNECTIONS = Family("mapper_serve_connections", "gauge", "Open connections.")
_COMMITS = Family("mapper_serve_commits", "counter", "Transactions of the outbox.")
_LOST = Family("mapper_serve_lost_processes", "counter", "Processes that serve or map and were lost.")
_READY = Family("mapper_serve_ready", "gauge", "1 while the outbox can be written.")


def write_server_metrics(counts: ServerCounts, state: ServerState) -> str:
    """The text of a scrape, without its end."""
    requests = [({"path": path, "end": end}, count) for (path, end), count in sorted(counts.requests.items())]
    unknown = ({"path": "", "end": "unknown_path"}, counts.unknown_paths)
    events = [({"path": path, "end": end}, count) for (path, end), count in sorted(counts.events.items())]
    return "".join(
        [
            _REQUESTS.text(*requests, unknown),
            _EVENTS.text(*events),
            guard_metrics(counts.guard_stops),
            _SECONDS.histogram(({}, counts.durations)),
            _ENDED.text(*(({"reason": reason}, count) for reason, count in sorted(state.ended.items()))),
            _MAPPING.text(*((_mapping_labels(one), 1) for one in state.paths)),
            _TAKEN_UP.text(*(({"path": one.path}, one.is_newest) for one in state.paths)),
            _CONNECTIONS.text(({}, state.connections)),
            _COMMITS.text(({}, state.commits)),
            _LOST.text(({}, state.lost_processes)),
            _READY.text(({}, state.is_ready)),
        ]
    )


def _mapping_labels(one: PathState) -> MetricLabels:
    return {"path": one.path, "mapping": one.mapping, "version": one.version}
