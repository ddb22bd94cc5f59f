"""Many requests -> one transaction of an outbox: those that wait while the disk is flushed go together.

A request is answered when its transaction is on the disk. What is wrong with one of them fails it alone.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import field, replace
from functools import partial
from typing import Any, TypeAlias

from mapper.delivery.batch import Parcel
from mapper.delivery.clock import SYSTEM, Clock
from mapper.delivery.outbox.outbox_errors import AlreadyAccepted, OutboxError
from mapper.delivery.outbox.room import SpaceWatch, space_of
from mapper.delivery.outbox.store import Accepted, Account, Outbox, Unmapped
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.serving.future_end import settle
from mapper.values.frozen import dataclass
from mapper.values.safe_text import SafeError, SafeText

_MOST_EVENTS = 20_000
"""In one transaction, but for a request that has more: the next ones wait for it."""
_KEEP_SECONDS = 5.5
"""The time that a request waits for its transaction: a little longer than the outbox waits for its server."""
WHOLE_REQUEST = 0
"""In place of the number of an event: a delivery that is all of its request."""
_NO_ANSWER = SafeText("the outbox does not answer in time")
_MOST_TRIES = 5
"""Each is one more delivery that another process accepted at the same moment."""


@dataclass(frozen=True, slots=True, eq=False)
class PathLedger:
    """The ledger of one path's events. version: of its mapping; feed: its number in the outbox."""

    account: Account
    version: str
    feed: int | None
    chunk_events: int


@dataclass(frozen=True, slots=True)
class MappedRequest:
    """The outcomes of a request's events, numbered from 1.

    deliveries: what the sender calls the delivery of an event, by its number, or of `WHOLE_REQUEST`; digests.
    """

    ledger: PathLedger
    events: int
    parcels: tuple[Parcel, ...] = ()
    rejected: tuple[Unmapped, ...] = ()
    deliveries: tuple[tuple[int, bytes], ...] = ()

    @property
    def skipped(self) -> int:
        """Events that are neither payloads nor rejected: they are not meant to be sent."""
        if self.events == 1:
            return int(not self.parcels and not self.rejected)
        kept = {one.record for one in self.parcels} | {one.record for one in self.rejected}
        return self.events - len(kept)

    def without(self, numbers: set[int]) -> MappedRequest:
        """The same, as if it did not have some of its events."""
        if WHOLE_REQUEST in numbers:
            return MappedRequest(self.ledger, 0)
        return replace(
            self,
            events=self.events - len(numbers),
            parcels=tuple(one for one in self.parcels if one.record not in numbers),
            rejected=tuple(one for one in self.rejected if one.record not in numbers),
            deliveries=tuple(one for one in self.deliveries if one[0] not in numbers),
        )


@dataclass(frozen=True, slots=True)
class KeptRequest:
    """The counts of a request that was kept. replayed: events of it that were accepted before."""

    accepted: int
    rejected: int
    skipped: int
    replayed: int


class StoreFull(SafeError):
    """The outbox may take no more at the moment."""


class StoreSlow(SafeError):
    """The outbox has not answered yet."""


TellKept: TypeAlias = Callable[[KeptRequest | BaseException], None]
"""Hears what became of a request."""


@dataclass(slots=True, eq=False)
class _Keeping:
    """A request that is to be kept. until: the loop's time at which it is told that this takes too long."""

    request: MappedRequest
    tell: TellKept
    until: float
    is_told: bool = False

    def end(self, found: KeptRequest | BaseException) -> None:
        """Tell what became of it, once."""
        if not self.is_told:
            self.is_told = True
            self.tell(found)


@dataclass(slots=True)
class Commits:
    """The one place where requests are accepted. For one event loop.

    trouble: why the last transaction was not kept; None while they are. is_held: more requests are to come
    before anything is written.
    """

    store: StoreThread
    space: SpaceWatch
    clock: Clock = SYSTEM
    trouble: Exception | None = None
    groups: int = 0
    is_held: bool = False
    _waiting: deque[_Keeping] = field(default_factory=deque)
    _untold: deque[_Keeping] = field(default_factory=deque)
    _is_running: bool = False
    _is_watching: bool = False

    async def keep(self, request: MappedRequest) -> KeptRequest:
        """Return once it is on the disk. Raises what the outbox raises, StoreFull and StoreSlow.

        After StoreSlow it may be kept all the same: who sends it again sends a copy.
        """
        end: asyncio.Future[KeptRequest] = asyncio.get_running_loop().create_future()
        self.submit(request, partial(settle, end))
        return await end

    def submit(self, request: MappedRequest, tell: TellKept) -> None:
        """As `keep`: the result, or what would be raised, is told later."""
        loop = asyncio.get_running_loop()
        keeping = _Keeping(request, tell, loop.time() + _KEEP_SECONDS)
        self._waiting.append(keeping)
        self._untold.append(keeping)
        if not self._is_running and not self.is_held:
            self._is_running = True
            loop.call_soon(self._begin, loop)  # with all that come in this turn of the loop
        if not self._is_watching:
            self._is_watching = True
            loop.call_at(keeping.until, self._watch, loop)

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Within it requests are taken, and written together at its end."""
        self.is_held = True
        try:
            yield
        finally:
            self.is_held = False
            if self._waiting and not self._is_running:
                self._begin(asyncio.get_running_loop())

    async def probe(self, ledger: PathLedger) -> None:
        """Find out whether the outbox is full, or can be written again after it could not."""
        if self._is_running:
            return
        with suppress(Exception):
            if self.trouble is not None:
                await self.keep(MappedRequest(ledger, 0))
                return
            lack, _ = await self.store.ask(space_of, self.store.outbox, self.space.limits)
            self.trouble = StoreFull(lack) if lack else None

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have the next group written."""
        group = list(self._next_group())
        self._is_running = bool(group)
        if not group:
            return
        self.groups += 1
        requests, outbox = [one.request for one in group], self.store.outbox
        hear = partial(_in_loop, loop, self._end, loop, group)
        self.store.tell(hear, _keep_each, outbox, requests, self.space, self.clock.now())

    def _end(
        self,
        loop: asyncio.AbstractEventLoop,
        group: list[_Keeping],
        found: list[KeptRequest | Exception] | BaseException,
    ) -> None:
        """Tell what became of a group, after the next one was begun."""
        ends: Sequence[KeptRequest | BaseException]
        ends = [found] * len(group) if isinstance(found, BaseException) else found
        self.trouble = next((one for one in ends if isinstance(one, Exception)), None)
        self._begin(loop)
        for one, end in zip(group, ends, strict=True):
            one.end(end)
        while self._untold and self._untold[0].is_told:  # their events are not needed any more
            self._untold.popleft()

    def _next_group(self) -> Iterator[_Keeping]:
        events = 0
        while self._waiting:
            one = self._waiting[0]
            if one.is_told:  # it waited too long
                self._waiting.popleft()
                continue
            if events and events + one.request.events > _MOST_EVENTS:
                return
            events += max(one.request.events, 1)
            yield self._waiting.popleft()

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Tell those that have waited for too long, and look again when the next one has."""
        while self._untold and (self._untold[0].is_told or self._untold[0].until <= loop.time()):
            self._untold.popleft().end(StoreSlow(_NO_ANSWER))
        self._is_watching = bool(self._untold)
        if self._untold:
            loop.call_at(self._untold[0].until, self._watch, loop)


def _in_loop(loop: asyncio.AbstractEventLoop, call: Callable[..., None], *values: Any) -> None:
    """Call a function in a loop from another thread, unless the loop has ended."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(call, *values)


def _keep_each(
    outbox: Outbox, requests: Sequence[MappedRequest], room: SpaceWatch, now: float
) -> list[KeptRequest | Exception]:
    """The result of each request; together, and one by one where that fails for what is in one of them."""
    try:
        return list(_keep_all(outbox, requests, room, now))
    except (OutboxError, OSError) as error:
        return [error] * len(requests)
    except Exception as error:
        if len(requests) == 1:
            return [error]
        return [end for one in requests for end in _keep_each(outbox, (one,), room, now)]


def _keep_all(
    outbox: Outbox, requests: Sequence[MappedRequest], room: SpaceWatch, now: float
) -> list[KeptRequest]:
    if lack := room.lack(outbox):
        raise StoreFull(lack)
    for _ in range(_MOST_TRIES):
        found = _without_known(outbox, requests, now)
        try:
            outbox.put_all(_merged(found), now)
        except AlreadyAccepted:  # by another process, since it was asked
            continue
        return [
            KeptRequest(len(one.parcels), len(one.rejected), one.skipped, request.events - one.events)
            for one, request in zip(found, requests, strict=True)
        ]
    raise OutboxError("the same deliveries come to several processes again and again")


def _without_known(outbox: Outbox, requests: Sequence[MappedRequest], now: float) -> list[MappedRequest]:
    """The requests without the events that were accepted before, or that come a second time in them."""
    if not any(one.deliveries for one in requests):
        return list(requests)
    asked: defaultdict[Account, list[bytes]] = defaultdict(list)
    for request in requests:
        asked[request.ledger.account] += [digest for _, digest in request.deliveries]
    known = {
        account: set(outbox.known_deliveries(account, digests, now)) if digests else set()
        for account, digests in asked.items()
    }
    found = []
    for request in requests:
        before = known[request.ledger.account]
        replayed: set[int] = set()
        for number, digest in request.deliveries:
            if digest in before:
                replayed.add(number)
            before.add(digest)
        found.append(request.without(replayed) if replayed else request)
    return found


def _merged(requests: Sequence[MappedRequest]) -> list[Accepted]:
    """The writes for some requests: one for each ledger, so that small requests make no small chunks."""
    by_ledger: defaultdict[PathLedger, list[MappedRequest]] = defaultdict(list)
    for request in requests:
        by_ledger[request.ledger].append(request)
    return [
        Accepted(
            ledger.account,
            ledger.version,
            tuple([parcel for one in found for parcel in one.parcels]),
            tuple([letter for one in found for letter in one.rejected]),
            sum([one.skipped for one in found]),
            feed=ledger.feed,
            chunk_events=ledger.chunk_events,
            deliveries=tuple(dict.fromkeys(digest for one in found for _, digest in one.deliveries)),
        )
        for ledger, found in by_ledger.items()
    ]
