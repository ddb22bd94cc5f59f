"""An outbox -> its state, for who may not wait for it: the last answer, and for how long there is none."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace

from mapper.delivery.outbox.outbox_errors import OutboxError
from mapper.delivery.outbox.store import AccountStatus, LetterCount, Outbox
from mapper.delivery.outbox.store_thread import StoreThread

PATIENCE_SECONDS = 1.0
"""How long an answer is waited for, while there was one the time before."""
_SLOW_SECONDS = 5.0
"""An answer that takes less is slow, and the outbox is not away."""


@dataclass(frozen=True, slots=True)
class OutboxState:
    """The last answer of an outbox.

    letters, used_bytes, free_bytes: as `Outbox` has them; used_bytes is None before the first answer.
    unreachable_seconds: how long it has not answered since; 0 if it does.
    """

    accounts: tuple[AccountStatus, ...] = ()
    letters: tuple[LetterCount, ...] = ()
    used_bytes: int | None = None
    free_bytes: int | None = None
    unreachable_seconds: float = 0.0


@dataclass(slots=True)
class OutboxMonitor:
    """The one place that asks an outbox how it is while others use it. Any thread may ask."""

    store: StoreThread
    elapsed: Callable[[], float] = time.monotonic
    patience_seconds: float = PATIENCE_SECONDS
    _state: OutboxState = field(default_factory=OutboxState)
    _asked: Future[OutboxState] | None = None
    _asked_at: float = 0.0
    _silent_since: float | None = None
    _has_failed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def look(self) -> OutboxState:
        """The state as it is now, or as it was answered last. It blocks for a second at most."""
        with self._lock:
            if self._asked is None:
                self._asked, self._asked_at = self.store.submit(state_of, self.store.outbox), self.elapsed()
            # One that was away before is not waited for: its answer is there when it is asked the next time.
            wait([self._asked], self.patience_seconds if self._silent_since is None else 0)
            self._take_up(self._asked)
            return replace(self._state, unreachable_seconds=self._unreachable_seconds())

    def _take_up(self, asked: Future[OutboxState]) -> None:
        if not asked.done():
            self._silent_since = self._asked_at if self._silent_since is None else self._silent_since
            return
        self._asked = None
        try:
            self._state = asked.result()
            self._silent_since, self._has_failed = None, False
        except (OutboxError, OSError):
            self._silent_since = self._asked_at if self._silent_since is None else self._silent_since
            self._has_failed = True

    def _unreachable_seconds(self) -> float:
        if self._silent_since is None:
            return 0.0
        seconds = self.elapsed() - self._silent_since
        return seconds if self._has_failed or seconds >= _SLOW_SECONDS else 0.0


def state_of(outbox: Outbox) -> OutboxState:
    """All that an outbox says of itself. Raises what it raises."""
    return OutboxState(outbox.status(), outbox.letter_counts(), outbox.used_bytes(), outbox.free_bytes())
