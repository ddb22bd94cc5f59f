"""Placeholders in ids: absent and noted, in every field that the schema says so of, and in all forms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from mapper.runtime.outcome import Outcome
from mapper.transforms.digest import PLACEHOLDER, clean, is_placeholder
from mapper.transforms.text import strip_edges
from tests.compiler.test_interpreter import assert_agrees, compiled

_SCHEMA = json.loads((Path(__file__).parents[2] / "schemas/pinterest/conversions-v5.json").read_text("utf-8"))
_PLACEHOLDERS = (
    *("undefined", "null", "NaN", "None", "n/a", "(not set)", "(Not Set)", "[object Object]", "UNDEFINED"),
    *("{{event_id}}", "order-{{ id }}", " undefined\n", "\u200bnull\ufeff"),
)
_NO_PLACEHOLDERS = ("o-1001", "none-7", "nullable", "N", "[1]", "(7)", "{7}", "\u00fcndefined", "0", "x" * 40)
# Ids that tell events, orders, clicks, products, browsers and partners apart.
_IDS = {
    *("event_id", "app_id", "user_data.client_user_agent", "user_data.click_id", "user_data.partner_id"),
    *("custom_data.order_id", "custom_data.content_ids[]", "custom_data.contents[].id"),
    *("custom_data.contents[].item_brand_id", "custom_data.external_measurement_id"),
    *("app_info.app_id", "app_info.user_agent"),
}
_KEPT = {
    *("custom_data.search_string", "custom_data.content_name", "custom_data.content_brand", "app_name"),
    *("custom_data.contents[].item_name", "custom_data.content_category", "device_model"),
}
_BASE = {
    "action_source": {"const": "web"},
    "event_id": "id",
    "event_time": "at",
    "event_source_url": "url",
    "user_data": {"em": "email"},
}
_EVENT = {"id": "1", "at": 1777629600, "url": "https://shop.example/", "email": "ada@example.com"}


def _leaves(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, list[Any]]]:
    if "x-normal-form" in node and "items" not in node:
        yield path.strip("."), node["x-normal-form"]
    for name, child in node.get("properties", {}).items():
        yield from _leaves(child, f"{path}.{name}")
    if "items" in node:
        yield from _leaves(node["items"], f"{path}[]")


def _mapping(path: str) -> str:
    """A mapping whose field of a path takes `value`; a list takes a good one behind it."""
    payload: dict[str, Any] = json.loads(json.dumps(_BASE))
    *parents, last = path.replace("[]", ".[]").split(".")
    holder: Any = payload
    for name in parents:
        holder = holder.setdefault(name, {}) if name != "[]" else holder
        if name == "contents":
            holder.update({"each": "[{v: value}, {v: 'p-2'}]", "item": {}})
            holder = holder["item"]
    if last == "[]":
        holder.update({"from": "[value, 'p-2']"})
    else:
        holder[last] = "v" if "contents" in parents else "value"
    if path == "event_id":
        payload["event_id"] = {"from": ["value", "id"]}
    whole = {"version": 1, "target": "pinterest/conversions-v5", "payload": payload}
    return json.dumps({**whole, "otherwise": {"send": "checkout"}}, ensure_ascii=False)


def _sent(outcomes: list[Outcome], path: str) -> list[Any]:
    """All values in a payload at a path."""
    payload = outcomes[0].payload
    assert payload is not None, outcomes
    held: list[Any] = [payload]
    for name in path.replace("[]", ".[]").split("."):
        held = [one for value in held for one in (value if name == "[]" else [value.get(name)])]
        held = [one for one in held if one is not None]
    return held


def _outcomes(path: str, values: tuple[str, ...]) -> Iterator[tuple[str, list[Outcome]]]:
    """What each value comes to, the same in all forms."""
    subject = compiled(_mapping(path), path, [])
    for value in values:
        event = {**_EVENT, "value": value}
        outcomes = subject.program.apply(event)
        assert_agrees(subject.plan, subject.program, event)
        assert subject.fast.apply(event) == outcomes
        assert subject.fast.apply_json(json.dumps(event).encode()) == outcomes
        yield value, outcomes


def test_the_schema_says_of_which_fields_no_placeholder_is_sent() -> None:
    forms = dict(_leaves(_SCHEMA))
    assert {path for path, form in forms.items() if "without_placeholder" in form} == _IDS
    assert forms.keys() >= _KEPT


@pytest.mark.parametrize("path", sorted(_IDS))
def test_a_placeholder_in_an_id_is_absent_and_noted(path: str) -> None:
    others = _sent(compiled(_mapping(path), path, []).program.apply(_EVENT), path)
    for value, outcomes in _outcomes(path, _PLACEHOLDERS):
        assert _sent(outcomes, path) == others, value
        assert [(note.kind, note.message) for note in outcomes[0].notes] == [("note", PLACEHOLDER)], value


@pytest.mark.parametrize("path", sorted(_IDS))
def test_an_id_is_no_placeholder_for_what_it_resembles(path: str) -> None:
    for value, outcomes in _outcomes(path, _NO_PLACEHOLDERS):
        assert value in _sent(outcomes, path)
        assert not outcomes[0].notes


@pytest.mark.parametrize("path", sorted(_KEPT))
def test_search_strings_names_and_titles_keep_the_word(path: str) -> None:
    for value, outcomes in _outcomes(path, _PLACEHOLDERS[:-2]):
        assert value in _sent(outcomes, path)
        assert not outcomes[0].notes


def test_an_event_whose_id_is_a_placeholder_is_rejected_and_says_why() -> None:
    subject = compiled(_mapping("custom_data.order_id"), "ids", [])
    for event_id in _PLACEHOLDERS:
        event = {**_EVENT, "id": event_id}
        for outcome in (*subject.program.apply(event), *subject.fast.apply(event)):
            assert outcome.rejection is not None
            reasons = outcome.rejection.reasons
            assert [(one.path, one.message) for one in reasons] == [
                ("event_id", "is required but missing"),
                ("event_id", PLACEHOLDER),
            ]
            assert [note.message for note in outcome.notes] == [PLACEHOLDER]
        assert_agrees(subject.plan, subject.program, event)


@pytest.mark.parametrize("agent", [*_PLACEHOLDERS, None])
def test_a_placeholder_for_a_user_agent_identifies_nobody(agent: str | None) -> None:
    payload = {**_BASE, "user_data": {"client_ip_address": "ip", "client_user_agent": "agent"}}
    whole = {"version": 1, "target": "pinterest/conversions-v5", "payload": payload}
    subject = compiled(json.dumps({**whole, "otherwise": {"send": "checkout"}}), "agent", [])
    event = {**_EVENT, "ip": "203.0.113.7", "agent": agent}
    for outcome in (*subject.program.apply(event), *subject.fast.apply(event)):
        assert outcome.rejection is not None
        paths = [one.path for one in outcome.rejection.reasons]
        assert paths == ["user_data", "user_data.client_user_agent"][: 1 if agent is None else 2]
    assert_agrees(subject.plan, subject.program, event)


def test_clean_cuts_and_drops_the_same_texts_whatever_they_begin_and_end_with() -> None:
    edges = ("", " ", "\t", "\x00", "\x7f", "\u200b", "a", "{", "[", '"')
    words = (*_PLACEHOLDERS, *_NO_PLACEHOLDERS, "{{", "}}", "a{{b}}c", "ada@example.com", "Nora", "")
    for word, before, after in product((*words, *map(str.swapcase, words)), edges, edges):
        trimmed = strip_edges(normalize("NFC", before + word + after))
        expected = None if not trimmed or is_placeholder(trimmed) else trimmed
        assert clean(before + word + after) == expected, (before, word, after)
