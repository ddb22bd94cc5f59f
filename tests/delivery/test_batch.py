"""Payloads become batches of exact size; what cannot be sent is named before it is."""

import json
import math
from itertools import chain, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper.delivery.batch import Batch, Clocks, Parcel, Receipt, gate, pack, parcel_of, sift
from mapper.delivery.destination import Envelope, RequestLimits
from mapper.runtime.decode import encode
from mapper.values.types import Invalid, Json
from tests.delivery.deliveries import DESTINATION, NOW, limited, parcels, payload

_WEEK = 7 * 86_400
_TOO_OLD = "`event_time` is more than {} d ago; Pinterest accepts only the last 7 d"


@given(
    sizes=st.lists(st.integers(1, 8), max_size=40),
    events=st.integers(1, 10),
    most=st.integers(12, 40),
    head=st.sampled_from(['{"data":[', '{"é":[']),
)
def test_batches_keep_the_order_and_both_limits(sizes: list[int], events: int, most: int, head: str) -> None:
    given_parcels = [Parcel(n, "", n, None, b"1" * size) for n, size in enumerate(sizes)]
    batches = list(pack(given_parcels, RequestLimits(events, most, 1), Envelope(head.encode(), b"]}")))
    assert list(chain.from_iterable(batch.parcels for batch in batches)) == given_parcels
    for batch in batches:
        assert batch.size == len(batch.body)
        assert 1 <= len(batch) <= events
        assert batch.size <= most or len(batch) == 1
    for one, after in pairwise(batches):
        assert len(one) == events or one.size + 1 + len(after.parcels[0].body) > most


def test_a_batch_is_the_json_of_its_payloads_in_the_envelope() -> None:
    [batch] = pack(parcels(3), DESTINATION.limits, DESTINATION.envelope)
    assert json.loads(batch.body) == {"data": [payload(number) for number in range(3)]}


def test_integers_and_texts_are_sent_exactly() -> None:
    made = payload(event_time=2**63 + 1, event_source_url="https://é.example/\u2028\x00")
    assert json.loads(parcel_of(made, "f", 1, DESTINATION).body) == made


def _nested(depth: int, value: Json) -> Json:
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, "\ud800", object(), 10**5000, _nested(600, None), _nested(100_000, "x")],
    ids=["nan", "infinite", "half a character", "no value", "long", "deep", "deeper"],
)
def test_what_json_cannot_hold_makes_no_parcel_and_is_refused_in_the_words_of_run(value: Any) -> None:
    made = payload(event_source_url=value)
    with pytest.raises(Invalid) as invalid:
        encode(made)
    with pytest.raises(Invalid) as refused:
        parcel_of(made, "f", 1, DESTINATION)
    assert refused.value.reason == invalid.value.reason


def test_a_payload_has_the_bytes_that_run_writes() -> None:
    made = payload(event_time=NOW, event_source_url="https://é.example/\x7f", custom_data={"value": 1e22})
    assert parcel_of(made, "f", 1, DESTINATION).body == encode(made)


def _gated(time: int | None, ahead: float = 0) -> Receipt | None:
    """What is said of an event of a time while the service's clock is so many seconds ahead of ours."""
    parcel = parcel_of(payload(event_time=time), "f", 1, DESTINATION)
    return gate(parcel, DESTINATION, Clocks(NOW, NOW + ahead))


@pytest.mark.parametrize(
    ("time", "kind", "reason"),
    [
        (NOW, "", ""),
        (NOW - _WEEK, "", ""),
        (NOW - _WEEK - 1, "too_old", _TOO_OLD.format(7)),
        (NOW - _WEEK - 86_399, "too_old", _TOO_OLD.format(7)),
        (NOW - 400 * 86_400, "too_old", _TOO_OLD.format(400)),
        (NOW + 300, "", ""),
        (NOW * 1000, "bad_time", "`event_time` is not a Unix time in seconds"),
        (10**11, "bad_time", "`event_time` is not a Unix time in seconds"),
        (0, "bad_time", "`event_time` is not a Unix time in seconds"),
        (-5, "bad_time", "`event_time` is not a Unix time in seconds"),
        (NOW + 86_401, "bad_time", "`event_time` is at least 1 d in the future"),
        (NOW + 400 * 86_400, "bad_time", "`event_time` is at least 400 d in the future"),
        (None, "", ""),
    ],
)
def test_a_time_outside_the_window_is_named_and_not_sent(time: int | None, kind: str, reason: str) -> None:
    receipt = _gated(time)
    assert (kind, reason) == ((receipt.kind, receipt.reason) if receipt else ("", ""))
    ended = {"too_old": "expired", "bad_time": "refused"}
    assert receipt is None or receipt.status == ended[kind]


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        (301, "`event_time` is at least 5 min in the future"),
        (3_600, "`event_time` is at least 1 h in the future"),
        (86_400, "`event_time` is at least 1 d in the future"),
    ],
)
def test_an_event_of_the_future_waits_until_it_is_of_the_present(seconds: int, reason: str) -> None:
    receipt = _gated(NOW + seconds)
    assert receipt is not None
    assert (receipt.status, receipt.reason, receipt.due) == ("retry", reason, NOW + seconds - 300)


@pytest.mark.parametrize("ahead", [-86_400, -3_600, 3_600, 86_400])
@pytest.mark.parametrize("age", [-180_000, -80_000, -3_600, 0, _WEEK - 3_000, _WEEK + 3_000, _WEEK + 90_000])
def test_clocks_that_disagree_hold_events_back_and_refuse_none(age: int, ahead: int) -> None:
    receipt, ages = _gated(NOW - age, ahead), (age, age + ahead)
    if min(ages) > _WEEK or max(ages) < -86_400:
        assert receipt is not None
        assert receipt.kind == ("too_old" if age > 0 else "bad_time")
    elif max(ages) > _WEEK or age + ahead < -300:  # of the future is what is so by the service's clock
        assert receipt is not None
        assert (receipt.status, receipt.due > NOW) == ("retry", True)
    else:
        assert receipt is None


def test_an_event_is_not_of_the_future_that_was_accepted_before_the_clock_was_set_back() -> None:
    parcel = parcel_of(payload(event_time=NOW), "f", 1, DESTINATION)
    assert gate(parcel, DESTINATION, Clocks(NOW - 7_200, NOW - 7_200, accepted=NOW - 60)) is None
    held = gate(parcel, DESTINATION, Clocks(NOW - 7_200, NOW - 7_200, accepted=NOW - 3_600))
    assert held is not None
    assert (held.status, held.due) == ("retry", NOW - 7_200 + 3_300)


def test_a_payload_too_large_for_any_request_is_refused_by_its_size() -> None:
    made, now = parcel_of(payload(), "f", 1, DESTINATION), Clocks(NOW, NOW)
    exact = Batch((made,), DESTINATION.envelope).size
    assert gate(made, limited(bytes=exact), now) is None
    receipt = gate(made, limited(bytes=exact - 1), now)
    assert receipt is not None
    assert receipt.kind == "too_large"


@pytest.mark.parametrize(
    ("answer", "status", "due"), [(True, "erased", 0.0), (False, "", 0.0), (None, "retry", NOW + 60)]
)
def test_what_a_list_stops_is_erased_before_anything_else_is_said_of_it(
    answer: bool | None, status: str, due: float
) -> None:
    (parcel,) = parcels(1)
    held, batches = sift([parcel], DESTINATION, DESTINATION.limits, Clocks(NOW, NOW), lambda body: answer)
    assert [(one.status, one.due) for one in held] == ([(status, due)] if status else [])
    assert len(batches) == (not status)
