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
from itertools import islice

from mapper.delivery.answer import Answer, NoReply, Reply, Send, judge
from mapper.delivery.batch import Batch, Parcel, Receipt, sift
from mapper.delivery.clock import SYSTEM, Clock
from mapper.delivery.credentials import SetupFailure
from mapper.delivery.destination import Destination, RequestLimits
from mapper.delivery.isolation import isolate
from mapper.delivery.outbox import Outbox
from mapper.delivery.pace import Pace, moment_of, retry_after_seconds
from mapper.delivery.summary import Delivery, Receipts
from mapper.safe_text import NOTHING, SafeText

_NAP_SECONDS = 0.2
"""The longest sleep that does not look whether it should stop."""
_SKEW_SECONDS = 300
"""As far as a clock may be off before events near the edge of the window go wrong by it."""
_TOO_LARGE_SHARE = 0.9
"""Of the size that was too large: the most that a later request holds."""
_TOO_MANY_REQUESTS = 429
_WATCHED = 1000
"""So many payloads back it is watched how many were refused."""
_INTERRUPTED = SafeText("interrupted")


@dataclass(frozen=True, slots=True)
class Terms:
    """How a delivery is made.

    give_up_seconds: how long to try without any answer. concurrency: requests under way together.
    events, requests_per_second: fewer than the destination allows, if wanted.
    refused_share: a delivery stops when more of the last 1,000 payloads were refused: then the mapping is at
    fault. test: the endpoint is in test mode; nothing is settled, since nothing is kept there.
    """

    give_up_seconds: float = 600
    concurrency: int = 4
    events: int | None = None
    requests_per_second: float | None = None
    refused_share: float = 0.05
    test: bool = False

    def limits(self, destination: Destination) -> RequestLimits:
        """What the destination takes in a request and in a second, or less where that is wanted."""
        most = destination.limits
        rate = destination.test_requests_per_second if self.test else most.requests_per_second
        return RequestLimits(
            events=min(most.events, self.events or most.events),
            bytes=most.bytes,
            requests_per_second=min(rate, self.requests_per_second or rate),
        )


Told = Callable[[tuple[Receipt, ...]], None]
_USUAL = Terms()


@dataclass(slots=True)
class _Courier:
    """What the batches of one delivery share.

    stop: no further request may go. halted: why the courier itself set it, "" if it did not.
    """

    destination: Destination
    send: Send
    terms: Terms
    clock: Clock
    stop: threading.Event
    say: Callable[[SafeText], None]
    limits: RequestLimits
    pace: Pace
    probe: asyncio.Lock = field(default_factory=asyncio.Lock)
    receipts: Receipts = field(default_factory=Receipts)
    attempts: int = 0
    batches: int = 0
    possible_duplicates: int = 0
    remarks: list[SafeText] = field(default_factory=list)
    last: deque[bool] = field(default_factory=lambda: deque(maxlen=_WATCHED))
    skew: float | None = None
    halted: SafeText = NOTHING
    failure: SetupFailure | None = None
    gave_up: bool = False

    @property
    def over(self) -> bool:
        """Whether no further request may go."""
        return self.stop.is_set()

    @property
    def reason(self) -> SafeText:
        """Why what is left is not delivered, once it is over."""
        return self.halted or _INTERRUPTED

    def halt(self, reason: SafeText) -> None:
        """Lets no further request go; the first reason counts."""
        if not self.over:
            self.halted = reason
            self.stop.set()


def deliver(
    outbox: Outbox,
    destination: Destination,
    transport: AbstractAsyncContextManager[Send],
    *,
    terms: Terms = _USUAL,
    clock: Clock = SYSTEM,
    stop: threading.Event | None = None,
    told: Told = lambda receipts: None,
    say: Callable[[SafeText], None] = lambda line: None,
) -> Delivery:
    """Delivers all that waits in the outbox, in batches.

    stop: once set, requests under way are finished and no other begins; a delivery that ends early sets it,
    so that a slow feed may look at it and end too. told: hears the receipts of each claim, in the order of
    the feed. say: hears one line for a person when something must be waited for.
    """

    async def run() -> Delivery:
        async with transport as send:
            courier = _courier(destination, send, terms, clock, stop or threading.Event(), say)
            finished = await _claim_all(courier, outbox, told)
            return _delivery(courier, finished)

    return asyncio.run(run())


def _courier(
    destination: Destination,
    send: Send,
    terms: Terms,
    clock: Clock,
    stop: threading.Event,
    say: Callable[[SafeText], None],
) -> _Courier:
    limits = terms.limits(destination)
    pace = Pace(clock, destination.retry, limits.requests_per_second)
    return _Courier(destination, send, terms, clock, stop, say, limits, pace)


async def _claim_all(courier: _Courier, outbox: Outbox, told: Told) -> bool:
    """Carries claims, a few together, and settles them in order; whether the outbox was emptied."""
    claim: asyncio.Task[tuple[Parcel, ...] | None] | None = None
    flights: deque[asyncio.Task[tuple[Receipt, ...]]] = deque()
    emptied = False
    try:
        while True:
            room = len(flights) < courier.terms.concurrency
            if claim is None and room and not emptied and not courier.over:
                claim = asyncio.create_task(asyncio.to_thread(outbox.claim, courier.limits.events))
            awaited = [task for task in (claim, *islice(flights, 1)) if task is not None]
            if not awaited:
                break
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            if claim is not None and claim.done():
                parcels, claim = claim.result(), None
                # A feed that ends when it is told to stop has not come to its end.
                emptied = parcels is None and not courier.over
                if parcels:
                    flights.append(asyncio.create_task(_carry(courier, parcels)))
            while flights and flights[0].done():
                _settle(courier, outbox, flights.popleft().result(), told)
        if not emptied and (rest := await asyncio.to_thread(outbox.rest)):
            _settle(courier, outbox, tuple(Receipt(one, "retry", "", courier.reason) for one in rest), told)
        return emptied
    finally:
        for flight in flights:
            flight.cancel()
        if not emptied:
            courier.stop.set()


def _settle(courier: _Courier, outbox: Outbox, receipts: tuple[Receipt, ...], told: Told) -> None:
    if not courier.terms.test:
        outbox.settle(receipts)
    courier.receipts.add(receipts)
    told(receipts)


async def _carry(courier: _Courier, parcels: tuple[Parcel, ...]) -> tuple[Receipt, ...]:
    """A receipt for each of the claimed parcels, in order."""
    now = courier.clock.now() + (courier.skew or 0.0)
    held, batches = sift(parcels, courier.destination, courier.limits, now)
    found = {receipt.parcel.number: receipt for receipt in held}
    for batch in batches:
        receipts = await _carry_batch(courier, batch)
        _watch_refusals(courier, receipts)
        found.update((receipt.parcel.number, receipt) for receipt in receipts)
    return tuple(found[parcel.number] for parcel in parcels)


async def _carry_batch(courier: _Courier, batch: Batch) -> tuple[Receipt, ...]:
    answer = await _attempts(courier, batch)
    if answer.verdict not in ("refused", "too_large"):
        return answer.receipts
    isolation = await isolate(batch, answer, lambda part: _attempts(courier, part))
    if isolation.systemic:
        courier.halt(SafeText("every event is refused, so the mapping is at fault: {}", isolation.systemic))
    return isolation.receipts


async def _attempts(courier: _Courier, batch: Batch) -> Answer:
    """Sends a batch until it is settled, refused or too large.

    Its payloads have the receipt `retry` where no further request may go.
    """
    doubtful = False
    while True:
        answer = await _attempt(courier, batch)
        if answer is None:
            reason = SafeText("{}; it may have arrived" if doubtful else "{}", courier.reason)
            return Answer("settled", receipts=batch.receipts("retry", reason=reason))
        if answer.verdict not in ("retry", "setup"):
            if doubtful:
                accepted = sum(receipt.status == "accepted" for receipt in answer.receipts)
                courier.possible_duplicates += accepted
            return answer
        doubtful = doubtful or not answer.sure


async def _attempt(courier: _Courier, batch: Batch) -> Answer | None:
    """Sends a batch once, in its turn; None if no further request may go.

    While the service fails, one request at a time finds out whether it is back.
    """
    if await _turn(courier, calm=True):
        return await _send(courier, batch)
    async with courier.probe:
        return await _send(courier, batch) if await _turn(courier, calm=False) else None


async def _turn(courier: _Courier, *, calm: bool) -> bool:
    """Waits until a request may go; False once none may or, if it is to be `calm`, once the service fails."""
    while not courier.over and not (calm and courier.pace.failures):
        wait_seconds = courier.pace.wait_seconds()
        if not wait_seconds:
            return True
        await courier.clock.sleep(min(wait_seconds, _NAP_SECONDS))
    return False


async def _send(courier: _Courier, batch: Batch) -> Answer:
    began = courier.pace.begin()
    courier.attempts += 1
    reply = await courier.send(batch.body)
    answer = judge(batch, reply, courier.destination)
    _learn(courier, batch, began, reply, answer)
    return answer


def _learn(courier: _Courier, batch: Batch, began: float, reply: Reply | NoReply, answer: Answer) -> None:
    """What one answer means for the requests after it."""
    if answer.verdict == "retry":
        _wait_longer(courier, began, reply, answer)
        return
    courier.pace.succeed()
    if answer.verdict == "setup":
        courier.failure = answer.failure
        courier.halt(answer.message)
    elif answer.verdict == "too_large":
        most = int(batch.size * _TOO_LARGE_SHARE)
        courier.limits = replace(courier.limits, bytes=min(courier.limits.bytes, most))
    elif answer.verdict == "settled":
        courier.batches += 1
        _compare_clocks(courier, reply)


def _wait_longer(courier: _Courier, began: float, reply: Reply | NoReply, answer: Answer) -> None:
    asked = None
    if isinstance(reply, Reply):
        asked = retry_after_seconds(reply.retry_after, courier.clock.now())
        if reply.status == _TOO_MANY_REQUESTS:
            courier.pace.slow_down()
    counts = courier.pace.fail(began, asked)
    wait_seconds = courier.pace.wait_seconds()
    if courier.over:
        return
    late = courier.clock.elapsed() + wait_seconds - courier.pace.since > courier.terms.give_up_seconds
    if not courier.pace.waits_once(asked, counts) and late:
        courier.gave_up = True
        courier.halt(_given_up(answer, asked, wait_seconds))
    elif counts:
        courier.say(SafeText("{}; trying again in {} s", answer.message, max(1, round(wait_seconds))))


def _given_up(answer: Answer, asked: float | None, wait_seconds: float) -> SafeText:
    if asked is None:
        return SafeText("given up: {}", answer.message)
    return SafeText("given up: {}; it asks for a wait of {:,} s", answer.message, round(wait_seconds))


def _compare_clocks(courier: _Courier, reply: Reply | NoReply) -> None:
    """Once: whether this machine's clock is far from the service's, so that events seem too old or new."""
    moment = moment_of(reply.date) if isinstance(reply, Reply) else None
    if courier.skew is not None or moment is None:
        return
    skew = moment - courier.clock.now()
    courier.skew = skew if abs(skew) > _SKEW_SECONDS else 0.0
    if courier.skew:
        way, service = (
            SafeText("behind" if skew > 0 else "ahead of"),
            SafeText.known(courier.destination.service),
        )
        text = "this machine's clock is {:,} seconds {} {}'s"
        courier.remarks.append(SafeText(text, round(abs(skew)), way, service))


def _watch_refusals(courier: _Courier, receipts: tuple[Receipt, ...]) -> None:
    """Stops a delivery of which too much is refused: the rest would only follow."""
    courier.last.extend(receipt.status == "refused" for receipt in receipts if receipt.status != "retry")
    if len(courier.last) < _WATCHED:
        return
    refused = sum(courier.last)
    if refused > courier.terms.refused_share * _WATCHED:
        text = "{:,} of the last {:,} events were refused, so the mapping is at fault"
        courier.halt(SafeText(text, refused, _WATCHED))


def _delivery(courier: _Courier, finished: bool) -> Delivery:
    receipts = courier.receipts
    interrupted = courier.over and not courier.halted and not (finished and not receipts.unsent)
    return Delivery(
        service=courier.destination.service,
        test=courier.terms.test,
        accepted=receipts.accepted,
        refused_count=receipts.refused_count,
        refused=tuple(receipts.refused),
        reasons=receipts.reasons.all(),
        unsent=tuple(receipts.unsent),
        finished=finished,
        attempts=courier.attempts,
        batches=courier.batches,
        possible_duplicates=courier.possible_duplicates,
        warnings=tuple(receipts.warnings.most_common()),
        remarks=tuple(courier.remarks),
        stopped=courier.reason if courier.halted or interrupted else NOTHING,
        failure=courier.failure,
        interrupted=interrupted,
        gave_up=courier.gave_up,
    )
