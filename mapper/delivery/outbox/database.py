"""A file -> a connection to the tables of an outbox in it: made, brought up to date, looked at for damage."""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from pathlib import Path

from mapper.delivery.outbox.database_errors import BUSY_SECONDS, RECOVER, explained
from mapper.delivery.outbox.outbox_errors import Damaged, OutboxError
from mapper.delivery.outbox.outbox_tables import AUDIT, MIGRATIONS, OLDEST, STRAY_CHUNK
from mapper.delivery.outbox.upgrade import Say, upgraded_line

# "mapr" in ASCII: tells an outbox from any other SQLite file.
_APPLICATION = 0x6D617072
_WHOLE_CHECK_BYTES = 256 * 2**20
_FILE_MODE = 0o600
_FOLDER_MODE = 0o700
_AGAIN_SECONDS = 0.02
_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",
)


def open_database(path: Path, say: Say = lambda line: None) -> sqlite3.Connection:
    """A connection to an outbox, which is made where there is none. Raises OutboxError and OSError."""
    try:
        path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), error.filename) from None
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), _FILE_MODE))
    with explained(path):
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            if older := _prepare(connection, path):
                say(upgraded_line(older, _latest()))
        except BaseException:
            connection.close()
            raise
    return connection


def open_memory() -> sqlite3.Connection:
    """A connection to the tables of an outbox in memory, of which nothing is on a disk."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    _migrate(connection)
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> int:
    """Make the tables of the present version, or bring them up to it; the version of older ones, or 0."""
    application, version, tables = _kind(connection)
    if application != _APPLICATION and (tables or version):
        raise Damaged(f"{path} is a database of something else", "name another file with --outbox")
    if 0 < version < OLDEST:
        raise OutboxError(
            f"{path} was written before the first release (outbox version {version}), which did not keep the"
            " account that its events are for",
            "remove it and send the files again, or name another file with --outbox",
        )
    if version > _latest():
        raise OutboxError(
            f"{path} was written by a newer version of mapper (outbox version {version})",
            "update mapper, or name another file with --outbox",
        )
    _write_ahead(connection)
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    if version < _latest():
        _migrate(connection)
        return version
    if not _is_sound(connection):
        raise Damaged(f"{path} is damaged", RECOVER)
    if wrong := unbalanced(connection):
        raise Damaged(f"{path} is damaged: its counts do not agree with its rows ({wrong[0]})", RECOVER)
    return 0


def _kind(connection: sqlite3.Connection) -> tuple[int, int, int]:
    """The application's mark, the version and how many tables there are, all of one moment.

    Another process may be making the tables just now.
    """
    connection.execute("BEGIN")
    try:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    finally:
        connection.execute("COMMIT")
    return application, version, tables


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Have changes written to a log first. SQLite does not wait for another process that asks at once."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_AGAIN_SECONDS)


def _latest() -> int:
    """The version that all migrations lead to."""
    return OLDEST + len(MIGRATIONS) - 1


def _is_sound(connection: sqlite3.Connection) -> bool:
    """Whether the file is what was written, as far as that can be told soon.

    Of a large one the bodies of chunks are left out, which are nearly all of it and are looked at before they
    are sent: reading through a million events takes seconds, and every command would wait for it.
    """
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (page_size,) = connection.execute("PRAGMA page_size").fetchone()
    if pages * page_size <= _WHOLE_CHECK_BYTES:
        return bool(connection.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok")
    small = ("account", "feed", "dead")
    checks = [connection.execute(f"PRAGMA integrity_check({name})").fetchone()[0] for name in small]
    return set(checks) == {"ok"} and connection.execute(STRAY_CHUNK).fetchone() is None


def _migrate(connection: sqlite3.Connection) -> None:
    """All missing versions in one transaction; another process may have done it meanwhile."""
    connection.execute("BEGIN EXCLUSIVE")
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        for script in MIGRATIONS[max(version - OLDEST + 1, 0) :]:
            for statement in script.split(";"):
                if statement.strip():
                    connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {_latest()}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def unbalanced(connection: sqlite3.Connection) -> list[str]:
    """The counts that do not agree with the rows, a line for each account."""
    rows = connection.execute(AUDIT).fetchall()
    return [
        f"{destination} {name}: accepted {accepted}, pending {pending}, delivered {delivered},"
        f" dead {dead}, expired {expired} and erased {erased} with {letters} letters and {purged} purged"
        for destination, name, accepted, pending, delivered, dead, expired, erased, letters, purged in rows
        if accepted != pending + delivered + dead + expired + erased or dead + expired != letters + purged
    ]
