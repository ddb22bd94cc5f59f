"""The rows of waiting payloads in PostgreSQL: settled, cut down to what is left, and erased."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mapper.delivery.batch import Parcel
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
from mapper.delivery.outbox.outbox_tables import letter_of, unsealed_columns
from mapper.delivery.outbox.parcel_rows import check_of, chunk_columns, unpack_rows
from mapper.delivery.outbox.postgres_accounts import CountChanges
from mapper.delivery.outbox.postgres_letters import insert_letters
from mapper.delivery.outbox.postgres_link import Link, Sql
from mapper.delivery.outbox.postgres_schema import DELETE_CHUNK, HAS_RAW, LOCK_CHUNK, SELECT_DEAD, text_of
from mapper.delivery.outbox.store import Settlement

RESTORE = "restore it from a backup"
SCRUBBED = ("VACUUM mapper_outbox.chunk", "VACUUM mapper_outbox.dead")
# The first chunks after those that were looked at, of the first account that has any.
_NEXT_CHUNKS = (
    "SELECT next.account, next.id FROM mapper_outbox.account LEFT JOIN unnest(%s::bigint[], %s::bigint[])"
    " AS reached (account, last) ON reached.account = account.id CROSS JOIN LATERAL (SELECT account, id"
    " FROM mapper_outbox.chunk WHERE chunk.account = account.id AND chunk.id > coalesce(reached.last, 0)"
    " AND count > 0 AND accepted_at < %s ORDER BY chunk.id LIMIT %s) AS next LIMIT %s"
)
_LOCK_CHUNKS = (
    "SELECT id, account, unanswered + requests, places, bodies, checked FROM mapper_outbox.chunk"
    " WHERE account = %s AND id = ANY(%s) ORDER BY id FOR UPDATE"
)
_LOCK_LETTERS = (
    f"{SELECT_DEAD} WHERE dead.id > %s AND died_at < %s AND (%s OR {HAS_RAW})"
    " ORDER BY dead.id LIMIT %s FOR UPDATE OF dead"
)
_REWRITE = (
    "UPDATE mapper_outbox.chunk SET count = %s, size = %s, places = %b, bodies = %b, checked = %b,"
    " changed = %s WHERE account = %s AND id = %s"
)
_DELETE_LETTER = "DELETE FROM mapper_outbox.dead WHERE id = %s RETURNING account"
_UNSEAL = "UPDATE mapper_outbox.dead SET body = %b, checked = %b, origin = %s WHERE id = %s RETURNING account"


def keep_parcels(sql: Sql, chunk: tuple[int, int], left: Sequence[Parcel], is_part: bool) -> None:
    """Keep only these parcels of a chunk. chunk: the ids of its account and its own; is_part: not all."""
    if not left:
        sql.execute(DELETE_CHUNK, chunk)
    elif is_part:
        sql.execute(_REWRITE, (*chunk_columns(left), False, *chunk))


@dataclass(frozen=True, slots=True)
class ChunkRows:
    """The rows that a transaction settles or erases. changes: to the counts of accounts."""

    sql: Sql
    changes: CountChanges
    link: Link

    def settle(self, account: int, one: Settlement, now: float) -> tuple[int, int | None]:
        """End the claim of a chunk; the ids of the account and the feed."""
        number = one.chunk.number
        take = LOCK_CHUNK if any(receipt.status == "retry" for receipt in one.receipts) else DELETE_CHUNK
        row = self.sql.execute(take, (account, number)).fetchone()
        if row is None or (not row[2] and row[1] != len(one.receipts)):
            raise Damaged(f"chunk {number} of {self.link.name} is gone", RESTORE)
        feed, _, is_changed, *stored = row
        if is_changed:
            one = self._less_erased(one, stored)
        left = [receipt.parcel for receipt in one.receipts if receipt.status == "retry"]
        letters = letters_of_settlement(one, now)
        insert_letters(self.sql, (account, feed), letters)
        expired = sum(letter.stage == "expired" for letter in letters)
        erased = sum(receipt.status == "erased" for receipt in one.receipts)
        ended = len(one.receipts) - len(left)
        delivered = ended - len(letters) - erased
        counts = self.changes.counts[account]
        counts.update(pending=-ended, delivered=delivered, erased=erased, expired=expired)
        counts.update(dead=len(letters) - expired, copies=one.copies)
        size = sum([len(one.body) for one in left]) - sum([len(one.parcel.body) for one in one.receipts])
        counts.update(dead_bytes=sum([len(letter.body) for letter in letters]), pending_bytes=size)
        if delivered:
            self.changes.delivered_at[account] = now
        if take is LOCK_CHUNK:
            self._keep_rest((account, number), one, left)
        return account, feed

    def _less_erased(self, one: Settlement, stored: Sequence[Any]) -> Settlement:
        """A settlement without what was erased of its chunk after it was claimed."""
        receipts = receipts_left(one.receipts, self._parcels(one.chunk.number, stored))
        delivered = sum(receipt.status == "delivered" for receipt in receipts)
        return replace(one, receipts=receipts, copies=min(one.copies, delivered))

    def _parcels(self, number: int, stored: Sequence[Any]) -> tuple[Parcel, ...]:
        """The parcels of `places`, `bodies` and `checked`."""
        places, bodies, checked = stored
        if check_of(places, bodies) != checked:
            raise Damaged(f"chunk {number} of {self.link.name} was changed on the disk", RESTORE)
        return tuple(unpack_rows(places, bodies, ""))

    def _keep_rest(self, chunk: tuple[int, int], one: Settlement, left: list[Parcel]) -> None:
        there = self.link.there
        self.sql.execute(
            "UPDATE mapper_outbox.chunk SET failures = %s, failing_since = %s, due = %s, unanswered = %s,"
            " tried_at = %s, reason = %s, requests = 0, changed = false WHERE account = %s AND id = %s",
            (
                *(one.failures, there(one.failing_since), there(one.due), one.unanswered),
                *(there(one.tried_at), text_of(one.reason), *chunk),
            ),
        )
        keep_parcels(self.sql, chunk, left, len(left) < len(one.receipts))

    def erase_some(self, order: ErasureOrder, reached: Reached) -> tuple[Erased, Reached]:
        """See `Outbox.erase`."""
        last, number = list(reached.chunks), list(reached.chunks.values())
        most = CHUNKS_LOOKED_AT
        rows = self.sql.execute(_NEXT_CHUNKS, (last, number, order.until, most, most)).fetchall()
        if rows:
            account = rows[0][0]
            numbers = [number for of_account, number in rows if of_account == account]
            chunks = self.sql.execute(_LOCK_CHUNKS, (account, numbers)).fetchall()
            found = sum((self._erase_chunk(order, row) for row in chunks), Erased())
            return found, reached.at_chunk(account, numbers[-1])
        values = (reached.letter, order.until, not order.only_sealed, LETTERS_LOOKED_AT)
        letters = self.sql.execute(_LOCK_LETTERS, values).fetchall()
        found = sum((self._erase_letter(order, row) for row in letters), Erased())
        return found, replace(reached, letter=letters[-1][0]) if letters else reached

    def _erase_chunk(self, order: ErasureOrder, row: tuple[Any, ...]) -> Erased:
        """Look at a chunk. Of one that is erased whole the row stays: a courier may have claimed it."""
        number, account, unanswered, *stored = row
        if not may_change(stored[1], order.judge):
            return Erased()
        parcels = self._parcels(number, stored)
        sifted = sift_parcels(parcels, order.judge, unanswered)
        if sifted.found.changed and not order.is_dry:
            self.sql.execute(_REWRITE, (*chunk_columns(sifted.left), True, account, number))
            gone = sum([len(one.body) for one in parcels]) - sum([len(one.body) for one in sifted.left])
            counted = sifted.found.waiting
            self.changes.counts[account].update(pending=-counted, erased=counted, pending_bytes=-gone)
        return sifted.found

    def _erase_letter(self, order: ErasureOrder, row: tuple[Any, ...]) -> Erased:
        letter = letter_of(row)
        if letter is None:
            raise Damaged(f"dead letter {row[0]} of {self.link.name} was changed on the disk", RESTORE)
        fate, found = fate_of_letter(letter.stage, letter.body, letter.origin, order.judge)
        if order.is_dry or fate not in ("erase", "unseal"):
            return found
        columns = unsealed_columns(letter)
        if fate == "erase":
            ((account,),) = self.sql.execute(_DELETE_LETTER, (letter.number,)).fetchall()
            gone = len(letter.body)
        else:
            ((account,),) = self.sql.execute(_UNSEAL, (*columns, letter.number)).fetchall()
            gone = len(letter.body) - len(columns[0])
        self.changes.counts[account].update(purged=int(fate == "erase"), dead_bytes=-gone)
        return found
