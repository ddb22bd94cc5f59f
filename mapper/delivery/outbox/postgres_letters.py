"""Dead letters in PostgreSQL: kept, and taken away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from mapper.delivery.outbox.outbox_errors import PositionMoved
from mapper.delivery.outbox.outbox_tables import dead_row
from mapper.delivery.outbox.postgres_accounts import CountChanges
from mapper.delivery.outbox.postgres_link import Link, Sql
from mapper.delivery.outbox.postgres_schema import DELETE_MAPPABLE, INSERT_DEAD, text_of
from mapper.delivery.outbox.store import DeadLetter
from mapper.values.safe_text import SafeText


def insert_letters(sql: Sql, owner: tuple[int, int | None], letters: Iterable[DeadLetter]) -> None:
    """Keep dead letters. owner: the ids of the account and of the feed."""
    texts = ((one, SafeText.known(text_of(one.reason))) for one in letters)
    rows = [dead_row(*owner, replace(letter, reason=reason)) for letter, reason in texts]
    if rows:
        sql.executemany(INSERT_DEAD, rows)


def take_letters(sql: Sql, numbers: Sequence[int]) -> tuple[int, int]:
    """Takes dead letters away whose source events were mapped anew; how many, and their bytes.

    Raises PositionMoved.
    """
    if not numbers:
        return 0, 0
    found: dict[int, int] = dict(sql.execute(DELETE_MAPPABLE, (list(numbers),)))
    if lost := [number for number in numbers if number not in found]:
        raise PositionMoved(f"dead letter {lost[0]} is gone: another process has taken it")
    return len(found), sum(found.values())


def purge_letters(link: Link, condition: tuple[str, Sequence[Any]], at_once: int, most: int | None) -> int:
    """Take the letters away for good that a condition is true of; how many.

    at_once: how many in each transaction. most: no more are taken after so many.
    """
    count = last = newest = 0

    def purge(sql: Sql) -> int:
        nonlocal newest
        purged, newest = _purge_some(sql, condition, last, at_once)
        return purged

    while (most is None or count < most) and (purged := link.change(purge)):
        count, last = count + purged, newest
    return count


def _purge_some(sql: Sql, condition: tuple[str, Sequence[Any]], after: int, most: int) -> tuple[int, int]:
    """Take the first letters after a number away; how many, and the number of the last."""
    where, values = condition
    text = (
        "WITH gone AS (DELETE FROM mapper_outbox.dead WHERE id = ANY(ARRAY("
        "SELECT dead.id FROM mapper_outbox.dead"
        f" JOIN mapper_outbox.account ON account.id = dead.account WHERE {where} AND dead.id > %s"
        " ORDER BY dead.id LIMIT %s"
        " FOR UPDATE OF dead SKIP LOCKED)) RETURNING id, account, length(body) AS size)"
        " SELECT account, count(*), sum(size)::bigint, max(id) FROM gone GROUP BY account"
    )
    changes, purged, last = CountChanges(), 0, 0
    for account, count, size, newest in sql.execute(text, (*values, after, most)).fetchall():
        changes.counts[account].update(purged=count, dead_bytes=-size)
        purged, last = purged + count, max(last, newest)
    changes.write(sql)
    return purged, last
