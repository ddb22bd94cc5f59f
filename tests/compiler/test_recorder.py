"""The recorder: its outcomes are the program's, and what it says has acted is what an oracle saw act."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import pytest

from mapper import CompileError, Outcome, compile_mapping
from mapper.authoring import record_mapping
from mapper.compiler.emit.marks import Point
from mapper.compiler.emit.readable.readable_program import generate
from mapper.compiler.explain.read_paths import read_paths, values_of
from mapper.compiler.explain.recorder import Recorder, recorder
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.ir import Fixed, Planned, PlannedField, PlannedObject, parts
from mapper.compiler.plan.planned_consent import PlannedConsent
from mapper.compiler.plan.planner import Plan, PlannedSection
from mapper.compiling import read_plan
from mapper.project.project import project_of
from mapper.runtime.program import load
from mapper.texts.named_text import Span, Text
from mapper.values.types import Invalid
from tests.compiler.test_interpreter import SUBJECTS, Subject
from tests.compiler.test_language import mapping_of
from tests.generators.altered import altered
from tests.generators.random_mappings import TABLES, event, mapping
from tests.oracles import interpreter
from tests.support.depth import by_seed, examples, seeds, some

_ROOT = Path(__file__).parents[2]
_READY = sorted((_ROOT / "mappings").glob("*.yaml"))
_SEEDS = examples(8, usual=3)
_RANDOM = 60
_EVENTS_OF_ONE = 8

# A kind, the part of it and where it is written.
Acted = tuple[str, str, Span]


class Watched(interpreter.One):
    """The oracle on its way, which writes down what acts. parts: as `_parts` gives them of a plan."""

    acted: ClassVar[set[Acted]] = set()
    of: ClassVar[Plan | None] = None
    parts: ClassVar[dict[int, Acted]] = {}

    def holds(self, condition: Expression, at: Any, rule: int, index: int | None = None) -> bool:
        held = super().holds(condition, at, rule, index)
        self.acted.add(("condition", str(held), condition.whole))
        return held

    def skipped(self, kind: Any, because: str, place: int) -> Outcome:
        span = self.plan.places[place].span
        if kind == "skip" and any(one.place == place for one in self.plan.skips):
            self.acted.add(("skip", "", span))
        return super().skipped(kind, because, place)

    def section(self, section: PlannedSection) -> Outcome:
        self.acted.add(("section", "", self.plan.places[section.place].span))
        return super().section(section)

    def answer(self, consent: PlannedConsent) -> str:
        answer = super().answer(consent)
        self.acted.add(("consent", answer, self.plan.places[consent.place].span))
        return answer

    def variable(self, name: str, index: int | None = None) -> Any:
        value = super().variable(name, index)
        if name in self.lets and not (name == "index" and index is not None) and value is not None:
            self.acted.add(("let", "", self.lets[name].span))
        return value

    def entry(self, entry: PlannedField, made: dict[str, Any], at: Any, index: int | None) -> bool:
        says = super().entry(entry, made, at, index)
        source = entry.value.source
        if entry.default is not None:
            if entry.name in made:
                self.acted.add(("rule" if says else "default", "", entry.value.span))
        elif says and not isinstance(source, Fixed | PlannedObject):
            self.acted.add(("rule", "", entry.value.span))
        return says

    def value(self, planned: Planned, at: Any, index: int | None = None, covered: bool = False) -> Any:
        """As the oracle's, with what the default and the part itself say."""
        held = planned.when is None or self.holds(planned.when, at, planned.place, index)
        value = None
        if held:
            value = self.sourced(planned, at, index, covered or planned.default is not None)
            if value is None and planned.default is not None:
                self.acted.add(("default", "", planned.span))
                value = planned.default.value
        part = self.parts.get(id(planned))
        if part is not None and (value is not None or part[0] == "else"):
            self.acted.add(part)
        return value


def _parts(plan: Plan) -> Iterator[tuple[int, Acted]]:
    """What it is that values do which others are made of, by their identities."""
    for value in values_of(plan):
        for number, (role, part, name, when) in enumerate(parts(value)):
            if role == "alternative":
                yield id(part), ("alternative", f"from[{number}]", part.span)
            elif role in ("element", "column"):
                yield id(part), ("rule", name or f"[{number}]", part.span)
            elif role == "arm" and when is None:
                yield id(part), ("else", "", part.span)


def _as_seen(point: Point) -> Acted:
    """A point in the words of the oracle, which asks conditions whatever they are for."""
    if point.kind in ("when", "where"):
        return "condition", str(point.part == "true"), point.span
    if point.kind == "arm":
        return ("else", "", point.span) if point.part.endswith("else") else ("condition", "True", point.span)
    return point.kind, point.part, point.span


def hold(plan: Plan, ours: Recorder, given: Any, meta: dict[str, Any] | None) -> None:
    """Assert that of an event the recorder says what the oracle has seen."""
    Watched.acted = set()
    if Watched.of is not plan:
        Watched.of, Watched.parts = plan, dict(_parts(plan))
    with suppress(Invalid):
        interpreter.interpret(plan, given, meta)
    ours.apply(given, meta)
    points = [one for one in ours.points if one.kind not in ("lookup", "match")]
    known = {_as_seen(one) for one in points}
    said = {_as_seen(ours.points[number]) for number in ours.log.reached if ours.points[number] in points}
    skips = {one.when.whole for one in plan.skips}
    told = {one for one in Watched.acted if one[:2] != ("condition", "False") and one[2] not in skips}
    assert told <= known
    assert said == Watched.acted & known


@pytest.fixture(autouse=True)
def watch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "One", Watched)


@pytest.mark.parametrize(("read", "source"), some(SUBJECTS, 25))
def test_what_a_recorder_says_is_what_happened(read: Callable[[Any], Subject], source: Any) -> None:
    subject = read(source)
    ours, program = recorder(subject.plan), subject.program
    dice = by_seed(subject.name)
    changed = [(altered(given, dice), meta) for given, meta in subject.events for _ in range(_SEEDS)]
    for given, meta in (*subject.events, *changed[: 4 * _SEEDS]):
        assert ours.apply(given, meta) == program.apply(given, meta)
        hold(subject.plan, ours, given, meta)


def test_what_a_recorder_says_of_a_mapping_made_at_random_is_what_happened() -> None:
    held = 0
    for seed in seeds(_RANDOM):
        dice = random.Random(f"recorded {seed}")
        text = Text("random", mapping_of({"mapping": mapping(dice)}))
        with suppress(CompileError):
            plan = read_plan(text, project_of(None, None, texts=TABLES))
            ours, program = recorder(plan), load(generate(plan))
            for _ in range(_EVENTS_OF_ONE):
                given = event(dice)
                assert ours.apply(given) == program.apply(given)
                hold(plan, ours, given, None)
                held += 1
    assert held > len(seeds(_RANDOM)) * _EVENTS_OF_ONE / 4


@pytest.mark.parametrize("path", some(_READY, 3, full=10), ids=lambda path: path.stem)
def test_recorded_outcomes_are_guarded(path: Path) -> None:
    ours, program = record_mapping(path), compile_mapping(path)

    assert ours.program.look is not None
    for case in read_plan(
        Text(str(path), path.read_text(encoding="utf-8")), project_of(path, None)
    ).mapping.tests:
        meta = case.meta if isinstance(case.meta, dict) else None
        assert ours.apply(case.given, meta) == program.apply(case.given, meta)


_TABLES = {
    "order_id": {"from": "a", "apply": {"lookup": {"table": {"x": "one", "2": "two"}, "default": "other"}}},
    "search_string": {"from": ["b", "c"], "apply": ["trim", {"lookup": {"table": {"y": "three"}}}]},
}


def test_a_table_is_recorded_entry_by_entry() -> None:
    text = mapping_of({"mapping": {"payload": {"custom_data": _TABLES}}})
    plan = read_plan(Text("table", text), project_of(None, None))
    ours = recorder(plan)

    def acted(given: dict[str, Any]) -> list[tuple[str, str]]:
        ours.apply({"at": 1777629600, **given})
        points = [ours.points[act.point] for act in ours.log.acts]
        return [(one.name, one.part) for one in points if one.kind == "lookup"]

    assert acted({"a": "x"}) == [("custom_data.order_id", "x")]
    assert acted({"a": 2, "b": " y "}) == [("custom_data.order_id", "2"), ("custom_data.search_string", "y")]
    assert acted({"a": "z", "c": "q"}) == [("custom_data.order_id", ""), ("custom_data.search_string", "")]
    assert [value for _, value in ours.log.missed] == ["z", "q"]
    counted = {(one.name, one.part): one.counted for one in ours.points if one.kind == "lookup"}
    assert counted[("custom_data.order_id", "")]
    assert not counted[("custom_data.search_string", "")]


_IN_EXPRESSIONS = {
    "order_id": "extract(a, 'o-{n:digits}')",
    "search_string": 'lookup(a, `{"o-1": "one", "x": "two"}`)',
    "content_name": "extract(a, '{p:letters}-{n:digits}').p",
    "content_brand": "coded(a)",
    "content_category": {"from": "b", "when": 'lookup(a, `{"x": "y"}`) == \'y\''},
    "content_ids": "lines[].extract(@, '{n:digits}')",
}


def test_what_expressions_look_up_or_extract_is_recorded_as_what_steps_do() -> None:
    functions = {"coded(value)": 'lookup($value, `{"x": "code"}`, \'none\')'}
    changed = {"payload": {"custom_data": _IN_EXPRESSIONS}, "functions": functions}
    plan = read_plan(Text("expressions", mapping_of({"mapping": changed})), project_of(None, None))
    ours, program = recorder(plan), load(generate(plan))

    def missed(given: dict[str, Any]) -> list[tuple[str, object]]:
        given = {"at": 1777629600, "b": "c", **given}
        assert ours.apply(given) == program.apply(given)
        names = [ours.points[number].name.removeprefix("custom_data.") for number, _ in ours.log.missed]
        return sorted(zip(names, (value for _, value in ours.log.missed), strict=True))

    of_three = [("a condition", "o-1"), ("coded()", "o-1"), ("content_ids", "z")]
    assert missed({"a": "o-1", "lines": ["1", "z"]}) == of_three
    found = [ours.points[act.point] for act in ours.log.acts]
    assert sorted(one.part for one in found if one.kind == "lookup") == ["", "", "o-1"]
    assert missed({"a": "x"}) == [("content_name", "x"), ("order_id", "x")]
    assert missed({}) == []
    # What a function is given may be a person's.
    assert {one.name for one in ours.personal} == {"coded()"}


@pytest.mark.parametrize(
    ("each", "read"),
    [
        ("lines", {"lines", "lines.sku"}),
        ({"each": "orders", "item": "line"}, {"orders", "orders.line", "orders.line.sku"}),
        ({"from": ["orders[].lines", "lines"]}, {"orders.lines", "orders.lines.sku", "lines", "lines.sku"}),
    ],
)
def test_what_items_read_is_read_of_what_they_are(each: Any, read: set[str]) -> None:
    contents = {"each": each, "item": {"id": "sku"}}
    text = mapping_of({"mapping": {"payload": {"custom_data": {"contents": contents}}}})
    found = {".".join(one) for one in read_paths(read_plan(Text("each", text), project_of(None, None)))}
    assert {one for one in found if one.partition(".")[0] in ("line", "lines", "orders", "sku")} == read
