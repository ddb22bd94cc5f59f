"""The rows of waiting payloads in SQLite: settled, cut down to what is left, and erased."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mapper.delivery.batch import Parcel
from mapper.delivery.outbox.database_errors import RECOVER
from mapper.delivery.outbox.dead_letters import letters_of_settlement
from mapper.delivery.outbox.erasure import (
    CHUNKS_LOOKED_AT,
    LETTERS_LOOKED_AT,
    Erased,
    ErasureOrder,
    Reached,
    fate_of_letter,
    may_change,
    receipts_left,
    sift_parcels,
)
from mapper.delivery.outbox.outbox_errors import Damaged
from mapper.delivery.outbox.outbox_tables import (
    HAS_RAW,
    INSERT_DEAD,
    SELECT_DEAD,
    dead_row,
    letter_of,
    unsealed_columns,
)
from mapper.delivery.outbox.parcel_rows import check_of, chunk_columns, unpack_rows
from mapper.delivery.outbox.store import Settlement

_ANY_ACCOUNT = 0
_SELECT_CHUNKS = (
    "SELECT id, account, unanswered + coalesce(requests, 0), places, bodies, checked FROM chunk"
    " LEFT JOIN attempt ON attempt.chunk = chunk.id WHERE id > ? AND count > 0 AND accepted_at < ?"
    " ORDER BY id LIMIT ?"
)
_SELECT_LETTERS = (
    f"{SELECT_DEAD} WHERE dead.id > ? AND died_at < ? AND (? OR {HAS_RAW}) ORDER BY dead.id LIMIT ?"
)
_REWRITE = "UPDATE chunk SET count = ?, size = ?, places = ?, bodies = ?, checked = ?"
_DELETE = ("DELETE FROM attempt WHERE chunk = ?", "DELETE FROM chunk WHERE id = ?")


def keep_parcels(sql: sqlite3.Connection, number: int, left: Sequence[Parcel], is_part: bool) -> None:
    """Keep only these parcels of a chunk. is_part: they are not all of them."""
    if not left:
        delete_chunks(sql, [number])
    elif is_part:
        sql.execute(f"{_REWRITE} WHERE id = ?", (*chunk_columns(left), number))


def delete_chunks(sql: sqlite3.Connection, numbers: Sequence[int]) -> None:
    """Take chunks away, with what is noted of requests for them."""
    for statement in _DELETE:
        sql.executemany(statement, [(number,) for number in numbers])


def settle_chunk(
    sql: sqlite3.Connection, one: Settlement, now: float, place: object
) -> tuple[int, int | None]:
    """End the claim of a chunk; the ids of the account and the feed. place: of the outbox, for messages."""
    text = "SELECT account, feed, changed FROM chunk WHERE id = ?"
    row = sql.execute(text, (one.chunk.number,)).fetchone()
    if row is None:
        raise Damaged(f"chunk {one.chunk.number} of {place} is gone", RECOVER)
    account, feed, is_changed = row
    if is_changed:
        one = _less_erased(sql, one, place)
    left = [receipt.parcel for receipt in one.receipts if receipt.status == "retry"]
    erased = sum(receipt.status == "erased" for receipt in one.receipts)
    dead = letters_of_settlement(one, now)
    for letter in dead:
        sql.execute(INSERT_DEAD, dead_row(account, feed, letter))
    expired = sum(letter.stage == "expired" for letter in dead)
    delivered = len(one.receipts) - len(left) - len(dead) - erased
    sql.execute(
        "UPDATE account SET delivered = delivered + ?, dead = dead + ?, expired = expired + ?, copies ="
        " copies + ?, erased = erased + ?, last_delivered = CASE WHEN ? THEN ? ELSE last_delivered END"
        " WHERE id = ?",
        (delivered, len(dead) - expired, expired, one.copies, erased, delivered > 0, now, account),
    )
    _keep_rest(sql, one, left)
    return account, feed


def _less_erased(sql: sqlite3.Connection, one: Settlement, place: object) -> Settlement:
    """A settlement without what was erased of its chunk after it was claimed."""
    text = "SELECT places, bodies, checked FROM chunk WHERE id = ?"
    stored = _parcels(one.chunk.number, sql.execute(text, (one.chunk.number,)).fetchone(), place)
    receipts = receipts_left(one.receipts, stored)
    delivered = sum(receipt.status == "delivered" for receipt in receipts)
    return replace(one, receipts=receipts, copies=min(one.copies, delivered))


def _parcels(number: int, row: tuple[Any, ...], place: object) -> tuple[Parcel, ...]:
    """The parcels of a row of `places`, `bodies` and `checked`."""
    places, bodies, checked = row
    if check_of(places, bodies) != checked:
        raise Damaged(f"chunk {number} of {place} was changed on the disk", RECOVER)
    return tuple(unpack_rows(places, bodies, ""))


def _keep_rest(sql: sqlite3.Connection, one: Settlement, left: list[Parcel]) -> None:
    number = one.chunk.number
    sql.execute("DELETE FROM attempt WHERE chunk = ?", (number,))
    sql.execute(
        "UPDATE chunk SET failures = ?, failing_since = ?, due = ?, unanswered = ?, tried_at = ?,"
        " reason = ?, changed = 0 WHERE id = ?",
        (one.failures, one.failing_since, one.due, one.unanswered, one.tried_at, one.reason, number),
    )
    keep_parcels(sql, number, left, len(left) < len(one.receipts))


def erase_some(
    sql: sqlite3.Connection, order: ErasureOrder, reached: Reached, place: object
) -> tuple[Erased, Reached]:
    """See `Outbox.erase`. place: of the outbox, for messages."""
    values = (reached.after(_ANY_ACCOUNT), order.until, CHUNKS_LOOKED_AT)
    chunks = sql.execute(_SELECT_CHUNKS, values).fetchall()
    if chunks:
        found = sum((_erase_chunk(sql, order, row, place) for row in chunks), Erased())
        return found, reached.at_chunk(_ANY_ACCOUNT, chunks[-1][0])
    letter_values = (reached.letter, order.until, not order.only_sealed, LETTERS_LOOKED_AT)
    letters = sql.execute(_SELECT_LETTERS, letter_values).fetchall()
    found = sum((_erase_letter(sql, order, row, place) for row in letters), Erased())
    return found, replace(reached, letter=letters[-1][0]) if letters else reached


def _erase_chunk(sql: sqlite3.Connection, order: ErasureOrder, row: tuple[Any, ...], place: object) -> Erased:
    """Look at a chunk. Of one that is erased whole the row stays: a courier may have claimed it."""
    number, account, unanswered, *stored = row
    if not may_change(stored[1], order.judge):
        return Erased()
    sifted = sift_parcels(_parcels(number, tuple(stored), place), order.judge, unanswered)
    if sifted.found.changed and not order.is_dry:
        text = f"{_REWRITE}, changed = 1 WHERE id = ?"
        sql.execute(text, (*chunk_columns(sifted.left), number))
        counted = (sifted.found.waiting, account)
        sql.execute("UPDATE account SET erased = erased + ? WHERE id = ?", counted)
    return sifted.found


def _erase_letter(
    sql: sqlite3.Connection, order: ErasureOrder, row: tuple[Any, ...], place: object
) -> Erased:
    letter = letter_of(row)
    if letter is None:
        raise Damaged(f"dead letter {row[0]} of {place} was changed on the disk", RECOVER)
    fate, found = fate_of_letter(letter.stage, letter.body, letter.origin, order.judge)
    if order.is_dry:
        return found
    if fate == "erase":
        text = "UPDATE account SET purged = purged + 1 WHERE id = (SELECT account FROM dead WHERE id = ?)"
        for statement in (text, "DELETE FROM dead WHERE id = ?"):
            sql.execute(statement, (letter.number,))
    elif fate == "unseal":
        text = "UPDATE dead SET body = ?, checked = ?, origin = ? WHERE id = ?"
        sql.execute(text, (*unsealed_columns(letter), letter.number))
    return found
