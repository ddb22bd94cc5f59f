"""The processes of this machine, as Linux shows them."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path


def below(process: int) -> list[int]:
    """All processes that a process started, and those that they did."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            stat = (folder / "stat").read_text()
            children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(folder.name))
    found, waiting = [], [process]
    while waiting:
        found += (more := children.get(waiting.pop(), []))
        waiting += more
    return found


def command(process: int) -> str:
    """The command line of a process; "" once it has ended."""
    with suppress(OSError):
        return (Path("/proc") / str(process) / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def kill(process: int) -> None:
    """End a process, which may have ended just now."""
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
