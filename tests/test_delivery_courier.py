"""Payloads from an outbox to a server over real sockets, with a clock that need not wait."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from email.utils import formatdate
from itertools import chain, pairwise
from time import sleep
from typing import Any

import pytest

from mapper.delivery.batch import Parcel, Receipt, pack, wrap
from mapper.delivery.courier import Terms, deliver
from mapper.delivery.destination import Destination
from mapper.delivery.outbox import MemoryOutbox
from mapper.delivery.sandbox import Ledger, read_fault, sandbox_app, serve
from mapper.delivery.summary import Delivery
from mapper.delivery.transport import Patience, connect
from mapper.types import Json
from tests.delivery import (
    CANARY,
    DESTINATION,
    NOW,
    Heard,
    Say,
    Server,
    Time,
    answering,
    endpoint,
    limited,
    parcels,
    payload,
    processed,
    said,
)

_USUAL = Terms()
_QUICK = Patience(connect=2, write=2, read=2, whole=2)
_RAMPED_DOWN: Json = {"code": 4197, "message": "The endpoint has been ramped down."}
_TOO_MANY: Json = {"code": 8, "message": "This request exceeded a rate limit."}


def _deliver(
    url: str,
    given: Iterable[Parcel] | MemoryOutbox,
    *,
    time: Time | None = None,
    destination: Destination = DESTINATION,
    terms: Terms = _USUAL,
    **options: Any,
) -> Delivery:
    outbox = given if isinstance(given, MemoryOutbox) else MemoryOutbox(given)
    transport = connect(endpoint(url, test=terms.test), patience=_QUICK)
    clock = (time or Time()).clock
    return deliver(outbox, destination, transport, terms=terms, clock=clock, **options)


def _in_turn(*answers: bytes) -> Say:
    """The given answers, then success."""
    left = list(answers)
    return lambda heard: left.pop(0) if left else said(200, processed(heard))


def _ids(server: Server) -> list[list[str]]:
    return [[event["event_id"] for event in heard.events] for heard in server.heard]


def test_all_payloads_arrive_once_in_batches_and_receipts_keep_the_order() -> None:
    told: list[tuple[Receipt, ...]] = []
    outbox = MemoryOutbox(parcels(25, limited(events=10)))
    with answering(_in_turn()) as server:
        delivery = _deliver(server.url, outbox, destination=limited(events=10), told=told.append)
    assert sorted(map(len, _ids(server))) == [5, 10, 10]
    assert sorted(chain.from_iterable(_ids(server))) == sorted(f"e-{number}" for number in range(25))
    assert [receipt.parcel.number for receipts in told for receipt in receipts] == list(range(25))
    assert (delivery.accepted, delivery.refused, delivery.unsent) == (25, (), ())
    assert (delivery.attempts, delivery.batches, delivery.finished, delivery.exit_status) == (3, 3, True, 0)
    assert (outbox.accepted, outbox.in_flight, outbox.dead) == (25, 0, [])


def test_nothing_to_deliver_is_no_failure() -> None:
    assert _deliver("http://127.0.0.1:9/v5", []).exit_status == 0


def test_a_payload_that_the_answer_names_fails_alone() -> None:
    outbox = MemoryOutbox(parcels(4))
    with answering(lambda heard: said(422, {"code": 953, "details": processed(heard, "e-2")})) as server:
        delivery = _deliver(server.url, outbox)
    [receipt] = delivery.refused
    assert (receipt.parcel.key, receipt.parcel.place) == ("e-2", "shop.ndjson:3")
    assert (receipt.kind, receipt.reason) == ("rejected", "bad")
    assert (delivery.accepted, delivery.attempts, delivery.exit_status) == (3, 1, 1)
    assert outbox.dead == [receipt]


def test_warnings_are_counted_by_their_text() -> None:
    def warn(heard: Heard) -> bytes:
        entry: Json = {"status": "processed", "warning_message": "em of jane@shop.example is no hash"}
        return said(200, {"events": [entry] * len(heard.events)})

    with answering(warn) as server:
        delivery = _deliver(server.url, parcels(3))
    assert delivery.warnings == (("em of ***@*** is no hash", 3),)


def test_payloads_outside_the_window_are_named_and_not_sent() -> None:
    given = [
        wrap(payload(number, event_time=time), number, f"f:{number}", DESTINATION)
        for number, time in enumerate((NOW - 8 * 86_400, NOW, NOW + 3600, NOW * 1000))
    ]
    told: list[tuple[Receipt, ...]] = []
    with answering(_in_turn()) as server:
        delivery = _deliver(server.url, given, told=told.append)
    assert _ids(server) == [["e-1"]]
    assert [receipt.kind for receipt in delivery.refused] == ["too_old", "bad_time", "bad_time"]
    assert [receipt.parcel.number for receipt in told[0]] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("answer", "duplicates"),
    [
        (said(429, _TOO_MANY), 0),
        (said(503, _RAMPED_DOWN), 0),
        (said(503, b""), 3),
        (said(500, b""), 3),
        (said(504, b"<html>"), 3),
        (said(408, b""), 3),
        (said(200, b"<html>Sign in</html>"), 3),
        (said(200, {"num_events_received": 2, "events": [{"status": "processed"}] * 3}), 3),
        (said(200, {"events": [{"status": "processed"}] * 2}), 3),
        (b"", 3),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{", 3),
    ],
)
def test_a_failed_attempt_is_repeated_as_it_was_and_doubt_is_counted(answer: bytes, duplicates: int) -> None:
    lines: list[str] = []
    time = Time()
    with answering(_in_turn(answer, answer)) as server:
        delivery = _deliver(server.url, parcels(3), time=time, say=lines.append)
    first, *again = [heard.body for heard in server.heard]
    assert again == [first, first]
    assert (delivery.accepted, delivery.attempts, delivery.batches) == (3, 3, 1)
    assert delivery.possible_duplicates == duplicates
    assert len(lines) == 2
    assert lines[0].endswith("; trying again in 1 s")
    assert 0.5 + 1.0 <= time.slept < 1.6


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("0", 1),
        (formatdate(NOW + 20, usegmt=True), 20),
        (formatdate(NOW - 20, usegmt=True), 1),
        ("-3", 0.5),
        ("soon", 0.5),
    ],
)
def test_the_wait_that_the_service_asks_for_is_kept(header: str, seconds: float) -> None:
    time = Time()
    with answering(_in_turn(said(429, _TOO_MANY, retry_after=header))) as server:
        _deliver(server.url, parcels(3), time=time)
    assert time.slept == pytest.approx(seconds, abs=0.3)


def test_a_longer_wait_than_one_will_wait_ends_at_once() -> None:
    time = Time()
    with answering(_in_turn(said(429, _TOO_MANY, retry_after="1000000000"))) as server:
        delivery = _deliver(server.url, parcels(3), time=time)
    assert (len(server.heard), time.slept) == (1, 0)
    assert (delivery.exit_status, len(delivery.unsent)) == (69, 3)
    said_why = "given up: Pinterest says there are too many requests (status 429, code 8: This request"
    assert delivery.stopped.startswith(said_why)


def test_nothing_is_sent_while_the_service_asks_to_wait() -> None:
    time = Time()
    sent: list[float] = []

    def busy(heard: Heard) -> bytes:
        sent.append(time.now)
        if len(sent) > 4:
            return said(200, processed(heard))
        return said(429, _TOO_MANY, retry_after="30")

    with answering(busy) as server:
        delivery = _deliver(server.url, parcels(40), time=time, destination=limited(events=10))
    assert delivery.accepted == 40
    first = [moment for moment in sent if moment < NOW + 30]
    assert len(first) <= 4
    assert all(moment >= NOW + 29.9 for moment in sent[len(first) :])


def test_one_request_at_a_time_finds_out_whether_a_failing_service_is_back() -> None:
    counting, open_requests, most = threading.Lock(), 0, [0]

    def down(heard: Heard) -> bytes:
        nonlocal open_requests
        with counting:
            open_requests += 1
            most.append(open_requests)
        sleep(0.03)
        with counting:
            open_requests -= 1
        return said(500, b"") if len(most) < 12 else said(200, processed(heard))

    with answering(down) as server:
        terms = Terms(give_up_seconds=10_000)
        delivery = _deliver(server.url, parcels(80), destination=limited(events=10), terms=terms)
    assert delivery.accepted == 80
    first, probe = 4, 1  # the probe may go before the server is done with the first four
    assert max(most[1 + first + probe : 12]) == 1


def test_giving_up_leaves_everything_unsent_and_says_what_may_have_arrived() -> None:
    time = Time()
    outbox = MemoryOutbox(parcels(30))
    with answering(lambda heard: said(500, b"")) as server:
        delivery = _deliver(
            server.url, outbox, time=time, destination=limited(events=10), terms=Terms(concurrency=1)
        )
    assert (delivery.accepted, len(delivery.unsent), delivery.refused) == (0, 10, ())
    assert (delivery.exit_status, delivery.finished) == (69, False)
    reason = "given up: Pinterest answers with status 500 (status 500); it may have arrived"
    assert {receipt.reason for receipt in delivery.unsent} == {reason}
    assert 60 < time.slept <= 120
    assert len(server.heard) < 15
    assert [parcel.number for parcel in outbox.claim(100)] == list(range(30))


def test_waits_double_up_to_the_cap_and_are_never_longer() -> None:
    time, moments = Time(chance=0.999999), []

    def down(heard: Heard) -> bytes:
        moments.append(time.slept)
        return said(500, b"")

    with answering(down) as server:
        _deliver(server.url, parcels(1), time=time, terms=Terms(give_up_seconds=3000))
    waits = [round(after - before) for before, after in pairwise(moments)]
    assert waits[:10] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert max(waits) == 300


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
        delivery = _deliver(server.url, outbox, destination=limited(events=10), terms=Terms(concurrency=1))
    assert len(server.heard) == 1
    assert delivery.failure is not None
    assert hint in delivery.failure.hint
    assert (delivery.exit_status, delivery.refused, len(delivery.unsent)) == (77, (), 10)
    assert CANARY not in repr(delivery)
    assert [parcel.number for parcel in outbox.claim(100)] == list(range(30))


def test_a_redirect_is_a_setup_failure() -> None:
    with answering(lambda heard: said(302, b"", location="https://example.com/")) as server:
        delivery = _deliver(server.url, parcels(3))
    assert delivery.exit_status == 78
    assert "redirect" in delivery.stopped


def test_test_mode_settles_nothing() -> None:
    outbox = MemoryOutbox(parcels(3))
    with answering(_in_turn()) as server:
        delivery = _deliver(server.url, outbox, terms=Terms(test=True))
    assert b"/events?test=true " in server.heard[0].head
    assert (delivery.test, delivery.accepted) == (True, 3)
    assert (outbox.accepted, outbox.in_flight) == (0, 3)


def test_the_clock_of_the_service_decides_what_is_too_old() -> None:
    given = (
        wrap(payload(number, event_time=NOW - 6 * 86_400), number, "f:1", DESTINATION) for number in range(3)
    )

    def later(heard: Heard) -> bytes:
        return said(200, processed(heard), date=formatdate(NOW + 2 * 86_400, usegmt=True))

    with answering(later) as server:
        delivery = _deliver(server.url, given, destination=limited(events=1), terms=Terms(concurrency=1))
    assert (delivery.accepted, [receipt.kind for receipt in delivery.refused]) == (1, ["too_old", "too_old"])
    assert delivery.remarks == ("this machine's clock is 172,800 seconds behind Pinterest's",)


def test_413_halves_and_later_requests_are_smaller() -> None:
    [largest] = pack(parcels(95), DESTINATION.limits, "data")

    def small(heard: Heard) -> bytes:
        return said(413, b"") if len(heard.body) > largest.size else said(200, processed(heard))

    destination = limited(events=200)
    with answering(small) as server:
        delivery = _deliver(server.url, parcels(600), destination=destination, terms=Terms(concurrency=1))
    too_large = [len(heard.body) > largest.size for heard in server.heard]
    assert (delivery.accepted, delivery.refused) == (600, ())
    assert too_large == [True, True, True] + [False] * (len(too_large) - 3)


def test_a_payload_too_large_alone_is_refused_as_that() -> None:
    with answering(lambda heard: said(413, b"")) as server:
        delivery = _deliver(server.url, parcels(3))
    assert [receipt.kind for receipt in delivery.refused] == ["too_large"] * 3


def _poisoned(poisons: set[str]) -> Callable[[Json], list[tuple[str, str]]]:
    """What refuses payloads by their ids, as a schema would."""

    def check(found: Json) -> list[tuple[str, str]]:
        assert isinstance(found, dict)
        return [("", "is poison")] if found["event_id"] in poisons else []

    return check


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("count", [1, 5, 50])
def test_poison_is_found_alone_and_the_good_are_delivered(count: int, seed: int) -> None:
    poisons = {f"e-{number}" for number in random.Random(seed).sample(range(1000), count)}
    ledger = Ledger(keep=True)
    told: list[Receipt] = []
    app = sandbox_app(DESTINATION, _poisoned(poisons), now=lambda: NOW, ledger=ledger)
    with serve(app) as url:
        delivery = _deliver(url, parcels(1000), told=told.extend)
    assert {receipt.parcel.key for receipt in delivery.refused} == poisons
    assert {(receipt.kind, receipt.status) for receipt in delivery.refused} == {("invalid", "refused")}
    assert all("is poison" in receipt.reason for receipt in delivery.refused)
    assert {event["event_id"] for event in ledger.received} == {f"e-{n}" for n in range(1000)} - poisons
    assert (len(ledger.received), delivery.unsent, delivery.stopped) == (1000 - count, (), "")
    assert [receipt.parcel.number for receipt in told] == list(range(1000))
    bound = 21 if count == 1 else 2 * count * math.log2(1000 / count) + 2 * count
    assert delivery.attempts <= bound


def test_poison_in_a_row_is_no_reason_to_stop() -> None:
    poisons = {f"e-{number}" for number in range(40)}
    app = sandbox_app(DESTINATION, _poisoned(poisons), now=lambda: NOW)
    with serve(app) as url:
        delivery = _deliver(url, parcels(1000))
    assert {receipt.parcel.key for receipt in delivery.refused} == poisons
    assert delivery.accepted == 960


def test_a_mistake_in_all_payloads_stops_before_the_first_is_given_up() -> None:
    outbox = MemoryOutbox(parcels(3000))
    with serve(sandbox_app(DESTINATION, lambda found: [("", "is poison")], now=lambda: NOW)) as url:
        delivery = _deliver(url, outbox, terms=Terms(concurrency=1))
    assert (delivery.refused, outbox.dead, len(delivery.unsent)) == ((), [], 1000)
    assert delivery.attempts <= 1 + 2 + 4 + 8 + 8
    assert delivery.stopped.startswith("every event is refused, so the mapping is at fault: ")
    assert "is poison" in delivery.stopped
    assert (delivery.exit_status, delivery.finished) == (1, False)
    assert len(outbox.claim(5000)) == 3000


def test_a_few_bad_payloads_are_each_refused_by_name() -> None:
    with serve(sandbox_app(DESTINATION, lambda found: [("", "is poison")], now=lambda: NOW)) as url:
        delivery = _deliver(url, parcels(5))
    assert [receipt.parcel.key for receipt in delivery.refused] == [f"e-{number}" for number in range(5)]
    assert (delivery.unsent, delivery.stopped) == ((), "")


def test_a_delivery_of_which_too_much_is_refused_stops() -> None:
    def every_tenth(heard: Heard) -> bytes:
        failed = [event["event_id"] for event in heard.events if event["event_id"].endswith("0")]
        return said(422, {"details": processed(heard, *failed)})

    with answering(every_tenth) as server:
        delivery = _deliver(
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
        delivery = _deliver(
            server.url, outbox, destination=limited(events=10), stop=stop, terms=Terms(concurrency=2)
        )
    assert len(server.heard) <= 2
    assert delivery.accepted == 10 * len(server.heard)
    assert (delivery.exit_status, delivery.stopped, delivery.finished) == (130, "interrupted", False)
    assert delivery.accepted + len(outbox.claim(1000)) == 100


def test_a_stop_ends_a_wait() -> None:
    stop = threading.Event()
    with answering(lambda heard: said(429, _TOO_MANY, retry_after="60")) as server:
        delivery = _deliver(server.url, parcels(3), stop=stop, say=lambda line: stop.set())
    assert (delivery.exit_status, len(delivery.unsent), delivery.gave_up) == (130, 3, False)


def test_every_payload_ends_once_through_faults_of_all_kinds() -> None:
    ledger = Ledger(keep=True)
    faults = [read_fault(text) for text in ("503:0.1", "429:0.1", "500:0.1", "reset:0.1")]
    chance = random.Random(4).random
    app = sandbox_app(
        DESTINATION, lambda found: [], now=lambda: NOW, faults=faults, chance=chance, ledger=ledger
    )
    with serve(app) as url:
        delivery = _deliver(url, parcels(3000), destination=limited(events=50))
    assert (delivery.accepted, delivery.unsent, delivery.refused) == (3000, (), ())
    assert {event["event_id"] for event in ledger.received} == {f"e-{number}" for number in range(3000)}
    assert 0 < ledger.duplicates <= delivery.possible_duplicates
    assert {status for status, count in ledger.requests.items() if count} == {0, 200, 429, 500, 503}


def test_fewer_requests_a_second_than_the_service_takes() -> None:
    time = Time()
    with answering(_in_turn()) as server:
        terms = Terms(requests_per_second=2, events=1)
        _deliver(server.url, parcels(7), time=time, terms=terms)
    assert time.slept == pytest.approx(3, abs=0.1)


def test_test_mode_sends_as_many_requests_a_second_as_it_takes() -> None:
    time = Time()
    with answering(_in_turn()) as server:
        _deliver(server.url, parcels(21), time=time, terms=Terms(test=True, events=1))
    assert time.slept == pytest.approx(2, abs=0.1)


def test_too_many_requests_halve_the_rate() -> None:
    time = Time()
    answer = said(429, _TOO_MANY, retry_after="1")
    destination = replace(limited(events=1, requests_per_second=4))
    with answering(_in_turn(answer)) as server:
        _deliver(server.url, parcels(9), time=time, destination=destination, terms=Terms(concurrency=1))
    assert time.slept == pytest.approx(1 + 8 * 0.5, rel=0.1)
