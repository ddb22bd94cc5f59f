"""Requests over HTTP/1.1 from one process, as many as are answered: for `benchmarks/serving.py`.

    python benchmarks/http_load.py PORT REQUESTS --connections 64 --seconds 10 [--rate 100]

REQUESTS is a file of pickled bytes, each a whole request, which are sent by turns. It prints a line of JSON:
how many were answered, with 202 and otherwise, the seconds, and the latencies in milliseconds by percentile.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import pickle
import time
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import uvloop

_PERCENTILES = (50, 90, 99, 99.9)
_END = b"\r\n\r\n"


@dataclass(slots=True)
class Load:
    """The requests and their answers. pause: seconds between an answer and the next request, at least."""

    requests: list[bytes]
    ends: float
    pause: float
    latencies: list[float] = field(default_factory=list)
    others: int = 0
    open: int = 0


class _Client(asyncio.Protocol):
    def __init__(self, load: Load, number: int, connections: int) -> None:
        # Each connection begins at another place, so that no two send the same at the same time.
        begin = number * len(load.requests) // connections
        self._requests = cycle(load.requests[begin:] + load.requests[:begin])
        self._load, self._begun, self._said = load, 0.0, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._load.open += 1
        self._send()

    def _send(self) -> None:
        self._begun = time.perf_counter()
        self._transport.write(next(self._requests))  # type: ignore[attr-defined]  # a connection's transport writes

    def data_received(self, data: bytes) -> None:
        self._said += data
        if not self._said.endswith(_END):  # answers have no body
            return
        now = time.perf_counter()
        self._load.latencies.append(now - self._begun)
        self._load.others += not self._said.startswith(b"HTTP/1.1 202 ")
        self._said = b""
        if now >= self._load.ends:
            self._transport.close()
        elif self._load.pause:
            wait = max(0.0, self._begun + self._load.pause - now)
            asyncio.get_running_loop().call_later(wait, self._send)
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._load.open -= 1


async def _run(load: Load, port: int, connections: int) -> float:
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    for number in range(connections):
        await loop.create_connection(
            lambda number=number: _Client(load, number, connections), "127.0.0.1", port
        )
    while load.open:
        await asyncio.sleep(0.05)
    return time.perf_counter() - begun


def main() -> None:
    """Send for so long, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("requests", type=Path)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rate", type=float, help="requests a second of all connections, at most")
    asked = parser.parse_args()
    pause = asked.connections / asked.rate if asked.rate else 0.0
    load = Load(pickle.loads(asked.requests.read_bytes()), time.perf_counter() + asked.seconds, pause)
    seconds = uvloop.run(_run(load, asked.port, asked.connections))
    found = sorted(load.latencies)
    told: dict[str, float] = {"answered": len(found), "others": load.others, "seconds": seconds}
    for one in _PERCENTILES:
        told[f"p{one}"] = found[min(len(found) - 1, int(len(found) * one / 100))] * 1000
    told["most"] = found[-1] * 1000
    print(json.dumps(told))


if __name__ == "__main__":
    main()
