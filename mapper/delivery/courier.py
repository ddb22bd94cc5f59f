"""Outbox -> service, for one account: claims what is due, has it carried, settles it.

It ends when nothing waits any more; a one-shot delivery also where it can deliver nothing for the time being.
Nothing is settled as delivered without an answer that says so.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mapper.delivery.carriage import carry
from mapper.delivery.clock import Jumps
from mapper.delivery.death_notices import DeathNotices
from mapper.delivery.destination import RequestLimits
from mapper.delivery.outbox.outbox_errors import AccountTaken
from mapper.delivery.outbox.store import Account, Backlog, Chunk, Health, Settlement
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.delivery.retry_decision import Doubt
from mapper.delivery.sender import Begin, Halt, Sender, map_again
from mapper.texts.log_events import noted
from mapper.values.safe_text import SafeText, span

_WATCHED = 1000
"""The number of the last payloads of which it is watched how many were refused."""
_LOOK_SECONDS = 5.0
"""The time between two looks of a courier for payloads that another process accepted."""
_SHORTEST_FLUSH_SECONDS = 1.0
_NAP_SECONDS = 0.2
_PRUNE_SECONDS, _FEWEST_PRUNED, MOST_PRUNED = 1.0, 100, 20_000
"""The time between two prunings of ends that were kept long enough, and how many are forgotten at once."""
_DAY_SECONDS = 86_400.0
_TOLD_RECOVERY_SECONDS = 60.0
"""That delivery goes on is said after such a time in which nothing could be delivered."""

Told = Callable[[Settlement], None]


def jump_line(seconds: float) -> SafeText:
    """The line about how far this machine's clock was set."""
    way = SafeText("forward" if seconds > 0 else "back")
    return SafeText("this machine's clock was set {} by {}", way, span(round(abs(seconds))))


@dataclass(slots=True)
class Courier:
    """The only one that delivers for an account, in this process or another.

    feeding: whether more may be accepted while a one-shot delivery goes on. told: hears each settlement
    once it is kept.
    """

    account: Account
    sender: Sender
    store: StoreThread
    feeding: Callable[[], bool] = lambda: False
    told: Told = lambda settlement: None
    _flights: set[asyncio.Task[None]] = field(default_factory=set)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _last: deque[bool] = field(default_factory=lambda: deque(maxlen=_WATCHED))
    _doubts: dict[int, Doubt] = field(default_factory=dict)
    _health: Health | None = None
    _kept: int = 0
    _pruned: float = float("-inf")
    _jumps: Jumps = field(init=False)
    _deaths: DeathNotices = field(init=False)

    def __post_init__(self) -> None:
        self._jumps = Jumps(self.sender.clock)
        self._deaths = DeathNotices(self.sender.clock, self.sender.say)

    def wake(self) -> None:
        """Something was accepted. Call it in the courier's event loop."""
        self._woken.set()

    async def run(self) -> bool:
        """Deliver; whether nothing is left to be delivered. Raises AccountTaken and what the outbox raises.

        Requests under way are finished before it returns.
        """
        ownership = await self.store.ask(self.store.outbox.own, self.account)
        if await self.store.ask(ownership.__enter__):
            self.sender.pace.rest()
        try:
            # Until when something waits was written by another process, and by another clock.
            await self.store.ask(self.store.outbox.release, self.account)
            return await self._deliver()
        finally:
            try:
                await self._land()
            finally:
                await self.store.ask(ownership.__exit__, None, None, None)

    async def _deliver(self) -> bool:
        sender, account, outbox = self.sender, self.account, self.store.outbox
        while not sender.over:
            self._raise_failures()
            await self._take_up_jump()
            if len(self._flights) >= (1 if sender.pace.fails or sender.paused else sender.window):
                await self._wait(None)
                continue
            if wait_seconds := sender.wait_seconds():
                await self._wait(wait_seconds)
                continue
            limits, now = sender.limits, self.sender.clock.now()
            # Asked before the backlog: what is accepted last is then seen there.
            feeding = self.feeding()
            backlog = await self.store.ask(outbox.backlog, account, limits.events, limits.bytes, now)
            if not self._is_due(backlog, feeding):
                if self._is_done(backlog, feeding):
                    return True
                await self._wait(self._next_look(backlog))
                continue
            await self._begin(limits, now)
        return False

    async def _take_up_jump(self) -> None:
        """After this machine's clock was set, what waits for a time by it is looked at anew."""
        if jump := self._jumps.seconds():
            released = await self.store.ask(self.store.outbox.release, self.account)
            line = SafeText("{}; {:,} events that waited for a time are tried now", jump_line(jump), released)
            self.sender.say(noted("clock_set", line, ahead_seconds=round(jump), released=released))

    async def _begin(self, limits: RequestLimits, now: float) -> None:
        """Send off what is due, once there is room for it in memory."""
        await self.sender.room.acquire()
        chunks: tuple[Chunk, ...] = ()
        try:
            if not self.sender.over:
                claim = self.store.outbox.claim
                chunks = await self.store.ask(claim, self.account, limits.events, limits.bytes, now)
        finally:
            if not chunks:
                self.sender.room.release()
        if chunks:
            flight = asyncio.create_task(self._carry(chunks))
            flight.add_done_callback(lambda _: self.sender.room.release())
            self._flights.add(flight)

    async def _carry(self, chunks: tuple[Chunk, ...]) -> None:
        settlements = await carry(self.sender, chunks, self._doubt(chunks), self._beginning(chunks))
        self._watch_refusals(settlements)
        await self._settle(settlements)
        now = self.sender.clock.now()
        for one in settlements:
            self._learn(one)
            self.sender.tally.settle(one, now)
            self.told(one)
            if self.sender.terms.service:
                self._deaths.hear(one)
        await self._tell_recovery(settlements)

    async def _tell_recovery(self, settlements: tuple[Settlement, ...]) -> None:
        """Say that events are delivered again, once nothing could be for a while or it was said so.

        settlements: what the first requests came to that passed again.
        """
        seconds, self.sender.recovered_after = self.sender.recovered_after, 0.0
        if seconds and (self.sender.tells_recovery or seconds >= _TOLD_RECOVERY_SECONDS):
            self.sender.tells_recovery = False
            statuses = await self.store.ask(self.store.outbox.status)
            waiting = sum(one.counts.pending for one in statuses if one.account == self.account)
            delivered = sum(one.status == "delivered" for each in settlements for one in each.receipts)
            failing = max(1, round(seconds))
            text = "delivering again after {}: {:,} delivered, {:,} waiting"
            line = SafeText(text, span(failing), delivered, waiting)
            self.sender.say(
                noted("recovered", line, failing_seconds=failing, delivered=delivered, waiting=waiting)
            )

    async def _settle(self, settlements: tuple[Settlement, ...]) -> None:
        sender = self.sender
        health = Health(self.account, sender.failing_since, sender.failing_reason, sender.skew.seconds)
        changed = None if health == self._health else health
        self._health = health
        await self.store.ask(self.store.outbox.settle, settlements, sender.clock.now(), changed)
        if sender.terms.ledger_days:
            self._kept += sum(len(one.receipts) for one in settlements)
            await self._prune_ledger(sender.terms.ledger_days)

    async def _prune_ledger(self, days: float) -> None:
        """Now and then forget more of the ledger than was written since, in steps that hold up nothing."""
        now = self.sender.clock.elapsed()
        if now - self._pruned >= _PRUNE_SECONDS:
            most, self._kept, self._pruned = min(2 * self._kept + _FEWEST_PRUNED, MOST_PRUNED), 0, now
            until = self.sender.clock.now() - days * _DAY_SECONDS
            await self.store.ask(self.store.outbox.prune_ledger, until, most)

    def _beginning(self, chunks: tuple[Chunk, ...]) -> Begin:
        """The function to call before each request for some chunks. It raises AccountTaken if none may go."""
        begun = False

        async def begin() -> None:
            nonlocal begun
            if not begun:
                begun = True
                await self.store.ask(self.store.outbox.begin, chunks)
            if not self.store.outbox.holds(self.account):
                raise AccountTaken(f"this process no longer delivers for {self.account}", again_seconds=0.0)

        return begin

    def _learn(self, settlement: Settlement) -> None:
        """Keep in mind how often a chunk has failed while others passed."""
        number, answered = settlement.chunk.number, self.sender.answered
        if not any(receipt.status == "retry" for receipt in settlement.receipts):
            self._doubts.pop(number, None)
        elif settlement.failures == 1:
            self._doubts[number] = Doubt(answered, answered, 1)
        elif settlement.failures > settlement.chunk.failures and number in self._doubts:
            self._doubts[number] = self._doubts[number].again(answered)

    def _doubt(self, chunks: tuple[Chunk, ...]) -> Doubt | None:
        """The evidence against a chunk that is alone and has failed; None where it has not."""
        first = chunks[0]
        if not first.failures:
            return None
        answered = self.sender.answered
        return self._doubts.setdefault(first.number, Doubt(answered, answered, 0))

    # When

    def _is_due(self, backlog: Backlog, feeding: bool) -> bool:
        """Whether what waits is worth a request."""
        if not backlog.events:
            return False
        limits = self.sender.limits
        full = backlog.events >= limits.events or backlog.bytes >= limits.bytes
        return full or not (feeding or self.sender.terms.service) or self._flush_in(backlog) <= 0

    def _flush_in(self, backlog: Backlog) -> float:
        """Seconds until the oldest has waited long enough: less for an account that fills requests soon."""
        age = self.sender.clock.now() - backlog.oldest
        if age < 0:  # the clock was set back, so how long it has waited is unknown
            return 0.0
        rate = backlog.events / max(age, _SHORTEST_FLUSH_SECONDS)
        full_in = self.sender.limits.events / max(rate, 1e-9)
        most = max(_SHORTEST_FLUSH_SECONDS, min(self.sender.terms.flush_seconds, full_in))
        return most - age

    def _is_done(self, backlog: Backlog, feeding: bool) -> bool:
        """Whether nothing is left to wait for; a one-shot delivery does not wait for what is due late."""
        if feeding or self._flights or backlog.events:
            return False
        if backlog.next_due is None:
            return True
        if self.sender.terms.service or self.sender.pace.failures:
            return False  # while nothing is answered, it is the sender that gives up
        return backlog.next_due - self.sender.clock.now() > self.sender.terms.give_up_seconds

    def _next_look(self, backlog: Backlog) -> float | None:
        """Seconds until something is due, or may have been accepted; None: a request must end first."""
        looks = [_LOOK_SECONDS] if self.sender.terms.service or self.feeding() else []
        if backlog.events:
            looks.append(max(self._flush_in(backlog), 0.0))
        if backlog.next_due is not None:
            looks.append(max(backlog.next_due - self.sender.clock.now(), 0.0))
        return min(looks, default=None)

    async def _wait(self, seconds: float | None) -> None:
        """Wait for the end of a request, a call of `wake`, a stop, or so many seconds."""
        woken = asyncio.ensure_future(self._woken.wait())
        waits: list[asyncio.Future[Any]] = [woken]
        if seconds is not None:
            waits.append(asyncio.ensure_future(self.sender.clock.sleep(seconds)))
        try:
            await asyncio.wait([*waits, *self._flights], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
            self._woken.clear()

    # Ends

    def _raise_failures(self) -> None:
        """Forget requests that have ended; raises what the first of them raised."""
        ended = [one for one in self._flights if one.done()]
        self._flights.difference_update(ended)
        failures = [error for error in (one.exception() for one in ended) if error is not None]
        if failures:
            raise failures[0]

    async def _land(self) -> None:
        """Let all requests under way end, and settle them."""
        if self._flights:
            cutting = asyncio.create_task(self._cut_late())
            try:
                await asyncio.wait(self._flights)
            finally:
                cutting.cancel()
        self._raise_failures()

    async def _cut_late(self) -> None:
        """Wait for no answer any more some seconds after a stop, of real time, as a supervisor counts it."""
        while not self.sender.stop.is_set():
            await asyncio.sleep(_NAP_SECONDS)
        await asyncio.sleep(self.sender.terms.stop_seconds)
        self.sender.cut()

    def _watch_refusals(self, settlements: tuple[Settlement, ...]) -> None:
        """Stop when too much is refused: the rest would only follow. No mapping makes events old."""
        for one in settlements:
            told = [receipt for receipt in one.receipts if receipt.kind not in ("too_old", "ambiguous")]
            is_refused = [receipt.status == "refused" for receipt in told]
            ended = [receipt.status != "retry" for receipt in told]
            # What is refused before a request that fails is one of many, although the others have no end yet.
            self._last.extend(is_refused if any(is_refused) else [False] * sum(ended))
        refused = sum(self._last)
        if len(self._last) == _WATCHED and refused > self.sender.terms.refused_share * _WATCHED:
            self._last.clear()
            text = "{:,} of the last {:,} events were refused, so the mapping is at fault"
            hint = map_again(one.chunk.feed for one in settlements)
            self.sender.halt(Halt(SafeText(text, refused, _WATCHED), hint=hint))
