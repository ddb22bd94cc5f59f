"""A dry run says what a delivery then does, and where to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mapper.delivery.batch import Parcel, parcel_of
from mapper.delivery.destination import Destination
from mapper.delivery.dry_run import dry_run
from mapper.delivery.terms import Terms
from tests.delivery.deliveries import DESTINATION, NOW, Time, answering, deliver_to, in_turn, limited, payload
from tests.support.command import MAPPING, call, event, ndjson


def _mixed(count: int) -> Iterator[Parcel]:
    """Parcels of which each fifth is too old and the eighth is no time at all."""
    for number in range(count):
        time = NOW - 8 * 86_400 if number % 5 == 4 else NOW
        yield parcel_of(payload(number, event_time=-1 if number == 7 else time), "f", number + 1, DESTINATION)


@pytest.mark.parametrize("count", [0, 1, 7, 40])
@pytest.mark.parametrize("terms", [Terms(), Terms(events=10), Terms(events=3, test=True), Terms(events=5000)])
@pytest.mark.parametrize("destination", [DESTINATION, limited(events=4), limited(bytes=700)])
def test_what_would_be_sent_is_what_is_sent(count: int, terms: Terms, destination: Destination) -> None:
    rehearsed = dry_run(_mixed(count), destination, terms=terms, clock=Time().clock)
    with answering(in_turn()) as server:
        delivery = deliver_to(server.url, _mixed(count), destination=destination, terms=terms)
    assert (rehearsed.payloads, rehearsed.requests) == (delivery.delivered, delivery.attempts)
    assert rehearsed.bytes == sum(len(heard.body) for heard in server.heard)
    assert rehearsed.held == delivery.refused_count + delivery.expired_count
    assert set(rehearsed.reasons) == {*delivery.reasons, *delivery.expired}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The small mapping."""
    path = tmp_path / "small.yaml"
    path.write_text(MAPPING)
    return path


@pytest.mark.parametrize(
    ("arguments", "url"),
    [
        ((), "https://api.pinterest.com/v5/ad_accounts/{account}/events"),
        (("--test",), "https://api.pinterest.com/v5/ad_accounts/{account}/events?test=true"),
        (("--url", "http://127.0.0.1:1/v5/"), "http://127.0.0.1:1/v5/ad_accounts/{account}/events"),
    ],
)
def test_a_dry_run_names_the_address_that_the_options_ask_for(
    small: Path, arguments: tuple[str, ...], url: str
) -> None:
    ran = call("send", small, "--dry-run", *arguments, stdin=ndjson(event(1)))
    assert ran.exit_code == 0
    assert f"would be sent to {url}\n" in ran.stderr


def test_a_dry_run_refuses_an_address_that_a_delivery_would_refuse(small: Path) -> None:
    ran = call("send", small, "--dry-run", "--url", "http://example.com/v5", stdin=ndjson(event(1)))
    assert ran.exit_code == 78
    assert ran.stderr.startswith("mapper: the address must begin with https://")
