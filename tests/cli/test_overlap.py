"""`mapper overlap` as a person calls it: formats, limits, errors, and no value of a person in its outputs."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from click.testing import Result

import mapper
from mapper import authoring
from mapper.feeds import parted_file
from tests.support.command import MAPPING, ROOT, call, event, ndjson, start
from tests.support.depth import some

_BEGIN = 1_790_000_000
_EVENTS = 400
_TAX = re.compile(r"server = 1\.19 x tag in (\d+) of \1: tax\?")


def _payload(number: int, **fields: Any) -> dict[str, Any]:
    """A payload; 400 of them are of three days."""
    return {
        "event_name": "checkout" if number % 4 else "page_visit",
        "event_id": f"e-{number}",
        "event_time": _BEGIN + number * 650,
        "event_source_url": f"https://shop.example/{number}",
        "user_data": {"em": [f"{number:064x}"], "click_id": f"c{number}"},
        "custom_data": {"value": "10.00", "currency": "EUR", "order_id": f"o-{number}"},
        **fields,
    }


def _server(number: int) -> list[dict[str, Any]]:
    """The payloads of the server: a tenth is lost, a seventh has another id, a ninth no click id."""
    fields: dict[str, Any] = {}
    if number % 7 == 0:
        fields["event_id"] = f"s-{number}"
    if number % 9 == 0:
        fields["user_data"] = {"em": [f"{number:064x}"]}
    if number % 8 == 1:
        fields["custom_data"] = {"value": "11.90", "currency": "EUR", "order_id": f"o-{number}"}
    return [] if number % 10 == 0 else [_payload(number, **fields)]


@pytest.fixture
def files(folder: Path) -> Path:
    """Payloads of both sides."""
    numbers = range(_EVENTS)
    Path("tag.ndjson").write_text(ndjson(*map(_payload, numbers)), encoding="utf-8")
    server = [one for number in numbers for one in _server(number)]
    Path("server.ndjson").write_text(ndjson(*server), encoding="utf-8")
    return folder


def _overlap(*arguments: object, tag: str = "tag.ndjson", server: str = "server.ndjson") -> Result:
    return call("overlap", tag, server, *arguments)


def _found(*arguments: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_overlap("--format", "json", *arguments).stdout)
    return found


def test_the_numbers_are_those_of_the_events(files: Path) -> None:
    found = _found()

    first, last = _BEGIN + 650 + 3600, _BEGIN + 399 * 650 - 3600
    numbers = [one for one in range(_EVENTS) if first <= _BEGIN + one * 650 <= last and one % 4]
    assert found["common"] == ["2026-09-21T14:24Z", "2026-09-24T14:15Z"]
    assert (found["tag"]["events"], found["server"]["events"]) == (400, 360)
    checkout = next(one for one in found["names"] if one["name"] == "checkout")
    assert checkout["tag"] == len(numbers)
    assert checkout["only_tag"] == sum(not number % 10 for number in numbers)
    assert checkout["other_id"] == sum(not number % 7 and number % 10 > 0 for number in numbers)
    assert checkout["both"] == checkout["tag"] - checkout["only_tag"] - checkout["other_id"]
    assert checkout["only_server"] == 0
    fields = {one["path"]: one for one in checkout["fields"]}
    kept = [number for number in numbers if number % 10 and number % 7]
    assert fields["custom_data.value"]["differs"] == sum(number % 8 == 1 for number in kept)
    assert fields["custom_data.value"]["ratio"] == 1.19
    assert fields["user_data.click_id"]["lacks"] == sum(not number % 9 for number in kept)
    assert fields["custom_data.currency"]["equal"] == len(kept)
    assert checkout["verdict"] == "too few events"
    assert sum(day["tag"] for day in checkout["days"]) == checkout["tag"]


def test_python_gives_the_same_numbers(files: Path) -> None:
    tag, server = (
        [json.loads(line) for line in Path(f"{one}.ndjson").read_text().splitlines()]
        for one in ("tag", "server")
    )
    printed = {one["name"]: one for one in _found()["names"]}
    for one in authoring.overlap(tag, server).names:
        assert (one.counts.both, one.counts.other_id) == (
            printed[one.name]["both"],
            printed[one.name]["other_id"],
        )


def test_the_text_is_a_page_of_tables(files: Path) -> None:
    result = _overlap("--days", 2)
    assert result.exit_code == 0
    assert result.stdout.startswith(
        "tag.ndjson 400 events, server.ndjson 360 events: -10.0 %; common time 2026-09-21T14:24Z to "
        "2026-09-24T14:15Z, 3 full days\n"
    )
    assert "  custom_data.currency" not in result.stdout
    assert _TAX.search(result.stdout)
    (line,) = (one for one in result.stdout.splitlines() if one.startswith("  checkout    not yet"))
    assert "covered 93.1 %, must be 98 %; the server lacks click_id where the tag has it (11.3 %)" in line


@pytest.mark.parametrize("form", ["text", "md", "html"])
@pytest.mark.parametrize("one_id", [True, False])
def test_clocks_that_differ_are_seen_with_and_without_common_ids(
    files: Path, form: str, one_id: bool
) -> None:
    ids = {} if one_id else {"event_id": ""}
    server = [_payload(number, **ids, event_time=_BEGIN + 7200 + number * 650) for number in range(_EVENTS)]
    Path("server.ndjson").write_text(ndjson(*server), encoding="utf-8")
    said = _overlap("--format", form).stdout
    assert "a time zone?" in said
    assert ("ime apart in pairs of one id" in said) is one_id
    assert ("most events of both sides have no partner" in said) is not one_id
    if one_id:
        found = json.loads(_overlap("--format", "json").stdout)["names"]
        assert [one["seconds_apart"] for one in found] == [{"median": 7200, "most": 7200}] * 2


@pytest.mark.parametrize("form", ["md", "html"])
def test_a_page_has_the_numbers_of_the_text(files: Path, form: str) -> None:
    said = _overlap("--format", form, "--days", 2).stdout
    assert _TAX.search(said)
    for part in ("93.1 %", "the server lacks"):
        assert part in said
    assert said.endswith("\n")


def test_a_page_of_html_loads_nothing(files: Path) -> None:
    said = _overlap("--format", "html").stdout
    assert "default-src 'none'" in said
    assert "<script" not in said
    assert "2026-09-22" in said


@pytest.mark.parametrize(
    ("limits", "status", "said"),
    [
        (["--fail-under", "checkout=89%"], 0, ""),
        (["--fail-under", "checkout=98"], 1, "mapper: checkout: covered 93.1 %, must be 98 %\n"),
        (
            ["--fail-under", "checkout=92%"],
            1,
            "mapper: checkout: covered 93.1 %, but of so few events it may be 89.6 %, must be 92 %\n",
        ),
        (["--most-twice", "checkout=50%"], 0, ""),
        (
            ["--most-twice", "checkout=1%"],
            1,
            "mapper: checkout: counted twice 13.4 %, must be at most 1 %\n",
        ),
        (
            ["--fail-under", "signup=98%"],
            1,
            "mapper: signup: the tag has no event in the common time, so its share is unknown\n",
        ),
    ],
)
def test_a_limit_ends_with_1(files: Path, limits: list[str], status: int, said: str) -> None:
    result = _overlap(*limits)
    assert (result.exit_code, result.stderr) == (status, said)
    assert "can the tag go?" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--fail-under", "checkout"], "'checkout' is not NAME=PERCENT; write e.g. checkout=98%"),
        (["--fail-under", "checkout=101%"], "'checkout=101%' is not NAME=PERCENT; write e.g. checkout=98%"),
        (["--fail-under", "chekout=98%"], "--fail-under: no event is called chekout; did you mean checkout?"),
        (["--most-twice", "mine=5%"], "--most-twice: no event is called mine"),
        (["--zone", "Mars/Olympus"], "there is no time zone 'Mars/Olympus'; write e.g. Europe/Berlin"),
        (["--days", "0"], "0 is not in the range 1<=x<=3650"),
        (["--rejects", "tag.ndjson"], "--rejects has lines of source events: it needs --server-mapping"),
        (["--unpaired", "tag.ndjson"], "tag.ndjson is also an input and would be overwritten"),
        (["--target", "no/such"], "there is no schema no/such"),
    ],
)
def test_a_wrong_call_is_one_clear_error(files: Path, arguments: list[str], said: str) -> None:
    result = _overlap(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("form", ["path", "spelling", "symlink", "hard link"])
def test_one_file_cannot_be_both_sides(files: Path, form: str) -> None:
    Path("soft.ndjson").symlink_to("tag.ndjson")
    Path("hard.ndjson").hardlink_to("tag.ndjson")
    server = {"path": "tag.ndjson", "spelling": "./tag.ndjson", "symlink": "soft.ndjson"}
    result = _overlap(server=server.get(form, "hard.ndjson"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "TAG and SERVER are one file, tag.ndjson: give the events of both" in result.stderr


def test_two_sides_cannot_both_be_stdin(files: Path) -> None:
    assert "TAG and SERVER cannot both be stdin" in _overlap(tag="-", server="-").stderr


def test_a_target_that_does_not_say_how_its_events_are_compared_is_a_wrong_call(files: Path) -> None:
    schema = json.loads((ROOT / "schemas/pinterest/conversions-v5.json").read_text(encoding="utf-8"))
    Path("schemas/own").mkdir(parents=True)
    del schema["x-overlap"]
    Path("schemas/own/events.json").write_text(json.dumps(schema), encoding="utf-8")
    result = _overlap("--target", "own/events", "--schemas", "schemas")
    assert result.exit_code == 2
    assert "own/events does not say how its events are compared (`x-overlap`)" in result.stderr


_SOURCE = {"url": "https://shop.example/?email=ada@example.com", "time": 5}
_URLS = [f"https://ct.example/v3/?ed={number}" for number in range(2)]
_UNREADABLE = [
    (
        "source events",
        [_SOURCE],
        "mapper: tag.ndjson:1 is no payload: it has no event_name\n  hint: give --tag-mapping MAPPING\n",
    ),
    (
        "a name without a time",
        [{"event_name": "checkout"}],
        "mapper: tag.ndjson:1 is no payload: it has no event_time\n  hint: give --tag-mapping MAPPING\n",
    ),
    ("nothing", [], "mapper: tag.ndjson holds no event\n"),
    (
        "URLs",
        _URLS,
        "mapper: tag.ndjson holds no event: 2 lines read, not one is an event\n"
        "  hint: its lines are URLs: give them as TAG, with --tag-format urls\n",
    ),
    ("no JSON", ["a", "b"], "mapper: tag.ndjson holds no event: 2 lines read, not one is an event\n"),
    (
        "another time",
        [_payload(1, event_time=_BEGIN - 86_400 * 9)],
        "mapper: tag.ndjson ends 2026-09-12, server.ndjson begins 2026-09-21: no common time\n",
    ),
]


@pytest.mark.parametrize(
    ("lines", "said"), [one[1:] for one in _UNREADABLE], ids=[one[0] for one in _UNREADABLE]
)
def test_a_side_that_cannot_be_compared_ends_with_2(files: Path, lines: list[Any], said: str) -> None:
    Path("tag.ndjson").write_text(ndjson(*lines), encoding="utf-8")
    result = _overlap()
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", said)


def test_a_file_that_is_not_there_ends_with_2(files: Path) -> None:
    assert _overlap(tag="none.ndjson").exit_code == 2


def test_a_broken_line_costs_itself_only(files: Path) -> None:
    lines = Path("tag.ndjson").read_text().splitlines(keepends=True)
    Path("tag.ndjson").write_text(
        "".join([*lines[:7], "{broken\n", '{"event_name": "checkout"}\n', "\n", *lines[7:]])
    )
    found = _found()
    assert (found["tag"]["events"], found["tag"]["no_event"]) == (400, 2)
    assert "tag.ndjson: 2 lines without an event, the first is 8\n" in _overlap().stdout


def test_requests_need_a_mapping_while_no_ready_one_reads_them(files: Path) -> None:
    """The word `requests` of the target names the ready mapping that is taken where there is one."""
    schema = mapper.read_schema("pinterest/conversions-v5")
    ready = ROOT / f"mappings/{schema['x-overlap']['requests']}.yaml"
    Path("session.har").write_text('{"log": {"entries": []}}', encoding="utf-8")
    result = _overlap(tag="session.har")
    assert result.exit_code == 2
    if not ready.exists():
        assert "session.har holds requests, not payloads: give --tag-mapping MAPPING" in result.stderr
    else:
        assert result.stderr == "mapper: session.har holds no event\n"


@pytest.fixture
def sources(files: Path) -> Path:
    """Source events of the server, and their mapping."""
    Path("shop.yaml").write_text(MAPPING, encoding="utf-8")
    at = [f"2026-05-0{1 + number // 24}T{number % 24:02}:00:00Z" for number in range(96)]
    orders = [event(number, at=one) for number, one in enumerate(at)]
    orders[50]["test"] = True
    Path("orders.ndjson").write_text(ndjson(*orders), encoding="utf-8")
    ran = call("run", "shop.yaml", "orders.ndjson", "-o", "tag.ndjson")
    assert ran.exit_code == 0
    return files


def test_source_events_are_mapped_first(sources: Path) -> None:
    found = json.loads(
        _overlap("--format", "json", "--server-mapping", "shop.yaml", server="orders.ndjson").stdout
    )
    (name,) = found["names"]
    assert (name["tag"], name["both"]) == (93, 93)
    assert found["server"]["not_sent"] == 1
    both = ("--tag-mapping", "shop.yaml", "--server-mapping", "shop.yaml", "--format", "json")
    shutil.copy("orders.ndjson", "copy.ndjson")
    (name,) = json.loads(_overlap(*both, tag="copy.ndjson", server="orders.ndjson").stdout)["names"]
    assert name["both"] == 93


def test_lines_that_were_not_delivered_are_left_out(sources: Path) -> None:
    rejects: list[dict[str, Any]] = [
        {"line": line, "outcome": "refused", "reasons": []} for line in (10, 11, 51)
    ]
    Path("rejects.ndjson").write_text(ndjson(*rejects), encoding="utf-8")
    options = (
        "--server-mapping",
        "shop.yaml",
        "--rejects",
        "rejects.ndjson",
        "--unpaired",
        "unpaired.ndjson",
    )
    found = json.loads(_overlap("--format", "json", *options, server="orders.ndjson").stdout)
    (name,) = found["names"]
    assert (name["both"], name["only_tag"], found["server"]["not_sent"]) == (91, 2, 3)
    assert [json.loads(line) for line in Path("unpaired.ndjson").read_text().splitlines()] == [
        {"side": "tag", "line": line, "event_name": "checkout", "why": "the server has no event with its id"}
        for line in (10, 11)
    ]
    Path("rejects.ndjson").write_text(ndjson({"outcome": "refused"}), encoding="utf-8")
    result = _overlap(*options, server="orders.ndjson")
    assert result.exit_code == 2
    assert "rejects.ndjson:1 has no line of an event: is it of `send --rejects`?" in result.stderr


def test_a_mapping_with_errors_ends_with_1(sources: Path) -> None:
    Path("shop.yaml").write_text(MAPPING.replace("currency:", "curency:"), encoding="utf-8")
    result = _overlap("--server-mapping", "shop.yaml", server="orders.ndjson")
    assert result.exit_code == 1
    assert "M301" in result.stderr or "error[" in result.stderr


def test_unpaired_events_come_in_the_order_of_their_lines(files: Path) -> None:
    _overlap("--unpaired", "unpaired.ndjson")
    lines = [json.loads(line) for line in Path("unpaired.ndjson").read_text().splitlines()]
    numbers = [one["line"] for one in lines]
    assert numbers != sorted(numbers)
    assert all(
        side == sorted(side)
        for side in ([one["line"] for one in lines if one["side"] == name] for name in ("tag", "server"))
    )
    assert {one["line"] % 10 for one in lines if one["why"] == "the server has no event with its id"} == {1}


def test_pairs_that_are_not_alike_are_listed_for_both_sides(files: Path) -> None:
    found = _found("--unpaired", "unpaired.ndjson")
    assert "11.90" not in Path("unpaired.ndjson").read_text()
    lines = [json.loads(line) for line in Path("unpaired.ndjson").read_text().splitlines()]
    payloads = {
        side: [json.loads(line) for line in Path(f"{side}.ndjson").read_text().splitlines()]
        for side in ("tag", "server")
    }
    for why, of, rest in (("other id", 7, 0), ("differs: custom_data.value", 8, 1)):
        events = {
            side: {
                int(payloads[side][one["line"] - 1]["custom_data"]["order_id"][2:])
                for one in lines
                if (one["why"], one["side"]) == (why, side)
            }
            for side in payloads
        }
        assert events["tag"] == events["server"]
        assert events["tag"]
        assert all(number % of == rest and number % 10 for number in events["tag"])
    others = {"tag": "server", "server": "tag"}
    pairs = {(one["side"], one["line"], one["why"]): one.get("partner") for one in lines}
    for (side, line, why), partner in pairs.items():
        assert (partner is None) == (why == "the server has no event with its id")
        assert partner is None or pairs[others[side], partner, why] == line
    assert sum(one["why"] == "other id" for one in lines) == 2 * sum(
        one["other_id"] for one in found["names"]
    )


def test_of_several_fields_that_differ_all_are_named(files: Path) -> None:
    custom = {"value": "11", "currency": "USD", "order_id": "other"}
    server = [_payload(number, custom_data=custom) for number in range(_EVENTS)]
    Path("server.ndjson").write_text(ndjson(*server), encoding="utf-8")
    _overlap("--unpaired", "unpaired.ndjson")
    lines = [json.loads(line) for line in Path("unpaired.ndjson").read_text().splitlines()]
    assert {one["why"] for one in lines} == {"differs: custom_data.value, custom_data.currency"}


def test_days_begin_where_the_zone_has_it(files: Path) -> None:
    days = {
        zone: [one["day"] for one in _found("--zone", zone)["names"][0]["days"]]
        for zone in ("UTC", "Asia/Tokyo")
    }
    assert days["UTC"] == ["2026-09-21", "2026-09-22", "2026-09-23", "2026-09-24"]
    assert days["Asia/Tokyo"] == ["2026-09-22", "2026-09-23", "2026-09-24"]


_CANARY = "Canary.Ada@Example.com"
_WAYS = {
    "plain": _CANARY,
    "upper": _CANARY.upper(),
    "percent": quote(_CANARY, safe=""),
    "base64": base64.b64encode(_CANARY.encode()).decode(),
    "hex": _CANARY.encode().hex(),
    "sha256": sha256(_CANARY.lower().encode()).hexdigest(),
}


@pytest.fixture
def spilled(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """All that is written to files without a name, to which each record goes at once."""
    written: list[bytes] = []

    class Watched:
        def __init__(self, **options: Any) -> None:
            self._file = tempfile.TemporaryFile(**options)  # noqa: SIM115  # closed as the real one is
            assert os.fstat(self._file.fileno()).st_nlink == 0

        def __getattr__(self, name: str) -> Any:
            return getattr(self._file, name)

        def write(self, content: bytes) -> None:
            written.append(bytes(content))
            self._file.write(content)

    class Module:
        TemporaryFile = Watched

    monkeypatch.setattr(parted_file, "tempfile", Module)
    monkeypatch.setattr("mapper.workbench.overlap.pairing._HELD", 1)
    monkeypatch.setattr("mapper.workbench.overlap.pairing._HELD_LEFT", 1)
    return written


@pytest.mark.parametrize("way", some(_WAYS))
def test_no_value_of_a_person_is_in_what_is_written(files: Path, spilled: list[bytes], way: str) -> None:
    planted = _WAYS[way]
    places: list[dict[str, Any]] = [
        *({"user_data": {name: planted}} for name in ("em", "click_id", "external_id", "client_ip_address")),
        *({name: planted} for name in ("event_id", "event_name", "event_source_url", planted)),
        *({"custom_data": {name: planted}} for name in ("value", "currency", "order_id", "contents")),
    ]
    lines = [_payload(number, **places[number % len(places)]) for number in range(_EVENTS)]
    Path("tag.ndjson").write_text(ndjson(*lines, planted, f"{{{planted}"), encoding="utf-8")
    told = bytearray()
    for form in ("text", "json", "md", "html"):
        result = _overlap("--format", form, "--unpaired", "unpaired.ndjson", "--fail-under", "checkout=98")
        told += (result.stdout + result.stderr).encode() + Path("unpaired.ndjson").read_bytes()
    assert len(spilled) > _EVENTS
    Path("tag.ndjson").write_text(ndjson({planted: planted}), encoding="utf-8")
    told += _overlap().stderr.encode()
    for content in (told, b"".join(spilled)):
        lower = content.lower()
        assert planted.lower().encode() not in lower
        assert b"canary" not in lower


def test_the_spill_of_a_run_says_nothing_to_another(files: Path, spilled: list[bytes]) -> None:
    """Its digests have a key of this run, so that nobody finds a guessed address in them."""
    _overlap()
    first = {record[:16] for record in spilled}
    spilled.clear()
    _overlap()
    assert not first & {record[:16] for record in spilled} - {bytes(16)}


def test_ctrl_c_ends_with_130(files: Path) -> None:
    content = Path("tag.ndjson").read_bytes()
    assert len(content) > 2**16  # more than a pipe holds, so that it is read once all is written
    with start("overlap", "-", files / "server.ndjson") as run:
        assert run.stdin is not None
        run.stdin.write(content)
        run.stdin.flush()
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=60)
    # Where a module was just being loaded, Python itself ends as by the signal, which is 130 to a shell.
    assert (run.returncode in (130, -signal.SIGINT), said) == (True, b"mapper: interrupted\n")
