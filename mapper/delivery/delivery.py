"""An account's backlog -> Delivery: a one-shot delivery, from its first request to its last."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from mapper.delivery.answer import Send
from mapper.delivery.batch import Receipt, Stops
from mapper.delivery.clock import SYSTEM, Clock
from mapper.delivery.courier import Courier
from mapper.delivery.destination import Destination
from mapper.delivery.outbox.outbox_errors import AccountTaken
from mapper.delivery.outbox.store import Account, Settlement
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.delivery.sender import Halt, Sender
from mapper.delivery.summary import Delivery, Receipts
from mapper.delivery.terms import Terms
from mapper.values.safe_text import NOTHING, SafeText

_LOOK_SECONDS = 0.2
_USUAL = Terms()


@dataclass(frozen=True, slots=True)
class Hearing:
    """The hearers of a delivery. receipts: of each settlement, once it is kept. say: a line for a person.

    begun: hears of the sender, which tells how things go.
    """

    receipts: Callable[[tuple[Receipt, ...]], None] = lambda receipts: None
    say: Callable[[SafeText], None] = lambda line: None
    begun: Callable[[Sender], None] = lambda sender: None


@dataclass(slots=True)
class Feeding:
    """Whether more is being accepted while a delivery goes on; set from another thread."""

    ended: threading.Event

    def __call__(self) -> bool:
        return not self.ended.is_set()


_NOTHING_MORE = Feeding(threading.Event())
_NOTHING_MORE.ended.set()
_NOBODY = Hearing()


@dataclass(frozen=True, slots=True)
class Way:
    """The account whose payloads are delivered, the destination, and how.

    stops: tells which payloads are erased in place of being sent.
    """

    account: Account
    destination: Destination
    transport: AbstractAsyncContextManager[Send]
    terms: Terms = _USUAL
    clock: Clock = SYSTEM
    stops: Stops | None = None


def deliver(
    store: StoreThread,
    way: Way,
    *,
    stop: threading.Event | None = None,
    feeding: Feeding = _NOTHING_MORE,
    hearing: Hearing = _NOBODY,
) -> Delivery:
    """Deliver what waits for an account, and what is accepted meanwhile.

    stop: once set, requests under way are finished and no other begins. A delivery that ends early sets it,
    so that who feeds it ends too. Raises what the outbox raises, and AccountTaken: then another process
    delivers, and who feeds this one goes on.
    """
    stop = stop or threading.Event()

    async def run() -> Delivery:
        receipts = Receipts()

        def told(settlement: Settlement) -> None:
            receipts.add(settlement.chunk.number, settlement.receipts)
            receipts.copies += settlement.copies
            hearing.receipts(settlement.receipts)

        async with way.transport as send:
            how = (way.terms, way.clock, stop, hearing.say)
            sender = Sender(way.destination, send, *how, stops=way.stops)
            hearing.begun(sender)
            courier = Courier(way.account, sender, store, feeding, told)
            emptied = await _run(courier, stop)
            # What was read before a stop is accepted, and waits too.
            await asyncio.to_thread(feeding.ended.wait)
            pending = await store.ask(pending_events, store, way.account)
            return _delivery(sender, receipts, emptied, pending)

    return asyncio.run(run())


async def _run(courier: Courier, stop: threading.Event) -> bool:
    """Run a courier to its end, and stop who feeds it, unless another process delivers: see `Courier.run`."""
    looking = asyncio.create_task(_look(courier))
    try:
        emptied = await courier.run()
    except AccountTaken:
        raise
    except BaseException:
        stop.set()
        raise
    finally:
        looking.cancel()
    stop.set()
    return emptied


async def _look(courier: Courier) -> None:
    """Wake the courier now and then: another thread may have accepted more, or want it to stop."""
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        courier.wake()


def pending_events(store: StoreThread, account: Account) -> int:
    """The number of events that wait for an account."""
    return next((one.counts.pending for one in store.outbox.status() if one.account == account), 0)


def _hint(halted: Halt) -> SafeText:
    return halted.hint if halted.failure is None else SafeText.known(halted.failure.hint)


def _delivery(sender: Sender, receipts: Receipts, emptied: bool, pending: int) -> Delivery:
    halted = sender.halted
    interrupted = sender.over and halted is None and not emptied
    return Delivery(
        service=sender.destination.service,
        test=sender.terms.test,
        delivered=receipts.delivered,
        refused_count=receipts.refused_count,
        refused=tuple(receipts.refused),
        reasons=receipts.reasons.all(),
        expired_count=receipts.expired_count,
        expired=receipts.expired.all(),
        erased=receipts.erased,
        pending=pending,
        waiting=receipts.waiting(),
        attempts=sender.attempts,
        batches=sender.answered,
        possible_duplicates=receipts.copies,
        warnings=tuple(receipts.warnings.most_common()),
        stopped=sender.reason if halted is not None or interrupted else NOTHING,
        failure=halted.failure if halted is not None else None,
        interrupted=interrupted,
        hint=NOTHING if halted is None else _hint(halted),
        gave_up=halted.gave_up if halted is not None else False,
    )
