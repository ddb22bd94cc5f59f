"""A value of a person is in no answer unless it is revealed, wherever it is in an event."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import quote

import pytest

from mapper import authoring
from mapper.playground.page_answers import Session
from tests.support.depth import some
from tests.support.events import leaves, with_value

_ADDRESS = "canary.ada@example.org"
_PHONE = "+1 415 555-0132"
_IP = "2001:db8::ca11:a5ed"
_PLANTED = {
    "address": _ADDRESS,
    "address with blanks": f"  {_ADDRESS.upper()} ",
    "address in a URL": f"https://shop.example/?mail={quote(_ADDRESS)}",
    "phone": _PHONE,
    "IP address": _IP,
}
_TRACES = re.compile(r"canary|ca11:a5ed|ada@example|ada%40|555-?\s?0132|5550132", re.IGNORECASE)
_EXAMPLES = sorted(one.name for one in authoring.ready_mappings())
_MOST_EVENTS = 3


@pytest.fixture(scope="module")
def session() -> Session:
    return Session.of_texts()


def answers(session: Session, opened: dict[str, Any], event: Any) -> Iterator[tuple[str, str]]:
    """What is said of an event to each question, as text."""
    about = {key: opened[key] for key in ("mapping", "files")}
    about["samples"] = [{"name": "sample", "text": json.dumps(event)}]
    text = opened["mapping"]["text"]
    before = {**opened["mapping"], "text": text.replace("{const: web}", "{const: offline}")}
    questions: list[dict[str, Any]] = [
        *({"ask": ask, "chosen": 0, "reveal": False} for ask in ("live", "markdown", "share", "ends", "pin")),
        {"ask": "changes", "before": before},
    ]
    for word in ("email", "$email", "phone", "user_data", "em:", "page", "external_id"):
        at = text.find(word)
        if at >= 0:
            questions.append({"ask": "hover", "offset": at + 1, "chosen": 0, "reveal": False})
    for question in questions:
        answer = session.answer(
            {**about, **question, **({"name": "test"} if question["ask"] == "pin" else {})}
        )
        # The mapping is the author's own text, and its tests are not made of the sample.
        told = json.dumps(answer, ensure_ascii=False).replace(json.dumps(text, ensure_ascii=False), "")
        yield question["ask"], told


@pytest.mark.parametrize(("name", "kind"), some([*product(_EXAMPLES, _PLANTED)], 6, full=15))
def test_a_person_s_value_is_in_no_answer(session: Session, name: str, kind: str) -> None:
    opened = session.answer({"ask": "example", "name": name})
    events = [json.loads(one["text"]) for one in opened["samples"]]
    ways = [(event, way) for event in events for way, value in leaves(event) if isinstance(value, str)]
    first = list(_PLANTED).index(kind)
    chosen = ways[first :: max(len(ways) // _MOST_EVENTS, 1)][:_MOST_EVENTS]
    assert chosen
    for event, way in chosen:
        made = with_value(event, way, _PLANTED[kind])
        for ask, told in answers(session, opened, made):
            found = _TRACES.search(told)
            where = "" if found is None else told[max(found.start() - 200, 0) : found.end() + 80]
            assert found is None, f"{ask}: planted at {way}: {where}"


@pytest.mark.parametrize("name", some(_EXAMPLES, 2, full=8))
def test_a_name_that_is_a_person_s_value_is_in_no_answer(session: Session, name: str) -> None:
    opened = session.answer({"ask": "example", "name": name})
    event = {**json.loads(opened["samples"][0]["text"]), _ADDRESS: {"points": 3, _PHONE: [1]}}
    for ask, told in answers(session, opened, event):
        assert not _TRACES.search(told), ask


_SHORT = "Qzx"
# A name of an attribute that tells nothing, in each form in which a rule reads one.
_READS = {
    "a path": "vor",
    "a path in an object": "kunde.vor",
    "an element of a list": "kunden[0].vor",
    "alternatives": "{from: [nothing, kunde.vor]}",
    "a let": "$first",
    "a function": "own(kunde.vor)",
    "steps": "{from: kunde.vor, apply: [trim, lowercase]}",
    "an expression": "kunde.vor || 'x'",
    "a case": "{case: [{when: boolean(kunde), then: kunde.vor}]}",
}


@pytest.mark.parametrize(("field", "read"), [*product(["fn", "ct", "external_id"], _READS)])
def test_a_short_value_of_a_personal_field_is_in_no_answer(session: Session, field: str, read: str) -> None:
    text = f"""\
version: 1
target: pinterest/conversions-v5
let: {{first: kunde.vor}}
functions: {{own(value): {{from: $value, apply: trim}}}}
payload:
  action_source: {{const: web}}
  event_id: id
  event_time: at
  user_data:
    em: customer.email
    {field}: {_READS[read] if _READS[read].startswith("{") else json.dumps(_READS[read])}
otherwise: {{send: checkout}}
"""
    opened = {"mapping": {"name": "kaffee.yaml", "text": text}, "files": {}}
    event = {
        "id": "1",
        "at": 1777622400,
        "customer": {"email": _ADDRESS},
        "vor": _SHORT,
        "kunde": {"vor": _SHORT},
        "kunden": [{"vor": _SHORT}],
    }
    read_at = {"a path": ("vor",), "an element of a list": ("kunden",)}.get(read, ("kunde",))
    kept = {"id", "at", "customer", *read_at}
    for ask, told in answers(session, opened, {key: one for key, one in event.items() if key in kept}):
        assert _SHORT.lower() not in told.lower(), (ask, told[:2000])


def test_revealed_values_are_shown(session: Session) -> None:
    opened = session.answer({"ask": "example", "name": "shopify-orders"})
    event = with_value(json.loads(opened["samples"][0]["text"]), ("email",), _ADDRESS)
    about = {
        **opened,
        "samples": [{"name": "sample", "text": json.dumps(event)}],
        "chosen": 0,
        "reveal": True,
    }
    for ask in ("live", "markdown", "share"):
        assert _ADDRESS in json.dumps(session.answer({"ask": ask, **about})), ask


def test_an_event_s_name_that_no_section_has_is_hidden(session: Session) -> None:
    opened = session.answer({"ask": "example", "name": "segment-ecommerce"})
    event = {**json.loads(opened["samples"][0]["text"]), "event": "Canary Visited"}
    for ask, told in answers(session, opened, event):
        assert not _TRACES.search(told), ask


@pytest.mark.parametrize("reveal", [False, True])
def test_a_name_that_is_a_person_s_value_is_offered_only_if_revealed(session: Session, reveal: bool) -> None:
    event = {"total": 1, _ADDRESS: {"points": 3}, _PHONE: 1}
    text = "version: 1\ntarget: pinterest/conversions-v5\npayload: {event_id: }\n"
    question = {
        "ask": "complete",
        "mapping": {"name": "mapping.yaml", "text": text},
        "samples": [{"name": "sample", "text": json.dumps(event)}],
        "reveal": reveal,
        "offset": text.index("event_id: ") + len("event_id: "),
    }
    told = json.dumps(session.answer(question))
    assert '"total"' in told
    assert (_TRACES.search(told) is not None) == reveal


@pytest.mark.parametrize("texts", [1, 2, 4])
def test_what_is_no_person_s_is_shown_however_many_broken_texts_came_before(
    session: Session, texts: int
) -> None:
    text = "version: 1\ntarget: pinterest/conversions-v5\npayload:\n"
    text += "  action_source: {const: web}\n  event_id: id\n"
    good = f"{text}  event_time: at\n  user_data: {{em: email}}\notherwise: {{send: checkout}}\n"
    event = {"id": "o-1", "at": 1777622400, "email": _ADDRESS, "colour": "dark red"}
    about = {
        "mapping": {"name": f"{texts}.yaml", "text": good},
        "samples": [{"name": "sample", "text": json.dumps(event)}],
        "reveal": False,
        "chosen": 0,
    }
    assert "dark red" in session.answer({"ask": "live", **about})["event"]
    for number in range(texts):
        broken = good.replace("event_id: id", f"event_id: id{'[' * number}\n  curency: x\n  language: c")
        mapping = {"name": f"{texts}.yaml", "text": broken}
        told = session.answer({"ask": "live", **about, "mapping": mapping})
        assert told["view"] is None
        assert "dark red" in told["event"]
        assert not _TRACES.search(json.dumps(told))
    offset = broken.index("language: c") + len("language: c")
    completed = session.answer({"ask": "complete", **about, "mapping": mapping, "offset": offset})
    assert "dark red" in json.dumps(completed)
    assert not _TRACES.search(json.dumps(completed))
