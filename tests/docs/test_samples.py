"""The page on samples shows what `mapper check` prints, and each hint of its example fixes a mistake."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mapper.codes import CODES
from mapper.project.sample_files import MOST_BYTES, MOST_EVENTS
from tests.support.command import call
from tests.support.pages import blocks

_PAGE = (Path(__file__).parents[2] / "docs/samples.md").read_text(encoding="utf-8")


@pytest.fixture
def mapping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The page's mapping, in a folder with its samples."""
    monkeypatch.chdir(tmp_path)
    event = json.loads(blocks(_PAGE, "json")[0])
    lines = [json.dumps({**event, "id": f"o-{number}"}) for number in range(40)]
    Path("events.ndjson").write_text("\n".join(lines), encoding="utf-8")
    _, text = blocks(_PAGE, "yaml")
    Path("shop.yaml").write_text(text, encoding="utf-8")
    return text


def _warnings() -> list[str]:
    command = blocks(_PAGE, "console")[1].removeprefix("$ mapper ").split()
    return [part for part in call(*command).stdout.split("\n\n") if part.startswith("warning")]


def test_the_example_is_what_check_prints(mapping: str) -> None:
    shown = blocks(_PAGE, "text")[0].rstrip("\n").split("\n\n")
    assert [one.rstrip("\n") for one in _warnings()] == shown


def test_each_hint_fixes_a_mistake(mapping: str) -> None:
    fixed = (
        mapping.replace(
            "event_time: time", "event_time: {from: time, apply: {timestamp: {zone: Europe/Berlin}}}"
        )
        .replace("email_address", "emailAddress")
        .replace("is: Order", "is: order")
        .replace("total >", "to_number(total) >")
    )
    Path("shop.yaml").write_text(fixed, encoding="utf-8")
    assert _warnings() == []
    ran = call("run", "shop.yaml", "events.ndjson")
    assert len(ran.stdout.splitlines()) == 40


def test_the_page_names_every_code_of_samples_and_the_limits() -> None:
    assert set(re.findall(r"M6\d\d", _PAGE)) == {code for code in CODES if code.startswith("M6")}
    assert f"{MOST_EVENTS:,} events or {MOST_BYTES // 2**20} MiB" in _PAGE
