"""Payloads that a service refuses, or that become too old -> lines of a log, one a minute and kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from mapper.delivery.batch import Receipt
from mapper.delivery.clock import Clock
from mapper.texts.log_events import LogLine, noted
from mapper.values.safe_text import SafeText

_AGAIN_SECONDS = 60.0


@dataclass(slots=True)
class DeathNotices:
    """Messages about the dead letters of an account, whose counts are kept until they are said."""

    clock: Clock
    say: Callable[[LogLine], None]
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _said: dict[tuple[str, str], float] = field(default_factory=dict)

    def hear(self, receipts: Iterable[Receipt]) -> None:
        """Take in what became of payloads; that of others than dead ones is not told."""
        reasons: dict[tuple[str, str], SafeText] = {}
        for one in receipts:
            if one.status in ("refused", "expired"):
                self._counts[one.status, one.kind] += 1
                reasons[one.status, one.kind] = one.reason
        now = self.clock.elapsed()
        for key, reason in reasons.items():
            if now - self._said.get(key, float("-inf")) >= _AGAIN_SECONDS:
                self._said[key] = now
                self.say(_notice(key, self._counts.pop(key), reason))


def _notice(key: tuple[str, str], count: int, reason: SafeText) -> LogLine:
    status, kind = key
    noun, named = SafeText("event" if count == 1 else "events"), SafeText.known(kind)
    if status == "expired":
        text = SafeText("{:,} {} expired: {}", count, noun, reason)
        return noted("events_expired", text, count=count, kind=named)
    text = SafeText("{:,} {} refused ({}): {}; `mapper outbox dead` lists them", count, noun, named, reason)
    return noted("events_refused", text, count=count, kind=named)
