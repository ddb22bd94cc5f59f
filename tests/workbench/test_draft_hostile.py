"""Drafts of whatever may be in events: each is a mapping without an error but what is to be decided."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

import mapper
from mapper import authoring
from tests.support.depth import seeds

_NAMES = (
    *("id", "email", "e-mail", "E mail", "a.b", "a\nb", 'q"uote', "it's", "$event", "$x", "@id"),
    *("#hash", "key: value", "- dash", "[0]", "items", "products", "name", "value", "event"),
    *("type", "ts", "created_at", "total", "currency", "{}", "\u2028x", "\u202eevil", "na\xefve"),
    *("\u30e1\u30fc\u30eb", "", "  ", "true", "null", "1", "0x1F", "price", "quantity", "sku"),
    *("attributes", "consent", "ip", "url", "country", "city", "zip", "\x00nul", "\x85nel"),
    *("\ufeffbom", "\ud83d", "emoji\U0001f600", "~", "*", "&a", "!t", "%", "`b`", "payload"),
    *("let", "match"),
)
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 1e300, 1180591620717411303424, 12.5, "", "x", "a@b.example"),
    *("2026-05-01T10:00:00Z", "2026-05-01 10:00:00", "1777629600", "203.0.113.7", "USD", "usd"),
    *("order", "purchase", "page_view", 'https://e.example/?epik=dj0y&x="#', "Mozilla/5.0"),
    *("# c", "{todo: x}", "a: b", "x\ny", "\u2028", "*", "'", '"', "+49 30 901820", [], {}),
    *(["a"], [1, 2], [["x"]], [None]),
)


def _value(chance: Random, depth: int) -> Any:
    kind = chance.random()
    if depth < 4 and kind < 0.25:
        return {chance.choice(_NAMES): _value(chance, depth + 1) for _ in range(chance.randrange(5))}
    if depth < 4 and kind < 0.4:
        return [
            {chance.choice(_NAMES): _value(chance, depth + 1) for _ in range(chance.randrange(4))}
            for _ in range(chance.randrange(3))
        ]
    return chance.choice(_VALUES)


def _events(seed: int) -> list[dict[str, Any]]:
    """Events of some attributes, of which half mostly have the same value."""
    chance = Random(seed)
    keys = chance.choices(_NAMES, k=chance.randrange(1, 14))
    fixed = {key: _value(chance, 0) for key in keys if chance.random() < 0.5}
    return [
        {key: fixed[key] if key in fixed and chance.random() < 0.9 else _value(chance, 0) for key in keys}
        for _ in range(chance.randrange(1, 12))
    ]


@pytest.mark.parametrize("seed", [*seeds(8, 3), 20_261_130_000_005])
def test_a_draft_of_any_events_has_no_error_but_what_is_to_be_decided(seed: int, tmp_path: Path) -> None:
    for one in range(10 * seed, 10 * seed + 10):
        made = authoring.draft(_events(one), name="any")
        schema = tmp_path / f"{one}/schemas/any/events.json"
        schema.parent.mkdir(parents=True)
        schema.write_text(json.dumps(made.source), encoding="utf-8")
        file = tmp_path / f"{one}/any.yaml"
        file.write_text(made.mapping, encoding="utf-8")
        errors = [found.code for found in mapper.check_mapping(file) if found.severity == "error"]
        assert errors == ["M153"] * made.todos, one


def test_many_deep_and_wide_events_are_drafted_too() -> None:
    deep: Any = "x"
    for _ in range(60):
        deep = {"a": deep}
    wide = {f"k{number}": number for number in range(2_000)}
    made = authoring.draft([{"id": str(number), "deep": deep, **wide} for number in range(3)])
    assert "event_id: id" in made.mapping


def test_of_many_events_some_are_looked_at_from_the_first_to_the_last() -> None:
    events = (
        {"id": f"e-{number}", "event": "purchase" if number < 9_000 else "search"} for number in range(10_000)
    )
    made = authoring.draft(events)
    assert dict(made.names) == {"purchase": "checkout", "search": "search"}
    assert "sample events of 10,000." in made.mapping
