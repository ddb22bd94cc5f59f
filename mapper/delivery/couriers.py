"""An outbox -> the services of all its accounts: a courier for each account that has something to send."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from functools import partial

from mapper.delivery.answer import Send
from mapper.delivery.clock import SYSTEM, Clock
from mapper.delivery.courier import Courier
from mapper.delivery.credentials import SetupFailure
from mapper.delivery.destination import Destination
from mapper.delivery.outbox.store import Account, AccountTaken, DeadQuery, Settlement
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.delivery.sender import Sender
from mapper.delivery.terms import Terms
from mapper.safe_text import NOTHING, SafeText

_LOOK_SECONDS = 1.0
"""So often it is looked for accounts that have something to send."""
_AGAIN_SECONDS = 60.0
"""So long an account is left alone whose courier could not begin."""
_DOUBTFUL_SECONDS, _HOUR = 86_400.0, 3_600.0
"""Payloads that were set aside as doubtful are tried again after a day."""


@dataclass(frozen=True, slots=True)
class Route:
    """How an account's payloads go to its service. transport: opened once."""

    destination: Destination
    transport: AbstractAsyncContextManager[Send]
    terms: Terms


@dataclass(slots=True)
class Couriers:
    """Many accounts in one process; an account that has nothing to send costs nothing.

    route: the way of an account, or what must be set right first. once: end when nothing waits that can be
    delivered. told: hears each settlement of an account; say: a line about one.
    """

    store: StoreThread
    route: Callable[[Account], Route | SetupFailure]
    stop: threading.Event
    once: bool = False
    clock: Clock = SYSTEM
    told: Callable[[Account, Settlement], None] = lambda account, settlement: None
    say: Callable[[Account, SafeText], None] = lambda account, line: None
    senders: dict[Account, Sender] = field(default_factory=dict)
    failures: dict[Account, SetupFailure] = field(default_factory=dict)
    _running: dict[Account, tuple[Courier, asyncio.Task[bool]]] = field(default_factory=dict)
    _not_before: dict[Account, float] = field(default_factory=dict)
    _swept: float = 0.0

    async def run(self) -> None:
        """Deliver until told to stop, then finish the requests under way. Raises what the outbox raises."""
        async with AsyncExitStack() as stack:
            try:
                while not self.stop.is_set():
                    await self._sweep()
                    waiting = await self._start(stack)
                    await self._look()
                    if self.once and not self._running and not waiting:
                        return
            finally:
                self.stop.set()
                await self._land()

    async def _start(self, stack: AsyncExitStack) -> bool:
        """Begin with each account that has something to send; whether one may begin later."""
        now = self.clock.elapsed()
        later = False
        for one in await self.store.ask(self.store.outbox.status):
            account = one.account
            if not one.counts.pending or account in self._running:
                continue
            if self._not_before.get(account, 0.0) > now:
                later = True
                continue
            sender = await self._sender(account, stack)
            if sender is not None:
                courier = Courier(account, sender, self.store, told=partial(self.told, account))
                self._running[account] = courier, asyncio.create_task(courier.run())
        return later and not self.once

    async def _sender(self, account: Account, stack: AsyncExitStack) -> Sender | None:
        """The sender of an account, kept for what it has learnt."""
        if account in self.senders:
            return self.senders[account]
        route = self.route(account)
        if isinstance(route, SetupFailure):
            if self.failures.get(account) != route:
                self.say(account, SafeText("waits: {}", SafeText.known(route.message)))
            self.failures[account] = route
            self._not_before[account] = self.clock.elapsed() + _AGAIN_SECONDS
            return None
        self.failures.pop(account, None)
        send = await stack.enter_async_context(route.transport)

        def say(line: SafeText) -> None:
            self.say(account, line)

        sender = Sender(route.destination, send, route.terms, self.clock, self.stop, say)
        self.senders[account] = sender
        return sender

    async def _look(self) -> None:
        """Wait a moment, or until a courier ends; couriers look at the outbox after it."""
        tasks = [task for _, task in self._running.values()]
        sleeping = asyncio.ensure_future(self.clock.sleep(_LOOK_SECONDS))
        try:
            await asyncio.wait([sleeping, *tasks], return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
        for account, (courier, task) in list(self._running.items()):
            if task.done():
                del self._running[account]
                self._end(account, task)
            else:
                courier.wake()

    def _end(self, account: Account, task: asyncio.Task[bool]) -> None:
        try:
            emptied = task.result()
        except AccountTaken as error:
            self.say(account, SafeText.known(str(error)))
            emptied = False
        if not emptied:
            self._not_before[account] = self.clock.elapsed() + _AGAIN_SECONDS

    async def _sweep(self) -> None:
        """Once an hour: what was doubtful a day ago waits again."""
        now = self.clock.now()
        if now - self._swept >= _HOUR:
            self._swept = now
            query = DeadQuery(kind="doubtful", until=now - _DOUBTFUL_SECONDS)
            await self.store.ask(self.store.outbox.retry, query, now)

    async def _land(self) -> None:
        """Let all couriers end."""
        for courier, _ in self._running.values():
            courier.wake()
        await asyncio.gather(*(task for _, task in self._running.values()), return_exceptions=True)
        self._running.clear()


def reason_of(couriers: Couriers) -> SafeText:
    """Why something is left, for a person; "" if nothing hinders."""
    for failure in couriers.failures.values():
        return SafeText.known(failure.message)
    for sender in couriers.senders.values():
        if sender.halted is not None:
            return sender.halted.reason
    return NOTHING
