"""The store of an outbox, by the name that a command is given."""

from __future__ import annotations

from pathlib import Path

from mapper.delivery.outbox.postgres import PostgresOutbox, open_postgres
from mapper.delivery.outbox.sqlite import SqliteOutbox, open_outbox


def open_store(outbox: str) -> SqliteOutbox | PostgresOutbox:
    return open_postgres(outbox) if outbox.startswith("postgresql:") else open_outbox(Path(outbox))
