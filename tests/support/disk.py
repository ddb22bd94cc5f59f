"""A disk that remembers what SQLite does to it, to play back what a power cut leaves, and that can fail."""

from __future__ import annotations

import random
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import apsw
import pytest

_SECTOR = 512
_NAME = "remembered"
# What waits for a sync of the folder: files that are deleted.
_FOLDER = ""
_CODES = {apsw.FullError: apsw.SQLITE_FULL, apsw.IOError: apsw.SQLITE_IOERR}


@dataclass(frozen=True)
class Did:
    """One operation on a file: bytes written at a place, a length it was cut to, a sync, or its end."""

    what: Literal["write", "cut", "sync", "delete"]
    file: str
    place: int = 0
    data: bytes = b""


@dataclass
class Disk:
    """What was done, in order. fails: raised by the operation of that number, and by all after it."""

    did: list[Did] = field(default_factory=list)
    operations: int = 0
    fails_at: int | None = None
    fails_once: bool = False
    failure: type[Exception] = apsw.FullError

    def do(self, did: Did) -> None:
        """Note an operation, or fail."""
        self.operations += 1
        at = self.fails_at
        if at is not None and (self.operations == at or (self.operations > at and not self.fails_once)):
            raise self.failure("planned")
        self.did.append(did)


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._disk = disk
        self._name = Path(name.filename() if isinstance(name, apsw.URIFilename) else name or "temp").name

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.do(Did("write", self._name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        self._disk.do(Did("cut", self._name, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        self._disk.do(Did("sync", self._name))
        super().xSync(flags)


class _System(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        super().__init__(_NAME, "")

    def xOpen(self, name: Any, flags: list[int]) -> _File:
        return _File(self._disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self._disk.do(Did("delete", Path(filename).name))
        super().xDelete(filename, syncdir)


class _Rows:
    """A cursor as `sqlite3` has it."""

    def __init__(self, connection: apsw.Connection, cursor: apsw.Cursor) -> None:
        self._cursor, self.rowcount = cursor, connection.changes()

    def fetchone(self) -> Any:
        with _as_sqlite3():
            return self._cursor.fetchone()

    def fetchall(self) -> list[Any]:
        with _as_sqlite3():
            return list(self._cursor.fetchall())

    def fetchmany(self, count: int) -> list[Any]:
        return self.fetchall()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.fetchall())

    def close(self) -> None:
        self._cursor.close(True)


class _Connection:
    """A connection as `sqlite3` has it, by way of the disk."""

    def __init__(self, path: Any, **options: Any) -> None:
        with _as_sqlite3():
            self._connection = apsw.Connection(str(path), vfs=_NAME)

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def execute(self, sql: str, values: Any = ()) -> _Rows:
        with _as_sqlite3():
            return _Rows(self._connection, self._connection.execute(sql, tuple(values)))

    def executemany(self, sql: str, rows: Any) -> None:
        with _as_sqlite3():
            self._connection.executemany(sql, [tuple(one) for one in rows])

    def close(self) -> None:
        with suppress(apsw.Error):  # as `sqlite3`, which closes whatever the disk says
            self._connection.close(True)


@contextmanager
def _as_sqlite3() -> Iterator[None]:
    try:
        yield
    except apsw.Error as error:
        raised = sqlite3.OperationalError(str(error))
        # Those that the disk raised have no number.
        raised.sqlite_errorcode = getattr(error, "extendedresult", 0) or _CODES.get(type(error), 1)
        raise raised from error


@contextmanager
def remembered(disk: Disk) -> Iterator[None]:
    """Within it what `sqlite3` connects to is on that disk."""
    system = _System(disk)
    try:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(sqlite3, "connect", _Connection)
            # Of a planned failure that SQLite does not care for, nothing is to be said.
            patched.setattr(sys, "unraisablehook", lambda args: None)
            yield
    finally:
        system.unregister()


def after_power_cut(did: list[Did], chance: random.Random) -> dict[str, bytes]:
    """The files as a power cut may leave them: what was not synced is there, is not, or is torn."""
    files: dict[str, bytearray] = {}
    waiting: dict[str, list[Did]] = {}
    for one in did:
        if one.what == "sync":
            if one.file not in files and one.file.endswith(("-wal", "-journal")):
                # With the first sync of a log SQLite syncs its folder too.
                _apply_all(files, waiting.pop(_FOLDER, ()))
            _apply_all(files, waiting.pop(one.file, ()))
        else:
            waiting.setdefault(_FOLDER if one.what == "delete" else one.file, []).append(one)
    for left in waiting.values():
        fate = chance.choice(("keep", "drop", "some", "tear"))
        for one in left:
            if fate == "keep" or (fate != "drop" and chance.random() < 0.5):
                _apply(files, one)
            elif fate == "tear" and one.what == "write":
                _apply(files, _torn(one, chance))
    return {name: bytes(content) for name, content in files.items()}


def _torn(one: Did, chance: random.Random) -> Did:
    """Some sectors of a write, from its start or to its end."""
    sectors = range(0, len(one.data) + 1, _SECTOR)
    at = chance.choice(sectors)
    if chance.random() < 0.5:
        return Did("write", one.file, one.place, one.data[:at])
    return Did("write", one.file, one.place + at, one.data[at:])


def _apply_all(files: dict[str, bytearray], done: Iterable[Did]) -> None:
    for one in done:
        _apply(files, one)


def _apply(files: dict[str, bytearray], one: Did) -> None:
    if one.what == "delete":
        files.pop(one.file, None)
        return
    content = files.setdefault(one.file, bytearray())
    if one.what == "cut":
        del content[one.place :]
        content.extend(bytes(one.place - len(content)))
    elif one.data:
        content.extend(bytes(max(0, one.place - len(content))))
        content[one.place : one.place + len(one.data)] = one.data
