"""Commands that die at a point that a test names: one is forked for each line of stdin.

Started as `python -m tests.support.killing`.
Its own arguments are those of a command that it runs first, so that all is loaded by then. A line on stdin is
a JSON object: `words` of the command, `stderr`, the file for what it says, and perhaps `point` and `nth`: it
is killed by SIGKILL when it comes to that point for the nth time. It answers with a line for the process's
id, and one for how it ended, as `waitpid` says it. The product knows nothing of it.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import mapper.cli
from mapper.cli.feed import Stoppable
from mapper.delivery import courier, delivery, sender, transport  # noqa: F401  # imported once, not by each
from mapper.delivery.outbox import acceptor, database, parcel_rows, sqlite, sqlite_chunks
from mapper.delivery.sender import Sender

# So few events are in a block, a transaction and a chunk, that a short feed takes many of each.
_READ_BYTES = 700
_CHUNK_EVENTS = 7

# Where a process is killed: what is called there, and whether before the call, or after it.
POINTS: dict[str, tuple[Any, str, bool]] = {
    "before the outbox is opened": (sqlite3, "connect", True),
    "before it is prepared": (database, "_prepare", True),
    "amid the making of its tables": (database, "_migrate", True),
    "before events are accepted": (sqlite.SqliteOutbox, "put", True),
    "amid the transaction that accepts events": (sqlite.SqliteOutbox, "_insert_chunk", False),
    "after events are accepted": (sqlite.SqliteOutbox, "put", False),
    "after a claim": (sqlite.SqliteOutbox, "claim", False),
    "before a request": (Sender, "_send", True),
    "before a request is noted": (sqlite.SqliteOutbox, "begin", True),
    "after a request is noted": (sqlite.SqliteOutbox, "begin", False),
    "before a settlement": (sqlite.SqliteOutbox, "settle", True),
    "amid the transaction that settles": (sqlite_chunks, "_keep_rest", True),
    "amid the transaction that writes a dead letter": (sqlite_chunks, "dead_row", False),
    "before the ledger is written": (sqlite, "write_ledger", True),
    "after the ledger is written": (sqlite, "write_ledger", False),
    "amid the forgetting of the ledger": (sqlite, "prune_ledger", False),
    "after a settlement": (sqlite.SqliteOutbox, "settle", False),
    "before the outbox is closed": (sqlite.SqliteOutbox, "close", True),
}


def main() -> None:
    """Serve until stdin ends."""
    with suppress(SystemExit):
        mapper.cli.commands(sys.argv[1:], prog_name="mapper")
    for line in sys.stdin:
        asked = json.loads(line)
        process = os.fork()
        if not process:
            _run(asked)
        print(process, flush=True)
        print(os.waitpid(process, 0)[1], flush=True)


def _run(asked: dict[str, Any]) -> None:
    """The command, in a process of its own."""
    with open(asked["stderr"], "wb") as file:
        os.dup2(file.fileno(), 2)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    read = Stoppable.read1
    Stoppable.read1 = lambda self, size=-1, /: read(self, _READ_BYTES)  # type: ignore[method-assign]
    acceptor.CHUNK_EVENTS = parcel_rows.CHUNK_EVENTS = _CHUNK_EVENTS  # type: ignore[attr-defined]
    if asked.get("point"):
        _arm(*POINTS[asked["point"]], asked["nth"])
    sys.argv, sys.stdin = ["mapper", *asked["words"]], open(os.devnull)  # noqa: SIM115  # as long as it lives
    try:
        mapper.cli.main()
    except SystemExit as exit:
        os._exit(int(exit.code or 0))
    os._exit(0)


def _arm(owner: Any, name: str, before: bool, nth: int) -> None:
    """Let the nth call of what is named kill this process."""
    called: Callable[..., Any] = getattr(owner, name)
    left = nth

    @functools.wraps(called)
    def call(*args: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if before and left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        result = called(*args, **named)
        if not before and left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, call)


if __name__ == "__main__":
    main()
