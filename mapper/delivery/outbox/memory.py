"""An outbox that a process takes with it when it ends."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from itertools import count, groupby, islice

from mapper.delivery.batch import Parcel
from mapper.delivery.outbox.dead_letters import letters_of_accepted, letters_of_settlement, parcels_again
from mapper.delivery.outbox.ledger import entry_of, ledger_lines
from mapper.delivery.outbox.rows import CHUNK_EVENTS, cut_chunks
from mapper.delivery.outbox.store import (
    DELIVERY_SECONDS,
    Accepted,
    Account,
    AccountStatus,
    AccountTaken,
    AlreadyAccepted,
    Backlog,
    Chunk,
    Counts,
    Damaged,
    DeadLetter,
    DeadQuery,
    Feed,
    Health,
    KnownFeed,
    LedgerEntry,
    LetterCount,
    Move,
    Position,
    PositionMoved,
    SentRequest,
    Settlement,
    VersionCount,
    WaitingRecords,
    with_health,
)


@dataclass(slots=True)
class MemoryOutbox:
    """See `Outbox`. Nothing of it is on a disk."""

    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _counts: dict[Account, Counts] = field(default_factory=dict)
    _delivered_at: dict[Account, float] = field(default_factory=dict)
    _health: dict[Account, Health] = field(default_factory=dict)
    _names: dict[Feed, int] = field(default_factory=dict)
    _feeds: dict[int, KnownFeed] = field(default_factory=dict)
    _feed_of: dict[int, int] = field(default_factory=dict)
    _chunks: dict[int, Chunk] = field(default_factory=dict)
    _dead: dict[int, DeadLetter] = field(default_factory=dict)
    _claimed: set[int] = field(default_factory=set)
    _attempts: Counter[int] = field(default_factory=Counter)
    _owned: set[Account] = field(default_factory=set)
    _deliveries: dict[tuple[Account, bytes], float] = field(default_factory=dict)
    _ledger: deque[tuple[int, LedgerEntry]] = field(default_factory=deque)
    _entries: defaultdict[int, list[LedgerEntry]] = field(default_factory=lambda: defaultdict(list))
    _requests: dict[tuple[Account, SentRequest], int] = field(default_factory=dict)

    @contextmanager
    def own(self, account: Account) -> Iterator[bool]:
        """See `Outbox.own`."""
        if account in self._owned:
            raise AccountTaken(
                f"another courier delivers for {account}", "let it end first, or deliver to another account"
            )
        self._owned.add(account)
        try:
            yield False
        finally:
            self._owned.discard(account)

    def holds(self, account: Account) -> bool:
        """See `Outbox.holds`: nobody else can own it before `own` ends."""
        return True

    def put(self, accepted: Accepted, now: float) -> int:
        """See `Outbox.put`."""
        account, move = accepted.account, accepted.move
        if move is not None and not _fits(self.position(move.feed), move):
            raise PositionMoved(f"{move.feed.shown or move.feed.name} was read on by another process")
        lost = [number for number in accepted.replaces if not _is_mappable(self._dead.get(number))]
        if lost:
            raise PositionMoved(f"dead letter {lost[0]} is gone: another process has taken it")
        gone = [one.chunk for one in accepted.replaces_waiting if one.chunk not in self._chunks]
        if gone:
            raise PositionMoved(f"chunk {gone[0]} is gone: another process has taken it")
        self._remember(accepted, now)
        feed = accepted.feed if move is None else self._read_on(move)
        taken = [self._take_waiting(one) for one in accepted.replaces_waiting]
        since = min((chunk.accepted_at for chunk in taken), default=float(now))
        unanswered = max((chunk.unanswered for chunk in taken), default=0)
        self._keep(accepted, feed, since, unanswered)
        self._bury(letters_of_accepted(accepted, now), feed)
        for number in accepted.replaces:
            del self._dead[number]
        new, replaced = len(accepted.parcels) + len(accepted.rejected), len(accepted.replaces)
        waited = sum(len(chunk.parcels) for chunk in taken)
        self._change(
            account,
            accepted=new - replaced - waited,
            dead=len(accepted.rejected) - replaced,
            skipped=accepted.skipped,
            revived=replaced,
            remapped=replaced + waited,
        )
        return waited

    def put_all(self, accepted: Sequence[Accepted], now: float) -> int:
        """See `Outbox.put_all`."""
        kept = {name: getattr(self, name) for name in self.__slots__}
        before = {name: copy(value) for name, value in kept.items() if isinstance(value, dict)}
        try:
            return sum([self.put(one, now) for one in accepted])
        except BaseException:
            for name, value in before.items():
                setattr(self, name, value)
            raise

    def _remember(self, accepted: Accepted, now: float) -> None:
        """Note deliveries, and forget those that are old. Raises AlreadyAccepted before anything is kept."""
        account, digests = accepted.account, accepted.deliveries
        if len(set(digests)) < len(digests) or self.known_deliveries(account, digests, now):
            raise AlreadyAccepted("a delivery was accepted before")
        if digests:
            since = now - DELIVERY_SECONDS
            self._deliveries = {key: at for key, at in self._deliveries.items() if at > since}
            self._deliveries.update({(account, one): now for one in digests})

    def known_deliveries(self, account: Account, digests: Sequence[bytes], now: float) -> frozenset[bytes]:
        """See `Outbox.known_deliveries`."""
        since = now - DELIVERY_SECONDS
        return frozenset(one for one in digests if self._deliveries.get((account, one), since) > since)

    def _read_on(self, move: Move) -> int:
        """The number of a feed, which is read on."""
        if move.is_other:
            self.forget(move.feed)
        number = self._names.setdefault(move.feed, next(self._numbers))
        shown = move.feed.shown or move.feed.name
        self._feeds[number] = KnownFeed(number, move.feed.account, move.feed.mapping, shown, move.end)
        return number

    def _take_waiting(self, taken: WaitingRecords) -> Chunk:
        """Takes payloads away whose source events were mapped anew; a chunk of them alone."""
        chunk, attempts = self._chunks[taken.chunk], self._attempts[taken.chunk]
        left = tuple(one for one in chunk.parcels if one.record not in taken.records)
        gone = tuple(one for one in chunk.parcels if one.record in taken.records)
        if left:
            self._chunks[taken.chunk] = replace(chunk, parcels=left)
        else:
            self._drop(taken.chunk)
        return replace(chunk, parcels=gone, unanswered=chunk.unanswered + attempts)

    def position(self, feed: Feed) -> Position | None:
        """See `Outbox.position`."""
        number = self._names.get(feed)
        return None if number is None else self._feeds[number].position

    def forget(self, feed: Feed) -> None:
        """See `Outbox.forget`."""
        self._names.pop(feed, None)

    def feeds(self) -> tuple[KnownFeed, ...]:
        """See `Outbox.feeds`."""
        return tuple(self._feeds.values())

    def waiting_records(self, feeds: Sequence[int]) -> Iterator[WaitingRecords]:
        """See `Outbox.waiting_records`."""
        for number, chunk in list(self._chunks.items()):
            feed = self._feed_of.get(number)
            if feed is not None and feed in feeds:
                yield WaitingRecords(number, chunk.account, feed, tuple(one.record for one in chunk.parcels))

    def waiting(self) -> Iterator[Chunk]:
        """See `Outbox.waiting`."""
        for chunk in list(self._chunks.values()):
            yield replace(chunk, unanswered=chunk.unanswered + self._attempts[chunk.number])

    def waiting_versions(self) -> tuple[VersionCount, ...]:
        """See `Outbox.waiting_versions`."""
        found = Counter[tuple[Account, str]]()
        for chunk in self._chunks.values():
            found[chunk.account, chunk.version] += len(chunk.parcels)
        ordered = sorted(found.items(), key=lambda one: (_ordered(one[0][0]), one[0][1]))
        return tuple(VersionCount(*key, count) for key, count in ordered)

    def backlog(self, account: Account, events: int, size: int, now: float) -> Backlog:
        """See `Outbox.backlog`."""
        counted = length = 0
        oldest, next_due = 0.0, None
        for chunk in self._waiting(account):
            if chunk.due > now:
                next_due = chunk.due if next_due is None else min(next_due, chunk.due)
                continue
            counted, length = counted + len(chunk.parcels), length + _size(chunk)
            oldest = min(oldest, chunk.accepted_at) if oldest else chunk.accepted_at
            if counted >= events or length >= size:
                break
        return Backlog(counted, length, oldest, next_due)

    def claim(self, account: Account, events: int, size: int, now: float) -> tuple[Chunk, ...]:
        """See `Outbox.claim`."""
        taken: list[Chunk] = []
        first = 0
        for chunk in self._waiting(account):
            if chunk.due > now:
                continue
            events, size = events - len(chunk.parcels), size - _size(chunk)
            if taken and (events < 0 or size < 0 or chunk.failures):
                break
            unanswered = chunk.unanswered + self._attempts[chunk.number]
            taken.append(replace(chunk, parcels=_numbered(chunk.parcels, first), unanswered=unanswered))
            first += len(chunk.parcels)
            if events <= 0 or size <= 0 or chunk.failures:
                break
        self._claimed.update(chunk.number for chunk in taken)
        return tuple(taken)

    def release(self, account: Account) -> int:
        """See `Outbox.release`."""
        held = [one for one in self._of(account) if one.due]
        self._chunks.update((one.number, replace(one, due=0.0)) for one in held)
        return sum(len(one.parcels) for one in held)

    def begin(self, chunks: Sequence[Chunk]) -> None:
        """See `Outbox.begin`."""
        self._attempts.update(chunk.number for chunk in chunks)

    def mark_restored(self) -> int:
        """See `Outbox.mark_restored`."""
        self._attempts.update(list(self._chunks))
        return sum(len(one.parcels) for one in self._chunks.values())

    def settle(self, settlements: Sequence[Settlement], now: float, health: Health | None = None) -> None:
        """See `Outbox.settle`."""
        for one in settlements:
            if one.chunk.number not in self._chunks:
                raise Damaged(f"chunk {one.chunk.number} is gone")
        for one in settlements:
            feed = self._feed_of.get(one.chunk.number)
            self._settle(one, now)
            self._keep_lines(one, feed, now)
            self._claimed.discard(one.chunk.number)
            self._attempts.pop(one.chunk.number, None)
        if health is not None:
            self._health[health.account] = health

    def _keep_lines(self, one: Settlement, feed: int | None, now: float) -> None:
        for (version, sent), lines in ledger_lines([(one, 0, feed)], now).get(0, {}).items():
            number = self._requests.setdefault((one.chunk.account, sent), len(self._requests) + 1)
            for digest, record, ending, _, waited in lines:
                request = (sent.at, float(now), sent.status, 1, number)
                row = (version, self._shown(feed), record, ending, waited, *request)
                entry = entry_of(row, one.chunk.account)
                self._ledger.append((digest, entry))
                self._entries[digest].append(entry)

    def ledger_entries(self, digest: int) -> tuple[LedgerEntry, ...]:
        """See `Outbox.ledger_entries`."""
        return tuple(self._entries.get(digest, ()))

    def ledger_since(self) -> float | None:
        """See `Outbox.ledger_since`."""
        return self._ledger[0][1].ended_at if self._ledger else None

    def prune_ledger(self, until: float, most: int) -> int:
        """See `Outbox.prune_ledger`."""
        count = 0
        while count < most and self._ledger and self._ledger[0][1].ended_at < until:
            digest, entry = self._ledger.popleft()
            self._entries[digest].remove(entry)
            if not self._entries[digest]:
                del self._entries[digest]
            count += 1
        return count

    def status(self) -> tuple[AccountStatus, ...]:
        """See `Outbox.status`."""
        accounts = sorted(self._counts, key=_ordered)
        return tuple(with_health(self._status(one), self._health.get(one, Health(one))) for one in accounts)

    def _status(self, account: Account) -> AccountStatus:
        chunks = list(self._of(account))
        failing = [one for one in chunks if one.failures]
        return AccountStatus(
            account,
            replace(self._counts[account], pending=sum(len(one.parcels) for one in chunks)),
            min((one.accepted_at for one in chunks if one.failures or not one.due), default=0.0),
            sum(_size(one) for one in chunks),
            self._delivered_at.get(account, 0.0),
            sum(len(one.parcels) for one in failing),
            min((one.failing_since for one in failing), default=0.0),
        )

    def used_bytes(self) -> int:
        """See `Outbox.used_bytes`."""
        letters = sum(len(one.body) for one in self._dead.values())
        return letters + sum(_size(one) for one in self._chunks.values())

    def free_bytes(self) -> int | None:
        """See `Outbox.free_bytes`."""
        return None

    def letter_counts(self) -> tuple[LetterCount, ...]:
        """See `Outbox.letter_counts`."""
        found = Counter((one.account, one.stage, one.kind) for one in self._dead.values())
        return tuple(LetterCount(*key, count) for key, count in found.items())

    def dead_letters(self, query: DeadQuery) -> Iterator[DeadLetter]:
        """See `Outbox.dead_letters`."""
        asked = _asked(query)
        return iter([letter for letter in self._dead.values() if asked(letter)])

    def retry(self, query: DeadQuery, now: float) -> int:
        """See `Outbox.retry`."""
        found = [letter for letter in self.dead_letters(query) if letter.stage == "delivery"]
        key = _key_of_chunk
        for (account, _, version), letters in groupby(sorted(found, key=key), key):
            owner = next(one for one in self._counts if _ordered(one) == account)
            while group := list(islice(letters, CHUNK_EVENTS)):
                again = Accepted(owner, version, parcels_again(group))
                self._keep(again, group[0].feed_number, now)
                for one in group:
                    del self._dead[one.number]
                self._change(owner, dead=-len(group), revived=len(group))
        return len(found)

    def purge(self, query: DeadQuery) -> int:
        """See `Outbox.purge`."""
        found = list(self.dead_letters(query))
        for letter in found:
            del self._dead[letter.number]
            self._change(letter.account, purged=1)
        return len(found)

    def audit(self) -> list[str]:
        """The counts that do not agree with what is kept; [] if all do."""
        wrong = []
        for one in self.status():
            letters = sum(letter.account == one.account for letter in self._dead.values())
            if not one.counts.balanced or one.counts.dead + one.counts.expired != letters + one.counts.purged:
                wrong.append(f"{one.account}: {one.counts} with {letters} letters")
        return wrong

    def close(self) -> None:
        """See `Outbox.close`."""
        self._claimed.clear()

    def _settle(self, one: Settlement, now: float) -> None:
        chunk = one.chunk
        left = [receipt.parcel for receipt in one.receipts if receipt.status == "retry"]
        delivered = sum(receipt.status == "delivered" for receipt in one.receipts)
        letters = letters_of_settlement(one, now)
        self._bury(letters, self._feed_of.get(chunk.number))
        expired = sum(letter.stage == "expired" for letter in letters)
        dead = len(letters) - expired
        self._change(chunk.account, delivered=delivered, dead=dead, expired=expired, copies=one.copies)
        if delivered:
            self._delivered_at[chunk.account] = now
        if left:
            self._chunks[chunk.number] = replace(
                chunk,
                parcels=tuple(left),
                failures=one.failures,
                failing_since=one.failing_since,
                due=one.due,
                unanswered=one.unanswered,
                tried_at=one.tried_at,
                reason=one.reason,
            )
        else:
            self._drop(chunk.number)

    def _keep(self, accepted: Accepted, feed: int | None, since: float, unanswered: int = 0) -> None:
        account, version, shown = accepted.account, accepted.version, self._shown(feed)
        self._counts.setdefault(account, Counts())
        for part in cut_chunks(accepted.parcels, accepted.chunk_events):
            number = next(self._numbers)
            placed = tuple(replace(one, feed=shown) for one in part)
            chunk = Chunk(number, account, version, shown, since, placed, unanswered=unanswered)
            self._chunks[number] = chunk
            if feed is not None:
                self._feed_of[number] = feed

    def _drop(self, chunk: int) -> None:
        del self._chunks[chunk]
        self._feed_of.pop(chunk, None)
        self._attempts.pop(chunk, None)

    def _bury(self, letters: Iterable[DeadLetter], feed: int | None) -> None:
        for letter in letters:
            number = next(self._numbers)
            self._dead[number] = replace(letter, number=number, feed=self._shown(feed), feed_number=feed)

    def _shown(self, feed: int | None) -> str:
        return "" if feed is None else self._feeds[feed].shown

    def _change(self, account: Account, **changes: int) -> None:
        counts = self._counts.setdefault(account, Counts())
        changed = {name: getattr(counts, name) + change for name, change in changes.items()}
        self._counts[account] = replace(counts, **changed)

    def _of(self, account: Account) -> Iterator[Chunk]:
        return (chunk for chunk in self._chunks.values() if chunk.account == account)

    def _waiting(self, account: Account) -> Iterator[Chunk]:
        return (chunk for chunk in self._of(account) if chunk.number not in self._claimed)


def _fits(known: Position | None, move: Move) -> bool:
    """Whether a feed is where a move starts."""
    if known is None or move.start is None:
        return known is move.start
    return (known.record, known.offset) == (move.start.record, move.start.offset)


def _is_mappable(letter: DeadLetter | None) -> bool:
    return letter is not None and letter.stage != "expired"


def _asked(query: DeadQuery) -> Callable[[DeadLetter], bool]:
    reason = query.reason.lower()

    def asked(letter: DeadLetter) -> bool:
        return (
            (query.account is None or letter.account == query.account)
            and (not query.account_name or letter.account.name == query.account_name)
            and (query.numbers is None or letter.number in query.numbers)
            and (query.feeds is None or letter.feed_number in query.feeds)
            and (query.stage is None or letter.stage == query.stage)
            and (not query.kind or letter.kind == query.kind)
            and reason in letter.reason.lower()
            and (query.since is None or letter.died_at >= query.since)
            and (query.until is None or letter.died_at < query.until)
        )

    return asked


def _key_of_chunk(letter: DeadLetter) -> tuple[tuple[str, str, bool, str], int, str]:
    return _ordered(letter.account), letter.feed_number or 0, letter.version


def _ordered(account: Account) -> tuple[str, str, bool, str]:
    return account.destination, account.name, account.test, account.recipient


def _numbered(parcels: Iterable[Parcel], first: int) -> tuple[Parcel, ...]:
    return tuple(replace(one, number=number) for number, one in enumerate(parcels, first))


def _size(chunk: Chunk) -> int:
    return sum(len(one.body) for one in chunk.parcels)
