"""Addresses with tokens and persons, in each attribute of a ready mapping that reaches a URL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mapper import Program, compile_mapping, read_schema
from tests.guard.test_links import STOPS
from tests.oracles.golden import MAPPINGS, program_of
from tests.support.depth import some
from tests.support.events import leaves, with_value
from tests.support.people import Event, given_events, mapped

_URLS = read_schema("pinterest/conversions-v5")["x-guard"]["urls"]
# An attribute is tried in so many events at most, since a mapping reads it in some only.
_MOST_TRIED = 4
_HOST = "https://shop.example"
_Place = tuple[Event, dict[str, Any] | None, tuple[Any, ...]]
# Their sources tell no URL.
_WITHOUT = {"square-orders"}
_ready = pytest.mark.parametrize(
    "path", [path for path in MAPPINGS if path.stem not in _WITHOUT], ids=lambda path: path.stem
)


def _sent(program: Program, event: Event, meta: dict[str, Any] | None) -> Iterator[str]:
    """The URLs that leave of an event."""
    for outcome in program.apply(event, meta):
        payload: Any = outcome.payload or {}
        yield from (payload[name] for name in _URLS if name in payload)


def _places(path: Path, program: Program) -> list[_Place]:
    """An event and an attribute for each attribute whose text reaches a URL."""
    tried: dict[tuple[Any, ...], int] = {}
    found: dict[tuple[Any, ...], _Place] = {}
    for event, meta in given_events(mapped(path)):
        for at, value in leaves(event):
            name = tuple(part for part in at if not isinstance(part, int))
            if name in found or not isinstance(value, str) or tried.get(name, 0) >= _MOST_TRIED:
                continue
            tried[name] = tried.get(name, 0) + 1
            for text in (f"{_HOST}/a-page", "/a-page"):
                if any("a-page" in url for url in _sent(program, with_value(event, at, text), meta)):
                    found[name] = event, meta, at
    return list(found.values())


@_ready
def test_no_token_and_no_person_leaves_in_a_url(path: Path) -> None:
    program = program_of(path)
    places = _places(path, program)
    assert places, "no attribute reaches a URL"
    for number, row in enumerate(some(STOPS, 120)):
        event, meta, at = places[number % len(places)]
        for url in _sent(program, with_value(event, at, row["text"]), meta):
            assert [secret for secret in row["secret"] if secret in url] == [], (at, row["text"])


@_ready
def test_the_raw_program_would_send_them(path: Path) -> None:
    """So the test above sees the guard at work."""
    program = compile_mapping(path, guard=False)
    rows = [row for row in STOPS if row["text"].startswith("https://lamps.example/x?")]
    left = [
        row
        for event, meta, at in _places(path, program)
        for row in rows[:3]
        for url in _sent(program, with_value(event, at, row["text"]), meta)
        if all(secret in url for secret in row["secret"])
    ]
    assert left
