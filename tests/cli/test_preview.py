"""`playground/preview.py` shows a payload beside where each value comes from, in 100 columns."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import MAPPING, ROOT, SEGMENT, WRONG, event

PREVIEW = ROOT / "playground/preview.py"


def preview(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The script in a process of its own."""
    words = [sys.executable, str(PREVIEW), *(str(one) for one in arguments)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The small mapping, with an event beside it."""
    (tmp_path / "small.yaml").write_text(MAPPING)
    (tmp_path / "event.json").write_text(json.dumps(event(1)))
    return tmp_path / "small.yaml"


def test_a_payload_stands_beside_where_its_values_come_from(small: Path) -> None:
    ran = preview(small, small.with_name("event.json"))
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = [line.split() for line in ran.stdout.splitlines()]
    assert ["event_id", '"o-1"', "id", "+without_placeholder"] in lines
    assert ["event_time", "1777629600", "at", "+timestamp"] in lines
    assert ["custom_data.value", '"1.5"', "total", "+decimal", "+note_negative"] in lines


def test_a_value_of_a_person_is_masked_wherever_it_is_sent_to(small: Path) -> None:
    sent = {
        "event_id: id": "event_id: {from: email, apply: fingerprint}",
        "value: total": "order_id: {from: email, personal: allowed}, contents: {each: lines, item: "
        "{item_name: {from: email, personal: allowed}, id: sku}}, value: total",
        "{em: email}": "{em: email, client_ip_address: ip, client_user_agent: agent}",
    }
    text = MAPPING
    for line, instead in sent.items():
        text = text.replace(line, instead)
    small.write_text(text)
    mail = "canary@example.com"
    source = event(1, email=mail, ip="203.0.113.77", agent="canary", lines=[{"email": mail, "sku": "s-1"}])
    small.with_name("event.json").write_text(json.dumps(source))
    ran = preview(small, small.with_name("event.json"))
    assert (ran.returncode, ran.stderr) == (0, "")
    assert not [one for one in ("canary", "203.0.113.77") if one in ran.stdout]
    shown = {line.split()[0]: line.split()[1] for line in ran.stdout.splitlines()[1:]}
    assert shown["custom_data.order_id"] == shown["custom_data.contents[0].item_name"] == '"***"'
    assert shown["custom_data.contents[0].id"] == '"s-1"'
    assert re.fullmatch('"[0-9a-f]{20}…', shown["event_id"])


def test_it_fits_100_columns() -> None:
    ran = preview(SEGMENT, ROOT / "playground/events/order.json")
    assert ran.returncode == 0
    assert max(map(len, ran.stdout.splitlines())) <= 100


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"type": "return"}, "skipped (unmapped): no section takes it\n"),
        ({"at": None}, "rejected:\n  event_time: "),
    ],
)
def test_an_event_that_is_no_payload_is_told_why(small: Path, changes: dict[str, object], told: str) -> None:
    small.with_name("event.json").write_text(json.dumps(event(1, **changes)))
    ran = preview(small, small.with_name("event.json"))
    assert ran.returncode == 1
    assert ran.stdout.startswith(told)


def test_a_value_that_is_no_event_is_told_without_blank_names(small: Path) -> None:
    small.with_name("event.json").write_text("[1]")
    assert (
        preview(small, small.with_name("event.json")).stdout
        == "rejected:\n  an event must be a JSON object\n"
    )


def test_a_reader_that_has_enough_ends_it_quietly(small: Path) -> None:
    script = f'"$0" {PREVIEW} {small} {small.with_name("event.json")} | true'
    ran = subprocess.run(["sh", "-c", script, sys.executable], cwd=ROOT, capture_output=True, check=True)
    assert ran.stderr == b""


def test_a_wrong_call_is_status_2_and_a_wrong_mapping_status_1(small: Path) -> None:
    assert preview().returncode == 2
    assert preview(small, "nowhere.json").returncode == 2
    small.write_text(WRONG)
    ran = preview(small, small.with_name("event.json"))
    assert (ran.returncode, "Traceback" in ran.stderr) == (1, False)


def test_it_stands_on_the_front_door_alone() -> None:
    tree = ast.parse(PREVIEW.read_text(encoding="utf-8"))
    names = {one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names}
    froms = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name for name in names | froms if str(name).startswith("mapper")} == {"mapper"}


_LINES = f"{json.dumps(event(1))}\n\n{json.dumps(event(2))}\nno json\n"


@pytest.mark.parametrize(
    ("name", "status", "told"),
    [
        ("events.ndjson", 0, '"o-1"'),
        ("events.ndjson:1", 0, '"o-1"'),
        ("events.ndjson:3", 0, '"o-2"'),
        ("events.ndjson:2", 2, "events.ndjson: there is no event on line 2\n"),
        ("events.ndjson:9", 2, "events.ndjson: there is no event on line 9\n"),
        ("events.ndjson:4", 2, "events.ndjson:4: not JSON: "),
        ("nowhere.json", 2, "nowhere.json: No such file or directory\n"),
        ("small.yaml", 2, "small.yaml: not JSON: "),
    ],
)
def test_an_event_is_that_of_a_file_or_of_a_line(small: Path, name: str, status: int, told: str) -> None:
    small.with_name("events.ndjson").write_text(_LINES)
    ran = preview(small, small.with_name(name))
    assert ran.returncode == status
    assert told in (ran.stderr if status else ran.stdout)
    assert "Errno" not in ran.stderr


def test_a_text_of_a_person_is_masked_within_other_texts(small: Path) -> None:
    small.write_text(MAPPING.replace("event_id: id", "event_id: id\n  event_source_url: url"))
    source = event(1, url="https://x.example/?of=canary%40example.com&a=1", email="canary@example.com")
    small.with_name("event.json").write_text(json.dumps(source))
    ran = preview(small, small.with_name("event.json"))
    assert "canary" not in ran.stdout
    assert '"https://x.example/?' in ran.stdout
