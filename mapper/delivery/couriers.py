"""An outbox -> the services of all its accounts: a courier for each account that has something to send."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from functools import partial

from mapper.delivery.answer import Send
from mapper.delivery.batch import Stops
from mapper.delivery.clock import SYSTEM, Clock, Jumps
from mapper.delivery.courier import MOST_PRUNED, Courier, jump_line
from mapper.delivery.credentials import Endpoint
from mapper.delivery.destination import Destination
from mapper.delivery.outbox.outbox_errors import AccountTaken
from mapper.delivery.outbox.store import Account, DeadQuery, Settlement
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.delivery.request_tally import DeliveryTally
from mapper.delivery.retry_decision import DOUBTFUL_AGAIN_SECONDS
from mapper.delivery.sender import MOST_REQUESTS, Sender
from mapper.delivery.setup_failure import SetupFailure
from mapper.delivery.terms import Terms
from mapper.texts.log_events import LogLine, noted
from mapper.values.safe_text import SafeText

_LOOK_SECONDS = 1.0
"""The time between two looks for accounts that have something to send."""
_AGAIN_SECONDS = 60.0
"""The time that an account is left alone whose courier could not begin, or ended before all was delivered."""
_REREAD_SECONDS = 5.0
"""The time after which credentials are read anew."""
_DAY_SECONDS, _HOUR = 86_400.0, 3_600.0
_PRUNING_STEPS = 50
"""The number of steps of the ledger that are forgotten in an hour without deliveries."""
_TAKEN = SafeText("another process delivers for this account")
_READABLE = SafeText("the credentials can be read again")
_RENEWED = SafeText("the credentials have changed; continuing with the new ones")


@dataclass(frozen=True, slots=True)
class Route:
    """The route of an account's payloads to its service, with the credentials as they are now.

    stops: tells which payloads are erased in place of being sent.
    """

    destination: Destination
    endpoint: Endpoint
    terms: Terms
    stops: Stops | None = None


@dataclass(slots=True)
class Line:
    """An account's way to its service. endpoint: replaced when credentials change; the sender stays."""

    endpoint: Endpoint
    sender: Sender


Connect = Callable[[Callable[[], Endpoint], int], AbstractAsyncContextManager[Send]]


def _connect(endpoint: Callable[[], Endpoint], connections: int) -> AbstractAsyncContextManager[Send]:
    from mapper.delivery.transport import connect  # it takes long, and there may be nothing to send

    return connect(endpoint, connections=connections)


@dataclass(slots=True)
class Couriers:
    """Many accounts in one process; an account that has nothing to send costs nothing.

    route: the way of an account with its credentials read anew, or what must be set right first; it may read
    files. once: end when nothing waits that can be delivered. renewing: once it is set, credentials are read
    anew, and what waits for them is tried at once. told: hears each settlement of an account; say: a line
    about one, or about none. failures: accounts whose credentials cannot be read; taken: those that another
    process delivers for. tallies: counts of this process, which outlive these couriers.
    """

    store: StoreThread
    route: Callable[[Account], Route | SetupFailure]
    stop: threading.Event
    once: bool = False
    clock: Clock = SYSTEM
    told: Callable[[Account, Settlement], None] = lambda account, settlement: None
    say: Callable[[Account | None, LogLine], None] = lambda account, line: None
    connect: Connect = _connect
    renewing: threading.Event = field(default_factory=threading.Event)
    lines: dict[Account, Line] = field(default_factory=dict)
    failures: dict[Account, SetupFailure] = field(default_factory=dict)
    taken: set[Account] = field(default_factory=set)
    tallies: dict[Account, DeliveryTally] = field(default_factory=dict)
    _running: dict[Account, tuple[Courier, asyncio.Task[bool]]] = field(default_factory=dict)
    _room: defaultdict[str, asyncio.Semaphore] = field(
        default_factory=lambda: defaultdict(lambda: asyncio.Semaphore(MOST_REQUESTS))
    )
    _not_before: dict[Account, float] = field(default_factory=dict)
    _jumps: Jumps = field(init=False)
    _swept: float = float("-inf")
    _reread: float = float("-inf")

    def __post_init__(self) -> None:
        self._jumps = Jumps(self.clock)

    @property
    def senders(self) -> Mapping[Account, Sender]:
        """The sender of each account that ever had something to send. Any thread may ask."""
        return {account: line.sender for account, line in list(self.lines.items())}

    async def run(self) -> None:
        """Deliver until told to stop, then finish the requests under way. Raises what the outbox raises."""
        async with AsyncExitStack() as stack:
            try:
                while not self.stop.is_set():
                    await self._sweep()
                    self._take_up_renewal()
                    await self._start(stack)
                    await self._reread_credentials()
                    await self._look()
                    if self.once and not self._running:
                        return
            finally:
                self.stop.set()
                await self._land()

    def _take_up_renewal(self) -> None:
        if self.renewing.is_set():
            self.renewing.clear()
            self._reread = float("-inf")
            self._not_before.clear()
            for line in self.lines.values():
                line.sender.renew()

    async def _start(self, stack: AsyncExitStack) -> None:
        """Begin with each account that has something to send."""
        now = self.clock.elapsed()
        found = await self.store.ask(self.store.outbox.status)
        waiting = [one.account for one in found if one.counts.pending and one.account not in self._running]
        due = [account for account in waiting if self._not_before.get(account, 0.0) <= now]
        for account, route in (await self._routes(due)).items():
            if isinstance(route, SetupFailure):
                self._fail(account, route)
                self._not_before[account] = now + _REREAD_SECONDS
                continue
            line = await self._line(account, route, stack)
            courier = Courier(account, line.sender, self.store, told=partial(self.told, account))
            self._running[account] = courier, asyncio.create_task(courier.run())

    async def _routes(self, accounts: list[Account]) -> dict[Account, Route | SetupFailure]:
        """The ways of accounts; files are read off the event loop, by the thread of the store."""
        if not accounts:
            return {}
        return await self.store.ask(lambda: {account: self.route(account) for account in accounts})

    async def _line(self, account: Account, route: Route, stack: AsyncExitStack) -> Line:
        """The line of an account, with these credentials."""
        line = self.lines.get(account)
        if line is not None:
            self._renew(account, line, route)
            return line

        def say(line: LogLine) -> None:
            self.say(account, line)

        def endpoint() -> Endpoint:
            return self.lines[account].endpoint

        if self.failures.pop(account, None) is not None:
            self.say(account, noted("credentials_renewed", _READABLE))
        send = await stack.enter_async_context(self.connect(endpoint, route.terms.concurrency))
        room = self._room[account.destination]
        tally = self.tallies.setdefault(account, DeliveryTally())
        way = (route.destination, send, route.terms, self.clock, self.stop, say, room)
        sender = Sender(*way, tally=tally, stops=route.stops)
        self.lines[account] = Line(route.endpoint, sender)
        return self.lines[account]

    def _renew(self, account: Account, line: Line, route: Route) -> None:
        """Use credentials as they are now."""
        failed = self.failures.pop(account, None)
        if route.endpoint != line.endpoint:
            line.endpoint = route.endpoint
            line.sender.renew()
            self.say(account, noted("credentials_renewed", _RENEWED))
        elif failed is not None:
            self.say(account, noted("credentials_renewed", _READABLE))

    def _fail(self, account: Account, failure: SetupFailure) -> None:
        """Say once what keeps the credentials of an account from being read."""
        if self.failures.get(account) != failure:
            goes_on = account in self._running
            text = "{}; continuing with the credentials read before" if goes_on else "waits: {}"
            self.say(account, noted("credentials_missing", SafeText(text, SafeText.known(failure.message))))
        self.failures[account] = failure

    async def _reread_credentials(self) -> None:
        """Now and then, for the accounts that are delivered for."""
        now = self.clock.elapsed()
        if now - self._reread < _REREAD_SECONDS:
            return
        self._reread = now
        for account, route in (await self._routes(list(self._running))).items():
            if isinstance(route, SetupFailure):
                self._fail(account, route)
            else:
                self._renew(account, self.lines[account], route)

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
        self._tell_jump()

    def _tell_jump(self) -> None:
        """Say that this machine's clock was set, where no courier does."""
        if (jump := self._jumps.seconds()) and not self._running:
            self.say(None, noted("clock_set", jump_line(jump), ahead_seconds=round(jump), released=0))

    def _end(self, account: Account, task: asyncio.Task[bool]) -> None:
        again_seconds = _AGAIN_SECONDS
        try:
            emptied = task.result()
            self.taken.discard(account)
        except AccountTaken as error:
            emptied = False
            is_shared = error.again_seconds is not None
            if account not in self.taken and (self.once or not is_shared):
                self.say(account, noted("account_taken", _TAKEN))
            if error.again_seconds is not None:
                again_seconds = min(max(error.again_seconds, _LOOK_SECONDS), _AGAIN_SECONDS)
            self.taken.add(account)
        if not emptied:
            self._not_before[account] = self.clock.elapsed() + again_seconds

    async def _sweep(self) -> None:
        """Once an hour: what was doubtful a day ago waits again, and the ledger is kept within its days."""
        if self.clock.elapsed() - self._swept >= _HOUR:
            self._swept, now = self.clock.elapsed(), self.clock.now()
            query = DeadQuery(kind="doubtful", until=now - DOUBTFUL_AGAIN_SECONDS)
            await self.store.ask(self.store.outbox.retry, query, now)
            await self._prune_ledger(now)

    async def _prune_ledger(self, now: float) -> None:
        """Forget what is too old also where nothing is delivered; while something is, its courier does."""
        days = max((line.sender.terms.ledger_days for line in self.lines.values()), default=0.0)
        for _ in range(_PRUNING_STEPS if days else 0):
            until = now - days * _DAY_SECONDS
            if not await self.store.ask(self.store.outbox.prune_ledger, until, MOST_PRUNED):
                return

    async def _land(self) -> None:
        """Let all couriers end, and wait for them."""
        for courier, _ in self._running.values():
            courier.wake()
        running, self._running = self._running, {}
        ended = await asyncio.gather(*(task for _, task in running.values()), return_exceptions=True)
        for one in ended:
            if isinstance(one, BaseException) and not isinstance(one, AccountTaken):
                raise one
