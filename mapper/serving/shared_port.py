"""A port that two processes listen on while one replaces the other, without a refused connection.

With SO_REUSEPORT the kernel spreads connections among all who listen; one that waits to be accepted is reset
when its socket is closed. So the process that ends has new ones given to the other first, and accepts what
came before. The kernel keeps the sockets of a port in the order in which they began, and puts the last one in
the place of one that is closed: of two, the one that ends is the first.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import sys
from contextlib import suppress

SETTLED_SECONDS = 1.0
"""How long connections that were begun before may still come to the socket that they were begun with."""
_ATTACH, _DETACH = 51, 68
"""SO_ATTACH_REUSEPORT_CBPF and SO_DETACH_REUSEPORT_BPF, which Python does not name."""
_RETURN, _SECOND = 0x06, 1
"""A program of one instruction: the second socket. Where there is none, the kernel spreads as ever."""


def share(listener: socket.socket) -> None:
    """Let other processes listen too, before it is bound."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)


def spread(listener: socket.socket) -> None:
    """Let connections go to all that listen again, whatever one did that has ended."""
    if sys.platform == "linux":
        with suppress(OSError):  # nothing was steered
            listener.setsockopt(socket.SOL_SOCKET, _DETACH, 0)


def hand_over(listener: socket.socket) -> None:
    """Let new connections go to the process that replaces this one, if one listens. On Linux alone."""
    if sys.platform == "linux":
        instruction = ctypes.create_string_buffer(struct.pack("=HBBI", _RETURN, 0, 0, _SECOND))
        program = struct.pack("@HP", 1, ctypes.addressof(instruction))
        with suppress(OSError):  # connections are spread as before
            listener.setsockopt(socket.SOL_SOCKET, _ATTACH, program)
