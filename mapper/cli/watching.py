"""What `send` shows while it works: a line on a terminal, and metrics in a file."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from mapper.cli.log import Log
from mapper.cli.messages import show_line
from mapper.cli.metrics_file import METRICS_SECONDS, MetricsFile
from mapper.delivery.metrics import write_metrics
from mapper.delivery.outbox.store import Account, AccountStatus, Counts
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.delivery.sender import Sender
from mapper.safe_text import NOTHING, SafeText

_LOOK_SECONDS = 0.25
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

    def say(self, line: SafeText) -> None:
        """Say a line of a log."""
        with self._lock:
            if self._text:
                show_line(NOTHING)
            self.log.say(line)
            if self._text:
                show_line(self._text)

    def end(self) -> None:
        """Leave the line empty."""
        with self._lock:
            if self._text:
                show_line(NOTHING)
            self._text = NOTHING


@dataclass(slots=True)
class Watched:
    """A delivery that is watched.

    account: whose; before: its counts at the start. metrics: the file for them. sender: once there is one.
    """

    store: StoreThread
    account: Account
    before: Counts
    line: ProgressLine
    metrics: MetricsFile | None
    sender: Sender | None = None

    def begin(self, sender: Sender) -> None:
        """The delivery has begun."""
        self.sender = sender


@contextmanager
def watching(watched: Watched) -> Iterator[None]:
    """Within it the line and the metrics are written by a thread, and the metrics once more at its end."""
    if not watched.line.is_shown and watched.metrics is None:
        yield
        return
    over = threading.Event()
    thread = threading.Thread(target=_watch, args=(watched, over), name="watching", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        watched.line.end()
        _write_metrics(watched, watched.store.wait(watched.store.outbox.status))


def _watch(watched: Watched, over: threading.Event) -> None:
    rates = _Rate(time.monotonic)
    written = float("-inf")
    while not over.is_set():
        accounts = watched.store.wait(watched.store.outbox.status)
        own = next((one for one in accounts if one.account == watched.account), None)
        if own is not None:
            rate = rates.of(own.counts.delivered)
            watched.line.show(progress_text(own, watched.before, rate, time.time()))
        if time.monotonic() - written >= METRICS_SECONDS:
            written = time.monotonic()
            _write_metrics(watched, accounts)
        over.wait(_LOOK_SECONDS)


def _write_metrics(watched: Watched, accounts: tuple[AccountStatus, ...]) -> None:
    if watched.metrics is not None:
        senders = {} if watched.sender is None else {watched.account: watched.sender}
        watched.metrics.write(write_metrics(accounts, senders, (), time.time()))


def progress_text(status: AccountStatus, before: Counts, rate: float, now: float) -> SafeText:
    """The line: what this run accepted, what waits and since when, what was delivered, refused, the rate."""
    counts, age = status.counts, now - status.oldest
    waiting = SafeText("{:,} waiting", counts.pending)
    if counts.pending and age >= _SHOWN_SECONDS:
        waiting = SafeText("{} for {}", waiting, _age(age))
    parts = [
        SafeText("{:,} accepted", counts.accepted - before.accepted),
        waiting,
        SafeText("{:,} delivered", counts.delivered - before.delivered),
    ]
    if dead := counts.dead + counts.expired - before.dead - before.expired:
        parts.append(SafeText("{:,} dead", dead))
    return SafeText.joined(" · ", [*parts, SafeText("{:,} a second", round(rate))])


def _age(seconds: float) -> SafeText:
    if seconds < 120:
        return SafeText("{} s", int(seconds))
    return SafeText("{} min", int(seconds / 60)) if seconds < 7200 else SafeText("{} h", int(seconds / 3600))


@dataclass(slots=True)
class _Rate:
    """How much a count grew in a second, over the last ones."""

    elapsed: Callable[[], float]
    _seen: list[tuple[float, int]] = field(default_factory=list)

    def of(self, count: int) -> float:
        """The rate, with this count now."""
        now = self.elapsed()
        self._seen = [one for one in self._seen if now - one[0] <= _RATE_SECONDS] + [(now, count)]
        began, first = self._seen[0]
        return (count - first) / (now - began) if now > began else 0.0
