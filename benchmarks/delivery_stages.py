"""The share of each stage between a file and receipts: each by itself, in one thread, over some events."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from mapper import compile_mapping, destination
from mapper.delivery.answer import NoReply, Reply, judge
from mapper.delivery.batch import Batch, Clocks, Receipt, parcel_of, sift
from mapper.delivery.credentials import Endpoint, address, read_credentials
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import Accepted, Account, Chunk, Settlement
from mapper.delivery.transport import connect
from mapper.feeds import read_texts

_HERE = Path(__file__).parent
_MAPPING = _HERE / "mapping.yaml"
_WARMING = 600
_CHUNK = 1000
_ROUNDS = 3
T = TypeVar("T")


class _Stages:
    """Processor time by stage, in µs for an event: the best of some rounds."""

    def __init__(self, events: int) -> None:
        self.events = events
        self.best: dict[str, float] = {}

    def time(self, name: str, work: Callable[[], T]) -> T:
        """The result of some work, whose time is kept if it is the least."""
        before = time.process_time()
        made = work()
        taken = (time.process_time() - before) / self.events * 1e6
        self.best[name] = min(taken, self.best.get(name, taken))
        return made


def measure_stages(folder: Path, lines: list[bytes]) -> None:
    """Print the table."""
    stages = _Stages(len(lines))
    file = folder / "stages.ndjson"
    file.write_bytes(b"".join(lines))
    with subprocess.Popen(
        [sys.executable, str(_HERE / "bare_service.py"), "0"], stdout=subprocess.PIPE, text=True
    ) as service:
        assert service.stdout is not None
        url = service.stdout.readline().strip()
        for number in range(_ROUNDS):
            _measure(stages, file, folder / f"stages-{number}.outbox", url)
        service.kill()
    guard = stages.best.pop("map and guard") - stages.best["map"]
    found = {"read": stages.best["read"], "map": stages.best["map"], "guard": guard, **stages.best}
    whole = sum(found.values())
    print(f"\n{len(lines):,} events, each stage by itself; µs of the processor an event, best of {_ROUNDS}")
    for name, taken in found.items():
        print(f"  {name:24}{taken:8.1f}{taken / whole:7.0%}")
    print(f"  {'all':24}{whole:8.1f}")


def _measure(stages: _Stages, file: Path, outbox: Path, url: str) -> None:
    program, raw = compile_mapping(_MAPPING), compile_mapping(_MAPPING, guard=False)
    service, account = destination(program.target), Account(program.target)
    with file.open("rb") as opened:
        blocks = stages.time("read", lambda: [block.texts() for block in read_texts(opened)])
    texts = [text for block in blocks for _, text in block if isinstance(text, bytes) and text]
    for one in texts[:_WARMING]:
        program.apply_json(one), raw.apply_json(one)
    stages.time("map", lambda: [raw.apply_json(one) for one in texts])
    outcomes = stages.time("map and guard", lambda: [program.apply_json(one) for one in texts])
    payloads = [one.payload for made in outcomes for one in made if one.payload is not None]
    parcels = stages.time(
        "encode", lambda: [parcel_of(one, "f", at, service) for at, one in enumerate(payloads, 1)]
    )
    store = open_outbox(outbox)
    parts = [tuple(parcels[at : at + _CHUNK]) for at in range(0, len(parcels), _CHUNK)]
    now = time.time()
    stages.time("outbox: accept", lambda: [store.put(Accepted(account, "1", part), now) for part in parts])
    claims: list[tuple[Chunk, ...]] = []

    def claim() -> None:
        while found := store.claim(account, service.limits.events, service.limits.bytes, now):
            claims.append(found)

    stages.time("outbox: claim", claim)
    sifted = stages.time(
        "sort out by time",
        lambda: [
            sift([one for chunk in found for one in chunk.parcels], service, service.limits, Clocks(now, now))
            for found in claims
        ],
    )
    batches = [batch for _, found in sifted for batch in found]
    stages.time("outbox: begin", lambda: [store.begin(found) for found in claims])
    os.environ.setdefault("PINTEREST_ACCESS_TOKEN", "pina_benchmark-0123456789")
    os.environ.setdefault("PINTEREST_AD_ACCOUNT_ID", "549755885175")
    credentials = read_credentials(service, os.environ)
    endpoint = address(service, credentials, base_url=url)  # type: ignore[arg-type]  # both variables are set
    replies = stages.time("request", lambda: asyncio.run(_request(endpoint, batches)))  # type: ignore[arg-type]  # so is the endpoint
    answers = stages.time(
        "answer",
        lambda: [judge(batch, reply, service) for batch, reply in zip(batches, replies, strict=True)],
    )
    assert all(answer.verdict == "settled" for answer in answers)
    ends = [
        [Settlement(chunk, tuple(Receipt(one, "delivered") for one in chunk.parcels)) for chunk in found]
        for found in claims
    ]
    stages.time("outbox: settle", lambda: [store.settle(one, now) for one in ends])
    store.close()


async def _request(endpoint: Endpoint, batches: list[Batch]) -> list[Reply | NoReply]:
    async with connect(endpoint) as send:
        return [await send(batch.body) for batch in batches]
