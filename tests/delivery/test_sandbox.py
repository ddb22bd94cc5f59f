"""The sandbox checks requests and answers as the destination documents it, and fails when told to."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from mapper.delivery.credentials import Secret
from mapper.delivery.sandbox_server import Fault, Ledger, read_fault, sandbox_app, serve
from mapper.values.types import Json
from tests.delivery.deliveries import CANARY, DESTINATION, NOW, deliver_to, parcels, payload, validate

_ACCOUNT = "549755885175"
_PATH = f"/ad_accounts/{_ACCOUNT}/events"
_GOOD = {"status": "processed", "error_message": "", "warning_message": ""}


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(keep=True)


@pytest.fixture
def url(ledger: Ledger) -> Iterator[str]:
    with _served(ledger) as base:
        yield base


@pytest.fixture(scope="module")
def lasting() -> Iterator[tuple[str, Ledger]]:
    """One sandbox for tables of requests, with its ledger."""
    ledger = Ledger()
    with _served(ledger) as base:
        yield base, ledger


def _served(ledger: Ledger) -> AbstractContextManager[str]:
    known = {"token": Secret(CANARY), "account": Secret(_ACCOUNT)}
    return serve(sandbox_app(DESTINATION, validate, known=known, now=lambda: NOW, ledger=ledger))


def _send(url: str, body: Any, path: str = _PATH, method: str = "POST", **headers: str) -> tuple[int, Json]:
    """Status and body of the answer to a request with the right token, unless `headers` say otherwise."""
    parts = urlsplit(url)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"authorization": f"Bearer {CANARY}", "content-type": "application/json", **headers}
    sent = {name.replace("_", "-"): text for name, text in sent.items() if text}
    connection = HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request(method, parts.path + path, content, sent)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def test_valid_events_are_processed_and_kept(url: str, ledger: Ledger) -> None:
    answer = _send(url, {"data": [payload(0), payload(1)]})
    assert answer == (200, {"num_events_received": 2, "num_events_processed": 2, "events": [_GOOD, _GOOD]})
    assert ledger.received == [payload(0), payload(1)]
    assert (ledger.processed, ledger.failed, ledger.duplicates, ledger.requests[200]) == (2, 0, 0, 1)


def test_an_event_outside_the_window_fails_alone(url: str, ledger: Ledger) -> None:
    times = (NOW - 604_801, NOW - 604_800, NOW + 300, NOW + 301)
    body = {"data": [payload(number, event_time=time) for number, time in enumerate(times)]}
    status, said = _send(url, body)
    assert status == 422
    assert isinstance(said, dict)
    details: Any = said["details"]
    assert said["code"] == 953
    assert [event["status"] for event in details["events"]] == ["failed", "processed", "processed", "failed"]
    assert (details["num_events_received"], details["num_events_processed"]) == (4, 2)
    assert details["events"][0]["error_message"] == (
        "Invalid event_timestamp parameter. Given timestamp is in the past. "
        f"Current timestamp: {NOW}, Given event_timestamp: {NOW - 604_801}"
    )
    assert "in the future" in details["events"][3]["error_message"]
    assert (ledger.processed, ledger.failed) == (2, 2)


_TWO_ROOTS = {"data": [payload()], "test": True}
_BODIES = [
    (b"{", "not JSON"),
    (b"", "not JSON"),
    (b'{"data": [NaN]}', "not JSON"),
    (b'{"data": "\xff"}', "not JSON"),
    ([payload()], "list 'data'"),
    ({"data": payload()}, "list 'data'"),
    ({"events": [payload()]}, "list 'data'"),
    (_TWO_ROOTS, "Additional properties are not allowed ('test' was unexpected)"),
    ({"data": []}, "1 to 1000 events"),
    ({"data": [payload()] * 1001}, "1 to 1000 events"),
    ({"data": [None]}, "data[0]"),
    ({"data": [payload(), {**payload(), "category_name": "x"}]}, "data[1]"),
    ({"data": [payload(custom_data={"value": 72.39})]}, "data[0].custom_data.value"),
    ({"data": [payload(event_time=str(NOW))]}, "data[0].event_time"),
    ({"data": [payload(user_data={})]}, "data[0].user_data"),
    ({"data": [payload(user_data={"client_ip_address": "216.3.128.12"})]}, "data[0].user_data"),
]


@pytest.mark.parametrize(("body", "problem"), _BODIES)
def test_a_body_against_the_schema_is_refused_whole(
    lasting: tuple[str, Ledger], body: Any, problem: str
) -> None:
    url, ledger = lasting
    before = ledger.processed
    status, said = _send(url, body)
    assert status == 400
    assert isinstance(said, dict)
    assert said["code"] == 4196
    assert str(said["message"]).startswith("Invalid request: ")
    assert problem in str(said["message"])
    assert ledger.processed == before


@pytest.mark.parametrize(
    ("headers", "path", "status", "code"),
    [
        ({"authorization": ""}, _PATH, 401, 2),
        ({"authorization": f"Basic {CANARY}"}, _PATH, 401, 2),
        ({"authorization": f"Bearer {CANARY}x"}, _PATH, 401, 2),
        ({"authorization": "Bearer \xe9"}, _PATH, 401, 2),
        ({"authorization": f"bearer {CANARY}"}, _PATH, 200, None),
        ({}, "/ad_accounts/123/events", 403, 29),
        ({}, "/ad_accounts/me/events", 404, 404),
        ({}, "/ad_accounts/549755885175", 404, 404),
        ({}, "/events", 404, 404),
        ({"content_type": "text/plain"}, _PATH, 400, 4196),
        ({"content_type": "application/json; charset=utf-8"}, _PATH, 200, None),
    ],
)
def test_who_may_not_come_in_hears_why(
    lasting: tuple[str, Ledger], headers: dict[str, str], path: str, status: int, code: int | None
) -> None:
    found, said = _send(lasting[0], {"data": [payload()]}, path, **headers)
    assert isinstance(said, dict)
    assert (found, said.get("code")) == (status, code)


def test_another_method_is_not_allowed(url: str) -> None:
    assert _send(url, b"", method="GET")[0] == 405


def test_a_huge_body_is_refused_without_being_kept(url: str, ledger: Ledger) -> None:
    body = b'{"data": ["' + b"x" * 2_097_152 + b'"]}'
    assert _send(url, body)[0] == 413
    assert ledger.requests[413] == 1


def test_test_mode_checks_and_keeps_nothing(url: str, ledger: Ledger) -> None:
    assert _send(url, {"data": [payload()]}, f"{_PATH}?test=true")[0] == 200
    assert (ledger.tested, ledger.processed, ledger.received) == (1, 0, [])
    assert _send(url, {"data": [payload()]}, f"{_PATH}?test=false")[0] == 200
    assert (ledger.tested, ledger.processed) == (1, 1)


def test_a_key_that_comes_again_is_counted(url: str, ledger: Ledger) -> None:
    for _ in range(2):
        _send(url, {"data": [payload(0), payload(1)]})
    assert (ledger.processed, ledger.duplicates) == (4, 2)


@pytest.mark.parametrize("status", [400, 401, 413, 418, 422, 500, 503])
def test_the_answer_of_a_fault_that_is_asked_for_is_filled_in(status: int) -> None:
    ledger = Ledger()
    with serve(sandbox_app(DESTINATION, validate, faults=[Fault(str(status), 1.0)], ledger=ledger)) as url:
        answered, said = _send(url, {"data": [payload(0), payload(1)]})
    assert (answered, ledger.processed) == (status, 0)
    assert not re.search(r"\{\w+\}", json.dumps(said))
    if status == 422:
        assert json.dumps(said).count('"status": "failed"') == 2


@pytest.mark.parametrize(
    ("text", "fault"), [("503:0.1", Fault("503", 0.1)), ("reset:1", Fault("reset", 1.0))]
)
def test_a_fault_is_a_status_or_reset_and_its_share(text: str, fault: Fault) -> None:
    assert read_fault(text) == fault


@pytest.mark.parametrize("text", ["503", "503:", "503:2", "200:0.1", "crash:0.1", "503:-0.1", "503:1e-1", ""])
def test_other_texts_are_no_fault(text: str) -> None:
    with pytest.raises(ValueError, match="is no fault"):
        read_fault(text)


def test_faults_come_by_their_shares_and_statuses_have_their_documented_bodies() -> None:
    draws = iter([0.05, 0.15, 0.25, 0.35])
    faults = [Fault("503", 0.1), Fault("429", 0.1), Fault("reset", 0.1)]
    ledger = Ledger()
    app = sandbox_app(
        DESTINATION, validate, now=lambda: NOW, faults=faults, chance=lambda: next(draws), ledger=ledger
    )
    body = {"data": [payload()]}
    with serve(app) as url:
        answers = [_send(url, body), _send(url, body)]
        with pytest.raises(ConnectionResetError):
            _send(url, body)
        assert _send(url, body)[0] == 200
    codes = [(status, said["code"]) for status, said in answers if isinstance(said, dict)]
    assert codes == [(503, 4197), (429, 8)]
    assert (ledger.processed, ledger.duplicates) == (2, 1)


def test_latency_is_kept() -> None:
    with serve(sandbox_app(DESTINATION, validate, now=lambda: NOW, latency_seconds=0.15)) as url:
        began = time.monotonic()
        _send(url, {"data": [payload()]})
    assert time.monotonic() - began >= 0.15


def test_it_listens_on_loopback_at_the_port_asked_for_and_leaves_nothing_behind() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    before = threading.active_count()
    with serve(sandbox_app(DESTINATION, validate), port) as url:
        assert url == f"http://127.0.0.1:{port}/v5"
        with pytest.raises(OSError, match="in use"), serve(sandbox_app(DESTINATION, validate), port):
            pass
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_it_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    app = sandbox_app(DESTINATION, validate, faults=[Fault("reset", 1.0)])
    with serve(app) as url, pytest.raises(ConnectionResetError):
        _send(url, {"data": [payload()]})
    assert capfd.readouterr() == ("", "")


def test_ten_thousand_events_come_through_the_whole_way(url: str, ledger: Ledger) -> None:
    delivery = deliver_to(url, parcels(10_000))
    assert (delivery.delivered, delivery.batches, delivery.exit_status) == (10_000, 10, 0)
    assert (ledger.processed, ledger.duplicates) == (10_000, 0)
    assert {event["event_id"] for event in ledger.received} == {f"e-{number}" for number in range(10_000)}
