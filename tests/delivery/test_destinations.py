"""A destination is data alone: its requests are made, its answers are read and it is stood in for by it."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest

from mapper.delivery.answer import Answer, Reply, judge
from mapper.delivery.credentials import Credentials, Secret, address, read_credentials
from mapper.delivery.sandbox_server import Fault, Ledger, sandbox_app, serve
from mapper.delivery.setup_failure import SetupFailure
from tests.delivery.deliveries import NOW, answering, said
from tests.support.destinations import INDEX, PINTEREST, PLACES, TALLY, Place, service_of

_TESTED = {name: place for name, place in PLACES.items() if place.destination.test_request is not None}

_EVENT = b'{"event_id":"e-0","event_time":%d,"action_source":"website","value":1.5}' % (NOW - 3600)


def _serve(place: Place, ledger: Ledger, *faults: Fault) -> AbstractContextManager[str]:
    app = sandbox_app(
        place.destination, place.validate, known=place.known, now=lambda: NOW, faults=faults, ledger=ledger
    )
    return serve(app)


@pytest.mark.parametrize(
    ("place", "test", "line", "header", "body"),
    [
        (
            TALLY,
            False,
            "POST /v1/77/events?access_token=tally%2Fcanary%2B0123456789 HTTP/1.1",
            None,
            b'{"partner_agent":"mapper","data":[%s],"upload_tag":"a&b"}' % _EVENT,
        ),
        (
            TALLY,
            True,
            "POST /v1/77/events?access_token=tally%2Fcanary%2B0123456789 HTTP/1.1",
            None,
            b'{"partner_agent":"mapper","data":[%s],"upload_tag":"a&b","test_event_code":"TEST1"}' % _EVENT,
        ),
        (
            INDEX,
            False,
            "POST /open_api/v1.3/event/track/ HTTP/1.1",
            "access-token: index_canary-0123456789",
            b'{"event_source":"web","event_source_id":"CABC","data":[%s]}' % _EVENT,
        ),
        (
            PINTEREST,
            True,
            "POST /v5/ad_accounts/549755885175/events?test=true HTTP/1.1",
            "authorization: bearer pina_canary-0123456789",
            b'{"data":[%s]}' % PINTEREST.batch(1).parcels[0].body,
        ),
    ],
)
def test_a_request_is_what_its_data_says_to_the_byte(
    place: Place, test: bool, line: str, header: str | None, body: bytes
) -> None:
    base = "/open_api" if place is INDEX else "/v5" if place is PINTEREST else ""
    with answering(lambda heard: said(200, {})) as server:
        endpoint = place.endpoint(server.url.removesuffix("/v5") + base, test=test)
        place.send(endpoint, place.batch(1))
    [heard] = server.heard
    head = heard.head.decode().split("\r\n")
    assert head[0] == line
    assert header is None or header in [one.lower() for one in head]
    assert heard.body == body


def test_a_setting_without_a_value_leaves_out_what_may_be_left_out() -> None:
    credentials = Credentials({"token": Secret("t"), "dataset": Secret("7")})
    endpoint = address(TALLY.destination, credentials)
    assert not isinstance(endpoint, SetupFailure)
    assert endpoint.wrapping is not None
    body = endpoint.wrapping.wrap(TALLY.batch(2).body)
    assert json.loads(body) == {"partner_agent": "mapper", "data": json.loads(body)["data"]}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_batch_has_at_most_the_size_that_it_counts_with(place: Place) -> None:
    endpoint, batch = place.endpoint(None), place.batch(3)
    body = batch.body if endpoint.wrapping is None else endpoint.wrapping.wrap(batch.body)
    assert len(body) <= batch.size <= len(body) + 3 * 4096
    assert place is not PINTEREST or batch.size == len(body)


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_all_good_events_are_accepted_in_one_request(place: Place) -> None:
    ledger = Ledger(keep=True)
    with _serve(place, ledger) as url:
        [answer] = place.send(place.endpoint(url), place.batch(5))
    assert [receipt.status for receipt in answer.receipts] == ["delivered"] * 5
    key = place.destination.key
    assert [event[key] for event in ledger.received] == [f"e-{number}" for number in range(5)]
    assert ledger.arrived == 1


@pytest.mark.parametrize("place", _TESTED.values(), ids=_TESTED)
def test_a_test_is_checked_and_nothing_of_it_is_kept(place: Place) -> None:
    ledger = Ledger(keep=True)
    with _serve(place, ledger) as url:
        [answer] = place.send(place.endpoint(url, test=True), place.batch(2))
        [old] = place.send(place.endpoint(url, test=True), place.batch(1, **place.at(NOW - 100 * 86_400)))
    assert (answer.verdict, len(answer.receipts)) == ("settled", 2)
    assert old.verdict in ("settled", "refused")
    assert all(receipt.status == "refused" for receipt in old.receipts)
    assert (ledger.tested, ledger.processed, ledger.failed, ledger.received) == (3, 0, 0, [])


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_bad_token_is_for_a_person_after_one_request(place: Place) -> None:
    ledger = Ledger()
    with _serve(place, ledger) as url:
        [answer] = place.send(place.endpoint(url, token="wrong_token-0123456789"), place.batch(2))
    assert answer.failure is not None
    assert answer.failure.exit_status == 77
    assert "does not accept the access token" in answer.failure.message
    assert "wrong_token" not in repr(answer)
    assert (ledger.arrived, ledger.processed) == (1, 0)


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_another_account_is_for_a_person(place: Place) -> None:
    another: Any = service_of(place.name).get("another", {})
    if not another:
        assert set(place.destination.settings) == {"token"}
        return
    ledger = Ledger()
    with _serve(place, ledger) as url:
        [answer] = place.send(place.endpoint(url, **another), place.batch(2))
    assert answer.failure is not None
    assert answer.failure.exit_status == 77
    assert ledger.processed == 0


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize(("fault", "slow"), [("slow-down", True), ("paused", False)])
def test_a_rate_limit_and_a_pause_refuse_nothing(place: Place, fault: str, slow: bool) -> None:
    ledger = Ledger()
    with _serve(place, ledger, Fault(fault, 1.0)) as url:
        [answer] = place.send(place.endpoint(url), place.batch(2))
    assert (answer.verdict, answer.receipts, ledger.processed) == ("retry", (), 0)
    is_told = slow or any(rule.means == "paused" for rule in place.destination.answers.rules)
    assert (answer.sure, answer.everywhere, answer.slow_down) == (is_told, is_told, slow)


def _old(place: Place, *at: int) -> Any:
    old = place.at(NOW - 100 * 86_400)
    return [(place.parcels(4, **old) if number in at else place.parcels(4))[number] for number in range(4)]


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_what_a_service_refuses_is_read_as_it_says_it(place: Place) -> None:
    names_events = "partly" in place.destination.stand_in.answers
    verdict, accepted = ("settled", [0, 3]) if names_events else ("refused", [])
    ledger = Ledger()
    with _serve(place, ledger) as url:
        [answer] = place.send(place.endpoint(url), place.pack(_old(place, 1, 2)))
    assert answer.verdict == verdict
    assert [one.parcel.number for one in answer.receipts if one.status == "delivered"] == accepted
    reasons = [one.reason for one in answer.receipts if one.status == "refused"] or [answer.message]
    told = place.destination.stand_in.too_old.rpartition("}")[2].removesuffix(")")
    assert all(told in reason for reason in reasons)
    assert ledger.processed == len(accepted)


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_payload_against_the_schema_is_refused_in_the_words_of_the_service(place: Place) -> None:
    ledger = Ledger()
    with _serve(place, ledger) as url:
        [answer] = place.send(place.endpoint(url), place.batch(2, category_name="x"))
    assert answer.verdict == "refused"
    assert "refused the whole request" in answer.message
    assert ledger.processed == 0


def test_a_window_may_depend_on_a_field_and_so_may_copies() -> None:
    online, store = (TALLY.parcels(1, action_source=source)[0] for source in ("website", "physical_store"))
    assert (online.past_seconds, online.counted_twice) == (7 * 86_400, False)
    assert (store.past_seconds, store.counted_twice) == (62 * 86_400, True)
    ledger = Ledger()
    with _serve(TALLY, ledger) as url:
        kept, late = TALLY.send(
            TALLY.endpoint(url),
            TALLY.batch(1, action_source="physical_store", event_time=NOW - 40 * 86_400),
            TALLY.batch(1, action_source="website", event_time=NOW - 40 * 86_400),
        )
    assert (kept.verdict, late.verdict) == ("settled", "refused")
    assert PINTEREST.parcels(1, action_source="offline")[0].counted_twice


def _error(code: int, **more: Any) -> Any:
    return {"error": {"code": code, "message": "no", **more}}


_ANSWERS: list[tuple[Place, int, Any, str, bool, int]] = [
    (TALLY, 200, {"events_received": 3}, "settled", True, 3),
    (TALLY, 200, {"events_received": 2}, "retry", False, 0),
    (TALLY, 200, {"events_received": 3.0}, "retry", False, 0),
    (TALLY, 200, {"events_received": True}, "retry", False, 0),
    (TALLY, 200, {"events_received": "3"}, "retry", False, 0),
    (TALLY, 200, {"events_received": None}, "retry", False, 0),
    (TALLY, 200, {}, "retry", False, 0),
    (TALLY, 200, b"<html>", "retry", False, 0),
    (TALLY, 400, {"events_received": 3}, "refused", True, 0),
    (TALLY, 400, _error(4), "retry", True, 0),
    (TALLY, 400, _error(17, is_transient=True), "retry", True, 0),
    (TALLY, 400, _error(17, is_transient=False), "refused", True, 0),
    (TALLY, 400, _error(190), "setup", True, 0),
    (TALLY, 400, _error(1), "too_large", True, 0),
    (TALLY, 400, _error(100), "refused", True, 0),
    (TALLY, 400, b"", "refused", True, 0),
    (TALLY, 404, b"", "setup", True, 0),
    (TALLY, 413, b"", "too_large", True, 0),
    (TALLY, 429, b"", "retry", True, 0),
    (TALLY, 500, _error(2), "retry", False, 0),
    (INDEX, 200, {"code": 0}, "settled", True, 3),
    (INDEX, 200, {"code": False}, "retry", False, 0),
    (INDEX, 200, {"code": "0"}, "retry", False, 0),
    (INDEX, 200, {}, "retry", False, 0),
    (INDEX, 200, {"code": 12345}, "retry", False, 0),
    (INDEX, 200, b"<html>", "retry", False, 0),
    (INDEX, 500, {"code": 0}, "retry", False, 0),
    (INDEX, 200, {"code": 40002}, "refused", True, 0),
    (INDEX, 200, {"code": 40100}, "retry", True, 0),
    (INDEX, 200, {"code": 40105}, "setup", True, 0),
]


def _failing(*indices: Any) -> Any:
    events = [{"order_in_batch": index, "message": "no"} for index in indices]
    return {"code": 20001, "data": {"failed_events": events}}


_ANSWERS += [
    (INDEX, 200, _failing(0, 2), "settled", True, 1),
    (INDEX, 200, _failing(0, 1, 2), "settled", True, 0),
    *(
        (INDEX, 200, _failing(*wrong), "retry", False, 0)
        for wrong in [(3,), (-1,), (1, 1), (True,), (1.0,), (None,), ("1",), ()]
    ),
    (INDEX, 200, {"code": 20001, "data": {"failed_events": {"a": 1}}}, "retry", False, 0),
    (INDEX, 200, {"code": 20001}, "retry", False, 0),
]


@pytest.mark.parametrize(("place", "status", "body", "verdict", "sure", "accepted"), _ANSWERS)
def test_each_kind_of_proof_is_read_exactly(
    place: Place, status: int, body: Any, verdict: str, sure: bool, accepted: int
) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer: Answer = judge(place.batch(3), Reply(status, content), place.destination)
    assert (answer.verdict, answer.sure) == (verdict, sure)
    assert sum(receipt.status == "delivered" for receipt in answer.receipts) == accepted


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_settings_are_read_by_data_and_never_shown(place: Place) -> None:
    settings = place.destination.settings
    environment = {rule.environment: place.values.get(name, "x") for name, rule in settings.items()}
    found = read_credentials(place.destination, environment)
    assert isinstance(found, Credentials)
    assert found.values.keys() == set(place.destination.request.known)
    for test in (False, True):
        form = place.destination.form(test=test)
        for name in () if form is None else form.needed:
            rule = settings[name]
            without = {key: text for key, text in environment.items() if key != rule.environment}
            missing = read_credentials(place.destination, without, test=test)
            assert isinstance(missing, SetupFailure)
            assert missing.message == f"{rule.environment} ({rule.title}) must be set in the environment"
            canary = "planted-secret\n0123456789"
            wrong = read_credentials(place.destination, {**environment, rule.environment: canary}, test=test)
            assert isinstance(wrong, SetupFailure)
            assert rule.environment in wrong.message
            assert "planted-secret" not in repr(wrong)
    endpoint = place.endpoint(None)
    assert place.values["token"] not in repr(endpoint) + endpoint.url


def test_a_secret_in_an_address_is_in_braces_where_it_is_shown() -> None:
    endpoint = TALLY.endpoint(None)
    assert endpoint.url == "https://graph.tally.example/v1/77/events?access_token={token}"
    assert "tally%2Fcanary" in endpoint.target.reveal()


def test_a_setting_that_is_wrong_is_told_with_where_it_is_found() -> None:
    said = json.dumps({"error": {"code": 200, "message": "no"}}).encode()
    failure = judge(TALLY.batch(1), Reply(403, said), TALLY.destination).failure
    assert failure is not None
    assert failure.hint == TALLY.destination.settings["dataset"].hint == "digits"


def test_a_service_without_a_test_mode_says_so() -> None:
    destination = replace(TALLY.destination, test_request=None)
    found = read_credentials(destination, {}, test=True)
    assert isinstance(found, SetupFailure)
    assert found.message == "Tally has no test mode"
