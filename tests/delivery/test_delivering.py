"""`mapper.deliver` does what `mapper send` does, in one call, and says first what is wrong with its setup."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

import mapper
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import DeadQuery
from tests.cli.test_send import CREDENTIALS, now, sandbox
from tests.support.command import MAPPING, ROOT, call, event, ndjson
from tests.support.databases import all_closed
from tests.support.service_stand_in import BAD, standing_in

# A day's events as they come: good ones, one of another kind, a test, two that cannot be mapped, one too old.
_LINES = [
    *(event(number, at="NOW") for number in range(40)),
    event(40, at="NOW", type="other"),
    event(41, at="NOW", test=True),
    event(42, at="NOW", id=None),
    event(43, at="2020-05-01T10:00:00Z"),
    "{",
    event(44, at="NOW", total="many"),
]


@pytest.fixture(autouse=True)
def _databases_are_closed() -> Iterator[None]:
    with all_closed():
        yield


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> mapper.Program:
    """The small mapping."""
    path = tmp_path_factory.mktemp("delivering") / "small.yaml"
    path.write_text(MAPPING)
    return mapper.compile_mapping(path)


def _lines() -> list[Any]:
    return json.loads(json.dumps(_LINES).replace("NOW", now()))  # type: ignore[no-any-return]


def _kept(path: Path) -> list[tuple[object, ...]]:
    """The dead letters of an outbox, without what differs from run to run."""
    with closing(open_outbox(path)) as outbox:
        letters = [*outbox.dead_letters(DeadQuery())]
        found = [(one.stage, one.kind, one.reason, one.record, one.body) for one in letters]
        return sorted(found, key=repr)


def _counts(path: Path) -> object:
    with closing(open_outbox(path)) as outbox:
        return [one.counts for one in outbox.status()]


@pytest.mark.parametrize("as_file", [True, False])
def test_it_gives_what_send_gives(as_file: bool, program: mapper.Program, tmp_path: Path) -> None:
    """The same payloads, dead letters and counts; an iterable has objects only, so a broken line is none."""
    lines = [one for one in _lines() if as_file or isinstance(one, dict)]
    file, small = tmp_path / "events.ndjson", tmp_path / "small.yaml"
    file.write_text(ndjson(*lines))
    small.write_text(MAPPING)
    with sandbox() as (url, theirs):
        ran = call("send", small, file, "--url", url, "--outbox", tmp_path / "send.outbox", env=CREDENTIALS)
    receipts: list[mapper.Receipt] = []
    with sandbox() as (url, ours):
        done = mapper.deliver(
            program,
            file if as_file else iter(lines),
            outbox=tmp_path / "own.outbox",
            url=url,
            settings=CREDENTIALS,
            on_receipt=receipts.append,
        )
    assert ours.received == theirs.received
    assert _kept(tmp_path / "own.outbox") == _kept(tmp_path / "send.outbox")
    assert _counts(tmp_path / "own.outbox") == _counts(tmp_path / "send.outbox")
    assert f"{done.events} events: 42 to send, 2 skipped, {done.rejected} rejected" in ran.stderr
    assert (done.delivered, done.expired_count, done.skipped, done.pending) == (41, 1, 2, 0)
    assert (done.events, done.rejected) == ((46, 2) if as_file else (45, 1))
    assert (done.exit_status, ran.exit_code) == (ExitStatus.REFUSED, 1)
    assert Counter(one.status for one in receipts) == {"delivered": 41, "expired": 1}


def test_what_the_service_refuses_is_told_with_its_place(program: mapper.Program) -> None:
    events = [event(0, at=now()), event(1, at=now(), id=f"{BAD}1")]
    receipts: list[mapper.Receipt] = []
    with standing_in("pinterest") as service:
        settings = {**CREDENTIALS, "PINTEREST_ACCESS_TOKEN": service.token}
        done = mapper.deliver(
            program, events, url=service.url, settings=settings, feed="orders", on_receipt=receipts.append
        )
    assert (done.delivered, done.refused_count, done.exit_status) == (1, 1, ExitStatus.REFUSED)
    assert [one.parcel.place for one in receipts if one.status == "refused"] == ["orders:2"]
    assert [one["event_id"] for one in service.taken] == ["o-0"]


def test_a_file_is_resumed_and_what_waits_is_sent(program: mapper.Program, tmp_path: Path) -> None:
    file, outbox = tmp_path / "events.ndjson", tmp_path / "own.outbox"
    file.write_text(ndjson(*(event(number, at=now()) for number in range(3))))
    with sandbox() as (url, ledger):
        given: dict[str, Any] = {"outbox": outbox, "url": url, "settings": CREDENTIALS}
        assert mapper.deliver(program, file, **given).delivered == 3
        assert mapper.deliver(program, str(file), **given).attempts == 0
        with file.open("a") as more:
            more.write(ndjson(event(3, at=now())))
        found = mapper.deliver(program, file, **given)
        assert (found.events, found.delivered) == (1, 1)
        file.write_text(ndjson(event(9, at=now())))
        with pytest.raises(mapper.SetupError, match="is not the file that was read before") as caught:
            mapper.deliver(program, file, **given)
        assert "--from-start" in caught.value.hint
        assert "a name of its own" in caught.value.hint
    assert (len(ledger.received), ledger.duplicates) == (4, 0)


def test_an_iterable_may_hold_values_of_python(program: mapper.Program) -> None:
    moment = datetime.fromtimestamp(int(time.time()), UTC)
    events: list[Any] = [
        event(0, at=moment, total=Decimal("1.50")),
        MappingProxyType(event(1, at=now())),
        event(2, at=now(), more=object()),
        "no object",
        event(4, at=now(), total=float("nan")),
    ]
    with sandbox() as (url, ledger):
        found = mapper.deliver(program, (one for one in events), url=url, settings=CREDENTIALS)
    assert [one["event_id"] for one in ledger.received[:2]] == ["o-0", "o-1"]
    assert (found.events, found.delivered + found.rejected) == (5, 5)
    assert found.rejected >= 2


@pytest.mark.parametrize("raised", [KeyError, KeyboardInterrupt, SystemExit])
def test_what_an_iterable_raises_is_raised_after_what_came_before_it(
    raised: type[BaseException], program: mapper.Program
) -> None:
    def events() -> Iterator[dict[str, Any]]:
        yield from (event(number, at=now()) for number in range(3))
        raise raised("of the caller")

    with sandbox() as (url, ledger), pytest.raises(raised, match="of the caller"):
        mapper.deliver(program, events(), url=url, settings=CREDENTIALS)
    assert len(ledger.received) == 3


def test_an_event_is_delivered_though_the_next_one_does_not_come_yet(program: mapper.Program) -> None:
    heard = threading.Event()

    def events() -> Iterator[dict[str, Any]]:
        yield event(0, at=now())
        assert heard.wait(60)

    with sandbox() as (url, _):
        found = mapper.deliver(
            program, events(), url=url, settings=CREDENTIALS, on_receipt=lambda receipt: heard.set()
        )
    assert found.delivered == 1


def test_an_interrupted_delivery_does_not_wait_for_the_next_event(
    program: mapper.Program, tmp_path: Path
) -> None:
    released = threading.Event()

    def events() -> Iterator[dict[str, Any]]:
        yield event(0, at=now())
        released.wait(60)
        yield event(1, at=now())

    def interrupt(receipt: mapper.Receipt) -> None:
        raise KeyboardInterrupt

    with sandbox() as (url, _):
        given: dict[str, Any] = {"url": url, "settings": CREDENTIALS, "outbox": tmp_path / "own.outbox"}
        with pytest.raises(KeyboardInterrupt):
            mapper.deliver(program, events(), on_receipt=interrupt, **given)
        assert not released.is_set()
        released.set()
        assert mapper.deliver(program, [], **given).pending == 0


def test_what_was_read_when_a_delivery_ends_early_is_in_the_outbox(
    program: mapper.Program, tmp_path: Path
) -> None:
    """The service refuses the token. One more event may be taken out of a live iterable that it waits for."""
    taken: list[int] = []

    def events() -> Iterator[dict[str, Any]]:
        for number in range(100_000):
            taken.append(number)
            yield event(number, at=now())
            time.sleep(0.002)

    path = tmp_path / "own.outbox"
    with standing_in("pinterest") as service:
        given: dict[str, Any] = {"url": service.url, "outbox": path}
        done = mapper.deliver(program, events(), settings=CREDENTIALS, **given)
        assert done.stopped
        assert len(taken) - 1 <= done.events == done.pending
        settings = {**CREDENTIALS, "PINTEREST_ACCESS_TOKEN": service.token}
        assert mapper.deliver(program, [], settings=settings, **given).delivered == done.events
    assert len(service.taken) == done.events


def test_an_outbox_that_another_call_delivers_from_is_an_os_error(
    program: mapper.Program, tmp_path: Path
) -> None:
    """The events of both calls are accepted, and one of them delivers all."""
    found: list[object] = []

    def again(receipt: mapper.Receipt) -> None:
        if not found:
            with pytest.raises(OSError, match="another process delivers for"):
                mapper.deliver(program, [event(1, at=now())], **given)
            found.append(receipt)

    with sandbox() as (url, ledger):
        given: dict[str, Any] = {"url": url, "settings": CREDENTIALS, "outbox": tmp_path / "own.outbox"}

        def other(receipt: mapper.Receipt) -> None:
            thread = threading.Thread(target=again, args=(receipt,))
            thread.start()
            thread.join()

        mapper.deliver(program, [event(0, at=now())], on_receipt=other, **given)
        mapper.deliver(program, [], **given)
    assert len(found) == 1
    assert sorted(one["event_id"] for one in ledger.received) == ["o-0", "o-1"]


def test_the_reasons_of_rejections_are_told_with_a_place(program: mapper.Program) -> None:
    events: list[Any] = [event(0, at=now()), event(1, at=now(), id=None), "no object", event(3, id=None)]
    with sandbox() as (url, _):
        found = mapper.deliver(program, events, url=url, settings=CREDENTIALS, feed="orders")
    told = {(one.text, one.count, one.first) for one in found.rejections}
    assert ("event_id: is required but missing", 2, "orders:2") in told
    assert ("not a JSON object", 1, "orders:3") in told
    assert "rejected=3" in repr(found)


def test_what_a_hearer_raises_is_raised(program: mapper.Program) -> None:
    def hear(receipt: mapper.Receipt) -> None:
        raise ValueError("of the caller")

    with sandbox() as (url, _), pytest.raises(ValueError, match="of the caller"):
        mapper.deliver(program, [event(0, at=now())], url=url, settings=CREDENTIALS, on_receipt=hear)


@pytest.mark.parametrize(
    ("changed", "message", "hint"),
    [
        ({"settings": {}}, "must be set in `settings`", "Ads Manager"),
        ({"settings": {**CREDENTIALS, "PINTEREST_AD_ACCOUNT_ID": "shop"}}, "PINTEREST_AD_ACCOUNT_ID is", ""),
        ({"settings": None}, "must be set in the environment", ""),
        ({"url": "http://example.com/v5"}, "the address", "https://api.pinterest.com/v5"),
        ({"outbox": "gopher://nowhere/x"}, "", "postgresql://"),
        ({"outbox": "."}, "the outbox . cannot be opened: Is a directory", ""),
        ({"settings": {**CREDENTIALS, "PINTEREST_ACCESS_TOKEN": None}}, "must be set in `settings`", ""),
    ],
)
def test_a_wrong_setup_is_said_before_an_event_is_read(
    changed: dict[str, Any],
    message: str,
    hint: str,
    program: mapper.Program,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events = map(pytest.fail, ["it is read"])
    for name in CREDENTIALS:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(mapper.SetupError) as caught:
        mapper.deliver(program, events, **{"settings": CREDENTIALS, **changed})
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.message in str(caught.value)
    assert not [one for one in CREDENTIALS.values() if one in str(caught.value)]


def test_a_raw_program_and_a_running_loop_are_refused(program: mapper.Program) -> None:
    with pytest.raises(mapper.SetupError, match="guard=False"):
        mapper.deliver(mapper.compile_text(MAPPING, guard=False), [], settings=CREDENTIALS)

    async def within() -> None:
        mapper.deliver(program, [], settings=CREDENTIALS)

    with pytest.raises(mapper.SetupError, match=r"asyncio\.to_thread"):
        asyncio.run(within())


def test_a_target_of_a_project_is_refused(tmp_path: Path) -> None:
    (tmp_path / "schemas/warehouse").mkdir(parents=True)
    schema = {"type": "object", "properties": {"id": {"type": "string"}}}
    (tmp_path / "schemas/warehouse/parcel.json").write_text(json.dumps(schema))
    path = tmp_path / "parcel.yaml"
    path.write_text(
        "name: p\nversion: 1\ntarget: warehouse/parcel\npayload: {id: no}\notherwise: {send: any}\n"
    )
    with pytest.raises(mapper.SetupError, match="warehouse/parcel"):
        mapper.deliver(mapper.compile_mapping(path), [], settings={})


def test_a_test_counts_nothing_and_makes_no_outbox(program: mapper.Program, tmp_path: Path) -> None:
    outbox = tmp_path / "own.outbox"
    with sandbox() as (url, ledger):
        found = mapper.deliver(
            program, [event(0, at=now())], outbox=outbox, test=True, url=url, settings=CREDENTIALS
        )
    assert (found.test, found.delivered, ledger.received) == (True, 1, [])
    assert not outbox.exists()


_KILLED = """
import sys
import mapper
from mapper import delivering, feeds
from mapper.delivery.outbox import acceptor, parcel_rows
from tests.support import killing
from tests.cli.test_send import CREDENTIALS

mapping, events, outbox, url, point, nth = sys.argv[1:]
feeds.CHUNK = 700
acceptor.CHUNK_EVENTS = parcel_rows.CHUNK_EVENTS = 7
program = mapper.compile_mapping(mapping)
killing._arm(*killing.POINTS[point], int(nth))
mapper.deliver(program, events, outbox=outbox, url=url, settings=CREDENTIALS)
"""


@pytest.mark.parametrize(
    ("point", "nth"),
    [
        ("before events are accepted", 2),
        ("amid the transaction that accepts events", 3),
        ("after events are accepted", 2),
        ("before a request", 1),
        ("after a settlement", 1),
    ],
)
def test_after_a_kill_nothing_is_lost_and_nothing_comes_twice(
    point: str, nth: int, program: mapper.Program, tmp_path: Path
) -> None:
    file, small, outbox = tmp_path / "events.ndjson", tmp_path / "small.yaml", tmp_path / "own.outbox"
    file.write_text(ndjson(*(event(number, at=now()) for number in range(60))))
    small.write_text(MAPPING)
    with sandbox() as (url, ledger):
        words = [sys.executable, "-c", _KILLED, *map(str, (small, file, outbox, url, point, nth))]
        ran = subprocess.run(words, cwd=ROOT, capture_output=True, timeout=120, check=False)
        assert ran.returncode == -signal.SIGKILL, ran.stderr.decode()
        found = mapper.deliver(program, file, outbox=outbox, url=url, settings=CREDENTIALS)
    assert found.events < 60 or point.startswith("before events")
    assert Counter(one["event_id"] for one in ledger.received) == {f"o-{number}": 1 for number in range(60)}
    assert (found.pending, found.possible_duplicates) == (0, 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("outbox", 5),
        ("outbox", b"x"),
        ("url", 5),
        ("test", "yes"),
        ("test", None),
        ("feed", None),
        ("feed", 5),
    ],
)
def test_an_option_of_another_type_is_named_before_an_event_is_read(
    name: str, value: object, program: mapper.Program
) -> None:
    events = map(pytest.fail, ["it is read"])
    with pytest.raises(TypeError, match=f"`{name}` must be .*, not {type(value).__name__}"):
        mapper.deliver(program, events, settings=CREDENTIALS, **{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["take", "flush", "turn", "flush_late"])
def test_a_mistake_while_events_are_accepted_is_no_delivery(
    method: str, program: mapper.Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An end that looks like that of the events would let them be lost."""

    def fail(*arguments: object) -> None:
        raise KeyError("a mistake of ours")

    monkeypatch.setattr(f"mapper.delivery.outbox.acceptor.Acceptor.{method}", fail)

    def slowly() -> Iterator[dict[str, Any]]:
        yield event(1, at=now())
        time.sleep(1.5 if method == "flush_late" else 0)

    with sandbox() as (url, _), pytest.raises(KeyError):
        mapper.deliver(program, slowly(), url=url, settings=CREDENTIALS)


@pytest.mark.parametrize("name", ["events", "\udcff", "a\nb", "", "\0"])
def test_events_are_kept_whatever_they_are_called(name: str, program: mapper.Program, tmp_path: Path) -> None:
    outbox = tmp_path / "kept.outbox"
    with sandbox() as (url, _):
        given = [event(1, at=now()), event(2, at=now(), id=None)]
        found = mapper.deliver(program, given, outbox=outbox, url=url, settings=CREDENTIALS, feed=name)
        assert (found.delivered, found.rejected, len(_kept(outbox))) == (1, 1, 1)
