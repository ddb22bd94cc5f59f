"""A feed that comes slowly is delivered as it comes, and a delivery that ends early does not wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from mapper.delivery.batch import Parcel, Receipt
from mapper.delivery.courier import Terms
from mapper.delivery.credentials import Secret
from mapper.delivery.outbox import MemoryOutbox
from mapper.delivery.sandbox import Ledger, sandbox_app, serve
from tests.command import MAPPING, environment, event, ndjson, start
from tests.delivery import (
    CANARY,
    DESTINATION,
    Heard,
    answering,
    deliver_to,
    ids,
    in_turn,
    parcels,
    processed,
    said,
    validate,
)


def _then(count: int, go_on: Callable[[], bool]) -> Iterator[Parcel]:
    """Some parcels, then one more for each time that it goes on."""
    feed = parcels(1000)
    for _ in range(count):
        yield next(feed)
    while go_on():
        yield next(feed)


def _until(done: Event, stop: Event) -> bool:
    """Waits until one of them is set; False always."""
    while not done.is_set() and not stop.is_set():
        time.sleep(0.01)
    return False


def test_what_has_come_is_sent_and_told_while_the_feed_waits_for_more() -> None:
    heard, told, rounds = Event(), list[Receipt](), iter((True, False))

    def tell(receipts: tuple[Receipt, ...]) -> None:
        told.extend(receipts)
        heard.set()

    def go_on() -> bool:
        assert heard.wait(20), "nothing was told while the feed waited"
        return next(rounds)

    outbox = MemoryOutbox(_then(3, go_on), flush_seconds=0.1)
    with answering(in_turn()) as server:
        delivery = deliver_to(server.url, outbox, told=tell)
    assert ids(server) == [["e-0", "e-1", "e-2"], ["e-3"]]
    assert (delivery.accepted, delivery.finished, len(told)) == (4, True, 4)


def test_a_delivery_that_halts_tells_the_feed_and_waits_for_no_more() -> None:
    stop = Event()
    outbox = MemoryOutbox(_then(3, lambda: _until(Event(), stop)), flush_seconds=0.1)
    with answering(lambda heard: said(401, {"code": 2})) as server:
        delivery = deliver_to(server.url, outbox, stop=stop)
    assert (delivery.exit_status, delivery.interrupted, delivery.finished) == (77, False, False)
    assert len(delivery.unsent) == 3


def test_what_was_read_and_never_claimed_is_told_too_when_a_delivery_is_stopped() -> None:
    stop, told, drawn = Event(), list[Receipt](), list[int]()

    def feed() -> Iterator[Parcel]:
        for parcel in parcels(1000):
            drawn.append(parcel.number)
            yield parcel
            time.sleep(0.005)

    def interrupt(heard: Heard) -> bytes:
        time.sleep(0.3)
        stop.set()
        return said(200, processed(heard))

    outbox = MemoryOutbox(feed(), flush_seconds=0.05)
    with answering(interrupt) as server:
        delivery = deliver_to(server.url, outbox, stop=stop, told=told.extend, terms=Terms(concurrency=2))
    assert [receipt.parcel.number for receipt in told] == drawn
    assert delivery.accepted + len(delivery.unsent) == len(drawn) < 1000
    assert {receipt.reason for receipt in delivery.unsent} == {"interrupted"}
    assert (delivery.exit_status, delivery.finished) == (130, False)


@pytest.mark.parametrize(("token", "accepted", "status"), [(CANARY, 2, 0), ("another", 0, 77)])
def test_send_delivers_from_an_open_pipe_and_ends_when_it_cannot(
    tmp_path: Path, token: str, accepted: int, status: int
) -> None:
    mapping = tmp_path / "small.yaml"
    mapping.write_text(MAPPING)
    ledger = Ledger()
    account = environment(PINTEREST_ACCESS_TOKEN=token, PINTEREST_AD_ACCOUNT_ID="549755885175")
    app = sandbox_app(DESTINATION, validate, token=Secret(CANARY), ledger=ledger)
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with serve(app) as url, start("send", mapping, "--url", url, env=account) as run:
        assert run.stdin is not None
        assert run.stderr is not None
        run.stdin.write(ndjson(event(1, at=now), event(2, at=now)).encode())
        run.stdin.flush()
        until = time.monotonic() + 20
        while not ledger.requests and time.monotonic() < until:
            time.sleep(0.05)
        assert ledger.processed == accepted
        if not status:
            run.stdin.close()
        assert run.wait(20) == status
        told = run.stderr.read().decode()
    assert f"{accepted} accepted, 0 refused" in told
    assert "interrupted" not in told
