"""What is shown is what is sent: `run`, `send` and `explain` give the same payloads, whatever events hold."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

import mapper
from mapper.authoring import Analysis, analyse_file
from mapper.delivery import dry_run
from mapper.workbench.explanation import explain_analysed
from tests.guard.test_corpus import STOPS
from tests.oracles.golden import EVENTS, KNOWN_BY_THE_HOST, MAPPING_OF, SENT
from tests.support.command import call, ndjson
from tests.support.depth import by_seed, some
from tests.support.events import leaves
from tests.support.people import events_of, given_events, mapped

_EVENTS_OF_A_MAPPING = 60
_TEXTS = [row["text"] for row in STOPS]


def _planted(path: Path, chance: Random) -> Iterator[dict[str, Any]]:
    """Events of a mapping, with texts in them that must not leave."""
    prefixes = tuple(start for start, name in MAPPING_OF.items() if name == path.stem)
    samples = [*events_of(EVENTS[0].parent, prefixes), *(event for event, _ in given_events(mapped(path)))]
    for _ in range(_EVENTS_OF_A_MAPPING):
        event = copy.deepcopy(chance.choice(samples))
        places = [way for way, value in leaves(event) if isinstance(value, str)]
        for way in chance.sample(places, min(len(places), chance.randint(1, 4))):
            holder = event
            for key in way[:-1]:
                holder = holder[key]
            text = chance.choice(_TEXTS)
            holder[way[-1]] = chance.choice(
                [text, f"{holder[way[-1]]} {text}", f"https://shop.example/?q={text}"]
            )
        yield event


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The payloads that `send --dry-run` would deliver."""
    taken: list[Any] = []
    really = dry_run.dry_run

    def watched(parcels: Any, *arguments: Any, **options: Any) -> Any:
        kept = list(parcels)
        taken.extend(json.loads(parcel.body) for parcel in kept)
        return really(kept, *arguments, **options)

    monkeypatch.setattr(dry_run, "dry_run", watched)
    return taken


@pytest.mark.parametrize("path", some(SENT, 2, full=10), ids=lambda path: path.stem)
def test_run_shows_what_send_sends_and_explain_what_run_shows(
    path: Path, sent: list[Any], tmp_path: Path
) -> None:
    events = list(_planted(path, by_seed(path.stem)))
    feed = tmp_path / "events.ndjson"
    feed.write_text(ndjson(*events), encoding="utf-8")
    received = ("--received-at", KNOWN_BY_THE_HOST["received_at"])
    shown = [json.loads(line) for line in call("run", path, feed, *received).stdout.splitlines()]
    call("send", path, feed, "--dry-run", *received)
    assert shown == sent
    raw = mapper.compile_mapping(path, guard=False)
    made = [one.payload for event in events for one in raw.apply(event, KNOWN_BY_THE_HOST) if one.payload]
    assert shown
    assert made != shown
    analysis = analyse_file(path)
    for event in events[:10]:
        _assert_explained(analysis, event)


def _assert_explained(analysis: Analysis, event: dict[str, Any]) -> None:
    """Assert that the tables hold the values of the payloads, and no others."""
    explained = explain_analysed(analysis, event, KNOWN_BY_THE_HOST, reveal=True)
    payloads = [one.payload for one in explained.outcomes]
    assert len(payloads) == len(explained.tables) or None in payloads
    for payload, table in zip(payloads, explained.tables, strict=False):
        for row in table.rows:
            if payload is not None and row.depth == 0 and "[]" not in row.path:
                held: Any = payload
                for name in row.path.split("."):
                    held = held.get(name) if isinstance(held, dict) else None
                if not isinstance(held, dict):
                    assert row.value == held, row.path
