"""The position of a feed in PostgreSQL: it moves only from where it is."""

from __future__ import annotations

from typing import Any

from mapper.delivery.outbox.outbox_errors import PositionMoved
from mapper.delivery.outbox.outbox_tables import columns_of
from mapper.delivery.outbox.parcel_rows import check_values
from mapper.delivery.outbox.postgres_link import Sql
from mapper.delivery.outbox.postgres_schema import POSITION_COLUMNS, text_of
from mapper.delivery.outbox.store import Feed, Move, Position

_COLUMNS = ("shown", *POSITION_COLUMNS, "checked", "moved_at")
_INSERT = (
    f"INSERT INTO mapper_outbox.feed ({', '.join(_COLUMNS)}, account, mapping, name)"
    f" VALUES ({'%s, ' * len(_COLUMNS)}%s, %s, %s) ON CONFLICT DO NOTHING RETURNING id"
)
_UPDATE = (
    f"UPDATE mapper_outbox.feed SET {', '.join(f'{one} = %s' for one in _COLUMNS)}"
    " WHERE account = %s AND mapping = %s AND name = %s AND record = %s AND byte_offset = %s RETURNING id"
)
_FREE = (
    "UPDATE mapper_outbox.feed SET name = '#' || id WHERE account = %s AND mapping = %s AND name = %s"
    " AND (%s OR record = %s AND byte_offset = %s)"
)


def move_feed(sql: Sql, account: int, move: Move | None, now: float) -> int | None:
    """The id of a feed, read on. Raises PositionMoved where it is not where the move starts."""
    if move is None:
        return None
    feed, start = move.feed, move.start
    if move.is_other:
        free_name(sql, account, feed, move.start)
        start = None
    columns, shown = columns_of(move.end), text_of(feed.shown or feed.name)
    values: tuple[Any, ...] = (shown, *columns, check_values(columns), now)
    values += (account, feed.mapping, text_of(feed.name))
    if start is None:
        row = sql.execute(_INSERT, values).fetchone()
    else:
        row = sql.execute(_UPDATE, (*values, start.record, start.offset)).fetchone()
    if row is None:
        raise _moved(feed)
    return int(row[0])


def free_name(sql: Sql, account: int, feed: Feed, at: Position | None = None) -> None:
    """Take the name from a feed that was read by it. Raises PositionMoved if the feed is elsewhere."""
    place = (at is None, 0, 0) if at is None else (False, at.record, at.offset)
    freed = sql.execute(_FREE, (account, feed.mapping, text_of(feed.name), *place))
    if at is not None and freed.rowcount != 1:
        raise _moved(feed)


def _moved(feed: Feed) -> PositionMoved:
    return PositionMoved(f"{feed.shown or feed.name} was read on by another process")
