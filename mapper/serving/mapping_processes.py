"""Requests' events -> parcels, by processes of their own: a server answers while they map.

Events of many requests go together, and those of a large one in pieces. Where both wait, each process takes
them by turns: a small request waits for one piece of a large one at most.
"""

from __future__ import annotations

import asyncio
import pickle
import socket
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

from mapper.delivery.batch import Parcel
from mapper.delivery.outbox.store import Unmapped
from mapper.feeds import Broken, Meta, SourceBlock
from mapper.running.counts import EventCounts
from mapper.running.parcels import BlockParcels
from mapper.serving.future_end import settle
from mapper.serving.keeper import LENGTH, PICKLED, READY, BlockAnswer, BlockTask, Keeper
from mapper.values.safe_text import SafeError, SafeText

PIECE_EVENTS = 100
"""The number of events that go to a process together: some milliseconds of work."""
_PIECE_BYTES = 2**20
_SMALL_EVENTS = 50
_NOTHING_READ: Meta = {}
_KEEPER_LOST = SafeText("the process that starts others was lost")
_MOST_STARTS, _START_SECONDS = 5, 0.2
"""How often in a row a process may end before it is ready, and the time between two of them."""
_MOST_TRIES = 2
"""Events are given up whose process was killed so often, by the system or an operator."""


class MappingLost(SafeError):
    """The events of a request could not be mapped, for no reason of their own."""


class ProcessesGone(SafeError):
    """No process maps any more, and none can be started."""


@dataclass(frozen=True, slots=True)
class MappedEvents:
    """The outcomes of some events, by their numbers in their request. guarded: as `EventCounts` has it."""

    parcels: tuple[Parcel, ...]
    rejected: tuple[Unmapped, ...]
    guarded: int = 0


TellMapped: TypeAlias = Callable[[MappedEvents | SafeError], None]
"""Hears what became of some events; the error is MappingLost or ProcessesGone."""


@dataclass(slots=True, eq=False)
class _Piece:
    """Events of one request that are mapped together. texts: with the number of each in its request.

    tell: is called once, with what became of them. tries: how often it was given to a process. is_alone: with
    no others, since one of them made a bug show.
    """

    path: int
    texts: Sequence[tuple[int, bytes | Broken]]
    meta: Meta
    tell: TellMapped
    tries: int = 0
    is_alone: bool = False


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

    count: how many there are. fail: hears that none can be replaced any more. counts: of all events of each
    path. lost: processes that ended by themselves. driven: how many are there, or about to be replaced.
    """

    keeper: Keeper
    count: int
    fail: Callable[[SafeText], None]
    counts: defaultdict[int, EventCounts] = field(default_factory=lambda: defaultdict(EventCounts))
    lost: int = 0
    driven: int = 0
    _small: deque[_Piece] = field(default_factory=deque)
    _large: deque[_Piece] = field(default_factory=deque)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _drivers: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        """Begin. To be called in the event loop."""
        self.driven = self.count
        self._drivers = [asyncio.create_task(self._drive()) for _ in range(self.count)]

    async def map(self, path: int, texts: Sequence[tuple[int, bytes | Broken]], meta: Meta) -> MappedEvents:
        """The outcomes of the events of a request, all with the same `meta`.

        Raises MappingLost and ProcessesGone.
        """
        end: asyncio.Future[MappedEvents] = asyncio.get_running_loop().create_future()
        self.submit(path, texts, meta, partial(settle, end))
        return await end

    def submit(
        self, path: int, texts: Sequence[tuple[int, bytes | Broken]], meta: Meta, tell: TellMapped
    ) -> None:
        """As `map`: the outcomes, or what would be raised, are told later, or at once."""
        if not self.driven:
            tell(ProcessesGone(_KEEPER_LOST))
            return
        places = list(_pieces(texts))
        if len(places) > 1:
            tell = _Gathered(tell, len(places)).take
        queue = self._small if len(texts) <= _SMALL_EVENTS else self._large
        queue.extend([_Piece(path, texts[begin:end], meta, tell) for begin, end in places])
        self._wake.set()

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
                channel = await _Channel.over(self.keeper.start_process())
            except OSError:
                break
            try:
                # A keeper that has just been killed may still take the order for a process.
                missed = 0 if await channel.is_ready() else missed + 1
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

    async def _use(self, channel: _Channel) -> None:
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
                answers = await channel.ask(_tasks(taken))
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

    def _next(self, turn: int) -> dict[int, list[_Piece]]:
        """The pieces that are mapped together next, by path: small ones and a large one by turns."""
        first, second = (self._small, self._large) if turn % 2 else (self._large, self._small)
        queue, events = first or second, 0
        taken: dict[int, list[_Piece]] = {}
        while queue and (not events or _goes_with(queue[0], events)):
            piece = queue.popleft()
            events += PIECE_EVENTS if piece.is_alone else len(piece.texts)
            taken.setdefault(piece.path, []).append(piece)
        return taken

    def _answer(self, taken: dict[int, list[_Piece]], answers: Sequence[BlockAnswer]) -> None:
        for (path, pieces), answer in zip(taken.items(), answers, strict=True):
            if isinstance(answer, str):
                self._fail(pieces, answer)
                continue
            self.counts[path].add(answer.result.counts)
            for piece, mapped in zip(pieces, _split(pieces, answer), strict=True):
                piece.tell(mapped)

    def _fail(self, pieces: Sequence[_Piece], kind: str) -> None:
        """Events of which some made a bug show: each piece is mapped alone, so that one fails alone."""
        for piece in pieces:
            if len(pieces) > 1:
                piece.is_alone = True
                self._small.append(piece)
                self._wake.set()
            else:
                text = SafeText("internal error while mapping: {}", SafeText.known(kind))
                piece.tell(MappingLost(text))

    def _give_back(self, taken: dict[int, list[_Piece]]) -> None:
        """Put the pieces of a lost process back at the front; one lost twice ends with MappingLost."""
        for pieces in taken.values():
            for piece in pieces:
                piece.tries += 1
                if piece.tries < _MOST_TRIES:
                    self._small.appendleft(piece)
                else:
                    piece.tell(MappingLost(SafeText("a process that maps was lost twice")))
        self._wake.set()


@dataclass(frozen=True, slots=True)
class _Channel:
    """The server's end of a process's socket."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def over(cls, own: socket.socket) -> _Channel:
        return cls(*await asyncio.open_connection(sock=own))

    async def is_ready(self) -> bool:
        """Whether its process says that it can be asked; False where it is gone before."""
        try:
            return await self.reader.readexactly(len(READY)) == READY
        except (EOFError, OSError):
            return False

    @property
    def is_lost(self) -> bool:
        """Whether its process is gone, as far as that is known."""
        return self.reader.at_eof() or self.reader.exception() is not None

    async def ask(self, tasks: list[BlockTask]) -> list[BlockAnswer]:
        """Raises EOFError and OSError where the process is gone."""
        content = pickle.dumps(tasks, PICKLED)
        self.writer.write(LENGTH.pack(len(content)))
        self.writer.write(content)
        await self.writer.drain()
        (size,) = LENGTH.unpack(await self.reader.readexactly(LENGTH.size))
        answers: list[BlockAnswer] = pickle.loads(await self.reader.readexactly(size))
        return answers

    def close(self) -> None:
        self.writer.close()


def _pieces(texts: Sequence[tuple[int, bytes | Broken]]) -> Iterator[tuple[int, int]]:
    """The beginnings and ends of the pieces of a request's events."""
    begin = size = 0
    for place, (_, text) in enumerate(texts):
        size += 0 if isinstance(text, Broken) else len(text)
        if place > begin and (place - begin == PIECE_EVENTS or size > _PIECE_BYTES):
            yield begin, place
            begin, size = place, 0 if isinstance(text, Broken) else len(text)
    yield begin, len(texts)


def _goes_with(piece: _Piece, events: int) -> bool:
    """Whether a piece is mapped together with so many events."""
    return not piece.is_alone and events + len(piece.texts) <= PIECE_EVENTS


def _tasks(taken: dict[int, list[_Piece]]) -> list[BlockTask]:
    """A block for each path, whose events are numbered from 1; `$meta.line` is their own number."""
    tasks: list[BlockTask] = []
    for path, pieces in taken.items():
        numbered: list[tuple[int, bytes | Broken]] = []
        known: list[Meta] = []
        for piece in pieces:
            for own, text in piece.texts:
                number = len(numbered) + 1
                numbered.append((number, replace(text, line=number) if isinstance(text, Broken) else text))
                known.append({**piece.meta, "line": own} if piece.meta else _NOTHING_READ)
        tasks.append((path, SourceBlock(numbered, known)))
    return tasks


def _split(pieces: Sequence[_Piece], answer: BlockParcels) -> Iterator[MappedEvents]:
    """The end of each piece of a block, by the numbers that events have in their request.

    The guard's stops are counted with the first piece: all are of one path.
    """
    parcels, rejected, guarded = answer.parcels, answer.rejected, answer.result.counts.guarded
    own = [number for piece in pieces for number, _ in piece.texts]
    end = first_parcel = first_letter = 0
    for piece in pieces:
        end += len(piece.texts)
        last_parcel, last_letter = first_parcel, first_letter
        while last_parcel < len(parcels) and parcels[last_parcel].record <= end:
            last_parcel += 1
        while last_letter < len(rejected) and rejected[last_letter].record <= end:
            last_letter += 1
        yield MappedEvents(
            tuple([_renumbered(one, own[one.record - 1]) for one in parcels[first_parcel:last_parcel]]),
            tuple([replace(one, record=own[one.record - 1]) for one in rejected[first_letter:last_letter]]),
            guarded,
        )
        guarded = 0
        first_parcel, first_letter = last_parcel, last_letter


def _renumbered(one: Parcel, record: int) -> Parcel:
    """The same parcel of another event: as `replace` makes it, in half of the time."""
    if one.record == record:
        return one
    return Parcel(one.number, one.feed, record, one.time, one.body, one.past_seconds, one.counted_twice)
