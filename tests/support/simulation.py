"""Delivery in virtual time: an event loop whose clock jumps, and a service that fails by a seed."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import selectors
import threading
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from mapper.delivery.answer import NoReply, Reply
from mapper.delivery.batch import parcel_of
from mapper.delivery.clock import Clock
from mapper.delivery.courier import Courier
from mapper.delivery.destination import Destination
from mapper.delivery.outbox.erasure import Erased, ErasureOrder, Fate, erase_all
from mapper.delivery.outbox.sqlite import SqliteOutbox
from mapper.delivery.outbox.store import Accepted, DeadQuery
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.delivery.sender import Sender
from mapper.delivery.terms import Terms
from mapper.values.safe_text import SafeText
from tests.delivery.deliveries import DESTINATION, NOW, SHOP, kept, parcels, payload
from tests.support.memory_outbox import MemoryOutbox

_T = TypeVar("_T")
Settings = tuple[tuple[float, float], ...]
Erasing = tuple[Callable[[SqliteOutbox], Erased], float]
"""An erasure, and when it is made."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose time is moved on to the next timer whenever nothing else is to be done."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        return self.now


class _Jumping(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise AssertionError("nothing will ever happen again: a coroutine waits for nobody")
        self._loop.now += max(timeout, 0.0)
        return super().select(0)


def run_virtually(make: Callable[[VirtualLoop], Coroutine[Any, Any, _T]]) -> _T:
    """The result of a coroutine, in virtual time."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(make(loop))
    finally:
        loop.close()


def clock_of(loop: VirtualLoop, chance: Callable[[], float], settings: Settings = ()) -> Clock:
    """The loop's time as a clock; virtual time begins at NOW.

    settings: when the clock is set, and how many seconds it is ahead from then on.
    """

    def now() -> float:
        return NOW + loop.now + next((ahead for at, ahead in reversed(settings) if at <= loop.now), 0.0)

    return Clock(now, loop.time, asyncio.sleep, chance)


@dataclass
class Faults:
    """How a service fails: shares of its requests, and at what times it is down, which shows as `outage`.

    poisons: how it says that it cannot take an event, by its id: `400`, `413`, `422`, `500`, `reset`, `hang`.
    """

    shares: dict[str, float] = field(default_factory=dict)
    outages: tuple[tuple[float, float], ...] = ()
    until: float = float("inf")
    poisons: dict[str, str] = field(default_factory=dict)
    requests_per_second: float = float("inf")
    outage: str = "503"


@dataclass
class Service:
    """What stands at the other end: it counts what it processed, and knows what it never told."""

    loop: VirtualLoop
    faults: Faults
    chance: random.Random
    processed: Counter[str] = field(default_factory=Counter)
    ambiguous: int = 0
    requests: int = 0
    answers: list[tuple[float, bool]] = field(default_factory=list)
    _times: list[float] = field(default_factory=list)

    async def send(self, body: bytes) -> Reply | NoReply:
        """Answer a request as a service would, after a while."""
        self.requests += 1
        ids = [event["event_id"] for event in json.loads(body)["data"]]
        await asyncio.sleep(self.chance.uniform(0.02, 0.4))
        too_fast = self._is_too_fast()
        self.answers.append((self.loop.time(), too_fast))
        if too_fast:
            return Reply(429, b'{"code": 8, "message": "slow down"}')
        fault = self._fault(ids)
        if fault is None:
            return self._take(ids)
        return await self._fail(fault, ids)

    def _is_too_fast(self) -> bool:
        now = self.loop.time()
        self._times = [one for one in self._times if one > now - 1] + [now]
        return len(self._times) > self.faults.requests_per_second

    def _fault(self, ids: list[str]) -> str | None:
        now = self.loop.time()
        if any(begin <= now < end for begin, end in self.faults.outages):
            return self.faults.outage
        # An answer by event is given only where nothing else keeps the whole request from being looked at.
        by_event = sorted({self.faults.poisons[one] for one in ids if one in self.faults.poisons})
        if by_event:
            return next((one for one in by_event if one != "422"), "422")
        drawn = self.chance.random()
        for name, share in self.faults.shares.items() if now < self.faults.until else ():
            if drawn < share:
                return name
            drawn -= share
        return None

    def _take(self, ids: list[str]) -> Reply:
        self.processed.update(ids)
        return taken(ids)

    async def _fail(self, fault: str, ids: list[str]) -> Reply | NoReply:
        if fault == "lost":  # it was processed, and the answer is lost
            self._take(ids)
            self.ambiguous += len(ids)
            return NoReply(False, SafeText("the connection broke"))
        if fault == "hang":
            await asyncio.sleep(60)
            return NoReply(False, SafeText("no answer in time"))
        if fault == "reset":
            return NoReply(False, SafeText("the connection broke"))
        if fault == "refused":
            return NoReply(True, SafeText("the connection is refused"))
        if fault == "html":
            return Reply(200, b"<html>welcome to this network</html>")
        if fault == "422":
            bad = [one in self.faults.poisons for one in ids]
            entries = [{"status": "failed" if one else "processed", "error_message": "no"} for one in bad]
            self.processed.update(one for one, is_bad in zip(ids, bad, strict=True) if not is_bad)
            counts = {"num_events_received": len(ids), "num_events_processed": len(ids) - sum(bad)}
            return Reply(422, json.dumps({"code": 1, "details": {**counts, "events": entries}}).encode())
        return Reply(int(fault), b'{"code": 4196, "message": "no"}')


@dataclass(frozen=True)
class Course:
    """The end of a simulated delivery."""

    outbox: SqliteOutbox
    service: Service
    seconds: float
    said: tuple[str, ...]
    halted: str

    @property
    def dead(self) -> dict[str, str]:
        """The kind of each dead letter, by id."""
        letters = self.outbox.dead_letters(DeadQuery())
        return {json.loads(one.body)["event_id"]: one.kind for one in letters}


async def _trickle(outbox: SqliteOutbox, count: int, wake: Callable[[], None]) -> None:
    """Accept one event a minute, as a shop with few visitors does: so many, and while something else waits.

    What fails alone is known to be at fault only while others pass.
    """
    for number in itertools.count():
        await asyncio.sleep(60 if count else 0)
        if number >= count and (not count or not outbox.status()[0].counts.pending):
            return
        made = parcel_of(payload(event_id=f"t-{number}"), "later.ndjson", number + 1, DESTINATION)
        outbox.put(Accepted(SHOP, "v1", (made,)), NOW)
        wake()


Say = Callable[[float, list[str]], Reply | NoReply]
"""What a service says at a moment to a request with these events."""


def times_of(say: Say, count: int, terms: Terms, destination: Destination = DESTINATION) -> list[float]:
    """When the requests went of a one-shot delivery of so many events, a chunk each, in seconds."""
    moments: list[float] = []

    async def run(loop: VirtualLoop) -> None:
        async def send(body: bytes) -> Reply | NoReply:
            moments.append(loop.time())
            await asyncio.sleep(0.01)
            return say(loop.time(), [event["event_id"] for event in json.loads(body)["data"]])

        stop, clock = threading.Event(), clock_of(loop, lambda: 0.5)
        sender = Sender(destination, send, terms, clock, stop, lambda line: None)
        store = StoreThread(kept(parcels(count), terms.limits(destination).events), None)
        await Courier(SHOP, sender, store).run()

    run_virtually(run)
    return moments


def taken(ids: list[str]) -> Reply:
    """The answer that all events are processed."""
    entries = [{"status": "processed", "error_message": "", "warning_message": ""} for _ in ids]
    said = {"num_events_received": len(ids), "num_events_processed": len(ids), "events": entries}
    return Reply(200, json.dumps(said).encode())


def deliver_by_clocks(
    seed: int, events: int, faults: Faults, ends: tuple[float, ...], clocks: Settings
) -> Course:
    """Deliver by several processes, one after another, of which each ends at a time but the last.

    clocks: how the clock of them all is set.
    """
    chance = random.Random(seed)

    async def run(loop: VirtualLoop) -> Course:
        outbox, said, clock = MemoryOutbox(), list[SafeText](), clock_of(loop, chance.random, clocks)
        there = Service(loop, faults, chance)
        outbox.put(Accepted(SHOP, "v1", tuple(parcels(events))), clock.now())
        for end in (*ends, 7 * 86_400.0):
            stop = threading.Event()
            sender = Sender(DESTINATION, there.send, Terms(service=True), clock, stop, said.append)
            courier = Courier(SHOP, sender, StoreThread(outbox, None))
            ending = loop.call_at(end, _end, stop, courier)
            await courier.run()
            ending.cancel()
        return Course(outbox, there, loop.time(), tuple(said), "")

    return run_virtually(run)


def _end(stop: threading.Event, courier: Courier) -> None:
    stop.set()
    courier.wake()


def erasing(names: Collection[str], at: float) -> Erasing:
    """Erase events by their ids at a moment of virtual time."""

    class _Judge:
        def finds(self, content: bytes) -> bool:
            return any(f'"{one}"'.encode() in content for one in names)

        def fate(self, body: bytes, sealed: bytes) -> Fate:
            return "erase" if json.loads(body)["event_id"] in names else "keep"

    return lambda outbox: erase_all(outbox.erase, ErasureOrder(_Judge())), at


def simulate(
    seed: int,
    events: int,
    faults: Faults,
    *,
    trickle: int = 0,
    most: int | None = None,
    erasures: Iterable[Erasing] = (),
) -> Course:
    """Deliver events to a failing service until nothing is pending, or a day is over.

    trickle: so many events more come later, one a minute, and more while something waits. most: events in a
    request. erasures: what is erased meanwhile, and when.
    """
    chance = random.Random(seed)

    async def run(loop: VirtualLoop) -> Course:
        outbox, stop, said = MemoryOutbox(), threading.Event(), list[SafeText]()
        there = Service(loop, faults, chance)
        terms = Terms(service=True, events=most, flush_seconds=1.0, refused_share=1.0, ledger_days=30)
        sender = Sender(DESTINATION, there.send, terms, clock_of(loop, chance.random), stop, said.append)
        outbox.put(Accepted(SHOP, "v1", tuple(parcels(events))), NOW)
        trickling = asyncio.create_task(_trickle(outbox, trickle, lambda: courier.wake()))
        courier = Courier(SHOP, sender, StoreThread(outbox, None), lambda: not trickling.done())

        for erase, at in erasures:
            loop.call_later(at, erase, outbox)
        ending = loop.call_later(86_400, _end, stop, courier)
        await courier.run()
        ending.cancel()
        trickling.cancel()
        halted = sender.halted.reason if sender.halted is not None else ""
        return Course(outbox, there, loop.time(), tuple(said), halted)

    return run_virtually(run)
