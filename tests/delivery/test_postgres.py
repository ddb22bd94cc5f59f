"""An outbox in PostgreSQL where servers, connections and other machines fail: each change is made once."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from mapper.delivery.outbox import postgres, postgres_leases, postgres_link
from mapper.delivery.outbox.outbox_errors import (
    AccountTaken,
    AlreadyAccepted,
    Damaged,
    NotAdmitted,
    OutboxError,
    PositionMoved,
    Unreachable,
)
from mapper.delivery.outbox.postgres import PostgresOutbox, open_postgres
from mapper.delivery.outbox.postgres_link import Link
from mapper.delivery.outbox.reconnection import Reconnection
from mapper.delivery.outbox.store import Account, DeadQuery, Health, Move, Position, Unmapped
from mapper.values.safe_text import SafeText
from tests.delivery.stores import FEED, OTHER, SHOP, accepted, bodies, claim, counts, settled
from tests.support.command import ROOT
from tests.support.postgres import Server, give_away, running
from tests.support.tcp_proxy import Proxy, proxy

_X = SafeText("x")
Open = Callable[..., PostgresOutbox]


@pytest.fixture
def opens(postgres_address: str) -> Iterator[Open]:
    """Opens the outbox of a test, each time as another process would; at the end its counts are right."""
    with ExitStack() as stack:

        def open_one(address: str = postgres_address, **waits: Any) -> PostgresOutbox:
            store = open_postgres(address, Reconnection(**waits))
            stack.callback(store.close)
            return store

        yield open_one
        assert open_one().audit() == []


@pytest.fixture
def lease(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Makes leases short; they are renewed all the same."""
    return lambda seconds: monkeypatch.setattr(postgres_leases, "LEASE_SECONDS", seconds)


def _expire(address: str, account: int = 1) -> None:
    """Let a lease have ended: as if its owner had been stopped for long."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("UPDATE mapper_outbox.lease SET until = now() - interval '1 s'")


def test_two_machines_that_begin_at_once_make_one_outbox(postgres_address: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        stores = [one.result() for one in [pool.submit(open_postgres, postgres_address) for _ in range(8)]]
    list(ThreadPoolExecutor(8).map(lambda store: store.put(accepted("a"), 0), stores))
    assert counts(stores[0]) == {"accepted": 8, "pending": 8}
    for store in stores:
        store.close()


# Leases


def test_an_account_whose_owner_is_gone_is_taken_over_when_its_lease_ends(
    opens: Open, lease: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    lease(0.5)
    gone, other = opens(), opens()
    monkeypatch.setattr(gone._leases, "renew", lambda: None)
    gone.put(accepted("a"), 0)
    with gone.own(SHOP):
        with pytest.raises(AccountTaken) as taken, other.own(SHOP):
            pass
        assert taken.value.again_seconds is not None
        assert 0 <= taken.value.again_seconds <= 0.5
        time.sleep(0.6)
        assert not gone.holds(SHOP)
        with other.own(SHOP) as was_owned:
            assert was_owned
            assert other.holds(SHOP)
            assert bodies(claim(other)) == ["a"]


def test_a_lease_lasts_as_long_as_its_owner_lives(opens: Open, lease: Callable[[float], None]) -> None:
    lease(1.5)
    store, other = opens(), opens()
    with store.own(SHOP) as was_owned:
        assert not was_owned
        for _ in range(6):
            time.sleep(0.4)
            with pytest.raises(AccountTaken), other.own(SHOP):
                pass
    with other.own(SHOP):
        pass


def test_a_process_that_was_stopped_while_another_took_its_place_changes_nothing(
    opens: Open, postgres_address: str
) -> None:
    zombie, owner = opens(), opens()
    zombie.put(accepted("a", "b", move=Move(FEED, None, Position(2, 2))), 0)
    zombie.put(accepted("c"), 0)
    with zombie.own(SHOP):
        first, second = claim(zombie)
        zombie.begin([first])
        (waiting, *_) = zombie.waiting_records([one.number for one in zombie.feeds()])
        _expire(postgres_address)
        with owner.own(SHOP):
            again = claim(owner)
            assert [(bodies((one,)), one.unanswered) for one in again] == [(["a", "b"], 1), (["c"], 0)]
            owner.settle([settled(again[0], "delivered", "rejected")], 1)
            before = counts(owner)
            for late in (
                lambda: zombie.settle([settled(first, "delivered", "delivered")], 2),
                lambda: zombie.settle([settled(second, "delivered")], 2),
                lambda: zombie.begin([second]),
                lambda: claim(zombie),
                lambda: zombie.put(accepted("n", replaces_waiting=(waiting,), feed=waiting.feed), 2),
            ):
                with pytest.raises(AccountTaken):
                    late()
                assert counts(owner) == before
            zombie._leases.renew()
            assert not zombie.holds(SHOP)
            owner.settle([settled(again[1], "retry")], 3)
        # It is still not the owner, although there is none at the moment.
        with pytest.raises(AccountTaken):
            zombie.settle([settled(second, "delivered")], 4)
    with zombie.own(SHOP):
        (left,) = claim(zombie)
        zombie.settle([settled(left, "delivered")], 5)
    assert counts(owner) == {"accepted": 3, "delivered": 2, "dead": 1}


def test_who_does_not_own_an_account_settles_nothing_of_its_owner(opens: Open) -> None:
    store, stranger = opens(), opens()
    store.put(accepted("a"), 0)
    (chunk,) = claim(stranger)
    with store.own(SHOP):
        for call in (lambda: stranger.settle([settled(chunk, "delivered")], 0), lambda: claim(stranger)):
            with pytest.raises(AccountTaken):
                call()
    assert counts(store) == {"accepted": 1, "pending": 1}


def test_a_settlement_of_other_payloads_than_those_that_wait_is_refused(opens: Open) -> None:
    store = opens()
    store.put(accepted("a", "b"), 0)
    (chunk,) = claim(store)
    store.settle([settled(chunk, "delivered", "retry")], 0)
    with pytest.raises(Damaged):
        store.settle([settled(chunk, "delivered", "delivered")], 0)
    assert counts(store) == {"accepted": 2, "pending": 1, "delivered": 1}


def test_nobody_waits_for_a_lease_that_a_machine_which_was_cut_off_has_locked(
    opens: Open, postgres_address: str
) -> None:
    store, other = opens(), opens()
    with store.own(SHOP):
        pass
    with psycopg.connect(postgres_address) as stuck:
        stuck.execute("SELECT 1 FROM mapper_outbox.lease FOR UPDATE")
        with pytest.raises(AccountTaken), other.own(SHOP):
            pass
    with other.own(SHOP):
        pass


def test_the_locks_of_a_machine_that_was_cut_off_are_given_back(opens: Open) -> None:
    store = opens()

    def asked(sql: Any) -> Any:
        return sql.execute("SHOW idle_in_transaction_session_timeout").fetchall()

    assert store._link.ask(asked) == [("10s",)]


# Connections


def _reopened(opens: Open, postgres: Server, address: str, through: Proxy) -> PostgresOutbox:
    database = address.split("@/")[1].split("?")[0]
    return opens(postgres.address(database, through.port))


_CUTS = [(b"COMMIT\0", True), (b"COMMIT\0", False), (b"mapper_outbox", True), (b"BEGIN", False)]


@pytest.mark.parametrize(("words", "heard"), _CUTS)
def test_a_change_that_is_cut_off_is_made_once(
    opens: Open, postgres: Server, postgres_address: str, words: bytes, heard: bool
) -> None:
    with proxy(postgres.port) as through:
        store = _reopened(opens, postgres, postgres_address, through)
        store._account(SHOP)

        def cut(call: Callable[[], Any]) -> Any:
            through.cut(words, heard=heard)
            result = call()
            assert through.cuts == 0
            return result

        cut(lambda: store.put(accepted("a", "b", rejected=(Unmapped(1, "invalid", _X),)), 0))
        cut(lambda: store.put(accepted("c", move=Move(FEED, None, Position(1, 1))), 0))
        cut(lambda: store.put(accepted("d", move=Move(FEED, Position(1, 1), Position(2, 2))), 0))
        cut(lambda: store.put(accepted("e", deliveries=(b"1",)), 0))
        assert counts(store) == {"accepted": 6, "pending": 5, "dead": 1}
        with store.own(SHOP):
            chunks = claim(store)
            assert bodies(chunks) == ["a", "b", "c", "d", "e"]
            cut(lambda: store.begin(chunks))
            first, *_ = chunks
            cut(lambda: store.settle([settled(first, "rejected", "delivered", copies=1)], 5, Health(SHOP)))
            assert cut(lambda: store.retry(DeadQuery(), 6)) == 1
        assert cut(lambda: store.purge(DeadQuery())) == 1
        assert store.position(FEED) == Position(2, 2)
        waiting = next(store.waiting_records([one.number for one in store.feeds()]))
        with cut(lambda: _owned(store)):
            taken = accepted("C", replaces_waiting=(waiting,), feed=waiting.feed)
            assert cut(lambda: store.put(taken, 7)) == 1
        assert counts(store) == {
            **{"accepted": 6, "pending": 4, "delivered": 1},
            **{"dead": 1, "purged": 1, "copies": 1},
        }
        cut(lambda: store.forget(FEED))
        assert store.position(FEED) is None


def _owned(store: PostgresOutbox) -> Any:
    """Own an account: the context, entered by now."""
    owning = store.own(SHOP)
    owning.__enter__()

    @contextmanager
    def held() -> Iterator[None]:
        try:
            yield
        finally:
            owning.__exit__(None, None, None)

    return held()


@pytest.mark.parametrize("heard", [True, False])
def test_what_is_refused_is_refused_too_when_it_was_cut_off(
    opens: Open, postgres: Server, postgres_address: str, heard: bool
) -> None:
    with proxy(postgres.port) as through:
        store = _reopened(opens, postgres, postgres_address, through)
        store.put(accepted("a", move=Move(FEED, None, Position(1, 1)), deliveries=(b"1",)), 0)
        through.cut(b"mapper_outbox.feed", heard=heard)
        with pytest.raises(PositionMoved):
            store.put(accepted("b", move=Move(FEED, None, Position(1, 1))), 0)
        through.cut(b"mapper_outbox.delivery", heard=heard)
        with pytest.raises(AlreadyAccepted):
            store.put(accepted("b", deliveries=(b"1",)), 0)
        assert counts(store) == {"accepted": 1, "pending": 1}


def test_a_change_that_is_still_under_way_on_the_server_is_waited_for(
    opens: Open, postgres: Server, postgres_address: str
) -> None:
    """Its connection is cut while the server waits to commit it: the next try must not make it too."""
    with proxy(postgres.port) as through, psycopg.connect(postgres_address) as blocker:
        store = _reopened(opens, postgres, postgres_address, through)
        store.put(accepted("a"), 0)
        # The account's row is locked, so that the change hangs in the server, its connection already gone.
        blocker.execute("SELECT 1 FROM mapper_outbox.account FOR UPDATE")
        with ThreadPoolExecutor(1) as pool:
            putting = pool.submit(store.put, accepted("b"), 0)
            time.sleep(0.3)
            through.drop()
            time.sleep(0.3)
            blocker.rollback()
            putting.result(30)
        assert counts(store) == {"accepted": 2, "pending": 2}


@contextmanager
def _own_server() -> Iterator[tuple[Server, str]]:
    with running() as server:
        yield server, server.address(server.new_database())


def test_a_server_that_restarts_loses_nothing_and_is_waited_for() -> None:
    with _own_server() as (server, address), ExitStack() as stack:
        said: list[str] = []
        store = open_postgres(address, Reconnection(60, say=said.append))
        stack.callback(store.close)
        with store.own(SHOP):
            store.put(accepted("a", "b"), 0)
            (chunk,) = claim(store)
            store.begin([chunk])
            server.stop()
            with ThreadPoolExecutor(1) as pool:
                settling = pool.submit(store.settle, [settled(chunk, "delivered", "retry")], 1)
                while not said:
                    time.sleep(0.05)
                server.start()
                settling.result(60)
            assert counts(store) == {"accepted": 2, "pending": 1, "delivered": 1}
            assert ["cannot be reached" in said[0], "works again" in said[1], len(said)] == [True, True, 2]
            assert bodies(claim(store)) == ["b"]
        assert store.audit() == []


def test_a_server_that_stays_away_is_given_up_after_a_while_or_when_the_process_is_to_end() -> None:
    with _own_server() as (server, address), ExitStack() as stack:
        stop = threading.Event()
        impatient = open_postgres(address, Reconnection(0.2))
        stack.callback(impatient.close)
        service = open_postgres(address, Reconnection(float("inf"), stop))
        stack.callback(service.close)
        impatient.put(accepted("a"), 0)
        server.stop()
        with pytest.raises(Unreachable):
            impatient.put(accepted("b"), 0)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(service.status)
            time.sleep(0.5)
            assert not waiting.done()
            stop.set()
            with pytest.raises(Unreachable):
                waiting.result(30)
        server.start()
        assert counts(impatient) == {"accepted": 1, "pending": 1}


def test_a_server_that_is_only_read_from_is_waited_for(
    opens: Open, postgres: Server, postgres_address: str
) -> None:
    """As one is whose place another server has taken."""
    database = postgres_address.split("@/")[1].split("?")[0]
    store = opens(seconds=0.2)
    store.put(accepted("a"), 0)
    postgres.run(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    try:
        store._link.close()
        with pytest.raises(Unreachable, match="can only be read from"):
            store.put(accepted("b"), 0)
    finally:
        postgres.run(f"ALTER DATABASE {database} RESET default_transaction_read_only")
    store._link.close()
    store.put(accepted("c"), 0)
    assert counts(store) == {"accepted": 2, "pending": 2}


def test_nothing_is_kept_in_the_session_of_the_server(opens: Open) -> None:
    """So a pooler may give each transaction another session."""
    store = opens()
    before = store._link.rows("SELECT name, setting FROM pg_settings ORDER BY name")
    with store.own(SHOP):
        for _ in range(20):
            store.put(accepted("a", deliveries=(os.urandom(16),), move=None), 0)
        chunks = claim(store)
        store.begin(chunks)
        store.settle([settled(one, "rejected") for one in chunks], 1)
        store.status()
        list(store.dead_letters(DeadQuery()))
        store.retry(DeadQuery(), 2)
        for kept in ("pg_prepared_statements", "pg_listening_channels()"):
            assert store._link.rows(f"SELECT * FROM {kept}") == []
        assert store._link.rows("SELECT * FROM pg_locks WHERE locktype = 'advisory'") == []
        assert store._link.rows("SELECT name, setting FROM pg_settings ORDER BY name") == before
        temporary = "SELECT 1 FROM pg_class WHERE relpersistence = 't'"
        assert store._link.rows(temporary) == []


def test_what_is_acknowledged_is_flushed_where_the_database_does_not_ask_for_it(
    opens: Open, postgres: Server, postgres_address: str
) -> None:
    database = postgres_address.split("@/")[1].split("?")[0]
    opens().close()
    postgres.run(f"ALTER DATABASE {database} SET synchronous_commit = off")
    try:
        store, asked = opens(), []

        def work(sql: Any) -> int:
            asked.extend(sql.execute("SHOW synchronous_commit").fetchall())
            return 0

        store._link.change(work)
        assert asked == [("on",)]
    finally:
        postgres.run(f"ALTER DATABASE {database} RESET synchronous_commit")


# Clocks


def test_machines_whose_clocks_disagree_see_the_same_age(
    opens: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    fast = SimpleNamespace(time=lambda: now + 7200, monotonic=time.monotonic, sleep=time.sleep)
    monkeypatch.setattr(postgres_link, "time", fast)
    ahead = opens()
    monkeypatch.undo()
    right = opens()
    assert (ahead._link.ahead, right._link.ahead) == (-7200, 0)
    ahead.put(accepted("a", "b", deliveries=(b"1",)), now + 7200)
    found = right.backlog(SHOP, 10**9, 10**9, now)
    assert found.events == 2
    assert found.oldest == pytest.approx(now)
    assert right.known_deliveries(SHOP, (b"1",), now + 86_000) == {b"1"}
    (chunk,) = claim(right, now=now)
    right.settle(
        [settled(chunk, "rejected", "retry", failures=1, due=now + 60)], now, Health(SHOP, now - 5, _X)
    )
    assert ahead.backlog(SHOP, 10**9, 10**9, now + 7200).next_due == pytest.approx(now + 7260)
    (status,) = ahead.status()
    assert status.oldest == pytest.approx(now + 7200)
    assert status.failing_since == pytest.approx(now + 7195)
    (letter,) = ahead.dead_letters(DeadQuery(since=now + 7100, until=now + 7300))
    assert letter.died_at == pytest.approx(now + 7200)
    assert claim(ahead, now=now + 7200) == ()
    assert bodies(claim(ahead, now=now + 7261)) == ["b"]


# Several at once


def test_several_processes_that_read_one_feed_accept_each_part_once(opens: Open) -> None:
    stores = [opens() for _ in range(4)]

    def read(store: PostgresOutbox) -> int:
        won = 0
        for _ in range(40):
            start = store.position(FEED)
            number = 0 if start is None else start.record
            end = Position(number + 1, number + 1)
            try:
                store.put(accepted(f"p{number}", move=Move(FEED, start, end)), 0)
                won += 1
            except PositionMoved:
                continue
        return won

    with ThreadPoolExecutor(4) as pool:
        won = sum(pool.map(read, stores))
    position = stores[0].position(FEED)
    assert position is not None
    assert position.record == won
    assert bodies(claim(stores[0])) == [f"p{number}" for number in range(won)]


def test_letters_that_a_process_tries_again_are_left_to_it_until_it_has_ended(
    opens: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = opens(), opens()
    one.put(accepted("a", "b"), 0)
    one.settle([settled(chunk, "rejected", "invalid") for chunk in claim(one)], 1)
    found_meanwhile = []
    wait_again = PostgresOutbox._wait_again

    def slowly(store: PostgresOutbox, *rest: Any) -> None:
        if store is one:
            found_meanwhile.append((other.retry(DeadQuery(), 2), other.purge(DeadQuery())))
        wait_again(store, *rest)

    monkeypatch.setattr(PostgresOutbox, "_wait_again", slowly)
    assert one.retry(DeadQuery(), 2) == 2
    assert found_meanwhile == [(0, 0)]
    assert counts(other) == {"accepted": 2, "pending": 2}


def test_letters_are_purged_in_short_transactions_that_end_one_by_one(
    opens: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, other = opens(), opens()
    store.put(accepted(*"abcdefg"), 0)
    store.settle([settled(chunk, *["rejected"] * len(chunk.parcels)) for chunk in claim(store)], 1)
    monkeypatch.setattr(postgres, "LETTERS_AT_ONCE", 3)
    purged_so_far = []

    change = Link.change

    def watched(*given: Any) -> Any:
        purged_so_far.append(counts(other).get("purged", 0))
        return change(*given)

    monkeypatch.setattr(Link, "change", watched)
    assert store.purge(DeadQuery()) == 7
    assert purged_so_far == [0, 3, 6, 7]
    assert counts(store) == {"accepted": 7, "dead": 7, "purged": 7}


def test_several_processes_retry_and_purge_each_letter_once(opens: Open) -> None:
    stores = [opens() for _ in range(4)]
    for account in (SHOP, OTHER):
        for _ in range(25):
            stores[0].put(accepted("a", "b", account=account), 0)
        stores[0].settle([settled(one, "rejected", "invalid") for one in claim(stores[0], account)], 1)

    def work(number: int) -> tuple[int, int]:
        store = stores[number]
        return store.retry(DeadQuery(kind="rejected"), 2), store.purge(DeadQuery(kind="invalid"))

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(work, range(4)))
    assert (sum(one for one, _ in done), sum(other for _, other in done)) == (50, 50)
    for account in (SHOP, OTHER):
        assert counts(stores[0], account) == {"accepted": 50, "pending": 25, "dead": 25, "purged": 25}


def test_processes_that_accept_for_the_same_accounts_in_any_order_do_not_lock_each_other_out(
    opens: Open,
) -> None:
    accounts = [Account("shop/events-v1", f"a{number}") for number in range(4)]
    stores = [opens() for _ in range(4)]

    def put(number: int) -> None:
        for turn in range(25):
            order = accounts[turn % 4 :] + accounts[: turn % 4]
            order = order if number % 2 else order[::-1]
            digests = [bytes([number, turn, place]) for place in range(4)]
            given = [
                replace(accepted("a", account=one), deliveries=(digest,))
                for one, digest in zip(order, digests, strict=True)
            ]
            stores[number].put_all(given, 0)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, range(4)))
    assert {counts(stores[0], one)["pending"] for one in accounts} == {100}


# The server's own


def test_a_text_that_the_server_cannot_keep_is_kept_readable(opens: Open) -> None:
    store = opens()
    odd = replace(FEED, name="/data/\udce9\x00.ndjson", shown="\udce9\x00.ndjson")
    store.put(accepted("a", move=Move(odd, None, Position(1, 1))), 0)
    assert store.position(odd) == Position(1, 1)
    reason = SafeText.known("half \ud83d and \x00")
    store.put(accepted("b", rejected=(Unmapped(1, "invalid", reason),)), 0)
    (letter,) = store.dead_letters(DeadQuery())
    assert letter.reason == "half \\ud83d and \\x00"
    assert [one.feed for one in claim(store)] == ["\\udce9\\x00.ndjson", ""]


@pytest.mark.parametrize("encoding", ["UTF8", "SQL_ASCII"])
@pytest.mark.parametrize("asked", ["", "&client_encoding=LATIN1", "&client_encoding=SQL_ASCII"])
def test_a_name_of_any_letters_is_kept_whatever_encoding_a_connection_has(
    postgres: Server, encoding: str, asked: str
) -> None:
    database = f"letters_{encoding.lower()}"
    if not postgres.run(f"SELECT 1 FROM pg_database WHERE datname = '{database}'"):
        postgres.run(f"CREATE DATABASE {database} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
    account = Account("shop/events-v1", f"日本{asked}", recipient="é")
    store = open_postgres(f"{postgres.address(database)}{asked}", Reconnection())
    try:
        letter = Unmapped(1, "invalid", SafeText.known("`日本`"))
        store.put(replace(accepted("é", rejected=(letter,)), account=account), 0)
        assert account in [one.account for one in store.status()]
        assert [one.reason for one in store.dead_letters(DeadQuery(account=account))] == ["`日本`"]
    finally:
        store.close()


def test_a_database_that_cannot_hold_every_name_is_refused(postgres: Server) -> None:
    postgres.run("CREATE DATABASE western ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(OutboxError, match="its encoding is LATIN1") as raised:
        open_postgres(postgres.address("western"), Reconnection())
    assert "ENCODING 'UTF8'" in raised.value.hint


def test_a_statement_that_the_server_ends_is_told_as_that(
    postgres: Server, opens: Open, postgres_address: str
) -> None:
    store, database = opens(), postgres_address.split("@/")[1].split("?")[0]
    postgres.run(f"ALTER DATABASE {database} SET statement_timeout = 100")
    try:
        slow = opens()
        with psycopg.connect(postgres_address) as connection:
            connection.execute("LOCK TABLE mapper_outbox.account")
            with pytest.raises(Unreachable, match="ended a statement that took too long"):
                slow.status()
    finally:
        postgres.run(f"ALTER DATABASE {database} RESET statement_timeout")
    assert store.status() == slow.status() == ()


@pytest.mark.parametrize("rows", ["", "(NULL)", "('1')", "('x')", "(NULL), (NULL)"])
def test_a_schema_of_the_same_name_that_is_no_outbox_is_left_alone(
    postgres: Server, postgres_address: str, rows: str
) -> None:
    database = postgres_address.split("@/")[1].split("?")[0]
    postgres.run("CREATE SCHEMA mapper_outbox; CREATE TABLE mapper_outbox.version (number text)", database)
    if rows:
        postgres.run(f"INSERT INTO mapper_outbox.version VALUES {rows}", database)
    with pytest.raises(Damaged, match="has a schema mapper_outbox that is not an outbox"):
        open_postgres(postgres_address, Reconnection())


def test_a_disk_that_is_full_keeps_all_or_nothing_and_a_settlement_waits_for_space(
    postgres: Server, opens: Open, postgres_address: str, small_disk: Path
) -> None:
    store = opens(seconds=60)
    store.put(accepted("x" * 1000), 0)
    (chunk,) = claim(store)
    give_away(small_disk)
    postgres.run(f"CREATE TABLESPACE small LOCATION '{small_disk}'")
    database = postgres_address.split("@/")[1].split("?")[0]
    try:
        for table in ("chunk", "dead"):
            postgres.run(f"ALTER TABLE mapper_outbox.{table} SET TABLESPACE small", database)
        (small_disk / "ballast").write_bytes(b"\0" * 5_600_000)
        with pytest.raises(OSError, match="no space is left on the server of the outbox"):
            store.put(accepted(*[os.urandom(500).hex() for _ in range(1000)]), 0)
        assert counts(store) == {"accepted": 1, "pending": 1}
        with ThreadPoolExecutor(1) as pool:
            big = [os.urandom(500_000).hex() for _ in range(1)]
            settling = pool.submit(_settle_large, store, chunk, big)
            time.sleep(0.5)
            subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
            settling.result(60)
        assert counts(store) == {"accepted": 1, "dead": 1}
        assert store.audit() == []
    finally:
        postgres.empty(database)
        postgres.run("DROP TABLESPACE small")


def _settle_large(store: PostgresOutbox, chunk: Any, reason: list[str]) -> None:
    receipt = settled(chunk, "rejected").receipts[0]
    large = replace(receipt, reason=SafeText.known(reason[0]))
    store.settle([replace(settled(chunk, "rejected"), receipts=(large,))], 1)


def _sql_of_docs() -> list[str]:
    """The blocks of SQL of the docs, in order: rights to run, rights to watch, queries to watch by."""
    text = (ROOT / "docs/postgres.md").read_text(encoding="utf-8")
    return re.findall(r"```sql\n(.*?)```", text, re.DOTALL)


def test_the_rights_that_the_docs_name_are_enough_and_a_role_that_watches_reads_no_payload(
    postgres: Server, opens: Open, postgres_address: str
) -> None:
    database = postgres_address.split("@/")[1].split("?")[0]
    opens().close()
    runs, watches, queries = _sql_of_docs()
    for role, rights in (("mapper_runs", runs), ("mapper_watches", watches)):
        postgres.add_role(f"{role} LOGIN")
        postgres.run(rights, database)
    store = opens(postgres_address.replace("mapper@", "mapper_runs@"))
    store.put(accepted("a", rejected=(Unmapped(1, "invalid", _X),), move=Move(FEED, None, Position(1, 1))), 0)
    with store.own(SHOP):
        chunks = claim(store)
        store.begin(chunks)
        store.settle([settled(one, "rejected") for one in chunks], 1)
        assert store.retry(DeadQuery(), 2) == 1
        watching = psycopg.connect(postgres_address.replace("mapper@", "mapper_watches@"), autocommit=True)
        with watching:
            waiting, owners, size = (watching.execute(one).fetchall() for one in queries.split(";")[:3])
            assert [row[:4] for row in waiting] == [("shop/events-v1", "default", 1, 1)]
            assert owners[0][1] == f"{socket.gethostname()}, process {os.getpid()}"
            assert size == [("1 bytes", "0 bytes")]
            for hidden in ("SELECT bodies FROM mapper_outbox.chunk", "SELECT * FROM mapper_outbox.dead"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    watching.execute(hidden)
    assert store.purge(DeadQuery()) == 1
    with pytest.raises(NotAdmitted):
        opens(postgres_address.replace("mapper@", "mapper_watches@"))


def test_a_value_that_was_changed_in_the_database_is_found_before_it_is_sent(
    opens: Open, postgres_address: str
) -> None:
    store = opens()
    store.put(accepted("precious" * 50, rejected=(Unmapped(1, "invalid", _X),)), 0)
    store.put(accepted("a", move=Move(FEED, None, Position(1, 1))), 0)
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        connection.execute("UPDATE mapper_outbox.chunk SET bodies = set_byte(bodies, 0, 65)")
        connection.execute("UPDATE mapper_outbox.dead SET reason = 'y'")
        connection.execute("UPDATE mapper_outbox.feed SET byte_offset = 2")
    for call in (
        lambda: claim(store),
        lambda: list(store.dead_letters(DeadQuery())),
        lambda: store.position(FEED),
    ):
        with pytest.raises(Damaged, match="was changed"):
            call()


def test_tables_that_are_gone_are_told_in_one_message(
    postgres: Server, opens: Open, postgres_address: str
) -> None:
    store = opens()
    postgres.run("DROP SCHEMA mapper_outbox CASCADE", postgres_address.split("@/")[1].split("?")[0])
    with pytest.raises(Damaged, match="lacks tables of the outbox"):
        store.status()
