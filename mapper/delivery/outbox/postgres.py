"""An outbox in a PostgreSQL database, for several processes on several machines.

What is committed is as safe as the server keeps it. A courier owns an account by a lease.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import accumulate
from operator import methodcaller
from typing import Any

from mapper.delivery.outbox.backlog import Replaced, WaitingChunk, choose, count_backlog, filled
from mapper.delivery.outbox.dead_letters import (
    LETTERS_AT_ONCE,
    alike,
    letters_of_accepted,
    parcels_again,
)
from mapper.delivery.outbox.dead_query import condition_of
from mapper.delivery.outbox.erasure import Erased, ErasureOrder, Reached
from mapper.delivery.outbox.ledger import ledger_lines
from mapper.delivery.outbox.outbox_errors import AlreadyAccepted, Damaged, PositionMoved
from mapper.delivery.outbox.outbox_tables import (
    account_of,
    chunk_of,
    letter_age_of,
    letter_count_of,
    letter_of,
    position_of,
    status_of,
    version_count_of,
)
from mapper.delivery.outbox.parcel_rows import chunk_columns, cut_chunks, records_of
from mapper.delivery.outbox.postgres_accounts import CountChanges, account_row
from mapper.delivery.outbox.postgres_address import read_address
from mapper.delivery.outbox.postgres_chunks import SCRUBBED, ChunkRows, keep_parcels
from mapper.delivery.outbox.postgres_feeds import free_name, move_feed
from mapper.delivery.outbox.postgres_leases import Leases
from mapper.delivery.outbox.postgres_ledger import SELECT_SINCE, prune_ledger, read_ledger, write_ledger
from mapper.delivery.outbox.postgres_letters import insert_letters, purge_letters, take_letters
from mapper.delivery.outbox.postgres_link import Link, Sql
from mapper.delivery.outbox.postgres_schema import (
    DELETE_DELIVERIES,
    DELETE_EMPTY,
    DIALECT,
    INSERT_CHUNK,
    INSERT_DELIVERIES,
    NOTE_REQUEST,
    POSITION_COLUMNS,
    SELECT_ACCOUNTS,
    SELECT_CHUNKS,
    SELECT_DEAD,
    SELECT_DELIVERIES,
    SELECT_FEEDS,
    SELECT_LETTER_AGES,
    SELECT_LETTER_COUNTS,
    SELECT_NEXT_CHUNKS,
    SELECT_STATUS,
    SELECT_TOTALS,
    SELECT_VERSIONS,
    SELECT_WAITING,
    text_of,
)
from mapper.delivery.outbox.postgres_tables import prepare, unbalanced
from mapper.delivery.outbox.reconnection import Reconnection
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

_FIRST_PAGE, _LONGEST_PAGE = 16, 1024
_PAGE = 100
_CHUNKS_OF_A_PAGE = 8
_RESTORE = "restore it from a backup"


class PostgresOutbox:
    """See `Outbox`. One connection; beside the thread that calls, one renews leases."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._leases = Leases(link)
        self._accounts: dict[Account, int] = {}
        self._claimed: defaultdict[Account, set[int]] = defaultdict(set)

    @property
    def name(self) -> str:
        """The name of the outbox for a person; no secret."""
        return self._link.name

    @contextmanager
    def own(self, account: Account) -> Iterator[bool]:
        """See `Outbox.own`: a lease, which ends by itself where the process is gone."""
        with self._leases.own(self._account(account), account) as was_owned:
            self._claimed.pop(account, None)
            yield was_owned

    def holds(self, account: Account) -> bool:
        """See `Outbox.holds`."""
        return self._leases.holds(self._accounts.get(account, 0))

    def put(self, accepted: Accepted, now: float) -> int:
        """See `Outbox.put`."""
        return self.put_all((accepted,), now)

    def put_all(self, accepted: Sequence[Accepted], now: float) -> int:
        """See `Outbox.put_all`."""
        moment = self._link.there(now)
        for one in accepted:
            self._account(one.account)

        def put(sql: Sql) -> int:
            changes = CountChanges()
            self._remember(sql, accepted, moment)
            replaced = sum([self._put(sql, one, moment, changes) for one in accepted])
            changes.write(sql)
            return replaced

        return self._link.change(put)

    def _put(self, sql: Sql, accepted: Accepted, now: float, changes: CountChanges) -> int:
        account = self._account(accepted.account)
        feed = move_feed(sql, account, accepted.move, now) or accepted.feed
        waited = self._take_waiting(sql, accepted, changes)
        self._insert_chunks(sql, (account, feed), accepted, waited.as_of(now))
        letters = letters_of_accepted(accepted, now)
        insert_letters(sql, (account, feed), letters)
        replaced, length = take_letters(sql, accepted.replaces)
        counts = changes.counts[account]
        counts["accepted"] += len(accepted.parcels) + len(letters) - replaced - waited.events
        counts["pending"] += len(accepted.parcels) - waited.events
        counts["pending_bytes"] += sum([len(one.body) for one in accepted.parcels])
        counts["dead"] += len(letters) - replaced
        counts["dead_bytes"] += sum([len(one.body) for one in letters]) - length
        counts["skipped"] += accepted.skipped
        counts["revived"] += replaced
        counts["remapped"] += replaced + waited.events
        return waited.events

    def _remember(self, sql: Sql, accepted: Sequence[Accepted], now: float) -> None:
        """Note deliveries, and forget as many that are old. Raises AlreadyAccepted."""
        by_account: defaultdict[int, list[bytes]] = defaultdict(list)
        for one in accepted:
            by_account[self._account(one.account)] += one.deliveries
        for account, digests in sorted(by_account.items()):
            if not digests:
                continue
            values = (account, now, sorted(set(digests)), now - DELIVERY_SECONDS)
            if sql.execute(INSERT_DELIVERIES, values).rowcount != len(digests):
                raise AlreadyAccepted("a delivery was accepted before")
            sql.execute(DELETE_DELIVERIES, (now - DELIVERY_SECONDS, 2 * len(digests)))

    def known_deliveries(self, account: Account, digests: Sequence[bytes], now: float) -> frozenset[bytes]:
        """See `Outbox.known_deliveries`."""
        if not digests:
            return frozenset()
        values = (self._account(account), list(digests), self._link.there(now) - DELIVERY_SECONDS)
        found = self._link.rows(SELECT_DELIVERIES, values)
        return frozenset(row[0] for row in found)

    def position(self, feed: Feed) -> Position | None:
        """See `Outbox.position`."""
        values = (self._account(feed.account), feed.mapping, text_of(feed.name))
        text = (
            f"SELECT {', '.join(POSITION_COLUMNS)}, checked FROM mapper_outbox.feed"
            " WHERE account = %s AND mapping = %s AND name = %s"
        )
        rows = self._link.rows(text, values)
        return self._position(rows[0]) if rows else None

    def forget(self, feed: Feed) -> None:
        """See `Outbox.forget`: the row stays, since chunks name it."""
        account = self._account(feed.account)
        self._link.ask(lambda sql: free_name(sql, account, feed))

    def feeds(self) -> tuple[KnownFeed, ...]:
        """See `Outbox.feeds`."""
        return tuple(self._known_feed(*row) for row in self._link.rows(SELECT_FEEDS))

    def _known_feed(self, number: int, *row: Any) -> KnownFeed:
        destination, name, test, recipient, mapping, shown, *position = row
        account = Account(destination, name, test, recipient)
        return KnownFeed(number, account, mapping, shown, self._position(position))

    def _position(self, row: Sequence[Any]) -> Position:
        position = position_of(row)
        if position is None:
            raise Damaged(f"the position of a feed in {self.name} was changed on the disk", _RESTORE)
        return position

    def waiting_records(self, feeds: Sequence[int]) -> Iterator[WaitingRecords]:
        """See `Outbox.waiting_records`."""
        known = {one.number: one for one in self.feeds() if one.number in feeds}
        text = (
            "SELECT id, feed, places FROM mapper_outbox.chunk WHERE account = %s AND feed = ANY(%s)"
            " AND count > 0 AND id > %s ORDER BY id LIMIT %s"
        )
        for account in dict.fromkeys(one.account for one in known.values()):
            ask, last = partial(self._link.rows, text), 0
            while rows := ask((self._account(account), list(known), last, _PAGE)):
                for number, feed, places in rows:
                    yield WaitingRecords(number, account, feed, records_of(places))
                last = rows[-1][0]

    def waiting(self) -> Iterator[Chunk]:
        """See `Outbox.waiting`: read in pages, with no transaction between them."""
        for number, account in map(account_of, self._link.rows(SELECT_ACCOUNTS)):
            last = 0
            while rows := self._link.rows(SELECT_NEXT_CHUNKS, (number, last, _CHUNKS_OF_A_PAGE)):
                yield from (self._read_chunk(account, row) for row in rows)
                last = rows[-1][0]

    def waiting_versions(self) -> tuple[VersionCount, ...]:
        """See `Outbox.waiting_versions`."""
        return tuple(map(version_count_of, self._link.rows(SELECT_VERSIONS)))

    def backlog(self, account: Account, events: int, size: int, now: float) -> Backlog:
        """See `Outbox.backlog`."""
        here = self._link.here

        def count(sql: Sql) -> Backlog:
            return count_backlog(self._waiting(sql, account), events, size, self._link.there(now))

        found = self._link.look(count)
        due = None if found.next_due is None else here(found.next_due)
        return replace(found, oldest=here(found.oldest), next_due=due)

    def claim(self, account: Account, events: int, size: int, now: float) -> tuple[Chunk, ...]:
        """See `Outbox.claim`."""
        number = self._account(account)

        def claim(sql: Sql) -> tuple[Chunk, ...]:
            self._leases.check(sql, number, account)
            empty: list[int] = []
            chunks = filled(self._waiting(sql, account), empty)
            taken = choose(chunks, events, size, self._link.there(now))
            if empty:  # all of it was erased, and nobody holds it
                sql.execute(DELETE_EMPTY, (number, empty))
            return self._chunks(sql, account, taken)

        chunks = self._link.ask(claim)
        self._claimed[account].update(one.number for one in chunks)
        return chunks

    def release(self, account: Account) -> int:
        """See `Outbox.release`."""
        number = self._account(account)

        def release(sql: Sql) -> int:
            self._leases.check(sql, number, account)
            freed = sql.execute(
                "UPDATE mapper_outbox.chunk SET due = 0 WHERE account = %s AND due > 0 RETURNING count",
                (number,),
            )
            return sum(count for (count,) in freed.fetchall())

        return self._link.change(release, waits_for_space=True)

    def begin(self, chunks: Sequence[Chunk]) -> None:
        """See `Outbox.begin`: where no copy counts, the server's disk is not waited for."""
        counted = any(parcel.counted_twice for chunk in chunks for parcel in chunk.parcels)
        by_account: defaultdict[Account, list[int]] = defaultdict(list)
        for chunk in chunks:
            self._account(chunk.account)
            by_account[chunk.account].append(chunk.number)

        def begin(sql: Sql) -> None:
            for account, numbers in by_account.items():
                self._leases.check(sql, self._account(account), account)
                sql.execute(NOTE_REQUEST, (self._account(account), numbers))

        self._link.note(begin, durably=counted)

    def mark_restored(self) -> int:
        """See `Outbox.mark_restored`."""

        def mark(sql: Sql) -> int:
            rows = sql.execute("UPDATE mapper_outbox.chunk SET requests = requests + 1 RETURNING count")
            return sum(count for (count,) in rows.fetchall())

        return self._link.change(mark)

    def settle(self, settlements: Sequence[Settlement], now: float, health: Health | None = None) -> None:
        """See `Outbox.settle`."""
        moment = self._link.there(now)
        accounts = {one.chunk.account: self._account(one.chunk.account) for one in settlements}
        if health is not None:
            self._account(health.account)

        def settle(sql: Sql) -> int:
            changes = CountChanges()
            for account, number in accounts.items():
                self._leases.check(sql, number, account)
            held = ChunkRows(sql, changes, self._link)
            settled = [(one, *held.settle(accounts[one.chunk.account], one, moment)) for one in settlements]
            changes.write(sql)
            write_ledger(sql, ledger_lines(settled, now), moment, self._link.there)
            if health is not None:
                self._keep_health(sql, health)
            return 0

        self._link.change(settle, waits_for_space=True)
        for one in settlements:
            self._claimed[one.chunk.account].discard(one.chunk.number)

    def ledger_entries(self, digest: int) -> tuple[LedgerEntry, ...]:
        """See `Outbox.ledger_entries`."""
        here = self._link.here
        return tuple(
            replace(
                one,
                accepted_at=here(one.accepted_at),
                answered_at=here(one.answered_at),
                ended_at=here(one.ended_at),
            )
            for one in self._link.look(lambda sql: tuple(read_ledger(sql, digest)))
        )

    def ledger_since(self) -> float | None:
        """See `Outbox.ledger_since`."""
        ((since,),) = self._link.rows(SELECT_SINCE)
        return None if since is None else self._link.here(since)

    def prune_ledger(self, until: float, most: int) -> int:
        """See `Outbox.prune_ledger`: a part that another process forgets is left to it."""
        moment = self._link.there(until)
        return self._link.ask(lambda sql: prune_ledger(sql, moment, most))

    def _keep_health(self, sql: Sql, health: Health) -> None:
        since, reason = self._link.there(health.failing_since), text_of(health.reason)
        sql.execute(
            "UPDATE mapper_outbox.account SET failing_since = %s, failing_reason = %s, skew_seconds = %s"
            " WHERE id = %s",
            (since, reason, health.skew_seconds, self._account(health.account)),
        )

    def status(self) -> tuple[AccountStatus, ...]:
        """See `Outbox.status`."""
        here = self._link.here
        return tuple(
            replace(
                one,
                oldest=here(one.oldest),
                last_delivered=here(one.last_delivered),
                failing_since=here(one.failing_since),
            )
            for one in map(status_of, self._link.rows(SELECT_STATUS))
        )

    def used_bytes(self) -> int:
        """See `Outbox.used_bytes`: of the payloads alone, before the server compresses them."""
        text = "SELECT coalesce(sum(pending_bytes + dead_bytes), 0)::bigint FROM mapper_outbox.account"
        return int(self._link.rows(text)[0][0])

    def free_bytes(self) -> int | None:
        """See `Outbox.free_bytes`: a server does not tell."""
        return None

    def letter_counts(self) -> tuple[LetterCount, ...]:
        """See `Outbox.letter_counts`."""
        return tuple(map(letter_count_of, self._link.rows(SELECT_LETTER_COUNTS)))

    def letter_ages(self) -> tuple[LetterAge, ...]:
        """See `Outbox.letter_ages`."""
        here = self._link.here
        ages = map(letter_age_of, self._link.rows(SELECT_LETTER_AGES))
        return tuple(replace(one, oldest=here(one.oldest), oldest_raw=here(one.oldest_raw)) for one in ages)

    def letter_totals(self, query: DeadQuery) -> LetterTotals:
        """See `Outbox.letter_totals`."""
        where, values = condition_of(self._query(query), DIALECT)
        return LetterTotals(*map(int, self._link.rows(f"{SELECT_TOTALS} WHERE {where}", values)[0]))

    def dead_letters(self, query: DeadQuery) -> Iterator[DeadLetter]:
        """See `Outbox.dead_letters`: read in pages, with no transaction between them."""
        where, values = condition_of(self._query(query), DIALECT)
        last, text = 0, f"{SELECT_DEAD} WHERE {where} AND dead.id > %s ORDER BY dead.id LIMIT %s"
        while rows := self._link.rows(text, (*values, last, _PAGE)):
            yield from map(self._letter, rows)
            last = rows[-1][0]

    def retry(self, query: DeadQuery, now: float) -> int:
        """See `Outbox.retry`: a letter that another process takes at the same time is left to it."""
        where, values = condition_of(self._query(query), DIALECT)
        page = "AND dead.id > %s ORDER BY dead.id LIMIT %s FOR UPDATE OF dead SKIP LOCKED"
        text = f"{SELECT_DEAD} WHERE {where} AND stage = 'delivery' {page}"
        moment = self._link.there(now)

        def retry(sql: Sql) -> int:
            changes, count, last = CountChanges(), 0, 0
            while rows := sql.execute(text, (*values, last, LETTERS_AT_ONCE)).fetchall():
                count, last, letters = count + len(rows), rows[-1][0], list(map(self._letter, rows))
                for account in {one.account for one in letters}:
                    self._accounts[account] = account_row(sql, account)
                for group in alike(letters):
                    self._wait_again(sql, group, moment, changes)
            changes.write(sql)
            return count

        return self._link.change(retry)

    def purge(self, query: DeadQuery, most: int | None = None) -> int:
        """See `Outbox.purge`: some at a time; one that another process takes meanwhile is left to it."""
        return purge_letters(self._link, condition_of(self._query(query), DIALECT), LETTERS_AT_ONCE, most)

    def erase(self, order: ErasureOrder, reached: Reached) -> tuple[Erased, Reached]:
        """See `Outbox.erase`."""
        found = Erased(), reached
        there = replace(order, until=self._link.there(order.until))

        def erase(sql: Sql) -> int:
            nonlocal found
            changes = CountChanges()
            found = ChunkRows(sql, changes, self._link).erase_some(there, reached)
            changes.write(sql)
            return 0

        if order.is_dry:
            self._link.ask(erase)
        else:
            self._link.change(erase)
        return found

    def scrub(self) -> bool:
        """See `Outbox.scrub`: old versions of rows go; the server's log and copies of it keep them."""
        for table in SCRUBBED:
            self._link.look(methodcaller("execute", table))
        return True

    def audit(self) -> list[str]:
        """The counts that do not agree with the rows; [] if all do. For tests."""
        return self._link.ask(unbalanced)

    def close(self) -> None:
        """See `Outbox.close`."""
        self._leases.close()
        self._claimed.clear()
        self._link.close()

    # Rows

    def _query(self, query: DeadQuery) -> DeadQuery:
        """The query with its times by the server's clock."""
        since, until = (one and self._link.there(one) for one in (query.since, query.until))
        return replace(query, since=since, until=until)

    def _waiting(self, sql: Sql, account: Account) -> Iterator[WaitingChunk]:
        """Each chunk that is not claimed, oldest first: in pages, of which the first is mostly enough."""
        number, claimed = self._account(account), self._claimed[account]
        last, page = 0, _FIRST_PAGE + len(claimed)
        while rows := sql.execute(SELECT_WAITING, (number, last, page)).fetchall():
            yield from (WaitingChunk(*row) for row in rows if row[0] not in claimed)
            if len(rows) < page:
                return
            last, page = rows[-1][0], min(page * 4, _LONGEST_PAGE)

    def _chunks(self, sql: Sql, account: Account, numbers: Sequence[int]) -> tuple[Chunk, ...]:
        """Chunks, their parcels numbered from 0."""
        if not numbers:
            return ()
        rows = sql.execute(SELECT_CHUNKS, (self._account(account), list(numbers))).fetchall()
        if len(rows) != len(numbers):
            raise Damaged(f"a chunk of {self.name} is gone", _RESTORE)
        firsts = accumulate([len(records_of(row[-3])) for row in rows], initial=0)
        return tuple(self._read_chunk(account, row, first) for row, first in zip(rows, firsts, strict=False))

    def _read_chunk(self, account: Account, row: tuple[Any, ...], first: int = 0) -> Chunk:
        found = chunk_of(row, account, first)
        if found is None:
            raise Damaged(f"chunk {row[0]} of {self.name} was changed on the disk", _RESTORE)
        here = self._link.here
        return replace(
            found,
            accepted_at=here(found.accepted_at),
            failing_since=here(found.failing_since),
            due=here(found.due),
            tried_at=here(found.tried_at),
        )

    def _chunk(self, number: int, account: Account) -> Chunk:
        return self._link.look(lambda sql: self._chunks(sql, account, [number]))[0]

    def _letter(self, row: tuple[Any, ...]) -> DeadLetter:
        letter = letter_of(row)
        if letter is None:
            raise Damaged(f"dead letter {row[0]} of {self.name} was changed on the disk", _RESTORE)
        return replace(letter, died_at=self._link.here(letter.died_at))

    def _account(self, account: Account) -> int:
        """The id of an account; it is made where there is none, in a transaction of its own.

        Ask for it before another transaction that needs it begins.
        """
        if account not in self._accounts:
            self._accounts[account] = self._link.ask(lambda sql: account_row(sql, account))
        return self._accounts[account]

    def _take_waiting(self, sql: Sql, accepted: Accepted, changes: CountChanges) -> Replaced:
        """Takes payloads away whose source events were mapped anew. Raises PositionMoved."""
        events, oldest, unanswered = 0, 0.0, 0
        if accepted.replaces_waiting:
            self._leases.check(sql, self._account(accepted.account), accepted.account)
        for one in accepted.replaces_waiting:
            account = self._account(one.account)
            lock = "SELECT id FROM mapper_outbox.chunk WHERE account = %s AND id = %s FOR UPDATE"
            if not sql.execute(lock, (account, one.chunk)).fetchall():
                raise PositionMoved(f"chunk {one.chunk} is gone: another process has taken it")
            (chunk,), records = self._chunks(sql, one.account, [one.chunk]), set(one.records)
            left = [parcel for parcel in chunk.parcels if parcel.record not in records]
            events += len(chunk.parcels) - len(left)
            since = self._link.there(chunk.accepted_at)
            oldest = min(oldest or since, since)
            unanswered = max(unanswered, chunk.unanswered)
            gone = sum([len(parcel.body) for parcel in chunk.parcels if parcel.record in records])
            changes.counts[account]["pending_bytes"] -= gone
            keep_parcels(sql, (account, one.chunk), left, len(left) < len(chunk.parcels))
        return Replaced(events, oldest, unanswered)

    def _insert_chunks(
        self, sql: Sql, owner: tuple[int, int | None], accepted: Accepted, waited: Replaced
    ) -> None:
        """owner: the ids of the account and of the feed."""
        for parcels in cut_chunks(accepted.parcels, accepted.chunk_events):
            content = chunk_columns(parcels)
            sql.execute(INSERT_CHUNK, (*owner, accepted.version, waited.since, waited.unanswered, *content))

    def _wait_again(self, sql: Sql, letters: list[DeadLetter], now: float, changes: CountChanges) -> None:
        first, numbers = letters[0], [one.number for one in letters]
        account = self._account(first.account)
        again = Accepted(first.account, first.version, parcels_again(letters))
        self._insert_chunks(sql, (account, first.feed_number), again, Replaced().as_of(now))
        sql.execute("DELETE FROM mapper_outbox.dead WHERE id = ANY(%s)", (numbers,))
        length = sum([len(one.body) for one in letters])
        more = {"pending": len(letters), "dead": -len(letters), "revived": len(letters)}
        changes.counts[account].update(more, pending_bytes=length, dead_bytes=-length)


def open_postgres(
    address: str, reconnection: Reconnection | None = None, say: Say = lambda line: None
) -> PostgresOutbox:
    """The outbox in a database, which is made where there is none. Raises OutboxError and OSError.

    address: `postgresql://host/database`, or `service=name`; with no password in it.
    """
    link = Link(read_address(address), reconnection or Reconnection())
    try:
        link.open()
        prepare(link, say)
    except BaseException:
        link.close()
        raise
    return PostgresOutbox(link)
