"""A damaged outbox -> a new one with what can still be read, and what was lost of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from mapper.delivery.outbox.rows import check_of, unpack_rows
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import Accepted, Account, OutboxError
from mapper.safe_text import SafeText

_ROWS = (
    "SELECT destination, name, test, recipient, version, accepted_at, places, bodies, checked FROM chunk"
    " JOIN account ON account.id = chunk.account WHERE chunk.id = ?"
)


def recover_outbox(damaged: Path, new: Path) -> SafeText:
    """Copy each chunk that is whole; what was saved, for a person. Raises OutboxError.

    Positions of feeds are not copied: a file that is sent again starts at its beginning, and what was
    delivered is sent again with the same keys.
    """
    saved = lost = 0
    with closing(sqlite3.connect(f"file:{damaged}?mode=ro", uri=True)) as connection:
        target = open_outbox(new)
        try:
            for number in _numbers(connection, damaged):
                accepted, at = _chunk(connection, number)
                if accepted is None:
                    lost += 1
                else:
                    target.put(accepted, at)
                    saved += len(accepted.parcels)
        finally:
            target.close()
    return SafeText("{:,} events saved, {:,} chunks lost\n", saved, lost)


def _numbers(connection: sqlite3.Connection, damaged: Path) -> Iterator[int]:
    """The ids of all chunks that the index or the table still names."""
    found: set[int] = set()
    for source in ("chunk INDEXED BY waiting", "chunk NOT INDEXED"):
        try:
            found.update(row[0] for row in connection.execute(f"SELECT id FROM {source}"))
        except sqlite3.Error:
            continue
    if not found:
        raise OutboxError(f"nothing can be read of {damaged}")
    yield from sorted(found)


def _chunk(connection: sqlite3.Connection, number: int) -> tuple[Accepted | None, float]:
    """A chunk, if all of it can be read and is as it was written, and when it was accepted."""
    try:
        row = connection.execute(_ROWS, (number,)).fetchone()
    except sqlite3.Error:
        return None, 0.0
    if row is None:
        return None, 0.0
    destination, name, test, recipient, version, accepted_at, places, bodies, checked = row
    if check_of(places, bodies) != checked:
        return None, 0.0
    account = Account(destination, name, bool(test), recipient)
    return Accepted(account, version, tuple(unpack_rows(places, bodies, ""))), accepted_at
