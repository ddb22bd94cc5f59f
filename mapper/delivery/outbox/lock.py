"""A lock on a file that goes with its process, however that ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mapper.delivery.outbox.outbox_errors import AccountTaken
from mapper.delivery.outbox.store import Account

_FILE_MODE = 0o600


@contextmanager
def lock_file(path: Path, account: Account) -> Iterator[bool]:
    """Be the only one that holds a file: see `Outbox.own`. Raises AccountTaken where another process does."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), _FILE_MODE)
    try:
        if not _try_lock(descriptor):
            raise AccountTaken(
                f"another process delivers for {account}", "let it end first, or deliver to another account"
            )
        yield True
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:
        return _try_lock_region(descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _try_lock_region(descriptor: int) -> bool:
    """The same where there is no flock: on Windows. Where nothing can lock, nobody is kept out."""
    try:
        import msvcrt
    except ImportError:
        return True
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]  # only Windows has it
    except OSError:
        return False
    return True
