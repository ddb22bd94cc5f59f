"""`mapper check --events`: mappings are checked against sample events, for one run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_check import COVERED, MAPPING
from tests.support.command import call

_EVENT = {
    **{"id": "o-1", "at": "2026-05-01T10:00:00Z", "url": "https://shop.example/", "email": "a@b.example"},
    **{
        "user": "u-1",
        "epik": "abc",
        "ip": "203.0.113.9",
        "agent": "Mozilla/5.0",
        "type": "view",
        "total": "1",
    },
}


@pytest.fixture
def shop(folder: Path) -> Path:
    (folder / "shop.yaml").write_text(MAPPING)
    (folder / "events.ndjson").write_text(f"{json.dumps(_EVENT)}\n" * 40)
    return folder / "shop.yaml"


def test_a_mapping_that_fits_its_samples_gives_no_line(shop: Path) -> None:
    ran = call("check", "shop.yaml", "--events", "events.ndjson")
    assert (ran.exit_code, ran.stdout) == (0, "")
    assert ran.stderr == COVERED.format("shop.yaml") + "checked 1 mapping: no errors, no warnings\n"


def test_what_does_not_fit_is_a_warning_and_with_strict_an_error(shop: Path) -> None:
    shop.write_text(MAPPING.replace("value: total", "value: totals"))
    ran = call("check", "shop.yaml", "--events", "events.ndjson")
    assert ran.exit_code == 0
    assert "warning[M604]: none of 40 samples has `totals`" in ran.stdout
    assert "did you mean `total`?" in ran.stdout
    assert call("check", "shop.yaml", "--events", "events.ndjson", "--strict").exit_code == 1
    assert "M604" not in call("check", "shop.yaml").stdout


def test_samples_may_come_from_stdin_and_the_mapping_then_not(shop: Path) -> None:
    shop.write_text(MAPPING.replace("value: total", "value: totals"))
    ran = call("check", "shop.yaml", "--events", "-", stdin=f"{json.dumps(_EVENT)}\n" * 40)
    assert "M604" in ran.stdout
    ran = call("check", "-", "--events", "-", stdin=MAPPING)
    assert ran.exit_code == 2
    assert "cannot both be read from stdin" in ran.stderr


def test_samples_of_the_command_line_take_the_place_of_those_of_the_mapping(shop: Path) -> None:
    shop.write_text(f"source: {{samples: no/*.ndjson}}\n{MAPPING}")
    assert "error[M601]: no file matches `no/*.ndjson`" in call("check", "shop.yaml").stdout
    assert call("check", "shop.yaml", "--events", "events.ndjson").stdout == ""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "there is no event in events.ndjson"),
        ("no\n", "there is no event in events.ndjson; events.ndjson:1: not JSON"),
        ("[1, 2]", "there is no event in events.ndjson; events.ndjson:1: "),
    ],
)
def test_a_file_without_an_event_is_refused(shop: Path, content: str, said: str) -> None:
    (shop.parent / "events.ndjson").write_text(content)
    ran = call("check", "shop.yaml", "--events", "events.ndjson")
    assert ran.exit_code == 2
    assert said in ran.stderr
    assert ran.stdout == ""


def test_events_that_cannot_be_read_are_counted(shop: Path) -> None:
    with (shop.parent / "events.ndjson").open("a") as file:
        file.write("broken\n")
    ran = call("check", "shop.yaml", "--events", "events.ndjson")
    assert ran.exit_code == 0
    assert "1 event of events.ndjson cannot be read" in ran.stderr


def test_a_fix_that_the_samples_show_is_made(shop: Path) -> None:
    shop.write_text(MAPPING.replace("em: email", "em: emial"))
    assert call("check", "shop.yaml", "--events", "events.ndjson", "--diff").exit_code in (0, 1)
    assert call("check", "shop.yaml", "--events", "missing.ndjson").exit_code == 2
