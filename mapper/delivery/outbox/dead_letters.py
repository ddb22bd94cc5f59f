"""Accepted or settled payloads -> dead letters, and dead letters -> parcels again. For every store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import Any

from mapper.delivery.batch import Parcel, Receipt
from mapper.delivery.outbox.dead_query import names_of
from mapper.delivery.outbox.parcel_rows import CHUNK_EVENTS
from mapper.delivery.outbox.store import Accepted, Chunk, DeadLetter, Settlement

_UNNUMBERED = 0
"""A store gives each letter its number, and its feed."""


def letters_of_accepted(accepted: Accepted, now: float) -> list[DeadLetter]:
    """A letter for each source event that the mapping rejects."""
    return [
        DeadLetter(
            number=_UNNUMBERED,
            account=accepted.account,
            version=accepted.version,
            stage="mapping",
            kind=one.kind,
            reason=one.reason,
            feed="",
            record=one.record,
            time=None,
            died_at=float(now),
            body=one.sealed,
            origin=one.origin,
        )
        for one in accepted.rejected
    ]


def letters_of_settlement(settlement: Settlement, now: float) -> list[DeadLetter]:
    """A letter for each payload that was refused, or is too old."""
    return [
        _letter(settlement.chunk, one, now)
        for one in settlement.receipts
        if one.status in ("refused", "expired")
    ]


def _letter(chunk: Chunk, receipt: Receipt, now: float) -> DeadLetter:
    parcel = receipt.parcel
    return DeadLetter(
        number=_UNNUMBERED,
        account=chunk.account,
        version=chunk.version,
        stage="expired" if receipt.status == "expired" else "delivery",
        kind=receipt.kind,
        reason=receipt.reason,
        feed=chunk.feed,
        record=parcel.record,
        time=parcel.time,
        died_at=float(now),
        body=parcel.body,
        past_seconds=parcel.past_seconds,
        counted_twice=parcel.counted_twice,
        origin=parcel.origin,
    )


def parcels_again(letters: Iterable[DeadLetter]) -> tuple[Parcel, ...]:
    """The payloads of letters, to wait again."""
    return tuple(
        Parcel(
            *(number, one.feed, one.record, one.time, one.body, one.past_seconds, one.counted_twice),
            origin=one.origin,
        )
        for number, one in enumerate(letters)
    )


LETTERS_AT_ONCE = 4 * CHUNK_EVENTS
"""Letters that are put back together: as many as are held in memory."""


def alike(letters: Iterable[DeadLetter]) -> Iterator[list[DeadLetter]]:
    """Letters of one account, feed and version, as many together as a chunk holds."""
    for _, group in groupby(sorted(letters, key=_whose), _whose):
        while found := list(islice(group, CHUNK_EVENTS)):
            yield found


def _whose(one: DeadLetter) -> tuple[Any, ...]:
    """The order that brings letters of one account, feed and version together."""
    return (*names_of(one.account), one.feed_number or 0, one.version)
