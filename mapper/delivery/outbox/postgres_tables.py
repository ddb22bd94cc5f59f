"""A database -> the tables of an outbox in it: made, brought up to date, counted."""

from __future__ import annotations

from mapper.delivery.outbox.outbox_errors import Damaged, OutboxError
from mapper.delivery.outbox.postgres_link import Link, Sql
from mapper.delivery.outbox.postgres_schema import AUDIT, IS_MADE, LZ4, MIGRATIONS
from mapper.delivery.outbox.upgrade import Say, upgraded_line

# "mapr" in ASCII: whoever makes tables waits for who makes them already. It ends with the transaction.
_LOCK = "SELECT pg_advisory_xact_lock(1835102322)"


def prepare(link: Link, say: Say) -> None:
    """Make the tables of the present version, or bring them up to it; of two processes one does."""
    version = link.ask(lambda sql: _version(sql, link.name))
    if version > len(MIGRATIONS):
        raise OutboxError(
            f"{link.name} was written by a newer version of mapper (outbox version {version})",
            "update mapper, or name another database with --outbox",
        )
    if version < len(MIGRATIONS):
        link.ask(lambda sql: _migrate(sql, link.name))
        if version:
            say(upgraded_line(version, len(MIGRATIONS)))


def _version(sql: Sql, name: str) -> int:
    """The version of the tables; 0 where there are none."""
    row = sql.execute(IS_MADE).fetchone()
    assert row is not None
    has_schema, has_tables = row
    if not has_schema:
        return 0
    found = sql.execute("SELECT number FROM mapper_outbox.version").fetchall() if has_tables else []
    if [len(one) for one in found] != [1] or not isinstance(found[0][0], int):
        raise Damaged(f"{name} has a schema mapper_outbox that is not an outbox", "name another database")
    return found[0][0]


def _migrate(sql: Sql, name: str) -> None:
    """All missing versions in one transaction; another process may have done it meanwhile."""
    sql.execute(_LOCK)
    version = _version(sql, name)
    if version >= len(MIGRATIONS):
        return
    for statement in ";".join(MIGRATIONS[version:]).split(";"):
        if statement.strip():
            sql.execute(statement)
    if version == 0:
        sql.execute(LZ4)
        sql.execute("INSERT INTO mapper_outbox.version (number) VALUES (0)")
    sql.execute("UPDATE mapper_outbox.version SET number = %s", (len(MIGRATIONS),))


def unbalanced(sql: Sql) -> list[str]:
    """The counts that do not agree with the rows."""
    wrong = []
    for name, accepted, *ends, pending_bytes, dead_bytes, waiting, size, letters, length in sql.execute(
        AUDIT
    ):
        pending, delivered, dead, expired, erased, purged = ends
        if (
            accepted != pending + delivered + dead + expired + erased
            or dead + expired != letters + purged
            or (pending, pending_bytes, dead_bytes) != (waiting, size, length)
        ):
            wrong.append(
                f"{name}: accepted {accepted}, pending {pending}, delivered {delivered}, dead {dead},"
                f" expired {expired} and erased {erased}, with {waiting} waiting, {letters} letters and"
                f" {purged} purged;"
                f" bytes: {pending_bytes} and {dead_bytes}, with {size} and {length}"
            )
    return wrong
