"""The place of a database: a file, with its lock and the disk that it is on; or the memory of a process."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from mapper.delivery.outbox.ballast import Ballast
from mapper.delivery.outbox.lock import lock_file
from mapper.delivery.outbox.outbox_errors import AccountTaken, OutboxError
from mapper.delivery.outbox.store import Account


class InFile:
    """A file that other processes may use too."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ballast = Ballast(path.with_name(f"{path.name}.ballast"))
        self._file = _identity(path)

    def __str__(self) -> str:
        return str(self._path)

    def own(self, number: int, account: Account) -> AbstractContextManager[bool]:
        """See `Outbox.own`: a lock on a file of the account, which goes with the process."""
        self._ballast.lay()
        return lock_file(self._path.with_name(f"{self._path.name}.courier-{number}"), account)

    def check(self) -> None:
        """Raise OutboxError where another file has taken its place: what is written goes with the process."""
        if _identity(self._path) != self._file:
            raise OutboxError(
                f"{self._path} was deleted, or replaced by another file, while it was in use",
                "start this command anew; put the file back first if it is still there",
            )

    def free_bytes(self) -> int | None:
        """The space that is free on the disk."""
        return shutil.disk_usage(self._path.parent).free

    def lay_ballast(self) -> None:
        """Take space that can be given back once the disk is full."""
        self._ballast.lay()

    def throw_ballast(self) -> bool:
        """Give that space back; whether there was some."""
        return self._ballast.throw()


@dataclass(slots=True)
class InMemory:
    """The memory of a process, which takes the database with it when it ends."""

    _owned: set[Account] = field(default_factory=set)

    def __str__(self) -> str:
        return "the outbox in memory"

    @contextmanager
    def own(self, number: int, account: Account) -> Iterator[bool]:
        """See `Outbox.own`."""
        if account in self._owned:
            raise AccountTaken(
                f"another courier delivers for {account}", "let it end first, or deliver to another account"
            )
        self._owned.add(account)
        try:
            yield False
        finally:
            self._owned.discard(account)

    def check(self) -> None:
        """Do nothing: nobody else reaches it."""

    def free_bytes(self) -> int | None:
        """None: a disk that is full does not matter."""
        return None

    def lay_ballast(self) -> None:
        """Do nothing: there is no disk whose space could be kept."""

    def throw_ballast(self) -> bool:
        """Do nothing: there was no space to give back."""
        return False


def _identity(path: Path) -> tuple[int, int] | None:
    """The identity of a file, which another one at the same path does not have; None where there is none."""
    with suppress(FileNotFoundError):
        found = path.stat()
        return found.st_dev, found.st_ino
    return None
