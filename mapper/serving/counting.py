"""What a server counts, and OpenMetrics text of it: labels are of closed sets, or paths of the operator."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from mapper.intake.request import RefusalKind

RequestEnd: TypeAlias = Literal["accepted", "handshake", "guessing", "gone", "internal"] | RefusalKind
"""How a request ended."""
EventEnd: TypeAlias = Literal["accepted", "rejected", "skipped", "replayed"]
_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(slots=True)
class Durations:
    """How long requests took until they were answered, in seconds."""

    total: float = 0.0
    _counts: list[int] = field(default_factory=lambda: [0] * (len(_BOUNDS) + 1))

    def add(self, seconds: float) -> None:
        """One more."""
        self.total += seconds
        self._counts[bisect_left(_BOUNDS, seconds)] += 1

    def lines(self, name: str) -> Iterator[str]:
        """A histogram."""
        below = 0
        for bound, count in zip((*map(str, _BOUNDS), "+Inf"), self._counts, strict=True):
            below += count
            yield f'{name}_bucket{{le="{bound}"}} {below}\n'
        yield f"{name}_count {below}\n{name}_sum {self.total:.6f}\n"


@dataclass(slots=True)
class ServerCounts:
    """By the path of an entry. commits: transactions of the outbox."""

    requests: Counter[tuple[str, RequestEnd]] = field(default_factory=Counter)
    events: Counter[tuple[str, EventEnd]] = field(default_factory=Counter)
    durations: Durations = field(default_factory=Durations)
    unknown_paths: int = 0

    def count_events(self, path: str, **ends: int) -> None:
        """What became of the events of a request."""
        for end, count in ends.items():
            if count:
                self.events[path, end] += count  # type: ignore[index]  # callers name ends


@dataclass(frozen=True, slots=True)
class ServerState:
    """What a server is at the moment, beside what it counts."""

    connections: int
    ended: Mapping[str, int]
    commits: int
    lost_processes: int
    is_ready: bool
    paths: Sequence[PathState] = ()


@dataclass(frozen=True, slots=True)
class PathState:
    """The mapping of a path, "" where there is none that works. is_newest: it is as its file is."""

    path: str
    mapping: str
    version: str
    is_newest: bool


def write_server_metrics(counts: ServerCounts, state: ServerState) -> str:
    """The text of a scrape, without its end."""
    return "".join(_lines(counts, state))


def _lines(counts: ServerCounts, state: ServerState) -> Iterator[str]:
    yield from _head("mapper_serve_requests", "counter", "Requests, by what became of them.")
    for (path, end), count in sorted(counts.requests.items()):
        yield f'mapper_serve_requests_total{{path="{_escaped(path)}",end="{end}"}} {count}\n'
    yield f'mapper_serve_requests_total{{path="",end="unknown_path"}} {counts.unknown_paths}\n'
    yield from _head("mapper_serve_events", "counter", "Events of accepted requests, by what became of them.")
    for (path, became), count in sorted(counts.events.items()):
        yield f'mapper_serve_events_total{{path="{_escaped(path)}",end="{became}"}} {count}\n'
    yield from _head("mapper_serve_request_seconds", "histogram", "How long requests took.")
    yield from counts.durations.lines("mapper_serve_request_seconds")
    yield from _head("mapper_serve_connections_ended", "counter", "Connections that the server ended.")
    for reason, count in sorted(state.ended.items()):
        yield f'mapper_serve_connections_ended_total{{reason="{reason}"}} {count}\n'
    plain = (
        ("mapper_serve_connections", "gauge", "Open connections.", state.connections),
        ("mapper_serve_commits", "counter", "Transactions of the outbox.", state.commits),
        ("mapper_serve_lost_processes", "counter", "Processes that map and were lost.", state.lost_processes),
        ("mapper_serve_ready", "gauge", "1 while the outbox can be written.", int(state.is_ready)),
    )
    yield from _of_paths(state.paths)
    for name, kind, text, value in plain:
        yield from _head(name, kind, text)
        yield f"{name}{'_total' if kind == 'counter' else ''} {value}\n"


def _of_paths(paths: Sequence[PathState]) -> Iterator[str]:
    yield from _head("mapper_serve_mapping", "info", "The mapping of each path, and its version.")
    for one in paths:
        labels = f'path="{_escaped(one.path)}",mapping="{_escaped(one.mapping)}",version="{one.version}"'
        yield f"mapper_serve_mapping_info{{{labels}}} 1\n"
    text = "0 while the mapping of a path has errors, or its newest text was not taken up."
    yield from _head("mapper_serve_mapping_taken_up", "gauge", text)
    for one in paths:
        yield f'mapper_serve_mapping_taken_up{{path="{_escaped(one.path)}"}} {int(one.is_newest)}\n'


def _head(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# TYPE {name} {kind}\n# HELP {name} {text}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
