"""The sockets that a server listens with: one for each of its processes, all on one port.

With SO_REUSEPORT the kernel spreads connections among the sockets of a port; one that waits to be accepted is
reset when its socket is closed. So a server that another one replaces has new ones given to that first, and
accepts what came before. The kernel keeps the sockets in the order in which they began to listen: those of
the server that ends are the first.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

SETTLED_SECONDS = 1.0
"""How long connections that were begun before may still come to the socket that they were begun with."""
_ATTACH, _DETACH = 51, 68
"""SO_ATTACH_REUSEPORT_CBPF and SO_DETACH_REUSEPORT_BPF, which Python does not name."""
_RETURN = 0x06
"""A program of one instruction: the socket of a number. Where there is none, the kernel spreads as ever."""
_BACKLOG = 1024


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int, *, shared: bool = False, count: int = 1) -> list[socket.socket]:
    """Listening sockets, one for each process. shared: another server of the user may listen there too.

    Where the kernel does not spread connections, all accept from one socket. Raises OSError.
    """
    where = f"{host}:{port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError):
        raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL), where) from None
    # They say that they are TCP: only then are small answers sent without delay.
    form = family, kind, protocol or socket.IPPROTO_TCP
    own = count if sys.platform == "linux" else 1
    found: list[socket.socket] = []
    try:
        if own > 1 and not shared and port:
            _bound(form, address, shared=False).close()  # nobody else is there: else this is an error
        for _ in range(own):
            found.append(_bound(form, address, shared=shared or own > 1))
            address = (address[0], found[0].getsockname()[1], *address[2:])
        for one in found:
            one.listen(_BACKLOG)
        if shared:
            _spread(found[0])
        found += [found[0].dup() for _ in range(count - own)]
    except OSError as error:
        for one in found:
            one.close()
        raise OSError(error.errno, error.strerror, where) from None
    return found


def hand_over(listeners: Sequence[socket.socket]) -> None:
    """Let new connections go to the server that replaces this one, if one listens. On Linux alone."""
    if sys.platform == "linux":
        instruction = ctypes.create_string_buffer(struct.pack("=HBBI", _RETURN, 0, 0, len(listeners)))
        program = struct.pack("@HP", 1, ctypes.addressof(instruction))
        with suppress(OSError):  # connections are spread as before
            listeners[0].setsockopt(socket.SOL_SOCKET, _ATTACH, program)


def _bound(form: tuple[int, int, int], address: Any, *, shared: bool) -> socket.socket:
    listener = socket.socket(*form)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


def _spread(listener: socket.socket) -> None:
    """Let connections go to all that listen again, whatever one did that has ended."""
    if sys.platform == "linux":
        with suppress(OSError):  # nothing was steered
            listener.setsockopt(socket.SOL_SOCKET, _DETACH, 0)
