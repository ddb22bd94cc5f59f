"""Payloads from an outbox to a server over real sockets, with a clock that need not wait."""

from __future__ import annotations

import gc
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from email.utils import formatdate
from itertools import chain

import pytest

from mapper.delivery.batch import Parcel, Receipt, parcel_of
from mapper.delivery.outbox.outbox_errors import AccountTaken
from mapper.delivery.outbox.sqlite import SqliteOutbox
from mapper.delivery.outbox.store import Accepted, Account, DeadQuery
from mapper.delivery.sandbox_server import Ledger, read_fault, sandbox_app, serve
from mapper.delivery.summary import Delivery
from mapper.delivery.terms import Terms
from mapper.values.safe_text import SafeText
from mapper.values.types import Json
from tests.delivery.deliveries import (
    CANARY,
    DESTINATION,
    NOW,
    SHOP,
    TOO_MANY,
    Heard,
    Time,
    answering,
    deliver_to,
    id_of,
    ids,
    in_turn,
    kept,
    limited,
    parcels,
    payload,
    processed,
    said,
    waiting,
)
from tests.support.depth import by_seed, examples
from tests.support.memory_outbox import MemoryOutbox

pytestmark = pytest.mark.quick

_MANY = examples(5000, 500)


def _ended(outbox: SqliteOutbox) -> dict[str, int]:
    """The counts of an outbox that are not 0, less what was accepted into it."""
    assert outbox.audit() == []
    (status,) = outbox.status()
    names = ("pending", "delivered", "dead", "expired", "copies")
    return {name: getattr(status.counts, name) for name in names if getattr(status.counts, name)}


def test_all_payloads_arrive_once_in_batches_and_each_has_its_receipt() -> None:
    told: list[tuple[Receipt, ...]] = []
    outbox = kept(parcels(25), 10)
    with answering(in_turn()) as server:
        delivery = deliver_to(server.url, outbox, destination=limited(events=10), told=told.append)
    assert sorted(map(len, ids(server))) == [5, 10, 10]
    assert sorted(chain.from_iterable(ids(server))) == sorted(f"e-{number}" for number in range(25))
    # The order of the batches is not promised; within each it is that of the feed.
    records = [[receipt.parcel.record for receipt in receipts] for receipts in told]
    assert sorted(records) == [[*range(1, 11)], [*range(11, 21)], [*range(21, 26)]]
    assert (delivery.delivered, delivery.refused, delivery.pending) == (25, (), 0)
    assert (delivery.attempts, delivery.batches, delivery.exit_status) == (3, 3, 0)
    assert _ended(outbox) == {"delivered": 25}


def test_a_claim_that_holds_more_than_a_request_takes_is_sent_in_several() -> None:
    with answering(in_turn()) as server:
        delivery = deliver_to(server.url, kept(parcels(25)), destination=limited(events=10))
    assert ids(server) == [[f"e-{n}" for n in range(b, min(b + 10, 25))] for b in (0, 10, 20)]
    assert (delivery.delivered, delivery.batches) == (25, 3)


def test_nothing_to_deliver_is_no_failure() -> None:
    assert deliver_to("http://127.0.0.1:9/v5", []).exit_status == 0


def test_a_payload_that_the_answer_names_fails_alone_and_is_a_dead_letter() -> None:
    outbox = kept(parcels(4))
    with answering(lambda heard: said(422, {"code": 953, "details": processed(heard, "e-2")})) as server:
        delivery = deliver_to(server.url, outbox)
    [receipt] = delivery.refused
    assert (id_of(receipt.parcel), receipt.parcel.place) == ("e-2", "shop.ndjson:3")
    assert (receipt.kind, receipt.reason) == ("rejected", "bad")
    assert (delivery.delivered, delivery.attempts, delivery.exit_status) == (3, 1, 1)
    assert _ended(outbox) == {"delivered": 3, "dead": 1}
    [letter] = outbox.dead_letters(DeadQuery())
    assert (letter.stage, letter.kind, letter.reason) == ("delivery", "rejected", "bad")
    assert (letter.feed, letter.record, letter.body) == ("shop.ndjson", 3, receipt.parcel.body)


def test_warnings_are_counted_by_their_text() -> None:
    def warn(heard: Heard) -> bytes:
        entry: Json = {"status": "processed", "warning_message": "em of jane@shop.example is no hash"}
        count = len(heard.events)
        counts = {"num_events_received": count, "num_events_processed": count}
        return said(200, {**counts, "events": [entry] * count})

    with answering(warn) as server:
        delivery = deliver_to(server.url, parcels(3))
    assert delivery.warnings == (("em of *** is no hash", 3),)


def test_payloads_outside_the_window_are_named_and_not_sent_and_those_of_the_future_are_held() -> None:
    given = [
        parcel_of(payload(number, event_time=time), "f", number + 1, DESTINATION)
        for number, time in enumerate((NOW - 8 * 86_400, NOW, NOW + 3600, NOW * 1000))
    ]
    told: list[tuple[Receipt, ...]] = []
    outbox = kept(given)
    with answering(in_turn()) as server:
        delivery = deliver_to(server.url, outbox, told=told.append)
    assert ids(server) == [["e-1"]]
    assert [receipt.kind for receipt in delivery.refused] == ["bad_time"]
    assert [receipt.status for receipt in told[0]] == ["expired", "delivered", "retry", "refused"]
    assert _ended(outbox) == {"pending": 1, "delivered": 1, "dead": 1, "expired": 1}
    assert [reason.text for reason in delivery.waiting] == ["`event_time` is at least 1 h in the future"]
    assert (delivery.pending, delivery.exit_status) == (1, 1)


def test_an_event_of_the_near_future_is_waited_for_and_delivered() -> None:
    time = Time()
    with answering(in_turn()) as server:
        delivery = deliver_to(server.url, parcels(2, event_time=NOW + 700), time=time)
    assert (delivery.delivered, delivery.pending, delivery.exit_status) == (2, 0, 0)
    assert 400 <= time.slept < 500


@pytest.mark.parametrize(
    ("status", "body", "hint"),
    [
        (401, {"code": 2, "message": "Authentication failed."}, "PINTEREST_ACCESS_TOKEN"),
        (403, {"code": 29, "message": "You are not permitted."}, "PINTEREST_AD_ACCOUNT_ID"),
        (404, {"code": 404, "message": "no"}, "PINTEREST_AD_ACCOUNT_ID"),
    ],
)
def test_a_setup_failure_stops_at_once_and_loses_nothing(status: int, body: Json, hint: str) -> None:
    outbox = kept(parcels(30), 10)
    with answering(lambda heard: said(status, body)) as server:
        delivery = deliver_to(server.url, outbox, destination=limited(events=10), terms=Terms(concurrency=1))
    assert len(server.heard) == 1
    assert delivery.failure is not None
    assert hint in delivery.failure.hint
    assert (delivery.exit_status, delivery.refused, delivery.pending) == (77, (), 30)
    assert CANARY not in repr(delivery)
    assert waiting(outbox) == [f"e-{number}" for number in range(30)]


def test_a_redirect_is_a_setup_failure() -> None:
    with answering(lambda heard: said(302, b"", location="https://example.com/")) as server:
        delivery = deliver_to(server.url, parcels(3))
    assert delivery.exit_status == 78
    assert "redirect" in delivery.stopped


def test_test_mode_asks_the_service_to_keep_nothing() -> None:
    with answering(in_turn()) as server:
        delivery = deliver_to(server.url, parcels(3), terms=Terms(test=True))
    assert b"/events?test=true " in server.heard[0].head
    assert (delivery.test, delivery.delivered) == (True, 3)


@pytest.mark.parametrize("test", [False, True])
def test_what_is_delivered_or_checked_is_not_kept(test: bool) -> None:
    before = _alive()
    with answering(in_turn()) as server:
        delivery = deliver_to(server.url, kept(parcels(_MANY)), terms=Terms(test=test))
    assert (delivery.delivered, _alive()) == (_MANY, before)


def test_of_a_feed_that_is_all_refused_the_first_are_kept_and_all_are_counted() -> None:
    given = (parcel_of(payload(number, event_time=-1), "f", number, DESTINATION) for number in range(5000))
    delivery, told = _none_delivered(given, Terms(refused_share=1.0))
    assert (delivery.refused_count, delivery.expired_count, told) == (5000, 0, 5000)
    assert [receipt.parcel.record for receipt in delivery.refused] == list(range(1000))
    assert [(reason.count, reason.first) for reason in delivery.reasons] == [(5000, "f:0")]


def test_of_a_feed_that_has_all_expired_each_is_told_and_no_mapping_is_at_fault() -> None:
    given = (
        parcel_of(payload(number, event_time=NOW - (8 + number % 2) * 86_400), "f", number, DESTINATION)
        for number in range(5000)
    )
    delivery, told = _none_delivered(given, Terms())
    assert (delivery.refused_count, delivery.expired_count, told) == (0, 5000, 5000)
    assert (delivery.refused, delivery.stopped, delivery.pending) == ((), "", 0)
    assert [(reason.count, reason.first) for reason in delivery.expired] == [(2500, "f:0"), (2500, "f:1")]


def _none_delivered(given: Iterator[Parcel], terms: Terms) -> tuple[Delivery, int]:
    """The end of a delivery of which no request goes, and how many receipts were told."""
    told: list[int] = []
    delivery = deliver_to(
        "http://127.0.0.1:9/v5", given, told=lambda receipts: told.append(len(receipts)), terms=terms
    )
    assert (delivery.delivered, delivery.attempts, delivery.exit_status) == (0, 0, 1)
    return delivery, sum(told)


def _alive() -> int:
    """How many parcels are in memory."""
    gc.collect()
    return sum(isinstance(one, Parcel) for one in gc.get_objects())


def test_a_clock_of_the_service_that_disagrees_holds_events_back_and_refuses_none() -> None:
    lines: list[SafeText] = []
    old = (
        parcel_of(payload(number, event_time=NOW - 6 * 86_400), "f", number + 1, DESTINATION)
        for number in range(6)
    )

    def later(heard: Heard) -> bytes:
        return said(200, processed(heard), date=formatdate(time.now + 86_400, usegmt=True))

    time, outbox = Time(), kept(old, 1)
    with answering(later) as server:
        terms = Terms(concurrency=1, give_up_seconds=30)
        delivery = deliver_to(
            server.url, outbox, time=time, destination=limited(events=1), terms=terms, say=lines.append
        )
    # By the third answer the clocks are known to disagree; the events are six days old, or seven.
    assert (delivery.delivered, delivery.refused_count, delivery.pending) == (3, 0, 3)
    slow = "this machine's clock is 1 d slow compared with Pinterest's"
    assert lines == [f"{slow}: events near the age limits wait"]


@pytest.mark.parametrize("seconds", [400 * 86_400, 3000 * 86_400])
def test_no_date_that_the_service_gives_refuses_an_event(seconds: int) -> None:
    def much_later(heard: Heard) -> bytes:
        return said(200, processed(heard), date=formatdate(NOW + seconds, usegmt=True))

    with answering(much_later) as server:
        delivery = deliver_to(server.url, parcels(70), destination=limited(events=10))
    assert (delivery.delivered, delivery.refused_count, delivery.pending) == (70, 0, 0)


def test_a_delivery_of_which_too_much_is_refused_stops() -> None:
    def every_tenth(heard: Heard) -> bytes:
        failed = [event["event_id"] for event in heard.events if event["event_id"].endswith("0")]
        return said(422, {"details": processed(heard, *failed)})

    with answering(every_tenth) as server:
        delivery = deliver_to(
            server.url, parcels(5000), destination=limited(events=100), terms=Terms(concurrency=1)
        )
    assert (delivery.delivered, len(delivery.refused), delivery.pending) == (900, 100, 4000)
    assert delivery.stopped == "100 of the last 1,000 events were refused, so the mapping is at fault"
    assert "`mapper outbox retry --mapping`" in delivery.hint


def test_a_stop_finishes_what_is_under_way_and_begins_nothing() -> None:
    stop = threading.Event()
    outbox = kept(parcels(100), 10)

    def interrupt(heard: Heard) -> bytes:
        stop.set()
        return said(200, processed(heard))

    with answering(interrupt) as server:
        delivery = deliver_to(
            server.url, outbox, destination=limited(events=10), stop=stop, terms=Terms(concurrency=2)
        )
    assert len(server.heard) <= 2
    assert delivery.delivered == 10 * len(server.heard)
    assert (delivery.exit_status, delivery.stopped) == (130, "interrupted")
    assert delivery.delivered + len(waiting(outbox)) == 100


def test_a_stop_amid_a_claim_leaves_what_was_not_sent_waiting() -> None:
    stop, outbox = threading.Event(), kept(parcels(30))

    def interrupt(heard: Heard) -> bytes:
        stop.set()
        return said(200, processed(heard))

    with answering(interrupt) as server:
        delivery = deliver_to(server.url, outbox, destination=limited(events=10), stop=stop)
    assert (len(server.heard), delivery.delivered, delivery.exit_status) == (1, 10, 130)
    assert waiting(outbox) == [f"e-{number}" for number in range(10, 30)]


def test_a_stop_ends_a_wait() -> None:
    stop = threading.Event()
    with answering(lambda heard: said(429, TOO_MANY, retry_after="60")) as server:
        delivery = deliver_to(server.url, parcels(3), stop=stop, say=lambda line: stop.set())
    assert (delivery.exit_status, delivery.pending, delivery.gave_up) == (130, 3, False)


def test_every_payload_ends_once_through_faults_of_all_kinds() -> None:
    ledger = Ledger(keep=True)
    faults = [read_fault(text) for text in ("503:0.1", "429:0.1", "500:0.1", "reset:0.1")]
    chance = by_seed("waits").random
    app = sandbox_app(
        DESTINATION, lambda found: [], now=lambda: NOW, faults=faults, chance=chance, ledger=ledger
    )
    told: Counter[str] = Counter()
    outbox = kept(parcels(3000), 50)

    def tell(receipts: tuple[Receipt, ...]) -> None:
        told.update(id_of(receipt.parcel) for receipt in receipts if receipt.status != "retry")

    with serve(app) as url:
        delivery = deliver_to(url, outbox, destination=limited(events=50), told=tell)
    assert (delivery.delivered, delivery.pending, delivery.refused) == (3000, 0, ())
    assert _ended(outbox) == {"delivered": 3000, "copies": delivery.possible_duplicates}
    assert told == Counter(f"e-{number}" for number in range(3000))
    assert {event["event_id"] for event in ledger.received} == {f"e-{number}" for number in range(3000)}
    assert 0 < ledger.duplicates <= delivery.possible_duplicates
    assert {status for status, count in ledger.requests.items() if count} == {0, 200, 429, 500, 503}


@pytest.mark.parametrize(("moment", "ends"), [(1, (0, 200)), (-1, (200, 0))], ids=["too old", "no time"])
def test_a_few_that_are_never_sent_do_not_end_a_delivery_while_the_service_fails(
    moment: int, ends: tuple[int, int]
) -> None:
    given = list(parcels(20_000))
    old = [replace(one, time=moment) if number % 100 == 0 else one for number, one in enumerate(given)]
    heard: list[Heard] = []

    def fail_after_two(request: Heard) -> bytes:
        heard.append(request)
        return said(500, {}) if 2 < len(heard) < 11 else said(200, processed(request))

    with answering(fail_after_two) as server:
        delivery = deliver_to(server.url, old)
    assert (delivery.delivered, delivery.stopped) == (19_800, "")
    assert (delivery.refused_count, delivery.expired_count) == ends


def test_what_waits_after_a_failure_tells_when_it_was_tried_and_why_it_waits() -> None:
    outbox = kept(parcels(3))
    with answering(lambda heard: said(500, {})) as server:
        deliver_to(server.url, outbox, terms=Terms(give_up_seconds=0))
    (chunk,) = outbox.waiting()
    assert (chunk.tried_at, "responds with status 500" in chunk.reason) == (NOW, True)


class _LostAfter(MemoryOutbox):
    """An outbox whose lease ends after some requests, as that of a machine that was cut off."""

    def __init__(self, requests_left: int) -> None:
        super().__init__()
        self.requests_left = requests_left

    def holds(self, account: Account) -> bool:
        self.requests_left -= 1
        return self.requests_left >= 0


@pytest.mark.parametrize("requests", [0, 1, 3])
def test_no_request_goes_once_another_may_own_the_account_not_even_amid_a_claim(
    requests: int,
) -> None:
    outbox = _LostAfter(requests_left=requests)
    outbox.put(Accepted(SHOP, "v1", tuple(parcels(64))), NOW)
    # A batch that is refused is searched for what is at fault, by many requests.
    with answering(lambda heard: said(400, {"code": 1, "message": "no"})) as server:
        with pytest.raises(AccountTaken):
            deliver_to(server.url, outbox)
        assert len(server.heard) == requests
    assert outbox.status()[0].counts.pending == 64
