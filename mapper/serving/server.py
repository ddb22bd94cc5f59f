"""Entries, programs and an outbox -> a server that listens until it is told to stop.

The process that is told to stop, reads files anew and delivers; those that serve are processes of its own.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from mapper.delivery.couriers import Couriers
from mapper.delivery.outbox.monitor import OutboxMonitor
from mapper.delivery.outbox.store import Account
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.delivery.outbox_metrics import write_metrics
from mapper.serving.counting import ServerCounts, ServerState, write_server_metrics
from mapper.serving.generations import not_taken_up
from mapper.serving.keeper import Keeper
from mapper.serving.listeners import SETTLED_SECONDS, hand_over
from mapper.serving.loop_errors import mistake_of
from mapper.serving.path_messages import NotTakenUp, ServedEntries
from mapper.serving.process_messages import CannotGoOn
from mapper.serving.server_delivery import ServerDelivery
from mapper.serving.serving_process import loop_factory
from mapper.serving.serving_processes import KEEPER_LOST, ServingProcesses
from mapper.texts.log_events import LogLine, noted
from mapper.values.safe_text import SafeText

Ready = Callable[[Iterable[LogLine]], None]

_FAILED = SafeText("the process that compiles them was lost")
_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class ServerSetup:
    """All that a server works with. listeners: one for each process that serves, bound already.

    keeper: forks them. stop: ends the server; renew: once it is set, the files are read anew. couriers: made
    to deliver here, until they are told to stop; None: others deliver. say: what a person is told, of an
    account or in general. is_shared: another server may listen on the port too.
    """

    keeper: Keeper
    store: StoreThread
    listeners: Sequence[socket.socket]
    stop: threading.Event
    renew: threading.Event
    say: Callable[[LogLine, Account | None], None]
    couriers: Callable[[threading.Event], Couriers] | None = None
    is_shared: bool = False


def serve(setup: ServerSetup, ready: Ready) -> tuple[ServerCounts, CannotGoOn | None]:
    """Serve until `stop` is set, then finish what is under way. The counts, and why it ended by itself.

    ready: hears that it listens, and of each path what maps it.
    """
    setup = replace(setup, say=partial(_say_if_read, setup.say))
    delivery = ServerDelivery(setup.couriers, lambda line: setup.say(line, None))
    with delivery.running(), asyncio.Runner(loop_factory=loop_factory()) as runner:
        server = _Server(setup, delivery)
        return runner.run(server.run(ready)), server.given_up


@dataclass(slots=True)
class _Server:
    """A server at work. is_stale: the files could not be read as they are now."""

    setup: ServerSetup
    delivery: ServerDelivery
    is_stale: bool = False
    given_up: CannotGoOn | None = None

    async def run(self, ready: Ready) -> ServerCounts:
        """Serve until it is told to stop."""
        asyncio.get_running_loop().set_exception_handler(lambda _, context: self._say_mistake(context))
        setup, monitor = self.setup, OutboxMonitor(self.setup.store)

        async def scrape(counts: ServerCounts, state: ServerState) -> str:
            outbox = await asyncio.to_thread(monitor.look)
            paths = [replace(one, is_newest=one.is_newest and not self.is_stale) for one in state.paths]
            of_server = write_server_metrics(counts, replace(state, paths=paths))
            return of_server + write_metrics(outbox, self.delivery.seen(), time.time())

        processes = ServingProcesses(setup.keeper, setup.listeners, scrape, self._say, self._give_up)
        processes.start()
        processes.listening.add_done_callback(lambda done: None if done.cancelled() else ready(done.result()))
        renewal: asyncio.Task[None] | None = None
        while not setup.stop.is_set():
            await asyncio.sleep(_LOOK_SECONDS)
            if setup.keeper.is_gone:
                self._give_up(KEEPER_LOST)
            if setup.renew.is_set() and (renewal is None or renewal.done()):
                setup.renew.clear()
                self.delivery.renew()
                renewal = asyncio.create_task(self._renew(processes))
        if renewal is not None:
            renewal.cancel()
        if setup.is_shared:  # no connection comes any more that another server could have got
            hand_over(setup.listeners)
            await asyncio.sleep(SETTLED_SECONDS)
        return await processes.stop()

    async def _renew(self, processes: ServingProcesses) -> None:
        """Let all processes serve the files as they are now; what cannot be taken up goes on as it was."""
        try:
            renewal = await asyncio.to_thread(self.setup.keeper.renew)
        except (OSError, EOFError):
            self._stay(_FAILED)
            return
        if isinstance(renewal.told, ServedEntries):
            self.is_stale = False
            processes.take_up(renewal)
        else:
            renewal.keeper.close()
            self._stay(renewal.told.reason if isinstance(renewal.told, NotTakenUp) else _FAILED)

    def _stay(self, why: SafeText) -> None:
        self.is_stale = True
        self._say(not_taken_up(why))

    def _give_up(self, why: CannotGoOn) -> None:
        """End the server, for who supervises it to begin it anew."""
        if not self.setup.stop.is_set():
            self._say(noted("not_started", SafeText("cannot go on: {}", why.reason)))
            self.given_up = why
            self.setup.stop.set()

    def _say(self, line: LogLine) -> None:
        self.setup.say(line, None)

    def _say_mistake(self, context: Mapping[str, Any]) -> None:
        if (line := mistake_of(context)) is not None:
            self._say(line)


def _say_if_read(
    say: Callable[[LogLine, Account | None], None], line: LogLine, account: Account | None
) -> None:
    """Say a line; where who reads the log has gone, requests go on."""
    with suppress(OSError, ValueError):
        say(line, account)
