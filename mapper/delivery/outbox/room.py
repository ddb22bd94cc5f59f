"""The room of an outbox, for which a process that accepts waits."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from mapper.delivery.outbox.store import Outbox
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.texts.log_events import LogLine, noted
from mapper.values.safe_text import NOTHING, SafeError, SafeText

_LOOK_SECONDS = 0.2
_TOLD_AGAIN_SECONDS = 60.0
_MEBIBYTE = 2**20
_LEFT_SHARE, _LEFT_BYTES = 10, 2**30
_MOST_IN_MEMORY = 128 * 2**20
_ENOUGH_SECONDS = 0.2
"""For so long nobody looks again after an outbox was less than half full."""
_SPOKEN_SHARE = 0.5
"""From here on it is said once how full an outbox is."""


@dataclass(frozen=True, slots=True)
class SpaceLimits:
    """most_bytes: an outbox takes no more. free_bytes: so much is left to others. None: no limit."""

    most_bytes: int | None = None
    free_bytes: int | None = None


@dataclass(slots=True)
class Room:
    """The space for what is accepted. What is settled needs none of it.

    stop: ends a wait. say: hears once that it is half full, and when accepting waits until less than half is
    full again. idle: called again and again during a wait.
    """

    store: StoreThread
    limits: SpaceLimits
    stop: threading.Event
    say: Callable[[LogLine], None] = lambda line: None
    idle: Callable[[], None] = lambda: None
    _warned: bool = field(default=False)
    _is_full: bool = field(default=False)
    _told_full: float = field(default=float("-inf"))

    def wait(self) -> None:
        """Return once there is room.

        Raises InterruptedError once it is to stop, and an OSError where no delivery can make room.
        """
        while lack := self._lack():
            if not self.store.wait(_pending, self.store.outbox):
                text = "{}; no delivery can make room; `mapper outbox purge` deletes dead letters"
                raise OutboxFull(SafeText(text, lack))
            self._tell_full(lack)
            self.idle()
            if self.stop.wait(_LOOK_SECONDS):
                raise InterruptedError(errno.EINTR, "interrupted")

    def _lack(self) -> SafeText:
        """The reason that there is no room; "" where there is some."""
        lack, warning = self.store.wait(space_of, self.store.outbox, self.limits)
        if warning and not lack and not self._warned:
            self._warned = True
            self.say(noted("outbox_filling", warning))
        if self._is_full and not lack and not warning:
            self._is_full = False
            self.say(noted("outbox_back", SafeText("the outbox has room again")))
        return lack

    def _tell_full(self, lack: SafeText) -> None:
        """Say that accepting waits; not again for each transaction of an outbox that stays nearly full."""
        if not self._is_full and time.monotonic() - self._told_full >= _TOLD_AGAIN_SECONDS:
            self._is_full, self._told_full = True, time.monotonic()
            self.say(noted("outbox_full", SafeText("{}; waiting until deliveries make room", lack)))


@dataclass(slots=True)
class SpaceWatch:
    """The space of an outbox for who accepts often: to look at it takes as long as to accept an event."""

    limits: SpaceLimits
    _enough_until: float = 0.0

    def lack(self, outbox: Outbox) -> SafeText:
        """The reason that there is no room; "" where there is some, or was more than enough a moment ago."""
        now = time.monotonic()
        if now < self._enough_until:
            return NOTHING
        lack, warning = space_of(outbox, self.limits)
        if not lack and not warning:
            self._enough_until = now + _ENOUGH_SECONDS
        return lack


class OutboxFull(SafeError):
    """An outbox that may not grow, and of which nothing will be delivered."""


def usual_limits(disk_bytes: int | None) -> SpaceLimits:
    """The limits where an operator gives none: a tenth of the disk, at most 1 GiB, is left to others.

    disk_bytes: of the disk that keeps the outbox; None where it is kept in memory, of which it takes little.
    """
    if disk_bytes is None:
        return SpaceLimits(most_bytes=_MOST_IN_MEMORY)
    return SpaceLimits(free_bytes=min(disk_bytes // _LEFT_SHARE, _LEFT_BYTES))


def space_of(outbox: Outbox, limits: SpaceLimits) -> tuple[SafeText, SafeText]:
    """The reason that an outbox has no room, and a warning that it is half full; "" where there is none."""
    if limits == SpaceLimits():
        return NOTHING, NOTHING
    used, free = outbox.used_bytes(), outbox.free_bytes()
    most, kept_free = limits.most_bytes, limits.free_bytes
    lack = NOTHING
    if most is not None and used >= most:
        lack = SafeText("the outbox is full: it takes {} of {}", _size(used), _size(most))
    elif free is not None and kept_free is not None and free < kept_free:
        text = "only {} are free on the disk, and {} must stay free"
        lack = SafeText(text, _size(free), _size(kept_free))
    ends = [] if most is None else [most]
    ends += [] if free is None or kept_free is None else [used + free - kept_free]
    end = min(ends, default=0)
    is_half = bool(end) and used >= end * _SPOKEN_SHARE
    text = "the outbox is half full: it takes {} of {}"
    return lack, SafeText(text, _size(used), _size(end)) if is_half else NOTHING


def _pending(outbox: Outbox) -> int:
    return sum(one.counts.pending for one in outbox.status())


def _size(count: int) -> SafeText:
    return (
        SafeText("{:,} MiB", round(count / _MEBIBYTE))
        if count >= _MEBIBYTE
        else SafeText("{:,} bytes", count)
    )
