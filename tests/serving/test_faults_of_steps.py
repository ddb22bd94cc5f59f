"""An error of ours in any step of a request: it is answered with 500, counted once, and others go on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from typing import Any, TypeAlias

import pytest

import mapper
from mapper.delivery.outbox.room import SpaceLimits, SpaceWatch
from mapper.delivery.outbox.store import Account
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.intake.identity_token import KeyCache
from mapper.intake.request import HttpAnswer
from mapper.running.event_mapper import EventMapper
from mapper.serving import application
from mapper.serving.application import Application, ServedPath
from mapper.serving.client_limits import ServerLimits
from mapper.serving.commits import Commits, PathLedger
from mapper.serving.connections import ConnectionTable
from mapper.serving.http1 import Connection
from mapper.serving.keeper import Keeper, Kept, start_keeper
from mapper.serving.mapping_processes import MappingProcesses
from mapper.serving.path_messages import EntrySetup
from mapper.values.safe_text import SafeText
from tests.delivery.deliveries import DESTINATION
from tests.support.command import MAPPING
from tests.support.intakes import entry_of
from tests.support.memory_outbox import StaysOpen

Served: TypeAlias = tuple[Keeper, EventMapper]

_EVENT = b'{"type": "order", "id": "%d", "at": "2026-05-01T10:00:00Z", "email": "a@example.com"}'
_ACCOUNT = Account("shop/events-v1")
_STEPS = [
    (application, "request_of"),
    (application, "checked_head"),
    (application, "receive_body"),
    (application, "meta_of"),
    (application, "numbered"),
    (application, "origin_of"),
    (application, "reply_of"),
    (Application, "too_often"),
    (Application, "to_keep"),
    (Application, "count"),
    (MappingProcesses, "map"),
    (EventMapper, "map"),
    (Commits, "submit"),
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    path = tmp_path_factory.mktemp("steps") / "small.yaml"
    path.write_text(MAPPING, encoding="utf-8")
    mapped = EventMapper(mapper.compile_mapping(path), "serve:/orders", DESTINATION.parcel_facts)
    with closing(start_keeper(Kept([mapped]))) as keeper:
        yield keeper, mapped


class _Client:
    """A client of an application in this process. said: the lines for its operator."""

    def __init__(self, keeper: Keeper, mapped: EventMapper) -> None:
        self.loop = asyncio.get_running_loop()
        self.said: list[SafeText] = []
        self.mapping = MappingProcesses(keeper, 1, self.said.append)
        self.mapping.start()
        entry = entry_of("body: either\ntoken: {header: x-token, value: $T}", {"T": "secret"})
        setup = EntrySetup(entry, _ACCOUNT, 0, "small", "v1", True, 1000)
        ledger = PathLedger(_ACCOUNT, "v1", None, 1000)
        self.path = ServedPath(entry, setup, ledger, mapped, self.mapping)
        self.application = Application(
            {entry.path.encode(): self.path},
            Commits(StoreThread(StaysOpen(), None), SpaceWatch(SpaceLimits())),
            KeyCache(lambda url: b""),
            ServerLimits(),
            say=self.said.append,
        )

    async def ask(self, count: int, *, whole: bool, path: bytes = b"") -> list[bytes]:
        """The statuses of some requests on one connection, one after the other is sent."""
        server = await self.loop.create_server(self._connection, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        name = path or self.path.entry.path.encode()
        for number in range(count):
            body = _EVENT % number
            writer.write(b"POST %b HTTP/1.1\r\nHost: x\r\nx-token: secret\r\n" % name)
            if whole:
                writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
                continue
            writer.write(b"Transfer-Encoding: chunked\r\n\r\n")
            await asyncio.sleep(0.02)
            writer.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
        writer.write_eof()
        async with asyncio.timeout(10):
            said = await reader.read()
        writer.close()
        server.close()
        return [part[:3] for part in said.split(b"HTTP/1.1 ")[1:]]

    def _connection(self) -> Connection:
        table = ConnectionTable(ServerLimits())
        return Connection(table, self.application.begin, self.loop)


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "in parts"])
@pytest.mark.parametrize(("place", "name"), _STEPS, ids=[name for _, name in _STEPS])
def test_an_error_in_a_step_ends_its_request_alone(
    served: Served, monkeypatch: pytest.MonkeyPatch, place: Any, name: str, whole: bool
) -> None:
    right, calls = getattr(place, name), 0

    def fails_once(*args: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ZeroDivisionError
        return right(*args, **named)

    async def run() -> None:
        client = _Client(*served)
        monkeypatch.setattr(place, name, fails_once)
        found = await client.ask(3, whole=whole)
        await client.mapping.close()
        _compare(client, found, calls)

    asyncio.run(run())


def test_an_answer_that_cannot_be_written_is_an_error_of_ours(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = HttpAnswer(200, (("x-name", "\u2713"),))

    async def run() -> None:
        client = _Client(*served)
        monkeypatch.setattr(application, "reply_of", lambda *_: wrong)
        assert await client.ask(3, whole=True) == [b"500"] * 3
        await client.mapping.close()
        assert client.path.requests == 0
        assert client.application.counts.requests.total() == 3

    asyncio.run(run())


def test_a_page_that_fails_is_answered(served: Served) -> None:
    async def fail() -> HttpAnswer:
        raise ZeroDivisionError

    async def run() -> None:
        client = _Client(*served)
        client.application.pages = {b"/metrics": fail}
        body = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
        server = await client.loop.create_server(client._connection, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(body)
        writer.write_eof()
        async with asyncio.timeout(10):
            assert (await reader.read()).startswith(b"HTTP/1.1 500 ")
        writer.close()
        server.close()
        await client.mapping.close()

    asyncio.run(run())


def _compare(client: _Client, found: list[bytes], calls: int) -> None:
    """Assert that counts and answers of the requests agree."""
    counts = client.application.counts
    assert len(found) == 3
    assert found.count(b"500") == min(calls, 1)
    assert client.path.requests == 0
    assert counts.requests.total() == 3
    assert sum(count for (_, end), count in counts.requests.items() if end == "internal") == min(calls, 1)
    assert counts.durations.count == 3
