"""A proxy between a client and a server of TCP that cuts a connection at a place in what the client says."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """What it does with connections.

    words: where a client says them, it is cut off; is_heard: the server hears them first, and answers nobody.
    cuts: how many times that is still to happen. most: how many connections it carries; the others it ends.
    """

    port: int
    words: bytes = b""
    is_heard: bool = False
    cuts: int = 0
    most: int | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    open: set[socket.socket] = field(default_factory=set)

    def cut(self, words: bytes, *, heard: bool, times: int = 1) -> None:
        """Cut a client off when it says these words next."""
        with self.lock:
            self.words, self.is_heard, self.cuts = words, heard, times

    def drop(self) -> None:
        """Cut all connections now."""
        with self.lock:
            for one in list(self.open):
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def takes(self, said: bytes) -> bool:
        """Whether a client is to be cut off, which has said this."""
        with self.lock:
            if not self.cuts or self.words not in said:
                return False
            self.cuts -= 1
            return True


@contextmanager
def proxy(to_port: int, most: int | None = None) -> Iterator[Proxy]:
    """A proxy to a port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Proxy(listener.getsockname()[1], most=most)
        accepting = threading.Thread(target=_accept, args=(listener, to_port, made), daemon=True)
        accepting.start()
        try:
            yield made
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            made.drop()
            accepting.join(10)


def _accept(listener: socket.socket, to_port: int, made: Proxy) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            if made.most is not None:
                made.most -= 1
                if made.most < 0:
                    client.close()
                    continue
            threading.Thread(target=_connect, args=(client, to_port, made), daemon=True).start()


def _connect(client: socket.socket, to_port: int, made: Proxy) -> None:
    with client:
        try:
            server = socket.create_connection(("127.0.0.1", to_port))
        except OSError:
            return
        with server:
            with made.lock:
                made.open |= {client, server}
            back = threading.Thread(target=_carry, args=(server, client, None), daemon=True)
            back.start()
            _carry(client, server, made)
            back.join()
            with made.lock:
                made.open -= {client, server}


def _carry(source: socket.socket, target: socket.socket, made: Proxy | None) -> None:
    """Carry what one side says to the other, until one of them ends, or is cut off."""
    with suppress(OSError):
        while said := source.recv(65536):
            if made is not None and made.takes(said):
                # The client hears nothing more, whatever the server answers.
                source.shutdown(socket.SHUT_RDWR)
                if made.is_heard:
                    target.sendall(said)
                    target.settimeout(10)
                    target.recv(65536)
                break
            target.sendall(said)
    for one in (source, target):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
