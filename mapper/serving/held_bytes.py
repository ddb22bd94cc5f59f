"""The memory for bodies of requests: bounded together and for each client. For one event loop.

Bytes count once they are received: a client that announces much and sends little takes no room from others.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from mapper.serving.client_limits import ServerLimits


@dataclass(slots=True)
class HeldBytes:
    """The bytes of all bodies larger than `limits.free_bytes`; a body without room waits, and is not read.

    The first body that needed room never waits, and neither does the first of each client while there is
    room for all: so each comes to its end, and there is never more than `limits.held_bytes` and one
    body.
    """

    limits: ServerLimits
    total: int = 0
    _of_client: Counter[str] = field(default_factory=Counter)
    _bodies: dict[HeldBody, None] = field(default_factory=dict)
    _waiting: list[asyncio.Future[None]] = field(default_factory=list)

    @contextmanager
    def body(self, client: str) -> Iterator[HeldBody]:
        """The bytes of one more body, which are given back at the end."""
        one = HeldBody(self, client)
        try:
            yield one
        finally:
            if one in self._bodies:
                self._charge(one, -one.size)
                del self._bodies[one]
                self._wake()

    def take(self, body: HeldBody, count: int) -> bool:
        """Count bytes more of a body, where there is room."""
        if body not in self._bodies:
            if body.size + count <= self.limits.free_bytes:
                body.size += count
                return True
            self._bodies[body] = None
            self._charge(body, body.size)
        if not self._has_room(body, count):
            return False
        body.size += count
        self._charge(body, count)
        return True

    def give_back(self, body: HeldBody, count: int) -> None:
        """Count bytes less of a body."""
        body.size -= count
        if body in self._bodies:
            self._charge(body, -count)
            self._wake()

    async def wait(self) -> None:
        """Return once some bytes were given back."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn

    def _has_room(self, body: HeldBody, count: int) -> bool:
        if next(iter(self._bodies)) is body:
            return True
        if self.total + count > self.limits.held_bytes:
            return False
        if self._of_client[body.client] + count <= self.limits.held_of_client:
            return True
        return next(one for one in self._bodies if one.client == body.client) is body

    def _charge(self, body: HeldBody, count: int) -> None:
        self.total += count
        self._of_client[body.client] += count
        if not self._of_client[body.client]:
            del self._of_client[body.client]

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            if not turn.done():
                turn.set_result(None)


@dataclass(slots=True, eq=False)
class HeldBody:
    """The bytes of one body. client: who sends it. size: what is held of it."""

    table: HeldBytes
    client: str
    size: int = 0

    async def grow(self, count: int) -> bool:
        """Hold so many bytes more, once there is room; False where there is none for `held_seconds`."""
        if self.table.take(self, count):
            return True
        with suppress(TimeoutError):
            async with asyncio.timeout(self.table.limits.held_seconds):
                while not self.table.take(self, count):
                    await self.table.wait()
                return True
        return False

    def shrink(self, count: int) -> None:
        """Hold so many bytes less."""
        self.table.give_back(self, count)
