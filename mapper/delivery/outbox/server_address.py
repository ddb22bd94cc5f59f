"""The address of a server, where one keeps an outbox -> the outbox. Its packages are of an extra."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mapper.delivery.outbox.outbox_errors import OutboxError
from mapper.extras import missing_extra

if TYPE_CHECKING:
    from mapper.delivery.outbox.postgres import PostgresOutbox
    from mapper.delivery.outbox.reconnection import Reconnection
    from mapper.delivery.outbox.upgrade import Say

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://|service=")


def is_server(named: str | None) -> bool:
    """Whether an outbox is named by the address of a server: `postgresql://host/database`, `service=name`.

    An address with another scheme or a misspelled one is one too: as a path it would make an empty outbox.
    """
    return named is not None and _ADDRESS.match(named) is not None


def open_server(
    named: str, reconnection: Reconnection | None = None, say: Say = lambda line: None
) -> PostgresOutbox:
    """The outbox in a database, which is made where there is none. Raises OutboxError and OSError."""
    try:
        from mapper.delivery.outbox.postgres import open_postgres
    except ImportError:
        raise OutboxError(missing_extra("an outbox in PostgreSQL", "postgres")) from None
    return open_postgres(named, reconnection, say)
