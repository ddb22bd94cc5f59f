"""A feed that comes slowly is delivered as it comes, and a delivery that ends early does not wait for it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from mapper.delivery.batch import Parcel, Receipt
from mapper.delivery.clock import Clock
from mapper.delivery.credentials import Secret
from mapper.delivery.delivery import Feeding, Hearing, Way, deliver
from mapper.delivery.outbox.sqlite import SqliteOutbox
from mapper.delivery.outbox.store import Accepted
from mapper.delivery.outbox.store_thread import StoreThread, in_a_thread
from mapper.delivery.sandbox_server import Ledger, sandbox_app, serve
from mapper.delivery.summary import Delivery
from mapper.delivery.terms import Terms
from mapper.delivery.transport import connect
from tests.delivery.deliveries import (
    CANARY,
    DESTINATION,
    NOW,
    SHOP,
    Heard,
    answering,
    endpoint,
    ids,
    in_turn,
    kept,
    parcels,
    processed,
    said,
    validate,
)
from tests.support.command import MAPPING, PATIENCE_SECONDS, environment, event, ndjson, start
from tests.support.memory_outbox import StaysOpen

_CLOCK = Clock(lambda: NOW + time.monotonic() % 1000, time.monotonic, asyncio.sleep, lambda: 0.5)


class _Fed:
    """A delivery while a thread of its own accepts what it is fed: `feed` is given the means to."""

    def __init__(self, feed: Callable[[_Fed], None]) -> None:
        self.stop, self.ended, self.outbox = Event(), Event(), StaysOpen()
        self._store: StoreThread = in_a_thread(self.outbox)
        self._feed, self._parcels = feed, parcels(1000)
        self._taken = 0

    def accept(self, count: int) -> None:
        """Accept so many parcels more."""
        part: tuple[Parcel, ...] = tuple(islice(self._parcels, count))
        self._store.wait(self.outbox.put, Accepted(SHOP, "v1", part), _CLOCK.now())
        self._taken += count

    @property
    def taken(self) -> int:
        """How many were accepted."""
        return self._taken

    def deliver(self, url: str, hearing: Hearing | None = None, terms: Terms | None = None) -> Delivery:
        """Deliver while it is fed."""
        way = Way(SHOP, DESTINATION, connect(endpoint(url)), terms or Terms(flush_seconds=1), _CLOCK)
        with self._feeding():
            hearing = hearing or Hearing()
            return deliver(self._store, way, stop=self.stop, feeding=Feeding(self.ended), hearing=hearing)

    @contextmanager
    def _feeding(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self.stop.set()
            thread.join(20)
            assert not thread.is_alive()
            self._store.close()

    def _run(self) -> None:
        try:
            self._feed(self)
        finally:
            self.ended.set()


def test_what_has_come_is_sent_and_told_while_the_feed_waits_for_more() -> None:
    heard, told = Event(), list[Receipt]()

    def tell(receipts: tuple[Receipt, ...]) -> None:
        told.extend(receipts)
        heard.set()

    def feed(fed: _Fed) -> None:
        fed.accept(3)
        assert heard.wait(20), "nothing was told while the feed waited"
        fed.accept(1)

    with answering(in_turn()) as server:
        delivery = _Fed(feed).deliver(server.url, Hearing(tell))
    assert ids(server) == [["e-0", "e-1", "e-2"], ["e-3"]]
    assert (delivery.delivered, delivery.pending, len(told)) == (4, 0, 4)


def test_a_delivery_that_halts_tells_the_feed_and_waits_for_no_more() -> None:
    def feed(fed: _Fed) -> None:
        fed.accept(3)
        assert fed.stop.wait(20)

    with answering(lambda heard: said(401, {"code": 2})) as server:
        delivery = _Fed(feed).deliver(server.url)
    assert (delivery.exit_status, delivery.interrupted, delivery.pending) == (77, False, 3)


def test_what_was_accepted_and_never_claimed_waits_when_a_delivery_is_stopped() -> None:
    told = list[Receipt]()

    def feed(fed: _Fed) -> None:
        while not fed.stop.is_set():
            fed.accept(1)
            time.sleep(0.02)

    fed = _Fed(feed)

    def interrupt(heard: Heard) -> bytes:
        time.sleep(0.3)
        fed.stop.set()
        return said(200, processed(heard))

    with answering(interrupt) as server:
        delivery = fed.deliver(server.url, Hearing(told.extend), Terms(concurrency=2, flush_seconds=1))
    delivered = sum(receipt.status == "delivered" for receipt in told)
    (status,) = fed.outbox.status()
    assert fed.outbox.audit() == []
    assert (status.counts.accepted, status.counts.delivered) == (fed.taken, delivered)
    assert 0 < delivered == delivery.delivered < fed.taken
    assert delivery.exit_status == 130


class _Watched:
    """An outbox that notes in which threads it is called."""

    def __init__(self, outbox: SqliteOutbox, threads: set[str]) -> None:
        self._outbox, self._threads = outbox, threads

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._outbox, name)
        if name == "holds":  # which any thread may ask
            return method

        def call(*args: Any) -> Any:
            self._threads.add(threading.current_thread().name)
            return method(*args)

        return call


def test_an_outbox_is_called_by_one_thread_alone() -> None:
    threads: set[str] = set()
    outbox: Any = _Watched(kept(parcels(3000)), threads)
    store = in_a_thread(outbox)
    with answering(in_turn()) as server:
        delivery = deliver(store, Way(SHOP, DESTINATION, connect(endpoint(server.url)), clock=_CLOCK))
    assert (delivery.delivered, threads) == (3000, {"outbox"})
    store.close()


@pytest.mark.parametrize(("token", "accepted", "status"), [(CANARY, 2, 0), ("another", 0, 77)])
def test_send_delivers_from_an_open_pipe_and_ends_when_it_cannot(
    tmp_path: Path, token: str, accepted: int, status: int
) -> None:
    mapping = tmp_path / "small.yaml"
    mapping.write_text(MAPPING)
    ledger = Ledger()
    account = environment(PINTEREST_ACCESS_TOKEN=token, PINTEREST_AD_ACCOUNT_ID="549755885175")
    app = sandbox_app(DESTINATION, validate, known={"token": Secret(CANARY)}, ledger=ledger)
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with serve(app) as url, start("send", mapping, "--url", url, env=account) as run:
        assert run.stdin is not None
        assert run.stderr is not None
        run.stdin.write(ndjson(event(1, at=now), event(2, at=now)).encode())
        run.stdin.flush()
        until = time.monotonic() + PATIENCE_SECONDS
        while not ledger.requests and time.monotonic() < until:
            time.sleep(0.05)
        assert ledger.processed == accepted
        if not status:
            run.stdin.close()
        assert run.wait(20) == status
        told = run.stderr.read().decode()
    assert f"{accepted} delivered, 0 refused" in told
    assert "interrupted" not in told
