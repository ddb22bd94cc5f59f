"""The parts of an outbox: accounts, feeds, chunks, dead letters, and the protocol that every store keeps.

An accepted payload is *pending* until it is *delivered*, *dead*, *expired* or *erased*, and it is one of the
five after every transaction: accepted = pending + delivered + dead + expired + erased. What is in flight is
known to the process that sends it only; to the store it is pending, so that a crash loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from mapper.delivery.batch import Parcel, Receipt
from mapper.delivery.outbox.erasure import Erased, ErasureOrder, Reached
from mapper.values.safe_text import NOTHING, SafeText

Stage = Literal["mapping", "delivery", "expired"]

FEED_NAME = "serve:"
"""The feed of what came over HTTP is called by this and its path. It can be read only once."""
DELIVERY_SECONDS = 86_400.0
"""The time for which it is remembered which deliveries of a sender were accepted."""
_CLOCK_FAULT_SECONDS = 60.0
"""Clocks of several machines may be apart so far."""


@dataclass(frozen=True, slots=True)
class Account:
    """The account of payloads: a destination's name, the operator's name of an account there, and test mode.

    recipient: the account's number and the address, as `Endpoint.recipient` says them. What is accepted for
    one is never sent to another, whatever both are called. Holds no secret.
    """

    destination: str
    name: str = "default"
    test: bool = False
    recipient: str = ""

    def __str__(self) -> str:
        test = " (test)" if self.test else ""
        return f"{self.destination} {self.name}{test}{self.recipient and f', {self.recipient}'}"


@dataclass(frozen=True, slots=True)
class Feed:
    """The source of events, for one account and mapping: only this is read twice at most once.

    name: the real path of a file, or what else names a source for good. shown: as a person wrote it.
    """

    account: Account
    mapping: str
    name: str
    shown: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Position:
    """The position up to which a feed was accepted.

    record: the line (or row, or element) that was read last, from 1; 0 at the start. offset: bytes read so
    far where the feed can be read from there, else -1. inode, sampled, digest: what tells the file from
    another one: its inode, and the SHA-256 of its first `sampled` bytes. ended: it was read to its end.
    received_at: the `$meta.received_at` of its events, kept so that a later run makes the same of them.
    """

    record: int = 0
    offset: int = 0
    inode: int = 0
    sampled: int = 0
    digest: bytes = b""
    ended: bool = False
    received_at: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """A feed read on, from where it must still be; None: it was never read.

    is_other: another file has its name now, or is read anew: from here on it is a feed of its own.
    """

    feed: Feed
    start: Position | None
    end: Position
    is_other: bool = False


@dataclass(frozen=True, slots=True)
class KnownFeed:
    """A feed that an outbox knows by a number, for good: also once another file has its name."""

    number: int
    account: Account
    mapping: str
    shown: str
    position: Position


@dataclass(frozen=True, slots=True)
class WaitingRecords:
    """The records of a feed that the payloads of a chunk come from; one may have several payloads."""

    chunk: int
    account: Account
    feed: int
    records: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A source event that the mapping rejects: its record in the feed, the kind and the reason, no value.

    sealed: the event itself, encrypted, where it can be read nowhere again; else empty. origin: as `Parcel`
    has it.
    """

    record: int
    kind: str
    reason: SafeText
    sealed: bytes = b""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The payloads that are accepted together: all are kept or none. The store cuts them into chunks.

    version: of the mapping that made the payloads. skipped: source events that are not meant to be sent,
    which count apart. replaces: ids of dead letters that these payloads are made anew of; replaces_waiting:
    the same of payloads that wait, for an account that the caller owns. feed: the number of the known feed
    that they are from, where it is not read on. chunk_events: no more than so many go in a chunk; 0: as many
    as usual. deliveries: digests of what their sender calls them, each of which an account accepts once in
    `DELIVERY_SECONDS`.
    """

    account: Account
    version: str
    parcels: tuple[Parcel, ...] = ()
    rejected: tuple[Unmapped, ...] = ()
    skipped: int = 0
    move: Move | None = None
    replaces: tuple[int, ...] = ()
    replaces_waiting: tuple[WaitingRecords, ...] = ()
    feed: int | None = None
    chunk_events: int = 0
    deliveries: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """Payloads of one account and one mapping version that are kept together, in the order of their feed.

    number: tells it from all others of its outbox, for good. feed: as a person wrote its name. failures:
    tries in a row that came to nothing; failing_since: when the first of them began, in Unix seconds. due:
    the Unix time before which it is not sent. unanswered: requests that may have delivered it and
    were not answered. tried_at: when a request with some of it went last, 0 if none did; reason: why it
    waits since.
    """

    number: int
    account: Account
    version: str
    feed: str
    accepted_at: float
    parcels: tuple[Parcel, ...]
    failures: int = 0
    failing_since: float = 0.0
    due: float = 0.0
    unanswered: int = 0
    tried_at: float = 0.0
    reason: SafeText = NOTHING


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request: its number in its process, when it ended, and the status of its answer, 0 if none came."""

    number: int = 0
    at: float = 0.0
    status: int = 0


@dataclass(frozen=True, slots=True)
class LedgerRequest:
    """The line that a ledger keeps of payloads of a chunk that ended together.

    sent: the last request with them; one that never was, if they were not sent. ends: of each payload the
    digest of its id, the record of its event, and the number of its ending, as `ledger` has them.
    """

    sent: SentRequest
    ends: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An end of an event, as a ledger has kept it.

    ending: `delivered`, `warning` if the service said something of it, else the kind of its receipt.
    accepted_at: in whole seconds. answered_at: when the last request ended, 0 if there was none; status: of
    its answer, 0 if none came. request: tells the ends of one request from those of others.
    """

    account: Account
    version: str
    feed: str
    record: int
    ending: str
    accepted_at: float
    answered_at: float
    ended_at: float
    status: int
    request: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """The outcome of a claimed chunk: a receipt for each of its parcels, in order.

    Parcels to `retry` stay pending, with these failures, from `due` on. ambiguous: a request without an
    answer may have delivered them. copies: delivered payloads that an earlier request may have delivered too.
    tried_at: as `Chunk` has it. ledger: what a ledger keeps of it.
    """

    chunk: Chunk
    receipts: tuple[Receipt, ...]
    failures: int = 0
    failing_since: float = 0.0
    due: float = 0.0
    unanswered: int = 0
    copies: int = 0
    tried_at: float = 0.0
    ledger: tuple[LedgerRequest, ...] = ()

    @property
    def reason(self) -> SafeText:
        """The reason that the rest of the chunk waits; of several reasons the first."""
        return next((one.reason for one in self.receipts if one.status == "retry"), NOTHING)


@dataclass(frozen=True, slots=True)
class Backlog:
    """The events that an account has to send now, and the Unix time since when the oldest of them waits.

    next_due: when the next of all others is due; None: there are no others. Times are 0 where nothing waits.
    """

    events: int = 0
    bytes: int = 0
    oldest: float = 0.0
    next_due: float | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """All that ever happened to the payloads of an account, and `pending`, those that still wait.

    purged: dead and expired ones whose letters were taken away; they count as dead and expired all the same.
    revived: how often a dead one was taken back, to wait again or be mapped anew. remapped: events whose
    source event was mapped anew, of which only the new ones count as accepted. erased: those that waited and
    were erased; a dead one counts as purged then.
    """

    accepted: int = 0
    pending: int = 0
    delivered: int = 0
    dead: int = 0
    expired: int = 0
    purged: int = 0
    skipped: int = 0
    copies: int = 0
    revived: int = 0
    remapped: int = 0
    erased: int = 0

    @property
    def ever_accepted(self) -> int:
        """All that were ever accepted, those that were mapped anew included. It never falls."""
        return self.accepted + self.remapped

    @property
    def ever_dead(self) -> int:
        """The number of refusals and rejections, whatever became of them later. It never falls."""
        return self.dead + self.revived

    def __add__(self, other: Counts) -> Counts:
        """The counts of several accounts together."""
        return Counts(*(getattr(self, name) + getattr(other, name) for name in Counts.__slots__))

    @property
    def balanced(self) -> bool:
        """Whether each accepted payload is one of the five."""
        return self.accepted == self.pending + self.delivered + self.dead + self.expired + self.erased


@dataclass(frozen=True, slots=True)
class Health:
    """The state of delivery for an account, by its last requests.

    failing_since: the Unix time since when nothing can be delivered; 0 while something can. reason: why not.
    skew_seconds: how far the service's clock is ahead of this machine's; 0 while they agree.
    """

    account: Account
    failing_since: float = 0.0
    reason: SafeText = NOTHING
    skew_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """An account's counts; since when its oldest payload waits; bytes of what is kept for it.

    What is tried only when its own time has come, and has not failed, does not count as the oldest.

    failing: how many of those that wait were tried last without success, since `failing_since`, for
    `failing_reason` if one holds for all of them. skew_seconds: as `Health` has it.
    """

    account: Account
    counts: Counts
    oldest: float
    bytes: int
    last_delivered: float
    failing: int = 0
    failing_since: float = 0.0
    failing_reason: SafeText = NOTHING
    skew_seconds: float = 0.0

    def clock_fault_seconds(self, now: float) -> float:
        """The seconds by which noted times are in the future of a clock; 0 for less than a minute."""
        ahead = max(self.oldest, self.last_delivered, self.failing_since) - now
        return ahead if ahead > _CLOCK_FAULT_SECONDS else 0.0


def with_health(status: AccountStatus, health: Health) -> AccountStatus:
    """A status, whose `failing` ones are those of chunks that fail alone, with what holds for all."""
    status = replace(status, skew_seconds=health.skew_seconds)
    if not health.failing_since or not status.counts.pending:
        return status
    since = min(health.failing_since, status.failing_since or health.failing_since)
    pending = status.counts.pending
    return replace(status, failing=pending, failing_since=since, failing_reason=health.reason)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A payload, or a source event, that was not delivered and will not be by itself.

    stage: `mapping` (the mapping rejects the source event: there is no payload), `delivery` or `expired`.
    kind, reason: why; record and feed: the place of the source event; feed_number: of the known feed, if any.
    body: the payload, and of stage `mapping` what `Unmapped.sealed` was. origin: as `Parcel` has it.
    """

    number: int
    account: Account
    version: str
    stage: Stage
    kind: str
    reason: SafeText
    feed: str
    record: int
    time: int | None
    died_at: float
    body: bytes
    past_seconds: int = 0
    counted_twice: bool = False
    feed_number: int | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class LetterCount:
    """The number of dead letters of an account, a stage and a kind."""

    account: Account
    stage: Stage
    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class LetterAge:
    """When the oldest dead letter of an account died, and the oldest with an encrypted event; 0: none has."""

    account: Account
    oldest: float
    oldest_raw: float


@dataclass(frozen=True, slots=True)
class LetterTotals:
    """The number of dead letters, and of those among them that the mapping rejects.

    of_files: from a file, of which the event is read again. sealed, lost: from HTTP, kept and not.
    """

    letters: int
    of_files: int
    sealed: int
    lost: int


@dataclass(frozen=True, slots=True)
class VersionCount:
    """The number of an account's waiting events that one version of a mapping made."""

    account: Account
    version: str
    count: int


@dataclass(frozen=True, slots=True)
class DeadQuery:
    """A choice of dead letters: all that agree with each of these; None and "" ask for nothing.

    account_name: the operator's name of an account. feeds: numbers of known feeds. reason: a part of the
    reason, in any case. since, until: when they died, in Unix seconds.
    """

    account: Account | None = None
    account_name: str = ""
    numbers: tuple[int, ...] | None = None
    feeds: tuple[int, ...] | None = None
    stage: Stage | None = None
    kind: str = ""
    reason: str = ""
    since: float | None = None
    until: float | None = None


class Outbox(Protocol):
    """A store. Its methods block, and may be called from one thread at a time.

    Every method that changes something is one transaction: it is kept as a whole once the method returns, and
    not at all if it raises.
    """

    def own(self, account: Account) -> AbstractContextManager[bool]:
        """Be the only courier of an account; whether another one may have sent for it a moment ago.

        Raises AccountTaken where another one is.
        """

    def holds(self, account: Account) -> bool:
        """Whether a request may go for an account that is owned: nobody else can own it yet.

        Any thread may ask, and it does not block.
        """

    def put(self, accepted: Accepted, now: float) -> int:
        """Accept payloads and rejections, and read the feed on; how many that waited were replaced.

        Raises PositionMoved, and AlreadyAccepted.
        """

    def put_all(self, accepted: Sequence[Accepted], now: float) -> int:
        """The same for several, in one transaction: all of them are kept, or none."""

    def known_deliveries(self, account: Account, digests: Sequence[bytes], now: float) -> frozenset[bytes]:
        """The deliveries among some that an account has accepted, as `Accepted.deliveries` has them."""

    def position(self, feed: Feed) -> Position | None:
        """The position up to which a feed was accepted; None: it is not known."""

    def forget(self, feed: Feed) -> None:
        """Let what a feed is called be read from its start, as a feed of its own."""

    def feeds(self) -> tuple[KnownFeed, ...]:
        """All feeds that were ever read."""

    def waiting_records(self, feeds: Sequence[int]) -> Iterator[WaitingRecords]:
        """The records of payloads that wait of some known feeds, chunk by chunk."""

    def waiting(self) -> Iterator[Chunk]:
        """Each chunk that waits, claimed or not: those of an account together, oldest first.

        No more of them are in memory than a few at a time.
        """

    def waiting_versions(self) -> tuple[VersionCount, ...]:
        """The versions of mappings that made the waiting events, by account and version."""

    def backlog(self, account: Account, events: int, size: int, now: float) -> Backlog:
        """The backlog of an account that is not claimed; no more is counted than so many events or bytes."""

    def claim(self, account: Account, events: int, size: int, now: float) -> tuple[Chunk, ...]:
        """Take the oldest chunks that are due, up to so many events and bytes, but at least one.

        A chunk that failed is claimed alone. They are claimed until they are settled or this store is closed.
        """

    def release(self, account: Account) -> int:
        """Let all that waits for an account be due at once; how many events waited for their time."""

    def begin(self, chunks: Sequence[Chunk]) -> None:
        """Note that a request goes for claimed chunks, until they are settled.

        If they never are, since the process was killed, they have one more `unanswered` request when they
        are claimed next. The note outlives a kill, and a power cut too where a copy of a payload counts.
        """

    def mark_restored(self) -> int:
        """Note that all that waits may have been delivered, as in an outbox of a backup; how many events."""

    def settle(self, settlements: Sequence[Settlement], now: float, health: Health | None = None) -> None:
        """End claims, and keep their lines of the ledger. health: of their account, where it has changed."""

    def ledger_entries(self, digest: int) -> tuple[LedgerEntry, ...]:
        """All ends of an id in the ledger, oldest first. digest: as `ledger.key_digest` makes it."""

    def ledger_since(self) -> float | None:
        """Since when all ends are in the ledger that were written to it; None: no ledger was kept."""

    def prune_ledger(self, until: float, most: int) -> int:
        """Forget ends of before a time, at most so many at once; how many rows went, 0 once all are gone.

        What is less than a day older than that may stay for a while.
        """

    def status(self) -> tuple[AccountStatus, ...]:
        """Every account that was ever accepted for, by name."""

    def used_bytes(self) -> int:
        """The space that payloads take which wait or are dead; what was freed and can be used again does not
        count, nor does what goes by itself, as deliveries that are remembered for a day."""

    def free_bytes(self) -> int | None:
        """The space that is left for more; None where nothing tells."""

    def letter_counts(self) -> tuple[LetterCount, ...]:
        """The number of dead letters, in any order."""

    def letter_ages(self) -> tuple[LetterAge, ...]:
        """The ages of dead letters of the accounts that have any, in any order. It reads all of them."""

    def letter_totals(self, query: DeadQuery) -> LetterTotals:
        """How many letters a query asks for."""

    def dead_letters(self, query: DeadQuery) -> Iterator[DeadLetter]:
        """Those a query asks for, oldest first."""

    def retry(self, query: DeadQuery, now: float) -> int:
        """Let dead payloads wait again; how many. Those of stage `mapping` have no payload and stay."""

    def purge(self, query: DeadQuery, most: int | None = None) -> int:
        """Take dead letters away for good; how many. most: none is taken after so many, but in thousands."""

    def erase(self, order: ErasureOrder, reached: Reached) -> tuple[Erased, Reached]:
        """Erase some of what waits, claimed or not, and is dead; what went, and how far it came: no further
        than before once all was looked at."""

    def scrub(self) -> bool:
        """Overwrite what was erased where it was kept; False while another process hinders it."""

    def close(self) -> None:
        """Release all that is held."""
