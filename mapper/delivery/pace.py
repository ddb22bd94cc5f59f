"""Pace: when the next request may go, after answers, refusals to answer and the service's own wishes."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from mapper.delivery.clock import Clock
from mapper.delivery.destination import Retry

_MINUTE = 60.0
_LONGEST_ASKED = 10 * _MINUTE
"""A wait that a service asks for is waited out if it is no longer."""
_REGROWTH = 0.05
"""Share of the full rate that comes back in a minute after the service said there were too many requests."""


@dataclass(slots=True)
class Pace:
    """One for a whole destination: what one batch learns holds for all. Times are of `clock.elapsed`.

    top: requests a second at most. failures: attempts that came to nothing since the last that did not.
    since: when the first of them began. waited: since then a wait that the service asked for was waited out.
    """

    clock: Clock
    retry: Retry
    top: float
    failures: int = 0
    waited: bool = False
    since: float = field(init=False)
    _rate: float = field(init=False)
    _grown: float = field(init=False)
    _next: float = field(init=False)
    _failed: float = field(init=False)

    def __post_init__(self) -> None:
        self.since = self._grown = self._next = self.clock.elapsed()
        self._failed = float("-inf")
        self._rate = self.top

    def wait_seconds(self) -> float:
        """How long until a request may go; 0 if it may go now."""
        return max(0.0, self._next - self.clock.elapsed())

    def begin(self) -> float:
        """A request goes: takes its turn and returns the time it began."""
        now = self.clock.elapsed()
        self._rate = min(self.top, self._rate + self.top * _REGROWTH * (now - self._grown) / _MINUTE)
        self._grown = now
        self._next = max(self._next, now + 1 / self._rate)
        return now

    def succeed(self) -> None:
        """The service answered."""
        self.failures = 0
        self.waited = False

    def fail(self, began: float, asked_seconds: float | None) -> bool:
        """The request that began then came to nothing; `asked_seconds` is the wait the service asks for.

        Requests that were under way together count as one failure: then it returns False.
        """
        now = self.clock.elapsed()
        counts = began > self._failed
        if counts:
            self.since = self.since if self.failures else began
            self.failures += 1
            self._failed = now
        wait = self._backoff() if asked_seconds is None else self._clamped(asked_seconds)
        self._next = max(self._next, now + wait)
        return counts

    def waits_once(self, asked_seconds: float | None, counts: bool) -> bool:
        """Whether a wait that the service asks for is waited out, however soon one wants to give up.

        Once, if it is not too long; who asks again after that is given up on. counts: as `fail` returned it;
        requests that were under way together wait together.
        """
        if asked_seconds is None or asked_seconds > _LONGEST_ASKED or (self.waited and counts):
            return False
        self.waited = True
        return True

    def slow_down(self) -> None:
        """The service says there are too many requests: half of the rate, to grow again."""
        self._rate = max(self._rate / 2, self.top / 64)

    def _backoff(self) -> float:
        """Full jitter: many senders that failed together do not come back together."""
        doubled = self.retry.base_seconds * 2.0 ** min(self.failures - 1, 32)
        return self.clock.random() * min(self.retry.cap_seconds, doubled)

    def _clamped(self, seconds: float) -> float:
        return min(max(seconds, self.retry.base_seconds), self.retry.longest_wait_seconds)


def retry_after_seconds(text: str | None, now: float) -> float | None:
    """The wait that a Retry-After header asks for, in seconds or by a date; None if absent or garbage."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:15])
    moment = moment_of(text)
    return None if moment is None else max(0.0, moment - now)


def moment_of(text: str | None) -> float | None:
    """The Unix time of an HTTP date; None if it is absent or garbage."""
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (ValueError, OverflowError):
        return None
