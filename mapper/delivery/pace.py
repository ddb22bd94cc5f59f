"""Pace: when the next request may go, after answers, failures and a `Retry-After`, which is read here."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from mapper.delivery.clock import Clock
from mapper.delivery.destination import Retry

_REGROWTH = 0.1
"""Share of the full rate that comes back in a second in which the service did not ask for less."""
_CAREFUL_REGROWTH = 0.05 / 60
"""The same near the rate that was too much: a twentieth in a minute."""
_CEILING_SHARE = 0.9
_SETTLE_SECONDS = 10.0
"""The rate is halved at most once in this time: requests under way together are told so together."""
_LOWEST_SHARE = 1 / 64
_PATIENCE = 5
"""Failures in a row from which on the service is taken to fail, not a request."""


@dataclass(slots=True)
class Pace:
    """The pace of an account's requests: when the next one may go. Times are of `clock.elapsed`.

    top: requests a second at most. failures: attempts that came to nothing since the last that did not, those
    under way together counted once. since: when the first of them began. asked: the service has asked for a
    wait since its last answer.
    """

    clock: Clock
    retry: Retry
    top: float
    failures: int = 0
    asked: bool = False
    since: float = field(init=False)
    _rate: float = field(init=False)
    _ceiling: float = field(init=False)
    _grown: float = field(init=False)
    _next: float = field(init=False)
    _failed: float = field(init=False)
    _halved: float = field(init=False)

    def __post_init__(self) -> None:
        self.since = self._grown = self._next = self.clock.elapsed()
        self._failed = self._halved = float("-inf")
        self._rate = self._ceiling = self.top

    @property
    def fails(self) -> bool:
        """Whether the service fails, so that one request at a time finds out whether it is back."""
        return self.failures >= _PATIENCE or self.asked

    def failing_seconds(self) -> float:
        """For how long nothing has come of any request; 0 if something has."""
        return self.clock.elapsed() - self.since if self.failures else 0.0

    def wait_seconds(self) -> float:
        """The seconds until a request may go; 0 if it may go now."""
        return max(0.0, self._next - self.clock.elapsed())

    def begin(self) -> float:
        """A request goes: takes its turn and returns the time it began."""
        now = self.clock.elapsed()
        self._grow(now - self._grown)
        self._grown = now
        self._next = max(self._next, now + 1 / self._rate)
        return now

    def rest(self) -> None:
        """Let no request go before its turn would come after one that went now."""
        self._next = max(self._next, self.clock.elapsed() + 1 / self._rate)

    def succeed(self) -> None:
        """Note that the service answered."""
        self.failures, self.asked = 0, False

    def fail(self, began: float, *, everywhere: bool = False, asked_seconds: float | None = None) -> bool:
        """The request that began then came to nothing.

        everywhere: the service says that it takes none at all; asked_seconds: the wait it asks for. Requests
        that were under way together count as one failure: then it returns False.
        """
        now = self.clock.elapsed()
        counts = began > self._failed
        if counts:
            self.since = self.since if self.failures else began
            self.failures += 1
            self._failed = now
        self.asked = self.asked or everywhere
        if asked_seconds is not None:
            self._next = max(self._next, now + self._clamped(asked_seconds))
        elif self.fails:
            self._next = max(self._next, now + self.backoff(self.failures))
        return counts

    def slow_down(self) -> None:
        """The service says there are too many requests: half of the rate, to grow again."""
        now = self.clock.elapsed()
        if now - self._halved >= _SETTLE_SECONDS:
            self._halved = now
            self._ceiling = self._rate * _CEILING_SHARE
            self._rate = max(self._rate / 2, self.top * _LOWEST_SHARE)

    def _grow(self, seconds: float) -> None:
        """Come back fast to a little less than what was too much, and slowly from there on."""
        self._ceiling = min(self.top, self._ceiling + self.top * _CAREFUL_REGROWTH * seconds)
        self._rate = min(self._ceiling, self._rate + self.top * _REGROWTH * seconds)

    def backoff(self, failures: int) -> float:
        """Seconds to wait after so many failures, at random, so that senders do not come back together."""
        doubled = self.retry.base_seconds * 2.0 ** min(max(failures - 1, 0), 32)
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
