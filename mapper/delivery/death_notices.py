"""Payloads that a service refuses, or that become too old -> lines of a log, one a minute and kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from mapper.delivery.batch import came_too_old
from mapper.delivery.clock import Clock
from mapper.delivery.outbox.store import Settlement
from mapper.texts.log_events import LogLine, noted
from mapper.values.safe_text import SafeText

_AGAIN_SECONDS = 60.0
_TOO_OLD = SafeText("too_old")


@dataclass(slots=True)
class DeathNotices:
    """Messages about the dead letters of an account, whose counts are kept until they are said.

    _came_too_old: the number of the counted ones were too old already when they were accepted.
    """

    clock: Clock
    say: Callable[[LogLine], None]
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _came_too_old: Counter[tuple[str, str]] = field(default_factory=Counter)
    _said: dict[tuple[str, str], float] = field(default_factory=dict)

    def hear(self, settlement: Settlement) -> None:
        """Take in what became of payloads; that of others than dead ones is not told."""
        reasons: dict[tuple[str, str], SafeText] = {}
        for one in settlement.receipts:
            if one.status in ("refused", "expired"):
                key: tuple[str, str] = (one.status, one.kind)
                self._counts[key] += 1
                self._came_too_old[key] += came_too_old(one.parcel, settlement.chunk.accepted_at)
                reasons[key] = one.reason
        now = self.clock.elapsed()
        for key, reason in reasons.items():
            if now - self._said.get(key, float("-inf")) >= _AGAIN_SECONDS:
                self._said[key] = now
                count, came = self._counts.pop(key), self._came_too_old.pop(key)
                is_old = key[0] == "expired"
                self.say(_expired(count, came, reason) if is_old else _refused(key[1], count, reason))


def _expired(count: int, came: int, reason: SafeText) -> LogLine:
    """The line about events that expired: some came too old, the others became so while they waited."""
    if came == count:
        when = SafeText("too old when accepted")
    elif not came:
        when = SafeText("too old only after waiting")
    else:
        when = SafeText("{:,} too old when accepted, {:,} only after waiting", came, count - came)
    line = SafeText("{:,} {} expired, {}: {}", count, _events(count), when, reason)
    became = count - came
    return noted("events_expired", line, count=count, kind=_TOO_OLD, came_too_old=came, became_too_old=became)


def _refused(kind: str, count: int, reason: SafeText) -> LogLine:
    named = SafeText.known(kind)
    text = "{:,} {} refused ({}): {}; `mapper outbox dead` lists them"
    line = SafeText(text, count, _events(count), named, reason)
    return noted("events_refused", line, count=count, kind=named)


def _events(count: int) -> SafeText:
    return SafeText("event" if count == 1 else "events")
