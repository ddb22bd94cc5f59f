"""Processes that serve, processes that map, and the one that forks them: begun before a server has threads.

A keeper does nothing but fork, so that a process is replaced in a moment at any time, and all of them share
the memory of the programs. It forks the keeper of other programs too, which compiles them anew. All end with
the server, however it ends, by the end of their sockets. Nothing of an event is ever written anywhere but to
these sockets: an error is told by the name of its class.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import signal
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from mapper.feeds import Meta
from mapper.running.child_process import start_child
from mapper.running.event_mapper import EventMapper, MappedEvents, NumberedTexts

LENGTH = struct.Struct("=Q")
"""The number of bytes that follow it, in either direction."""
READY = b"r"
"""The first that a process says that maps: it was forked, and can be asked."""
PICKLED = 5
"""The protocol of pickle, which both ends speak."""
_MAP, _SERVE, _RENEW = b"m", b"s", b"r"
_RENEWAL_SECONDS = 120.0
"""How long programs may take to be compiled anew."""

# The number of a path's mapper, and what `EventMapper.map` takes.
MapTask: TypeAlias = tuple[int, NumberedTexts, Meta, str]
# Reads programs anew: a mapper for each path, and what the server is told of them.
Renew: TypeAlias = Callable[[], tuple[Sequence[EventMapper], object]]
# The life of a process that serves, with its end of a socket, the mappers and what is told of them.
Serve: TypeAlias = Callable[[socket.socket, Sequence[EventMapper], object], None]
# What became of the events, or the class of the error that a bug of ours raised.
MapAnswer: TypeAlias = MappedEvents | str


@dataclass(frozen=True, slots=True)
class Kept:
    """All that a keeper's processes work with: a mapper for each path, and what is told of them.

    renew: makes those of the keepers that this one is asked for. serve: the life of its processes that serve.
    """

    mappers: Sequence[EventMapper]
    told: object = None
    renew: Renew | None = None
    serve: Serve | None = None


@dataclass(frozen=True, slots=True)
class Renewal:
    """Programs that were read anew, with a keeper. told: of them. content: for `taken_up`, in any process."""

    keeper: Keeper
    told: object
    content: bytes


@dataclass(frozen=True, slots=True)
class Keeper:
    """The server's end of it. control: gives it the sockets of new processes.

    process: its id; None where it is no child of this process.
    """

    control: socket.socket
    process: int | None

    def start_process(self) -> socket.socket:
        """Our end of the socket of a new process that maps. Raises OSError where the keeper is gone."""
        return self._started(_MAP)

    def start_server(self) -> socket.socket:
        """The same of a process that serves."""
        return self._started(_SERVE)

    def renew(self) -> Renewal:
        """The programs as they are now, with a keeper of their own.

        Blocks until they are compiled. Raises OSError and EOFError where none comes of it.
        """
        own = self._started(_RENEW)
        try:
            own.settimeout(_RENEWAL_SECONDS)
            told, content = _read(own), _read(own)
            if told is None or content is None:
                raise EOFError
            own.settimeout(None)
        except (OSError, EOFError):
            own.close()
            raise
        return Renewal(Keeper(own, None), pickle.loads(told), bytes(content))

    @property
    def is_gone(self) -> bool:
        """Whether it has ended. To be asked by its parent alone."""
        try:
            return self.process is not None and os.waitpid(self.process, os.WNOHANG) != (0, 0)
        except ChildProcessError:
            return True

    def _started(self, kind: bytes) -> socket.socket:
        own, other = socket.socketpair()
        try:
            with other:
                socket.send_fds(self.control, [kind], [other.fileno()])
        except OSError:
            own.close()
            raise
        return own

    def close(self) -> None:
        """Let it end; its processes end with their sockets."""
        self.control.close()
        if self.process is not None:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.process, 0)


def start_keeper(kept: Kept) -> Keeper:
    """Fork a keeper. To be called while this process has one thread."""
    for one in kept.mappers:
        one.program.prepare()
    own, other = socket.socketpair()
    gc.freeze()  # what is there by now stays, so that no process copies it only to look for dead values

    def keep() -> None:
        own.close()
        _keep(kept, other)

    # Its processes ignore them too: the server ends all of them.
    process = start_child(keep, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    other.close()
    return Keeper(own, process)


def taken_up(content: bytes) -> tuple[object, Sequence[EventMapper]]:
    """Programs that were read anew: what is told of them, and their mappers."""
    told, mappers = pickle.loads(content)
    return told, mappers


def _keep(kept: Kept, control: socket.socket) -> None:
    """The life of a keeper: it forks for each socket that it is given."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, sockets, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        start_child(partial(_live, kept, control, sockets[0], message))
        os.close(sockets[0])


def _live(kept: Kept, control: socket.socket, given: int, kind: bytes) -> None:
    """The life of a process of a keeper, which is given a socket."""
    control.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    channel = socket.socket(fileno=given)
    if kind == _RENEW and kept.renew is not None:
        _keep_anew(kept.renew, kept.serve, channel)
    elif kind == _SERVE and kept.serve is not None:
        kept.serve(channel, kept.mappers, kept.told)
    else:
        _work(kept.mappers, channel)


def _keep_anew(renew: Renew, serve: Serve | None, control: socket.socket) -> None:
    """The life of a keeper of other programs: it tells of them first."""
    mappers, told = renew()
    for one in mappers:
        one.program.prepare()
    for value in (told, (told, mappers)):
        content = pickle.dumps(value, PICKLED)
        control.sendall(LENGTH.pack(len(content)) + content)
    _keep(Kept(mappers, told, serve=serve), control)


def _work(mappers: Sequence[EventMapper], channel: socket.socket) -> None:
    """The life of a process that maps: tasks, until there are no more."""
    channel.sendall(READY)
    while (task := _read(channel)) is not None:
        answers = [_mapped(mappers, *one) for one in pickle.loads(task)]
        content = pickle.dumps(answers, PICKLED)
        channel.sendall(LENGTH.pack(len(content)) + content)


def _mapped(
    mappers: Sequence[EventMapper], number: int, texts: NumberedTexts, meta: Meta, origin: str
) -> MapAnswer:
    try:
        return mappers[number].map(texts, meta, origin)
    except Exception as error:  # a bug of ours costs a request, and not the process
        return type(error).__name__


def _read(channel: socket.socket) -> bytearray | None:
    """The next message; None at the end."""
    head = _exactly(channel, LENGTH.size)
    return None if head is None else _exactly(channel, LENGTH.unpack(head)[0])


def _exactly(channel: socket.socket, size: int) -> bytearray | None:
    content = bytearray(size)
    view = memoryview(content)
    while view:
        count = channel.recv_into(view)
        if not count:
            return None
        view = view[count:]
    return content
