"""What a program makes of any event: never an exception, never a change, and only payloads that validate."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mapper import Invalid, Program, compile_mapping, compile_text
from tests.compiler.test_language import CASES as _LANGUAGE
from tests.compiler.test_language import mapping_of
from tests.compiler.test_mutated_mappings import check_event
from tests.support.depth import examples
from tests.support.events import anything, broken_events

_MAPPINGS = Path(__file__).parents[2] / "mappings"
_SOURCES = {
    "segment-ecommerce": "segment",
    "rudderstack": "rudderstack",
    "ga4-server": "ga4_sgtm",
    "ga4-measurement-protocol": "ga4_measurement_protocol",
    "shopify-orders": "shopify",
    "snowplow": "snowplow",
    "warehouse-orders": "warehouse",
    "woocommerce-orders": "woocommerce",
    "stripe-checkout": "stripe",
    "pinterest-tag": "pinterest_tag",
}
_program = cache(lambda name: compile_mapping(_MAPPINGS / f"{name}.yaml"))
_CORRECT = sorted((Path(__file__).parents[1] / "cases" / "correct").glob("*.yaml"))
_quick = settings(
    max_examples=examples(150),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.mark.parametrize("name", _SOURCES)
def test_a_real_event_with_broken_values_gives_a_valid_payload_or_a_named_end(name: str) -> None:
    @_quick
    @given(event=broken_events(_SOURCES[name]))
    def holds(event: dict[str, Any]) -> None:
        check_event(_program(name), event)

    holds()


@pytest.mark.parametrize("name", _SOURCES)
def test_any_json_gives_a_valid_payload_or_a_named_end(name: str) -> None:
    @_quick
    @given(
        event=st.one_of(anything, st.dictionaries(st.sampled_from(["event", "type", "properties"]), anything))
    )
    def holds(event: Any) -> None:
        check_event(_program(name), event)

    holds()


def _other_programs() -> dict[str, Program]:
    """Those of all other mappings that are right, by name."""
    whole = [path for path in _CORRECT if "partial: true" not in path.read_text("utf-8")]
    files = {path.stem: path for path in (*whole, *sorted(_MAPPINGS.glob("*.yaml")))}
    named = {name: compile_mapping(path) for name, path in files.items() if name not in _SOURCES}
    return named | {case["name"]: compile_text(mapping_of(case)) for case in _LANGUAGE}


def test_every_mapping_of_the_corpus_makes_valid_payloads_or_named_ends_of_any_event() -> None:
    programs = _other_programs()
    assert len(programs) > 60
    source = st.sampled_from(sorted(_SOURCES.values()))
    event = st.one_of(anything, source.flatmap(broken_events))

    @settings(_quick, max_examples=examples(40))
    @given(event)
    def holds(event: Any) -> None:
        for program in programs.values():
            check_event(program, event)

    holds()


def test_an_event_as_json_gives_what_the_event_itself_gives() -> None:
    # Few events come, so that one of the two takes all of them in its careful form.
    careful, fast = (compile_mapping(_MAPPINGS / "segment-ecommerce.yaml") for _ in range(2))
    fast.prepare()
    for path in sorted((Path(__file__).parents[1] / "cases" / "events").glob("*.json")):
        text = path.read_bytes()
        outcomes = careful.apply(json.loads(text))
        for made in (careful.apply_json(text), fast.apply(json.loads(text)), fast.apply_json(text)):
            assert made == outcomes


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b"{", "malformed"),
        (b"[]", "malformed"),
        (b'{"a": 01}', "malformed"),
        (b'{"a": "\\ud800"}', "invalid_unicode"),
        (b'{"event": "\xff"}', "invalid_unicode"),
        (b'{"a": "' + b"x" * 2**20 + b'"}', "too_large"),
    ],
)
def test_what_is_no_event_is_invalid_of_a_kind(text: bytes, kind: str) -> None:
    with pytest.raises(Invalid) as raised:
        _program("segment-ecommerce").apply_json(text)
    assert raised.value.kind == kind
