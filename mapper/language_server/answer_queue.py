"""Questions -> answers, one after the other in a thread of their own, so that the server goes on reading."""

from __future__ import annotations

import asyncio
import heapq
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count
from time import monotonic
from typing import Any, TypeVar

Answer = TypeVar("Answer")
# The compiler's own limits end every check long before; this is for a mistake of the program's own.
LONGEST_SECONDS = 10.0
# As the main thread has: other threads have half a megabyte on some systems, too little for deep expressions.
_STACK_BYTES = 8 * 2**20


class TakesTooLong(Exception):
    """An answer that was given up."""


@dataclass(order=True)
class _Question:
    """A question that waits. order: those of a waiting person first, then as they came."""

    order: tuple[int, int]
    ask: Callable[[], Any] = field(compare=False)
    answer: Future[Any] = field(compare=False, default_factory=Future)
    began: float | None = field(compare=False, default=None)


class AnswerQueue:
    """A thread that answers; one that does not come back is given up, and another one takes its place."""

    def __init__(self, longest_seconds: float = LONGEST_SECONDS) -> None:
        self._longest_seconds = longest_seconds
        self._waiting: list[_Question] = []
        self._numbers = count()
        self._has_more = threading.Condition()
        self._thread: threading.Thread | None = None

    async def answer(self, ask: Callable[[], Answer], *, urgent: bool = True) -> Answer:
        """The answer of a function. urgent: a person waits for it. Raises what it raises, and TakesTooLong.

        A question whose asker is cancelled before its turn is never asked.
        """
        question = _Question((not urgent, next(self._numbers)), ask)
        with self._has_more:
            heapq.heappush(self._waiting, question)
            self._has_more.notify()
            if self._thread is None:
                self._start()
        waited = asyncio.wrap_future(question.answer)
        while not await _is_there(waited, self._longest_seconds):
            if question.began is not None and monotonic() - question.began >= self._longest_seconds:
                with self._has_more:
                    self._start()
                raise TakesTooLong
        answer: Answer = waited.result()
        return answer

    def _start(self) -> None:
        # A daemon: the process ends although the thread may be in the middle of an answer.
        self._thread = threading.Thread(target=self._run, name="answers", daemon=True)
        before = threading.stack_size(_STACK_BYTES)
        self._thread.start()
        threading.stack_size(before)

    def _run(self) -> None:
        own = threading.current_thread()
        while True:
            with self._has_more:
                while self._thread is own and not self._waiting:
                    self._has_more.wait()
                if self._thread is not own:
                    self._has_more.notify()
                    return
                question = heapq.heappop(self._waiting)
            question.began = monotonic()
            if not question.answer.set_running_or_notify_cancel():
                continue
            try:
                given = question.ask()
            except BaseException as error:
                question.answer.set_exception(error)
            else:
                question.answer.set_result(given)


async def _is_there(waited: asyncio.Future[Any], seconds: float) -> bool:
    """Whether an answer comes before a time is over; where its asker is cancelled, the question is too."""
    try:
        done, _ = await asyncio.wait({waited}, timeout=seconds)
    except asyncio.CancelledError:
        waited.cancel()
        raise
    return bool(done)
