"""What a server makes of bytes that no honest sender writes, and of clients that take their time."""

from __future__ import annotations

import json
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.serving.server import TOKEN, RunningServer, counts, now, proof, rest, serving
from tests.support.depth import by_seed, examples
from tests.support.waiting import wait_until

_HOST = b"POST /orders HTTP/1.1\r\nHost: x\r\n"
_FUZZ = int(os.environ.get("SERVE_FUZZ_REQUESTS", examples(300, 100)))
_DRIPS = 600


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with serving(tmp_path_factory.mktemp("raw"), "--no-deliver", "--jobs", 1) as running:
        yield running
        assert running.end() == 0
        assert "Traceback" not in running.said()
        assert "internal error" not in running.said()


_REFUSED = {
    "length and chunks": _HOST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": _HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
    "two lengths": _HOST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "two equal lengths": _HOST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "a list of lengths": _HOST + b"Content-Length: 2, 2\r\n\r\n{}",
    "a length with a sign": _HOST + b"Content-Length: +2\r\n\r\n{}",
    "a length below 0": _HOST + b"Content-Length: -2\r\n\r\n{}",
    "a hexadecimal length": _HOST + b"Content-Length: 0x2\r\n\r\n{}",
    "a length of 23 digits": _HOST + b"Content-Length: 99999999999999999999999\r\n\r\n{}",
    "an empty length": _HOST + b"Content-Length: \r\n\r\n{}",
    "a space before the colon": _HOST + b"Content-Length : 2\r\n\r\n{}",
    "another encoding": _HOST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "no encoding": _HOST + b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "chunks first": _HOST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "chunks last": _HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunks twice": _HOST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks of HTTP/1.0": b"POST /orders HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a control character in an encoding": _HOST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "bare line feeds": b"POST /orders HTTP/1.1\nHost: x\nContent-Length: 2\n\n{}",
    "one bare line feed": _HOST + b"X: a\nContent-Length: 2\r\n\r\n{}",
    "a bare carriage return": _HOST + b"X: a\rContent-Length: 2\r\n\r\n{}",
    "a folded header": _HOST + b"X: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
    "a NUL in a header": _HOST + b"X: a\x00b\r\nContent-Length: 2\r\n\r\n{}",
    "no host": b"POST /orders HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
    "two hosts": b"POST /orders HTTP/1.1\r\nHost: x\r\nHost: y\r\nContent-Length: 2\r\n\r\n{}",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "another version": b"POST /orders HTTP/3.7\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "an unknown method": b"FOO /orders HTTP/1.1\r\nHost: x\r\n\r\n",
    "a method in small letters": b"post /orders HTTP/1.1\r\nHost: x\r\n\r\n",
    "a tunnel": b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "no path": b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path with a host": b"POST http://x/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
    "a path with a fragment": b"POST /orders#x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
    "a path beyond ASCII": b"POST /\xc3\xb6rders HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
    "a backslash": b"POST \\orders HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
    "chunks between line feeds": _HOST + b"Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n",
    "a chunk below 0": _HOST + b"Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
    "a chunk with 0x": _HOST + b"Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n",
    "a chunk of 2^68": _HOST + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n",
    "more than a chunk": _HOST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}x\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("data", _REFUSED.values(), ids=_REFUSED.keys())
def test_what_servers_read_in_different_ways_is_refused_and_the_connection_closed(
    server: RunningServer, data: bytes
) -> None:
    said = server.raw(data)
    assert said.startswith(b"HTTP/1.1 400 ")
    # A second request in it is none.
    assert said.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "path",
    [
        b"/x/../orders",
        b"//orders",
        b"/%6Frders",
        b"/orders/",
        b"/orders%00",
        b"/orders;a=b",
        b"/ORDERS",
        b"/orders%3Fx",
        b"/./orders",
        b"/healthz/../orders",
    ],
)
def test_a_path_is_the_path_and_none_that_is_like_it(server: RunningServer, path: bytes) -> None:
    data = b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
    assert server.raw(data).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize(
    "data",
    [
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        _HOST + b"X: " + b"a" * 20_000 + b"\r\n\r\n",
        _HOST + b"X: a\r\n" * 4000 + b"\r\n",
        _HOST + b"X: " + b"a" * 20_000,
    ],
    ids=["line", "header", "headers", "no end"],
)
def test_a_header_has_an_end(server: RunningServer, data: bytes) -> None:
    assert server.raw(data).startswith(b"HTTP/1.1 431 ")


def test_a_header_after_the_body_is_nobody_s(server: RunningServer) -> None:
    before = counts(server.outbox).accepted
    body = json.dumps(now(1)).encode()
    signature = proof("/orders", body)["x-signature"].encode()
    chunks = b"%x\r\n%b\r\n0\r\nX-Signature: %b\r\n\r\n" % (len(body), body, signature)
    head = _HOST + b"Connection: close\r\nTransfer-Encoding: chunked\r\n"
    assert server.raw(head + b"\r\n" + chunks).startswith(b"HTTP/1.1 401 ")
    assert server.raw(head + b"X-Signature: " + signature + b"\r\n\r\n" + chunks).startswith(b"HTTP/1.1 202 ")
    assert counts(server.outbox).accepted == before + 1


def test_what_comes_after_the_last_request_is_not_read(server: RunningServer) -> None:
    more = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    for head in (b"Connection: close\r\n", b"Connection: Upgrade\r\nUpgrade: h2c\r\n"):
        said = server.raw(_HOST + head + b"Content-Length: 2\r\n\r\n{}" + more)
        assert re.findall(rb"HTTP/1.1 (\d+)", said) == [b"401"]


def test_requests_in_a_row_are_answered_in_their_order(server: RunningServer) -> None:
    one = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
    said = server.raw(
        one + b"\r\n" + _HOST + b"Content-Length: 2\r\n\r\n{}" + one + b"Connection: close\r\n\r\n"
    )
    assert re.findall(rb"HTTP/1.1 (\d+)", said) == [b"200", b"401", b"200"]


def test_a_body_that_is_too_large_is_refused_before_it_is_read(server: RunningServer) -> None:
    with server.connected() as connection:
        connection.sendall(_HOST + b"Content-Length: 99999999\r\n\r\n{")
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_chunks_without_an_end_are_refused_where_they_are_too_much(server: RunningServer) -> None:
    head = b"POST /token HTTP/1.1\r\nHost: x\r\nX-Token: " + TOKEN.encode()
    with server.connected() as connection:
        connection.sendall(head + b"\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"100000\r\n" + b" " * 2**20 + b"\r\n"
        for _ in range(17):
            connection.sendall(chunk)
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")
        # What is sent all the same is thrown away, and not for ever.
        with suppress(ConnectionError):
            for _ in range(1000):
                connection.sendall(chunk)
            raise AssertionError("a gigabyte of one body was taken")


def test_a_length_with_thousands_of_zeros_is_the_number_that_it_is(server: RunningServer) -> None:
    body = json.dumps(now(1)).encode()
    head = b"Connection: close\r\nX-Signature: " + proof("/orders", body)["x-signature"].encode()
    for size, status in ((len(body), b"202"), (2**30, b"413")):
        length = b"0" * 5000 + b"%d" % size
        said = server.raw(_HOST + head + b"\r\nContent-Length: " + length + b"\r\n\r\n" + body)
        assert re.findall(rb"HTTP/1.1 (\d+)", said) == [status]


def test_an_accepted_request_is_answered_whatever_comes_after_it(server: RunningServer) -> None:
    body = json.dumps(now(1)).encode()
    signature = proof("/orders", body)["x-signature"].encode()
    one = _HOST + b"X-Signature: %b\r\nContent-Length: %d\r\n\r\n" % (signature, len(body)) + body
    before = counts(server.outbox).accepted
    for more in (b"\x00", b"POST /orders HTTP/1.1\r\nX: a\x00b\r\n\r\n", _REFUSED["two lengths"]):
        assert re.findall(rb"HTTP/1.1 (\d+)", server.raw(one + one + more)) == [b"202", b"202"]
    assert counts(server.outbox).accepted == before + 6


def test_a_client_that_asks_without_end_and_reads_nothing_is_held_within_bounds(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Each request that waits takes memory, and each answer that nobody reads a connection."""
    options = ("--no-deliver", "--jobs", 1, "--max-connections", 12, "--max-connections-per-address", 12)
    with serving(tmp_path_factory.mktemp("deaf"), *options) as server, ExitStack() as stack:
        asked = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
        said = server.raw(asked * 1000)
        assert 1 <= said.count(b"HTTP/1.1 200 ") <= 20
        assert said.count(b"\r\nconnection: close\r\n") == 1
        assert server.metric("mapper_serve_connections_ended_total", reason="pipelined") == 1
        before = _memory(server)
        deaf = [_deaf(server, stack) for _ in range(12)]
        end = time.monotonic() + 5
        while time.monotonic() < end:
            for connection in deaf:
                with suppress(OSError):
                    while True:
                        connection.send(asked * 16)
            time.sleep(0.05)
        assert _memory(server) - before < 64 * 1024
        # They make room for who has something to say.
        assert server.post("/orders", now(1)).status == 202


def _deaf(server: RunningServer, stack: ExitStack) -> socket.socket:
    """A connection whose client will read nothing."""
    connection = stack.enter_context(socket.socket())
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    connection.bind(("127.88.0.1", 0))
    connection.connect(("127.0.0.1", server.port))
    connection.setblocking(False)
    return connection


def _memory(server: RunningServer) -> int:
    """The memory of a server in KiB."""
    told = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return int(re.findall(r"^VmRSS:\s*(\d+)", told, re.MULTILINE)[0])


def test_a_body_shorter_than_it_says_is_no_request(server: RunningServer) -> None:
    before = counts(server.outbox).accepted
    body = json.dumps(now(1)).encode()
    signature = proof("/orders", body)["x-signature"].encode()
    with server.connected() as connection:
        head = b"Content-Length: %d\r\nX-Signature: %b\r\n\r\n" % (len(body) + 1, signature)
        connection.sendall(_HOST + head + body)
        connection.shutdown(socket.SHUT_WR)
        assert rest(connection) == b""
    assert counts(server.outbox).accepted == before


def test_no_garbage_brings_the_server_down(server: RunningServer) -> None:
    chance = by_seed("requests")
    parts = [
        *(_REFUSED.values()),
        b"\r\n",
        b"\r\n\r\n",
        b"\x00",
        b"Content-Length: 5\r\n",
        b"GET / HTTP/1.1\r\n",
    ]
    for _ in range(_FUZZ):
        data = bytearray(b"".join(chance.choices(parts, k=chance.randint(1, 4))))
        for _ in range(chance.randint(0, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with server.connected() as connection, suppress(ConnectionError):
            connection.sendall(bytes(data))
            connection.shutdown(socket.SHUT_WR)
            said = rest(connection)
            assert all(one in _KNOWN for one in re.findall(rb"^HTTP/1.1 (\d+)", said, re.MULTILINE)), said
    assert server.post("/orders", now(1)).status == 202


_KNOWN = {b"200", b"202", b"400", b"401", b"403", b"404", b"405", b"408", b"413", b"415", b"429", b"431"}


# Slow clients


def _drip(server: RunningServer, stack: ExitStack, number: int, source: str) -> socket.socket:
    """A connection that will never come to an end of its request."""
    connection = stack.enter_context(server.connected(source))
    head = b"POST /orders HTTP/1.1\r\nHost: x\r\n"
    starts = (b"", b"PO", head, head + b"Content-Length: 100000\r\n\r\n{")
    with suppress(ConnectionError):
        connection.sendall(starts[number % len(starts)])
    return connection


def _answers(server: RunningServer) -> bool:
    try:
        return server.post("/orders", now(1)).status == 202
    except ConnectionError:
        return False


def test_slow_clients_are_closed_and_honest_ones_answered_meanwhile(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with (
        serving(tmp_path_factory.mktemp("slow"), "--no-deliver", "--jobs", 1) as server,
        ExitStack() as stack,
    ):
        # Of twelve addresses, each of which may have 64 connections.
        slow = [_drip(server, stack, number, f"127.77.0.{1 + number % 12}") for number in range(_DRIPS)]
        begun = time.monotonic()
        dripping = threading.Event()

        def drip() -> None:
            while not dripping.wait(1.0):
                for connection in slow:
                    with suppress(OSError):
                        connection.send(b"x")

        thread = threading.Thread(target=drip)
        thread.start()
        answered = 0
        try:
            wait_until(lambda: _answers(server))  # half a second after they came at once
            while server.metric("mapper_serve_connections") > 1:
                assert server.post("/orders", now(1)).status == 202
                answered += 1
                assert time.monotonic() - begun < 60
        finally:
            dripping.set()
            thread.join()
        assert answered
        ended = sum(
            server.metric("mapper_serve_connections_ended_total", reason=reason)
            for reason in ("slow_header", "slow_body", "connections", "per_peer", "bad_request")
        )
        assert ended >= _DRIPS
        assert server.metric("mapper_serve_connections_ended_total", reason="slow_header") > 0
        assert server.metric("mapper_serve_connections_ended_total", reason="slow_body") > 0


def test_one_address_has_no_more_than_its_share(tmp_path_factory: pytest.TempPathFactory) -> None:
    options = ("--no-deliver", "--jobs", 1, "--max-connections-per-address", 5, "--max-connections", 20)
    with serving(tmp_path_factory.mktemp("share"), *options) as server, ExitStack() as stack:
        idle = [stack.enter_context(server.connected("127.66.0.1")) for _ in range(5)]
        for connection in idle:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        with server.connected("127.66.0.1") as one_more, suppress(ConnectionError):
            one_more.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert one_more.recv(65536) == b""
        # Idle ones make room for who has something to say.
        for number in range(30):
            busy = stack.enter_context(server.connected(f"127.66.1.{1 + number}"))
            busy.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert busy.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert server.metric("mapper_serve_connections") <= 20
