"""The name of an outbox, as an operator gives it -> the outbox, which is made, and the space it may take."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from mapper.delivery.outbox.room import SpaceLimits, usual_limits
from mapper.delivery.outbox.server_address import is_server, open_server
from mapper.delivery.outbox.sqlite import SqliteOutbox, open_outbox

if TYPE_CHECKING:
    from mapper.delivery.outbox.postgres import PostgresOutbox
    from mapper.delivery.outbox.reconnection import Reconnection
    from mapper.delivery.outbox.upgrade import Say

MEMORY = "memory"
_NO_WISH = SpaceLimits()


def open_named(
    named: str, reconnection: Reconnection | None = None, say: Say = lambda line: None
) -> tuple[SqliteOutbox | PostgresOutbox, str]:
    """The outbox of a name, and what a person calls it: `memory`, the address of a server, or a file.

    reconnection: how long its server is waited for. say: hears that it was brought up to date. Raises
    OutboxError and OSError.
    """
    if named == MEMORY:
        return SqliteOutbox(), MEMORY
    if is_server(named):
        outbox = open_server(named, reconnection, say)
        return outbox, outbox.name
    return open_outbox(Path(named), say), named


def space_limits(name: str, wished: SpaceLimits = _NO_WISH) -> SpaceLimits:
    """The limits of an outbox: as its operator says, or as is usual where it is."""
    usual = SpaceLimits()
    if name == MEMORY:
        usual = usual_limits(None)
    elif not is_server(name):
        usual = usual_limits(shutil.disk_usage(os.path.dirname(os.path.abspath(name))).total)
    most, free = wished.most_bytes, wished.free_bytes
    return SpaceLimits(usual.most_bytes if most is None else most, usual.free_bytes if free is None else free)
