"""What the page asks is answered as the front door has it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

import mapper
from mapper import authoring
from mapper.playground.page_answers import Session
from tests.support.command import ROOT
from tests.support.depth import some

_MAPPING = """\
version: 1
target: pinterest/conversions-v5
let:
  email: {from: [customer.email, contact]}
payload:
  event_id: id
  event_time: time
  action_source: {const: web}
  user_data: {em: $email}
  custom_data:
    contents: {each: lines, item: {id: sku, item_price: price}}
otherwise: {send: checkout}
"""
_EVENT = {
    "id": "o-1",
    "time": 1777629600,
    "contact": "Ada@Example.com",
    "lines": [{"sku": "a-1", "price": 9.5}, {"sku": "b-2", "price": 4}],
}


@pytest.fixture(scope="module")
def session() -> Session:
    return Session.of_texts()


def about(text: str = _MAPPING, *events: Any, **options: Any) -> dict[str, Any]:
    """What a question is about: a mapping and its samples."""
    samples = [
        {"name": f"sample {at}", "text": json.dumps(one)} for at, one in enumerate(events or (_EVENT,))
    ]
    return {"mapping": {"name": "shop.yaml", "text": text}, "files": {}, "samples": samples, **options}


def test_a_keystroke_is_answered_with_the_payload_and_where_it_comes_from(session: Session) -> None:
    live = session.answer({"ask": "live", **about(chosen=0, reveal=False)})
    assert live["sends"] is True
    assert [one["code"] for one in live["diagnostics"]] == [
        one.code for one in mapper.check_text(_MAPPING, "shop.yaml")
    ]
    (outcome,) = live["view"]["outcomes"]
    assert (outcome["end"], outcome["guard"], outcome["breaches"]) == ("sent", "passed", [])
    rows = {row["path"]: row for row in outcome["rows"]}
    price = rows["custom_data.contents[0].item_price"]
    assert (price["shown"]["text"], price["source"], price["reads"]) == ("9.5", "price", ["lines[0].price"])
    assert price["read"]["text"] == "9.5"
    assert [step["text"] for step in price["steps"] if step["inserted"]] == ["decimal"]
    rule = price["rule"]
    assert _MAPPING[rule["from"] : rule["to"]] == "price"
    leaves = {node["path"]: node for node in live["view"]["event"]}
    assert leaves["lines[0].price"]["feeds"] == [price["id"]]
    at = leaves["lines[0].price"]
    assert json.dumps(_EVENT)[at["from"] : at["to"]] == "9.5"


def test_what_reads_a_list_as_a_whole_reads_all_that_is_in_it(session: Session) -> None:
    text = _MAPPING.replace("event_id: id", "event_id: {from: 'fingerprint([@, id])'}")
    live = session.answer({"ask": "live", **about(text, chosen=0, reveal=False)})
    leaves = {node["path"]: node for node in live["view"]["event"]}
    assert "0:event_id" in leaves["lines[1].sku"]["feeds"]
    assert "0:event_id" in leaves["contact"]["feeds"]


def test_values_of_persons_are_masked_until_they_are_revealed(session: Session) -> None:
    hidden = session.answer({"ask": "live", **about(chosen=0, reveal=False)})
    assert "example.com" not in json.dumps(hidden).lower()
    shown = session.answer({"ask": "live", **about(chosen=0, reveal=True)})
    assert "Ada@Example.com" in json.dumps(shown)
    digests = [row["shown"] for row in shown["view"]["outcomes"][0]["rows"] if row["path"].endswith("em[0]")]
    assert len(digests[0]["full"]) == 64
    assert digests[0]["text"] == digests[0]["full"][:8] + "…"


def test_a_mapping_with_errors_shows_no_payload(session: Session) -> None:
    live = session.answer(
        {"ask": "live", **about(_MAPPING.replace("event_id: id", "event_ids: id"), chosen=0)}
    )
    assert (live["sends"], live["view"]) == (False, None)
    first = live["diagnostics"][0]
    fixed = _MAPPING.replace("event_id: id", "event_ids: id")
    for edit in sorted(first["fixes"][0]["edits"], key=lambda one: -one["from"]):
        fixed = fixed[: edit["from"]] + edit["insert"] + fixed[edit["to"] :]
    assert fixed == _MAPPING


def test_a_sample_that_is_no_json_is_told_with_its_place(session: Session) -> None:
    broken = {**about(chosen=0, reveal=False), "samples": [{"name": "😀", "text": '{"😀": 1, oops}'}]}
    live = session.answer({"ask": "live", **broken})
    assert live["view"] is None
    assert live["unreadable"]["from"] == len('{"😀": 1, '.encode("utf-16-le")) // 2


def test_ends_tells_of_all_samples_what_became_of_them(session: Session) -> None:
    events = [_EVENT, {**_EVENT, "id": None}, {**_EVENT, "id": None}]
    found = session.answer({"ask": "ends", **about(_MAPPING, *events)})
    assert [one["ends"][0]["end"] for one in found["samples"]] == ["sent", "rejected", "rejected"]
    assert (found["totals"][0]["end"], found["totals"][0]["count"]) == ("rejected", 2)
    rule = _MAPPING.index("price}")
    assert [one["shown"]["text"] for one in found["outputs"][f"shop.yaml:{rule}"]] == ["9.5", "4"]
    assert 0 < found["acted"] <= found["all"]


def test_what_is_at_an_offset_and_what_may_be_written_there(session: Session) -> None:
    at = _MAPPING.index("price}")
    hover = session.answer({"ask": "hover", **about(offset=at, chosen=0, reveal=False)})["hover"]
    assert (hover["path"], hover["value"]["text"]) == ("custom_data.contents[].item_price", "9.5")
    text = _MAPPING.replace("contact]", "cont]")
    place = text.index("cont]") + len("cont")
    found = session.answer({"ask": "complete", **about(text, offset=place, chosen=0)})["completions"]
    first = found[0]
    assert (first["insert"], text[first["from"] : first["to"]]) == ("contact", "cont")


def test_every_example_opens_and_sends(session: Session) -> None:
    start = session.answer({"ask": "start"})
    names = [one["name"] for one in start["examples"] if one["kind"] == "example"]
    assert sorted(names) == sorted(one.name for one in authoring.ready_mappings())
    for name in some(names, 5):
        opened = session.answer({"ask": "example", "name": name})
        live = session.answer({"ask": "live", **opened, "chosen": 0, "reveal": False})
        assert live["view"]["outcomes"][0]["end"] == "sent", name


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"ask": []},
        {"ask": "deploy"},
        {"ask": "live"},
        {"ask": "live", "mapping": {"name": 1, "text": ""}},
        {"ask": "live", "mapping": {"name": "a", "text": ""}, "samples": [1]},
        {"ask": "live", "mapping": {"name": "a", "text": ""}, "files": {"a": 1}},
        {"ask": "ends", "mapping": {"name": "a", "text": "version: 1"}, "samples": []},
        {"ask": "example", "name": "nothing"},
    ],
)
def test_a_question_that_cannot_be_answered_is_a_problem(session: Session, question: dict[str, Any]) -> None:
    assert session.answer(question)["problem"]


_ASKED = (
    *("start", "check", "live", "ends", "changes", "hover", "complete", "definition", "tests", "pin"),
    *("share", "markdown", "code", "read_samples", "effective"),
)


def test_answers_reach_no_transport_no_secret_and_no_socket() -> None:
    code = (
        "import sys; from mapper.playground.page_answers import Session; session = Session.of_texts()\n"
        "opened = session.answer({'ask': 'example', 'name': 'shopify-orders'})\n"
        "about = {**opened, 'chosen': 0, 'reveal': False, 'offset': 9}\n"
        "about |= {'name': 'x', 'code': 'M308', 'text': '{}'}\n"
        f"for ask in {_ASKED!r}:\n"
        "    answer = session.answer({**about, 'before': opened['mapping'], 'ask': ask})\n"
        "    assert 'problem' not in answer, (ask, answer)\n"
        "print(*sorted(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(ran.stdout.split())
    absent = {
        *("mapper.delivery.transport", "mapper.delivery.credentials", "mapper.delivery.sender"),
        *(
            "httpx",
            "click",
            "starlette",
            "uvicorn",
            "socket",
            "ssl",
            "subprocess",
            "multiprocessing",
            "sqlite3",
        ),
    }
    assert sorted(loaded & absent) == []


def test_a_schema_of_its_own_counts_and_none_takes_the_place_of_a_packaged_one(session: Session) -> None:
    lines = {"type": "array", "items": {"type": "object"}}
    known = {"time": {"type": "integer"}, "contact": {"type": "string"}, "customer": {}, "lines": lines}
    own = {"id": {"type": "string"}, "nick": {"type": "string", "x-personal": "name"}}
    schema = {"type": "object", "properties": {**known, **own}, "additionalProperties": False}
    text = _MAPPING.replace("let:", "source: shop/orders-v1\nlet:").replace("event_id: id", "event_id: idd")
    files = {"schemas/shop/orders-v1.json": json.dumps(schema), "schemas/pinterest/conversions-v5.json": "{}"}
    event = {**_EVENT, "nick": "Lovelace"}
    found = session.answer({"ask": "check", **about(text), "files": files})["diagnostics"]
    assert any("`idd`" in one["message"] for one in found)
    first = session.answer({"ask": "check", **about(text)})["diagnostics"][0]
    assert first["message"] == "there is no schema `shop/orders-v1`"
    right = about(text.replace("idd", "id"), event, chosen=0, reveal=False)
    shown = session.answer({"ask": "live", **right, "files": files})["view"]
    assert next(one for one in shown["event"] if one["path"] == "nick")["shown"]["kind"] == "masked"


def test_a_file_that_is_extended_is_named_by_its_path_from_the_folder(session: Session) -> None:
    base = "version: 1\npartial: true\nlet:\n  number: id\n  wrong: lenght(id)\n"
    text = "extends: base/own.yaml\n" + _MAPPING
    question = {**about(text), "files": {"mappings/base/own.yaml": base}}
    question["mapping"]["name"] = "mappings/shop.yaml"
    found = session.answer({"ask": "check", **question})["diagnostics"]
    places = {(one["place"]["file"], one["place"]["line"]) for one in found if one["severity"] == "error"}
    assert places == {("mappings/base/own.yaml", 5)}


@pytest.mark.parametrize(("value", "cell"), [("a`b", "`` a`b ``"), ("a``b", "``` a``b ```")])
def test_a_value_with_backticks_stays_code_in_a_markdown_page(value: str, cell: str) -> None:
    text = (
        "version: 1\ntarget: pinterest/conversions-v5\npayload:\n  action_source: {const: web}\n"
        "  event_id: id\n  event_time: at\n  user_data: {em: mail}\n  custom_data: {order_id: id}\n"
        "otherwise: {send: checkout}\n"
    )
    event = {"id": value, "at": 1777622400, "mail": "ada@example.com"}
    told = Session.of_texts().answer(
        {
            "ask": "markdown",
            "mapping": {"name": "shop.yaml", "text": text},
            "samples": [{"name": "sample", "text": json.dumps(event)}],
        }
    )
    assert f"| {cell} |" in told["markdown"]
