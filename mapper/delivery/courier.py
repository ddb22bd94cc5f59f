"""Outbox -> Delivery: claim, send, settle; waits and tries again; stops cleanly.

The transport, the clock and the outbox are handed in. Nothing is settled as accepted without an answer that
says so.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace

from mapper.delivery.answer import Answer, NoReply, Reply, Send, no_answer, read_answer
from mapper.delivery.batch import Batch, Parcel, Receipt, gate, pack
from mapper.delivery.clock import SYSTEM, Clock
from mapper.delivery.credentials import SetupFailure
from mapper.delivery.destination import Destination, Limits
from mapper.delivery.isolation import isolate
from mapper.delivery.outbox import Outbox
from mapper.delivery.pace import Pace, moment_of, retry_after_seconds
from mapper.delivery.summary import Delivery, Tally

_NAP_SECONDS = 0.2
"""The longest sleep that does not look whether it should stop."""
_SKEW_SECONDS = 300
"""As far as a clock may be off before events near the edge of the window go wrong by it."""
_TOO_LARGE_SHARE = 0.9
"""Of the size that was too large: the most that a later request holds."""
_TOO_MANY_REQUESTS = 429
_WATCHED = 1000
"""So many payloads back it is watched how many were refused."""
_INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Terms:
    """How a delivery is made.

    give_up_seconds: how long to try without any answer. concurrency: requests under way together.
    events, requests_per_second: fewer than the destination allows, if wanted.
    refused_share: a delivery stops when more of the last 1,000 payloads were refused: then the mapping is at
    fault. test: the endpoint is in test mode; nothing is settled, since nothing is kept there.
    """

    give_up_seconds: float = 120
    concurrency: int = 4
    events: int | None = None
    requests_per_second: float | None = None
    refused_share: float = 0.05
    test: bool = False


_USUAL = Terms()


@dataclass(slots=True)
class _Trip:
    """What the batches of one delivery share. halted: why no further request may go, "" if one may."""

    destination: Destination
    send: Send
    terms: Terms
    clock: Clock
    stop: threading.Event
    say: Callable[[str], None]
    limits: Limits
    pace: Pace
    probe: asyncio.Lock = field(default_factory=asyncio.Lock)
    tally: Tally = field(default_factory=Tally)
    last: deque[bool] = field(default_factory=lambda: deque(maxlen=_WATCHED))
    skew: float | None = None
    halted: str = ""
    failure: SetupFailure | None = None
    gave_up: bool = False

    @property
    def over(self) -> bool:
        """Whether no further request may go."""
        return bool(self.halted) or self.stop.is_set()


def deliver(
    outbox: Outbox,
    destination: Destination,
    transport: AbstractAsyncContextManager[Send],
    *,
    terms: Terms = _USUAL,
    clock: Clock = SYSTEM,
    stop: threading.Event | None = None,
    told: Callable[[tuple[Receipt, ...]], None] = lambda receipts: None,
    say: Callable[[str], None] = lambda line: None,
) -> Delivery:
    """Delivers all that waits in the outbox, in batches.

    stop: once set, requests under way are finished and no other begins. told: hears the receipts of each
    claim, in the order of the feed. say: hears one line for a person when something must be waited for.
    """

    async def run() -> Delivery:
        async with transport as send:
            trip = _trip(destination, send, terms, clock, stop or threading.Event(), say)
            finished = await _claim_all(trip, outbox, told)
            return _delivery(trip, finished)

    return asyncio.run(run())


def _trip(
    destination: Destination,
    send: Send,
    terms: Terms,
    clock: Clock,
    stop: threading.Event,
    say: Callable[[str], None],
) -> _Trip:
    limits = destination.limits
    allowed = destination.test_requests_per_second if terms.test else limits.requests_per_second
    top = min(allowed, terms.requests_per_second or allowed)
    limits = replace(limits, events=min(limits.events, terms.events or limits.events))
    return _Trip(destination, send, terms, clock, stop, say, limits, Pace(clock, destination.retry, top))


async def _claim_all(trip: _Trip, outbox: Outbox, told: Callable[[tuple[Receipt, ...]], None]) -> bool:
    """Carries claims, a few together, and settles them in order; whether the outbox was emptied."""
    flights: deque[asyncio.Task[tuple[Receipt, ...]]] = deque()
    emptied = False
    try:
        while True:
            while not emptied and not trip.over and len(flights) < trip.terms.concurrency:
                parcels = await asyncio.to_thread(outbox.claim, trip.limits.events)
                emptied = not parcels
                if parcels:
                    flights.append(asyncio.create_task(_carry(trip, parcels)))
            if not flights:
                return emptied
            receipts = await flights.popleft()
            if not trip.terms.test:
                outbox.settle(receipts)
            trip.tally.add(receipts)
            told(receipts)
    finally:
        for flight in flights:
            flight.cancel()


async def _carry(trip: _Trip, parcels: tuple[Parcel, ...]) -> tuple[Receipt, ...]:
    """A receipt for each of the claimed parcels, in order."""
    now = trip.clock.now() + (trip.skew or 0.0)
    held = [gate(parcel, trip.destination, now) for parcel in parcels]
    found = {receipt.parcel.number: receipt for receipt in held if receipt is not None}
    fit = [parcel for parcel in parcels if parcel.number not in found]
    for batch in pack(fit, trip.limits, trip.destination.envelope):
        receipts = await _carry_batch(trip, batch)
        _watch_refusals(trip, receipts)
        found.update((receipt.parcel.number, receipt) for receipt in receipts)
    return tuple(found[parcel.number] for parcel in parcels)


async def _carry_batch(trip: _Trip, batch: Batch) -> tuple[Receipt, ...]:
    answer = await _attempts(trip, batch)
    if answer.verdict not in ("refused", "too_large"):
        return answer.receipts
    isolation = await isolate(batch, answer, lambda part: _attempts(trip, part))
    if isolation.systemic:
        trip.halted = f"every event is refused, so the mapping is at fault: {isolation.systemic}"
    return isolation.receipts


async def _attempts(trip: _Trip, batch: Batch) -> Answer:
    """Sends a batch until it is settled, refused or too large.

    Its payloads have the receipt `retry` where no further request may go.
    """
    doubtful = False
    while True:
        answer = await _attempt(trip, batch)
        if answer is None:
            reason = (trip.halted or _INTERRUPTED) + ("; it may have arrived" if doubtful else "")
            return Answer("settled", receipts=batch.receipts("retry", reason=reason))
        if answer.verdict not in ("retry", "setup"):
            if doubtful:
                accepted = sum(receipt.status == "accepted" for receipt in answer.receipts)
                trip.tally.possible_duplicates += accepted
            return answer
        doubtful = doubtful or not answer.sure


async def _attempt(trip: _Trip, batch: Batch) -> Answer | None:
    """Sends a batch once, in its turn; None if no further request may go.

    While the service fails, one request at a time finds out whether it is back.
    """
    if await _turn(trip, calm=True):
        return await _send(trip, batch)
    async with trip.probe:
        return await _send(trip, batch) if await _turn(trip, calm=False) else None


async def _turn(trip: _Trip, *, calm: bool) -> bool:
    """Waits until a request may go; False once none may or, if it is to be `calm`, once the service fails."""
    while not trip.over and not (calm and trip.pace.failures):
        wait_seconds = trip.pace.wait_seconds()
        if not wait_seconds:
            return True
        await trip.clock.sleep(min(wait_seconds, _NAP_SECONDS))
    return False


async def _send(trip: _Trip, batch: Batch) -> Answer:
    began = trip.pace.begin()
    trip.tally.attempts += 1
    reply = await trip.send(batch.body)
    if isinstance(reply, NoReply):
        answer = no_answer(reply)
    else:
        answer = read_answer(batch, reply.status, reply.body, trip.destination)
    _learn(trip, batch, began, reply, answer)
    return answer


def _learn(trip: _Trip, batch: Batch, began: float, reply: Reply | NoReply, answer: Answer) -> None:
    """What one answer means for the requests after it."""
    if answer.verdict == "retry":
        _wait_longer(trip, began, reply, answer)
        return
    trip.pace.succeed()
    if answer.verdict == "setup":
        trip.failure, trip.halted = answer.failure, answer.message
    elif answer.verdict == "too_large":
        most = int(batch.size * _TOO_LARGE_SHARE)
        trip.limits = replace(trip.limits, bytes=min(trip.limits.bytes, most))
    elif answer.verdict == "settled":
        trip.tally.batches += 1
        _compare_clocks(trip, reply)


def _wait_longer(trip: _Trip, began: float, reply: Reply | NoReply, answer: Answer) -> None:
    asked = None
    if isinstance(reply, Reply):
        asked = retry_after_seconds(reply.retry_after, trip.clock.now())
        if reply.status == _TOO_MANY_REQUESTS:
            trip.pace.slow_down()
    counts = trip.pace.fail(began, asked)
    wait_seconds = trip.pace.wait_seconds()
    if trip.clock.elapsed() + wait_seconds - trip.pace.since > trip.terms.give_up_seconds:
        trip.gave_up = True
        trip.halted = trip.halted or f"given up: {answer.message}"
    elif counts and not trip.over:
        trip.say(f"{answer.message}; trying again in {max(1, round(wait_seconds))} s")


def _compare_clocks(trip: _Trip, reply: Reply | NoReply) -> None:
    """Once: whether this machine's clock is far from the service's, so that events seem too old or new."""
    moment = moment_of(reply.date) if isinstance(reply, Reply) else None
    if trip.skew is not None or moment is None:
        return
    skew = moment - trip.clock.now()
    trip.skew = skew if abs(skew) > _SKEW_SECONDS else 0.0
    if trip.skew:
        way = "behind" if skew > 0 else "ahead of"
        service = trip.destination.service
        trip.tally.remarks.append(f"this machine's clock is {abs(skew):,.0f} seconds {way} {service}'s")


def _watch_refusals(trip: _Trip, receipts: tuple[Receipt, ...]) -> None:
    """Stops a delivery of which too much is refused: the rest would only follow."""
    trip.last.extend(receipt.status == "refused" for receipt in receipts if receipt.status != "retry")
    refused = sum(trip.last)
    if len(trip.last) == _WATCHED and refused > trip.terms.refused_share * _WATCHED and not trip.halted:
        trip.halted = f"{refused:,} of the last {_WATCHED:,} events were refused, so the mapping is at fault"


def _delivery(trip: _Trip, finished: bool) -> Delivery:
    tally = trip.tally
    interrupted = trip.stop.is_set() and not (finished and not tally.unsent)
    return Delivery(
        service=trip.destination.service,
        test=trip.terms.test,
        accepted=tally.accepted,
        refused=tuple(tally.refused),
        unsent=tuple(tally.unsent),
        finished=finished,
        attempts=tally.attempts,
        batches=tally.batches,
        possible_duplicates=tally.possible_duplicates,
        warnings=tuple(tally.warnings.most_common()),
        remarks=tuple(tally.remarks),
        stopped=trip.halted or (_INTERRUPTED if interrupted else ""),
        failure=trip.failure,
        interrupted=interrupted,
        gave_up=trip.gave_up,
    )
