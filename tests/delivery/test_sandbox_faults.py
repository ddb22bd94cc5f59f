"""Each fault that the sandbox can be asked for, over real sockets, and what a sender makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx
import pytest

from mapper.delivery.answer import Reply, judge
from mapper.delivery.destination import Count, Entries
from mapper.delivery.fault_kinds import AFTER, BEFORE
from mapper.delivery.pace import retry_after_seconds
from mapper.delivery.sandbox_server import Fault, Ledger, read_fault, sandbox_app, serve
from mapper.delivery.transport import Patience
from tests.delivery.deliveries import NOW
from tests.support.command import call
from tests.support.depth import some
from tests.support.destinations import LONG, OWN, PINTEREST, PLACES, QUICK, Place

# Fault, whether an answer is heard, the verdict, whether it is sure that nothing was processed, and what was.
_ROWS = [
    ("reset", False, "retry", False, 2),
    ("reset-before", False, "retry", False, 0),
    ("hang", False, "retry", False, 2),
    ("drip", False, "retry", False, 2),
    ("truncated", False, "retry", False, 2),
    ("html", True, "retry", False, 0),
    ("empty", True, "retry", False, 0),
    ("redirect", True, "setup", True, 0),
    ("429-seconds", True, "retry", True, 0),
    ("429-date", True, "retry", True, 0),
    ("429-far", True, "retry", True, 0),
    ("429-garbage", True, "retry", True, 0),
    ("slow-down", True, "retry", True, 0),
    ("paused", True, "retry", True, 0),
    ("wrong-count", True, "retry", False, 2),
    ("short", True, "retry", False, 2),
    ("unknown-word", True, "retry", False, 2),
    ("doubled", True, "settled", True, 2),
    ("late", True, "settled", True, 2),
    ("garbage", True, "settled", True, 2),
    ("huge", True, "retry", False, 2),
    ("gzip", True, "retry", False, 2),
    ("date-past", True, "settled", True, 2),
    ("date-future", True, "settled", True, 2),
    ("400", True, "refused", True, 0),
    ("401", True, "setup", True, 0),
    ("413", True, "too_large", True, 0),
    ("422", True, "settled", True, 0),
    ("429", True, "retry", True, 0),
    ("500", True, "retry", False, 0),
    ("503", True, "retry", True, 0),
    ("502", True, "retry", False, 0),
]


def _lacks(place: Place, fault: str) -> bool:
    """Whether an answer of a service has nothing of what a fault changes."""
    proofs = [rule for rule in place.destination.answers.rules if rule.proof is not None]
    by_entries = any(isinstance(rule.proof, Entries) for rule in proofs)
    has_numbers = any(isinstance(rule.proof, Count) or rule.received for rule in proofs)
    return {"short": not by_entries, "unknown-word": not by_entries, "wrong-count": not has_numbers}.get(
        fault, False
    )


def _patience(fault: str) -> Patience:
    return QUICK if fault in ("hang", "drip") else LONG


@contextmanager
def _serving(place: Place, *faults: Fault | None) -> Iterator[tuple[str, Ledger]]:
    """A sandbox whose requests have these faults, one after the other."""
    ledger, named = Ledger(), [fault for fault in faults if fault is not None]
    draws = iter([0.0 if fault is not None else 0.99 for fault in faults])
    app = sandbox_app(
        place.destination,
        place.validate,
        known=place.known,
        now=lambda: NOW,
        faults=[Fault(named[0].name, 0.5)],
        chance=lambda: next(draws),
        ledger=ledger,
    )
    with serve(app) as url:
        yield url, ledger


def test_the_table_has_all_faults() -> None:
    names = [row[0] for row in _ROWS]
    assert len(set(names)) == len(names)
    assert {name for name in names if not name.isdigit()} == {*AFTER, *BEFORE}


@pytest.mark.parametrize(
    ("name", "heard", "verdict", "sure", "processed"), _ROWS, ids=[row[0] for row in _ROWS]
)
def test_what_each_fault_comes_to(name: str, heard: bool, verdict: str, sure: bool, processed: int) -> None:
    batch = PINTEREST.batch(2)
    with _serving(PINTEREST, Fault(name, 1.0)) as (url, ledger):
        [(_, reply)] = PINTEREST.replies(PINTEREST.endpoint(url), batch, patience=_patience(name))
    answer = judge(batch, reply, PINTEREST.destination)
    assert (isinstance(reply, Reply), answer.verdict, answer.sure) == (heard, verdict, sure)
    assert ledger.processed == processed
    if verdict == "settled":
        assert sum(receipt.status == "delivered" for receipt in answer.receipts) == processed


@pytest.mark.parametrize(
    ("place", "name"), some([(PLACES[place], name) for place in OWN for name in (*AFTER, *BEFORE)], 60)
)
def test_nothing_is_accepted_but_by_an_answer_that_says_so(place: Place, name: str) -> None:
    with _serving(place, Fault(name, 1.0)) as (url, ledger):
        [answer] = place.send(place.endpoint(url), place.batch(2), patience=_patience(name))
    told = name in ("doubled", "late", "garbage", "date-past", "date-future")
    assert (answer.verdict == "settled") == (told or _lacks(place, name))
    assert sum(receipt.status == "delivered" for receipt in answer.receipts) <= ledger.processed


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("429", None), ("429-seconds", 2), ("429-date", 2), ("429-far", 1e9), ("429-garbage", None)],
)
def test_how_long_to_wait_is_heard_in_each_form(name: str, seconds: float | None) -> None:
    with _serving(PINTEREST, Fault(name, 1.0)) as (url, _):
        [(_, reply)] = PINTEREST.replies(PINTEREST.endpoint(url), PINTEREST.batch(1))
    assert isinstance(reply, Reply)
    assert retry_after_seconds(reply.retry_after, NOW) == seconds


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("name", ["doubled", "late", "garbage"])
def test_what_comes_behind_an_answer_is_never_taken_for_the_next_one(place: Place, name: str) -> None:
    """The second request is not processed: who hears the first answer again would lose its events."""
    batches = place.batch(2), place.batch(2)

    async def refuse_second() -> list[str]:
        from mapper.delivery.transport import connect

        verdicts: list[str] = []
        async with connect(place.endpoint(url)) as send:
            for pause, batch in zip((0.0, 0.15), batches, strict=True):
                await asyncio.sleep(pause)
                verdicts.append(judge(batch, await send(batch.body), place.destination).verdict)
        return verdicts

    ledger = Ledger()
    faults, draws = [Fault(name, 0.5), Fault("502", 0.5)], iter([0.0, 0.9])
    app = sandbox_app(
        place.destination,
        place.validate,
        now=lambda: NOW,
        faults=faults,
        chance=lambda: next(draws),
        latency_seconds=0.25,
        ledger=ledger,
    )
    with serve(app) as url:
        assert asyncio.run(refuse_second()) == ["settled", "retry"]
    assert ledger.processed == 2


@pytest.mark.parametrize("name", ["doubled", "late"])
def test_a_client_that_keeps_its_connections_would_take_it_so(name: str) -> None:
    """The control: without a connection for each request the test before this one fails."""
    batch = PINTEREST.batch(2)

    def post(client: httpx.Client) -> int:
        endpoint = PINTEREST.endpoint(url)
        headers = {header: value.reveal() for header, value in endpoint.headers}
        said = client.post(
            endpoint.url, content=batch.body, headers={**headers, "content-type": "application/json"}
        )
        return said.status_code

    with _serving(PINTEREST, Fault(name, 1.0), None) as (url, ledger), httpx.Client(timeout=2) as client:
        assert [post(client), post(client)] == [200, 200]
        assert ledger.arrived == 1


@pytest.mark.parametrize("text", [f"{name}:0.25" for name in (*AFTER, *BEFORE, "307", "599")])
def test_a_fault_is_asked_for_by_name_and_share(text: str) -> None:
    assert read_fault(text) == Fault(text.removesuffix(":0.25"), 0.25)


def test_the_names_are_listed_in_the_help_and_where_one_is_wrong() -> None:
    helped = call("sandbox", "--help").stdout
    wrong = call("sandbox", "--fault", "rest:0.1").stderr
    for name in (*AFTER, *BEFORE):
        assert f"\n  {name} " in helped
        assert name in wrong


def test_a_sandbox_ends_at_once_though_a_request_hangs(recwarn: Sequence[object]) -> None:
    with _serving(PINTEREST, Fault("hang", 1.0)) as (url, _):
        PINTEREST.send(PINTEREST.endpoint(url), PINTEREST.batch(1), patience=QUICK)
    assert not list(recwarn)
