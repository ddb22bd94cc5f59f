"""An outbox whose calls are made by one thread of its own, since a flush to the disk takes a while."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeAlias, TypeVar

from mapper.delivery.outbox.store import Outbox

_P = ParamSpec("_P")
_R = TypeVar("_R")


# Hears what a call gave, or the error that it raised.
Hear: TypeAlias = Callable[[Any], None]


class CallThread:
    """A thread that makes calls one after another, begun by the first. As `ThreadPoolExecutor`, at a third of
    its cost for each call.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: SimpleQueue[tuple[Callable[[], Any], Hear] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._is_over = False

    def call(self, call: Callable[[], Any], hear: Hear) -> None:
        """Make a call soon; what comes of it is told in the thread. Raises RuntimeError after `end`."""
        with self._lock:
            if self._is_over:
                raise RuntimeError("no calls are made any more")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._calls.put((call, hear))

    def end(self) -> None:
        """Return once all calls are made."""
        with self._lock:
            self._is_over = True
            self._calls.put(None)
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while (asked := self._calls.get()) is not None:
            call, hear = asked
            hear(_result(call))
            del asked, call, hear  # what they hold is not needed until the next one comes


class StoreThread:
    """The one place through which a process reaches an outbox.

    thread: makes the calls, one at a time; None: they are made where they are asked for.
    """

    def __init__(self, outbox: Outbox, thread: CallThread | None) -> None:
        self.outbox = outbox
        self._thread = thread

    async def ask(self, call: Callable[_P, _R], *args: _P.args, **named: _P.kwargs) -> _R:
        """The result of one of the outbox's methods, for a coroutine."""
        if self._thread is None:
            return call(*args, **named)
        return await asyncio.shield(asyncio.wrap_future(self.submit(call, *args, **named)))

    def wait(self, call: Callable[_P, _R], *args: _P.args, **named: _P.kwargs) -> _R:
        """The same for a thread that may wait."""
        if self._thread is None:
            return call(*args, **named)
        return self.submit(call, *args, **named).result()

    def submit(self, call: Callable[_P, _R], *args: _P.args, **named: _P.kwargs) -> Future[_R]:
        """The same for a thread that may not wait: its result is there later."""
        future: Future[_R] = Future()
        self.tell(partial(_settle, future), call, *args, **named)
        return future

    def tell(self, hear: Hear, call: Callable[_P, _R], *args: _P.args, **named: _P.kwargs) -> None:
        """The same for who hears the result, or the error, in the thread of the outbox."""
        asked = partial(call, *args, **named)
        if self._thread is None:
            hear(_result(asked))
        else:
            self._thread.call(asked, hear)

    def close(self) -> None:
        """Let all calls end, then close the outbox."""
        if self._thread is not None:
            self._thread.end()
        self.outbox.close()


def in_a_thread(outbox: Outbox) -> StoreThread:
    """An outbox whose calls are made by a thread of its own."""
    return StoreThread(outbox, CallThread("outbox"))


def _result(call: Callable[[], Any]) -> Any:
    """The result of a call, or the error that it raises, for who hears it."""
    try:
        return call()
    except BaseException as error:  # it is raised where the result is asked for
        return error


def _settle(future: Future[Any], found: Any) -> None:
    if not future.set_running_or_notify_cancel():
        return
    if isinstance(found, BaseException):
        future.set_exception(found)
    else:
        future.set_result(found)
