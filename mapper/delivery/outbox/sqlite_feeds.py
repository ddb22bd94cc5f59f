"""The position of a feed in SQLite: it moves only from where it is."""

from __future__ import annotations

import sqlite3

from mapper.delivery.outbox.outbox_errors import PositionMoved
from mapper.delivery.outbox.outbox_tables import columns_of
from mapper.delivery.outbox.parcel_rows import check_values
from mapper.delivery.outbox.store import Feed, Move, Position


def stored_name(text: str) -> str:
    """The name of a file as SQLite takes it, also where its bytes are not UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()


def move_feed(sql: sqlite3.Connection, account: int, move: Move | None, now: float) -> int | None:
    """The id of the feed, read on. Raises PositionMoved where it is not where the move starts."""
    if move is None:
        return None
    feed, start = move.feed, move.start or Position(record=-1)
    name, shown = stored_name(feed.name), stored_name(feed.shown or feed.name)
    if move.is_other:
        free_name(sql, account, feed, move.start)
        start = Position(record=-1)
    sql.execute(
        "INSERT INTO feed (account, mapping, name, shown) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (account, feed.mapping, name, shown),
    )
    changed = sql.execute(
        "UPDATE feed SET shown = ?, record = ?, offset = ?, inode = ?, sampled = ?, digest = ?,"
        " ended = ?, received_at = ?, checked = ?, moved_at = ?"
        " WHERE account = ? AND mapping = ? AND name = ?"
        " AND record = ? AND (record < 0 OR offset = ?)",
        (
            *(shown, *columns_of(move.end), check_values(columns_of(move.end)), now),
            *(account, feed.mapping, name, start.record, start.offset),
        ),
    )
    if changed.rowcount != 1:
        raise PositionMoved(f"{feed.shown or feed.name} was read on by another process")
    row = sql.execute(
        "SELECT id FROM feed WHERE account = ? AND mapping = ? AND name = ?",
        (account, feed.mapping, name),
    ).fetchone()
    return int(row[0])


def free_name(sql: sqlite3.Connection, account: int, feed: Feed, at: Position | None = None) -> None:
    """Take the name from a feed that was read by it. Raises PositionMoved if the feed is elsewhere."""
    freed = sql.execute(
        "UPDATE feed SET name = '#' || id WHERE account = ? AND mapping = ? AND name = ?"
        " AND (? OR record = ? AND offset = ?)",
        (
            *(account, feed.mapping, stored_name(feed.name), at is None),
            *(0 if at is None else at.record, 0 if at is None else at.offset),
        ),
    )
    if at is not None and freed.rowcount != 1:
        raise PositionMoved(f"{feed.shown or feed.name} was read on by another process")
