"""Undelivered payloads -> payloads anew: their source events, found by place, through a fixed mapping."""

from __future__ import annotations

import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import click

from mapper import authoring
from mapper.cli.feed import open_feed
from mapper.cli.run_summary import number
from mapper.cli.suppression_lists import OwnLists
from mapper.delivery.outbox.outbox_errors import AccountTaken
from mapper.delivery.outbox.store import (
    Accepted,
    Account,
    DeadQuery,
    Health,
    KnownFeed,
    Outbox,
    WaitingRecords,
)
from mapper.feeds import Block, DecodedBlock, SourceEvent, events_of
from mapper.feeds.position import Fingerprint, fingerprint, is_same_file
from mapper.running import EventCounts, Run
from mapper.running.parcels import ParcelWorker, mapping_version
from mapper.values.safe_text import NOTHING, SafeText

if TYPE_CHECKING:
    from mapper.runtime.program import Program


@dataclass(slots=True)
class _Due:
    """The parts of a feed to map anew, by the line of the event: ids of dead letters, and of chunks."""

    feed: KnownFeed
    letters: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    chunks: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def lines(self) -> set[int]:
        """The lines of all of it."""
        return {*self.letters, *self.chunks}

    def taken(self, lines: Iterable[int]) -> tuple[tuple[int, ...], tuple[WaitingRecords, ...]]:
        """The letters and records on some lines, which are then done with."""
        letters: list[int] = []
        by_chunk: defaultdict[int, list[int]] = defaultdict(list)
        for line in lines:
            letters += self.letters.pop(line, ())
            for chunk in self.chunks.pop(line, ()):
                by_chunk[chunk].append(line)
        feed = self.feed
        records = (
            WaitingRecords(chunk, feed.account, feed.number, tuple(found))
            for chunk, found in by_chunk.items()
        )
        return tuple(letters), tuple(records)


def map_anew(outbox: Outbox, query: DeadQuery, lists: OwnLists, events: str) -> SafeText:
    """Map the source events of what is not delivered anew; what became of them, for a person.

    These are the dead letters of a query, and where it asks for all of them, also what waits.
    """
    program = lists.guarded_program()
    feeds = _feeds_of(outbox, program, events)
    with ExitStack() as owned:
        due, left = _due(outbox, query, feeds, owned)
        if not any(one.lines() for one in due):
            raise click.UsageError(left.strip() or f"nothing of {events} is waiting or dead")
        destination = authoring.described_destination(program.target, beside=lists.mapping)
        workers = [
            ParcelWorker(Run(program, events, meta=_meta(one.feed)).worker(), destination) for one in due
        ]
        return SafeText("{}{}", _map_all(outbox, due, workers, (mapping_version(program), events)), left)


def _feeds_of(outbox: Outbox, program: Program, events: str) -> list[KnownFeed]:
    """The feeds that a mapping made of a file, whatever that was called. Raises UsageError without any."""
    known = [one for one in outbox.feeds() if one.account.destination == program.target]
    with open(events, "rb") as file:
        read = [one for one in known if is_same_file(fingerprint(file, one.position.sampled), _print_of(one))]
    feeds = [one for one in read if one.mapping == program.code.name]
    if feeds:
        return feeds
    if read:
        names = ", ".join(sorted({one.mapping for one in read}))
        raise click.UsageError(f"{events} was sent by the mapping {names}, not by {program.code.name}")
    real = os.path.realpath(events)
    if any(os.path.realpath(one.shown) == real for one in known):
        raise click.UsageError(
            f"{events} is not the file that was read before: was it rotated or rewritten? Name the old file"
        )
    raise click.UsageError(f"no event of this outbox is from {events}")


def _print_of(feed: KnownFeed) -> Fingerprint:
    return Fingerprint(feed.position.inode, feed.position.sampled, feed.position.digest)


def _due(
    outbox: Outbox, query: DeadQuery, feeds: list[KnownFeed], owned: ExitStack
) -> tuple[list[_Due], SafeText]:
    """The parts of feeds to map anew, and why what else waits is not mapped."""
    due = {one.number: _Due(one) for one in feeds}
    numbers = tuple(due)
    for letter in outbox.dead_letters(replace(query, feeds=numbers)):
        if letter.stage != "expired" and letter.feed_number is not None:
            due[letter.feed_number].letters[letter.record].append(letter.number)
    if query != DeadQuery(account_name=query.account_name):
        return list(due.values()), NOTHING
    waiting = WaitingAccounts(outbox, query.account_name, owned)
    for one in outbox.waiting_records(numbers):
        for record in one.records if waiting.owns(one.account) else ():
            due[one.feed].chunks[record].add(one.chunk)
    return list(due.values()), waiting.left


@dataclass(slots=True)
class WaitingAccounts:
    """The accounts whose waiting events are mapped anew, each owned so that nobody sends them meanwhile.

    name: of the only account, "" for all.
    """

    outbox: Outbox
    name: str
    owned: ExitStack
    _owns: dict[Account, bool] = field(default_factory=dict)

    def owns(self, account: Account) -> bool:
        """Whether an account's events are mapped anew: it is asked for, and nobody else delivers for it."""
        if self.name not in ("", account.name):
            return False
        if account not in self._owns:
            try:
                self.owned.enter_context(self.outbox.own(account))
            except AccountTaken:
                self._owns[account] = False
            else:
                self._owns[account] = True
        return self._owns[account]

    @property
    def left(self) -> SafeText:
        """The note about accounts whose waiting events another process delivers."""
        taken = sorted((one for one, is_owned in self._owns.items() if not is_owned), key=str)
        if not taken:
            return NOTHING
        named = SafeText.joined(" and ", [SafeText.known(str(one)) for one in taken])
        why = SafeText("another process delivers them; stop it, then run this again")
        return SafeText("waiting events of {} are not mapped again: {}\n", named, why)


def _map_all(
    outbox: Outbox, due: list[_Due], workers: list[ParcelWorker], source: tuple[str, str]
) -> SafeText:
    """source: the version of the mapping, and the file."""
    (version, events), counts = source, EventCounts()
    wanted = set[int]().union(*(one.lines() for one in due))
    letters = waiting = 0
    for block in _events_on(events, wanted):
        for one, worker in zip(due, workers, strict=True):
            found = [
                (line, text) for line, text in block.texts() if line in one.letters or line in one.chunks
            ]
            if not found:
                continue
            made = worker.work(DecodedBlock(found))
            counts.add(made.result.counts)
            replaces, replaces_waiting = one.taken(line for line, _ in found)
            given = Accepted(
                one.feed.account,
                version,
                made.parcels,
                made.rejected,
                made.result.counts.skipped,
                replaces=replaces,
                replaces_waiting=replaces_waiting,
                feed=one.feed.number,
            )
            replaced = outbox.put(given, time.time())
            if replaced:  # why these failed may be over
                outbox.settle((), time.time(), Health(one.feed.account))
            waiting += replaced
            letters += len(replaces)
    return _told(counts, (letters, waiting), sum(len(one.lines()) for one in due))


def _told(counts: EventCounts, before: tuple[int, int], missing: int) -> SafeText:
    letters, waiting = before
    was = SafeText("{} and {}", number(letters, "dead letter"), number(waiting, "waiting event"))
    text = "{} mapped again: {:,} waiting, {:,} rejected, {:,} skipped\n"
    told = SafeText(text, was, counts.sent, counts.rejected, counts.skipped)
    lost = "{} left as before, on which there is no event, or more than one\n"
    return SafeText("{}{}", told, SafeText(lost, number(missing, "line")) if missing else NOTHING)


def _meta(feed: KnownFeed) -> dict[str, str]:
    """`$meta` as it was when the file was sent: with the time it was given, if any."""
    return {"received_at": feed.position.received_at} if feed.position.received_at else {}


def _events_on(events: str, lines: set[int]) -> Iterator[Block]:
    """The events on some lines, block by block; a line that holds none, or several, is left out."""
    counts: Counter[int] = Counter()
    with open_feed(events, None, progress_shown=True) as blocks:
        for block in blocks:
            counts.update(line for line, _ in block.texts() if line in lines)
    alone = {line for line, count in counts.items() if count == 1}
    with open_feed(events, None, progress_shown=True) as blocks:
        for block in blocks:
            found = [(line, text) for line, text in block.texts() if line in alone]
            events_there = {
                one.line for one in events_of(DecodedBlock(found)) if isinstance(one, SourceEvent)
            }
            yield DecodedBlock([one for one in found if one[0] in events_there])
