"""The chunks that wait for an account, oldest first -> how much is due, and which are claimed together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mapper.delivery.outbox.store import Backlog


class WaitingChunk(NamedTuple):
    """A chunk that waits and is not claimed, without its payloads."""

    number: int
    events: int
    size: int
    accepted_at: float
    due: float
    failures: int


class Replaced(NamedTuple):
    """Waiting payloads that were taken away: how many, since when, and in how many requests they may be."""

    events: int = 0
    since: float = 0.0
    unanswered: int = 0

    def as_of(self, now: float) -> Replaced:
        """The same; payloads that replace none begin to wait now."""
        return self if self.events else self._replace(since=now)


def filled(chunks: Iterable[WaitingChunk], empty: list[int]) -> Iterator[WaitingChunk]:
    """Those that have payloads; the numbers of the others, of which all were erased, go to `empty`."""
    for one in chunks:
        if one.events:
            yield one
        else:
            empty.append(one.number)


def count_backlog(chunks: Iterable[WaitingChunk], events: int, size: int, now: float) -> Backlog:
    """See `Outbox.backlog`."""
    counted = length = 0
    oldest, next_due = 0.0, None
    for one in filled(chunks, []):
        if one.due > now:
            next_due = one.due if next_due is None else min(next_due, one.due)
            continue
        counted, length = counted + one.events, length + one.size
        oldest = min(oldest, one.accepted_at) if oldest else one.accepted_at
        if counted >= events or length >= size:
            break
    return Backlog(counted, length, oldest, next_due)


def choose(chunks: Iterable[WaitingChunk], events: int, size: int, now: float) -> list[int]:
    """The numbers of the chunks that `Outbox.claim` takes."""
    taken: list[int] = []
    for one in chunks:
        if one.due > now:
            continue
        events, size = events - one.events, size - one.size
        if taken and (events < 0 or size < 0 or one.failures):
            break
        taken.append(one.number)
        if events <= 0 or size <= 0 or one.failures:
            break
    return taken
