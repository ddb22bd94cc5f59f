"""The errors of PostgreSQL, told as an outbox tells of them. No message holds a value of a row."""

from __future__ import annotations

import errno

import psycopg
from psycopg import errors

from mapper.delivery.outbox.outbox_errors import Damaged, NotAdmitted, OutboxError, Unreachable
from mapper.delivery.outbox.postgres_address import WITHOUT_PASSWORD

_RIGHTS = "docs/postgres.md lists the rights that a user needs"
# The words of a server, or of libpq, that refuse a connection, where there is no code. The first match wins.
_REFUSALS: tuple[tuple[str, type[OutboxError], str, str], ...] = (
    ("no password supplied", NotAdmitted, "asks for a password, and none was given", WITHOUT_PASSWORD),
    ("authentication failed", NotAdmitted, "does not accept the user or the password", WITHOUT_PASSWORD),
    ("role ", NotAdmitted, "does not know the user", "name another as postgresql://USER@host/database"),
    ("pg_hba.conf", NotAdmitted, "does not admit this user from this machine", "add a line to pg_hba.conf"),
    ("permission denied for database", NotAdmitted, "does not admit the user to the database", _RIGHTS),
    ("database ", OutboxError, "has no such database", "create it, by `createdb` for example"),
    ("does not support ssl", OutboxError, "offers no TLS", "?sslmode=disable does without it"),
    ("certificate", OutboxError, "has a certificate that is not trusted", "name its issuer by sslrootcert"),
)
_SERVICE_FILE = ("definition of service", "service file")
_NOT_THERE = ("does not exist", "not found")
_CONNECTION_CLASSES = ("08", "57P")
_PASSING = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.LockNotAvailable,
    errors.TooManyConnections,
    errors.ReadOnlySqlTransaction,
    errors.IdleInTransactionSessionTimeout,
)


def trouble_of(error: psycopg.Error, name: str) -> OutboxError | OSError:
    """The exception that tells a person of an error. name: of the outbox."""
    if isinstance(error, errors.DiskFull):
        return OSError(errno.ENOSPC, "no space is left on the server of the outbox", name)
    if isinstance(error, errors.InsufficientPrivilege):
        return NotAdmitted(f"{name}: {error.diag.message_primary or 'permission denied'}", _RIGHTS)
    if isinstance(error, errors.UndefinedTable | errors.InvalidSchemaName | errors.UndefinedColumn):
        return Damaged(f"{name} lacks tables of the outbox", "restore them from a backup")
    if isinstance(error, errors.DataCorrupted | errors.IndexCorrupted):
        return Damaged(f"{name} is damaged", "restore it from a backup")
    if isinstance(error, errors.QueryCanceled):
        return Unreachable(
            f"{name}: the server ended a statement that took too long",
            "raise statement_timeout for this user, or find out what the server is busy with",
        )
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return Unreachable(
            f"{name} can only be read from",
            "name the server that accepts writes, and check default_transaction_read_only",
        )
    if isinstance(error, psycopg.OperationalError):
        return _trouble_of_connection(error, name)
    code = f", {error.sqlstate}" if error.sqlstate else ""
    return OutboxError(f"{name} cannot be used: {type(error).__name__}{code}")


def _trouble_of_connection(error: psycopg.OperationalError, name: str) -> OutboxError:
    said = str(error).lower()
    if not error.sqlstate:
        if any(words in said for words in _SERVICE_FILE):
            return OutboxError(f"{name}: there is no such service", "PGSERVICEFILE names the service file")
        for words, kind, what, hint in _REFUSALS:
            if words in said and (words[-1] != " " or any(one in said for one in _NOT_THERE)):
                return kind(f"{name}: the server {what}", hint)
    lines = [line.strip(" -\t") for line in str(error).splitlines() if line.strip()]
    why = lines[-2 if len(lines) > 1 and lines[-1].startswith("Is the server") else -1] if lines else ""
    why = why.removeprefix("connection failed: ").removeprefix("connection is bad: ")
    return Unreachable(
        f"{name}: the server cannot be reached: {why}", "is the server running, and is this its address?"
    )


def is_passing(error: psycopg.Error) -> bool:
    """Whether the same may succeed a little later, on a new connection."""
    if isinstance(error, _PASSING):
        return True
    if not isinstance(error, psycopg.OperationalError):
        return False
    if error.sqlstate:
        return error.sqlstate.startswith(_CONNECTION_CLASSES)
    return isinstance(_trouble_of_connection(error, ""), Unreachable)
