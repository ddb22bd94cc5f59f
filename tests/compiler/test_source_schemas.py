"""The schemas of sources that come with the package: no event is refused or sent otherwise because of one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mapper import compile_text
from tests.oracles.golden import EVENTS, EVENTS_OF, KNOWN_BY_THE_HOST, MAPPINGS, ready
from tests.support.command import ROOT, SOURCES
from tests.support.depth import by_seed, some
from tests.support.events import leaves, with_value
from tests.support.people import given_events, mapped

_SOURCE = re.compile(r"^source: (.+)\n", re.MULTILINE)
_SOURCE_OF = {path: found[1] for path in MAPPINGS if (found := _SOURCE.search(path.read_text()))}
# What a source may write in place of a value. A list in place of a text is another matter: without a schema
# its first element counts.
_OTHERS: tuple[Any, ...] = (None, "", "x", 7, 1.5, True, {"x": "y"})
_MOST_EVENTS = 12
_each = pytest.mark.parametrize("path", some(_SOURCE_OF, 4), ids=lambda path: path.stem)


def _samples(path: Path) -> list[dict[str, Any]]:
    """Events of the source; where none are in the tree, that of the mapping's first test."""
    start = EVENTS_OF.get(ready(path.stem).name)
    if start is None:
        return [event for event, _ in given_events(mapped(path))][:1]
    return [json.loads(file.read_bytes()) for file in EVENTS if file.stem.startswith(start)]


def test_each_schema_is_that_of_a_mapping() -> None:
    assert sorted({*_SOURCE_OF.values()}) == SOURCES


@_each
def test_a_schema_takes_the_sample_events_of_its_source(path: Path) -> None:
    schema = json.loads((ROOT / f"schemas/{_SOURCE_OF[path]}.json").read_bytes())
    found = [error for event in _samples(path) for error in Draft202012Validator(schema).iter_errors(event)]
    assert [(error.json_path, error.message) for error in found] == []


@_each
def test_an_event_is_sent_as_it_would_be_without_the_schema(path: Path) -> None:
    text = _SOURCE.sub("#\n", path.read_text(encoding="utf-8"))
    without = compile_text(text, str(path), beside=path)
    program, chance = ready(path.stem), by_seed(path.stem)
    known = [(event, KNOWN_BY_THE_HOST) for event in _samples(path)]
    for event, meta in [*known, *given_events(mapped(path))][:_MOST_EVENTS]:
        for at, _ in leaves(event):
            changed = with_value(event, at, chance.choice(_OTHERS))
            assert program.apply(changed, meta) == without.apply(changed, meta), at
