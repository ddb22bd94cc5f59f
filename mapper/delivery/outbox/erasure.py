"""Waiting payloads and dead letters -> the rest of them, without those that someone wants erased.

For every store, which looks at a few of them in each transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Literal, Protocol

from mapper.delivery.batch import Parcel, Receipt, less_sealed, sealed_event

Fate = Literal["keep", "erase", "unseal", "unread"]
"""Whether a payload or a letter goes, or the encrypted event beside it alone; `unread`: nothing tells."""

CHUNKS_LOOKED_AT = 8
"""Chunks of one transaction: as many as are held in memory."""
LETTERS_LOOKED_AT = 100
"""Dead letters of one transaction; the event that is kept with one may have a MiB."""
_SEALED = b"\t"
_EVER = float("inf")


class ErasureJudge(Protocol):
    """Decides the fate of what an outbox keeps. It changes nothing, and may be asked twice."""

    def finds(self, content: bytes) -> bool:
        """Whether something that goes may be in the bytes of several payloads."""
        ...

    def fate(self, body: bytes, sealed: bytes) -> Fate:
        """The fate of a payload with the encrypted event that it is made of; each may be empty."""
        ...


@dataclass(frozen=True, slots=True)
class ErasureOrder:
    """The judge, and whether what it says is done.

    until: only what was accepted or died before it. only_sealed: of dead letters only those with an encrypted
    event.
    """

    judge: ErasureJudge
    is_dry: bool = False
    until: float = _EVER
    only_sealed: bool = False


@dataclass(frozen=True, slots=True)
class Erased:
    """The number of waiting payloads, of dead ones and of events that the mapping rejects which went.

    raw: encrypted events that went alone, or with their rejection. unanswered: of the waiting payloads those
    in a request without an answer. unread: encrypted events that could not be looked into, and stay.
    """

    waiting: int = 0
    letters: int = 0
    raw: int = 0
    unanswered: int = 0
    unread: int = 0

    def __add__(self, other: Erased) -> Erased:
        return Erased(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Erased)))

    @property
    def changed(self) -> int:
        """The number of all that went."""
        return self.waiting + self.letters + self.raw


@dataclass(frozen=True, slots=True)
class Reached:
    """The last chunk that was looked at, of each account where a store asks by account; and dead letter."""

    chunks: Mapping[int, int] = field(default_factory=dict)
    letter: int = 0

    def after(self, account: int) -> int:
        """The last chunk of an account; 0 before the first."""
        return self.chunks.get(account, 0)

    def at_chunk(self, account: int, number: int) -> Reached:
        """The same, one chunk further."""
        return replace(self, chunks={**self.chunks, account: number})


def erase_all(
    erase: Callable[[ErasureOrder, Reached], tuple[Erased, Reached]],
    order: ErasureOrder,
    seen: Callable[[Erased], None] = lambda erased: None,
) -> Erased:
    """Look at all that an outbox keeps, also what moves meanwhile; what went. erase: as `Outbox.erase`.

    What waits may die meanwhile, and is looked at after it; what a retry lets wait again is of a new chunk.
    """
    erased, reached = Erased(), Reached()
    while True:
        found, after = erase(order, reached)
        if after == reached:
            return erased
        erased, reached = erased + found, after
        seen(erased)


def may_change(bodies: bytes, judge: ErasureJudge) -> bool:
    """Whether a chunk must be looked into. JSON has no tab, which is before each encrypted event."""
    return _SEALED in bodies or judge.finds(bodies)


@dataclass(slots=True)
class SiftedParcels:
    """Parcels of a chunk after a look. left: those that stay. found: without those of other chunks."""

    left: list[Parcel] = field(default_factory=list)
    found: Erased = field(default_factory=Erased)


def sift_parcels(parcels: Sequence[Parcel], judge: ErasureJudge, unanswered: int) -> SiftedParcels:
    """Look at the parcels of a chunk. unanswered: requests with them that were not answered."""
    sifted, unsealed, unread = SiftedParcels(), set[bytes](), set[bytes]()
    gone = 0
    for one in parcels:
        sealed = sealed_event(one.origin)
        fate = judge.fate(one.body, sealed)
        if fate == "erase":
            gone += 1
            continue
        if fate == "unseal":
            unsealed.add(sealed)
            one = replace(one, origin=less_sealed(one.origin))
        elif fate == "unread":
            unread.add(sealed)
        sifted.left.append(one)
    doubtful = gone if unanswered else 0
    sifted.found = Erased(gone, 0, len(unsealed), doubtful, len(unread))
    return sifted


def fate_of_letter(stage: str, body: bytes, origin: str, judge: ErasureJudge) -> tuple[Fate, Erased]:
    """The fate of a dead letter, and how it counts."""
    is_rejection = stage == "mapping"
    payload, sealed = (b"", body) if is_rejection else (body, sealed_event(origin))
    fate: Fate = judge.fate(payload, sealed) if payload or sealed else "keep"
    if fate == "erase":
        return fate, Erased(raw=1) if is_rejection else Erased(letters=1)
    return fate, Erased(raw=int(fate == "unseal"), unread=int(fate == "unread"))


def receipts_left(receipts: Sequence[Receipt], stored: Sequence[Parcel]) -> tuple[Receipt, ...]:
    """The receipts of payloads that a chunk still has: some were erased after a courier had claimed it.

    Each has its parcel as it is stored: the encrypted event beside it may be gone.
    """
    held = defaultdict[tuple[int, bytes], list[Parcel]](list)
    for one in reversed(stored):
        held[one.record, one.body].append(one)
    found = ((one, held[one.parcel.record, one.parcel.body]) for one in receipts)
    return tuple(
        replace(one, parcel=replace(one.parcel, origin=same.pop().origin)) for one, same in found if same
    )
