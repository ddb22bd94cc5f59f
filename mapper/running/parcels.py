"""A block of a feed -> what an outbox takes of it: parcels, and the source events that cannot be sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from mapper.delivery.batch import Parcel, parcel_of
from mapper.delivery.destination import Destination
from mapper.delivery.outbox.parcel_rows import pack_rows, unpack_rows
from mapper.delivery.outbox.store import Unmapped
from mapper.feeds import Block
from mapper.running.blocks import BlockResult, Worker
from mapper.running.feed_run import Run
from mapper.runtime.outcome import Outcome, Rejection
from mapper.runtime.program import Program
from mapper.values.frozen import dataclass
from mapper.values.safe_text import SafeText


@dataclass(frozen=True, slots=True)
class BlockParcels:
    """The result of a block: its parcels, in the order of their events, and its rejected events.

    texts: how many texts the block has. result: its counts and rejects; it has no payloads.
    """

    texts: int
    parcels: tuple[Parcel, ...]
    rejected: tuple[Unmapped, ...]
    result: BlockResult

    def __reduce__(self) -> tuple[Any, ...]:
        """Parcels go from one process to another as an outbox keeps them: a fifth of the time."""
        feed = self.parcels[0].feed if self.parcels else ""
        return _unpacked, (self.texts, pack_rows(self.parcels), feed, self.rejected, self.result)


@dataclass(frozen=True, slots=True)
class ParcelWorker:
    """Makes parcels for a destination, each with the feed's name and the line of its event."""

    worker: Worker
    destination: Destination

    def work(self, block: Block) -> BlockParcels:
        """The parcels of a block, and what became of its other events."""
        parcels: list[Parcel] = []
        feed, destination = self.worker.feed_name, self.destination

        def take(outcome: Outcome, line: int) -> None:
            if outcome.payload is not None:
                parcels.append(parcel_of(outcome.payload, feed, line, destination))

        mapped = self.worker.map(block, take)
        rejected = tuple(unmapped(line, rejection) for line, rejection in mapped.tally.rejections)
        return BlockParcels(len(block), tuple(parcels), rejected, self.worker.result(mapped, b""))


def mapping_version(program: Program) -> str:
    """A version that tells the payloads of a mapping from those it made before it was changed."""
    return sha256(program.code.text.encode()).hexdigest()[:12]


def parcels(run: Run, blocks: Iterable[Block], destination: Destination) -> Iterator[Parcel]:
    """The parcels of a feed, taken by its run block by block."""
    worker = ParcelWorker(run.worker(), destination)
    for block in blocks:
        found = worker.work(block)
        run.take(found.result)
        yield from found.parcels


def _unpacked(
    texts: int,
    rows: tuple[bytes, bytes],
    feed: str,
    rejected: tuple[Unmapped, ...],
    result: BlockResult,
) -> BlockParcels:
    return BlockParcels(texts, tuple(unpack_rows(*rows, feed)), rejected, result)


def unmapped(line: int, rejection: Rejection, origin: str = "") -> Unmapped:
    """A rejection as it is kept: all its reasons in one line, none with a value."""
    reasons = [
        SafeText("{}: {}", SafeText.known(one.path), one.message) if one.path else one.message
        for one in rejection.reasons
    ]
    return Unmapped(line, rejection.reasons[0].kind, SafeText.joined("; ", reasons), origin=origin)
