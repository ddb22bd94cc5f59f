"""Drafts: what is found of invented sources, nothing wrong, nobody's value shown, and what they send."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest

import mapper
from mapper import authoring
from tests.oracles.drafts import CASES, INVENTED, TARGET, drafted, events_in, filled, score
from tests.support.case_files import as_yaml, of_yaml

# So many fields of the invented sources are found; a change may find more.
_FOUND = 178
_PERSONAL = re.compile(
    r"mail|courriel|phone|telefon|vorname|nachname|given|family|prenom|^nom$|(^|_)ip($|_|a)|agent|browser"
    r"|navigateur|remote_addr|^ua$|pseudo"
    r"|advertising_id|geburt|city|ort$|ville|plz|zip|postal"
)
_SHORTEST = 5
# Whether it sends anything depends on what is to be decided.
_WITHOUT_TESTS = {"french_leads"}


def _project(name: str, folder: Path, text: str) -> Path:
    """A project with a mapping and the schema of its source."""
    file = folder / f"mappings/{name}.yaml"
    schema = folder / f"schemas/{name}/events.json"
    for one, content in ((file, text), (schema, json.dumps(drafted(name).source))):
        one.parent.mkdir(parents=True, exist_ok=True)
        one.write_text(content, encoding="utf-8")
    return file


@pytest.mark.parametrize("name", INVENTED)
def test_no_guess_is_wrong(name: str) -> None:
    found = score(drafted(name), INVENTED[name])
    assert (found.wrong, found.misnamed) == ((), ())


def test_most_fields_are_found() -> None:
    scores = [score(drafted(name), truth) for name, truth in INVENTED.items()]
    assert sum(len(one.found) for one in scores) >= _FOUND


@pytest.mark.parametrize("name", INVENTED)
def test_a_draft_has_no_error_but_what_is_to_be_decided(name: str, tmp_path: Path) -> None:
    file = _project(name, tmp_path, drafted(name).mapping)
    errors = [one for one in mapper.check_mapping(file) if one.severity == "error"]
    assert [one.code for one in errors] == ["M153"] * drafted(name).todos


@pytest.mark.parametrize("name", INVENTED)
def test_a_draft_that_is_filled_in_sends_valid_payloads_of_all_samples(name: str, tmp_path: Path) -> None:
    file = _project(name, tmp_path, filled(drafted(name), INVENTED[name]))
    assert [one for one in mapper.check_mapping(file) if one.severity == "error"] == []
    program, valid = mapper.compile_mapping(file), mapper.validator(TARGET)
    outcomes = [one for event in events_in(CASES / INVENTED[name]["events"]) for one in program.apply(event)]
    payloads = [one.payload for one in outcomes if one.payload is not None]
    assert [valid(payload) for payload in payloads] == [[]] * len(payloads)
    rejected = [one.rejection for one in outcomes if one.rejection is not None]
    assert [reason.path for one in rejected for reason in one.reasons if reason.path != "user_data"] == []
    assert len(payloads) >= 0.5 * len(outcomes)
    assert len(rejected) <= 0.3 * len(outcomes)


@pytest.mark.parametrize("name", INVENTED)
def test_the_tests_of_a_draft_hold_once_it_is_filled_in(name: str, tmp_path: Path) -> None:
    file = _project(name, tmp_path, filled(drafted(name), INVENTED[name]))
    report = mapper.run_tests(file)
    (tested,) = report.files
    assert len(tested.results) >= (name not in _WITHOUT_TESTS)
    assert [one for one in tested.results if one.status != "passed"] == []


def _personal_texts(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        label = next((str(value[key]) for key in ("name", "key") if isinstance(value.get(key), str)), "")
        for key, one in value.items():
            is_pair = label and key == "value" and set(value) <= {"name", "key", "value"}
            yield from _personal_texts(one, label if is_pair else key)
    elif isinstance(value, list):
        for one in value:
            yield from _personal_texts(one, name)
    elif isinstance(value, str) and _PERSONAL.search(name.lower()) and len(value) >= _SHORTEST:
        yield value


@pytest.mark.parametrize("name", INVENTED)
def test_no_value_of_a_person_is_in_a_draft_or_its_schema(name: str) -> None:
    texts = {text for event in events_in(CASES / INVENTED[name]["events"]) for text in _personal_texts(event)}
    written = drafted(name).mapping + json.dumps(drafted(name).source, ensure_ascii=False)
    assert len(texts) > 5
    assert sorted(text for text in texts if text in written) == []


def test_a_name_with_an_address_or_a_number_in_it_is_hidden() -> None:
    """Names of events and of attributes, and names in lists of names and values."""
    texts = ("ada.k@example.com", "+49 30 9018273")
    names = ("purchase", "signup", *(f"invoice for {text}" for text in texts))
    events = [
        {
            **{"event": names[number % 4], "id": f"e-{number}", "at": f"2026-05-01T10:00:{number:02}Z"},
            **{"state": f"cancelled by {texts[0]}" if number % 4 else "paid"},
            **{f"cart of {text}": {"total": number} for text in texts},
            "notes": [{"name": f"note for {text}", "value": number} for text in texts],
        }
        for number in range(12)
    ]
    made = authoring.draft(events, name="named")
    written = "".join((made.mapping, made.trial, json.dumps(made.source), str(made.guesses), str(made.names)))
    assert [text for text in texts if text in written or quote_plus(text) in written] == []
    assert "  # 2 names with an address or a number of a person not shown:" in made.mapping
    assert dict(made.names) == {"purchase": "checkout", "signup": "signup"}


def test_a_draft_of_the_same_events_is_the_same() -> None:
    events = events_in(CASES / "camel_service.ndjson")
    assert authoring.draft(events, name="camel_service") == drafted("camel_service")


_STATED: dict[str, Any] = mapper.read_schema(TARGET)["x-draft"]
_LESS = [
    *({key: part for key, part in _STATED.items() if key != left_out} for left_out in _STATED),
    *(
        _STATED | {"roles": {role: path for role, path in _STATED["roles"].items() if role != left_out}}
        for left_out in _STATED["roles"]
    ),
    {},
]


@pytest.mark.parametrize(
    "stated", _LESS, ids=[*_STATED, *(f"role {role}" for role in _STATED["roles"]), "all"]
)
def test_a_target_may_leave_out_anything_that_drafts_are_made_by(
    stated: dict[str, Any], tmp_path: Path
) -> None:
    schema = {key: part for key, part in mapper.read_schema(TARGET).items() if key != "x-delivery"}
    (tmp_path / ".git").mkdir()
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas/own.json").write_text(json.dumps(schema | {"x-draft": stated}), encoding="utf-8")
    events = [
        {
            **{"event": "order", "id": f"o-{number}", "at": f"2026-05-0{number}T10:00:00Z", "total": 4},
            **{"email": f"ada{number}@example.com", "consent": number % 2 == 0, "marketing_optin": True},
            "lines": [{"sku": f"s-{number}", "qty": 1, "price": 2}, {"sku": "mug", "qty": 2, "price": 1}],
            "props": [{"name": "size", "value": "L"}, {"name": "medium", "value": "cpc"}],
        }
        for number in range(1, 8)
    ]
    assert authoring.draft(events, target="own", beside=tmp_path / "own.yaml").mapping


def test_a_draft_needs_an_event() -> None:
    with pytest.raises(ValueError, match="at least one event"):
        authoring.draft([])


def _envelope(number: int) -> dict[str, Any]:
    """A request with two events in it; in the odd ones the second is none of the target's."""
    second = "box_ticked" if number % 2 else "product_viewed"
    product = {"sku": f"S-{number % 3}", "title": "Mug", "price": 10 + number, "qty": 2}
    order = {"number": f"A-{number}", "subtotal": 2 * (10 + number), "currency": "EUR", "items": [product]}
    paid = {"event": "order_paid", "event_id": f"p-{number}", "order": order}
    return {
        "sent_at": f"2026-05-01T10:{number:02}:30Z",
        "user": {"email": f"ada{number}@example.com"},
        "batch": [
            {**paid, "occurred_at": f"2026-05-01T10:{number:02}:00Z"},
            {
                "event": second,
                "event_id": f"b-{number}",
                "occurred_at": f"2026-05-01T10:{number:02}:05Z",
            },
        ],
    }


def _booking(number: int, first: str, second: str) -> dict[str, Any]:
    """An event with a name of its own, and a list of things whose names may sound like those of events."""
    rooms = [{"code": f"R-{number % 3}", "name": first}, {"code": f"R-{3 + number % 2}", "name": second}]
    return {
        "topic": ("booking.created", "booking.started")[number % 2],
        "webhook_id": f"w-{number}",
        "occurred_at": f"2026-05-01T10:{number:02}:00Z",
        "guest": {"email": f"ada{number}@example.com"},
        "booking": {"reference": f"B-{number}", "total": 100 + number, "currency": "EUR", "rooms": rooms},
    }


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Lake view", "Extra bed"),
        ("View", "Search"),
        ("Purchase protection", "Signup bonus"),
        ("Sale", "Lead"),
    ],
)
def test_things_that_are_named_like_events_do_not_split_an_event_with_a_name(first: str, second: str) -> None:
    made = authoring.draft([_booking(number, first, second) for number in range(8)], name="bookings")
    assert "split:" not in made.mapping
    assert dict(made.names) == {"booking.created": "checkout", "booking.started": "initiate_checkout"}


def test_an_envelope_of_several_events_is_split(tmp_path: Path) -> None:
    events = [_envelope(number) for number in range(8)]
    made = authoring.draft(events, name="batch")
    assert 'split: "batch[].merge($event, @) || [@]"' in made.mapping
    reads = {one.path: one.reads for one in made.guesses}
    assert reads["event_time"] == ("batch[].occurred_at",)
    assert reads["user_data.em"] == ("user.email",)
    assert reads["custom_data.contents[].id"] == ("batch[].order.items[].sku",)
    written = of_yaml(made.without_source)
    written["payload"]["action_source"] = {"const": "web"}
    undecided = next(one for one in written["events"] if isinstance(one["send"], dict))
    del undecided["send"]
    undecided["skip"] = "no such event"
    file = tmp_path / "batch.yaml"
    file.write_text(as_yaml(written), encoding="utf-8")
    assert [one for one in mapper.check_mapping(file) if one.severity == "error"] == []
    outcomes = mapper.compile_mapping(file).apply(events[1])
    assert [one.payload is not None for one in outcomes] == [True, False]
    assert [one.status for one in mapper.run_tests(file).results] == ["passed"]
