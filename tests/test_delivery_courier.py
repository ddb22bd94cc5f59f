"""Payloads from an outbox to a server over real sockets, with a clock that need not wait."""

from __future__ import annotations

import gc
import random
import threading
from email.utils import formatdate
from itertools import chain

import pytest

from mapper.delivery.batch import Parcel, Receipt, wrap
from mapper.delivery.courier import Terms
from mapper.delivery.outbox import MemoryOutbox
from mapper.delivery.sandbox import Ledger, read_fault, sandbox_app, serve
from mapper.types import Json
from tests.delivery import (
    CANARY,
    DESTINATION,
    NOW,
    TOO_MANY,
    Heard,
    Recorded,
    answering,
    deliver_to,
    ids,
    in_turn,
    limited,
    parcels,
    payload,
    processed,
    said,
    waiting,
)


def test_all_payloads_arrive_once_in_batches_and_receipts_keep_the_order() -> None:
    told: list[tuple[Receipt, ...]] = []
    outbox = Recorded(MemoryOutbox(parcels(25, limited(events=10))))
    with answering(in_turn()) as server:
        delivery = deliver_to(server.url, outbox, destination=limited(events=10), told=told.append)
    assert sorted(map(len, ids(server))) == [5, 10, 10]
    assert sorted(chain.from_iterable(ids(server))) == sorted(f"e-{number}" for number in range(25))
    assert [receipt.parcel.number for receipts in told for receipt in receipts] == list(range(25))
    assert (delivery.accepted, delivery.refused, delivery.unsent) == (25, (), ())
    assert (delivery.attempts, delivery.batches, delivery.finished, delivery.exit_status) == (3, 3, True, 0)
    assert outbox.settled == list(chain.from_iterable(told))


def test_nothing_to_deliver_is_no_failure() -> None:
    assert deliver_to("http://127.0.0.1:9/v5", []).exit_status == 0


def test_a_payload_that_the_answer_names_fails_alone() -> None:
    outbox = Recorded(MemoryOutbox(parcels(4)))
    with answering(lambda heard: said(422, {"code": 953, "details": processed(heard, "e-2")})) as server:
        delivery = deliver_to(server.url, outbox)
    [receipt] = delivery.refused
    assert (receipt.parcel.key, receipt.parcel.place) == ("e-2", "shop.ndjson:3")
    assert (receipt.kind, receipt.reason) == ("rejected", "bad")
    assert (delivery.accepted, delivery.attempts, delivery.exit_status) == (3, 1, 1)
    assert [one.status for one in outbox.settled] == ["accepted", "accepted", "refused", "accepted"]
    assert outbox.settled[2] == receipt


def test_warnings_are_counted_by_their_text() -> None:
    def warn(heard: Heard) -> bytes:
        entry: Json = {"status": "processed", "warning_message": "em of jane@shop.example is no hash"}
        return said(200, {"events": [entry] * len(heard.events)})

    with answering(warn) as server:
        delivery = deliver_to(server.url, parcels(3))
    assert delivery.warnings == (("em of *** is no hash", 3),)


def test_payloads_outside_the_window_are_named_and_not_sent() -> None:
    given = [
        wrap(payload(number, event_time=time), number, f"f:{number}", DESTINATION)
        for number, time in enumerate((NOW - 8 * 86_400, NOW, NOW + 3600, NOW * 1000))
    ]
    told: list[tuple[Receipt, ...]] = []
    with answering(in_turn()) as server:
        delivery = deliver_to(server.url, given, told=told.append)
    assert ids(server) == [["e-1"]]
    assert [receipt.kind for receipt in delivery.refused] == ["too_old", "bad_time", "bad_time"]
    assert [receipt.parcel.number for receipt in told[0]] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("status", "body", "hint"),
    [
        (401, {"code": 2, "message": "Authentication failed."}, "PINTEREST_ACCESS_TOKEN"),
        (403, {"code": 29, "message": "You are not permitted."}, "PINTEREST_AD_ACCOUNT_ID"),
        (404, {"code": 404, "message": "no"}, "PINTEREST_AD_ACCOUNT_ID"),
    ],
)
def test_a_setup_failure_stops_at_once_and_loses_nothing(status: int, body: Json, hint: str) -> None:
    outbox = MemoryOutbox(parcels(30))
    with answering(lambda heard: said(status, body)) as server:
        delivery = deliver_to(server.url, outbox, destination=limited(events=10), terms=Terms(concurrency=1))
    assert len(server.heard) == 1
    assert delivery.failure is not None
    assert hint in delivery.failure.hint
    assert (delivery.exit_status, delivery.refused, len(delivery.unsent)) == (77, (), 10)
    assert CANARY not in repr(delivery)
    assert waiting(outbox) == list(range(30))


def test_a_redirect_is_a_setup_failure() -> None:
    with answering(lambda heard: said(302, b"", location="https://example.com/")) as server:
        delivery = deliver_to(server.url, parcels(3))
    assert delivery.exit_status == 78
    assert "redirect" in delivery.stopped


def test_test_mode_settles_nothing() -> None:
    outbox = Recorded(MemoryOutbox(parcels(3)))
    with answering(in_turn()) as server:
        delivery = deliver_to(server.url, outbox, terms=Terms(test=True))
    assert b"/events?test=true " in server.heard[0].head
    assert (delivery.test, delivery.accepted) == (True, 3)
    assert outbox.settled == []


@pytest.mark.parametrize("test", [False, True])
def test_what_is_delivered_or_checked_is_not_kept(test: bool) -> None:
    outbox = MemoryOutbox(parcels(5000))
    with answering(in_turn()) as server:
        delivery = deliver_to(server.url, outbox, terms=Terms(test=test))
    assert (delivery.accepted, _alive()) == (5000, 0)


def test_of_a_feed_that_is_all_refused_the_first_are_kept_and_all_are_counted() -> None:
    given = (
        wrap(payload(number, event_time=NOW - (8 + number % 2) * 86_400), number, f"f:{number}", DESTINATION)
        for number in range(5000)
    )
    told: list[int] = []
    delivery = deliver_to("http://127.0.0.1:9/v5", given, told=lambda receipts: told.append(len(receipts)))
    assert (delivery.accepted, delivery.refused_count, sum(told), delivery.exit_status) == (0, 5000, 5000, 1)
    assert [receipt.parcel.number for receipt in delivery.refused] == list(range(1000))
    assert [(reason.count, reason.first) for reason in delivery.reasons] == [(2500, "f:0"), (2500, "f:1")]
    assert _alive() == 1000


def _alive() -> int:
    """How many parcels are in memory."""
    gc.collect()
    return sum(isinstance(one, Parcel) for one in gc.get_objects())


def test_the_clock_of_the_service_decides_what_is_too_old() -> None:
    given = (
        wrap(payload(number, event_time=NOW - 6 * 86_400), number, "f:1", DESTINATION) for number in range(3)
    )

    def later(heard: Heard) -> bytes:
        return said(200, processed(heard), date=formatdate(NOW + 2 * 86_400, usegmt=True))

    with answering(later) as server:
        delivery = deliver_to(server.url, given, destination=limited(events=1), terms=Terms(concurrency=1))
    assert (delivery.accepted, [receipt.kind for receipt in delivery.refused]) == (1, ["too_old", "too_old"])
    assert delivery.remarks == ("this machine's clock is 172,800 seconds behind Pinterest's",)


def test_a_delivery_of_which_too_much_is_refused_stops() -> None:
    def every_tenth(heard: Heard) -> bytes:
        failed = [event["event_id"] for event in heard.events if event["event_id"].endswith("0")]
        return said(422, {"details": processed(heard, *failed)})

    with answering(every_tenth) as server:
        delivery = deliver_to(
            server.url, parcels(5000), destination=limited(events=100), terms=Terms(concurrency=1)
        )
    assert (delivery.accepted, len(delivery.refused), delivery.finished) == (900, 100, False)
    assert delivery.stopped == "100 of the last 1,000 events were refused, so the mapping is at fault"


def test_a_stop_finishes_what_is_under_way_and_begins_nothing() -> None:
    stop = threading.Event()
    outbox = MemoryOutbox(parcels(100))

    def interrupt(heard: Heard) -> bytes:
        stop.set()
        return said(200, processed(heard))

    with answering(interrupt) as server:
        delivery = deliver_to(
            server.url, outbox, destination=limited(events=10), stop=stop, terms=Terms(concurrency=2)
        )
    assert len(server.heard) <= 2
    assert delivery.accepted == 10 * len(server.heard)
    assert (delivery.exit_status, delivery.stopped, delivery.finished) == (130, "interrupted", False)
    assert delivery.accepted + len(waiting(outbox)) == 100


def test_a_stop_ends_a_wait() -> None:
    stop = threading.Event()
    with answering(lambda heard: said(429, TOO_MANY, retry_after="60")) as server:
        delivery = deliver_to(server.url, parcels(3), stop=stop, say=lambda line: stop.set())
    assert (delivery.exit_status, len(delivery.unsent), delivery.gave_up) == (130, 3, False)


def test_every_payload_ends_once_through_faults_of_all_kinds() -> None:
    ledger = Ledger(keep=True)
    faults = [read_fault(text) for text in ("503:0.1", "429:0.1", "500:0.1", "reset:0.1")]
    chance = random.Random(4).random
    app = sandbox_app(
        DESTINATION, lambda found: [], now=lambda: NOW, faults=faults, chance=chance, ledger=ledger
    )
    with serve(app) as url:
        delivery = deliver_to(url, parcels(3000), destination=limited(events=50))
    assert (delivery.accepted, delivery.unsent, delivery.refused) == (3000, (), ())
    assert {event["event_id"] for event in ledger.received} == {f"e-{number}" for number in range(3000)}
    assert 0 < ledger.duplicates <= delivery.possible_duplicates
    assert {status for status, count in ledger.requests.items() if count} == {0, 200, 429, 500, 503}
