"""A process that serves: it listens, maps and commits until its server tells it to stop, or is gone."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.open_metrics import OPEN_METRICS_TYPE
from mapper.delivery.outbox.outbox_errors import OutboxError
from mapper.delivery.outbox.room import SpaceLimits, SpaceWatch
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.intake.identity_token import KeyCache
from mapper.intake.request import HttpAnswer
from mapper.running.event_mapper import EventMapper
from mapper.serving.application import Application
from mapper.serving.channel import Channel
from mapper.serving.client_limits import ServerLimits
from mapper.serving.commits import Commits, PathLedger
from mapper.serving.connections import ConnectionTable
from mapper.serving.counting import ServerState
from mapper.serving.future_end import settle
from mapper.serving.generations import Generations, ledger_of, told_of
from mapper.serving.http1 import Connection
from mapper.serving.keeper import Keeper, taken_up
from mapper.serving.loop_errors import mistake_line, mistake_of
from mapper.serving.path_messages import ServedEntries
from mapper.serving.process_messages import (
    CannotGoOn,
    CountAsked,
    LineSaid,
    Listening,
    MetricsAsked,
    MetricsText,
    Order,
    ProcessCounts,
    Report,
    Stop,
    TakenUp,
    TakeUp,
)
from mapper.serving.public_keys import fetch_keys
from mapper.texts.log_events import LogLine
from mapper.values.safe_text import SafeText

# Opens the outbox, with its limits; the argument hears what an operator is to know.
OpenStore: TypeAlias = Callable[[Callable[[LogLine], None]], tuple[StoreThread, SpaceLimits]]

ORDINARY, CAREFUL = b"o", b"c"
"""The first that a process is told. Careful: one before it was lost, so it maps nothing itself at first."""
DRAIN_SECONDS = 20
"""How long requests under way may take to be answered once it is to end; many supervisors kill after 30 s."""
_CAREFUL_SECONDS = 60.0
_LOOK_SECONDS = 1.0
_DRAIN_LOOK_SECONDS = 0.05
_GIVEN = 3
_LOST = 70
_METRICS_TYPE = ("content-type", OPEN_METRICS_TYPE)
_TEXT_TYPE = ("content-type", "text/plain; charset=utf-8")


@dataclass(frozen=True, slots=True)
class ProcessSetup:
    """The setup of each process that serves. seal: as `Application.seal`."""

    open_store: OpenStore
    proxies: int = 0
    limits: ServerLimits = field(default_factory=ServerLimits)
    seal: Callable[[Mapping[str, Any], bytes], bytes] | None = None


def give(channel: socket.socket, keeper: Keeper, listener: socket.socket, *, careful: bool) -> socket.socket:
    """Give a new process what it needs, from its server. The socket by which it gets further keepers.

    Raises OSError where it is gone.
    """
    own, other = socket.socketpair()
    given = [other.fileno(), keeper.control.fileno(), listener.fileno()]
    try:
        with other:
            socket.send_fds(channel, [CAREFUL if careful else ORDINARY], given)
    except OSError:
        own.close()
        raise
    return own


def live(setup: ProcessSetup, channel: socket.socket, mappers: Sequence[EventMapper], told: object) -> None:
    """The life of a process, which a keeper begins."""
    word, given, _, _ = socket.recv_fds(channel, 1, _GIVEN)
    if len(given) < _GIVEN or not isinstance(told, ServedEntries):
        return
    passed, control, listener = (socket.socket(fileno=one) for one in given)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        process = _Process(setup, passed, is_careful=word == CAREFUL)
        runner.run(process.live(channel, listener, (Keeper(control, None), told, mappers)))


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The quickest loop that is there."""
    try:
        import uvloop
    except ImportError:  # as on Windows
        return None
    return uvloop.new_event_loop


# What is served at first: by which keeper, which entries, and their mappers.
_First: TypeAlias = tuple[Keeper, ServedEntries, Sequence[EventMapper]]


@dataclass(slots=True, eq=False)
class _Process:
    """A process at work. passed: brings the sockets of further keepers. asked: who waits for the metrics."""

    setup: ProcessSetup
    passed: socket.socket
    is_careful: bool
    channel: Channel = field(init=False)
    application: Application = field(init=False)
    generations: Generations = field(init=False)
    table: ConnectionTable = field(init=False)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    asked: deque[asyncio.Future[str]] = field(default_factory=deque)

    async def live(self, channel: socket.socket, listener: socket.socket, first: _First) -> None:
        """Serve until it is told to stop; where it cannot go on, its server is told so."""
        asyncio.get_running_loop().set_exception_handler(lambda _, context: self._say_mistake(context))
        self.channel = await Channel.over(channel)
        try:
            await self._serve(listener, first)
        except OutboxError as error:
            self._tell(CannotGoOn(SafeText.known(str(error)), error.exit_status))
        except OSError as error:
            self._tell(CannotGoOn(SafeText.known(str(error)), ExitStatus.UNWRITABLE))
        except Exception as error:
            self._say(mistake_line(error))
            raise
        finally:
            await self.channel.writer.drain()

    async def _serve(self, listener: socket.socket, first: _First) -> None:
        store, space = self.setup.open_store(self._say)
        ledgers = [store.wait(ledger_of, store, one) for one in first[1].entries]
        self._make(store, space, first, ledgers)
        goes_on = (
            self.table.watch(),
            _probe(self.application.commits, ledgers[0]),
            self.generations.retire(self.application),
            self._obey(),
        )
        tasks = [asyncio.create_task(one) for one in goes_on]
        loop = asyncio.get_running_loop()
        server = await loop.create_server(self._connection, sock=listener)
        self._tell(Listening(os.getpid(), tuple(told_of(self.application.paths))))
        await self.stop.wait()
        server.close()
        await self._drain()
        for task in tasks:
            task.cancel()
        await self.generations.close()
        self._tell(self._counted())
        store.close()

    def _make(
        self, store: StoreThread, space: SpaceLimits, first: _First, ledgers: Sequence[PathLedger]
    ) -> None:
        """Make all that it works with."""
        keeper, served, mappers = first
        self.table = ConnectionTable(self.setup.limits)
        self.generations = Generations(store, self.setup.proxies, lambda why: self._tell(CannotGoOn(why)))
        self.application = Application(
            self.generations.begin(keeper, served, mappers, ledgers),
            Commits(store, SpaceWatch(space)),
            KeyCache(fetch_keys),
            self.setup.limits,
            self.setup.proxies,
            {b"/healthz": _health, b"/readyz": self._readiness, b"/metrics": self._metrics},
            seal=self.setup.seal,
            say=self._say,
        )
        if self.is_careful:
            self.application.maps_from = asyncio.get_running_loop().time() + _CAREFUL_SECONDS

    def _connection(self) -> Connection:
        return Connection(self.table, self.application.begin, asyncio.get_running_loop())

    async def _obey(self) -> None:
        """Do what the server says, until it is gone. Who cannot hear it any more is better replaced."""
        try:
            while True:
                order: Order = await self.channel.heard()
                if isinstance(order, Stop):
                    self.stop.set()
                elif isinstance(order, CountAsked):
                    self._tell(self._counted())
                elif isinstance(order, MetricsText):
                    settle(self.asked.popleft(), order.text)
                else:
                    await self._take_up(order)
        except (EOFError, OSError):
            os._exit(_LOST)
        except Exception as error:
            self._say(mistake_line(error))
            await self.channel.writer.drain()
            os._exit(_LOST)

    async def _take_up(self, order: TakeUp) -> None:
        _, given, _, _ = socket.recv_fds(self.passed, 1, 1)
        keeper = Keeper(socket.socket(fileno=given[0]), None)
        served, mappers = await asyncio.to_thread(taken_up, order.content)
        assert isinstance(served, ServedEntries)
        lines = await self.generations.take_up(self.application, keeper, served, mappers)
        self._tell(TakenUp(tuple(lines)))

    async def _drain(self) -> None:
        """Answer the requests that are under way, and close all connections."""
        loop = asyncio.get_running_loop()
        for connection in list(self.table.opened):
            connection.shut_down()
        until = loop.time() + DRAIN_SECONDS
        while self.table.opened and loop.time() < until:
            await asyncio.sleep(_DRAIN_LOOK_SECONDS)
        for connection in list(self.table.opened):
            connection.transport.abort()

    def _counted(self) -> ProcessCounts:
        """All that it has counted, and how it is."""
        application, generations = self.application, self.generations
        ended = {str(kind): count for kind, count in self.table.ended.items()}
        paths, groups = generations.states(application.paths), application.commits.groups
        connections, lost = len(self.table.opened), generations.lost
        return ProcessCounts(
            application.counts, ServerState(connections, ended, groups, lost, self._is_ready, paths)
        )

    @property
    def _is_ready(self) -> bool:
        return self.application.commits.trouble is None and not self.stop.is_set()

    async def _readiness(self) -> HttpAnswer:
        if self._is_ready:
            return HttpAnswer(200, (_TEXT_TYPE,), b"ready\n")
        return HttpAnswer(503, (_TEXT_TYPE,), b"not ready\n")

    async def _metrics(self) -> HttpAnswer:
        """Those of all processes, which the server adds up."""
        text: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.asked.append(text)
        self._tell(MetricsAsked())
        content = (await text).encode()
        return HttpAnswer(200, (_METRICS_TYPE,), content) if content else HttpAnswer(500)

    def _say(self, line: LogLine) -> None:
        self._tell(LineSaid(line))

    def _say_mistake(self, context: Mapping[str, Any]) -> None:
        if (line := mistake_of(context)) is not None:
            self._say(line)

    def _tell(self, report: Report) -> None:
        self.channel.tell(report)


async def _health() -> HttpAnswer:
    return HttpAnswer(200, (_TEXT_TYPE,), b"ok\n")


async def _probe(commits: Commits, ledger: PathLedger) -> None:
    """While the outbox cannot be written, try again and again whether it can."""
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        await commits.probe(ledger)
