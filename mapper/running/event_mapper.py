"""A request's events -> what an outbox takes of them: parcels, and those that cannot be sent. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from mapper.delivery.batch import Parcel, parcel_of
from mapper.delivery.destination import ParcelFacts
from mapper.delivery.outbox.parcel_rows import pack_rows, unpack_rows
from mapper.delivery.outbox.store import Unmapped
from mapper.feeds import Broken, Meta, is_blank
from mapper.running.blocks import meta_of
from mapper.running.counts import own_notes
from mapper.running.parcels import unmapped
from mapper.runtime.compiled_modules import pack, unpack
from mapper.runtime.outcome import Note, Outcome, Rejection
from mapper.runtime.program import Program
from mapper.values.frozen import dataclass
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid

# The texts of a request's events, each with its number there, from 1; or why there is none.
NumberedTexts: TypeAlias = Sequence[tuple[int, bytes | Broken]]


@dataclass(frozen=True, slots=True)
class MappedEvents:
    """The outcomes of some events, by their numbers in their request. guarded: how often the guard stopped
    an event or a field of one.
    """

    parcels: tuple[Parcel, ...]
    rejected: tuple[Unmapped, ...]
    guarded: int = 0

    def __reduce__(self) -> tuple[Any, ...]:
        """Parcels go from one process to another as an outbox keeps them: a fifth of the time."""
        feed = self.parcels[0].feed if self.parcels else ""
        return _unpacked, (pack_rows(self.parcels), feed, self.rejected, self.guarded)


@dataclass(frozen=True, slots=True)
class EventMapper:
    """Maps the events that come to one path. feed_name: what the outbox calls it. One thread may use it."""

    program: Program
    feed_name: str
    facts: ParcelFacts

    def __reduce__(self) -> tuple[Any, ...]:
        """For another process of the same Python: what is compiled goes along."""
        return _unpacked_mapper, (pack(self.program), self.feed_name, self.facts)

    def map(self, texts: NumberedTexts, meta: Meta, origin: str = "") -> MappedEvents:
        """The outcomes of a request's events; never raises for what one holds.

        meta: what `$meta` of each has besides its number. origin: as `Parcel.origin`.
        """
        program, feed, facts = self.program, self.feed_name, self.facts
        asks = program.code.reads_meta
        parcels: list[Parcel] = []
        rejected: list[Unmapped] = []
        guarded = 0
        for number, text in texts:
            if isinstance(text, Broken):
                rejected.append(_invalid(number, text.reason, origin))
                continue
            try:
                outcomes = program.apply_json(text, meta_of(number, meta) if asks else None)
            except Invalid as invalid:
                if not is_blank(text):
                    rejected.append(_invalid(number, invalid.reason, origin))
                continue
            for outcome in outcomes:
                payload = outcome.payload
                if payload is None or outcome.notes:
                    guarded += _guarded(outcome)
                if payload is not None:
                    try:
                        parcels.append(parcel_of(payload, feed, number, facts, origin))
                    except Invalid as invalid:
                        rejected.append(_invalid(number, invalid.reason, origin))
                elif outcome.rejection is not None:
                    rejected.append(unmapped(number, outcome.rejection, origin))
        return MappedEvents(tuple(parcels), tuple(rejected), guarded)


def _invalid(number: int, reason: SafeText, origin: str) -> Unmapped:
    """An event that is none, or whose payload JSON cannot hold."""
    return unmapped(number, Rejection((Note("invalid", "", "", reason),)), origin)


def _guarded(outcome: Outcome) -> int:
    """How often the guard stopped an event, or a field of one."""
    stopped = outcome.rejection is not None and outcome.rejection.reasons[0].kind == "guard"
    return stopped + sum(note.kind == "guard" for note in own_notes(outcome))


def _unpacked(
    rows: tuple[bytes, bytes], feed: str, rejected: tuple[Unmapped, ...], guarded: int
) -> MappedEvents:
    return MappedEvents(tuple(unpack_rows(*rows, feed)), rejected, guarded)


def _unpacked_mapper(content: bytes, feed_name: str, facts: ParcelFacts) -> EventMapper:
    return EventMapper(unpack(content), feed_name, facts)
