"""Events that came over HTTP, kept encrypted -> payloads, by a mapping that was fixed.

All that is not delivered is mapped again: what the mapping rejected, dead letters of delivery, what waits.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING

import click

from mapper import authoring
from mapper.cli.environment import ENVIRONMENT
from mapper.cli.outbox_retry import WaitingAccounts
from mapper.cli.run_summary import number
from mapper.cli.suppression_lists import OwnLists
from mapper.delivery.batch import Parcel, named_origin, sealed_event, with_sealed
from mapper.delivery.outbox.store import (
    Accepted,
    Chunk,
    DeadLetter,
    DeadQuery,
    Health,
    KnownFeed,
    Outbox,
    Unmapped,
    WaitingRecords,
)
from mapper.extras import missing_extra
from mapper.feeds import SourceBlock
from mapper.running import Run
from mapper.running.parcels import ParcelWorker, mapping_version
from mapper.values.safe_text import NOTHING, SafeText

if TYPE_CHECKING:
    from mapper.serving.sealing import Sealer

_TOGETHER = 500


@dataclass(frozen=True, slots=True)
class _Kept:
    """An event that is kept: encrypted, with its place and what names its request."""

    sealed: bytes
    record: int
    origin: str


@dataclass(slots=True)
class _Work:
    """The events of an outbox on their way through a mapping.

    feeds: known feeds of the mapping, by number. version: of the mapping. seen: digests of events that are
    mapped already, since one may have several payloads.
    """

    outbox: Outbox
    worker: ParcelWorker
    sealer: Sealer
    feeds: dict[int, KnownFeed]
    version: str
    seen: set[bytes] = field(default_factory=set)
    letters: int = 0
    waited: int = 0
    mapped: int = 0
    rejected: int = 0
    skipped: int = 0
    unread: int = 0

    def again(self, kept: Sequence[_Kept], feed: int) -> Accepted | None:
        """The payloads of some events made anew; None where one of these cannot be decrypted."""
        new = {one.sealed: one for one in kept if _digest(one) not in self.seen}
        opened = [(one, self.sealer.unseal(one.sealed)) for one in new.values()]
        found = [(one, event) for one, event in opened if event is not None]
        if len(found) < len(opened):
            return None
        self.seen |= {_digest(one) for one in new.values()}
        texts = [(place, text) for place, (_, (_, text)) in enumerate(found, 1)]
        metas = [{**meta, "line": one.record} for one, (meta, _) in found]
        made = self.worker.work(SourceBlock(texts, metas))
        events = [one for one, _ in found]
        parcels = tuple(_in_place(one, events[one.record - 1]) for one in made.parcels)
        rejected = tuple(
            Unmapped(at.record, one.kind, one.reason, at.sealed, at.origin)
            for one, at in ((one, events[one.record - 1]) for one in made.rejected)
        )
        ended = {one.record for one in made.parcels} | {one.record for one in made.rejected}
        self.mapped += len(parcels)
        self.rejected += len(rejected)
        skipped = len(events) - len(ended)
        self.skipped += skipped
        account = self.feeds[feed].account
        return Accepted(account, self.version, parcels, rejected, skipped, feed=feed)

    def of_letters(self, query: DeadQuery) -> None:
        """Map dead letters again whose events are kept, each with all others of the same event."""
        for group in _groups(self.outbox, query):
            by_event: dict[tuple[int, bytes], list[DeadLetter]] = {}
            for one in group:
                assert one.feed_number is not None
                by_event.setdefault((one.feed_number, _kept_in(one).sealed), []).append(one)
            given = []
            for (feed, _), letters in by_event.items():
                made = self.again([_kept_in(letters[0])], feed)
                if made is None:
                    self.unread += len(letters)
                else:
                    self.letters += len(letters)
                    given.append(replace(made, replaces=tuple(one.number for one in letters)))
            self.outbox.put_all(given, time.time())

    def of_waiting(self, account_name: str) -> SafeText:
        """Map again what waits in chunks that are kept; a note about what another process delivers."""
        feeds = {one.chunk: one.feed for one in self.outbox.waiting_records(tuple(self.feeds))}
        with ExitStack() as owned:
            accounts = WaitingAccounts(self.outbox, account_name, owned)
            for chunk in self.outbox.waiting():
                if chunk.number in feeds and accounts.owns(chunk.account):
                    self._of_chunk(chunk, feeds[chunk.number])
            return accounts.left

    def _of_chunk(self, chunk: Chunk, feed: int) -> None:
        kept = [_Kept(sealed_event(one.origin), one.record, _less_event(one.origin)) for one in chunk.parcels]
        if not all(one.sealed for one in kept):
            return
        records = tuple(sorted({one.record for one in chunk.parcels}))
        replaced = WaitingRecords(chunk.number, chunk.account, feed, records)
        made = self.again(kept, feed)
        if made is None:
            self.unread += len(kept)
            return
        self.waited += self.outbox.put(replace(made, replaces_waiting=(replaced,)), time.time())
        self.outbox.settle((), time.time(), Health(chunk.account))  # why these failed may be over


def map_sealed(outbox: Outbox, query: DeadQuery, lists: OwnLists) -> SafeText:
    """Map the events that were kept for it anew; what became of them, for a person. Raises UsageError.

    These are the dead letters of a query, and where it asks for all of them, also what waits.
    """
    try:
        from mapper.serving.sealing import KEY_VARIABLE, read_sealer
    except ImportError:
        raise click.UsageError(missing_extra("retry without EVENTS", "serve")) from None
    sealer = read_sealer(ENVIRONMENT)
    if sealer is None:
        raise click.UsageError(f"{KEY_VARIABLE} does not hold the key that `mapper serve --keep-raw` had")
    program = lists.guarded_program()
    destination = authoring.described_destination(program.target, beside=lists.mapping)
    worker = ParcelWorker(Run(program, "serve:").worker(), destination)
    name = program.code.name
    feeds = {
        one.number: one
        for one in outbox.feeds()
        if (one.account.destination, one.mapping) == (program.target, name)
    }
    work = _Work(outbox, worker, sealer, feeds, mapping_version(program))
    left = NOTHING
    if query == DeadQuery(account_name=query.account_name):
        left = work.of_waiting(query.account_name)
    work.of_letters(replace(query, feeds=tuple(feeds)))
    if not (work.letters or work.waited or work.unread or left):
        raise click.UsageError(f"no event of {name} that is not delivered was kept by `serve --keep-raw`")
    return SafeText("{}{}", _told(work), left)


def _told(work: _Work) -> SafeText:
    was = number(work.letters, "dead letter")
    if work.waited:
        was = SafeText("{} and {}", was, number(work.waited, "waiting event"))
    skipped = SafeText(", {:,} skipped", work.skipped) if work.skipped else NOTHING
    text = "{} mapped again: {:,} waiting, {:,} rejected{}\n"
    told = SafeText(text, was, work.mapped, work.rejected, skipped)
    left = SafeText("{} left: no key fits\n", number(work.unread, "event")) if work.unread else NOTHING
    return SafeText("{}{}", told, left)


def _groups(outbox: Outbox, query: DeadQuery) -> Iterator[list[DeadLetter]]:
    """The letters whose events are kept, which are read before any of them is replaced."""
    found = (one for one in outbox.dead_letters(query) if one.stage != "expired" and _kept_in(one).sealed)
    numbers = iter([one.number for one in found])
    while group := tuple(islice(numbers, _TOGETHER)):
        yield list(outbox.dead_letters(DeadQuery(numbers=group)))


def _kept_in(letter: DeadLetter) -> _Kept:
    sealed = letter.body if letter.stage == "mapping" else sealed_event(letter.origin)
    return _Kept(sealed, letter.record, _less_event(letter.origin))


def _less_event(origin: str) -> str:
    return " ".join(filter(None, named_origin(origin)))


def _in_place(parcel: Parcel, event: _Kept) -> Parcel:
    """A new payload at the place of its event, which stays kept with it."""
    return replace(parcel, record=event.record, origin=with_sealed(event.origin, event.sealed))


def _digest(event: _Kept) -> bytes:
    return blake2b(event.sealed, digest_size=16).digest()
