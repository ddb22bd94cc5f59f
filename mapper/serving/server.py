"""Entries, programs and an outbox -> a server that listens until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from http.client import HTTPException
from ipaddress import ip_address
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

from mapper.delivery.couriers import Couriers
from mapper.delivery.open_metrics import OPEN_METRICS_TYPE
from mapper.delivery.outbox.monitor import OutboxMonitor
from mapper.delivery.outbox.room import SpaceLimits, SpaceWatch
from mapper.delivery.outbox.store import Account, OutboxError, Settlement
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.delivery.outbox_metrics import Delivering, delivering, write_metrics
from mapper.delivery.request_tally import DeliveryTally
from mapper.intake.identity_token import KeyCache
from mapper.intake.request import HttpAnswer
from mapper.serving.application import Application, Page
from mapper.serving.client_limits import ServerLimits
from mapper.serving.commits import Commits, PathLedger
from mapper.serving.connections import ConnectionTable
from mapper.serving.counting import ServerCounts, ServerState, write_server_metrics
from mapper.serving.generations import Generations, ledger_of, told_of
from mapper.serving.http1 import Connection
from mapper.serving.keeper import Keeper
from mapper.serving.path_messages import ServedEntries
from mapper.serving.request_mapper import RequestMapper
from mapper.serving.shared_port import SETTLED_SECONDS, hand_over, share, spread
from mapper.texts.log_events import LogLine, noted
from mapper.values.safe_text import NOTHING, SafeText

Ready = Callable[[Iterable[LogLine]], None]

_BACKLOG = 1024
_DRAIN_SECONDS = 20
"""How long requests under way may take to be answered once it is to end; many supervisors kill after 30 s."""
_GOES_ON = SafeText("delivery: the outbox can be used again")
_LOOK_SECONDS = 1.0
_STOP_LOOK_SECONDS = 0.1
_RENEW_LOOK_SECONDS = 0.2
_COURIERS_AGAIN_SECONDS = 10.0
_KEYS_SECONDS, _KEYS_BYTES = 10.0, 2**20
_METRICS_TYPE = ("content-type", OPEN_METRICS_TYPE)
_TEXT_TYPE = ("content-type", "text/plain; charset=utf-8")


@dataclass(frozen=True, slots=True)
class ServerSetup:
    """All that a server works with. jobs: processes that map.

    mappers: of the entries that are served; keeper: of the same. listener: is bound already. stop: ends it;
    renew: once it is set, the files are read anew. couriers: made to deliver in this process, until they are
    told to stop; None: others deliver. seal: as `Application.seal`. say: what a person is told, of an account
    or in general. is_shared: another process may listen on the port too.
    """

    served: ServedEntries
    mappers: Sequence[RequestMapper]
    keeper: Keeper
    store: StoreThread
    space: SpaceLimits
    listener: socket.socket
    stop: threading.Event
    renew: threading.Event
    say: Callable[[LogLine, Account | None], None]
    jobs: int = 2
    proxies: int = 0
    limits: ServerLimits = field(default_factory=ServerLimits)
    couriers: Callable[[threading.Event], Couriers] | None = None
    seal: Callable[[Mapping[str, Any], bytes], bytes] | None = None
    is_shared: bool = False


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A listening socket. shared: other processes of the user may listen on the port too. Raises OSError."""
    where = f"{host}:{port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError):
        raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL), where) from None
    # It says that it is TCP: only then are small answers sent without delay.
    listener = socket.socket(family, kind, protocol or socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            share(listener)
        listener.bind(address)
        listener.listen(_BACKLOG)
        if shared:
            spread(listener)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, error.strerror, where) from None
    return listener


def serve(setup: ServerSetup, ready: Ready) -> ServerCounts:
    """Serve until `stop` is set, then finish what is under way; what was counted.

    ready: hears that it listens, and of each path what maps it. Raises what the outbox raises at first.
    """
    setup = replace(setup, say=partial(_say_if_read, setup.say))
    ledgers = [setup.store.wait(ledger_of, setup.store, one) for one in setup.served.entries]
    delivery = _Delivery(setup)
    with delivery.running(), asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_serve(setup, ledgers, delivery, ready))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # as on Windows
        return None
    return uvloop.new_event_loop


async def _serve(
    setup: ServerSetup, ledgers: Sequence[PathLedger], delivery: _Delivery, ready: Ready
) -> ServerCounts:
    asyncio.get_running_loop().set_exception_handler(partial(_say_mistake, setup))
    table = ConnectionTable(setup.limits)
    generations = Generations(
        setup.keeper,
        setup.store,
        setup.jobs,
        setup.proxies,
        lambda why: _give_up(setup, why),
        lambda line: setup.say(line, None),
    )
    application = _application(setup, generations, ledgers)
    application.pages = _pages(application, setup, generations, table, delivery)
    goes_on = (
        table.watch(),
        _probe(application.commits, ledgers[0]),
        generations.retire(application),
        _renew(setup, generations, application, delivery),
    )
    tasks = [asyncio.create_task(one) for one in goes_on]

    def begun() -> None:
        ready(told_of(application.paths))

    try:
        await _listen(setup, application, table, begun)
    finally:
        for task in tasks:
            task.cancel()
        await generations.close()
    return application.counts


async def _renew(
    setup: ServerSetup, generations: Generations, application: Application, delivery: _Delivery
) -> None:
    """Take up the files anew whenever that is asked for."""
    while True:
        await asyncio.sleep(_RENEW_LOOK_SECONDS)
        if setup.renew.is_set():
            setup.renew.clear()
            delivery.renew()
            await generations.renew(application)


def _say_if_read(
    say: Callable[[LogLine, Account | None], None], line: LogLine, account: Account | None
) -> None:
    """Say a line; where who reads the log has gone, requests go on."""
    with suppress(OSError, ValueError):
        say(line, account)


def _say_mistake(setup: ServerSetup, loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
    """An error that nobody waits for: its text, and what it is about, may hold a value."""
    error = context.get("exception")
    if not isinstance(error, ConnectionError | TimeoutError):
        kind = SafeText.known(type(error).__name__ if error is not None else "no exception")
        setup.say(noted("internal_error", SafeText("internal error in the event loop: {}", kind)), None)


def _give_up(setup: ServerSetup, why: SafeText) -> None:
    """End the server, for who supervises it to begin it anew."""
    setup.say(noted("not_started", SafeText("cannot go on: {}", why)), None)
    setup.stop.set()


async def _listen(
    setup: ServerSetup, application: Application, table: ConnectionTable, ready: Callable[[], None]
) -> None:
    """Take connections until it is told to stop, and answer the requests that are under way then."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(table, application.begin, loop), sock=setup.listener, backlog=_BACKLOG
    )
    ready()
    while not setup.stop.is_set():
        await asyncio.sleep(_STOP_LOOK_SECONDS)
    if setup.is_shared:  # no connection comes any more that another process could have got
        hand_over(setup.listener)
        await asyncio.sleep(SETTLED_SECONDS)
    server.close()
    for connection in list(table.opened):
        connection.shut_down()
    until = loop.time() + _DRAIN_SECONDS
    while table.opened and loop.time() < until:
        await asyncio.sleep(_STOP_LOOK_SECONDS)
    for connection in list(table.opened):
        connection.transport.abort()


def _application(setup: ServerSetup, generations: Generations, ledgers: Sequence[PathLedger]) -> Application:
    return Application(
        generations.begin(setup.served, setup.mappers, ledgers),
        Commits(setup.store, SpaceWatch(setup.space)),
        KeyCache(fetch_keys),
        setup.limits,
        setup.proxies,
        seal=setup.seal,
        say=lambda line: setup.say(line, None),
    )


def _pages(
    application: Application,
    setup: ServerSetup,
    generations: Generations,
    table: ConnectionTable,
    delivery: _Delivery,
) -> dict[bytes, Page]:
    """The pages that are answered to GET beside the entries."""
    monitor = OutboxMonitor(setup.store)

    def is_ready() -> bool:
        return application.commits.trouble is None and not setup.stop.is_set()

    async def healthz() -> HttpAnswer:
        return HttpAnswer(200, (_TEXT_TYPE,), b"ok\n")

    async def readyz() -> HttpAnswer:
        if is_ready():
            return HttpAnswer(200, (_TEXT_TYPE,), b"ready\n")
        return HttpAnswer(503, (_TEXT_TYPE,), b"not ready\n")

    async def metrics() -> HttpAnswer:
        groups, lost = application.commits.groups, generations.lost
        ended = {str(kind): count for kind, count in table.ended.items()}
        paths = generations.states(application.paths)
        state = ServerState(len(table.opened), ended, groups, lost, is_ready(), paths)
        outbox = await asyncio.to_thread(monitor.look)
        of_delivery = write_metrics(outbox, delivery.seen(), time.time())
        text = write_server_metrics(application.counts, state) + of_delivery
        return HttpAnswer(200, (_METRICS_TYPE,), text.encode())

    return {b"/healthz": healthz, b"/readyz": readyz, b"/metrics": metrics}


async def _probe(commits: Commits, ledger: PathLedger) -> None:
    """While the outbox cannot be written, try again and again whether it can."""
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        await commits.probe(ledger)


@dataclass(slots=True)
class _Delivery:
    """The couriers of this process, in a thread of their own; begun anew where an outbox fails them."""

    setup: ServerSetup
    _couriers: Couriers | None = None
    _tallies: dict[Account, DeliveryTally] = field(default_factory=dict)
    _failure: SafeText = NOTHING
    _over: threading.Event = field(default_factory=threading.Event)

    def seen(self) -> Delivering | None:
        """The state of delivery; None where others deliver."""
        if self.setup.couriers is None:
            return None
        return Delivering() if self._couriers is None else delivering(self._couriers)

    def renew(self) -> None:
        """Let credentials be read anew at once. Any thread may ask."""
        if self._couriers is not None:
            self._couriers.renewing.set()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Within it they deliver; at its end they finish the requests under way."""
        if self.setup.couriers is None:
            yield
            return
        thread = threading.Thread(target=self._run, args=(self.setup.couriers,), name="couriers", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            if self._couriers is not None:
                self._couriers.stop.set()
            thread.join()

    def _hear(self, account: Account, settlement: Settlement) -> None:
        """A settlement was kept."""
        if self._failure:
            self._failure = NOTHING
            self.setup.say(noted("delivery_goes_on", _GOES_ON), None)

    def _run(self, make: Callable[[threading.Event], Couriers]) -> None:
        while not self._over.is_set():
            self._couriers = make(threading.Event())
            self._couriers.tallies, self._couriers.told = self._tallies, self._hear
            if self._over.is_set():
                return
            try:
                asyncio.run(self._couriers.run())
            except (OutboxError, OSError) as error:
                line = SafeText("delivery: {}; it is tried again", SafeText.known(str(error)))
                if self._failure != line:
                    self.setup.say(noted("delivery_interrupted", line), None)
                self._failure = line
                self._over.wait(_COURIERS_AGAIN_SECONDS)


class _NoRedirect(HTTPRedirectHandler):
    """Keys are read where the operator says, and from no other place that somebody on the way names."""

    def redirect_request(self, *_: Any) -> None:
        return None


def fetch_keys(url: str) -> bytes:
    """The keys that a provider of identity tokens publishes. Raises OSError."""
    if urlsplit(url).scheme != "https":
        raise URLError("not https")
    try:
        with build_opener(_NoRedirect).open(url, timeout=_KEYS_SECONDS) as answer:
            content: bytes = answer.read(_KEYS_BYTES)
    except HTTPException as error:  # an answer that is none, or is cut off
        raise URLError(type(error).__name__) from None
    return content
