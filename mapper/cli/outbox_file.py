"""The outbox of a command: a file or a server, as it names it, memory, or a file of the user's."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mapper.cli.messages import error_line, with_hint
from mapper.cli.terminal import visible
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.outbox.named_outbox import MEMORY, open_named
from mapper.delivery.outbox.outbox_errors import OutboxError
from mapper.delivery.outbox.server_address import is_server
from mapper.delivery.outbox.store import Account
from mapper.values.safe_text import SafeError, SafeText

if TYPE_CHECKING:
    from mapper.delivery.outbox.postgres import PostgresOutbox
    from mapper.delivery.outbox.reconnection import Reconnection
    from mapper.delivery.outbox.sqlite import SqliteOutbox
    from mapper.delivery.outbox.store_thread import StoreThread
    from mapper.delivery.outbox.upgrade import Say

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
    is_named = named is not None and is_server(named)
    return open_named(str(named) if is_named else str(find_outbox(named)), reconnection, say)


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

    if account is None:
        outbox, name = open_found(named, reconnection, say)
    else:
        own = MEMORY if account.test else named or str(_own_path(account))
        outbox, name = open_named(own, reconnection, say)
    return in_a_thread(outbox), name


def _own_path(account: Account) -> Path:
    """The file of an account where none is named, its folder made. Raises an OSError that says what to do."""
    path = outbox_path(account)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        shown = SafeText.known(visible(str(path.parent)))
        text = (
            "the folder for the outbox, {}, cannot be made; name a file with --outbox, or set XDG_STATE_HOME"
        )
        raise SafeError(SafeText(text, shown)) from None
    return path


def outbox_trouble(error: OutboxError | OSError) -> tuple[SafeText, ExitStatus]:
    """The problem with an outbox, for a person, and the status to exit with."""
    if isinstance(error, OSError):
        return error_line(error), ExitStatus.UNWRITABLE
    return with_hint(SafeText.known(str(error)), SafeText.known(error.hint)), error.exit_status
