"""How long an outbox keeps dead letters and encrypted events; it deletes what is older, a batch at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from mapper.delivery.outbox.erasure import Erased, ErasureOrder, Fate, Reached
from mapper.delivery.outbox.outbox_errors import OutboxError
from mapper.delivery.outbox.store import DeadQuery
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.delivery.outbox.upgrade import Say
from mapper.texts.log_events import noted
from mapper.values.safe_text import SafeText

_AGAIN_SECONDS = 600.0
_ONE_BATCH = 1


@dataclass(frozen=True, slots=True)
class Retention:
    """For how long dead letters stay, and the encrypted events of `serve --keep-raw`; None: for ever."""

    dead_seconds: float | None = None
    raw_seconds: float | None = None

    @property
    def is_limited(self) -> bool:
        """Whether something is deleted."""
        return self.dead_seconds is not None or self.raw_seconds is not None


class _AllSealed:
    """A judge of what is too old: each encrypted event goes, and nothing else."""

    def finds(self, content: bytes) -> bool:
        """See `ErasureJudge.finds`: chunks with encrypted events are looked into anyway."""
        return False

    def fate(self, body: bytes, sealed: bytes) -> Fate:
        """See `ErasureJudge.fate`."""
        return "unseal" if sealed else "keep"


@dataclass(slots=True)
class RetentionKeeper:
    """Deletes what is too old, a batch at a time, so that couriers go on between them."""

    store: StoreThread
    retention: Retention
    say: Say
    now: Callable[[], float] = time.time
    ended: Callable[[], bool] = lambda: False

    def sweep(self) -> tuple[int, int]:
        """Delete all that is too old now; how many dead letters and encrypted events. Raises as the store."""
        letters = 0 if self.retention.dead_seconds is None else self._purge(self.retention.dead_seconds)
        raw = 0 if self.retention.raw_seconds is None else self._unseal(self.retention.raw_seconds)
        if letters or raw:
            text = SafeText(
                "deleted, since they were too old: dead letters {:,}, raw requests {:,}", letters, raw
            )
            self.say(noted("retention", text, dead_letters=letters, raw_requests=raw))
        return letters, raw

    def _purge(self, seconds: float) -> int:
        query, count = DeadQuery(until=self.now() - seconds), 0
        while not self.ended() and (purged := self.store.wait(self.store.outbox.purge, query, _ONE_BATCH)):
            count += purged
        return count

    def _unseal(self, seconds: float) -> int:
        order = ErasureOrder(_AllSealed(), until=self.now() - seconds, only_sealed=True)
        erased, reached, before = Erased(), Reached(), None
        while not self.ended() and reached != before:
            before = reached
            found, reached = self.store.wait(self.store.outbox.erase, order, reached)
            erased += found
        return erased.raw


@contextmanager
def retained(store: StoreThread, retention: Retention, say: Say) -> Iterator[None]:
    """Within it what is too old is deleted, at once and every 10 minutes, by a thread of its own."""
    if not retention.is_limited:
        yield
        return
    over = threading.Event()
    keeper = RetentionKeeper(store, retention, say, ended=over.is_set)

    def keep() -> None:
        while not over.is_set():
            with suppress(OutboxError, OSError):  # couriers say what is wrong with it; it is tried again
                keeper.sweep()
            over.wait(_AGAIN_SECONDS)

    thread = threading.Thread(target=keep, name="retention", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
