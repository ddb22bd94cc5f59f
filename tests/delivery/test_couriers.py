"""Couriers of many accounts in virtual time: credentials that change, stops, and other processes."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from mapper.delivery.answer import NoReply, Reply, Send
from mapper.delivery.couriers import Couriers, Route
from mapper.delivery.credentials import Credentials, Endpoint, Secret, address
from mapper.delivery.outbox.ledger import key_digest
from mapper.delivery.outbox.monitor import OutboxState
from mapper.delivery.outbox.sqlite import SqliteOutbox
from mapper.delivery.outbox.store import Accepted, Account, Counts, Settlement
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.delivery.outbox_metrics import delivering, write_metrics
from mapper.delivery.setup_failure import SetupFailure
from mapper.delivery.terms import Terms
from mapper.values.safe_text import SafeText
from tests.delivery.deliveries import DESTINATION, NOW, parcels
from tests.support.memory_outbox import MemoryOutbox
from tests.support.metrics import Sample, samples
from tests.support.simulation import VirtualLoop, clock_of, run_virtually, taken

GOOD, OLD = "pina_canary-good-000", "pina_canary-old-0000"
ACCOUNTS = tuple(Account("shop/events-v1", name) for name in ("north", "south", "west"))


@dataclass
class _World:
    """Accounts with the tokens that their files hold, a service that knows one, and what is said and sent.

    tokens: by the account's name; a failure where it cannot be read. seconds: how long an answer takes.
    """

    tokens: dict[str, str | SetupFailure]
    good: str = GOOD
    seconds: float = 0.1
    outbox: SqliteOutbox = field(default_factory=MemoryOutbox)
    stop: threading.Event = field(default_factory=threading.Event)
    said: list[tuple[float, str, str]] = field(default_factory=list)
    requests: list[tuple[float, str]] = field(default_factory=list)
    settled: list[Settlement] = field(default_factory=list)

    def accept(self, *names: str, count: int = 3) -> None:
        """Accept payloads for accounts."""
        for account in ACCOUNTS:
            if account.name in names:
                self.outbox.put(Accepted(account, "v1", tuple(parcels(count))), NOW)

    def route(self, account: Account, terms: Terms) -> Route | SetupFailure:
        """The way of an account as its file has it now."""
        token = self.tokens[account.name]
        if isinstance(token, SetupFailure):
            return token
        credentials = Credentials({"token": Secret(token), "account": Secret("549755885175")})
        endpoint = address(DESTINATION, credentials)
        assert isinstance(endpoint, Endpoint)
        return Route(DESTINATION, endpoint, terms)

    def couriers(self, loop: VirtualLoop, *, once: bool = False, **terms: Any) -> Couriers:
        """Couriers of this world."""
        wanted = Terms(service=not once, flush_seconds=1.0, **terms)
        return Couriers(
            StoreThread(self.outbox, None),
            lambda account: self.route(account, wanted),
            self.stop,
            once,
            clock_of(loop, lambda: 0.5),
            lambda account, settlement: self.settled.append(settlement),
            lambda account, line: self.said.append((loop.time(), account.name if account else "", line)),
            lambda endpoint, connections: self._connect(loop, endpoint),
        )

    def _connect(
        self, loop: VirtualLoop, endpoint: Callable[[], Endpoint]
    ) -> AbstractAsyncContextManager[Send]:
        @asynccontextmanager
        async def connect() -> AsyncIterator[Send]:
            async def send(body: bytes) -> Reply | NoReply:
                token = endpoint().secrets[0].reveal()
                self.requests.append((loop.time(), token))
                await asyncio.sleep(self.seconds)
                if token != self.good:
                    return Reply(401, b'{"code": 2, "message": "Authentication failed."}')
                return taken([event["event_id"] for event in json.loads(body)["data"]])

            yield send

        return connect()

    def counts(self, name: str) -> Counts:
        """What an account counts."""
        return next(one.counts for one in self.outbox.status() if one.account.name == name)

    def lines(self, name: str) -> list[str]:
        """What was said of an account."""
        return [line for _, account, line in self.said if account == name]


def _serve(world: _World, *changes: tuple[float, Callable[[], None]], **terms: Any) -> Couriers:
    """Run the couriers as a service; at some moments something changes, the last of which should end it."""

    async def run(loop: VirtualLoop) -> Couriers:
        couriers = world.couriers(loop, **terms)
        for seconds, change in changes:
            loop.call_later(seconds, change)
        await couriers.run()
        return couriers

    return run_virtually(run)


def test_the_ledger_is_forgotten_in_time_also_while_nothing_is_delivered() -> None:
    world = _World({"north": GOOD})
    world.accept("north")
    kept: list[int] = []

    def look() -> None:
        kept.append(len(world.outbox.ledger_entries(key_digest("e-0"))))

    _serve(world, (600, look), (3700, look), (3710, world.stop.set), ledger_days=0.01)
    assert kept == [1, 0]


def test_a_token_that_is_replaced_after_five_minutes_delivers_all_without_a_restart() -> None:
    world = _World({"north": OLD, "south": GOOD})
    world.accept("north", "south", count=2500)
    paused: list[int] = []

    def replace() -> None:
        paused.append(sum(token == OLD for _, token in world.requests))
        world.tokens["north"] = GOOD

    couriers = _serve(world, (290, replace), (320, world.stop.set))
    assert world.counts("north") == world.counts("south") == Counts(accepted=2500, delivered=2500)
    # F17: at most six requests while it is paused, and the other account knows nothing of it.
    assert paused[0] <= 6
    assert sum(token == OLD for _, token in world.requests) == paused[0]
    assert next(at for at, token in world.requests if token == GOOD and at > 290) < 296
    assert len(world.lines("north")) == 3
    assert world.lines("north")[0].endswith("; trying again every 1 min")
    assert world.lines("north")[1] == "the credentials have changed; continuing with the new ones"
    recovered = "delivering again after [45] min( [0-9]+ s)?: 1,000 delivered, 1,500 waiting"
    assert re.fullmatch(recovered, world.lines("north")[2])
    assert not world.lines("south")
    assert couriers.failures == {}


def test_a_token_that_is_replaced_while_it_is_good_is_used_from_then_on() -> None:
    world = _World({"north": OLD}, good=OLD)

    def replace() -> None:
        world.tokens["north"] = world.good = GOOD
        world.accept("north")

    world.accept("north")
    _serve(world, (30, replace), (60, world.stop.set))
    assert [token for _, token in world.requests] == [OLD, GOOD]
    assert world.counts("north").delivered == 6


def test_an_answer_to_the_old_token_does_not_pause_the_new_one() -> None:
    world = _World({"north": OLD}, seconds=20)
    world.accept("north")

    def replace() -> None:
        world.tokens["north"] = GOOD
        world.seconds = 0.1

    _serve(world, (2, replace), (50, world.stop.set))
    assert world.counts("north").delivered == 3
    # The answer came after 20 seconds; a pause would have lasted for 60.
    assert [token for _, token in world.requests] == [OLD, GOOD]
    assert world.lines("north") == ["the credentials have changed; continuing with the new ones"]


def test_a_token_that_cannot_be_read_is_said_once_and_the_one_before_is_used() -> None:
    world = _World({"north": GOOD, "south": SetupFailure("no `token`")})
    world.accept("north", "south")

    def lose() -> None:
        world.tokens["north"] = SetupFailure("gone")
        world.accept("north")

    def find() -> None:
        assert world.counts("south").pending == 3
        world.tokens["south"] = GOOD

    couriers = _serve(world, (4, lose), (200, find), (220, world.stop.set), stop_seconds=1)
    assert world.counts("south").delivered == 3
    assert world.lines("south") == ["waits: no `token`", "the credentials can be read again"]
    assert len(world.lines("north")) == 1
    assert "gone" in world.lines("north")[0]
    assert set(couriers.failures) == {ACCOUNTS[0]}


def test_an_account_without_credentials_is_paused_in_the_metrics() -> None:
    world = _World({"north": GOOD, "south": SetupFailure("no `token`")})
    world.accept("north", "south")
    couriers = _serve(world, (10, world.stop.set))
    text = write_metrics(OutboxState(world.outbox.status()), delivering(couriers), NOW)
    labels = 'destination="shop/events-v1",account="{}",test="false",recipient=""'
    assert f"mapper_paused{{{labels.format('north')}}} 0\n" in text
    assert f"mapper_paused{{{labels.format('south')}}} 1\n" in text


@pytest.mark.parametrize("seconds", [10.0, 1_000.0])
def test_a_stop_waits_for_the_requests_under_way_and_no_longer_than_it_may(seconds: float) -> None:
    world = _World({"north": GOOD}, seconds=seconds)
    world.accept("north")
    ended: list[float] = []

    async def run(loop: VirtualLoop) -> Couriers:
        couriers = world.couriers(loop)
        loop.call_later(5, world.stop.set)
        await couriers.run()
        ended.append(loop.time())
        return couriers

    couriers = run_virtually(run)
    sender = couriers.senders[ACCOUNTS[0]]
    if seconds == 10:
        assert (world.counts("north").delivered, sender.cut_short) == (3, 0)
        assert ended[0] < 13
        return
    assert (world.counts("north").pending, sender.cut_short) == (3, 1)
    assert 25 <= ended[0] - 5 < 28
    # It may have arrived: what is sent again may be a copy, and no failure of the service was seen.
    world.stop, world.seconds = threading.Event(), 0.1
    _serve(world, (30, world.stop.set))
    assert (world.counts("north").delivered, world.counts("north").copies) == (3, 3)
    assert world.settled[0].failures == 0


def test_once_ends_where_nothing_can_be_delivered_and_delivers_the_rest() -> None:
    world = _World({"north": OLD, "south": GOOD, "west": SetupFailure("no `token`")})
    world.accept("north", "south", "west")
    couriers = run_virtually(lambda loop: _run(world.couriers(loop, once=True)))
    assert (world.counts("south").delivered, world.counts("north").pending) == (3, 3)
    halted = couriers.senders[ACCOUNTS[0]].halted
    assert halted is not None
    assert halted.failure is not None
    assert set(couriers.failures) == {ACCOUNTS[2]}


async def _run(couriers: Couriers) -> Couriers:
    await couriers.run()
    return couriers


def test_an_account_of_another_process_is_said_once_and_taken_over_when_that_ends() -> None:
    world = _World({"north": GOOD})
    world.accept("north")
    owned = world.outbox.own(ACCOUNTS[0])
    owned.__enter__()

    def release() -> None:
        owned.__exit__(None, None, None)

    _serve(world, (300, release), (370, world.stop.set))
    assert world.counts("north").delivered == 3
    assert len(world.lines("north")) == 1


class _Full(MemoryOutbox):
    """An outbox that cannot settle."""

    def settle(self, settlements: object, now: float, health: object = None) -> None:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize(("stop_after", "seconds"), [(1.05, 3.0), (30.0, 0.1)])
def test_a_settlement_that_cannot_be_kept_ends_the_service_also_while_it_stops(
    stop_after: float, seconds: float
) -> None:
    world = _World({"north": GOOD}, outbox=_Full(), seconds=seconds)
    world.accept("north")
    with pytest.raises(OSError, match="No space"):
        _serve(world, (stop_after, world.stop.set))


def test_a_secret_is_equal_to_the_same_text_alone() -> None:
    assert Secret("a") == Secret("a")
    assert hash(Secret("a")) == hash(Secret("a"))
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert SafeText("x") == "x"


def _scraped(world: _World, couriers: Couriers) -> dict[tuple[str, str], float]:
    """The metrics of accounts, by their name and that of the account or destination, or by the status."""
    text = write_metrics(OutboxState(world.outbox.status()), delivering(couriers), NOW)
    found = [one for one in samples(text) if "destination" in one.labels]
    return {(one.name, _named(one)): one.value for one in found}


def _named(sample: Sample) -> str:
    return next(sample.labels[name] for name in ("status", "account", "destination") if name in sample.labels)


def test_a_refused_token_counts_as_failing_for_as_long_as_it_is_refused() -> None:
    world = _World({"north": OLD})
    world.accept("north")
    seen: list[dict[tuple[str, str], float]] = []

    async def run(loop: VirtualLoop) -> None:
        couriers = world.couriers(loop)
        loop.call_later(290, lambda: seen.append(_scraped(world, couriers)))
        loop.call_later(291, lambda: world.tokens.update(north=GOOD))
        loop.call_later(320, lambda: seen.append(_scraped(world, couriers)))
        loop.call_later(321, world.stop.set)
        await couriers.run()

    run_virtually(run)
    refused, delivered = seen
    assert 280 < refused["mapper_failing_seconds", "north"] < 290
    assert refused["mapper_paused", "north"] == 1
    assert refused["mapper_requests_total", "401"] == 5
    assert ("mapper_requests_total", "200") not in refused
    assert delivered["mapper_failing_seconds", "north"] == delivered["mapper_paused", "north"] == 0
    assert delivered["mapper_requests_total", "200"] == 1
    assert delivered["mapper_requests_total", "401"] == 5
    assert delivered["mapper_delivery_seconds_count", "shop/events-v1"] == 3
    assert 290 * 3 < delivered["mapper_delivery_seconds_sum", "shop/events-v1"] < 320 * 3


def test_counts_of_a_process_outlive_its_couriers() -> None:
    world = _World({"north": GOOD})
    world.accept("north")
    first = _serve(world, (10, world.stop.set))

    async def run(loop: VirtualLoop) -> Couriers:
        world.stop.clear()
        world.accept("north")
        couriers = world.couriers(loop)
        couriers.tallies = first.tallies
        loop.call_later(10, world.stop.set)
        await couriers.run()
        return couriers

    found = _scraped(world, run_virtually(run))
    assert found["mapper_requests_total", "200"] == 2
    assert found["mapper_delivery_seconds_count", "shop/events-v1"] == 6
