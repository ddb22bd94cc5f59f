"""Messages between a server and its processes that serve. To one: an order; from it: a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from mapper.delivery.exit_status import ExitStatus
from mapper.serving.counting import ServerCounts, ServerState
from mapper.texts.log_events import LogLine
from mapper.values.safe_text import SafeText


@dataclass(frozen=True, slots=True)
class Stop:
    """Take no more connections, answer what is under way, and end."""


@dataclass(frozen=True, slots=True)
class TakeUp:
    """Serve the programs of another keeper, whose socket comes beside it. content: as `Renewal.content`."""

    content: bytes


@dataclass(frozen=True, slots=True)
class CountAsked:
    """Say what you have counted."""


@dataclass(frozen=True, slots=True)
class MetricsText:
    """The answer to `MetricsAsked`, the first that has none."""

    text: str


@dataclass(frozen=True, slots=True)
class Listening:
    """It takes connections. process: its id. paths: what maps each."""

    process: int
    paths: tuple[LogLine, ...]


@dataclass(frozen=True, slots=True)
class TakenUp:
    """It serves other programs now, as far as it can. lines: what a person is told of them."""

    lines: tuple[LogLine, ...]


@dataclass(frozen=True, slots=True)
class ProcessCounts:
    """All that it has counted so far, and how it is."""

    counts: ServerCounts
    state: ServerState


@dataclass(frozen=True, slots=True)
class MetricsAsked:
    """Somebody asks it for the metrics of the whole server."""


@dataclass(frozen=True, slots=True)
class LineSaid:
    """A line for the operator."""

    line: LogLine


@dataclass(frozen=True, slots=True)
class CannotGoOn:
    """The server is to end, with this status: another process of it would do no better."""

    reason: SafeText
    exit_status: ExitStatus = ExitStatus.MISTAKE


Order: TypeAlias = Stop | TakeUp | CountAsked | MetricsText
Report: TypeAlias = Listening | TakenUp | ProcessCounts | MetricsAsked | LineSaid | CannotGoOn
