"""A damaged outbox -> a new one with what can still be read, and what was lost of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Any

from mapper.delivery.outbox.database import open_database, unbalanced
from mapper.delivery.outbox.database_errors import explained
from mapper.delivery.outbox.outbox_errors import Damaged
from mapper.delivery.outbox.outbox_tables import DEAD_CHECKED
from mapper.delivery.outbox.parcel_rows import check_of, check_values, records_of, size_of_rows

_ACCOUNT = ("destination", "name", "test", "recipient")
_FEED = ("account", "mapping", "shown", "record", "offset", "inode", "sampled", "digest", "ended")
_FEED_CHECKED = 3
"""From this column on, with `received_at` at the end, a feed's row is its position."""
_CHUNK = (
    *("account", "feed", "version", "accepted_at", "count", "size", "failures", "failing_since", "due"),
    *("unanswered", "checked", "places", "bodies"),
)
_DEAD = ("account", "feed", *DEAD_CHECKED, "checked")
_COUNT = (
    "UPDATE account SET dead = (SELECT count(*) FROM dead AS letter WHERE letter.account = account.id AND"
    " stage <> 'expired'), expired = (SELECT count(*) FROM dead AS letter WHERE letter.account = account.id"
    " AND stage = 'expired')",
    "UPDATE account SET accepted = dead + expired + (SELECT coalesce(sum(count), 0) FROM chunk WHERE"
    " chunk.account = account.id)",
)


@dataclass(frozen=True, slots=True)
class Salvage:
    """The number of events that wait and dead letters that were saved, and of chunks and letters lost."""

    events: int
    letters: int
    lost_chunks: int
    lost_letters: int


def recover_outbox(damaged: Path, new: Path) -> Salvage | None:
    """Copy each chunk and dead letter that is whole; None where nothing can be read. Raises OutboxError.

    Of what may have arrived that is known still. No feed keeps its name: a file that is sent again starts at
    its beginning, and what was delivered is sent again with the same keys.
    """
    with (
        closing(sqlite3.connect(f"file:{damaged}?mode=ro", uri=True)) as old,
        closing(open_database(new)) as target,
        explained(new),
    ):
        target.execute("BEGIN IMMEDIATE")
        saved = _RowCopy(old, target).run()
        for statement in _COUNT:
            target.execute(statement)
        target.execute("COMMIT")
        if wrong := unbalanced(target):
            raise Damaged(f"{new} could not be written whole: {wrong[0]}")
    return saved


@dataclass(slots=True)
class _RowCopy:
    """Rows of one database that are copied to another, with the ids that accounts and feeds get there."""

    old: sqlite3.Connection
    new: sqlite3.Connection
    accounts: dict[int, int] = field(default_factory=dict)
    feeds: dict[int, int | None] = field(default_factory=dict)

    def run(self) -> Salvage | None:
        """Copy all; what was saved."""
        chunks, letters = self._ids("chunk", "INDEXED BY waiting"), self._ids("dead", "")
        if not chunks and not letters:
            return None
        found = [self._copy_chunk(number) for number in chunks]
        events = sum(count for count in found if count is not None)
        dead = sum(map(self._copy_letter, letters))
        return Salvage(events, dead, found.count(None), len(letters) - dead)

    def _ids(self, table: str, index: str) -> list[int]:
        """The ids of all rows that the index or the table still names."""
        found: set[int] = set()
        for source in (f"{table} {index}", f"{table} NOT INDEXED"):
            try:
                found.update(row[0] for row in self.old.execute(f"SELECT id FROM {source}"))
            except sqlite3.Error:
                continue
        return sorted(found)

    def _row(self, table: str, columns: Sequence[str], number: int) -> dict[str, Any] | None:
        """Some columns of a row; None where it cannot be read."""
        try:
            sql = f"SELECT {', '.join(columns)} FROM {table} WHERE id = ?"
            row = self.old.execute(sql, (number,)).fetchone()
        except (sqlite3.Error, UnicodeDecodeError):
            return None
        return None if row is None else dict(zip(columns, row, strict=True))

    def _insert(self, table: str, row: dict[str, Any]) -> int | None:
        """The id that a row gets; None for one that holds what its columns do not take."""
        names, places = ", ".join(row), ", ".join(repeat("?", len(row)))
        sql = f"INSERT INTO {table} ({names}) VALUES ({places})"
        try:
            return self.new.execute(sql, tuple(row.values())).lastrowid
        except sqlite3.IntegrityError:
            return None

    def _copy_chunk(self, number: int) -> int | None:
        """The number of events of a chunk; None where not all of it can be read as it was written."""
        row = self._row("chunk", _CHUNK, number)
        if row is None or not all(isinstance(row[one], bytes) for one in ("places", "bodies")):
            return None
        if check_of(row["places"], row["bodies"]) != row["checked"] or not self._place(row):
            return None
        row["count"], row["size"] = len(records_of(row["places"])), size_of_rows(row["places"])
        row["unanswered"] = self._requests(number, row["unanswered"])
        return int(row["count"]) if self._insert("chunk", row) else None

    def _requests(self, chunk: int, settled: object) -> int:
        """The number of requests that may have delivered a chunk; at least 1 where that cannot be read."""
        try:
            row = self.old.execute("SELECT requests FROM attempt WHERE chunk = ?", (chunk,)).fetchone()
        except sqlite3.Error:
            row = (1,)
        counts = [settled, *(row or ())]
        return sum(one if isinstance(one, int) else 1 for one in counts)

    def _copy_letter(self, number: int) -> bool:
        row = self._row("dead", _DEAD, number)
        if row is None or check_values([row[one] for one in DEAD_CHECKED]) != row["checked"]:
            return False
        return self._place(row) and self._insert("dead", row) is not None

    def _place(self, row: dict[str, Any]) -> bool:
        """Give a row the ids of its account and feed; whether its account can be read."""
        account = self._account(row["account"])
        if account is None:
            return False
        row["account"], row["feed"] = account, self._feed(row["feed"], account)
        return True

    def _account(self, number: int) -> int | None:
        if number not in self.accounts:
            row = self._row("account", _ACCOUNT, number)
            if row is None:
                return None
            made = self._insert("account", row)
            if made is None:
                return None
            self.accounts[number] = made
        return self.accounts[number]

    def _feed(self, number: int | None, account: int) -> int | None:
        """A feed, by which places are found again; it has no name, so that nothing is read on from it."""
        if number is None:
            return None
        if number not in self.feeds:
            self.feeds[number] = self._copy_feed(number, account)
        return self.feeds[number]

    def _copy_feed(self, number: int, account: int) -> int | None:
        row = self._row("feed", (*_FEED, "received_at", "checked"), number)
        if row is None or check_values(list(row.values())[_FEED_CHECKED:-1]) != row["checked"]:
            return None
        return self._insert("feed", {**row, "account": account, "name": f"#{number}"})
