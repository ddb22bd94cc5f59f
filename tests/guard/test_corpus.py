"""The guard over a corpus of texts that must not leave and of texts that may; its glance and its closer look.

`tests/cases/guard/stops.ndjson` and `passes.ndjson` hold a text a line, with the fields it is for: `any`, or
`free` text, an `id`, a `url`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper import read_schema
from mapper.guard import Guard
from tests.guard.test_guard import TEXTS, holding
from tests.oracles.golden import golden_outcomes, golden_payloads
from tests.support.depth import examples

_CASES = Path(__file__).parents[1] / "cases/guard"
_SCHEMA = read_schema("pinterest/conversions-v5")
_GUARD = Guard(_SCHEMA)
_FACTS = _SCHEMA["x-guard"]
_KINDS = {"id": _FACTS["ids"], "url": _FACTS["urls"]}
_FIELDS = {
    **{kind: [path for path in TEXTS if path in paths] for kind, paths in _KINDS.items()},
    "free": [path for path in TEXTS if not any(path in paths for paths in _KINDS.values())],
    "any": TEXTS,
}


def _read(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (_CASES / name).read_text(encoding="utf-8").splitlines()]


STOPS, PASSES = _read("stops.ndjson"), _read("passes.ndjson")


def test_the_corpus_is_of_some_size_and_has_texts_for_every_kind_of_field() -> None:
    assert {len(paths) > 0 for paths in _FIELDS.values()} == {True}
    for rows in (STOPS, PASSES):
        assert len(rows) >= 250
        assert {row["in"] for row in rows} == set(_FIELDS)


def test_the_page_says_how_large_it_is() -> None:
    page = (Path(__file__).parents[2] / "docs/guard.md").read_text(encoding="utf-8")
    told = (
        f"All {len(STOPS)} texts that must be blocked are blocked, "
        f"and all {len(PASSES)} texts that may be sent are sent."
    )
    assert told in " ".join(page.split())


@pytest.mark.parametrize("row", STOPS, ids=lambda row: ascii(row["text"])[:60])
def test_what_must_not_leave_is_stopped_and_what_is_left_of_its_payload_is_clean(row: dict[str, str]) -> None:
    for path in _FIELDS[row["in"]]:
        payload = holding(path, row["text"])
        released = _GUARD.release(payload)
        assert released.found == _GUARD.check(payload) != (), path
        assert row["text"] not in json.dumps(released.payload, ensure_ascii=False).replace("\\\\", "\\")
        if released.payload is not None:
            assert _GUARD.check(released.payload) == ()


@pytest.mark.parametrize("row", PASSES, ids=lambda row: ascii(row["text"])[:60])
def test_what_may_leave_passes_in_each_field_it_is_for(row: dict[str, str]) -> None:
    alarms = {
        path: found for path in _FIELDS[row["in"]] if (found := _GUARD.check(holding(path, row["text"])))
    }
    assert alarms == {}


def test_no_payload_of_a_real_shaped_event_is_an_alarm() -> None:
    outcomes = dict(golden_outcomes())
    assert len(outcomes) > 100
    notes = {
        name: [*one.notes, *(one.rejection.reasons if one.rejection is not None else ())]
        for name, one in outcomes.items()
    }
    assert {name: said for name, said in notes.items() if any(note.kind == "guard" for note in said)} == {}


def test_most_payloads_are_seen_at_once_to_be_clean() -> None:
    payloads = list(golden_payloads().values())
    assert sum(map(_GUARD.is_clean, payloads)) > 0.9 * len(payloads)


_ALL = [row["text"] for row in (*STOPS, *PASSES)]
_PIECES = st.one_of(
    st.sampled_from(_ALL),
    st.text(max_size=12),
    st.sampled_from(
        ["@", "%40", "&#", "=", "?", "&", "\u200b", "4111", "1111", " ", "-", "QA", "LnVr", ".de"]
    ),
)


@given(st.lists(_PIECES, max_size=6), st.sampled_from(TEXTS), st.data())
@settings(max_examples=examples(1500))
def test_what_the_glance_lets_pass_the_closer_look_does_too(
    pieces: list[str], path: str, data: st.DataObject
) -> None:
    text = data.draw(st.sampled_from(["", " ", "\n", "&", "/"])).join(pieces)
    payload = holding(path, text)
    if _GUARD.is_clean(payload):
        assert _closely(payload) == []


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | _PIECES, lambda one: st.lists(one, max_size=3))
)
@settings(max_examples=examples(300))
def test_so_it_is_whatever_is_at_a_place(value: Any) -> None:
    for path in (
        "user_data.em",
        "user_data.client_ip_address",
        "custom_data.content_ids",
        "custom_data",
        "event_id",
    ):
        payload = holding(path, value)
        if _GUARD.is_clean(payload):
            assert _closely(payload) == []


def _closely(payload: Any) -> list[Any]:
    from mapper.guard.payload_places import PayloadFindings

    found = PayloadFindings()
    _GUARD._root.look(payload, found)
    return list(found.reasons)
