"""An outbox in one SQLite database: a file, or memory.

What is committed to a file is on the disk: the log is written ahead and flushed before a method returns.
Nobody but the user can read the file, and what is deleted is overwritten.
"""

from __future__ import annotations

import errno
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any

from mapper.delivery.outbox.backlog import Replaced, WaitingChunk, choose, count_backlog, filled
from mapper.delivery.outbox.database import open_database, open_memory, unbalanced
from mapper.delivery.outbox.database_errors import RECOVER, explained
from mapper.delivery.outbox.database_place import InFile, InMemory
from mapper.delivery.outbox.dead_letters import (
    LETTERS_AT_ONCE,
    alike,
    letters_of_accepted,
    parcels_again,
)
from mapper.delivery.outbox.dead_query import condition_of, names_of
from mapper.delivery.outbox.erasure import Erased, ErasureOrder, Reached
from mapper.delivery.outbox.ledger import ledger_lines
from mapper.delivery.outbox.outbox_errors import AlreadyAccepted, Damaged, OutboxError, PositionMoved
from mapper.delivery.outbox.outbox_tables import (
    DELETE_DELIVERIES,
    DIALECT,
    INSERT_DEAD,
    INSERT_DELIVERY,
    SELECT_ACCOUNTS,
    SELECT_CHUNK,
    SELECT_DEAD,
    SELECT_DEAD_NUMBERS,
    SELECT_DELIVERY,
    SELECT_FEEDS,
    SELECT_LETTER_AGES,
    SELECT_LETTER_COUNTS,
    SELECT_STATUS,
    SELECT_TOTALS,
    SELECT_VERSIONS,
    TAKE_BACK,
    account_of,
    chunk_of,
    dead_row,
    letter_age_of,
    letter_count_of,
    letter_of,
    position_of,
    status_of,
    version_count_of,
)
from mapper.delivery.outbox.parcel_rows import (
    chunk_columns,
    cut_chunks,
    records_of,
)
from mapper.delivery.outbox.sqlite_chunks import (
    delete_chunks,
    erase_some,
    keep_parcels,
    settle_chunk,
)
from mapper.delivery.outbox.sqlite_feeds import free_name, move_feed, stored_name
from mapper.delivery.outbox.sqlite_ledger import (
    ledger_lines_kept,
    ledger_since,
    prune_ledger,
    read_ledger,
    write_ledger,
)
from mapper.delivery.outbox.store import (
    DELIVERY_SECONDS,
    Accepted,
    Account,
    AccountStatus,
    Backlog,
    Chunk,
    DeadLetter,
    DeadQuery,
    Feed,
    Health,
    KnownFeed,
    LedgerEntry,
    LetterAge,
    LetterCount,
    LetterTotals,
    Position,
    Settlement,
    VersionCount,
    WaitingRecords,
)
from mapper.delivery.outbox.upgrade import Say

_DELIVERY_BYTES = 70
"""A delivery that is remembered takes so much, in its table and index."""
_LEDGER_BYTES = 40
"""A line of the ledger takes so much."""
_ROWS_AT_ONCE = 100
_COUNTED_SECONDS = 5.0
"""The time for which the numbers of deliveries and of lines of the ledger are taken to stay the same."""

_SCRUB_SECONDS, _SCRUB_AGAIN_SECONDS = 30.0, 0.1
"""How long others are waited for that read the log, and the time between two tries."""

_NOTE_REQUESTS = "INSERT INTO attempt (chunk, requests)"
_ONCE_MORE = "ON CONFLICT (chunk) DO UPDATE SET requests = requests + 1"
_NOTE_REQUEST = f"{_NOTE_REQUESTS} VALUES (?, 1) {_ONCE_MORE}"


class SqliteOutbox:
    """See `Outbox`. One connection, for one thread at a time."""

    def __init__(
        self, place: InFile | InMemory | None = None, connection: sqlite3.Connection | None = None
    ) -> None:
        self._place = place or InMemory()
        self._connection = connection or open_memory()
        self._accounts: dict[Account, int] = {}
        self._claimed: set[int] = set()
        self._passing_bytes, self._counted_until = 0, 0.0

    def own(self, account: Account) -> AbstractContextManager[bool]:
        """See `Outbox.own`."""
        return self._place.own(self._account(account), account)

    def holds(self, account: Account) -> bool:
        """See `Outbox.holds`: nobody else can own it before `own` ends."""
        return True

    def put(self, accepted: Accepted, now: float) -> int:
        """See `Outbox.put`."""
        return self.put_all((accepted,), now)

    def put_all(self, accepted: Sequence[Accepted], now: float) -> int:
        """See `Outbox.put_all`."""
        with self._transaction() as sql:
            self._place.check()
            return sum([self._put(sql, one, now) for one in accepted])

    def _put(self, sql: sqlite3.Connection, accepted: Accepted, now: float) -> int:
        account = self._account_row(sql, accepted.account)
        self._remember(sql, account, accepted.deliveries, now)
        feed_number = move_feed(sql, account, accepted.move, now) or accepted.feed
        waited = self._take_waiting(sql, accepted.replaces_waiting)
        self._insert_chunk(sql, (account, feed_number), accepted, waited.as_of(now))
        for letter in letters_of_accepted(accepted, now):
            sql.execute(INSERT_DEAD, dead_row(account, feed_number, letter))
        replaced = self._take_dead(sql, accepted.replaces)
        new = len(accepted.parcels) + len(accepted.rejected) - replaced - waited.events
        sql.execute(
            "UPDATE account SET accepted = accepted + ?, dead = dead + ?, skipped = skipped + ?,"
            " revived = revived + ?, remapped = remapped + ? WHERE id = ?",
            (
                *(new, len(accepted.rejected) - replaced, accepted.skipped),
                *(replaced, replaced + waited.events, account),
            ),
        )
        return waited.events

    def _remember(self, sql: sqlite3.Connection, account: int, digests: Sequence[bytes], now: float) -> None:
        """Note deliveries, and forget as many that are old. Raises AlreadyAccepted."""
        for digest in digests:
            values = (account, digest, now, now - DELIVERY_SECONDS)
            if sql.execute(INSERT_DELIVERY, values).rowcount != 1:
                raise AlreadyAccepted("a delivery was accepted before")
        if digests:
            sql.execute(DELETE_DELIVERIES, (now - DELIVERY_SECONDS, 2 * len(digests)))

    def known_deliveries(self, account: Account, digests: Sequence[bytes], now: float) -> frozenset[bytes]:
        """See `Outbox.known_deliveries`."""
        number, since = self._account(account), now - DELIVERY_SECONDS
        with self._reading():
            ask = self._connection.execute
            return frozenset(one for one in digests if ask(SELECT_DELIVERY, (number, one, since)).fetchone())

    def position(self, feed: Feed) -> Position | None:
        """See `Outbox.position`."""
        with self._reading():
            row = self._connection.execute(
                "SELECT record, offset, inode, sampled, digest, ended, received_at, checked"
                " FROM feed JOIN account ON account.id = feed.account WHERE destination = ?"
                " AND account.name = ? AND test = ? AND recipient = ? AND mapping = ? AND feed.name = ?"
                " AND record >= 0",
                (*names_of(feed.account), feed.mapping, stored_name(feed.name)),
            ).fetchone()
        return None if row is None else self._position(row)

    def _position(self, row: Sequence[Any]) -> Position:
        position = position_of(row)
        if position is None:
            raise Damaged(f"the position of a feed in {self._place} was changed on the disk", RECOVER)
        return position

    def forget(self, feed: Feed) -> None:
        """See `Outbox.forget`: the row stays, since chunks name it."""
        with self._transaction() as sql:
            free_name(sql, self._account_row(sql, feed.account), feed)

    def feeds(self) -> tuple[KnownFeed, ...]:
        """See `Outbox.feeds`."""
        with self._reading():
            rows = self._connection.execute(SELECT_FEEDS).fetchall()
        return tuple(self._known_feed(*row) for row in rows)

    def _known_feed(self, number: int, *row: Any) -> KnownFeed:
        destination, name, test, recipient, mapping, shown, *position = row
        account = Account(destination, name, bool(test), recipient)
        return KnownFeed(number, account, mapping, shown, self._position(position))

    def waiting_records(self, feeds: Sequence[int]) -> Iterator[WaitingRecords]:
        """See `Outbox.waiting_records`."""
        known = {one.number: one for one in self.feeds()}
        with self._reading():
            rows = self._connection.execute("SELECT id, feed, places FROM chunk WHERE count > 0 ORDER BY id")
            for number, feed, places in rows:
                if feed in feeds:
                    yield WaitingRecords(number, known[feed].account, feed, records_of(places))

    def waiting(self) -> Iterator[Chunk]:
        """See `Outbox.waiting`."""
        with self._reading():
            accounts = dict(map(account_of, self._connection.execute(SELECT_ACCOUNTS)))
            rows = self._connection.execute(
                f"{SELECT_CHUNK} WHERE count > 0 ORDER BY chunk.account, chunk.id"
            )
            with closing(rows):
                for row in rows:
                    yield self._read_chunk(row, accounts[row[1]])

    def waiting_versions(self) -> tuple[VersionCount, ...]:
        """See `Outbox.waiting_versions`."""
        counts = Counter[tuple[int, str]]()
        with self._reading():
            accounts = dict(map(account_of, self._connection.execute(SELECT_ACCOUNTS)))
            for account, version, count in self._connection.execute(SELECT_VERSIONS):
                counts[account, version] += count
        found = ((*names_of(accounts[one]), version, count) for (one, version), count in counts.items())
        return tuple(map(version_count_of, sorted(found)))

    def backlog(self, account: Account, events: int, size: int, now: float) -> Backlog:
        """See `Outbox.backlog`."""
        return count_backlog(self._waiting(account), events, size, now)

    def claim(self, account: Account, events: int, size: int, now: float) -> tuple[Chunk, ...]:
        """See `Outbox.claim`."""
        empty: list[int] = []
        taken = choose(filled(self._waiting(account), empty), events, size, now)
        if empty:  # all of it was erased, and nobody holds it
            with self._transaction() as sql:
                delete_chunks(sql, empty)
        chunks: list[Chunk] = []
        for number in taken:
            chunks.append(self._chunk(number, account, sum(len(one.parcels) for one in chunks)))
        self._claimed.update(taken)
        return tuple(chunks)

    def release(self, account: Account) -> int:
        """See `Outbox.release`."""
        number = self._account(account)
        with self._transaction() as sql:
            rows = sql.execute(
                "SELECT coalesce(sum(count), 0) FROM chunk WHERE account = ? AND due > 0", (number,)
            )
            released = int(rows.fetchone()[0])
            if released:
                sql.execute("UPDATE chunk SET due = 0 WHERE account = ? AND due > 0", (number,))
        return released

    def begin(self, chunks: Sequence[Chunk]) -> None:
        """See `Outbox.begin`: where no copy counts, the disk is not waited for."""
        counted = any(parcel.counted_twice for chunk in chunks for parcel in chunk.parcels)
        with nullcontext() if counted else self._unflushed():
            self._with_ballast(partial(self._note_attempts, [chunk.number for chunk in chunks]))

    def mark_restored(self) -> int:
        """See `Outbox.mark_restored`."""
        with self._transaction() as sql:
            sql.execute(f"{_NOTE_REQUESTS} SELECT id, 1 FROM chunk WHERE true {_ONCE_MORE}")
            (events,) = sql.execute("SELECT coalesce(sum(count), 0) FROM chunk").fetchone()
        return int(events)

    def settle(self, settlements: Sequence[Settlement], now: float, health: Health | None = None) -> None:
        """See `Outbox.settle`."""
        self._with_ballast(partial(self._settle_all, settlements, now, health))
        self._claimed.difference_update(one.chunk.number for one in settlements)

    def _with_ballast(self, change: Callable[[], None]) -> None:
        """Make a change; on a full disk with the space that is kept for it."""
        try:
            change()
        except OSError as error:
            if error.errno != errno.ENOSPC or not self._place.throw_ballast():
                raise
            self._empty_log()
            change()
            self._empty_log()
            self._place.lay_ballast()

    def _note_attempts(self, chunks: Sequence[int]) -> None:
        with self._transaction() as sql:
            sql.executemany(_NOTE_REQUEST, [(number,) for number in chunks])

    def _settle_all(self, settlements: Sequence[Settlement], now: float, health: Health | None) -> None:
        with self._transaction() as sql:
            settled = [(one, *settle_chunk(sql, one, now, self._place)) for one in settlements]
            write_ledger(sql, ledger_lines(settled, now), now)
            if health is not None:
                account = self._account_row(sql, health.account)
                sql.execute(
                    "UPDATE account SET failing_since = ?, failing_reason = ?, skew_seconds = ? WHERE id = ?",
                    (health.failing_since, health.reason, health.skew_seconds, account),
                )

    def ledger_entries(self, digest: int) -> tuple[LedgerEntry, ...]:
        """See `Outbox.ledger_entries`."""
        with self._reading():
            return tuple(read_ledger(self._connection, digest))

    def ledger_since(self) -> float | None:
        """See `Outbox.ledger_since`."""
        with self._reading():
            return ledger_since(self._connection)

    def prune_ledger(self, until: float, most: int) -> int:
        """See `Outbox.prune_ledger`."""
        with self._transaction() as sql:
            return prune_ledger(sql, until, most)

    def _empty_log(self) -> bool:
        """Write the log back, which gives its space back too; False if somebody reads it at the moment."""
        with suppress(OSError, OutboxError), self._reading():
            (is_busy, *_) = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not is_busy
        return False

    def status(self) -> tuple[AccountStatus, ...]:
        """See `Outbox.status`."""
        with self._reading():
            return tuple(map(status_of, self._connection.execute(SELECT_STATUS).fetchall()))

    def used_bytes(self) -> int:
        """See `Outbox.used_bytes`."""
        with self._reading():
            pages = self._pragma("page_count") - self._pragma("freelist_count")
            if time.monotonic() >= self._counted_until:
                self._counted_until = time.monotonic() + _COUNTED_SECONDS
                (deliveries,) = self._connection.execute("SELECT count(*) FROM delivery").fetchone()
                lines = ledger_lines_kept(self._connection)
                self._passing_bytes = deliveries * _DELIVERY_BYTES + lines * _LEDGER_BYTES
            return max(pages * self._pragma("page_size") - self._passing_bytes, 0)

    def free_bytes(self) -> int | None:
        """See `Outbox.free_bytes`: on the disk, and in pages that are free."""
        free = self._place.free_bytes()
        if free is None:
            return None
        with self._reading():
            return free + self._pragma("freelist_count") * self._pragma("page_size")

    def _pragma(self, name: str) -> int:
        return int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])

    def letter_counts(self) -> tuple[LetterCount, ...]:
        """See `Outbox.letter_counts`."""
        with self._reading():
            return tuple(map(letter_count_of, self._connection.execute(SELECT_LETTER_COUNTS).fetchall()))

    def letter_ages(self) -> tuple[LetterAge, ...]:
        """See `Outbox.letter_ages`."""
        with self._reading():
            return tuple(map(letter_age_of, self._connection.execute(SELECT_LETTER_AGES).fetchall()))

    def letter_totals(self, query: DeadQuery) -> LetterTotals:
        """See `Outbox.letter_totals`."""
        where, values = condition_of(query, DIALECT)
        with self._reading():
            return LetterTotals(
                *self._connection.execute(f"{SELECT_TOTALS} WHERE {where}", values).fetchone()
            )

    def dead_letters(self, query: DeadQuery) -> Iterator[DeadLetter]:
        """See `Outbox.dead_letters`."""
        where, values = condition_of(query, DIALECT)
        with self._reading():
            rows = self._connection.execute(f"{SELECT_DEAD} WHERE {where} ORDER BY dead.id", values)
            while found := rows.fetchmany(_ROWS_AT_ONCE):
                yield from map(self._letter, found)

    def retry(self, query: DeadQuery, now: float) -> int:
        """See `Outbox.retry`."""
        where, values = condition_of(query, DIALECT)
        text = f"{SELECT_DEAD} WHERE {where} AND stage = 'delivery' AND dead.id > ? ORDER BY dead.id LIMIT ?"
        count = last = 0
        with self._transaction() as sql:
            while rows := sql.execute(text, (*values, last, LETTERS_AT_ONCE)).fetchall():
                count, last = count + len(rows), rows[-1][0]
                for group in alike(list(map(self._letter, rows))):
                    self._wait_again(sql, group, now)
        return count

    def purge(self, query: DeadQuery, most: int | None = None) -> int:
        """See `Outbox.purge`: some at a time, so that others write meanwhile, and the log stays short."""
        where, values = condition_of(query, DIALECT)
        text = f"{SELECT_DEAD_NUMBERS} WHERE {where} AND dead.id > ? ORDER BY dead.id LIMIT ?"
        count = last = 0
        while True:
            with self._transaction() as sql:
                rows = sql.execute(text, (*values, last, LETTERS_AT_ONCE)).fetchall()
                sql.executemany("DELETE FROM dead WHERE id = ?", ((number,) for number, _ in rows))
                for account, purged in Counter(account for _, account in rows).items():
                    sql.execute("UPDATE account SET purged = purged + ? WHERE id = ?", (purged, account))
            count += len(rows)
            if not rows or (most is not None and count >= most):
                return count
            last = rows[-1][0]

    def erase(self, order: ErasureOrder, reached: Reached) -> tuple[Erased, Reached]:
        """See `Outbox.erase`."""
        with self._transaction() as sql:
            return erase_some(sql, order, reached, self._place)

    def scrub(self) -> bool:
        """See `Outbox.scrub`: what was deleted is overwritten, but the log may have it until it is empty."""
        until = time.monotonic() + _SCRUB_SECONDS
        while not self._empty_log():
            if time.monotonic() > until:
                return False
            time.sleep(_SCRUB_AGAIN_SECONDS)
        return True

    def audit(self) -> list[str]:
        """The counts that do not agree with the rows; [] if all do. For tests and `recover`."""
        with self._reading():
            return unbalanced(self._connection)

    def close(self) -> None:
        """See `Outbox.close`."""
        self._claimed.clear()
        self._connection.close()

    # Rows

    def _waiting(self, account: Account) -> Iterator[WaitingChunk]:
        """Each chunk that is not claimed, oldest first."""
        number = self._account(account)
        with self._reading():
            rows = self._connection.execute(
                "SELECT id, count, size, accepted_at, due, failures FROM chunk WHERE account = ? ORDER BY id",
                (number,),
            )
            with closing(rows):
                yield from (WaitingChunk(*row) for row in rows if row[0] not in self._claimed)

    def _chunk(self, number: int, account: Account, first: int = 0) -> Chunk:
        with self._reading():
            row = self._connection.execute(f"{SELECT_CHUNK} WHERE chunk.id = ?", (number,)).fetchone()
        if row is None:
            raise Damaged(f"chunk {number} of {self._place} is gone", RECOVER)
        return self._read_chunk(row, account, first)

    def _read_chunk(self, row: tuple[Any, ...], account: Account, first: int = 0) -> Chunk:
        chunk = chunk_of(row, account, first)
        if chunk is None:
            raise Damaged(f"chunk {row[0]} of {self._place} was changed on the disk", RECOVER)
        return chunk

    def _letter(self, row: tuple[Any, ...]) -> DeadLetter:
        letter = letter_of(row)
        if letter is None:
            raise Damaged(f"dead letter {row[0]} of {self._place} was changed on the disk", RECOVER)
        return letter

    def _account(self, account: Account) -> int:
        """The id of an account; it is made where there is none."""
        if account not in self._accounts:
            with self._transaction() as sql:
                self._accounts[account] = self._account_row(sql, account)
        return self._accounts[account]

    def _account_row(self, sql: sqlite3.Connection, account: Account) -> int:
        sql.execute(
            "INSERT INTO account (destination, name, test, recipient) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            names_of(account),
        )
        row = sql.execute(
            "SELECT id FROM account WHERE destination = ? AND name = ? AND test = ? AND recipient = ?",
            names_of(account),
        ).fetchone()
        return int(row[0])

    def _take_waiting(self, sql: sqlite3.Connection, taken: Sequence[WaitingRecords]) -> Replaced:
        """Takes payloads away whose source events were mapped anew. Raises PositionMoved."""
        events, oldest, unanswered = 0, 0.0, 0
        for one in taken:
            if sql.execute("SELECT id FROM chunk WHERE id = ?", (one.chunk,)).fetchone() is None:
                raise PositionMoved(f"chunk {one.chunk} is gone: another process has taken it")
            chunk, records = self._chunk(one.chunk, one.account), set(one.records)
            left = [parcel for parcel in chunk.parcels if parcel.record not in records]
            events += len(chunk.parcels) - len(left)
            oldest = min(oldest or chunk.accepted_at, chunk.accepted_at)
            unanswered = max(unanswered, chunk.unanswered)
            keep_parcels(sql, one.chunk, left, len(left) < len(chunk.parcels))
        return Replaced(events, oldest, unanswered)

    def _insert_chunk(
        self,
        sql: sqlite3.Connection,
        owner: tuple[int, int | None],
        accepted: Accepted,
        waited: Replaced,
    ) -> None:
        """owner: the ids of the account and of the feed."""
        for parcels in cut_chunks(accepted.parcels, accepted.chunk_events):
            content = chunk_columns(parcels)
            sql.execute(
                "INSERT INTO chunk (account, feed, version, accepted_at, unanswered, count, size, places,"
                " bodies, checked) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*owner, accepted.version, waited.since, waited.unanswered, *content),
            )

    def _take_dead(self, sql: sqlite3.Connection, numbers: Sequence[int]) -> int:
        """Takes dead letters away whose source events were mapped anew. Raises PositionMoved."""
        for number in numbers:
            if sql.execute("DELETE FROM dead WHERE id = ? AND stage <> 'expired'", (number,)).rowcount != 1:
                raise PositionMoved(f"dead letter {number} is gone: another process has taken it")
        return len(numbers)

    def _wait_again(self, sql: sqlite3.Connection, letters: list[DeadLetter], now: float) -> None:
        first = letters[0]
        account = self._account_row(sql, first.account)
        row = sql.execute("SELECT feed FROM dead WHERE id = ?", (first.number,)).fetchone()
        again = Accepted(first.account, first.version, parcels_again(letters))
        self._insert_chunk(sql, (account, row[0]), again, Replaced().as_of(now))
        sql.executemany("DELETE FROM dead WHERE id = ?", [(one.number,) for one in letters])
        sql.execute(TAKE_BACK, (len(letters), len(letters), account))

    # Transactions

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._reading():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _unflushed(self) -> Iterator[None]:
        """Within it a commit does not wait for the disk: it outlives the process, but no power cut."""
        with self._reading():
            (before,) = self._connection.execute("PRAGMA synchronous").fetchone()
            self._connection.execute("PRAGMA synchronous = NORMAL")
            try:
                yield
            finally:
                self._connection.execute(f"PRAGMA synchronous = {before}")

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with explained(self._place):
            yield


def open_outbox(path: Path, say: Say = lambda line: None) -> SqliteOutbox:
    """The outbox in a file, which is made where there is none. Raises OutboxError and OSError.

    say: hears that it was brought up to date.
    """
    connection = open_database(path, say)
    return SqliteOutbox(InFile(path), connection)
