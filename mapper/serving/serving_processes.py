"""The processes of a server that serve: begun, replaced where one is lost, counted together, and ended."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace

from mapper.serving.channel import Channel
from mapper.serving.counting import ServerCounts, ServerState, together
from mapper.serving.future_end import settle
from mapper.serving.keeper import Keeper, Renewal
from mapper.serving.loop_errors import mistake_line
from mapper.serving.process_messages import (
    CannotGoOn,
    CountAsked,
    LineSaid,
    Listening,
    MetricsAsked,
    MetricsText,
    ProcessCounts,
    Report,
    Stop,
    TakenUp,
    TakeUp,
)
from mapper.serving.serving_process import DRAIN_SECONDS, give
from mapper.texts.log_events import LogLine
from mapper.values.safe_text import SafeText

KEEPER_LOST = CannotGoOn(SafeText("the process that starts others was lost"))
_MOST_STARTS, _START_SECONDS = 5, 0.2
"""How often in a row a process may end before it listens, and the time between two of them."""
_COUNT_SECONDS = 1.0
"""The time between two counts of all, and that in which one that is asked for has to come."""
_END_SECONDS = 5.0
"""How much longer than their requests all processes may take to end."""


@dataclass(slots=True, eq=False)
class _Place:
    """The place of one process: where it listens, and how it is reached. passing: takes further keepers.

    process: its id, once it listens. last: its last count. was_lost: one before it was.
    """

    listener: socket.socket
    channel: Channel | None = None
    passing: socket.socket | None = None
    last: ProcessCounts | None = None
    counting: list[asyncio.Future[None]] = field(default_factory=list)
    process: int = 0
    was_lost: bool = False

    def tell_counted(self) -> None:
        """Tell all who wait for its count that it is there, or will not come."""
        for one in self.counting:
            settle(one, None)
        self.counting.clear()


@dataclass(slots=True)
class ServingProcesses:
    """All of them. For one event loop.

    keeper: of the newest programs. scrape: the text of metrics for what they have counted. say: hears their
    lines for an operator; fail: why the server cannot go on. lost: processes that ended by themselves.
    """

    keeper: Keeper
    listeners: Sequence[socket.socket]
    scrape: Callable[[ServerCounts, ServerState], Awaitable[str]]
    say: Callable[[LogLine], None]
    fail: Callable[[CannotGoOn], None]
    lost: int = 0
    listening: asyncio.Future[tuple[LogLine, ...]] = field(init=False)
    _places: list[_Place] = field(default_factory=list)
    _past: ServerCounts = field(default_factory=ServerCounts)
    _past_state: ServerState = field(default_factory=ServerState)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _answers: set[asyncio.Task[None]] = field(default_factory=set)
    _is_ending: bool = False

    def start(self) -> None:
        """Begin all; `listening` tells once they take connections. To be called in the event loop."""
        self.listening = asyncio.get_running_loop().create_future()
        self._places = [_Place(listener) for listener in self.listeners]
        self._tasks = [asyncio.create_task(self._keep(place)) for place in self._places]
        self._tasks.append(asyncio.create_task(self._count_on()))

    def take_up(self, renewal: Renewal) -> None:
        """Let all serve other programs, and those that replace them too."""
        before, self.keeper = self.keeper, renewal.keeper
        for place in self._places:
            if place.channel is not None and place.passing is not None:
                with suppress(OSError):  # it is gone, and the one that replaces it has the new programs
                    socket.send_fds(place.passing, [b"k"], [renewal.keeper.control.fileno()])
                    place.channel.tell(TakeUp(renewal.content))
        if before.process is None:  # who began the first keeper closes it
            before.close()

    async def counted(self) -> tuple[ServerCounts, ServerState]:
        """All that was counted, also by processes that were lost, and how all are that there are."""
        asked = [self._ask(place) for place in self._places if place.channel is not None]
        if asked:
            await asyncio.wait(asked, timeout=_COUNT_SECONDS)
        return self._sum()

    async def stop(self) -> ServerCounts:
        """End all, once the requests that are under way are answered. All that was counted."""
        self._is_ending = True
        for place in self._places:
            if place.channel is not None:
                place.channel.tell(Stop())
            place.listener.close()
        counting = self._tasks.pop()
        counting.cancel()
        await asyncio.wait(self._tasks, timeout=DRAIN_SECONDS + _END_SECONDS)
        for place in self._places:
            if place.channel is not None and place.process:  # it hangs
                with suppress(ProcessLookupError):
                    os.kill(place.process, signal.SIGKILL)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, counting, return_exceptions=True)
        return self._sum()[0]

    async def _keep(self, place: _Place) -> None:
        """Keep a process at its place, and then the one that replaces it."""
        missed = 0
        while missed < _MOST_STARTS and not self._ends():
            try:
                await self._begin(place)
            except OSError:
                break
            await self._hear_all(place)
            missed = 0 if place.process else missed + 1
            self._bury(place)
            if self._ends():
                return
            self.lost += 1
            await asyncio.sleep(_START_SECONDS)
        if not self._ends():
            self.fail(KEEPER_LOST)

    def _ends(self) -> bool:
        return self._is_ending

    async def _begin(self, place: _Place) -> None:
        """Begin a process. Raises OSError where the keeper is gone."""
        channel = self.keeper.start_server()
        try:
            place.passing = give(channel, self.keeper, place.listener, careful=place.was_lost)
        except OSError:
            channel.close()
            raise
        place.channel = await Channel.over(channel)

    async def _hear_all(self, place: _Place) -> None:
        """Hear a process until it is gone."""
        channel = place.channel
        assert channel is not None
        with suppress(EOFError, OSError), closing(channel):
            while True:
                self._hear(place, channel, await channel.heard())

    def _hear(self, place: _Place, channel: Channel, report: Report) -> None:
        if isinstance(report, ProcessCounts):
            place.last = report
            place.tell_counted()
        elif isinstance(report, LineSaid):
            self.say(report.line)
        elif isinstance(report, MetricsAsked):
            task = asyncio.create_task(self._answer(channel))
            self._answers.add(task)
            task.add_done_callback(self._answers.discard)
        elif isinstance(report, CannotGoOn):
            self.fail(report)
        elif isinstance(report, TakenUp):
            if place is self._places[0]:  # the others would say the same
                for line in report.lines:
                    self.say(line)
        else:
            self._hear_listening(place, report)

    def _hear_listening(self, place: _Place, report: Listening) -> None:
        place.process = report.process
        if not self.listening.done() and all(one.process for one in self._places):
            self.listening.set_result(report.paths)

    async def _answer(self, channel: Channel) -> None:
        """Give a process the text of metrics that it was asked for; "" where an error of ours shows."""
        text = ""
        try:
            text = await self.scrape(*await self.counted())
        except Exception as error:
            self.say(mistake_line(error))
        channel.tell(MetricsText(text))

    async def _count_on(self) -> None:
        """Ask all for their counts again and again: those of one that is lost are as they were last."""
        while True:
            await asyncio.sleep(_COUNT_SECONDS)
            await self.counted()

    def _ask(self, place: _Place) -> asyncio.Future[None]:
        end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        place.counting.append(end)
        if place.channel is not None:
            place.channel.tell(CountAsked())
        return end

    def _bury(self, place: _Place) -> None:
        """Keep the counts of a process that has ended."""
        if place.passing is not None:
            place.passing.close()
        place.tell_counted()
        if place.last is not None:
            self._past.add(place.last.counts)
            ended = replace(place.last.state, connections=0, is_ready=True)
            self._past_state = together([ended, self._past_state])
        place.channel, place.passing, place.last = None, None, None
        place.process, place.was_lost = 0, True

    def _sum(self) -> tuple[ServerCounts, ServerState]:
        counts = ServerCounts()
        counts.add(self._past)
        there = [place.last for place in self._places if place.last is not None]
        for one in there:
            counts.add(one.counts)
        state = together([*(one.state for one in there), self._past_state])
        is_ready = state.is_ready and len(there) == len(self._places)
        return counts, replace(state, lost_processes=state.lost_processes + self.lost, is_ready=is_ready)
