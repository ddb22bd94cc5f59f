"""What is asked about all samples, and what is made of them: changes, tests, links, Markdown."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from mapper import authoring
from mapper.playground.page_answers import Session
from mapper.workbench.comparison import compare
from tests.support.command import MAPPING, event

pytestmark = pytest.mark.quick

_SENT = event(1)
_EVENTS = (_SENT, event(2, total="free"), event(3, test=True), event(4, id=None))


@pytest.fixture(scope="module")
def session() -> Session:
    return Session.of_texts()


def about(text: str = MAPPING, *events: Any, **options: Any) -> dict[str, Any]:
    """A mapping and its samples."""
    texts = [one if isinstance(one, str) else json.dumps(one) for one in events or _EVENTS]
    samples = [{"name": f"sample {at}", "text": one} for at, one in enumerate(texts)]
    return {"mapping": {"name": "shop.yaml", "text": text}, "files": {}, "samples": samples, **options}


_EDITS = {
    "nothing": ("version: 1", "version: 1  # more"),
    "a constant": ("{const: EUR}", "{const: USD}"),
    "money": ("value: total", "value: nothing"),
    "the reason of a skip": ("because: a test order", "because: another"),
    "no skip": ("skip:\n  - {when: boolean(test), because: a test order}\n", ""),
    "a new field": ("value: total", "order_id: id, value: total"),
    "the key": ("event_id: id", "event_id: {template: 'x-{id}'}"),
    "a person's": ("{em: email}", "{em: email, external_id: id}"),
}


@pytest.mark.parametrize("edit", _EDITS)
def test_what_differs_is_what_diff_tells(session: Session, edit: str, tmp_path: Path) -> None:
    was, now = _EDITS[edit]
    after = MAPPING.replace(was, now)
    assert after != MAPPING
    events = [*_EVENTS, event(5, email="other@example.com")]
    told = session.answer({"ask": "changes", **about(after, *events), "before": about()["mapping"]})
    old, new = tmp_path / "before.yaml", tmp_path / "shop.yaml"
    old.write_text(MAPPING, encoding="utf-8")
    new.write_text(after, encoding="utf-8")
    found = compare(old, new, events)
    assert (told["same"], told["differ"]) == (found.same, found.different)
    assert [(one["path"], one["alarm"], one["count"], one["sample"] + 1) for one in told["rows"]] == [
        (getattr(one, "path", ""), one.alarm, one.count, one.example.line) for one in found.rows
    ]
    assert [(one["title"], one["mark"], one["alarm"]) for one in told["rules"]] == [
        (one.title, one.mark, one.alarm) for one in found.plan
    ]
    lines = [one.new.rpartition(":")[2] for one in (*found.rows, *found.plan)]
    places = [one["place"] for one in (*told["rows"], *told["rules"])]
    assert [str(place["line"]) if place else "" for place in places] == lines
    assert bool(found.rows or found.plan) == (edit != "nothing")


def test_values_of_persons_in_what_differs_are_masked_unless_revealed(session: Session) -> None:
    after = MAPPING.replace("{em: email}", "{em: {template: 'x{email}'}}")
    question = {"ask": "changes", **about(after, _SENT), "before": about()["mapping"]}
    digest = hashlib.sha256(_SENT["email"].encode()).hexdigest()
    masked = json.dumps(session.answer(question))
    assert "identity changed" in masked
    assert digest not in masked
    assert digest in json.dumps(session.answer({**question, "reveal": True}))


def test_a_version_with_errors_is_told(session: Session) -> None:
    broken = {"name": "shop.yaml", "text": MAPPING.replace("event_id", "event_ids")}
    told = session.answer({"ask": "changes", **about(), "before": broken})
    assert (told["problem"], told["hint"][:4]) == ("the mapping has errors", "M301")


@pytest.mark.parametrize("number", range(len(_EVENTS)))
@pytest.mark.parametrize("reveal", [False, True])
def test_a_sample_becomes_a_test_that_holds(session: Session, number: int, reveal: bool) -> None:
    question = {"ask": "pin", **about(), "chosen": number, "name": "pinned", "reveal": reveal}
    pinned = session.answer(question)
    (edit,) = pinned["edit"]
    assert MAPPING[: edit["from"]] + edit["insert"] + MAPPING[edit["to"] :] == pinned["text"]
    found = session.answer({"ask": "tests", **about(pinned["text"])})
    assert [(one["name"], one["passed"]) for one in found["results"]] == [("pinned", True)]
    assert (f"ada{number + 1}@example.com" in pinned["text"]) is reveal
    again = session.answer({**question, "mapping": {"name": "shop.yaml", "text": pinned["text"]}})
    names = [one.name for one in authoring.analyse(again["text"]).tests]
    assert names == ["pinned", "pinned 2"]


@pytest.mark.parametrize(
    "tests",
    ["tests: []\n", "tests:\n- name: own\n  given: {test: true}\n  expect: {skip: skip}\n# end", "\n\n# end"],
)
def test_a_test_is_put_after_those_that_there_are(session: Session, tests: str) -> None:
    pinned = session.answer({"ask": "pin", **about(MAPPING + tests), "chosen": 0, "name": "pinned"})
    assert authoring.analyse(pinned["text"]).tests[-1].name == "pinned"
    assert pinned["text"].startswith(MAPPING)
    lines = {line.rstrip() for line in pinned["text"].splitlines()}
    assert {line.removesuffix(" []") for line in tests.splitlines()} - {""} <= lines


def test_tests_in_brackets_are_left_as_they_are(session: Session) -> None:
    text = MAPPING + "tests: [{name: own, given: {test: true}, expect: {skip: skip}}]\n"
    assert "list" in session.answer({"ask": "pin", **about(text), "chosen": 0, "name": "x"})["hint"]


def test_a_test_that_fails_says_what_made_the_value(session: Session) -> None:
    text = MAPPING + (
        "tests:\n  - name: wrong\n    given: {type: order, id: 1, at: '2026-05-01T10:00:00Z', "
        "email: a@example.com, total: 2}\n    expect: {custom_data: {value: '3'}}\n"
    )
    found = session.answer({"ask": "tests", **about(text)})
    assert found["ok"] is False
    (difference,) = found["results"][0]["differences"]
    assert (difference["path"], difference["expected"], difference["got"]) == (
        "custom_data.value",
        '"3"',
        '"2"',
    )
    made = difference["made_by"][0]
    assert made["source"] == "total"
    assert "value: total" in text[made["place"]["from"] : made["place"]["to"]]


def test_a_link_holds_invented_values_and_the_rest_as_it_was(session: Session) -> None:
    text = '{ "type": "order",\t"id": "o-1", "at": "2026-05-01T10:00:00Z", "email": "Ada@Home.example" }'
    found = session.answer({"ask": "share", **about(MAPPING, text), "reveal": False})
    assert found["replaced"] == [{"sample": "sample 0", "path": "email"}]
    assert found["samples"][0]["text"] == text.replace("Ada@Home.example", "jane@example.com")
    assert found["left_out"] == 0
    whole = session.answer({"ask": "share", **about(MAPPING, text), "reveal": True})
    assert (whole["samples"][0]["text"], whole["replaced"]) == (text, [])
    many = session.answer({"ask": "share", **about(MAPPING, *[_SENT] * 103), "reveal": True})
    assert (len(many["samples"]), many["left_out"]) == (100, 3)


def test_a_sample_that_is_no_json_is_not_shared(session: Session) -> None:
    found = session.answer({"ask": "share", **about(MAPPING, "ada@example.com"), "reveal": False})
    assert (found["samples"][0]["text"], found["replaced"][0]["path"]) == ("{}", "")


def test_markdown_has_the_mapping_the_sample_and_its_payload(session: Session) -> None:
    text = (
        MAPPING
        + "tests:\n  - name: own\n    given: {email: ada@example.com}\n    expect: {reject: [event_id]}\n"
    )
    told = session.answer({"ask": "markdown", **about(text), "chosen": 0, "reveal": False})["markdown"]
    assert MAPPING.rstrip() in told
    assert "| `custom_data.value` | `1.5` | `total` | `+decimal +note_negative` |" in told
    assert "ada" not in told


def test_markdown_has_what_a_message_quotes_as_code(session: Session) -> None:
    text = MAPPING.replace("custom_data:", "custom_dat_a:")
    told = session.answer({"ask": "markdown", **about(text), "chosen": 0, "reveal": False})["markdown"]
    assert "`custom_dat_a`" in told.partition("- **error M301**")[2]
    hostile = MAPPING.replace("custom_data:", '"<b>[x](y)`":')
    told = session.answer({"ask": "markdown", **about(hostile), "chosen": 0, "reveal": False})["markdown"]
    assert "<b>" not in re.sub(
        r"`[^`]*`", "", told.partition("- **error")[2].replace("\\`", "").replace("\\<", "")
    )


@pytest.mark.parametrize(
    ("name", "text", "names", "problems"),
    [
        ("a.ndjson", '{"a": 1}\nno\n{"a": 2}\n', ["a.ndjson:1", "a.ndjson:3"], 1),
        ("a.json", '{"a": 1}', ["a.json"], 0),
        ("a.json", '[{"a": 1}, {"a": 2}]', ["a.json:1", "a.json:1"], 0),
        ("a.csv", "a,b\n1,2\n", ["a.csv"], 0),
        ("a.txt", '{"a": 12345678901234567890123}', ["a.txt"], 0),
        ("a.ndjson", "", [], 0),
    ],
)
def test_a_file_that_is_dropped_becomes_samples(
    session: Session, name: str, text: str, names: list[str], problems: int
) -> None:
    found = session.answer({"ask": "read_samples", "name": name, "text": text})
    assert ([one["name"] for one in found["samples"]], len(found["problems"])) == (names, problems)
    assert all("a" in json.loads(one["text"]) for one in found["samples"])


def test_numbers_of_a_dropped_file_keep_all_their_digits(session: Session) -> None:
    text = '{"a": 12345678901234567890123, "b": 0.1}'
    found = session.answer({"ask": "read_samples", "name": "a.ndjson", "text": text})
    assert json.loads(found["samples"][0]["text"]) == json.loads(text)


def test_a_let_is_found_with_all_that_reads_it(session: Session) -> None:
    text = MAPPING.replace("payload:\n  action", "let: {mail: email}\npayload:\n  action").replace(
        "{em: email}", "{em: $mail}"
    )
    found = session.answer({"ask": "definition", **about(text), "offset": text.index("$mail") + 2})
    assert text[found["definition"]["from"] : found["definition"]["to"]] == "mail"
    assert [text[one["from"] : one["to"]] for one in found["references"]] == ["$mail"]


def test_a_code_is_explained(session: Session) -> None:
    told = session.answer({"ask": "code", "code": "m308"})
    assert (told["code"], told["severity"]) == ("M308", "error")
    assert "{const: web}" in told["markdown"]
    assert "did you mean" in session.answer({"ask": "code", "code": "M3O8"}).get("hint", "did you mean")
    assert session.answer({"ask": "code", "code": "M9999"})["problem"]
