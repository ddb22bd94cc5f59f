"""Questions are answered in turn beside the server: the urgent ones first, and none can stop the others."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from mapper.language_server.answer_queue import AnswerQueue, TakesTooLong

pytestmark = pytest.mark.asyncio
_PATIENCE_SECONDS = 20


def _blocking() -> tuple[Callable[[], None], threading.Event, threading.Event]:
    """A question that waits, whether it has begun, and what it waits for."""
    begun, free = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        free.wait(_PATIENCE_SECONDS)

    return hold, begun, free


async def _begun(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, _PATIENCE_SECONDS)


async def test_who_waits_is_answered_before_what_can_wait() -> None:
    queue, said = AnswerQueue(), list[str]()
    hold, begun, free = _blocking()
    first = asyncio.ensure_future(queue.answer(hold))
    await _begun(begun)
    later = asyncio.ensure_future(queue.answer(lambda: said.append("check"), urgent=False))
    soon = asyncio.ensure_future(queue.answer(lambda: said.append("hover")))
    await asyncio.sleep(0)
    free.set()
    await asyncio.gather(first, later, soon)
    assert said == ["hover", "check"]


async def test_a_question_that_is_cancelled_before_its_turn_is_never_asked() -> None:
    queue, said = AnswerQueue(), list[str]()
    hold, begun, free = _blocking()
    first = asyncio.ensure_future(queue.answer(hold))
    await _begun(begun)
    stale = asyncio.ensure_future(queue.answer(lambda: said.append("stale")))
    await asyncio.sleep(0)
    stale.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stale
    free.set()
    await first
    await queue.answer(lambda: said.append("fresh"))
    assert said == ["fresh"]


async def test_a_question_that_never_ends_is_given_up_and_the_next_one_is_answered() -> None:
    queue = AnswerQueue(longest_seconds=0.2)
    hold, begun, free = _blocking()
    stuck = asyncio.ensure_future(queue.answer(hold))
    await _begun(begun)
    assert await queue.answer(lambda: 7) == 7
    with pytest.raises(TakesTooLong):
        await stuck
    free.set()
    assert await queue.answer(lambda: 8) == 8


async def test_what_a_question_raises_its_asker_gets() -> None:
    queue = AnswerQueue()

    def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await queue.answer(fail)
    assert await queue.answer(lambda: 9) == 9


async def test_a_question_may_go_as_deep_as_in_the_main_thread() -> None:
    def depth(left: int) -> int:
        return 0 if not left else 1 + depth(left - 1)

    assert await AnswerQueue().answer(lambda: depth(900)) == 900
