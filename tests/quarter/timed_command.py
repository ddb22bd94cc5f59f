"""The command `mapper` with a time that it is given: after FILE and BEGIN its own words follow.

Everything else is as it is: files, sockets, signals, threads, processes. The time goes on from one timer of
the couriers to the next whenever no request and no call of the outbox is under way.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import Any

from tests.quarter.shared_time import SharedTime

_LONE_SECONDS = 60.0
"""As far as the time goes on at once where one timer is left: nothing waits to be delivered then."""
_REAL_SECONDS = 0.0005
_AGAIN_SECONDS = 10.0
"""What `mapper serve` waits before couriers begin anew that the outbox failed."""


class Timers:
    """Sleeps of the couriers' event loop, and the calls that must end before the time goes on."""

    def __init__(self, shared: SharedTime) -> None:
        self.shared = shared
        self._sleeping: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self._turning = False
        self._busy, self._lock = 0, threading.Lock()

    @contextmanager
    def busy(self) -> Iterator[None]:
        """A block in which the time does not go on."""
        with self._lock:
            self._busy += 1
        try:
            yield
        finally:
            with self._lock:
                self._busy -= 1

    async def sleep(self, seconds: float) -> None:
        """Sleep for so long by the shared time."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        heapq.heappush(self._sleeping, (self.shared.elapsed + seconds, next(self._numbers), future))
        if not self._turning:
            self._turning = True
            loop.call_soon(self._turn, loop)
        await future

    def restart(self) -> None:
        """Forget the sleeps of an event loop that has ended."""
        self._sleeping.clear()
        self._turning = False

    def _turn(self, loop: Any) -> None:
        while self._sleeping and self._sleeping[0][2].done():
            heapq.heappop(self._sleeping)
        if not self._sleeping:
            self._turning = False
        elif self._busy:
            loop.call_later(_REAL_SECONDS, self._turn, loop)
        elif loop._ready:
            loop.call_soon(self._turn, loop)
        else:
            self._go_on(loop)

    def _go_on(self, loop: asyncio.AbstractEventLoop) -> None:
        shared, due = self.shared, self._sleeping[0][0]
        is_lone = sum(not one.done() for _, _, one in self._sleeping) == 1
        target = max(due, min(shared.elapsed + _LONE_SECONDS, shared.limit)) if is_lone else due
        if target > shared.limit:
            shared.elapsed = max(shared.elapsed, shared.limit)
            loop.call_later(_REAL_SECONDS, self._turn, loop)
            return
        shared.elapsed = max(shared.elapsed, target)
        while self._sleeping and self._sleeping[0][0] <= shared.elapsed:
            future = heapq.heappop(self._sleeping)[2]
            if not future.done():
                future.set_result(None)
        loop.call_soon(self._turn, loop)


def _inject(timers: Timers, seed: float) -> None:
    """Give the time to all that asks for it."""
    shared = timers.shared
    time.time = shared.now

    import mapper.cli.log
    import mapper.cli.serve_entries
    import mapper.serving.server_delivery
    from mapper.delivery import couriers
    from mapper.delivery.clock import Clock
    from mapper.delivery.outbox.store_thread import StoreThread

    class _Datetime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # a plain datetime will do
            return datetime.fromtimestamp(shared.now(), tz)

    ask, connect = StoreThread.ask, couriers._connect

    async def counted_ask(self: StoreThread, call: Callable[..., Any], *args: Any, **named: Any) -> Any:
        with timers.busy():
            return await ask(self, call, *args, **named)

    @asynccontextmanager
    async def counted_connect(*args: Any) -> AsyncIterator[Callable[[bytes], Awaitable[Any]]]:
        async with connect(*args) as send:

            async def counted(body: bytes) -> Any:
                with timers.busy():
                    return await send(body)

            yield counted

    class _Couriers(couriers.Couriers):
        async def run(self) -> None:
            timers.restart()
            try:
                await couriers.Couriers.run(self)
            except BaseException:
                shared.elapsed = min(shared.elapsed + _AGAIN_SECONDS, shared.limit)
                raise

    clock = Clock(shared.now, lambda: shared.elapsed, timers.sleep, random.Random(seed).random)
    mapper.cli.log.datetime = _Datetime  # type: ignore[attr-defined]
    mapper.serving.server_delivery._AGAIN_SECONDS = 0.05
    StoreThread.ask = counted_ask  # type: ignore[method-assign]
    timed: Any = partial(_Couriers, clock=clock, connect=counted_connect)
    mapper.cli.serve_entries.Couriers = timed  # type: ignore[attr-defined]


def main() -> None:
    """Run the command that follows the file of the time and its beginning."""
    shared = SharedTime(Path(sys.argv[1]), float(sys.argv[2]))
    _inject(Timers(shared), shared.elapsed)
    import mapper.cli

    sys.argv = ["mapper", *sys.argv[3:]]
    mapper.cli.main()


if __name__ == "__main__":
    main()
