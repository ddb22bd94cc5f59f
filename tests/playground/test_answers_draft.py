"""Events that are pasted or chosen become a first mapping, as `mapper init` drafts it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import mapper
from mapper import authoring
from mapper.playground.page_answers import Session

PURCHASE: dict[str, Any] = {
    "kind": "purchase",
    "ref": "A-17",
    "when": "2026-11-20T10:00:00+01:00",
    "buyer": {"mail": "Ana@Example.com"},
    "total_cents": 3998,
    "cur": "eur",
}
SECOND = {**PURCHASE, "ref": "A-18"}
TABLE = "ref;when;mail\nA-17;2026-11-20T10:00:00Z;ana@example.com\nA-18;2026-11-21T10:00:00Z;\n"


def draft(session: Session, text: str, name: str = "my shop", file: str = "") -> dict[str, Any]:
    return session.answer({"ask": "draft", "name": name, "text": text, "file": file})


@pytest.mark.parametrize(
    ("text", "file", "names"),
    [
        (json.dumps(PURCHASE), "", ["event"]),
        (json.dumps(PURCHASE, indent=2), "", ["event"]),
        (json.dumps([PURCHASE, SECOND]), "", ["event 1", "event 2"]),
        (f"{json.dumps(PURCHASE)}\n{json.dumps(SECOND)}\n", "", ["event 1", "event 2"]),
        (TABLE, "", ["event 1", "event 2"]),
        (TABLE.replace(";", "\t"), "", ["event 1", "event 2"]),
        (TABLE.replace(";", ","), "shop.csv", ["shop.csv:2", "shop.csv:3"]),
    ],
    ids=["line", "lines", "list", "NDJSON", "CSV", "TSV", "file"],
)
def test_every_form_of_events_becomes_a_draft(text: str, file: str, names: list[str]) -> None:
    made = draft(Session.of_texts(), text, file=file)
    assert [one["name"] for one in made["samples"]] == names
    assert made["mapping"]["name"] == "my-shop.yaml"
    assert made["mapping"]["text"].count('{todo: "') == made["todos"] > 0
    # What a person has to decide is all that is wrong with it.
    found = mapper.check_text(made["mapping"]["text"])
    assert {one.code for one in found if one.severity == "error"} == {"M153"}


def test_the_draft_is_that_of_init() -> None:
    made = draft(Session.of_texts(), json.dumps(PURCHASE), name="shop")
    assert made["mapping"]["text"] == authoring.draft([PURCHASE], name="shop").without_source
    assert "read" not in made


@pytest.mark.parametrize("text", ["", "hello", '{"a": 1,}', "[]", "a,b\n"])
def test_a_text_without_an_event_is_refused_with_what_to_paste(text: str) -> None:
    told = draft(Session.of_texts(), text)
    assert told["problem"] == "there is no event in this text"
    assert told["hint"].endswith("or CSV with a heading")


def test_a_number_beyond_64_bits_keeps_its_digits() -> None:
    made = draft(Session.of_texts(), json.dumps({**PURCHASE, "number": 82098291194615450812345}))
    assert json.loads(made["samples"][0]["text"])["number"] == 82098291194615450812345


def test_a_draft_is_saved_under_a_name_that_no_file_has(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text("version: 1\n")
    (tmp_path / "shop-2.yml").write_text("version: 1\n")
    session = Session.of_folder(tmp_path)
    made = draft(session, json.dumps(PURCHASE), name="shop")
    name, text = made["mapping"]["name"], made["mapping"]["text"]
    assert name == "shop-3.yaml"
    saved = session.answer({"ask": "save", "path": name, "text": text, "read": made["read"]})
    assert saved["saved"] is True
    assert (tmp_path / name).read_text() == text
