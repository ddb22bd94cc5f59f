"""Bad clients and good ones at the same door: none of the first keeps one of the second out."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from mapper.serving.client_limits import ServerLimits
from mapper.serving.held_bytes import HeldBody, HeldBytes
from tests.serving.server import RunningServer, now, serving
from tests.support.command import event
from tests.support.depth import by_seed, seeds, some

_MEBIBYTE = 2**20
_SOURCE = "127.250.1.1"
_BAD_HEADERS: dict[str, tuple[str, dict[str, str], int]] = {
    "no signature": ("/orders", {}, 401),
    "a signature that is no digest": ("/orders", {"x-signature": "hush"}, 401),
    "a signature of another length": ("/orders", {"x-signature": "00" * 31}, 401),
    "no token": ("/token", {}, 401),
    "a wrong token": ("/token", {"x-token": "wrong"}, 401),
    "no token of a sender": ("/firehose", {}, 401),
    "a wrong token of a sender": ("/firehose", {"x-amz-firehose-access-key": "wrong"}, 401),
    "no origin": ("/collect", {}, 403),
    "another origin": ("/collect", {"origin": "https://x.example"}, 403),
}
_WRONG_SIGNATURE = ("/orders", {"x-signature": "00" * 32}, 401)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with serving(tmp_path_factory.mktemp("doors"), "--no-deliver", "--jobs", 1) as running:
        yield running
        assert running.end() == 0


def _good(server: RunningServer, path: str, source: str = _SOURCE) -> int:
    body: Any = now(1) if path != "/firehose" else {"requestId": "r-1", "timestamp": 1, "records": []}
    return server.post(path, body, source=source).status


@pytest.mark.parametrize(
    ("path", "headers", "status"), [*_BAD_HEADERS.values(), _WRONG_SIGNATURE], ids=[*_BAD_HEADERS, "wrong"]
)
def test_right_requests_are_answered_whatever_else_comes_from_their_address(
    server: RunningServer, path: str, headers: dict[str, str], status: int
) -> None:
    for _ in range(12):
        assert server.ask("POST", path, b"{}", headers, source=_SOURCE).status in (status, 429)
    found = [_good(server, one) for one in ("/orders", "/token", "/firehose", "/collect")]
    assert found == [202, 202, 200, 204]


@pytest.mark.parametrize(("path", "headers", "status"), some([*_BAD_HEADERS.values(), _WRONG_SIGNATURE]))
def test_only_wrong_tokens_are_throttled_by_path_and_client(
    server: RunningServer, path: str, headers: dict[str, str], status: int
) -> None:
    source = f"127.250.2.{by_seed((path, str(headers))).randint(1, 250)}"
    said = [server.ask("POST", path, b"{}", headers, source=source) for _ in range(12)]
    is_guess = any("wrong" in value for value in headers.values())
    assert [one.status for one in said] == [*[status] * 10, *[429 if is_guess else status] * 2]
    if is_guess:
        assert 0 < int(said[-1].headers["retry-after"]) <= 61
        other = "/token" if path == "/firehose" else "/firehose"
        assert (
            server.post(
                other, event(1), **{"x-token": "wrong", "x-amz-firehose-access-key": "wrong"}, source=source
            ).status
            == 401
        )
    assert server.ask("GET", "/healthz", source=source).status == 200


@pytest.mark.parametrize(("path", "headers", "status"), _BAD_HEADERS.values(), ids=_BAD_HEADERS)
@pytest.mark.parametrize("length", [b"Content-Length: 1000000", b"Transfer-Encoding: chunked"])
def test_what_its_header_already_proves_wrong_is_answered_before_its_body(
    server: RunningServer, path: str, headers: dict[str, str], status: int, length: bytes
) -> None:
    lines = [f"POST {path} HTTP/1.1", "Host: x", *(f"{name}: {value}" for name, value in headers.items())]
    with server.connected() as connection:
        connection.settimeout(5)
        connection.sendall("\r\n".join(lines).encode() + b"\r\n" + length + b"\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 %d" % status


@pytest.mark.parametrize("source", ["127.250.3.1", "127.250.3.2"], ids=["their address", "another address"])
def test_large_bodies_that_are_announced_and_never_come_take_no_room(
    server: RunningServer, source: str
) -> None:
    head = b"POST /orders HTTP/1.1\r\nHost: x\r\nX-Signature: " + b"00" * 32
    head += b"\r\nContent-Length: %d\r\n\r\n[" % (16 * _MEBIBYTE)
    body = json.dumps([now(1), {"more": "x" * (13 * _MEBIBYTE // 10)}]).encode()
    with ExitStack() as stack:
        slow = [stack.enter_context(server.connected("127.250.3.1")) for _ in range(40)]
        for connection in slow:
            connection.sendall(head)
        begun = time.monotonic()
        assert server.post("/orders", body, source=source).status == 202
        took = time.monotonic() - begun
    assert took < 2.0
    print(f"answered after {took:.2f} s while 40 bodies of 16 MiB trickled")


# The room for bodies


def _bodies(seed: int) -> list[tuple[str, list[int]]]:
    """Who sends, and the parts that come."""
    chance = by_seed(("held", seed))
    return [
        (chance.choice("abc"), [chance.choice((1, 40, 90)) for _ in range(chance.randint(1, 8))])
        for _ in range(chance.randint(2, 30))
    ]


@pytest.mark.parametrize("seed", seeds(200, 40))
def test_bodies_are_held_within_bounds_and_each_comes_to_its_end(seed: int) -> None:
    limits = ServerLimits(held_bytes=1000, held_of_client=400, free_bytes=50)
    bodies = _bodies(seed)
    longest = max(sum(parts) for _, parts in bodies)
    held = HeldBytes(limits)
    most: dict[str, int] = {}
    most_together = 0
    now_held: dict[HeldBody, int] = {}

    async def send(client: str, parts: list[int]) -> bool:
        nonlocal most_together
        with held.body(client) as body:
            for part in parts:
                if not await body.grow(part):
                    return False
                now_held[body] = body.size
                large = [(one.client, size) for one, size in now_held.items() if size > limits.free_bytes]
                most_together = max(most_together, sum(size for _, size in large))
                of_client = sum(size for one, size in large if one == client)
                most[client] = max(most.get(client, 0), of_client)
                await asyncio.sleep(0)
            now_held.pop(body)
        return True

    async def all_of_them() -> list[bool]:
        async with asyncio.timeout(10):
            return await asyncio.gather(*(send(*one) for one in bodies))

    assert all(asyncio.run(all_of_them()))
    assert most_together <= limits.held_bytes + longest
    assert all(one <= limits.held_of_client + longest for one in most.values())
    assert (held.total, held._of_client, held._bodies) == (0, {}, {})


def test_one_client_leaves_room_for_another() -> None:
    held = HeldBytes(ServerLimits(held_bytes=1000, held_of_client=400, free_bytes=0, held_seconds=0.05))

    async def fill() -> None:
        with ExitStack() as stack:
            greedy = [stack.enter_context(held.body("a")) for _ in range(20)]
            taken = [await one.grow(50) for one in greedy]
            assert taken.count(True) == 8
            for client in "bc":
                body = stack.enter_context(held.body(client))
                assert await body.grow(200)

    asyncio.run(fill())
