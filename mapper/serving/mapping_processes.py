"""Requests' events -> parcels, by processes of their own: a server answers while they map.

Events of many requests go together, and those of a large one in pieces. Where both wait, each process takes
them by turns: a small request waits for one piece of a large one at most.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from mapper.delivery.batch import Parcel
from mapper.delivery.outbox.store import Unmapped
from mapper.feeds import Broken, Meta
from mapper.running.event_mapper import MappedEvents, NumberedTexts
from mapper.serving.channel import Channel
from mapper.serving.future_end import settle
from mapper.serving.keeper import READY, Keeper, MapAnswer
from mapper.values.safe_text import SafeError, SafeText

PIECE_EVENTS = 100
"""The number of events that go to a process together: some milliseconds of work."""
_PIECE_BYTES = 2**20
SMALL_EVENTS = 50
_KEEPER_LOST = SafeText("the process that starts others was lost")
_MOST_STARTS, _START_SECONDS = 5, 0.2
"""How often in a row a process may end before it is ready, and the time between two of them."""
_MOST_TRIES = 2
"""Events are given up whose process was killed so often, by the system or an operator."""


class MappingLost(SafeError):
    """The events of a request could not be mapped, for no reason of their own."""


class ProcessesGone(SafeError):
    """No process maps any more, and none can be started."""


TellMapped: TypeAlias = Callable[[MappedEvents | SafeError], None]
"""Hears what became of some events; the error is MappingLost or ProcessesGone."""


@dataclass(slots=True, eq=False)
class _Piece:
    """Events of one request that are mapped together: what `EventMapper.map` takes.

    path: the number of its mapper. tell: is called once, with what became of them. tries: how often it was
    given to a process.
    """

    path: int
    texts: NumberedTexts
    meta: Meta
    origin: str
    tell: TellMapped
    tries: int = 0


@dataclass(slots=True)
class _Gathered:
    """The outcomes of the pieces of a request as they come; in the order of its events once all are there."""

    tell: TellMapped
    missing: int
    found: list[MappedEvents] = field(default_factory=list)

    def take(self, found: MappedEvents | SafeError) -> None:
        """Take what became of a piece; the first that is lost is told at once."""
        if self.missing < 0:
            return
        if not isinstance(found, MappedEvents):
            self.missing = -1
            self.tell(found)
            return
        self.found.append(found)
        self.missing -= 1
        if not self.missing:
            self.tell(
                MappedEvents(
                    tuple(sorted((one for part in self.found for one in part.parcels), key=_by_record)),
                    tuple(sorted((one for part in self.found for one in part.rejected), key=_by_record)),
                    sum(part.guarded for part in self.found),
                )
            )


def _by_record(one: Parcel | Unmapped) -> int:
    return one.record


@dataclass(slots=True)
class MappingProcesses:
    """Processes that map, replaced where one is lost. For one event loop.

    count: how many there are. fail: hears that none can be replaced any more. lost: processes that ended by
    themselves. driven: how many are there, or about to be replaced.
    """

    keeper: Keeper
    count: int
    fail: Callable[[SafeText], None]
    lost: int = 0
    driven: int = 0
    _small: deque[_Piece] = field(default_factory=deque)
    _large: deque[_Piece] = field(default_factory=deque)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _drivers: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        """Begin: at the first request, if not before. To be called in the event loop."""
        self.driven = self.count
        self._drivers = [asyncio.create_task(self._drive()) for _ in range(self.count)]

    async def map(self, path: int, texts: NumberedTexts, meta: Meta, origin: str = "") -> MappedEvents:
        """The outcomes of the events of a request, as the mapper of its path gives them.

        Raises MappingLost and ProcessesGone.
        """
        if not self._drivers:
            self.start()
        if not self.driven:
            raise ProcessesGone(_KEEPER_LOST)
        end: asyncio.Future[MappedEvents] = asyncio.get_running_loop().create_future()
        tell: TellMapped = partial(settle, end)
        places = list(_pieces(texts))
        if len(places) > 1:
            tell = _Gathered(tell, len(places)).take
        queue = self._small if len(texts) <= SMALL_EVENTS else self._large
        queue.extend([_Piece(path, texts[begin:stop], meta, origin, tell) for begin, stop in places])
        self._wake.set()
        return await end

    async def close(self) -> None:
        """End all processes; what they have in hand is lost."""
        for driver in self._drivers:
            driver.cancel()
        await asyncio.gather(*self._drivers, return_exceptions=True)

    async def _drive(self) -> None:
        """Keep one process at work, and then the one that replaces it.

        Nothing is given to one before it is ready.
        """
        missed = 0
        while missed < _MOST_STARTS:
            try:
                channel = await Channel.over(self.keeper.start_process())
            except OSError:
                break
            try:
                # A keeper that has just been killed may still take the order for a process.
                missed = 0 if await channel.hears(READY) else missed + 1
                if not missed:
                    await self._use(channel)
            finally:
                channel.close()
            if missed:
                await asyncio.sleep(_START_SECONDS)
        self._end_driver()

    def _end_driver(self) -> None:
        """A process is not replaced; with the last one, nobody waits for it any longer."""
        self.driven -= 1
        if not self.driven:
            for piece in (*self._small, *self._large):
                piece.tell(ProcessesGone(_KEEPER_LOST))
            self._small.clear()
            self._large.clear()
        self.fail(_KEEPER_LOST)

    async def _use(self, channel: Channel) -> None:
        """Give a process what waits, until it is lost."""
        turn = 0
        while True:
            await self._wait()
            if channel.is_lost:  # while it had nothing in hand
                self.lost += 1
                return
            taken = self._next(turn)
            turn += 1
            try:
                answers = await channel.ask([(one.path, one.texts, one.meta, one.origin) for one in taken])
            except (EOFError, OSError):
                self.lost += 1
                self._give_back(taken)
                return
            self._answer(taken, answers)

    async def _wait(self) -> None:
        """Return once there are pieces to map."""
        while not self._small and not self._large:
            self._wake.clear()
            await self._wake.wait()

    def _next(self, turn: int) -> list[_Piece]:
        """The pieces that are mapped together next: small ones and a large one by turns."""
        first, second = (self._small, self._large) if turn % 2 else (self._large, self._small)
        queue, events = first or second, 0
        taken: list[_Piece] = []
        while queue and (not events or events + len(queue[0].texts) <= PIECE_EVENTS):
            taken.append(queue.popleft())
            events += len(taken[-1].texts)
        return taken

    def _answer(self, taken: Sequence[_Piece], answers: Sequence[MapAnswer]) -> None:
        for piece, answer in zip(taken, answers, strict=True):
            if isinstance(answer, str):
                text = SafeText("internal error while mapping: {}", SafeText.known(answer))
                piece.tell(MappingLost(text))
            else:
                piece.tell(answer)

    def _give_back(self, taken: Sequence[_Piece]) -> None:
        """Put the pieces of a lost process back at the front; one lost twice ends with MappingLost."""
        for piece in taken:
            piece.tries += 1
            if piece.tries < _MOST_TRIES:
                self._small.appendleft(piece)
            else:
                piece.tell(MappingLost(SafeText("a process that maps was lost twice")))
        self._wake.set()


def _pieces(texts: NumberedTexts) -> Iterator[tuple[int, int]]:
    """The beginnings and ends of the pieces of a request's events."""
    begin = size = 0
    for place, (_, text) in enumerate(texts):
        size += 0 if isinstance(text, Broken) else len(text)
        if place > begin and (place - begin == PIECE_EVENTS or size > _PIECE_BYTES):
            yield begin, place
            begin, size = place, 0 if isinstance(text, Broken) else len(text)
    yield begin, len(texts)
