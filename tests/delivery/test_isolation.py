"""A batch refused whole is taken apart until each payload at fault stands alone, and no good one is lost."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from mapper.delivery.batch import Receipt, pack
from mapper.delivery.sandbox_server import Ledger, sandbox_app, serve
from mapper.delivery.terms import Terms
from mapper.values.types import Json
from tests.delivery.deliveries import (
    DESTINATION,
    NOW,
    Heard,
    answering,
    deliver_to,
    id_of,
    kept,
    limited,
    parcels,
    processed,
    said,
    waiting,
)
from tests.support.depth import seeds


def test_413_halves_and_later_requests_are_smaller() -> None:
    [largest] = pack(parcels(95), DESTINATION.limits, DESTINATION.envelope)

    def small(heard: Heard) -> bytes:
        return said(413, b"") if len(heard.body) > largest.size else said(200, processed(heard))

    destination = limited(events=200)
    with answering(small) as server:
        delivery = deliver_to(server.url, parcels(600), destination=destination, terms=Terms(concurrency=1))
    too_large = [len(heard.body) > largest.size for heard in server.heard]
    assert (delivery.delivered, delivery.refused) == (600, ())
    assert too_large == [True, True, True] + [False] * (len(too_large) - 3)


def test_a_payload_too_large_alone_is_refused_as_that() -> None:
    with answering(lambda heard: said(413, b"")) as server:
        delivery = deliver_to(server.url, parcels(3))
    assert [receipt.kind for receipt in delivery.refused] == ["too_large"] * 3


def _poisoned(poisons: set[str]) -> Callable[[Json], list[tuple[str, str]]]:
    """What refuses payloads by their ids, as a schema would."""

    def check(found: Json) -> list[tuple[str, str]]:
        assert isinstance(found, dict)
        return [("", "is poison")] if found["event_id"] in poisons else []

    return check


@pytest.mark.parametrize("seed", seeds(3, 1))
@pytest.mark.parametrize("count", [1, 5, 50])
def test_poison_is_found_alone_and_the_good_are_delivered(count: int, seed: int) -> None:
    poisons = {f"e-{number}" for number in random.Random(seed).sample(range(1000), count)}
    ledger = Ledger(keep=True)
    told: list[Receipt] = []
    app = sandbox_app(DESTINATION, _poisoned(poisons), now=lambda: NOW, ledger=ledger)
    with serve(app) as url:
        delivery = deliver_to(url, parcels(1000), told=told.extend)
    assert {id_of(receipt.parcel) for receipt in delivery.refused} == poisons
    assert {(receipt.kind, receipt.status) for receipt in delivery.refused} == {("invalid", "refused")}
    assert all("is poison" in receipt.reason for receipt in delivery.refused)
    assert {event["event_id"] for event in ledger.received} == {f"e-{n}" for n in range(1000)} - poisons
    assert (len(ledger.received), delivery.pending, delivery.stopped) == (1000 - count, 0, "")
    assert [receipt.parcel.record for receipt in told] == list(range(1, 1001))
    bound = 21 if count == 1 else 2 * count * math.log2(1000 / count) + 2 * count
    assert delivery.attempts <= bound


def test_poison_in_a_row_is_no_reason_to_stop() -> None:
    poisons = {f"e-{number}" for number in range(40)}
    app = sandbox_app(DESTINATION, _poisoned(poisons), now=lambda: NOW)
    with serve(app) as url:
        delivery = deliver_to(url, parcels(1000))
    assert {id_of(receipt.parcel) for receipt in delivery.refused} == poisons
    assert delivery.delivered == 960


@pytest.mark.parametrize(
    ("feed", "hint"),
    [("shop.ndjson", "`mapper outbox retry --mapping`"), ("serve:/orders", "they cannot be mapped again")],
)
def test_a_mistake_in_all_payloads_stops_before_the_first_is_given_up(feed: str, hint: str) -> None:
    outbox = kept(replace(one, feed=feed) for one in parcels(3000))
    with serve(sandbox_app(DESTINATION, lambda found: [("", "is poison")], now=lambda: NOW)) as url:
        delivery = deliver_to(url, outbox, terms=Terms(concurrency=1))
    assert (delivery.refused, delivery.pending) == ((), 3000)
    assert delivery.attempts <= 1 + 2 + 4 + 8 + 8
    assert delivery.stopped.startswith("every event is refused, so the mapping is at fault: ")
    assert hint in delivery.hint
    assert "is poison" in delivery.stopped
    assert delivery.exit_status == 1
    assert len(waiting(outbox)) == 3000


def test_a_few_bad_payloads_are_each_refused_by_name() -> None:
    with serve(sandbox_app(DESTINATION, lambda found: [("", "is poison")], now=lambda: NOW)) as url:
        delivery = deliver_to(url, parcels(5))
    assert [id_of(receipt.parcel) for receipt in delivery.refused] == [f"e-{number}" for number in range(5)]
    assert (delivery.pending, delivery.stopped) == (0, "")
