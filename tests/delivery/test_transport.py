"""One request over real sockets: whatever the other side does ends in time and in little memory."""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import logging
import random
import socket
import ssl
import struct
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import trustme

from mapper.delivery import transport
from mapper.delivery.answer import NoReply, Reply
from mapper.delivery.credentials import Secret
from mapper.delivery.transport import Patience, connect
from mapper.values.safe_text import SafeText
from tests.delivery.deliveries import CANARY, Heard, Say, answering, endpoint, said
from tests.support.depth import seeds

_USUAL = Patience()
_SHORT = Patience(connect=0.5, write=0.5, read=0.3, whole=1)
_HTML = b"<html>Sign in</html>"


def _post(
    url: str, body: bytes = b'{"data":[]}', patience: Patience = _USUAL, token: str = CANARY
) -> Reply | NoReply:
    async def run() -> Reply | NoReply:
        async with connect(replace(endpoint(url), secrets=(Secret(token),)), patience=patience) as send:
            return await send(body)

    return asyncio.run(run())


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _drip(*pieces: bytes) -> Callable[[socket.socket], None]:
    """Sends the pieces again and again, each sooner than a read would time out."""

    def act(connection: socket.socket) -> None:
        connection.sendall(pieces[0])
        for count in range(40):
            time.sleep(0.1)
            connection.sendall(pieces[-1].replace(b"%d", str(count).encode()))

    return act


def test_a_request_has_the_token_the_type_and_asks_for_no_packing() -> None:
    with answering(lambda heard: said(200, {"ok": True}, date="d", retry_after="7")) as server:
        reply = _post(server.url, b'{"data":[1]}')
    assert reply == Reply(200, b'{"ok": true}', retry_after="7", date="d")
    [heard] = server.heard
    head = heard.head.decode().lower().split("\r\n")
    assert head[0] == "post /v5/ad_accounts/549755885175/events http/1.1"
    assert f"authorization: bearer {CANARY}".lower() in head
    assert "content-type: application/json" in head
    assert "accept-encoding: identity" in head
    assert heard.body == b'{"data":[1]}'


@pytest.mark.parametrize(
    ("say", "message"),
    [
        (lambda heard: _reset, "the connection to 127.0.0.1 was lost before the response was complete"),
        (lambda heard: b"", "the connection to 127.0.0.1 was lost before the response was complete"),
        (
            lambda heard: b"\x00\x01nonsense\r\n\r\n",
            "the connection to 127.0.0.1 was lost before the response was complete",
        ),
        (
            lambda heard: b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{",
            "the connection to 127.0.0.1 was lost before the response was complete",
        ),
        (
            lambda heard: b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 200_000 + b"\r\n\r\n",
            "the connection to 127.0.0.1 was lost before the response was complete",
        ),
        (lambda heard: lambda connection: time.sleep(0.6), "127.0.0.1 did not respond in time"),
        (
            lambda heard: _drip(b"HTTP/1.1 200 OK\r\n", b"x-%d: y\r\n"),
            "127.0.0.1 did not complete its response within 1 s",
        ),
        (
            lambda heard: _drip(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n", b" "),
            "127.0.0.1 did not complete its response within 1 s",
        ),
    ],
    ids=[
        "reset",
        "closed",
        "nonsense",
        "truncated",
        "huge-header",
        "silent",
        "dripping-header",
        "dripping-body",
    ],
)
def test_a_request_without_a_whole_answer_may_have_been_processed(say: Say, message: str) -> None:
    began = time.monotonic()
    with answering(say) as server:
        is_slow = "in time" in message or "within" in message
        missing = _post(server.url, patience=_SHORT if is_slow else _USUAL)
    assert missing == NoReply(False, SafeText.known(message))
    assert time.monotonic() - began < 20


def test_a_refused_connection_was_certainly_not_processed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert _post(f"http://127.0.0.1:{port}/v5") == NoReply(True, SafeText("127.0.0.1 refused the connection"))


def test_a_name_that_cannot_be_resolved_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: object, **options: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert _post("https://nowhere.invalid/v5") == NoReply(
        True, SafeText("the name nowhere.invalid cannot be resolved")
    )


def test_a_plain_port_gets_no_token_when_tls_is_asked_for() -> None:
    received: list[bytes] = []

    def greet(listener: socket.socket) -> None:
        with listener.accept()[0] as connection:
            received.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=greet, args=(listener,))
        thread.start()
        missing = _post(f"https://127.0.0.1:{listener.getsockname()[1]}/v5")
        thread.join(5)
    assert isinstance(missing, NoReply)
    assert (missing.sure, missing.message) == (True, "TLS with 127.0.0.1 failed")
    assert missing.hint
    assert CANARY.encode() not in received[0]


@dataclass
class _Tls:
    """A TLS server: what it read in plaintext, and how many bytes of a request came through."""

    port: int
    received: bytearray = field(default_factory=bytearray)


Act = Callable[[socket.socket, ssl.SSLContext, _Tls], None]


@contextmanager
def _tls(act: Act, authority: trustme.CA, name: str = "localhost", **options: Any) -> Iterator[_Tls]:
    """A server on loopback with a certificate for a name, that does as it is told with each connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, **options).configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = _Tls(listener.getsockname()[1])

        def greet() -> None:
            with suppress(OSError), listener.accept()[0] as connection:
                connection.settimeout(5)
                act(connection, context, server)

        thread = threading.Thread(target=greet)
        thread.start()
        yield server
        thread.join(5)


def _whole_request(tls: ssl.SSLSocket, server: _Tls) -> None:
    """Read a request to its end."""
    while not server.received.endswith(b'{"data":[]}'):
        server.received += tls.recv(65536)


def _answer(connection: socket.socket, context: ssl.SSLContext, server: _Tls) -> None:
    with context.wrap_socket(connection, server_side=True) as tls:
        _whole_request(tls, server)
        tls.sendall(said(200, {"ok": True}))


def _broken_record(after: bytes) -> Act:
    """The handshake, the request, some of the answer, and then a record that nobody can decrypt."""

    def act(connection: socket.socket, context: ssl.SSLContext, server: _Tls) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_side=True)

        def step(do: Callable[[], Any]) -> Any:
            while True:
                try:
                    done = do()
                except ssl.SSLWantReadError:
                    connection.sendall(outgoing.read())
                    incoming.write(connection.recv(65536))
                else:
                    connection.sendall(outgoing.read())
                    return done

        step(tls.do_handshake)
        while not server.received.endswith(b'{"data":[]}'):
            server.received += step(lambda: tls.read(65536))
        if after:
            step(lambda: tls.write(after))
        connection.sendall(b"\x17\x03\x03\x00\x20" + b"\xaa" * 32)
        time.sleep(0.2)

    return act


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def _trusting(authority: trustme.CA, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the authority of the tests, as this machine trusts others."""
    context = httpx.create_ssl_context(trust_env=False)
    authority.configure_trust(context)
    monkeypatch.setattr(transport, "tls_context", lambda: context)


@pytest.mark.usefixtures("_trusting")
def test_a_request_over_tls_is_answered(authority: trustme.CA) -> None:
    with _tls(_answer, authority) as server:
        reply = _post(f"https://localhost:{server.port}/v5")
    assert reply == Reply(200, b'{"ok": true}')
    assert CANARY.encode() in server.received


@pytest.mark.usefixtures("_trusting")
@pytest.mark.parametrize(
    "after",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"],
    ids=["no-answer", "in-the-headers", "in-the-body"],
)
def test_a_tls_record_that_cannot_be_read_is_no_answer(authority: trustme.CA, after: bytes) -> None:
    with _tls(_broken_record(after), authority) as server:
        missing = _post(f"https://localhost:{server.port}/v5")
    assert missing == NoReply(
        False, SafeText("the connection to localhost was lost before the response was complete")
    )


_YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.mark.parametrize(
    ("trusted", "name", "options"),
    [
        (False, "localhost", {}),
        (True, "elsewhere.example", {}),
        (True, "localhost", {"not_before": _YESTERDAY - timedelta(days=1), "not_after": _YESTERDAY}),
    ],
    ids=["unknown-authority", "wrong-host", "expired"],
)
def test_a_certificate_that_is_not_trusted_is_for_a_person_and_no_byte_of_a_request_was_sent(
    trusted: bool,
    name: str,
    options: dict[str, Any],
    authority: trustme.CA,
    request: pytest.FixtureRequest,
) -> None:
    if trusted:
        request.getfixturevalue("_trusting")

    def act(connection: socket.socket, context: ssl.SSLContext, server: _Tls) -> None:
        with suppress(ssl.SSLError), context.wrap_socket(connection, server_side=True) as tls:
            server.received += tls.recv(65536)

    with _tls(act, authority, name, **options) as server:
        missing = _post(f"https://localhost:{server.port}/v5")
    assert isinstance(missing, NoReply)
    assert missing.sure
    assert missing.message == "the certificate of localhost is not valid for it, or not trusted here"
    assert "root certificates" in missing.hint
    assert server.received == b""


@pytest.mark.parametrize("seed", seeds(60))
def test_whatever_bytes_come_no_exception_leaves_a_request(seed: int) -> None:
    """Answers that are cut, swapped or doubled at random."""
    chance = random.Random(seed)
    whole = said(chance.choice([200, 204, 304, 422]), {"events": []}, transfer_encoding="chunked") + said(
        200, {}
    )
    whole = whole if chance.random() < 0.5 else said(200, {"events": []}, retry_after="1")
    spoilt = bytearray(whole)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(spoilt))
        spoilt[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
    with answering(lambda heard: bytes(spoilt[: chance.randint(1, len(spoilt))])) as server:
        assert isinstance(_post(server.url), Reply | NoReply)


def test_each_request_has_a_connection_of_its_own() -> None:
    async def run(url: str) -> list[Reply | NoReply]:
        async with connect(endpoint(url), patience=Patience()) as send:
            return [await send(b'{"data":[]}') for _ in range(3)]

    with answering(lambda heard: said(200, {})) as server:
        assert len(asyncio.run(run(server.url))) == 3
    assert [b"connection: close" in heard.head.lower() for heard in server.heard] == [True] * 3


def test_a_request_leaves_nothing_large_behind_until_python_looks_for_circles() -> None:
    async def run(url: str) -> int:
        async with connect(endpoint(url), patience=Patience()) as send:
            await send(b"x" * 2**20)
            before, _ = tracemalloc.get_traced_memory()
            for _ in range(8):
                assert isinstance(await send(b"x" * 2**20), Reply)
            return tracemalloc.get_traced_memory()[0] - before

    with answering(lambda heard: said(200, {})) as server:
        gc.disable()
        tracemalloc.start()
        try:
            server.heard = []
            left = asyncio.run(run(server.url)) - sum(len(heard.body) for heard in server.heard[1:])
        finally:
            tracemalloc.stop()
            gc.enable()
    assert left < 2**20


def test_a_redirect_is_not_followed_and_one_host_alone_sees_the_token() -> None:
    with answering(lambda heard: said(200)) as other:
        with answering(lambda heard: said(307, b"", location=other.url)) as server:
            reply = _post(server.url)
        assert isinstance(reply, Reply)
        assert reply.status == 307
    assert not other.heard


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(lambda heard: said(200)) as proxy, answering(lambda heard: said(200)) as server:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert isinstance(_post(server.url), Reply)
    assert not proxy.heard


@pytest.mark.parametrize("status", [200, 400])
def test_a_packed_answer_is_never_unpacked(status: int) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    with answering(lambda heard: said(status, bomb, content_encoding="gzip")) as server:
        assert _post(server.url) == Reply(status, b"", is_whole=False)


def test_an_answer_that_does_not_end_is_dropped_at_4_mebibytes() -> None:
    sent = 0

    def pour(connection: socket.socket) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(640):
            sent += connection.send(b" " * 65536)

    with answering(lambda heard: pour) as server:
        assert _post(server.url, patience=Patience()) == Reply(200, b"", is_whole=False)
    assert sent < 4 * 1024 * 1024 + 16 * 1024 * 1024


def test_the_token_is_cut_out_of_an_answer_that_echoes_it() -> None:
    def echo(heard: Heard) -> bytes:
        return said(401, {"code": 2, "message": heard.head.decode()})

    with answering(echo) as server:
        reply = _post(server.url)
    assert isinstance(reply, Reply)
    assert b"Bearer ***" in reply.body
    assert CANARY not in repr(reply)


def test_a_token_as_short_as_a_word_of_the_answer_does_not_spoil_it() -> None:
    with answering(lambda heard: said(200, {"events": []})) as server:
        reply = _post(server.url, token="events")
    assert isinstance(reply, Reply)
    assert json.loads(reply.body) == {"events": []}


def test_the_token_is_in_no_log_and_no_output(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    answers: list[Say] = [
        lambda heard: said(200, _HTML),
        lambda heard: b"",
        lambda heard: _reset,
        lambda heard: b"\x00\r\n\r\n",
    ]
    seen = []
    with caplog.at_level(logging.DEBUG):
        for say in answers:
            with answering(say) as server:
                seen.append(repr(_post(server.url)))
    out, err = capfd.readouterr()
    texts = [*seen, out, err, caplog.text, *(repr(record.__dict__) for record in caplog.records)]
    assert not [text for text in texts if CANARY in text]
    assert (out, err) == ("", "")
    assert not [record for record in caplog.records if record.name.startswith("http")]
