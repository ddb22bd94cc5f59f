"""The lines of a log about a state that lasts: its beginning, now and then that it goes on, and its end."""

from __future__ import annotations

import random
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from mapper.cli.metrics_file import MetricsFile
from mapper.delivery.answer import NoReply, Reply, Send
from mapper.delivery.clock import SYSTEM, Skew
from mapper.delivery.couriers import Couriers, Route
from mapper.delivery.outbox.room import Room, SpaceLimits
from mapper.delivery.outbox.store import Accepted, Account
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.delivery.terms import Terms
from mapper.texts.log_events import LogLine
from mapper.values.safe_text import SafeText, span
from tests.delivery.deliveries import DESTINATION, NOW, SHOP, endpoint, kept, parcels
from tests.support.depth import some
from tests.support.memory_outbox import MemoryOutbox
from tests.support.simulation import Faults, Service, Settings, VirtualLoop, clock_of, run_virtually

pytestmark = pytest.mark.quick

_HOUR = 3600.0


def _told(
    faults: Faults, seconds: float, settings: Settings = (), every: float = 300.0, *, dated: bool = False
) -> list[LogLine]:
    """The lines that couriers write in so long, to whom an event comes now and then.

    dated: the service says its time.
    """
    lines: list[LogLine] = []

    async def run(loop: VirtualLoop) -> None:
        outbox, stop, service = MemoryOutbox(), threading.Event(), Service(loop, faults, random.Random(1))
        route = Route(DESTINATION, endpoint("http://127.0.0.1:9/v5"), Terms(service=True, flush_seconds=1.0))
        clock = clock_of(loop, lambda: 0.5, settings)

        @asynccontextmanager
        async def connect(*_: Any) -> AsyncIterator[Send]:
            async def send(body: bytes) -> Reply | NoReply:
                reply = await service.send(body)
                moment = formatdate(NOW + loop.now, usegmt=True) if dated else ""
                return replace(reply, date=moment) if isinstance(reply, Reply) else reply

            yield send

        def say(account: Account | None, line: LogLine) -> None:
            lines.append(line)

        for number in range(int(seconds / every)):
            made = tuple(parcels(1, event_id=f"e-{number}"))
            loop.call_later(number * every, outbox.put, Accepted(SHOP, "v1", made), NOW)
        loop.call_later(seconds, stop.set)
        store = StoreThread(outbox, None)
        await Couriers(store, lambda _: route, stop, clock=clock, say=say, connect=connect).run()

    run_virtually(run)
    return lines


@pytest.mark.parametrize("hours", some([0.5, 3, 26], 1))
def test_an_outage_is_said_when_it_begins_and_ends_and_every_quarter_of_an_hour(hours: float) -> None:
    begin, end = 600.0, 600.0 + hours * _HOUR
    lines = _told(Faults(outages=((begin, end),)), end + 2 * _HOUR)
    events = [one.event for one in lines]
    assert events == ["retrying"] * (len(events) - 1) + ["recovered"]
    # A wait between two requests may be five minutes long.
    assert hours * 3 <= len(events) - 1 <= hours * 4 + 1
    assert abs(lines[-1].facts["failing_seconds"] - hours * _HOUR) < 400  # type: ignore[operator]  # a number
    assert "503" in lines[0]
    assert " by now; retrying in " in lines[-2]


@pytest.mark.parametrize("seconds", some([0.3, 15.0, 100.0, 4000.0, 95_000.0], 3))
def test_a_line_says_the_same_length_of_time_in_words_and_in_its_fields(seconds: float) -> None:
    lines = _told(Faults(outages=((600.0, 600.0 + seconds),)), 600.0 + seconds + _HOUR)
    for at, line in enumerate(lines):
        failing = span(int(line.facts["failing_seconds"]))
        if line.event == "recovered":
            assert line.startswith(f"delivering again after {failing}: ")
        else:
            assert line.endswith(f"; retrying in {span(int(line.facts['wait_seconds']))}")
            assert at == 0 or f" for {failing} by now; " in line


def test_a_short_outage_that_is_said_has_an_end() -> None:
    begin, end = _told(Faults(outages=((600.0, 615.0),)), 1200.0)
    assert (begin.event, end.event) == ("retrying", "recovered")
    assert (end.facts["delivered"], end.facts["waiting"]) == (1, 0)


def test_requests_that_fail_now_and_then_are_said_at_most_once_a_minute() -> None:
    lines = _told(Faults({"429": 0.4}, requests_per_second=5), _HOUR, every=2.0)
    assert len(lines) <= 2 * 61
    begins = [at for at, one in enumerate(lines) if one.event == "retrying"]
    assert all(lines[at + 1].event == "recovered" for at in begins if at + 1 < len(lines))


def test_a_clock_that_is_set_is_said_once_also_while_nothing_waits() -> None:
    for at in (10.0, 1000.0, 2000.5):
        lines = _told(Faults(), 2 * _HOUR, ((0.0, 0.0), (at, _HOUR), (at + 700.0, 0.0)))
        sets = [one.facts["ahead_seconds"] for one in lines if one.event == "clock_set"]
        assert sets == [3600, -3600], lines


@pytest.mark.parametrize("ahead", [_HOUR, -_HOUR])
def test_a_clock_that_is_set_wrong_is_ahead_by_as_much_for_itself_as_for_the_service(ahead: float) -> None:
    lines = _told(Faults(), 2 * _HOUR, ((0.0, 0.0), (1000.0, ahead)), dated=True)
    assert [one.event for one in lines] == ["clock_set", "clock_skew"]
    told = [one.facts["ahead_seconds"] for one in lines]
    assert told == [ahead, pytest.approx(ahead, abs=2)]  # a response says whole seconds
    words = ("forward", "fast") if ahead > 0 else ("back", "slow")
    assert all(f" {word} " in line for word, line in zip(words, lines, strict=True))


def test_a_clock_that_disagrees_is_said_and_that_it_agrees_again_once_answers_do() -> None:
    skew = Skew(replace(SYSTEM, now=lambda: 0.0))
    answers = [0, 0, 0, 3600, 3600, 3600, 3600, 0, 3600, 3600, 3600, 0, 0, 0, 0, None, 0]
    changed = [at for at, ahead in enumerate(answers) if skew.hear(ahead)]
    assert changed == [5, 13]


def test_a_feed_that_waits_for_room_says_when_it_goes_on() -> None:
    outbox, said = kept(parcels(3)), list[LogLine]()

    room = Room(StoreThread(outbox, None), SpaceLimits(most_bytes=1), threading.Event(), said.append)
    room.idle = lambda: setattr(room, "limits", SpaceLimits())
    room.wait()
    room.wait()
    assert [one.event for one in said] == ["outbox_full", "outbox_back"]


def test_a_file_of_metrics_that_can_be_written_again_is_said(tmp_path: Path) -> None:
    class Hearing:
        def __init__(self) -> None:
            self.events: list[str] = []

        def say(self, line: SafeText) -> None:
            assert isinstance(line, LogLine)
            self.events.append(line.event)

    heard = Hearing()
    file = MetricsFile(str(tmp_path / "later" / "mapper.prom"), heard)
    file.write("1")
    file.write("2")
    (tmp_path / "later").mkdir()
    file.write("3")
    file.write("4")
    assert heard.events == ["unwritable_metrics", "metrics_written"]
