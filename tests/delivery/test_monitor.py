"""How an outbox is, asked while it answers, is slow, fails and is away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from mapper.delivery.outbox.monitor import OutboxMonitor
from mapper.delivery.outbox.outbox_errors import Unreachable
from mapper.delivery.outbox.store import Accepted, Account, AccountStatus
from mapper.delivery.outbox.store_thread import StoreThread, in_a_thread
from tests.delivery.deliveries import NOW, parcels
from tests.support.memory_outbox import MemoryOutbox

pytestmark = pytest.mark.quick

_SHOP = Account("shop/events-v1")


class _Away(MemoryOutbox):
    """An outbox that can be made to answer nothing, or that it cannot be reached."""

    def __init__(self) -> None:
        super().__init__()
        self.answers, self.fails = threading.Event(), False
        self.answers.set()
        self.put(Accepted(_SHOP, "v1", tuple(parcels(3))), NOW)

    def status(self) -> tuple[AccountStatus, ...]:
        self.answers.wait()
        if self.fails:
            raise Unreachable("away")
        return super().status()


@pytest.fixture
def outbox() -> Iterator[_Away]:
    made = _Away()
    yield made
    made.answers.set()


def _monitor(store: StoreThread) -> tuple[OutboxMonitor, list[float]]:
    time = [0.0]
    return OutboxMonitor(store, lambda: time[0], patience_seconds=0.2), time


def _seen(monitor: OutboxMonitor) -> tuple[list[int], float]:
    state = monitor.look()
    return [one.counts.pending for one in state.accounts], state.unreachable_seconds


def test_one_that_does_not_answer_is_shown_as_it_was_and_since_when(outbox: _Away) -> None:
    with closing(in_a_thread(outbox)) as store:
        monitor, time = _monitor(store)
        assert _seen(monitor) == ([3], 0)
        outbox.answers.clear()
        time[0] = 10
        assert _seen(monitor) == ([3], 0)  # it may only be slow
        time[0] = 14
        assert _seen(monitor) == ([3], 0)
        time[0] = 17
        assert _seen(monitor) == ([3], 7)
        outbox.answers.set()
        store.wait(lambda: None)
        assert _seen(monitor) == ([3], 0)


def test_one_that_fails_is_away_at_once(outbox: _Away) -> None:
    monitor, time = _monitor(StoreThread(outbox, None))
    assert _seen(monitor) == ([3], 0)
    outbox.fails, time[0] = True, 10
    _seen(monitor)
    time[0] = 12
    assert _seen(monitor) == ([3], 2)
    outbox.fails = False
    assert _seen(monitor) == ([3], 0)


def test_many_that_ask_make_one_question(outbox: _Away) -> None:
    outbox.answers.clear()
    with closing(in_a_thread(outbox)) as store:
        monitor, time = _monitor(store)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: monitor.look(), range(50)))
        outbox.answers.set()
        time[0] = 60
        store.wait(lambda: None)
        assert _seen(monitor) == ([3], 0)
