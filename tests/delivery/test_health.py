"""How a delivery goes is kept in the outbox, where any process sees it: what fails, since when, and why."""

from __future__ import annotations

from email.utils import formatdate

from mapper.delivery.outbox.sqlite import SqliteOutbox
from mapper.delivery.outbox.store import AccountStatus
from mapper.delivery.terms import Terms
from tests.delivery.deliveries import (
    NOW,
    Heard,
    Time,
    answering,
    deliver_to,
    in_turn,
    kept,
    limited,
    parcels,
    processed,
    said,
)

_BAD_TOKEN = {"code": 2, "message": "Authentication failed."}


def _status(outbox: SqliteOutbox) -> AccountStatus:
    (status,) = outbox.status()
    return status


def _failing(outbox: SqliteOutbox) -> tuple[int, float, str]:
    status = _status(outbox)
    return status.failing, status.failing_since, status.failing_reason


def test_while_a_service_fails_all_that_waits_is_failing_since_the_first_failure() -> None:
    time, outbox, terms = Time(), kept(parcels(30), 10), Terms(concurrency=1)
    with answering(lambda heard: said(500, b"")) as server:
        deliver_to(server.url, outbox, time=time, destination=limited(events=10), terms=terms)
    assert _failing(outbox) == (
        30,
        NOW,
        "gave up: Pinterest responds with status 500 (status 500)",
    )
    with answering(in_turn()) as server:
        deliver_to(server.url, outbox, time=time, destination=limited(events=10), terms=terms)
    assert _failing(outbox) == (0, 0, "")


def test_what_a_person_must_fix_is_why_all_that_waits_is_failing() -> None:
    time, outbox = Time(), kept(parcels(3))
    with answering(lambda heard: said(401, _BAD_TOKEN)) as server:
        deliver_to(server.url, outbox, time=time)
    failing, since, reason = _failing(outbox)
    assert (failing, since) == (3, NOW)
    assert reason.startswith("Pinterest does not accept the access token")


def test_what_fails_alone_is_failing_and_what_waits_beside_it_is_not() -> None:
    def fails_with_the_first(heard: Heard) -> bytes:
        is_first = any(event["event_id"] == "e-0" for event in heard.events)
        return said(500, b"") if is_first else said(200, processed(heard))

    time, outbox = Time(), kept(parcels(4), 1)
    terms = Terms(concurrency=1, give_up_seconds=0.1)
    with answering(fails_with_the_first) as server:
        deliver_to(server.url, outbox, time=time, destination=limited(events=1), terms=terms)
    status = _status(outbox)
    assert (status.failing, status.counts.pending, status.failing_reason) == (1, 1, "")
    assert NOW <= status.failing_since <= time.now


def test_a_clock_that_disagrees_is_known_by_how_much_until_it_agrees() -> None:
    def later(heard: Heard) -> bytes:
        return said(200, processed(heard), date=formatdate(time.now + 3600, usegmt=True))

    time, outbox, terms = Time(), kept(parcels(4), 1), Terms(concurrency=1)
    with answering(later) as server:
        deliver_to(server.url, outbox, time=time, destination=limited(events=1), terms=terms)
    assert abs(_status(outbox).skew_seconds - 3600) < 2
    more = kept(parcels(4), 1)
    with answering(lambda heard: said(200, processed(heard), date=formatdate(time.now, usegmt=True))) as one:
        deliver_to(one.url, more, time=time, destination=limited(events=1), terms=terms)
    assert _status(more).skew_seconds == 0
