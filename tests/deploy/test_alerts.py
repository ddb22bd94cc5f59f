"""Each alert of docs/deploy/alerts.yaml fires once its cause is made; the dashboard names real metrics."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import replace
from email.utils import formatdate
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import yaml

from mapper.consuming.topic_metrics import topic_metrics
from mapper.consuming.topic_source import TopicProgress
from mapper.delivery.answer import NoReply, Reply, Send
from mapper.delivery.couriers import Couriers, Route
from mapper.delivery.outbox.monitor import OutboxMonitor, state_of
from mapper.delivery.outbox.sqlite import SqliteOutbox, open_outbox
from mapper.delivery.outbox.store import Accepted, Unmapped
from mapper.delivery.outbox.store_thread import StoreThread, in_a_thread
from mapper.delivery.outbox_metrics import Delivering, delivering, write_metrics
from mapper.delivery.terms import Terms
from mapper.running.counts import EventCounts
from mapper.values.safe_text import SafeText
from tests.delivery.deliveries import DESTINATION, NOW, SHOP, endpoint, free_port, kept, parcels
from tests.deploy.dockerfile import DEPLOY
from tests.serving.server import now as event_of_now
from tests.serving.server import serving, write_intake
from tests.support.alerts import comparisons, holds
from tests.support.command import MAPPING, ROOT, environment, start
from tests.support.memory_outbox import MemoryOutbox
from tests.support.metrics import Sample, families, samples, whole_scrape
from tests.support.simulation import VirtualLoop, clock_of, run_virtually, taken
from tests.support.waiting import wait_until

_RULES: dict[str, Any] = {
    rule["alert"]: rule
    for group in yaml.safe_load((DEPLOY / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
}
_MOMENTS: list[dict[str, Any]] = yaml.safe_load(
    (ROOT / "tests/cases/alerts.yaml").read_text(encoding="utf-8")
)
_EXPORTED = {one.name for one in families(whole_scrape())}
_OF_OTHERS = {"up": "Prometheus", "node_textfile_mtime_seconds": "node_exporter"}
"""Metrics that other programs export, of each process and each file."""
_NAME = re.compile(r"\b(?:mapper|node)_[a-z_]+")
_HISTOGRAM = re.compile(r"_(?:bucket|sum|count)$")
_REFUSED = Reply(401, b'{"code": 2, "message": "Authentication failed."}')
_CREDENTIALS = {"PINTEREST_ACCESS_TOKEN": "pina_canary-5d1c", "PINTEREST_AD_ACCOUNT_ID": "549755885175"}

# Samples and the present: before the cause, and after it.
Scrape = tuple[list[Sample], float]
Cause = Callable[[Path], Iterator[Scrape]]


def _of(outbox: SqliteOutbox, now: float) -> Scrape:
    return samples(write_metrics(state_of(outbox), Delivering(), now)), now


def _delivered(
    outbox: SqliteOutbox, *, reply: Callable[[bytes], Reply | NoReply], moments: tuple[float, ...]
) -> Iterator[Scrape]:
    """A service's couriers, in virtual time; scrapes at some moments, the last of which ends them."""
    stop, found = threading.Event(), []
    route = Route(DESTINATION, endpoint("http://127.0.0.1:9/v5"), Terms(service=True, flush_seconds=1.0))

    @asynccontextmanager
    async def connect() -> AsyncIterator[Send]:
        async def send(body: bytes) -> Reply | NoReply:
            return reply(body)

        yield send

    async def run(loop: VirtualLoop) -> None:
        clock = clock_of(loop, lambda: 0.5)
        store = StoreThread(outbox, None)
        couriers = Couriers(store, lambda account: route, stop, clock=clock, connect=lambda *_: connect())

        def scrape() -> None:
            text = write_metrics(state_of(outbox), delivering(couriers), clock.now())
            found.append((samples(text), clock.now()))

        for one in moments:
            loop.call_later(one, scrape)
        loop.call_later(moments[-1], stop.set)
        await couriers.run()

    run_virtually(run)
    yield from found


def _take(body: bytes) -> Reply:
    return taken([event["event_id"] for event in json.loads(body)["data"]])


def _fail(body: bytes) -> Reply:
    return Reply(503, b"")


@contextmanager
def _deliver(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int, Path]]:
    """A courier, its port, and its file of metrics."""
    open_outbox(folder / "outbox").close()
    port, file = free_port(), folder / "mapper.prom"
    words = ("deliver", "--outbox", folder / "outbox", "--listen", port, "--metrics", file)
    with start(*words, env=environment(**_CREDENTIALS), stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(file.exists)
            yield process, port, file
        finally:
            process.kill()


def _courier_is_killed(folder: Path) -> Iterator[Scrape]:
    def up(port: int) -> Scrape:
        with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            try:
                connection.request("GET", "/metrics")
                answers = connection.getresponse().status == 200
            except OSError:
                answers = False
        return [Sample("up", {"job": "mapper-courier"}, float(answers))], time.time()

    with _deliver(folder) as (process, port, _):
        yield up(port)
        process.kill()
        process.wait()
        yield up(port)


def _file_is_stale(folder: Path) -> Iterator[Scrape]:
    with _deliver(folder) as (process, _, file):
        found = Sample("node_textfile_mtime_seconds", {"file": str(file)}, file.stat().st_mtime)
        yield [found], time.time()
        process.kill()
        process.wait()
        found = Sample("node_textfile_mtime_seconds", {"file": str(file)}, file.stat().st_mtime)
        yield [found], time.time() + 61


def _outbox_is_away(folder: Path) -> Iterator[Scrape]:
    time_of, hangs = [0.0], threading.Event()
    with closing(in_a_thread(MemoryOutbox())) as store:
        monitor = OutboxMonitor(store, lambda: time_of[0], patience_seconds=0.1)
        yield samples(write_metrics(monitor.look(), None, NOW)), NOW
        waiting: Future[bool] = store.submit(hangs.wait)
        for time_of[0] in (10.0, 71.0):
            text = write_metrics(monitor.look(), None, NOW)
        hangs.set()
        assert waiting.result()
    yield samples(text), NOW


def _events_wait(folder: Path) -> Iterator[Scrape]:
    outbox = kept(parcels(3))
    yield _of(outbox, NOW + 60)
    yield _of(outbox, NOW + 901)


def _none_is_delivered(folder: Path) -> Iterator[Scrape]:
    outbox = kept(parcels(3))
    *_, first = _delivered(outbox, reply=_take, moments=(60,))
    yield first
    idle = _of(outbox, NOW + 4000)
    assert not _fires("MapperUndelivered", idle)  # nothing waits
    outbox.put(Accepted(SHOP, "v1", tuple(parcels(1))), NOW + 3990)
    yield _of(outbox, NOW + 4000)


def _service_is_down(folder: Path) -> Iterator[Scrape]:
    yield from _delivered(kept(parcels(3)), reply=_fail, moments=(120, 1000))


def _token_is_refused(folder: Path) -> Iterator[Scrape]:
    (good,) = _delivered(kept(parcels(3)), reply=_take, moments=(120,))
    yield good
    yield from _delivered(kept(parcels(3)), reply=lambda body: _REFUSED, moments=(120,))


def _event_is_poison(folder: Path) -> Iterator[Scrape]:
    outbox = kept(parcels(30), 10)

    def reply(body: bytes) -> Reply:
        if b'"e-1"' not in body:
            return _take(body)
        outbox.put(Accepted(SHOP, "v1", tuple(parcels(10, event_id="good"))), NOW)
        return Reply(500, b"")

    yield _of(outbox, NOW)
    *_, last = _delivered(outbox, reply=reply, moments=(40_000,))
    yield last


def _guard_stops_one(folder: Path) -> Iterator[Scrape]:
    outbox = kept(parcels(3))
    yield _of(outbox, NOW)
    outbox.put(Accepted(SHOP, "v1", rejected=(Unmapped(1, "guard", SafeText("blocked")),)), NOW)
    yield _of(outbox, NOW)


def _events_are_old(folder: Path) -> Iterator[Scrape]:
    outbox = kept(parcels(3, event_time=NOW - 30 * 86_400))
    yield _of(outbox, NOW)
    yield from _delivered(outbox, reply=_take, moments=(120,))


def _clock_was_ahead(folder: Path) -> Iterator[Scrape]:
    outbox = MemoryOutbox()
    outbox.put(Accepted(SHOP, "v1", tuple(parcels(1))), NOW + 7200)
    yield _of(outbox, NOW + 7200)
    yield _of(outbox, NOW)


def _clocks_disagree(folder: Path) -> Iterator[Scrape]:
    def reply(ahead: float, body: bytes) -> Reply:
        return replace(_take(body), date=formatdate(NOW + ahead, usegmt=True))

    for ahead in (0.0, 1000.0):
        yield from _delivered(kept(parcels(5000)), reply=partial(reply, ahead), moments=(10,))


def _outbox_is_full(folder: Path) -> Iterator[Scrape]:
    with serving(folder, "--no-deliver", "--max-outbox", "300KiB") as server:
        yield samples(server.ask("GET", "/metrics").body.decode()), time.time()
        events = [event_of_now(number) for number in range(400)]
        wait_until(lambda: server.post("/token", events).status == 503)
        yield samples(server.ask("GET", "/metrics").body.decode()), time.time()


def _disk_is_low(folder: Path) -> Iterator[Scrape]:
    usage = shutil.disk_usage(folder)
    with closing(open_outbox(folder / "outbox")) as outbox, pytest.MonkeyPatch.context() as patch:
        for free in (2**40, 2**30):
            found = usage._replace(free=free)
            patch.setattr(shutil, "disk_usage", lambda _, found=found: found)
            yield samples(write_metrics(state_of(outbox), Delivering(), NOW)), NOW


def _group_gives_no_partition(folder: Path) -> Iterator[Scrape]:
    pytest.importorskip("confluent_kafka")
    from tests.consuming.consuming import setting

    with setting(folder) as one, ExitStack() as stack:
        files = [folder / "first", folder / "second"]
        for file in files:
            running = one.start("--no-deliver", "--metrics", file)
            stack.callback(running.kill)
            wait_until(file.exists)
        # One of both reads the only partition, whichever the group chose.
        wait_until(lambda: sorted(_partitions(file) for file in files) == [0, 1])
        for file in sorted(files, key=_partitions, reverse=True):
            yield samples(file.read_text(encoding="utf-8")), time.time()


def _partitions(file: Path) -> float:
    found = samples(file.read_text(encoding="utf-8"))
    return next(one.value for one in found if one.name == "mapper_kafka_partitions")


def _no_broker_answers(folder: Path) -> Iterator[Scrape]:
    for seconds in (1, 61):
        progress = TopicProgress(unreachable_since=time.monotonic() - seconds, assigned=1)
        yield samples(topic_metrics("orders", progress, EventCounts())), NOW


def _mapping_has_an_error(folder: Path) -> Iterator[Scrape]:
    with serving(folder, "--no-deliver") as server:
        yield samples(server.ask("GET", "/metrics").body.decode()), time.time()
        write_intake(folder, mapping=MAPPING.replace("event_id: id", "event_ids: id"))
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: server.metric("mapper_serve_mapping_taken_up") == 0)
        yield samples(server.ask("GET", "/metrics").body.decode()), time.time()


_CAUSES: dict[str, Cause] = {
    "MapperCourierDown": _courier_is_killed,
    "MapperMetricsStale": _file_is_stale,
    "MapperOutboxUnreachable": _outbox_is_away,
    "MapperBacklog": _events_wait,
    "MapperUndelivered": _none_is_delivered,
    "MapperFailing": _service_is_down,
    "MapperPaused": _token_is_refused,
    "MapperDoubtful": _event_is_poison,
    "MapperGuard": _guard_stops_one,
    "MapperExpired": _events_are_old,
    "MapperClockFault": _clock_was_ahead,
    "MapperClockSkew": _clocks_disagree,
    "MapperNotReady": _outbox_is_full,
    "MapperDiskLow": _disk_is_low,
    "MapperNoPartitions": _group_gives_no_partition,
    "MapperKafkaUnreachable": _no_broker_answers,
    "MapperMappingNotTakenUp": _mapping_has_an_error,
}


def _fires(alert: str, scrape: Scrape) -> bool:
    return holds(_RULES[alert]["expr"], *scrape)


@pytest.mark.parametrize("alert", _CAUSES)
def test_an_alert_fires_once_its_cause_is_there_and_not_before(alert: str, tmp_path: Path) -> None:
    before, after = (_fires(alert, scrape) for scrape in _CAUSES[alert](tmp_path))
    assert (before, after) == (False, True)


@pytest.mark.quick
def test_each_alert_has_a_cause_and_says_what_to_do() -> None:
    assert list(_RULES) == list(_CAUSES)
    for rule in _RULES.values():
        assert set(rule["annotations"]) == {"summary", "description"}
        assert rule["labels"]["severity"] in ("page", "ticket")


@pytest.mark.quick
def test_alerts_name_only_metrics_that_are_exported() -> None:
    named = {one.metric for rule in _RULES.values() for one in comparisons(rule["expr"])}
    assert named - _EXPORTED == set(_OF_OTHERS)


@pytest.mark.quick
def test_the_dashboard_names_only_metrics_that_are_exported() -> None:
    board = json.loads((DEPLOY / "dashboard.json").read_text(encoding="utf-8"))
    panels = board["panels"]
    assert len({one["id"] for one in panels}) == len({one["title"] for one in panels}) == len(panels)
    named = {name for one in panels for target in one["targets"] for name in _NAME.findall(target["expr"])}
    assert named
    assert {_HISTOGRAM.sub("", name) for name in named} - _EXPORTED == set()


def _promtool(*words: object) -> str:
    """The complaints of promtool, "" where all is right."""
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not here: `sh .ci/packages` installs it")
    ran = subprocess.run(["promtool", *map(str, words)], capture_output=True, text=True, check=False)
    return ran.stdout + ran.stderr if ran.returncode else ""


def test_prometheus_takes_the_alerts() -> None:
    assert _promtool("check", "rules", DEPLOY / "alerts.yaml") == ""


@pytest.mark.quick
def test_each_alert_waits_and_has_moments_at_which_it_does_not_fire() -> None:
    assert [one["alert"] for one in _MOMENTS] == list(_RULES)
    assert {name for name, rule in _RULES.items() if not re.fullmatch("[1-9][0-9]*m", rule["for"])} == set()


def test_alerts_fire_in_prometheus_when_they_should_and_at_no_other_time(tmp_path: Path) -> None:
    def expected(row: dict[str, Any], moment: str) -> dict[str, Any]:
        labels = {"severity": _RULES[row["alert"]]["labels"]["severity"]}
        first = next(iter(row["series"]))
        own = dict(re.findall(r'([a-z]+)="([^"]*)"', first))
        alerts = [{"exp_labels": labels | own, "exp_annotations": _RULES[row["alert"]]["annotations"]}]
        return {
            "eval_time": moment,
            "alertname": row["alert"],
            "exp_alerts": alerts if moment in row["fires"] else [],
        }

    tests = [
        {
            "interval": "1m",
            "input_series": [{"series": name, "values": values} for name, values in row["series"].items()],
            "alert_rule_test": [expected(row, moment) for moment in (*row["quiet"], *row["fires"])],
        }
        for row in _MOMENTS
    ]
    file = tmp_path / "alerts.test.yaml"
    whole = {"rule_files": [str(DEPLOY / "alerts.yaml")], "evaluation_interval": "1m", "tests": tests}
    file.write_text(yaml.safe_dump(whole), encoding="utf-8")
    assert _promtool("test", "rules", file) == ""
