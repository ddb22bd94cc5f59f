"""What holds for every answer of Analysis: all ready mappings, their events and altered ones, all cases."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import mapper
from mapper import Span, authoring
from mapper.authoring import Analysis
from tests.compiler.test_language import mapping_of
from tests.generators.random_mappings import TABLES
from tests.generators.random_mappings import event as random_event
from tests.generators.random_mappings import mapping as random_mapping
from tests.oracles.golden import EVENTS_OF, KNOWN_BY_THE_HOST
from tests.support.depth import seeds, some

_ROOT = Path(__file__).parents[2]
_EVENTS = sorted((_ROOT / "tests/cases/events").glob("*.json"))
_PAIRS = [
    pytest.param(mapping, event, id=f"{mapping}-{event.stem}")
    for mapping, prefix in EVENTS_OF.items()
    for event in _EVENTS
    if event.stem.startswith(prefix)
]
each_pair = pytest.mark.parametrize(("mapping", "event"), _PAIRS)
some_pairs = pytest.mark.parametrize(("mapping", "event"), some(_PAIRS, 12))


@cache
def _analysis(mapping: str) -> Analysis:
    return authoring.analyse_file(_ROOT / "mappings" / f"{mapping}.yaml")


def _trace(mapping: str, event: Any) -> authoring.Trace:
    return _analysis(mapping).trace(event, KNOWN_BY_THE_HOST)


def _written(span: Span) -> str:
    """What stands at a span, in one line and without quotes."""
    assert 0 <= span.start <= span.end <= len(span.text.content)
    return _plain(span.text.content[span.start : span.end])


def _plain(text: str) -> str:
    return " ".join(text.split()).strip("'\"").replace("''", "'")


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, one in value.items():
            yield from _leaves(one, _below(path, name))
    elif isinstance(value, list) and value:
        for at, one in enumerate(value):
            yield from _leaves(one, f"{path}[{at}]")
    else:
        yield path, value


def _below(path: str, name: str) -> str:
    """The path of a name, as an expression has it: in quotes where it is no plain word, as "x-ga-gcs"."""
    written = name if re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) else json.dumps(name, ensure_ascii=False)
    return f"{path}.{written}" if path else written


def _is_in(path: str, around: str) -> bool:
    return not around or path == around or path.startswith((f"{around}.", f"{around}["))


@some_pairs
def test_each_span_is_where_its_text_is(mapping: str, event: Path) -> None:
    trace = _trace(mapping, json.loads(event.read_bytes()))
    for row in (row for table in trace.tables for row in table.rows):
        if row.source.startswith(("constant ", "the first of", "case", "each ", "zip ", "a list of")):
            assert _written(row.span)
        else:
            expression = row.source.partition(", when ")[0].partition(", default ")[0]
            assert _written(row.span) == _plain(expression)
        for step in row.steps:
            assert step.inserted == (step.span is None)
            assert step.span is None or _written(step.span) == step.text.partition("(")[0]
    for one in (one for part in trace.decisions for one in part):
        assert one.part not in ("skip", "match") or _written(one.span) == _plain(one.source)
        for reading in one.reads:
            assert _written(reading.span) == _plain(reading.text) or one.part == "consent"


@some_pairs
def test_each_value_of_a_payload_has_a_flow(mapping: str, event: Path) -> None:
    source = json.loads(event.read_bytes())
    trace = _trace(mapping, source)
    assert trace.outcomes == tuple(_analysis(mapping).program.apply(source, KNOWN_BY_THE_HOST))
    sent = [one for one in trace.outcomes if one.payload is not None]
    assert len(sent) <= len(trace.flows)
    names = {path for path, _ in _leaves(source)}
    for outcome, flows in zip(sent, trace.flows, strict=len(sent) == len(trace.flows)):
        made = {flow.path for flow in flows}
        assert [
            path for path, _ in _leaves(outcome.payload) if not any(_is_in(path, one) for one in made)
        ] == []
        assert len(made) == len(flows)
        for flow in flows:
            assert _written(flow.span)
            for read in flow.reads:
                assert read.startswith("$meta") or any(_is_in(name, read) for name in names), read


@each_pair
def test_what_no_flow_reads_changes_nothing(mapping: str, event: Path) -> None:
    source = json.loads(event.read_bytes())
    trace = _trace(mapping, source)
    read = {path for flows in trace.flows for flow in flows for path in flow.reads}
    read |= {path for part in trace.asked for path in part}
    # What is invalid, or null, is read too, by rules that give nothing.
    silent = [path for path, value in _leaves(source) if not any(_is_in(path, one) for one in read)]
    program = _analysis(mapping).program
    before = _sent(program, source)
    for path in silent:
        now = _sent(program, _altered(source, path))
        # A rule that gave nothing may give something now; what was there is as it was.
        assert all(one.keys() <= other.keys() for one, other in zip(before, now, strict=True)), path
        assert before == [
            {name: other[name] for name in one} for one, other in zip(before, now, strict=True)
        ], path


def _sent(program: mapper.Program, event: Any) -> list[dict[str, Any]]:
    return [dict(_leaves(one.payload)) for one in program.apply(event, KNOWN_BY_THE_HOST)]


def _altered(value: Any, wanted: str, path: str = "") -> Any:
    """A value with another one at a path."""
    if path and path == wanted:
        return 12345 if isinstance(value, str) else "altered"
    if isinstance(value, dict):
        return {name: _altered(one, wanted, _below(path, name)) for name, one in value.items()}
    if isinstance(value, list):
        return [_altered(one, wanted, f"{path}[{at}]") for at, one in enumerate(value)]
    return value


@each_pair
def test_what_a_row_reads_and_makes_is_what_is_sent(mapping: str, event: Path) -> None:
    source = json.loads(event.read_bytes())
    trace = _trace(mapping, source)
    for outcome, table in zip(trace.outcomes, trace.tables, strict=False):
        if outcome.payload is None:
            continue
        for row in table.rows:
            if row.depth == 0 and "[]" not in row.path and row.value is not None:
                value: Any = outcome.payload
                for name in row.path.split("."):
                    value = value.get(name) if isinstance(value, dict) else None
                assert value is None or value == row.value


def _is_stopped(outcome: mapper.Outcome) -> bool:
    """Whether the guard has taken something from a payload."""
    return any(note.kind == "guard" for note in outcome.notes)


@pytest.mark.parametrize("seed", seeds(80))
def test_a_trace_of_a_random_mapping_tells_what_is_sent(seed: int) -> None:
    dice = random.Random(f"trace {seed}")
    analysis = authoring.analyse(mapping_of({"mapping": random_mapping(dice)}), texts=TABLES)
    if any(one.severity == "error" for one in analysis.diagnostics):
        return
    for event in [random_event(dice) for _ in range(6)]:
        trace = analysis.trace(event)
        assert trace.outcomes == tuple(analysis.program.apply(event))
        sent = [one for one in trace.outcomes if one.payload is not None]
        made = [one for one in trace.flows if one]
        if len(sent) == len(made) and not any(map(_is_stopped, sent)):
            for outcome, flows in zip(sent, made, strict=True):
                _assert_all_have_flows(outcome.payload, flows)
        _assert_silent_paths_change_nothing(analysis, event, trace)
        for offset in dice.sample(range(len(analysis.text.content)), 5):
            analysis.at(offset, event)


@pytest.mark.parametrize("where", [{}, {"where": "$code != 'x'"}], ids=["all", "some"])
def test_a_list_of_an_object_that_a_section_adds_to_is_told_at_its_first_element(where: Any) -> None:
    contents = {"each": "lines", "let": {"code": "sku"}, **where, "item": {"id": "concat($code, '-')"}}
    sections = [
        {"is": "a", "send": "signup"},
        {"is": "b", "send": "signup", "payload": {"custom_data": {"content_ids": "ids"}}},
    ]
    mapping = {"payload": {"custom_data": {"contents": contents}}, "match": "kind", "events": sections}
    analysis = authoring.analyse(mapping_of({"mapping": {**mapping, "otherwise": "skip"}}))
    assert [one for one in analysis.diagnostics if one.severity == "error"] == []
    lines = [{"sku": "x"}, {"sku": "a"}][0 if where else 1 :]
    for read in ("$code, ", "sku\n", *(["$code !="] if where else [])):
        found = analysis.at(analysis.text.content.index(read), {"kind": "c", "lines": lines})
        assert found is not None
        assert found.value == "a"


def _assert_all_have_flows(payload: Any, flows: tuple[authoring.Flow, ...]) -> None:
    made = {flow.path for flow in flows}
    assert [path for path, _ in _leaves(payload) if not any(_is_in(path, one) for one in made)] == []


def _assert_silent_paths_change_nothing(analysis: Analysis, event: Any, trace: authoring.Trace) -> None:
    read = {path for flows in trace.flows for flow in flows for path in flow.reads}
    read |= {path for part in trace.asked for path in part}
    before = _sent(analysis.program, event)
    for path in (one for one, _ in _leaves(event) if one and not any(_is_in(one, other) for other in read)):
        now = _sent(analysis.program, _altered(event, path))
        if len(now) == len(before):
            for one, other in zip(before, now, strict=True):
                for name, value in one.items():
                    assert "[" in name or (name in other and other[name] == value), (path, name)


# The rules of the others are in files that they extend, which an editor asks for themselves.
@pytest.mark.parametrize("mapping", ["pinterest-tag", "rudderstack", "shopify-orders", "woocommerce-orders"])
def test_at_tells_the_value_that_a_rule_reads(mapping: str) -> None:
    analysis = _analysis(mapping)
    told = 0
    for event in [one for one in _EVENTS if one.stem.startswith(EVENTS_OF[mapping])]:
        source = json.loads(event.read_bytes())
        for table in analysis.trace(source, KNOWN_BY_THE_HOST).tables:
            for row in table.rows:
                if row.span.text is not analysis.text or row.read is None or "[]" in row.path or row.depth:
                    continue
                found = analysis.at(row.span.end, source, KNOWN_BY_THE_HOST)
                assert found is not None
                if found.text == _written(row.span):
                    told += 1
                    assert (found.value, found.path) == (row.read, row.path)
                    assert [one.value for one in found.steps] == [one.value for one in row.steps]
    assert told


_TEXTS = sorted(
    [*(_ROOT / "mappings").rglob("*.yaml"), *(_ROOT / "tests/cases").glob("*.yaml")], key=lambda one: one.name
)


@pytest.mark.parametrize("path", some(_TEXTS, 2, full=15), ids=lambda one: one.name)
def test_any_place_of_any_beginning_can_be_asked(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    whole = authoring.analyse_file(path)
    step = max(1, len(text) // 120)
    for end in range(0, len(text) + 1, step):
        begun = whole.edited(text[:end])
        for one in begun.complete(end, {"a": [{"b": 1}], "event": "x"}):
            assert 0 <= one.span.start <= end <= one.span.end <= end
            assert one.word
            assert one.insert
        for one in whole.complete(end):
            assert one.span.start <= end <= one.span.end
        found = whole.at(end)
        assert found is None or found.span.start <= end <= found.span.end
        whole.definition(end)
    for end in range(0, len(text) + 1, len(text) // 8):
        cut = authoring.analyse(text[:end], beside=path)
        cut.complete(end)
        cut.at(end)
        cut.at(end // 2, {"event": "x"})
        cut.definition(end // 2)
        cut.references(end // 3)


_SECTIONS = """
name: shop
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: id
  event_time: at
  user_data: {em: email}
match: type
events:
"""
_BOUGHT = "  - {is: bought, send: checkout, payload: {partner_name: {const: x}}}\n"
_JOINED = "  - {is: joined, send: signup, payload: {partner_name: {const: y}}}\n"
_ORDERS = (_BOUGHT + _JOINED, _BOUGHT.replace("const: x", "const: z") + _JOINED, _JOINED + _BOUGHT, _JOINED)


def test_what_becomes_of_an_event_is_told_of_an_edited_text_as_of_a_new_one() -> None:
    """The sections that took the event before an edit are tried first; after it, others may take it."""
    events = [
        {"type": one, "id": "1", "at": 1700000000, "email": "a@example.com"}
        for one in ("bought", "joined", "left")
    ]
    edited = authoring.analyse(_SECTIONS + _BOUGHT)
    for sections in (*_ORDERS, *reversed(_ORDERS)):
        for event in events:
            edited = edited.edited(_SECTIONS + sections)
            new = authoring.analyse(_SECTIONS + sections)
            assert edited.trace(event) == new.trace(event)
            assert edited.outcomes(event) == new.outcomes(event)
