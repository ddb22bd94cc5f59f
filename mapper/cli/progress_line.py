"""The progress that `send` and `deliver` show: a line on a terminal, and metrics in a file."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING

from mapper.cli.delivery_options import METRICS_SECONDS
from mapper.cli.messages import show_line
from mapper.cli.metrics_file import MetricsFile
from mapper.delivery.outbox.store import Account, AccountStatus, Counts
from mapper.delivery.outbox_metrics import Delivering, write_metrics
from mapper.texts.log_events import LogLine, noted
from mapper.values.safe_text import NOTHING, SafeText, span
from mapper.version import __version__

if TYPE_CHECKING:
    from mapper.cli.log import Log
    from mapper.delivery.outbox.monitor import OutboxMonitor

_LOOK_SECONDS = 0.25
_PAUSE = 3
"""The pause before the next look, in times of what a look took."""
_RATE_SECONDS = 10.0
"""Back so far the rate is measured."""
_SHOWN_SECONDS = 2.0
"""From here on it is shown for how long the oldest event has waited."""


@dataclass(slots=True)
class ProgressLine:
    """A line on a terminal that is written over again and again; lines of a log go above it."""

    is_shown: bool
    log: Log
    _text: SafeText = NOTHING
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def show(self, text: SafeText) -> None:
        """Write the line anew."""
        if self.is_shown:
            with self._lock:
                self._text = text
                show_line(text)

    def say(self, line: SafeText, account: Account | None = None) -> None:
        """Say a line of a log."""
        with self._lock:
            if self._text:
                show_line(NOTHING)
            self.log.say(line, account)
            if self._text:
                show_line(self._text)

    def end(self) -> None:
        """Leave the line empty."""
        with self._lock:
            if self._text:
                show_line(NOTHING)
            self._text = NOTHING


def progress_line(log: Log) -> ProgressLine:
    """The line of a command: shown to people on a terminal alone."""
    return ProgressLine(sys.stderr.isatty() and not (log.as_json or log.quiet), log)


@dataclass(frozen=True, slots=True)
class Watched:
    """A delivery that is watched.

    outbox: how it is, also while it does not answer. accounts: whose; None: all of the outbox. before: their
    counts at its start. metrics: the path of their file; more: families of metrics besides those of delivery.
    delivering: how it goes by now; None where another process delivers.
    """

    outbox: OutboxMonitor
    line: ProgressLine
    metrics: str | None
    before: Counts
    accounts: Collection[Account] | None = None
    delivering: Callable[[], Delivering | None] = lambda: None
    more: Callable[[], str] = str

    def scrape(self) -> str:
        """The text of all metrics, as they are now."""
        return self.more() + write_metrics(self.outbox.look(), self.delivering(), time.time())


def total(
    statuses: Iterable[AccountStatus], accounts: Collection[Account] | None = None
) -> AccountStatus | None:
    """The status of some accounts together, or of all; None where nothing was accepted for them yet."""
    own = [one for one in statuses if accounts is None or one.account in accounts]
    return reduce(_sum, own) if own else None


def counts_now(statuses: Iterable[AccountStatus], accounts: Collection[Account] | None = None) -> Counts:
    """The counts of some accounts together, or of all."""
    found = total(statuses, accounts)
    return Counts() if found is None else found.counts


def started_line(text: SafeText, statuses: Sequence[AccountStatus]) -> LogLine:
    """That a process has started, with this text; in an outbox that holds these accounts."""
    counts = counts_now(statuses)
    accepted, waiting, version = counts.accepted, counts.pending, SafeText.known(__version__)
    told = SafeText("{}; {:,} waiting", text, waiting) if waiting else text
    return noted("started", told, version=version, accepted=accepted, waiting=waiting)


def _sum(one: AccountStatus, other: AccountStatus) -> AccountStatus:
    return AccountStatus(
        one.account,
        one.counts + other.counts,
        _earliest(one.oldest, other.oldest),
        one.bytes + other.bytes,
        max(one.last_delivered, other.last_delivered),
        one.failing + other.failing,
        _earliest(one.failing_since, other.failing_since),
    )


def _earliest(*moments: float) -> float:
    """The earliest of some times, of which 0 is none."""
    return min(filter(None, moments), default=0.0)


@contextmanager
def watch(watched: Watched) -> Iterator[None]:
    """Within it the line and the metrics are written by a thread, and the metrics once more at its end."""
    if not watched.line.is_shown and watched.metrics is None:
        yield
        return
    file = None if watched.metrics is None else MetricsFile(watched.metrics, watched.line)
    over = threading.Event()
    thread = threading.Thread(target=_watch, args=(watched, file, over), name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        watched.line.end()
        if file is not None:
            file.write(watched.scrape())


def _watch(watched: Watched, file: MetricsFile | None, over: threading.Event) -> None:
    rates = _Rate(time.monotonic)
    written = float("-inf")
    while not over.is_set():
        began = time.monotonic()
        if watched.line.is_shown:
            _show(watched, rates)
        if file is not None and time.monotonic() - written >= METRICS_SECONDS:
            written = time.monotonic()
            file.write(watched.scrape())
        # An outbox in which millions of chunks wait is summed up for a second: that is a quarter of one core.
        over.wait(max(_LOOK_SECONDS, _PAUSE * (time.monotonic() - began)))


def _show(watched: Watched, rates: _Rate) -> None:
    together = total(watched.outbox.look().accounts, watched.accounts)
    if together is not None:
        rate = rates.of(together.counts.delivered)
        watched.line.show(progress_text(together, watched.before, rate, time.time()))


def progress_text(status: AccountStatus, before: Counts, rate: float, now: float) -> SafeText:
    """The line: what was accepted since, what waits and since when, what fails and since when, and so on."""
    counts, waited = status.counts, now - status.oldest if status.oldest else 0.0
    waiting = SafeText("{:,} waiting", counts.pending)
    if counts.pending and waited >= _SHOWN_SECONDS:
        waiting = SafeText("{} for {}", waiting, span(waited))
    parts = [SafeText("{:,} accepted", counts.accepted - before.accepted), waiting]
    if status.failing:
        some = SafeText("{:,} of them ", status.failing) if status.failing < counts.pending else NOTHING
        parts.append(SafeText("{}failing for {}", some, span(now - status.failing_since)))
    parts.append(SafeText("{:,} delivered", counts.delivered - before.delivered))
    if dead := counts.dead + counts.expired - before.dead - before.expired:
        parts.append(SafeText("{:,} dead", dead))
    return SafeText.joined(" · ", [*parts, SafeText("{:,} a second", round(rate))])


@dataclass(slots=True)
class _Rate:
    """The growth of a count in a second, over the last ones."""

    elapsed: Callable[[], float]
    _seen: list[tuple[float, int]] = field(default_factory=list)

    def of(self, count: int) -> float:
        """The rate, with this count now."""
        now = self.elapsed()
        self._seen = [one for one in self._seen if now - one[0] <= _RATE_SECONDS] + [(now, count)]
        began, first = self._seen[0]
        return (count - first) / (now - began) if now > began else 0.0
