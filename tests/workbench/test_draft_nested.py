"""Drafts of streams of nested events: orders in lists, envelopes, national numbers, and what is not sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import mapper
from mapper import Outcome, authoring
from tests.generators.nested_streams import NESTED, stream
from tests.oracles.drafts import TARGET, drafted_stream, filled, score
from tests.support.case_files import of_yaml

# So many fields of all streams are found; a change may find more.
_FOUND = 215
_TRUTHS: dict[str, dict[str, Any]] = {name: one["truth"] for name, one in NESTED.items()}

# The id of an event that is named `uid` may be a person's to the check; without the samples nothing tells
# that each part has an id of its own.
_LEFT = {"marketplace": ("M451",), "hotel": ("M421",)}


def _outcomes(name: str, folder: Path) -> list[list[Outcome]]:
    """What the filled-in draft of a stream makes of each event."""
    file = folder / f"{name}.yaml"
    text = filled(drafted_stream(name), _TRUTHS[name])
    file.write_text(text.replace(f"source: {name}/events\n", ""), encoding="utf-8")
    found = [one.code for one in mapper.check_mapping(file) if one.severity != "advice"]
    assert [code for code in found if code not in _LEFT.get(name, ())] == []
    program = mapper.compile_mapping(file)
    return [[*program.apply(event)] for event in stream(name)]


def test_most_fields_of_nested_events_are_found() -> None:
    scores = [score(drafted_stream(name), truth) for name, truth in _TRUTHS.items()]
    assert sum(len(one.found) for one in scores) >= _FOUND


@pytest.mark.parametrize("name", NESTED)
def test_no_guess_of_nested_events_is_wrong(name: str) -> None:
    found = score(drafted_stream(name), _TRUTHS[name])
    assert (found.wrong, found.misnamed) == ((), ())


@pytest.mark.parametrize("name", NESTED)
def test_each_part_is_sent_with_an_id_of_its_own_and_an_event_without_parts_passes(
    name: str, tmp_path: Path
) -> None:
    of_events = _outcomes(name, tmp_path)
    outcomes = [one for of_event in of_events for one in of_event]
    assert [one.skip.reason for one in outcomes if one.skip is not None and "split" in one.skip.reason] == []
    assert [one.rejection for one in outcomes if one.rejection is not None] == []
    payloads = [one.payload for one in outcomes if one.payload is not None]
    ids = [payload["event_id"] for payload in payloads]
    assert len({*ids}) == len(ids) > len(outcomes) / 2
    valid = mapper.validator(TARGET)
    assert [valid(payload) for payload in payloads] == [[]] * len(payloads)
    assert [payload for payload in payloads if "ph" not in payload["user_data"]] == []


_MARKS: list[tuple[str, list[Any], str, str]] = [
    ("test", [True, False], "boolean(test)", "true in 4 of 20"),
    ("isTest", ["true", "false"], "isTest == 'true'", '"true" in 4 of 20'),
    ("sandbox", [1, 0], "sandbox == `1`", "1 in 4 of 20"),
    ("livemode", [False, True], "livemode == `false`", "false in 4 of 20"),
    ("environment", ["sandbox", "live"], "environment == 'sandbox'", '"sandbox" in 4 of 20'),
    ("mitarbeiter", [True, None], "boolean(mitarbeiter)", "true in 4 of 4"),
    ("internal_user", [True, False], "boolean(internal_user)", "true in 4 of 20"),
    ("refunded", [True, False], "boolean(refunded)", "true in 4 of 20"),
    ("cancelled_at", ["2026-05-02T10:00:00Z", None], "present(cancelled_at)", "present in 4 of 4"),
    ("estado", ["devuelto", "pagado"], "estado == 'devuelto'", '"devuelto" in 4 of 20'),
]


@pytest.mark.parametrize(("name", "values", "when", "evidence"), _MARKS)
def test_events_with_a_mark_are_proposed_to_be_skipped(
    name: str, values: list[Any], when: str, evidence: str
) -> None:
    made = authoring.draft([_sale(number) | {name: values[number % 5 > 0]} for number in range(20)])
    skips = [(one.value, one.evidence) for one in made.guesses if one.path == "skip"]
    assert skips == [(when, evidence)]
    (skip,) = of_yaml(made.mapping)["skip"]
    assert skip["when"] == when
    marked = [_sale(number) | {name: values[0]} for number in range(20)]
    skipped = [one.skip for event in marked for one in mapper.compile_text(made.trial).apply(event)]
    assert all(one is not None and one.reason == skip["because"] for one in skipped)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("test", [False, True]),
        ("ab_test", ["B", "A"]),
        ("test_group", [True, False]),
        ("cancel_at_period_end", [True, False]),
        ("refundable", [True, False]),
        ("referrer_type", ["internal", "search"]),
        ("is_paid", [True, False]),
    ],
)
def test_other_marks_are_no_reason_to_skip(name: str, values: list[Any]) -> None:
    made = authoring.draft([_sale(number) | {name: values[number % 5 > 0]} for number in range(20)])
    assert [one for one in made.guesses if one.path == "skip"] == []


def test_names_of_events_that_are_taken_back_are_proposed_to_be_skipped() -> None:
    names = ("order.paid", "order.refunded", "order.cancelled", "order.weighed")
    made = authoring.draft([_sale(number) | {"event": names[number % 4]} for number in range(40)])
    sections = of_yaml(made.mapping)["events"]
    undone = ["order.cancelled", "order.refunded"]
    assert {"is": undone, "skip": "cancelled, refunded or returned"} in sections
    assert "# 20 events; a proposal" in made.mapping
    assert [one["is"] for one in sections if isinstance(one.get("send"), dict)] == ["order.weighed"]


def _sale(number: int) -> dict[str, Any]:
    return {
        **{"event": "purchase", "id": f"e-{number}", "at": f"2026-05-01T10:{number:02}:00Z"},
        **{"email": f"ada{number}@example.com", "total": 10 + number, "currency": "EUR"},
    }


def test_parts_without_an_id_of_their_own_get_one_of_the_events_id_and_their_place() -> None:
    order = {"sum": 20, "currency": "EUR", "lines": [{"sku": "s-1", "title": "Mug", "price": 10, "qty": 2}]}
    plain = {"at": "2026-05-01T10:00:00Z"}
    events = [
        {**plain, "id": f"e-{one}", "email": f"ada{one}@example.com", "orders": [order] * (one % 3)}
        for one in range(12)
    ]
    made = authoring.draft(events)
    assert of_yaml(made.mapping)["payload"]["event_id"] == "fingerprint([id, $index])"
    program = mapper.compile_text(made.trial)
    ids = [one.payload["event_id"] for event in events for one in program.apply(event) if one.payload]
    assert len({*ids}) == len(ids) >= 12


def test_a_stream_of_views_and_orders_leaves_no_event_without_a_part(tmp_path: Path) -> None:
    events = stream("concert_tickets")
    assert sum("orders" not in event["body"] for event in events) == 37
    of_events = _outcomes("concert_tickets", tmp_path)
    assert sum(len(one) == 1 and one[0].payload is not None for one in of_events) >= 30


def test_attributes_in_lists_of_lists_are_listed_among_those_that_no_rule_reads() -> None:
    events = [
        _sale(number) | {"parcels": [{"box": "b", "stops": [{"hub": "h", "scans": [{"gate": number}]}]}]}
        for number in range(5)
    ]
    unread = authoring.draft(events).mapping.partition("# No rule reads:")[2]
    assert "parcels[].box, parcels[].stops[].hub, parcels[].stops[].scans[].gate" in unread
