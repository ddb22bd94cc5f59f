"""`mapper run`: payloads in order on stdout, everything else counted on stderr; no event stops it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import mapper
from mapper.feeds import SourceEvent, read_events
from mapper.runtime.decode import LONGEST_EVENT
from tests.support.command import MAPPING, SEGMENT, SHOP, WRONG, call, environment, event, give, ndjson, start

EVENTS = (
    event(1),
    {"type": "order", "test": True},
    "",
    event(2, total="not a number"),
    {"type": "return"},
    '{"type": ',
    "[1]",
    event(3, email=None),
    event(4, at="2026-05-01T10:00:00"),
    {"type": "view", **{name: event(5)[name] for name in ("id", "at", "email")}},
)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The small mapping, in a folder to be in."""
    path = tmp_path / "small.yaml"
    path.write_text(MAPPING)
    return path


def payloads(text: str | bytes) -> list[dict[str, Any]]:
    """Payloads, one a line."""
    return [json.loads(line) for line in text.splitlines()]


def test_payloads_come_one_a_line_in_the_order_of_the_events(small: Path) -> None:
    ran = call("run", small, stdin=ndjson(*EVENTS))
    assert ran.exit_code == 0
    assert [one["event_id"] for one in payloads(ran.stdout)] == ["o-1", "o-2", "o-5"]
    assert ran.stdout.endswith("}\n")


def test_a_summary_counts_what_was_sent_skipped_rejected_and_left_out(small: Path) -> None:
    ran = call("run", small, stdin=ndjson(*EVENTS))
    assert ran.stderr.splitlines() == [
        "9 events: 3 to send, 2 skipped, 4 rejected",
        "to send",
        "          2  checkout",
        "          1  page_visit",
        "skipped",
        "          1  a test order",
        "          1  unmapped: names that no section takes (first on line 5)",
        "rejected",
        "          1  event_time: the time has no UTC offset; set `zone`, e.g. `Europe/Berlin`"
        " (first on line 9)",
        "          1  not JSON: unexpected end (first on line 6)",
        "          1  not a JSON object (first on line 7)",
        "          1  user_data: is required but missing (first on line 8)",
        f"  why: mapper explain {small} EVENT (for example line 8)",
        "notes",
        f"          1  custom_data.value: not a number ({small}:15, first on line 4)",
    ]


def test_a_value_of_a_person_names_no_event_that_is_not_mapped(small: Path) -> None:
    small.write_text(MAPPING.replace("match: type", "match: email"))
    rejects = small.with_name("rejects")
    ran = call("run", small, "--rejects", rejects, stdin=ndjson(event(1)))
    assert "          1  unmapped: no name (first on line 1)\n" in ran.stderr
    assert "ada1" not in ran.stderr + rejects.read_text()


_CONSENT = "consent: {granted: ads, when_missing: granted, when_denied: skip}"


def test_a_note_of_a_condition_or_of_consent_names_its_rule_too(small: Path) -> None:
    small.write_text(
        MAPPING.replace("boolean(test)", "abs(test)")
        .replace(
            "match: type",
            f"{_CONSENT}\nmatch: abs(type)",
        )
        .replace("is: view,", "when: abs(type),")
    )
    told = call("run", small, stdin=ndjson(event(1, test="x", ads="perhaps"), {"type": "view"})).stderr
    for part, line in (("skip", 5), ("match", 12), ("events", 17)):
        assert re.search(rf" {part}: .*, not a string \({small}:{line}, first on line 1\)\n", told), part
    small.write_text(MAPPING.replace("match: type", f"{_CONSENT}\nmatch: type"))
    told = call("run", small, stdin=ndjson(event(1, ads="yes"), event(2, ads="perhaps"))).stderr
    assert f"consent: is not yes or no; treated as denied ({small}:11, first on line 2)\n" in told


def test_a_payload_that_is_stripped_is_counted_by_what_consent_lacks(small: Path) -> None:
    consent = _CONSENT.replace("skip", "{strip: [custom_data.value]}").replace(
        "missing: granted", "missing: denied"
    )
    small.write_text(MAPPING.replace("match: type", f"{consent}\nmatch: type"))
    answers = ("no", "off", "perhaps", None, "yes")
    told = call("run", small, stdin=ndjson(*(event(1, ads=one) for one in answers))).stderr
    line = "fields removed, no consent: 4 events (consent denied: 2, unreadable: 1, missing: 1)"
    assert line in told.splitlines()
    told = call("run", small, stdin=ndjson(event(1))).stderr
    assert "fields removed, no consent: 1 event (consent missing)" in told.splitlines()
    assert "stripped" not in call("run", small, stdin=ndjson(event(1, ads=True))).stderr


_WANTING = MAPPING.replace(
    "currency: {const: EUR}}}",
    """currency: {const: EUR}, order_id:
      {from: [number, order.number]},
      contents: {each: lines, item: {id: sku, item_price: price,
        item_name: {from: [
          title, name]}}}}}""",
)


def _never(stderr: str) -> list[str]:
    """The lines of the last block of a summary."""
    return stderr.partition("never had a value in this run\n")[2].splitlines()


def test_what_no_payload_had_a_value_for_is_told_with_the_place_of_its_rule(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(small.parent)
    small.write_text(_WANTING.replace("is: view", "is: search"))
    lines = [{"sku": "a", "price": 1}, {"sku": "b"}]
    Path("my events").write_text(ndjson({"type": "return"}, event(1), event(2, lines=lines)))
    assert _never(call("run", "small.yaml", "my events").stderr) == [
        "  custom_data.order_id  (small.yaml:16)",
        "  custom_data.contents[].item_name  (small.yaml:19)",
        "  why: mapper explain small.yaml 'my events:2'",
    ]
    told = _never(call("run", "small.yaml", stdin=ndjson(event(1))).stderr)
    assert told[1] == "  custom_data.contents and 3 rules below it  (small.yaml:17)"
    assert told[-1] == "  why: mapper explain small.yaml EVENT (for example line 1)"


def test_a_section_that_sent_nothing_lists_nothing_and_one_value_is_enough(small: Path) -> None:
    small.write_text(_WANTING)
    view = {**event(5), "type": "view"}
    assert not _never(call("run", small, stdin=ndjson(view)).stderr)
    full = [{"sku": "a", "price": 1}, {"name": "b"}]
    everything = [event(1), {**event(2), "number": 1}, event(3, lines=full), view]
    assert not _never(call("run", small, stdin=ndjson(*everything)).stderr)
    assert not _never(call("run", small, stdin=ndjson({"type": "order"})).stderr)


def test_sections_that_share_a_path_are_one_line(small: Path) -> None:
    small.write_text(
        MAPPING.replace("send: page_visit", "send: page_visit, payload: {custom_data: {value: worth}}")
    )
    view = {**event(5), "type": "view"}
    assert _never(call("run", small, stdin=ndjson(event(1, total=None), view)).stderr)[:2] == [
        f"  custom_data.value  ({small}:15 and 1 more)",
        f"  custom_data.currency  ({small}:15)",
    ]
    assert not _never(call("run", small, stdin=ndjson(event(1), view)).stderr)
    assert not _never(call("run", small, stdin=ndjson({**view, "worth": 1}, event(1))).stderr)


def test_rejects_have_a_line_for_each_event_that_is_not_sent(small: Path) -> None:
    rejects = small.with_name("rejects.ndjson")
    call("run", small, "--rejects", rejects, stdin=ndjson(*EVENTS))
    found = payloads(rejects.read_bytes())
    assert [(one["line"], one["outcome"]) for one in found] == [
        (2, "skipped"),
        (5, "skipped"),
        (6, "rejected"),
        (7, "rejected"),
        (8, "rejected"),
        (9, "rejected"),
    ]
    assert all(
        set(reason) == {"kind", "path", "place", "message"} for one in found for reason in one["reasons"]
    )
    by_line = {one["line"]: one["reasons"][0] for one in found}
    assert by_line[2]["message"] == "a test order"
    assert by_line[5] == {"kind": "unmapped", "path": "", "place": "", "message": "no section takes it"}
    assert (by_line[6]["kind"], by_line[6]["place"]) == ("malformed", "<stdin>:6")
    assert (by_line[9]["path"], by_line[9]["place"]) == ("event_time", f"{small}:9:15")


def test_a_rejected_event_fails_the_run_only_where_asked(small: Path) -> None:
    fine, broken = ndjson(event(1)), ndjson(event(1), "{")
    assert call("run", small, "--fail-on-reject", stdin=fine).exit_code == 0
    assert call("run", small, "--fail-on-reject", stdin=broken).exit_code == 1
    assert call("run", small, stdin=broken).exit_code == 0


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("events.ndjson", ndjson(event(1), event(2))),
        ("events.json", json.dumps([event(1), event(2)], indent=2)),
        ("events.json", json.dumps([event(1), event(2)])),
        ("events", "\ufeff" + ndjson(event(1), event(2)).replace("\n", "\r\n")),
        ("events.txt", json.dumps(event(1), indent=1) + "\n" + json.dumps(event(2))),
    ],
)
def test_events_come_from_a_file_or_stdin_in_any_layout(small: Path, name: str, content: str) -> None:
    file = small.with_name(name)
    file.write_text(content, encoding="utf-8", newline="")
    arguments = ["--input-format", "json"] if name == "events.txt" else []
    for ran in (
        call("run", small, file, *arguments),
        call("run", small, "-", *arguments, stdin=content.encode()),
        call("run", small, *arguments, stdin=content.encode()),
    ):
        assert [one["event_id"] for one in payloads(ran.stdout)] == ["o-1", "o-2"]


def test_payloads_and_rejects_go_to_files_or_stdout(small: Path) -> None:
    out = small.with_name("out.ndjson")
    ran = call("run", small, "-o", out, stdin=ndjson(event(1), {}))
    assert (ran.exit_code, ran.stdout) == (0, "")
    assert len(payloads(out.read_bytes())) == 1
    ran = call("run", small, "-o", out, "--rejects", "-", stdin=ndjson(event(1), {}))
    assert [one["line"] for one in payloads(ran.stdout)] == [2]
    nowhere = call("run", small, "-o", "/dev/null", "--rejects", "/dev/null", stdin=ndjson(event(1), {}))
    assert nowhere.exit_code == 0


@pytest.mark.parametrize("command", ["run", "send"])
@pytest.mark.parametrize("read", ["small.yaml", "events.ndjson"])
@pytest.mark.parametrize("way", ["itself", "another spelling", "a symlink", "a hard link"])
def test_no_output_is_a_file_that_is_read(
    small: Path, monkeypatch: pytest.MonkeyPatch, command: str, read: str, way: str
) -> None:
    monkeypatch.chdir(small.parent)
    Path("events.ndjson").write_text(ndjson(event(1)))
    Path("symlink").symlink_to(read)
    Path("hardlink").hardlink_to(read)
    named = {"itself": read, "another spelling": f"../{small.parent.name}/{read}"}
    output = named.get(way, "symlink" if way == "a symlink" else "hardlink")
    before = Path(read).read_bytes()
    for option in ("-o", "--rejects") if command == "run" else ("--rejects",):
        ran = call(command, "small.yaml", "events.ndjson", option, output)
        assert (ran.exit_code, ran.stdout) == (2, "")
        assert f"Error: {output} is also an input and would be overwritten" in ran.stderr
        assert Path(read).read_bytes() == before


def test_two_outputs_are_two_files(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(small.parent)
    Path("symlink").symlink_to("out.ndjson")
    for one, other in (("-", "-"), ("out.ndjson", "./out.ndjson"), ("out.ndjson", "symlink")):
        ran = call("run", "small.yaml", "-o", one, "--rejects", other, stdin=ndjson(event(1)))
        assert (ran.exit_code, ran.stdout) == (2, "")
        assert "is given twice, so one output would overwrite the other" in ran.stderr
    assert not Path("out.ndjson").exists()


def test_a_file_that_comes_by_stdin_is_read_too(small: Path) -> None:
    events = small.with_name("events.ndjson")
    events.write_text(ndjson(event(1)))
    with events.open("rb") as file, start("run", small, "--rejects", events, stdin=file) as run:
        assert (run.wait(20), events.read_text()) == (2, ndjson(event(1)))


def test_a_mapping_with_errors_sends_nothing_and_keeps_stdout_clean(small: Path) -> None:
    small.write_text(WRONG)
    ran = call("run", small, stdin=ndjson(event(1)))
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert ran.stderr == call("check", small).stdout + "checked 1 mapping: 1 error, no warnings\n"


@pytest.mark.parametrize("name", ["events.avro", "events.XLSX", "events.ndjson.zst"])
def test_a_kind_of_file_that_is_not_read_is_refused_by_its_name(small: Path, name: str) -> None:
    small.with_name(name).write_text("a,b\n")
    ran = call("run", small, small.with_name(name))
    assert ran.exit_code == 2
    assert "which is not supported" in ran.stderr


def test_what_is_wrong_with_an_event_costs_that_event_only(small: Path) -> None:
    deep, long = "[" * 100_000, json.dumps(event(9, note="x" * LONGEST_EVENT))
    others: list[Any] = [None, [], "x", {"__class__": 1}, {"type": ["order"]}]
    hostile = ['{"a": NaN}', '{"a": 1e999}', '{"a": "\\ud800"}', deep, long, "\x00", "{} {}"]
    hostile += [json.dumps(one) for one in others]
    ran = call("run", small, stdin=ndjson(event(1), *hostile, event(2, id=10**30)))
    assert [one["event_id"] for one in payloads(ran.stdout)] == ["o-1", "1" + "0" * 30]
    assert ran.exit_code == 0


def test_no_value_of_a_person_is_told(small: Path) -> None:
    canary = "canary-7f3a@example.com"
    bad = [
        f'{{"email": "{canary}", ',
        f'["{canary}"]',
        f'"{canary}\\ud800"',
        {"type": "order", "email": canary},
    ]
    bad += [event(1, email=f"{canary} {canary}"), event(2, id=[canary]), event(3, at=canary)]
    rejects = small.with_name("rejects.ndjson")
    ran = call("run", small, "--rejects", rejects, stdin=ndjson(*bad))
    assert len(payloads(rejects.read_bytes())) == len(bad)
    for told in (ran.stdout, ran.stderr, rejects.read_text()):
        assert "canary" not in told


def test_the_shop_s_events_give_what_their_program_gives() -> None:
    program = mapper.compile_mapping(SEGMENT)
    with SHOP.open("rb") as file:
        fed = [one for one in read_events(file) if isinstance(one, SourceEvent)]
    made = [outcome.payload for one in fed for outcome in program.apply(one.event)]
    expected = [payload for payload in made if payload is not None]
    ran = call("run", SEGMENT, SHOP)
    assert payloads(ran.stdout) == expected
    assert len(expected) > 30


def test_a_payload_leaves_as_soon_as_its_event_came(small: Path) -> None:
    run = start("run", small)
    give(run, 1, 2)
    rest, told = run.communicate(timeout=60)
    assert (run.returncode, rest) == (0, b"")
    assert told.startswith(b"2 events: 2 to send")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_with_status_130_and_one_line(small: Path, number: int) -> None:
    run = start("run", small)
    give(run, 1)
    run.send_signal(number)
    _, told = run.communicate(timeout=60)
    assert (run.returncode, told) == (130, b"mapper: interrupted\n")


def test_a_reader_that_goes_away_is_told_in_one_line(small: Path) -> None:
    events = small.with_name("events.ndjson")
    events.write_text(ndjson(*(event(number) for number in range(20_000))))
    with start("run", small, events) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        assert run.stdout.readline()
        run.stdout.close()
        told, status = run.stderr.read().decode(), run.wait(20)
    assert re.fullmatch(
        r"mapper: the reader of the payloads closed the pipe, after line [\d,]+ of the feed\n", told
    )
    assert status == 2


@pytest.mark.parametrize("locale", ["C", "POSIX", "tr_TR.ISO-8859-9"])
def test_it_is_utf_8_whatever_the_locale_says(small: Path, locale: str) -> None:
    named = small.with_name("größe.yaml")
    named.write_text(MAPPING.replace("a test order", "ein Versuch äöü"), encoding="utf-8")
    env = environment(LC_ALL=locale, LANG=locale, PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    run = start("run", named, env=env)
    out, told = run.communicate(ndjson({"test": True}, event(1, id="İ-é🎉")).encode(), timeout=60)
    assert run.returncode == 0
    assert payloads(out)[0]["event_id"] == "İ-é🎉"
    assert "ein Versuch äöü" in told.decode()


def test_a_check_or_a_run_loads_no_network() -> None:
    script = (
        "import sys\n"
        "from mapper.cli import commands\n"
        "for words in (['check', sys.argv[1]], ['run', sys.argv[1], sys.argv[2], '-o', '/dev/null']):\n"
        "    commands(words, standalone_mode=False)\n"
        "heavy = {'httpx', 'starlette', 'uvicorn', 'asyncio', 'sqlite3'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script, SEGMENT, SHOP], check=True, capture_output=True)


@pytest.mark.parametrize("words", [("send", "--help"), ("deliver", "--help"), ("outbox", "status", "--help")])
def test_a_delivery_starts_without_what_few_calls_need(words: tuple[str, ...]) -> None:
    script = (
        "import sys\n"
        "from mapper.cli import commands\n"
        "commands(sys.argv[1:], standalone_mode=False)\n"
        "heavy = {'httpx', 'starlette', 'uvicorn', 'yaml', 'jsonschema', 'mapper.compiling'}\n"
        "heavy |= {'mapper.compiler.syntax', 'mapper.compiler.yaml', 'mapper.compiler.schema'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_outcomes_are_counted_beside_events_where_a_split_makes_them_differ(tmp_path: Path) -> None:
    text = MAPPING.replace("payload:", "split: hits\npayload:", 1)
    path = tmp_path / "split.yaml"
    path.write_text(text)
    ran = call("run", path, stdin=ndjson({"hits": [event(1), {"type": "return"}, 7]}, {"hits": []}))
    assert ran.stderr.splitlines()[0] == "2 events gave 4 outcomes: 1 to send, 2 skipped, 1 rejected"


@pytest.fixture
def by_host(tmp_path: Path) -> Path:
    """A mapping that reads what the host knows."""
    path = tmp_path / "meta.yaml"
    text = MAPPING.replace("event_id: id", "event_id: to_string($meta.line)")
    path.write_text(text.replace("event_time: at", "event_time: $meta.received_at"))
    return path


def test_meta_is_the_line_of_the_feed_and_no_time_unless_it_is_given(by_host: Path) -> None:
    ran = call("run", by_host, stdin=ndjson("", event(1)))
    assert payloads(ran.stdout) == []
    assert "  the mapping reads $meta.received_at, which is absent: see --received-at\n" in ran.stderr
    (payload,) = payloads(
        call("run", by_host, "--received-at", "2026-05-01T12:00:00+02:00", stdin=ndjson("", event(1))).stdout
    )
    assert (payload["event_id"], payload["event_time"]) == ("2", 1777629600)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_the_clock_is_read_once_and_a_retry_gives_the_same(by_host: Path, jobs: str) -> None:
    events = ndjson(*(event(number) for number in range(300)))
    before = int(time.time())
    ran = call("run", by_host, "--received-at", "now", "--jobs", jobs, stdin=events)
    (first, *rest) = {payload["event_time"] for payload in payloads(ran.stdout)}
    assert rest == []
    assert before <= first <= time.time()
    said = re.search(r"received at (\S+); give --received-at (\S+) to a retry", ran.stderr)
    assert said is not None
    assert said[1] == said[2]
    again = call("run", by_host, "--received-at", said[1], stdin=events)
    assert again.stdout == ran.stdout
    assert "received at" not in again.stderr


@pytest.mark.parametrize(
    ("written", "why"),
    [("2026-05-01T10:00:00", "no UTC offset"), ("yesterday", "expected a time"), ("", "the value is empty")],
)
def test_what_is_no_moment_is_refused(by_host: Path, written: str, why: str) -> None:
    ran = call("run", by_host, "--received-at", written, stdin=b"")
    assert ran.exit_code == 2
    assert why in ran.stderr


def test_explain_takes_the_time_too(by_host: Path, tmp_path: Path) -> None:
    one = tmp_path / "event.ndjson"
    one.write_text(ndjson(event(1)))
    told = call("explain", by_host, one, "--received-at", "2026-05-01T10:00:00Z").stdout
    assert "1777629600" in told
    assert "rejected" in call("explain", by_host, one).stdout


def test_a_digest_of_nothing_is_a_reason_where_the_event_is_rejected_for_it(small: Path) -> None:
    nothing, short = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "d" * 32
    small.with_name("in.ndjson").write_text(ndjson(event(1, email=nothing), event(2, email=short)))
    told = call("run", small, small.with_name("in.ndjson")).stderr
    assert "user_data.em: the digest of an empty value or a placeholder; it does not identify anyone" in told
    assert "user_data.em: not a SHA-256 digest (32 hex characters)" in told
