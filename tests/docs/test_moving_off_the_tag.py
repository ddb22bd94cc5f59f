"""The page on moving off the tag shows what the command prints, and ends as the tutorial does."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import ROOT, call, ndjson
from tests.support.pages import blocks

_PAGE = (ROOT / "docs/moving-off-the-tag.md").read_text(encoding="utf-8")
_COMPARE = _PAGE.partition("\n## 3. Compare\n")[2].partition("\n## ")[0]
_TUTORIAL = (ROOT / "mapper/playground/tutorials/7-moving-off-the-tag.md").read_text(encoding="utf-8")
_BEGIN = 1_789_948_800  # 2026-09-21T00:00Z


def _event(number: int, name: str) -> dict[str, Any]:
    user = {
        "em": [f"{number % 900:064x}"],
        "client_user_agent": "Mozilla/5.0",
        "click_id": f"c{number % 700}",
    }
    made = {
        "event_name": name,
        "event_id": f"{name}-{number}",
        "event_time": _BEGIN + 300 + number * 217,
        "event_source_url": f"https://shop.example/{number % 40}",
        "user_data": user if number % 3 else {**user, "em": []},
    }
    if name == "checkout":
        order = {"value": f"{number % 80}.50", "currency": "EUR", "order_id": f"o-{number}"}
        made["custom_data"] = order
    return made


def _sides() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The made-up events: the server loses few orders, more page visits, and adds taxes to some amounts."""
    chance = random.Random(1)
    tag, server = [], []
    for number in range(5_600):
        name = chance.choices(["checkout", "page_visit", "search"], [20, 60, 20])[0]
        own = _event(number, name)
        other = {**own, "event_time": own["event_time"] + number % 13 % 6}
        other |= {"user_data": {**own["user_data"], "client_ip_address": f"192.0.2.{number % 250}"}}
        lost = {"checkout": 0.04, "page_visit": 0.005, "search": 0.002}[name]
        if name == "checkout":
            if chance.random() < 0.02:
                value = f"{float(own['custom_data']['value']) * 1.19:.4f}"
                other["custom_data"] = {**own["custom_data"], "value": value}
            if chance.random() < 0.11:
                other["event_id"] = f"order-{number}"
        if name == "page_visit" and chance.random() < 0.33:
            other["user_data"] = {key: one for key, one in other["user_data"].items() if key != "click_id"}
        if chance.random() > 0.1:
            tag.append(own)
        if chance.random() > lost:
            server.append(other)
    return tag, server


@pytest.fixture(autouse=True)
def files(folder: Path) -> None:
    for name, payloads in zip(("tag", "server"), _sides(), strict=True):
        Path(f"{name}.ndjson").write_text(ndjson(*payloads), encoding="utf-8")


def test_the_page_shows_what_the_command_prints() -> None:
    (shown,) = blocks(_COMPARE, "text")
    assert call("overlap", "tag.ndjson", "server.ndjson").stdout == shown


def test_the_commands_of_the_page_work() -> None:
    lines = [
        line for block in blocks(_COMPARE, "sh") for line in block.splitlines() if "mapper overlap" in line
    ]
    assert len(lines) == 3
    for line in lines:
        command, _, output = line.removeprefix("mapper ").partition(" > ")
        done = call(*command.split())
        assert done.exit_code == 0, (line, done.stderr)
        assert not output or done.stdout.startswith("<!doctype html>")


def test_the_page_and_the_tutorial_end_with_one_sentence() -> None:
    (part,) = _PAGE.split("\n## 4. ")[1:]
    own, tutorial = (_last_sentence(text) for text in (part.partition("\n## ")[0], _TUTORIAL))
    assert own == tutorial
    assert own.endswith("says *can go*.")


def _last_sentence(text: str) -> str:
    return text.strip().splitlines()[-1].rpartition(". ")[2]
