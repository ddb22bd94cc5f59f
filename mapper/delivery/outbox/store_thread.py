"""An outbox whose calls are made by one thread of its own, since a flush to the disk takes a while."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from mapper.delivery.outbox.store import Outbox

_P = ParamSpec("_P")
_R = TypeVar("_R")


class StoreThread:
    """The one place through which a process reaches an outbox.

    executor: runs the calls, one at a time; None: they are made where they are asked for.
    """

    def __init__(self, outbox: Outbox, executor: Executor | None) -> None:
        self.outbox = outbox
        self._executor = executor

    async def ask(self, call: Callable[_P, _R], *args: _P.args, **named: _P.kwargs) -> _R:
        """The result of one of the outbox's methods, for a coroutine."""
        if self._executor is None:
            return call(*args, **named)
        future = self._executor.submit(call, *args, **named)
        return await asyncio.shield(asyncio.wrap_future(future))

    def wait(self, call: Callable[_P, _R], *args: _P.args, **named: _P.kwargs) -> _R:
        """The same for a thread that may wait."""
        if self._executor is None:
            return call(*args, **named)
        return self._executor.submit(call, *args, **named).result()

    def submit(self, call: Callable[_P, _R], *args: _P.args, **named: _P.kwargs) -> Future[_R]:
        """The same for a thread that may not wait: its result is there later."""
        if self._executor is not None:
            return self._executor.submit(call, *args, **named)
        future: Future[_R] = Future()
        try:
            future.set_result(call(*args, **named))
        except Exception as error:  # it is raised where the result is asked for
            future.set_exception(error)
        return future

    def close(self) -> None:
        """Let all calls end, then close the outbox."""
        if self._executor is not None:
            self._executor.shutdown()
        self.outbox.close()


def in_a_thread(outbox: Outbox) -> StoreThread:
    """An outbox whose calls are made by a thread of its own."""
    return StoreThread(outbox, ThreadPoolExecutor(1, "outbox"))
