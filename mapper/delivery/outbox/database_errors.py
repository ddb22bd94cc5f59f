"""The errors of SQLite, told as an outbox tells of them."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from mapper.delivery.outbox.outbox_errors import Damaged, OutboxError
from mapper.values.safe_text import span

BUSY_SECONDS = 30.0
"""How long another process is waited for."""
_BEGINNING = 512
RECOVER = "`mapper outbox recover` saves what can be read of it"
"""The hint for a file that is damaged."""


@contextmanager
def explained(path: object) -> Iterator[None]:
    """Tells of the database's errors as an outbox tells of them. path: of its file, for messages."""
    try:
        yield
    except sqlite3.Error as error:
        raise _trouble(error, path) from error
    except UnicodeDecodeError:
        # A text of the database's own, or of a row, that is none any more; its bytes are not shown.
        raise Damaged(f"{path} is damaged", RECOVER) from None


def _trouble(error: sqlite3.Error, path: object) -> Exception:
    """The exception that tells a person of the database's error; a full or failing disk is an OSError."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        if _is_text(path):
            return Damaged(f"{path} is not an outbox, but a text", "name the file of an outbox with --outbox")
        return Damaged(f"{path} is damaged, or is no outbox", RECOVER)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return OutboxError(f"{path} is in use by another process for over {span(BUSY_SECONDS)}")
    if code == sqlite3.SQLITE_FULL:
        return OSError(errno.ENOSPC, "no space is left for the outbox", str(path))
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return OSError(errno.EIO, "the outbox cannot be read or written", str(path))
    return OutboxError(f"{path} cannot be used: {error}", RECOVER)


def _is_text(path: object) -> bool:
    """Whether a file begins as a text does, in which no byte is 0; a database has many of these."""
    with suppress(OSError), open(str(path), "rb") as file:
        return 0 not in file.read(_BEGINNING)
    return False
