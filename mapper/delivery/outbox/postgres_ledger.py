"""The ledger in PostgreSQL: written with what it is of, read by an id, and forgotten in small steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import LiteralString

from mapper.delivery.outbox.ledger import LedgerLines, PartState, entry_of
from mapper.delivery.outbox.postgres_link import Sql
from mapper.delivery.outbox.store import Account, LedgerEntry

_LAST_PART = (
    "SELECT id, ends, begun_at FROM mapper_outbox.ledger_part WHERE account = %s AND NOT pruned"
    " ORDER BY id DESC LIMIT 1"
)
_NEW_PART = (
    "INSERT INTO mapper_outbox.ledger_part (account, begun_at, last_at) VALUES (%s, %s, %s) RETURNING id"
)
_GROW_PART = (
    "UPDATE mapper_outbox.ledger_part SET ends = ends + %s, requests = requests + %s,"
    " last_at = greatest(last_at, %s) WHERE id = %s RETURNING requests"
)
_INSERT_REQUEST = (
    "INSERT INTO mapper_outbox.ledger_request (part, number, version, answered_at, ended_at, status)"
    " VALUES (%s, %s, %s, %s, %s, %s)"
)
_INSERT_LINES: LiteralString = (
    "INSERT INTO mapper_outbox.ledger (part, request, digest, record, ending, feed, waited)"
    " SELECT %s, %s, * FROM unnest(%s::bigint[], %s::bigint[], %s::smallint[], %s::bigint[], %s::integer[])"
)
# In each part its lines are looked for by their digest, whatever the planner thinks of the order.
_SELECT: LiteralString = (
    "SELECT destination, account.name, test, recipient, request.version, coalesce(feed.shown, ''),"
    " line.record, ending, waited, answered_at, ended_at, status, part.id, request.number"
    " FROM mapper_outbox.ledger_part AS part CROSS JOIN LATERAL (SELECT * FROM mapper_outbox.ledger"
    " WHERE ledger.part = part.id AND ledger.digest = %s OFFSET 0) AS line"
    " JOIN mapper_outbox.ledger_request AS request"
    " ON request.part = line.part AND request.number = line.request"
    " JOIN mapper_outbox.account ON account.id = part.account"
    " LEFT JOIN mapper_outbox.feed ON feed.id = line.feed"
    " ORDER BY ended_at, part.id, request.number, line.record"
)
SELECT_SINCE = "SELECT min(begun_at) FROM mapper_outbox.ledger_part WHERE NOT pruned"
# A part that another process forgets at the same time is left to it.
_OLD_PART: LiteralString = (
    "SELECT id FROM mapper_outbox.ledger_part WHERE last_at < %s ORDER BY last_at LIMIT 1"
    " FOR UPDATE SKIP LOCKED"
)
_PRUNE = "UPDATE mapper_outbox.ledger_part SET pruned = true WHERE id = %s AND NOT pruned"
_DELETE_LINES = (
    "DELETE FROM mapper_outbox.ledger WHERE ctid = ANY(ARRAY(SELECT ctid FROM mapper_outbox.ledger"
    " WHERE part = %s LIMIT %s))"
)
_DELETE_REQUESTS = (
    "DELETE FROM mapper_outbox.ledger_request WHERE ctid = ANY(ARRAY(SELECT ctid"
    " FROM mapper_outbox.ledger_request WHERE part = %s LIMIT %s))"
)


def write_ledger(sql: Sql, lines: LedgerLines, now: float, there: Callable[[float], float]) -> None:
    """Keep lines, in the transaction of what they tell of. there: a time as the server has it."""
    for account, groups in sorted(lines.items()):
        count = sum(map(len, groups.values()))
        part = _open_part(sql, account, now)
        row = sql.execute(_GROW_PART, (count, len(groups), now, part)).fetchone()
        assert row is not None
        for number, ((version, sent), found) in enumerate(groups.items(), row[0] - len(groups) + 1):
            sql.execute(_INSERT_REQUEST, (part, number, version, there(sent.at), now, sent.status))
            by_digest = sorted(found, key=itemgetter(0))
            columns = [list(column) for column in zip(*by_digest, strict=True)]
            sql.execute(_INSERT_LINES, (part, number, *columns))


def _open_part(sql: Sql, account: int, now: float) -> int:
    row = sql.execute(_LAST_PART, (account,)).fetchone()
    if row is None or not PartState(*row).is_open(now):
        row = sql.execute(_NEW_PART, (account, now, now)).fetchone()
    assert row is not None
    return int(row[0])


def read_ledger(sql: Sql, digest: int) -> Iterator[LedgerEntry]:
    """The entries of an id, oldest first, by the server's clock."""
    for destination, name, test, recipient, *row in sql.execute(_SELECT, (digest,)).fetchall():
        yield entry_of(tuple(row), Account(destination, name, test, recipient))


def prune_ledger(sql: Sql, until: float, most: int) -> int:
    """Forget some of the oldest part whose ends are all before a time; how many rows."""
    row = sql.execute(_OLD_PART, (until,)).fetchone()
    if row is None:
        return 0
    (part,) = row
    sql.execute(_PRUNE, (part,))
    for statement in (_DELETE_LINES, _DELETE_REQUESTS):
        if deleted := sql.execute(statement, (part, most)).rowcount:
            return int(deleted)
    return int(sql.execute("DELETE FROM mapper_outbox.ledger_part WHERE id = %s", (part,)).rowcount)
