"""The outbox of a command: a file or a server, as it names it, memory, or a file of the user's."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mapper.cli.messages import error_line, with_hint
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.outbox.room import SpaceLimits, usual_limits
from mapper.delivery.outbox.server_address import is_server, open_server
from mapper.delivery.outbox.sqlite import SqliteOutbox, open_outbox
from mapper.delivery.outbox.store import (
    Account,
    AccountTaken,
    NotAdmitted,
    OutboxError,
    PositionMoved,
    Unreachable,
)
from mapper.values.safe_text import SafeText

if TYPE_CHECKING:
    from mapper.delivery.outbox.postgres import PostgresOutbox
    from mapper.delivery.outbox.reconnection import Reconnection
    from mapper.delivery.outbox.store_thread import StoreThread
    from mapper.delivery.outbox.upgrade import Say

MEMORY = "memory"
_STATUSES = (
    (AccountTaken, ExitStatus.LOCKED),
    (PositionMoved, ExitStatus.LOCKED),
    (Unreachable, ExitStatus.GIVEN_UP),
    (NotAdmitted, ExitStatus.NOT_ADMITTED),
)
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")


def outbox_path(account: Account) -> Path:
    """The file that keeps an account's events where none is named."""
    name = _NOT_IN_A_NAME.sub("-", f"{account.destination}-{account.name}")
    return _state_folder() / "mapper" / f"{name}.outbox"


def open_found(
    named: str | None, reconnection: Reconnection | None = None, say: Say = lambda line: None
) -> tuple[SqliteOutbox | PostgresOutbox, str]:
    """An outbox that is there, and what a person calls it: the named one, or the only one of the user's.

    reconnection: how long the server of one is waited for. say: hears that it was brought up to date. Raises
    UsageError, OutboxError and OSError.
    """
    if named is not None and is_server(named):
        outbox = open_server(named, reconnection, say)
        return outbox, outbox.name
    path = find_outbox(named)
    return open_outbox(path, say), str(path)


def find_outbox(named: str | None) -> Path:
    """The file of an outbox that is there: the one that is named, or the only one in the state folder.

    Raises UsageError where there is none, or several.
    """
    if named is not None:
        if not Path(named).is_file():
            raise click.UsageError(f"there is no outbox {named}")
        return Path(named)
    folder = _state_folder() / "mapper"
    found = sorted(folder.glob("*.outbox"))
    if not found:
        raise click.UsageError(
            f"there is no outbox in {folder}; `mapper send` makes one, or name one with --outbox"
        )
    if len(found) > 1:
        raise click.UsageError(f"name one with --outbox: {', '.join(map(str, found))}")
    return found[0]


def _state_folder() -> Path:
    """As the platform has it: XDG's, or that for an application's data on Windows."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local")
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state")


def open_store(
    named: str | None, account: Account | None, reconnection: Reconnection, say: Say
) -> tuple[StoreThread, str]:
    """The outbox of a command, and what a person calls it; memory in test mode, which must settle nothing.

    account: its file is opened, or made, where none is named; None: the outbox is there. reconnection: how
    long the server of one is waited for. say: hears that it was brought up to date. Raises UsageError,
    OutboxError and OSError.
    """
    from mapper.delivery.outbox.store_thread import in_a_thread  # `mapper outbox` does without

    if account is not None and (account.test or named == MEMORY):
        return in_a_thread(SqliteOutbox()), MEMORY
    if account is None or (named is not None and is_server(named)):
        outbox, name = open_found(named, reconnection, say)
        return in_a_thread(outbox), name
    path = outbox_path(account) if named is None else Path(named)
    return in_a_thread(open_outbox(path, say)), str(path)


def space_limits(name: str, wished: SpaceLimits) -> SpaceLimits:
    """The limits of an outbox: as its operator says, or as is usual where it is."""
    usual = SpaceLimits()
    if name == MEMORY:
        usual = usual_limits(None)
    elif not is_server(name):
        usual = usual_limits(shutil.disk_usage(os.path.dirname(os.path.abspath(name))).total)
    most, free = wished.most_bytes, wished.free_bytes
    return SpaceLimits(usual.most_bytes if most is None else most, usual.free_bytes if free is None else free)


def outbox_trouble(error: OutboxError | OSError) -> tuple[SafeText, ExitStatus]:
    """The problem with an outbox, for a person, and the status to exit with."""
    if isinstance(error, OSError):
        return error_line(error), ExitStatus.UNWRITABLE
    status = next((status for kind, status in _STATUSES if isinstance(error, kind)), ExitStatus.WRONG_SETUP)
    return with_hint(SafeText.known(str(error)), SafeText.known(error.hint)), status
