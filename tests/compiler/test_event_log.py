"""The log of an event: what it says a value came to is what an oracle saw, and nothing else is told of it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import pytest

from mapper.authoring import Row, analyse, trace_event
from mapper.compiler.emit.context import EVENT, ITEM
from mapper.compiler.emit.readable.value_functions import value_key
from mapper.compiler.explain.event_run import EventRun, LoadedPlan, event_frames, load_plan
from mapper.compiler.explain.trace import trace
from mapper.compiler.plan.ir import Fixed, Planned, every, parts
from mapper.compiler.plan.planner import Plan
from mapper.values.types import Invalid, Json
from tests.compiler.test_interpreter import SUBJECTS, Subject
from tests.compiler.test_language import mapping_of
from tests.generators.altered import altered
from tests.oracles import interpreter
from tests.support.depth import by_seed, some

Came = dict[int, set[str]]


class Watched(interpreter.One):
    """The oracle on its way, which writes down what each value comes to, by its identity."""

    came: ClassVar[Came] = {}

    def value(self, planned: Planned, at: Any, index: int | None = None, covered: bool = False) -> Any:
        """As the oracle's."""
        told = self.came.setdefault(id(planned), set())
        try:
            value = super().value(planned, at, index, covered)
        except Invalid:
            told.add("invalid")
            raise
        told.add(_told(value))
        return value


def _told(value: Json | Invalid) -> str:
    return "invalid" if isinstance(value, Invalid) else json.dumps(value, sort_keys=True)


def _values(plan: Plan) -> Iterator[Planned]:
    """The values within those of fields: alternatives, arms, lists, items. Lets are logged by name."""
    for section in plan.all_sections:
        for entry in () if section.payload is None else section.payload.entries:
            for one in every(entry.value):
                yield from (part.value for part in parts(one) if part.role != "let")


def _numbers(planned: Planned, loaded: LoadedPlan) -> frozenset[int | None]:
    """The numbers of the functions of a value, which equal ones of several sections share."""
    return frozenset(loaded.numbers.get(value_key(planned, subject)) for subject in (EVENT, ITEM))


@pytest.mark.parametrize(("read", "source"), some(SUBJECTS, 30))
def test_a_value_came_to_what_an_oracle_saw(
    read: Callable[[Any], Subject], source: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreter, "One", Watched)
    subject = read(source)
    loaded, values = load_plan(subject.plan), list(_values(subject.plan))
    for event, meta in some(subject.events, 6):
        if subject.plan.split is not None or not isinstance(event, dict):
            continue
        Watched.came = {}
        with suppress(Invalid):
            interpreter.interpret(subject.plan, event, meta)
        (frame,) = event_frames(loaded, event, meta)
        log = loaded.log(frame)
        run = EventRun(loaded, frame, log.results, event)
        if run.skipped is not None or run.answer not in (None, "granted"):
            continue  # the log goes on where the oracle stops
        seen_of: defaultdict[frozenset[int | None], set[str]] = defaultdict(set)
        for one in values:
            seen_of[_numbers(one, loaded)] |= Watched.came.get(id(one), set())
        for one in values:
            numbers = _numbers(one, loaded)
            logged = {_told(act.value) for act in log.acts if act.point in numbers}
            seen = seen_of[numbers] if numbers != {None} else Watched.came.get(id(one), set())
            is_constant = isinstance(one.source, Fixed) and not logged  # of a field: it has no function
            assert logged == seen or is_constant, (one.span.place, logged, seen)


def _mapping(tmp_path: Path, **more: Any) -> Path:
    path = tmp_path / "log.yaml"
    path.write_text(mapping_of({"mapping": more}), encoding="utf-8")
    return path


def _rows(path: Path, **event: Any) -> dict[str, Row]:
    (table,) = trace_event(path, {"id": 1, "at": 1777629600, **event})
    return {row.path: row for row in table.rows if not row.depth}


def test_a_field_whose_condition_is_false_has_no_step_that_was_reached(tmp_path: Path) -> None:
    name = {"from": "coupon", "apply": "uppercase", "when": "paid"}
    path = _mapping(tmp_path, payload={"custom_data": {"content_name": name}})
    row = _rows(path, coupon="spring", paid=False)["custom_data.content_name"]
    assert (row.value, row.why, row.read) == (None, "its condition is false", "spring")
    assert not any(step.reached for step in row.steps)
    assert any(step.reached for step in _rows(path, coupon="a", paid=True)[row.path].steps)


def test_a_field_that_makes_no_sense_without_an_invalid_one_says_so(tmp_path: Path) -> None:
    payload = {"custom_data": {"currency": "c", "value": "v"}}
    row = _rows(_mapping(tmp_path, payload=payload), c="Dollar", v=3)["custom_data.value"]
    assert (row.value, row.why) == (None, "left out because `custom_data.currency` is invalid")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"skip": [{"when": "test", "because": "a trial"}]}, "skipped: a trial"),
        ({"consent": {"denied": "test", "when_missing": "denied", "when_denied": "skip"}}, "consent denied"),
    ],
)
def test_an_event_that_is_not_sent_has_no_value_and_no_flow_but_what_was_read(
    tmp_path: Path, more: dict[str, Any], why: str
) -> None:
    payload = {"custom_data": {"content_name": "coupon"}}
    text = _mapping(tmp_path, payload=payload, **more).read_text("utf-8")
    trace = analyse(text).trace({"id": 1, "at": 1777629600, "coupon": "spring", "test": True})
    (table,) = trace.tables
    assert {(row.value, row.why) for row in table.rows} == {(None, why)}
    assert "spring" in [row.read for row in table.rows]
    assert trace.flows == ((),)


def test_an_item_is_that_of_its_list_and_has_its_own_lets(tmp_path: Path) -> None:
    inner = {"each": "parts", "let": {"code": "sku"}, "item": {"id": "concat($code, $index)"}}
    made = {
        "each": "lines",
        "let": {"line": "nr"},
        "item": {"from": [{"from": "$line", "when": "own"}, "nr"]},
    }
    payload = {"custom_data": {"content_ids": made, "contents": {**inner, "each": "lines[].parts[]"}}}
    lines = [{"nr": "a", "own": True, "parts": [{"sku": "x"}]}, {"nr": "b", "parts": [{"sku": "y"}]}]
    rows = _rows(_mapping(tmp_path, payload=payload), lines=lines)
    assert rows["custom_data.content_ids"].value == ["a", "b"]
    (table,) = trace_event(_mapping(tmp_path, payload=payload), {"id": 1, "at": 1777629600, "lines": lines})
    told = [
        (row.source, [(one.place, one.value, one.why) for one in row.items])
        for row in table.rows
        if row.items and "[]" in row.path
    ]
    assert told == [
        ("the first of", [(0, "a", ""), (1, "b", "")]),
        ("$line", [(0, "a", ""), (1, None, "absent: its condition is false")]),
        ("nr", [(0, None, "not reached"), (1, "b", "")]),
        ("concat($code, $index)", [(0, "x0", ""), (1, "y1", "")]),
    ]


def test_an_event_whose_payload_is_too_large_was_taken_by_its_section(tmp_path: Path) -> None:
    items = {"each": "lines", "item": {"id": "@", "item_name": {"const": "x" * 900}}}
    text = _mapping(tmp_path, payload={"custom_data": {"contents": items}}).read_text("utf-8")
    trace = analyse(text).trace({"id": 1, "at": 1777629600, "lines": ["a"] * 3000})
    (outcome,), (table,) = trace.outcomes, trace.tables
    assert outcome.rejection is not None
    assert [one.told for one in trace.decisions[0] if one.part == "section"] == ["matched"]
    rows = {row.path: row.why for row in table.rows if not row.depth}
    assert rows["custom_data.contents"] == "not reached"


def _of_payload(payload: Any, path: str) -> Any:
    """The value at the path of a field; None where there is none."""
    for name in path.split("."):
        payload = payload.get(name) if isinstance(payload, dict) else None
    return payload


@pytest.mark.parametrize(("read", "source"), some(SUBJECTS, 40))
def test_rows_tell_of_a_payload_what_it_has(read: Callable[[Any], Subject], source: Any) -> None:
    subject = read(source)
    loaded, chance = load_plan(subject.plan), by_seed(f"rows {subject.name}")
    for event, meta in some(subject.events, 4):
        changed = altered(event, chance)
        if not isinstance(changed, dict):
            continue
        outcomes = subject.program.apply(changed, meta)
        tables = trace(loaded, changed, meta, outcomes).tables
        sent = [one.payload for one in outcomes if one.payload is not None]
        if len(sent) != len(outcomes) or len(sent) != len(tables):
            continue  # it is told where one of them ended
        for payload, table in zip(sent, tables, strict=True):
            for row in (one for one in table.rows if not one.depth and "[]" not in one.path):
                assert row.value == _of_payload(payload, row.path), (subject.name, row.path, row.why)
