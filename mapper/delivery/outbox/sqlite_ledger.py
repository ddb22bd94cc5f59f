"""The ledger in SQLite: written with what it is of, read by an id, and forgotten in small steps."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from operator import itemgetter

from mapper.delivery.outbox.ledger import LedgerLines, PartState, entry_of
from mapper.delivery.outbox.store import Account, LedgerEntry

_LAST_PART = (
    "SELECT id, ends, begun_at FROM ledger_part WHERE account = ? AND NOT pruned ORDER BY id DESC LIMIT 1"
)
_NEW_PART = "INSERT INTO ledger_part (account, begun_at, last_at) VALUES (?, ?, ?) RETURNING id"
_GROW_PART = (
    "UPDATE ledger_part SET ends = ends + ?, requests = requests + ?, last_at = max(last_at, ?) WHERE id = ?"
    " RETURNING requests"
)
_INSERT_REQUEST = (
    "INSERT INTO ledger_request (part, number, version, answered_at, ended_at, status)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)
_INSERT_LINE = (
    "INSERT OR IGNORE INTO ledger (part, digest, record, ending, feed, waited, request)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
# In each part its lines are looked for by their digest, whatever the planner thinks of the order.
_SELECT = (
    "SELECT destination, account.name, test, recipient, request.version, coalesce(feed.shown, ''),"
    " line.record, ending, waited, answered_at, ended_at, status, part.id, request.number"
    " FROM ledger_part AS part CROSS JOIN ledger AS line ON line.part = part.id AND line.digest = ?"
    " CROSS JOIN ledger_request AS request ON request.part = line.part AND request.number = line.request"
    " JOIN account ON account.id = part.account LEFT JOIN feed ON feed.id = line.feed"
    " ORDER BY ended_at, part.id, request.number, line.record"
)
_SINCE = "SELECT min(begun_at) FROM ledger_part WHERE NOT pruned"
_OLD_PART = "SELECT id FROM ledger_part WHERE last_at < ? ORDER BY last_at LIMIT 1"
_KEY = "part, digest, request, record, ending"
_DELETE_LINES = f"DELETE FROM ledger WHERE ({_KEY}) IN (SELECT {_KEY} FROM ledger WHERE part = ? LIMIT ?)"
_DELETE_REQUESTS = (
    "DELETE FROM ledger_request WHERE (part, number) IN (SELECT part, number FROM ledger_request"
    " WHERE part = ? LIMIT ?)"
)


def write_ledger(sql: sqlite3.Connection, lines: LedgerLines, now: float) -> None:
    """Keep lines, in the transaction of what they tell of."""
    for account, groups in lines.items():
        count = sum(map(len, groups.values()))
        part = _open_part(sql, account, now)
        (last,) = sql.execute(_GROW_PART, (count, len(groups), now, part)).fetchone()
        for number, ((version, sent), found) in enumerate(groups.items(), last - len(groups) + 1):
            sql.execute(_INSERT_REQUEST, (part, number, version, sent.at, now, sent.status))
            sql.executemany(
                _INSERT_LINE, [(part, *line, number) for line in sorted(found, key=itemgetter(0))]
            )


def _open_part(sql: sqlite3.Connection, account: int, now: float) -> int:
    row = sql.execute(_LAST_PART, (account,)).fetchone()
    if row is None or not PartState(*row).is_open(now):
        row = sql.execute(_NEW_PART, (account, now, now)).fetchone()
    return int(row[0])


def read_ledger(sql: sqlite3.Connection, digest: int) -> Iterator[LedgerEntry]:
    """The entries of an id, oldest first."""
    for destination, name, test, recipient, *row in sql.execute(_SELECT, (digest,)):
        yield entry_of(tuple(row), Account(destination, name, bool(test), recipient))


def ledger_since(sql: sqlite3.Connection) -> float | None:
    """Since when each end is there; None where no ledger is kept."""
    found: float | None = sql.execute(_SINCE).fetchone()[0]
    return found


def ledger_lines_kept(sql: sqlite3.Connection) -> int:
    """The number of lines; those of parts that are being forgotten do not count."""
    (found,) = sql.execute("SELECT coalesce(sum(ends), 0) FROM ledger_part WHERE NOT pruned").fetchone()
    return int(found)


def prune_ledger(sql: sqlite3.Connection, until: float, most: int) -> int:
    """Forget some of the oldest part whose ends are all before a time; how many rows."""
    row = sql.execute(_OLD_PART, (until,)).fetchone()
    if row is None:
        return 0
    (part,) = row
    sql.execute("UPDATE ledger_part SET pruned = 1 WHERE id = ? AND NOT pruned", (part,))
    for statement in (_DELETE_LINES, _DELETE_REQUESTS):
        if deleted := sql.execute(statement, (part, most)).rowcount:
            return deleted
    return sql.execute("DELETE FROM ledger_part WHERE id = ?", (part,)).rowcount
