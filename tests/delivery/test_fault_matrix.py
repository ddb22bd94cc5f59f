"""Each fault of docs/faults.md, F1 to F27, made to happen: over real sockets and TLS, with an outbox on disk.

What is seen must be what the page says. Faults of the network with one event and with a thousand, of a
kind of which the service counts a copy once and of one of which it counts each.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time as clock
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest
import trustme

from mapper.delivery import transport
from mapper.delivery.batch import Parcel
from mapper.delivery.delivery import Way, deliver
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import Accepted, Counts
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.delivery.sandbox_faults import Fault
from mapper.delivery.sandbox_server import Ledger, sandbox_app, serve
from mapper.delivery.terms import Terms
from mapper.delivery.transport import connect
from tests.delivery.deliveries import (
    CANARY,
    DESTINATION,
    NOW,
    SHOP,
    Heard,
    Time,
    answering,
    endpoint,
    free_port,
    parcels,
    processed,
    said,
    validate,
)
from tests.support.command import MAPPING, ROOT, call, event, ndjson, start
from tests.support.depth import by_seed
from tests.support.disk import Disk, after_power_cut, remembered
from tests.support.faults import PATIENCE, SHORT, Ground, Seen

_DAY, _HOUR = 86_400, 3_600
_SECRETS = {"PINTEREST_ACCESS_TOKEN": CANARY, "PINTEREST_AD_ACCOUNT_ID": "549755885175"}
_PAGE = ROOT / "docs/faults.md"
_USUAL = Terms()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ground(tmp_path: Path, authority: trustme.CA, trusting: None) -> Ground:
    return Ground(tmp_path, authority)


@pytest.fixture
def trusting(authority: trustme.CA, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the authority of the tests, as this machine trusts others."""
    context = httpx.create_ssl_context(trust_env=False)
    authority.configure_trust(context)
    monkeypatch.setattr(transport, "tls_context", lambda: context)


@pytest.fixture(params=[1, 1000])
def count(request: pytest.FixtureRequest) -> int:
    """Events."""
    return int(request.param)


@pytest.fixture(params=["web", "offline"])
def source(request: pytest.FixtureRequest) -> str:
    """Where events happened: the service counts each copy of an offline one."""
    return str(request.param)


@pytest.fixture
def given(count: int, source: str) -> list[Parcel]:
    """Valid payloads."""
    return list(parcels(count, action_source=source))


def _bad(parcel: Parcel, **fields: Any) -> Parcel:
    """The same with other fields."""
    body = {**json.loads(parcel.body), **fields}
    return replace(parcel, body=json.dumps(body).encode(), time=body["event_time"])


def _after(ground: Ground, given: list[Parcel], *plan: str, terms: Terms = _USUAL) -> Seen:
    """What is seen of a delivery whose requests fail by a plan, and then no more."""
    ground.accept(given)
    with ground.sandbox(plan) as url:
        return ground.deliver(url, terms, SHORT if {"hang", "drip"} & {*plan} else PATIENCE)


def _all_delivered(seen: Seen, count: int, requests: int, copies: int = 0) -> None:
    assert seen == Seen(count, {}, 0, 0, copies, 0, requests)


def test_the_page_has_a_row_for_each_fault_and_each_row_a_test() -> None:
    rows = re.findall(r"^\| (F\d+) \|", _PAGE.read_text("utf-8"), re.MULTILINE)
    tested = {name.split("_")[1].upper() for name in globals() if re.match(r"test_f\d+_", name)}
    assert rows == [f"F{number}" for number in range(1, 28)]
    assert tested == set(rows)


# Faults of the network and of the service


@pytest.mark.parametrize("how", ["429-seconds", "429-date"])
def test_f6_the_wait_that_is_asked_for_is_kept(ground: Ground, given: list[Parcel], how: str) -> None:
    _all_delivered(_after(ground, given, how), len(given), 2)
    assert 2 <= ground.time.slept < 3


def test_f7_too_many_requests_without_a_wait(ground: Ground, given: list[Parcel]) -> None:
    _all_delivered(_after(ground, given, "429", "429"), len(given), 3)
    assert ground.time.slept > 0


@pytest.mark.parametrize("status", ["500", "502", "504"])
def test_f8_the_service_fails(ground: Ground, given: list[Parcel], status: str) -> None:
    seen = _after(ground, given, status, status)
    # It may have processed them: each event is counted, whether it was or not.
    _all_delivered(seen, len(given), 3, len(given))
    assert ground.ledger.duplicates == 0


def test_f9_the_service_takes_nothing_for_a_while(ground: Ground, given: list[Parcel]) -> None:
    _all_delivered(_after(ground, given, "paused", "paused"), len(given), 3)


@pytest.mark.parametrize("how", ["reset", "hang", "drip", "truncated"])
def test_f10_the_answer_is_lost(ground: Ground, given: list[Parcel], how: str) -> None:
    _all_delivered(_after(ground, given, how), len(given), 2, len(given))
    assert ground.ledger.duplicates == len(given)


def test_f10_what_would_count_twice_is_held_where_it_is_asked_for(
    ground: Ground, given: list[Parcel], source: str
) -> None:
    seen = _after(ground, given, "reset", terms=Terms(hold_ambiguous=True))
    if source == "offline":
        assert (seen.delivered, seen.dead, seen.pending) == (0, {"ambiguous": len(given)}, 0)
        assert ground.ledger.duplicates == 0
    else:
        _all_delivered(seen, len(given), 2, len(given))


def test_f11_nobody_is_there(ground: Ground, given: list[Parcel]) -> None:
    ground.accept(given)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    seen = ground.deliver(f"https://127.0.0.1:{port}/v5")
    assert (seen.delivered, seen.pending, seen.status) == (0, len(given), 69)
    with ground.sandbox() as url:
        seen = ground.deliver(url)
    assert (seen.delivered, seen.pending, seen.copies) == (len(given), 0, 0)


def test_f11_it_is_another_one(ground: Ground, given: list[Parcel]) -> None:
    ground.accept(given)
    app = sandbox_app(DESTINATION, validate, ledger=ground.ledger)
    with serve(app) as plain, ground.secured(plain, "elsewhere.example") as url:
        seen = ground.deliver(url)
    assert (seen.pending, seen.status, ground.ledger.arrived) == (len(given), 78, 0)


def test_f12_all_is_well(ground: Ground, given: list[Parcel]) -> None:
    _all_delivered(_after(ground, given), len(given), 1)


@pytest.mark.parametrize("how", ["short", "unknown-word"])
def test_f12_statuses_that_do_not_fit(ground: Ground, given: list[Parcel], how: str) -> None:
    _all_delivered(_after(ground, given, how), len(given), 2, len(given))


def test_f13_some_are_refused_by_name(ground: Ground, given: list[Parcel]) -> None:
    old = NOW - given[0].past_seconds + 2 * 60
    ground.accept([_bad(given[0], event_time=old), *given[1:]])
    ground.skew = 4 * 60  # by the service's clock it is two minutes too late
    with ground.sandbox() as url:
        seen = ground.deliver(url)
    assert seen == Seen(len(given) - 1, {"rejected": 1}, 0, 0, 0, 1, 1)


def test_f14_another_status_of_success(ground: Ground, given: list[Parcel]) -> None:
    ground.accept(given)

    def say(heard: Heard) -> bytes:
        return said(207, processed(heard, "e-0"))

    with answering(say) as server, ground.secured(server.url) as url:
        seen = ground.deliver(url)
    assert seen == Seen(len(given) - 1, {"rejected": 1}, 0, 0, 0, 1, 1)


def test_f15_one_for_which_all_are_refused(ground: Ground, given: list[Parcel]) -> None:
    poison = len(given) // 3
    seen = _after(ground, [*given[:poison], _bad(given[poison], surprise="it"), *given[poison + 1 :]])
    assert (seen.delivered, seen.dead, seen.pending) == (len(given) - 1, {"invalid": 1}, 0)
    assert seen.requests <= 21 or seen.copies  # an answer that a busy machine misses costs a request more


def test_f16_a_request_that_is_too_large(ground: Ground, given: list[Parcel]) -> None:
    ground.accept(given)
    size = sum(len(one.body) + 1 for one in given)
    stand_in = replace(DESTINATION.stand_in, body_bytes=max(size // 3, 100))
    with ground.sandbox(destination=replace(DESTINATION, stand_in=stand_in)) as url:
        seen = ground.deliver(url)
    if len(given) == 1:
        assert (seen.delivered, seen.dead, seen.requests) == (0, {"too_large": 1}, 1)
    else:
        assert (seen.delivered, seen.dead, seen.pending) == (len(given), {}, 0)


@pytest.mark.parametrize(("status", "ends"), [("401", 77), ("403", 77), ("404", 77)])
def test_f17_who_sends_is_refused(ground: Ground, given: list[Parcel], status: str, ends: int) -> None:
    seen = _after(ground, given, status)
    assert (seen.delivered, seen.dead, seen.pending, seen.status) == (0, {}, len(given), ends)
    with ground.sandbox() as url:
        seen = ground.deliver(url)
    assert (seen.delivered, seen.dead, seen.pending, seen.status) == (len(given), {}, 0, 0)


@pytest.mark.parametrize("how", ["html", "empty"])
def test_f18_an_answer_of_somebody_else(ground: Ground, given: list[Parcel], how: str) -> None:
    _all_delivered(_after(ground, given, how), len(given), 2, len(given))


def test_f20_too_old_by_now(ground: Ground, given: list[Parcel]) -> None:
    past = given[0].past_seconds
    edge = _bad(given[0], event_time=NOW - past - 1), _bad(given[0], event_time=NOW - past + 5 * 60)
    seen = _after(ground, [*edge, *given[1:]])
    assert (seen.delivered, seen.dead, seen.expired, seen.pending) == (len(given), {}, 1, 0)


def test_f21_no_time_at_all_and_one_that_is_to_come(ground: Ground, given: list[Parcel]) -> None:
    late = _bad(given[0], event_time=NOW + 10 * 60)
    wrong = [_bad(given[0], event_time=moment) for moment in (0, -1, NOW * 1000)]
    seen = _after(ground, [*wrong, late, *given[1:]])
    assert (seen.delivered, seen.dead, seen.pending) == (len(given), {"bad_time": 3}, 0)
    assert ground.time.now >= NOW + 5 * 60


@pytest.mark.parametrize("how", ["date-past", "date-future"])
def test_f22_clocks_that_disagree(ground: Ground, given: list[Parcel], how: str) -> None:
    _all_delivered(_after(ground, given, how), len(given), 1)


def test_f27_counts_that_do_not_fit(ground: Ground, given: list[Parcel]) -> None:
    _all_delivered(_after(ground, given, "wrong-count"), len(given), 2, len(given))


# Faults of this machine


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with the small mapping and a feed of fifty orders of just now."""
    (tmp_path / "small.yaml").write_text(MAPPING)
    (tmp_path / "events.ndjson").write_text(ndjson(*(_order(number) for number in range(50))))
    return tmp_path


def _order(number: int, **fields: Any) -> dict[str, Any]:
    at = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    return event(number, **{"at": at, **fields})


@contextmanager
def _service(*faults: Fault, latency: float = 0.0, port: int = 0) -> Iterator[tuple[str, Ledger]]:
    ledger = Ledger()
    app = sandbox_app(DESTINATION, validate, faults=faults, latency_seconds=latency, ledger=ledger)
    with serve(app, port) as url:
        yield url, ledger


def _words(shop: Path, url: str, outbox: Path | None = None) -> list[object]:
    kept = outbox or shop / "outbox"
    words = ["send", shop / "small.yaml", shop / "events.ndjson", "--url", url, "--outbox", kept]
    return [*words, "--batch-size", 10]


def _counts(outbox: Path) -> Counts:
    store = open_outbox(outbox)
    try:
        assert store.audit() == []
        return store.status()[0].counts
    finally:
        store.close()


def _sent(shop: Path, url: str, *more: object) -> tuple[int, str]:
    ran = call(*_words(shop, url), *more, env=_SECRETS)
    return ran.exit_code, ran.stderr


def _await(known: Callable[[], bool]) -> None:
    until = clock.monotonic() + 60
    while not known():
        assert clock.monotonic() < until
        clock.sleep(0.01)


def _ended_by(number: int, shop: Path, url: str, known: Callable[[], bool]) -> int:
    """The status of a `send` that is sent a signal once something is known."""
    ran = start(*_words(shop, url), env={**os.environ, **_SECRETS}, stdout=subprocess.DEVNULL)
    _await(known)
    ran.send_signal(number)
    ran.communicate(timeout=60)
    return ran.returncode


def test_f1_killed_with_requests_under_way(shop: Path) -> None:
    port = free_port()
    with _service(Fault("hang", 1.0), port=port) as (url, ledger):
        assert _ended_by(signal.SIGKILL, shop, url, lambda: ledger.processed >= 10) == -signal.SIGKILL
        before = ledger.processed
    with _service(port=port) as (url, again):
        assert _sent(shop, url)[0] == 0
    counts = _counts(shop / "outbox")
    assert (counts.accepted, counts.delivered, counts.pending) == (50, 50, 0)
    assert again.processed == 50
    assert before <= 40  # four requests under way, at first


def test_f2_the_power_is_cut(ground: Ground) -> None:
    disk, chance = Disk(), by_seed("disk")
    with remembered(disk):
        store = open_outbox(ground.folder / "outbox")
        store.put(Accepted(SHOP, "v1", tuple(parcels(30))), NOW)
        kept = len(disk.did)
        for _ in range(3):
            store.put(Accepted(SHOP, "v1", tuple(parcels(1))), NOW)
        store.close()
    for at in range(kept, len(disk.did)):
        for name, content in after_power_cut(disk.did[:at], chance).items():
            if not name.endswith("-shm"):
                (ground.folder / name).write_bytes(content)
        assert 30 <= _counts(ground.folder / "outbox").pending <= 33
    with ground.sandbox() as url:
        assert ground.deliver(url).delivered >= 30


def test_f3_the_disk_is_full_while_events_are_accepted(shop: Path, small_disk: Path) -> None:
    (shop / "events.ndjson").write_text(ndjson(*(_order(one, note="n") for one in range(30_000))))
    port = free_port()
    words = [*_words(shop, f"http://127.0.0.1:{port}/v5", small_disk / "outbox"), "--batch-size", 1000]
    full = call(*words, "--give-up", "1s", env=_SECRETS)
    # It gives up when nothing is delivered that would make space, or ends where there is really none.
    assert full.exit_code in (69, 74), full.stderr
    accepted = _counts(small_disk / "outbox").accepted
    assert 0 < accepted < 30_000
    subprocess.run(["mount", "-o", "remount,size=60m", str(small_disk)], check=True)
    with _service(port=port) as (_, ledger):
        ran = call(*words, env=_SECRETS)
    assert (ran.exit_code, ledger.processed, ledger.duplicates) == (0, 30_000, 0), ran.stderr


def test_f4_the_disk_is_full_while_answers_are_kept(small_disk: Path) -> None:
    ground = Ground(small_disk, trustme.CA())
    ground.accept(list(parcels(2_000)))
    filling = small_disk / "filling"
    store = open_outbox(small_disk / "outbox")
    with store.own(SHOP), suppress(OSError), filling.open("wb") as file:  # with the ballast in its place
        while True:
            file.write(b"x" * 4096)
            file.flush()
    store.close()
    app = sandbox_app(DESTINATION, validate, now=lambda: NOW, ledger=ground.ledger)
    with serve(app) as url:
        seen = ground.deliver(url)
    assert (seen.delivered, seen.pending, ground.ledger.duplicates) == (2_000, 0, 0)


def test_f5_the_disk_fails(ground: Ground) -> None:
    disk, time = Disk(failure=apsw.IOError), Time()
    with ground.sandbox() as url:
        way = Way(SHOP, DESTINATION, connect(endpoint(url), patience=PATIENCE), clock=time.clock)
        with remembered(disk):
            store = open_outbox(ground.folder / "outbox")
            store.put(Accepted(SHOP, "v1", tuple(parcels(20))), NOW)
            store._account(SHOP)
            disk.fails_at = disk.operations + 1
            with pytest.raises(OSError, match="the outbox cannot be read or written"):
                deliver(StoreThread(store, None), way)
            disk.fails_at = None
            store.close()
        seen = ground.deliver(url)
    assert (seen.delivered, seen.pending) == (20, 0)
    assert ground.ledger.duplicates <= 20


def test_f19_an_event_that_the_mapping_cannot_take(shop: Path) -> None:
    with (shop / "events.ndjson").open("a") as file:
        file.write(ndjson("{", _order(51, at="yesterday"), _order(52)))
    with _service() as (url, ledger):
        assert _sent(shop, url)[0] == 0
    counts = _counts(shop / "outbox")
    assert (ledger.processed, counts.delivered, counts.dead) == (51, 51, 2)


def test_f23_it_is_asked_to_end(shop: Path) -> None:
    with _service(latency=0.3) as (url, ledger):
        assert _ended_by(signal.SIGTERM, shop, url, lambda: ledger.arrived > 0) == 143
        counts = _counts(shop / "outbox")
        assert counts.delivered == ledger.processed
        assert _sent(shop, url)[0] == 0
    counts = _counts(shop / "outbox")
    assert (counts.delivered, counts.pending, ledger.duplicates) == (50, 0, 0)


def test_f24_the_outbox_is_damaged(shop: Path) -> None:
    port = free_port()
    _sent(shop, f"http://127.0.0.1:{port}/v5", "--give-up", "1s")
    content = (shop / "outbox").read_bytes()
    assert b"checkout" in content
    (shop / "outbox").write_bytes(content.replace(b"checkout", b"checkouT"))
    with _service(port=port) as (url, ledger):
        status, told = _sent(shop, url)
    assert (status, ledger.arrived) == (78, 0)
    assert "outbox recover" in told


def test_f25_the_file_is_another_one_by_now(shop: Path) -> None:
    with _service() as (url, ledger):
        assert _sent(shop, url)[0] == 0
        (shop / "events.ndjson").write_text(ndjson(*(_order(one) for one in range(100, 130))))
        status, told = _sent(shop, url)
        assert (status, ledger.processed) == (65, 50)
        assert "--from-start" in told
        assert _sent(shop, url, "--from-start")[0] == 0
    assert ledger.processed == 80


def test_f26_the_last_line_is_not_ended(shop: Path) -> None:
    path = shop / "events.ndjson"
    path.write_text(path.read_text() + ndjson(_order(50)).rstrip("\n"))
    with _service() as (url, ledger):
        assert _sent(shop, url)[0] == 0
    assert ledger.processed == 51
