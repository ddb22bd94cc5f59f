"""Ids of events -> where an outbox has them. Little of it is in memory at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from mapper.delivery.batch import Parcel
from mapper.delivery.outbox.ledger import key_digest, key_text
from mapper.delivery.outbox.store import Chunk, DeadLetter, DeadQuery, LedgerEntry, Outbox
from mapper.runtime.decode import encode

KeyField = Callable[[str], str | None]
"""The field of a destination's payloads that holds the id of an event; None where nothing tells."""


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """An event with an id that waits in a chunk."""

    event_id: str
    chunk: Chunk
    parcel: Parcel


@dataclass(frozen=True, slots=True)
class DeadEvent:
    """An event with an id that is dead. entry: what the ledger has of its end, if one is kept."""

    event_id: str
    letter: DeadLetter
    entry: LedgerEntry | None = None


@dataclass(frozen=True, slots=True)
class EndedEvent:
    """An event with an id that the ledger has, and that is neither waiting nor dead by now."""

    event_id: str
    entry: LedgerEntry


FoundEvent = WaitingEvent | DeadEvent | EndedEvent


@dataclass(slots=True)
class Search:
    """A look through an outbox for some ids.

    found: the ids of all events that it came upon. waiting, dead: how many of each it looked at. since: of
    when the oldest ends in the ledger are; None: there is none. nameless: dead letters without a payload, and
    so without an id; unread: destinations whose field of ids is unknown.
    """

    outbox: Outbox
    ids: tuple[str, ...]
    key_field: KeyField
    found: set[str] = field(default_factory=set)
    waiting: int = 0
    dead: int = 0
    since: float | None = None
    nameless: int = 0
    unread: set[str] = field(default_factory=set)
    _marked: re.Pattern[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.ids = tuple(dict.fromkeys(self.ids))
        # The bytes that each payload with one of the ids has in it.
        self._marked = re.compile(b"|".join(re.escape(encode(one)[1:-1]) for one in self.ids))

    def run(self) -> Iterator[FoundEvent]:
        """All of them.

        What moves meanwhile is seen: from what waits an event goes on to the others, which are looked at
        later, and what a retry lets wait again is looked for once more.
        """
        yield from self._waiting()
        dead = list(self._dead())
        yield from self._ended(dead)
        if len(self.found) < len(self.ids):
            counted = self.waiting
            yield from [one for one in self._waiting() if one.event_id not in self.found]
            self.waiting = counted

    def _waiting(self) -> Iterator[WaitingEvent]:
        found: set[str] = set()
        for chunk in self.outbox.waiting():
            self.waiting += len(chunk.parcels)
            key = self._key(chunk.account.destination)
            for parcel in chunk.parcels:
                if told := self._id_in(parcel.body, key):
                    found.add(told)
                    yield WaitingEvent(told, chunk, parcel)
        self.found |= found

    def _dead(self) -> Iterator[DeadEvent]:
        for letter in self.outbox.dead_letters(DeadQuery()):
            self.dead += 1
            if letter.stage == "mapping":
                self.nameless += 1
                continue
            if told := self._id_in(letter.body, self._key(letter.account.destination)):
                self.found.add(told)
                yield DeadEvent(told, letter)

    def _ended(self, dead: list[DeadEvent]) -> Iterator[FoundEvent]:
        """Dead letters with their entries in the ledger, and all other entries."""
        self.since = self.outbox.ledger_since()
        entries = {one: list(self.outbox.ledger_entries(key_digest(one))) for one in self.ids}
        for one in dead:
            entry = next((entry for entry in entries[one.event_id] if _tells_of(entry, one.letter)), None)
            if entry is not None:
                entries[one.event_id].remove(entry)
            yield DeadEvent(one.event_id, one.letter, entry)
        for event_id, found in entries.items():
            for entry in found:
                self.found.add(event_id)
                yield EndedEvent(event_id, entry)

    def _id_in(self, body: bytes, key: str | None) -> str:
        """The id of a payload, if it is among those that are looked for; else ""."""
        if key is None or self._marked.search(body) is None:
            return ""
        told = key_text(json.loads(body).get(key))
        return told if told in self.ids else ""

    def _key(self, destination: str) -> str | None:
        """The field of a destination's ids; where it is unknown, that is noted."""
        key = self.key_field(destination)
        if key is None:
            self.unread.add(destination)
        return key


def _tells_of(entry: LedgerEntry, letter: DeadLetter) -> bool:
    """Whether an entry is of the death that a letter is of."""
    died = (letter.account, letter.record, letter.kind, letter.died_at)
    return (entry.account, entry.record, entry.ending, entry.ended_at) == died
