"""Many accounts of one service: a process has so many requests under way, and who waits holds up nobody."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable

from mapper.delivery.answer import Reply
from mapper.delivery.courier import Courier
from mapper.delivery.outbox.store import Accepted, Account
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.delivery.sender import MOST_REQUESTS, Sender
from mapper.delivery.terms import Terms
from tests.delivery.deliveries import DESTINATION, NOW, TOO_MANY, parcels
from tests.support.memory_outbox import MemoryOutbox
from tests.support.simulation import VirtualLoop, clock_of, run_virtually, taken

_TERMS = Terms(events=10)


class _Service:
    """Answers after a second, and knows how many requests were under way; `says` what an account is told."""

    def __init__(self, says: Callable[[int], Reply | None]) -> None:
        self.says = says
        self.under_way = self.most = 0
        self.done: dict[int, float] = {}

    async def answer(self, number: int, body: bytes, loop: VirtualLoop) -> Reply:
        """Answer a request of an account."""
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(1)
        self.under_way -= 1
        said = self.says(number)
        if said is None:
            self.done[number] = loop.time()
            return taken([event["event_id"] for event in json.loads(body)["data"]])
        return said


def _deliver(accounts: int, service: _Service) -> None:
    """Deliver thirty events of each of some accounts, ten a request, until an hour is over."""

    async def run(loop: VirtualLoop) -> None:
        outbox, stop, room = MemoryOutbox(), threading.Event(), asyncio.Semaphore(MOST_REQUESTS)
        store, clock = StoreThread(outbox, None), clock_of(loop, lambda: 0.5)
        couriers = []
        for number in range(accounts):
            account = Account("shop/events-v1", f"shop-{number}")
            for _ in range(3):
                outbox.put(Accepted(account, "v1", tuple(parcels(10))), NOW)

            async def send(body: bytes, number: int = number) -> Reply:
                return await service.answer(number, body, loop)

            sender = Sender(DESTINATION, send, _TERMS, clock, stop, lambda line: None, room)
            couriers.append(Courier(account, sender, store))
        ending = loop.call_later(3600, stop.set)
        await asyncio.gather(*(courier.run() for courier in couriers))
        ending.cancel()
        assert not room.locked()

    run_virtually(run)


def test_no_more_requests_are_under_way_than_there_is_room_for() -> None:
    service = _Service(lambda number: None)
    _deliver(100, service)
    assert (service.most, len(service.done)) == (MOST_REQUESTS, 100)


def test_accounts_that_are_asked_to_wait_leave_the_room_to_others() -> None:
    wait = Reply(429, json.dumps(TOO_MANY).encode(), retry_after="590")
    service = _Service(lambda number: wait if number < 2 * MOST_REQUESTS else None)
    _deliver(2 * MOST_REQUESTS + 5, service)
    assert set(service.done) == set(range(2 * MOST_REQUESTS, 2 * MOST_REQUESTS + 5))
    assert max(service.done.values()) < 60
