"""`mapper schema from`: the schema on stdout or in a file, what it does not know on stderr."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.command import MAPPING, call

_CASES = Path(__file__).parents[1] / "cases" / "descriptions"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own with the descriptions."""
    for file in _CASES.iterdir():
        shutil.copy(file, tmp_path / file.name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_schema_is_data_and_what_it_does_not_know_is_said_with_places() -> None:
    ran = call("schema", "from", "open_api_3_0.json", "Order")
    assert (ran.exit_code, json.loads(ran.stdout)["title"]) == (0, "Order")
    assert ran.stderr.splitlines() == [
        "mapper: OpenAPI 3.0.3: Lantern Shop 2.4, Order: 21 fields",
        "mapper: 2 fields marked x-personal by a guess; review them, and mark what is missing",
        "  open_api_3_0.json:42:11: Customer.email",
        "  open_api_3_0.json:43:11: Customer.first_name",
        "mapper: 1 field without a type, so any value",
        "  open_api_3_0.json:34:11: extra",
        "mapper: 2 formats left out, without a meaning for a mapping",
        "  open_api_3_0.json:24:39: double",
        "  open_api_3_0.json:41:41: int64",
        "mapper: 1 keyword left out, so more values are valid",
        "  open_api_3_0.json:35:38: pattern",
    ]


def test_without_a_name_those_that_there_are_are_listed_and_nothing_is_written(folder: Path) -> None:
    ran = call("schema", "from", "open_api_3_0.json", "--out", "order.json")
    names = ["Order", "Customer", "Card", "Invoice", "Line", "POST /orders"]
    assert (ran.exit_code, ran.stdout.splitlines()) == (2, names)
    assert ran.stderr.splitlines() == [
        "mapper: 6 schemas are in it; name one",
        "  hint: mapper schema from open_api_3_0.json NAME",
    ]
    assert not (folder / "order.json").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("open_api_3_0.json", "Ordr"), "it describes no Ordr\n  hint: did you mean Order?"),
        (("open_api_3_0.json", "Zebra"), "hint: leave the name out for a list of those there are"),
        (("none.json",), "none.json"),
        (("iglu.json", "--out", "iglu.json", "--force"), "is also an input"),
        (("iglu.json", "--out", "avro.avsc"), "exists"),
        (("notes.txt",), "notes.txt:1:1: the text is not JSON\n  hint: give a description in JSON"),
        (("latin.json",), "not UTF-8"),
    ],
)
def test_what_is_wrong_is_said_and_ends_with_2(words: tuple[str, ...], told: str, folder: Path) -> None:
    (folder / "notes.txt").write_text("openapi: 3.0.0\n", "utf-8")
    (folder / "latin.json").write_bytes(b'{"title": "caf\xe9"}')
    ran = call("schema", "from", *words)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert told in ran.stderr


@pytest.mark.parametrize(
    "event",
    [
        {"type": "canary", "id": "canary"},
        {"type": "canary", "event": "canary", "properties": {"canary": "canary"}},
        {"event": "canary", "properties": {"total": 1, "items": [], "of": {}}},
    ],
)
def test_an_event_is_no_description_and_is_not_shown(event: dict[str, object], folder: Path) -> None:
    ran = call("schema", "from", "-", stdin=json.dumps(event))
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "this is no description of events that is known" in ran.stderr
    assert "canary" not in ran.stderr


def test_a_name_may_be_in_other_case_and_the_input_stdin() -> None:
    text = Path("open_api_3_0.json").read_text("utf-8")
    ran = call("schema", "from", "-", "order", stdin=text)
    assert json.loads(ran.stdout) == json.loads(call("schema", "from", "open_api_3_0.json", "Order").stdout)
    assert "<stdin>:42:11: Customer.email" in ran.stderr


def test_a_file_that_is_written_is_the_source_of_a_mapping(folder: Path) -> None:
    ran = call("schema", "from", "big_query.json", "--out", "schemas/shop/orders.json")
    assert ran.exit_code == 0
    assert "wrote schemas/shop/orders.json" in ran.stderr
    assert ran.stderr.endswith("mapper: next: write `source: shop/orders` in the mapping\n")
    assert call("schema", "shop/orders").stdout == (folder / "schemas/shop/orders.json").read_text("utf-8")
    mapping = folder / "mappings" / "small.yaml"
    mapping.parent.mkdir()
    text = MAPPING.replace("version: 1\n", "version: 1\nsource: shop/orders\n")
    mapping.write_text(text.replace("em: email", "em: customer.emial"), "utf-8")
    assert "customer.emial" in call("check", mapping).stdout


def test_no_text_of_a_description_acts_on_a_terminal(folder: Path) -> None:
    schema = {"type": "object", "title": "T\x1b[2J", "properties": {"e\x1b[2J": {"type": "date\u202e"}}}
    (folder / "odd.json").write_text(json.dumps(schema), "utf-8")
    ran = call("schema", "from", "odd.json")
    assert ran.exit_code == 0
    assert not {"\x1b", "\u202e"} & {*ran.stdout, *ran.stderr}


def test_help_shows_examples() -> None:
    ran = call("schema", "from", "--help")
    assert ran.exit_code == 0
    assert "Usage: mapper schema from [OPTIONS] FILE [NAME]" in ran.stdout
    assert "mapper schema from openapi.json Order --out schemas/shop/order.json" in ran.stdout
