"""A socket between two processes of a server, by which they send each other values."""

from __future__ import annotations

import asyncio
import pickle
import socket
from dataclasses import dataclass
from typing import Any

from mapper.serving.keeper import LENGTH, PICKLED


@dataclass(frozen=True, slots=True)
class Channel:
    """One end of it, in an event loop. All but `close` raise EOFError and OSError where the other is gone."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def over(cls, own: socket.socket) -> Channel:
        """The end that a socket is."""
        return cls(*await asyncio.open_connection(sock=own))

    async def hears(self, word: bytes) -> bool:
        """Whether the other end says a word, rather than to be gone before."""
        try:
            return await self.reader.readexactly(len(word)) == word
        except (EOFError, OSError):
            return False

    @property
    def is_lost(self) -> bool:
        """Whether the other process is gone, as far as that is known."""
        return self.reader.at_eof() or self.reader.exception() is not None

    def tell(self, value: Any) -> None:
        """Send a value, some time soon; it is lost where the other process is gone."""
        content = pickle.dumps(value, PICKLED)
        self.writer.write(LENGTH.pack(len(content)))
        self.writer.write(content)

    async def heard(self) -> Any:
        """The next value that the other end sends."""
        (size,) = LENGTH.unpack(await self.reader.readexactly(LENGTH.size))
        return pickle.loads(await self.reader.readexactly(size))

    async def ask(self, value: Any) -> Any:
        """The answer to a value, where the other end sends nothing else."""
        self.tell(value)
        await self.writer.drain()
        return await self.heard()

    def close(self) -> None:
        """Let go of it."""
        self.writer.close()
