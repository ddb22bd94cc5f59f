"""Attempts that come to nothing are repeated after a wait, and no request goes before its turn."""

from __future__ import annotations

import threading
from email.utils import formatdate
from itertools import pairwise
from time import sleep

import pytest

from mapper.delivery.answer import Reply
from mapper.delivery.terms import Terms
from mapper.values.safe_text import SafeText
from tests.delivery.deliveries import (
    NOW,
    RAMPED_DOWN,
    TOO_MANY,
    Heard,
    Time,
    answering,
    deliver_to,
    ids,
    in_turn,
    kept,
    limited,
    parcels,
    processed,
    said,
)
from tests.support.simulation import taken, times_of


@pytest.mark.parametrize(
    ("answer", "copies"),
    [
        (said(429, TOO_MANY), 0),
        (said(503, RAMPED_DOWN), 0),
        (said(503, b""), 3),
        (said(503, b"", retry_after="1"), 0),
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
def test_a_failed_attempt_is_repeated_as_it_was_and_doubt_is_counted(answer: bytes, copies: int) -> None:
    lines: list[SafeText] = []
    time = Time()
    with answering(in_turn(answer, answer)) as server:
        delivery = deliver_to(server.url, parcels(3), time=time, say=lines.append)
    first, *again = [heard.body for heard in server.heard]
    assert again == [first, first]
    assert (delivery.delivered, delivery.attempts, delivery.batches) == (3, 3, 1)
    assert delivery.possible_duplicates == copies
    # A single failure is no news; what the service says of all requests is.
    assert [line.endswith("; retrying in 1 s") for line in lines] == ([] if copies else [True, True])
    assert 0.5 + 1.0 <= time.slept < (2.1 if b"retry-after" in answer else 1.6)


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
    with answering(in_turn(said(429, TOO_MANY, retry_after=header))) as server:
        deliver_to(server.url, parcels(3), time=time)
    assert time.slept == pytest.approx(seconds, abs=0.3)


def test_a_clock_that_is_set_back_makes_no_wait_longer() -> None:
    time = Time()

    def set_back(heard: Heard) -> bytes:
        if len(server.heard) > 1:
            return said(200, processed(heard))
        time.now -= 3600
        return said(429, TOO_MANY, retry_after="7")

    with answering(set_back) as server:
        delivery = deliver_to(server.url, parcels(3, event_time=NOW - 7200), time=time)
    assert delivery.delivered == 3
    assert 7 <= time.slept < 30


def test_a_longer_wait_than_one_will_wait_ends_at_once() -> None:
    time = Time()
    with answering(in_turn(said(429, TOO_MANY, retry_after="1000000000"))) as server:
        delivery = deliver_to(server.url, parcels(3), time=time)
    assert (len(server.heard), time.slept) == (1, 0)
    assert (delivery.exit_status, delivery.pending) == (69, 3)
    said_why = "gave up: Pinterest says there are too many requests (status 429, code 8: This request"
    assert delivery.stopped.startswith(said_why)


def test_nothing_is_sent_while_the_service_asks_to_wait() -> None:
    time = Time()
    sent: list[float] = []

    def busy(heard: Heard) -> bytes:
        sent.append(time.now)
        if len(sent) > 4:
            return said(200, processed(heard))
        return said(429, TOO_MANY, retry_after="30")

    with answering(busy) as server:
        delivery = deliver_to(server.url, parcels(40), time=time, destination=limited(events=10))
    assert delivery.delivered == 40
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
        delivery = deliver_to(server.url, parcels(80), destination=limited(events=10), terms=terms)
    assert delivery.delivered == 80
    first, probe = 4, 1  # the probe may go before the server is done with the first four
    assert max(most[1 + first + probe : 12]) == 1


def test_giving_up_leaves_all_waiting_and_copies_are_counted_once_it_is_delivered() -> None:
    time = Time()
    outbox = kept(parcels(30), 10)
    with answering(lambda heard: said(500, b"")) as server:
        delivery = deliver_to(
            server.url, outbox, time=time, destination=limited(events=10), terms=Terms(concurrency=1)
        )
    assert (delivery.delivered, delivery.pending, delivery.refused) == (0, 30, ())
    assert (delivery.exit_status, delivery.gave_up) == (69, True)
    assert delivery.stopped == "gave up: Pinterest responds with status 500 (status 500)"
    assert 300 < time.slept <= 600
    assert len(server.heard) < 40
    sent = {one for request in ids(server) for one in request}
    with answering(in_turn()) as server:
        delivery = deliver_to(server.url, outbox, time=time, destination=limited(events=10))
    assert (delivery.delivered, delivery.pending) == (30, 0)
    assert delivery.possible_duplicates == len(sent)


@pytest.mark.parametrize(("asked", "give_up"), [("121", 60), ("600", 600), ("600", 1)])
def test_a_wait_that_the_service_asks_for_is_waited_out_once_however_soon_one_wants_to_give_up(
    asked: str, give_up: float
) -> None:
    time, terms = Time(), Terms(give_up_seconds=give_up, concurrency=1)
    with answering(in_turn(said(429, TOO_MANY, retry_after=asked))) as server:
        delivery = deliver_to(server.url, parcels(3), time=time, terms=terms)
    assert (delivery.delivered, delivery.exit_status, len(server.heard)) == (3, 0, 2)
    assert time.slept >= float(asked)
    time = Time()
    with answering(lambda heard: said(429, TOO_MANY, retry_after=asked)) as server:
        delivery = deliver_to(server.url, parcels(3), time=time, terms=terms)
    assert (delivery.exit_status, delivery.pending, len(server.heard)) == (69, 3, 2)


def test_several_requests_under_way_wait_out_the_same_wait() -> None:
    time = Time()

    def refuse_at_first(heard: Heard) -> bytes:
        is_late = time.slept > 100
        return said(200, processed(heard)) if is_late else said(429, TOO_MANY, retry_after="121")

    with answering(refuse_at_first) as server:
        delivery = deliver_to(
            server.url,
            parcels(8),
            time=time,
            destination=limited(events=2),
            terms=Terms(give_up_seconds=60, concurrency=4),
        )
    assert (delivery.delivered, delivery.exit_status) == (8, 0)


def test_a_longer_wait_than_ten_minutes_ends_it_at_once_and_says_which() -> None:
    time = Time()
    with answering(lambda heard: said(429, TOO_MANY, retry_after="601")) as server:
        delivery = deliver_to(server.url, parcels(3), time=time, terms=Terms(concurrency=1))
    assert (delivery.exit_status, delivery.pending, len(server.heard), time.slept) == (69, 3, 1, 0)
    assert delivery.stopped.endswith("; it asks for a wait of 10 min 1 s")


def test_waits_double_up_to_the_cap_and_are_never_longer() -> None:
    time, moments = Time(chance=0.999999), []

    def down(heard: Heard) -> bytes:
        moments.append(time.slept)
        return said(500, b"")

    with answering(down) as server:
        deliver_to(server.url, parcels(1), time=time, terms=Terms(give_up_seconds=3000))
    waits = [round(after - before) for before, after in pairwise(moments)]
    assert waits[:10] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert max(waits) == 300


def test_fewer_requests_a_second_than_the_service_takes() -> None:
    moments = times_of(lambda now, ids: taken(ids), 7, Terms(requests_per_second=2, events=1))
    assert moments == pytest.approx([0, 0.5, 1, 1.5, 2, 2.5, 3], abs=0.01)


def test_test_mode_sends_as_many_requests_a_second_as_it_takes() -> None:
    moments = times_of(lambda now, ids: taken(ids), 21, Terms(test=True, events=1))
    assert moments[-1] == pytest.approx(2, abs=0.05)


def test_too_many_requests_halve_the_rate_which_then_grows_again() -> None:
    left = [["e-200"]]

    def once(now: float, ids: list[str]) -> Reply:
        if ids in left:
            left.remove(ids)
            return Reply(429, b"{}")
        return taken(ids)

    terms = Terms(concurrency=1, events=1)
    moments = times_of(once, 400, terms, limited(requests_per_second=10))
    gaps = [after - before for before, after in pairwise(moments)]
    assert gaps[:190] == pytest.approx([0.1] * 190, abs=0.02)
    assert sum(gap >= 0.13 for gap in gaps[199:215]) >= 5
    # Within some seconds it is back at a little less than what was too much, for a while.
    assert gaps[300:390] == pytest.approx([1 / 9] * 90, rel=0.1)
