"""The user at the other end of a connection from this machine, as far as the system tells."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

_End: TypeAlias = tuple[str, int]

# Linux lists all connections there, each with the user of its socket.
_TABLES = Path("/proc/net")
_LOCAL, _REMOTE, _USER = 1, 2, 7
_ROOT_USER = 0


def is_of_another_user(client: _End, server: _End) -> bool:
    """Whether a connection is another user's, who must not see or change this user's files.

    False where the system does not tell. Where this process is root's, as in a container, the browser may be
    anybody's.
    """
    if not hasattr(os, "geteuid") or os.geteuid() == _ROOT_USER:
        return False
    user = user_of(client, server)
    return user is not None and user not in (os.geteuid(), _ROOT_USER)


def user_of(client: _End, server: _End) -> int | None:
    """The user whose program has connected from an address; None where the system does not tell."""
    with suppress(OSError, ValueError):
        ends = [_written(client), _written(server)]
        for line in _lines(":" in client[0]):
            fields = line.split()
            if [fields[_LOCAL], fields[_REMOTE]] == ends:
                return int(fields[_USER])
    return None


def _lines(is_newer: bool) -> Iterator[str]:
    with open(_TABLES / ("tcp6" if is_newer else "tcp"), encoding="ascii") as table:
        next(table, None)
        yield from table


def _written(address: _End) -> str:
    """An address as the table has it: numbers of 32 bits in this machine's order of bytes."""
    host, port = address
    packed = socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
    numbers = struct.unpack(f"={len(packed) // 4}I", packed)
    return "".join(f"{number:08X}" for number in numbers) + f":{port:04X}"
