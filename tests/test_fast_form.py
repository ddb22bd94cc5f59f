"""The fast form: when it takes events, what it leaves over, and how it is shown. What it gives is held to the
careful form, and both to the plan, in test_interpreter.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mapper import Program, compile_mapping, compile_text
from mapper.runtime.program import _FIRST_EVENTS, _MOST_MISSES, Pace
from tests.command import MAPPING, SEGMENT, call

_ROOT = Path(__file__).parents[1]
_EVENTS = [
    json.loads(path.read_bytes()) for path in sorted((_ROOT / "tests/cases/events").glob("segment_*.json"))
]
# Whole mappings that have none: events are split, or several sections take one, or the host is asked.
_WITHOUT = {
    "ga4-measurement-protocol",
    "host-knows",
    "let-in-split",
    "sections-continue",
    "split",
    "split-whole-and-index",
}
_ORDER: dict[str, Any] = {
    "type": "order",
    "id": "o-1",
    "at": "2026-05-01T10:00:00Z",
    "email": "ada@example.com",
    "total": 72.39,
}


def _warm(program: Program, event: dict[str, Any]) -> Pace:
    """The pace of a program that has seen as many events as the fast form comes after."""
    for _ in range(_FIRST_EVENTS):
        program.apply(event)
    return program._pace


def test_the_fast_form_takes_events_after_the_first_few_hundred() -> None:
    program = compile_text(MAPPING)
    first = program.apply(_ORDER)
    pace = _warm(program, _ORDER)
    assert pace.fast is not None
    assert program.apply(_ORDER) == first
    assert pace.hits > 0
    assert pace.misses == 0


def test_it_takes_all_sample_events_of_segment() -> None:
    program = compile_mapping(SEGMENT)
    expected = [program.apply(event) for event in _EVENTS]
    pace = _warm(program, _EVENTS[0])
    hits = pace.hits
    assert [program.apply(event) for event in _EVENTS] == expected
    assert (pace.hits - hits, pace.misses) == (len(_EVENTS), 0)


def test_an_invalid_value_is_noted_and_the_event_still_taken() -> None:
    program = compile_text(MAPPING)
    pace = _warm(program, _ORDER)
    event = {**_ORDER, "email": "ada", "total": "a lot"}
    (outcome,) = program.apply(event)
    assert outcome.rejection is not None
    assert [(one.kind, one.path) for one in outcome.notes] == [
        ("invalid", "user_data.em"),
        ("invalid", "custom_data.value"),
    ]
    assert outcome == compile_text(MAPPING).apply(event)[0]
    assert pace.misses == 0


def test_it_is_given_up_where_it_leaves_most_events_over() -> None:
    program = compile_text(MAPPING)
    pace = _warm(program, _ORDER)
    odd = {**_ORDER, "test": "neither yes nor no"}
    expected = compile_text(MAPPING).apply(odd)
    for _ in range(_MOST_MISSES):
        assert program.apply(odd) == expected
    assert pace.fast is None
    assert program.apply(odd) == expected
    assert program.apply(_ORDER) == compile_text(MAPPING).apply(_ORDER)


@pytest.mark.parametrize(
    "path",
    sorted([*(_ROOT / "mappings").glob("*.yaml"), *(_ROOT / "tests/cases/correct").glob("*.yaml")]),
    ids=lambda path: path.stem,
)
def test_every_mapping_has_a_fast_form_but_those_that_split_go_on_or_ask_the_host(path: Path) -> None:
    schemas = path.parent / "schemas"
    program = compile_mapping(path, schemas=schemas if schemas.is_dir() else None)
    assert (program.fast_text == "") == (path.stem in _WITHOUT)
    assert program.fast_text == compile_mapping(path, schemas=schemas if schemas.is_dir() else None).fast_text


def test_it_is_shown_by_explain(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(MAPPING, encoding="utf-8")
    ran = call("explain", str(path), "--code", "fast")
    assert ran.exit_code == 0
    assert "def fast(event):" in ran.stdout
    assert ran.stdout == compile_mapping(path).fast_text
