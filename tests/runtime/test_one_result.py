"""One event, one result: cold, warm, prepared, from a cache, as a dict or as JSON, whatever came before it.

Held to the byte, on events with long texts and many elements too; and how much may be made of one event.
"""

from __future__ import annotations

import copy
import json
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper import CompileError, Outcome, Program, compile_text
from mapper.compiler.emit.fast.fast_program import generate_fast, generate_typed
from mapper.compiler.emit.readable.readable_program import generate
from mapper.compiler.plan.planner import Plan
from mapper.compiling import read_plan
from mapper.project.project import project_of
from mapper.runtime.budget import FREE_BYTES, GROWTH, TOO_LARGE
from mapper.runtime.decode import LONGEST_EVENT, decode_event, encode, size_of
from mapper.runtime.program import FIRST_EVENTS, load
from mapper.texts.named_text import Text
from mapper.values.types import Invalid
from tests.compiler.test_interpreter import told
from tests.compiler.test_language import mapping_of
from tests.generators.altered import altered
from tests.generators.random_mappings import TABLES
from tests.generators.random_mappings import event as random_event
from tests.generators.random_mappings import mapping as random_mapping
from tests.oracles.interpreter import interpret
from tests.support.command import call, ndjson
from tests.support.depth import by_seed, examples, some
from tests.support.events import paths_of

_ROOT = Path(__file__).parents[2]
_FILES = sorted([*(_ROOT / "mappings").glob("*.yaml"), *(_ROOT / "tests/cases/correct").glob("*.yaml")])
_SAMPLES = sorted((_ROOT / "tests/cases/events").glob("*.json"))
_OF_EACH_FILE = 4
_RANDOM = examples(25)
_LENGTHS = (64, 65, 1_000, 40_000, 200_000)
_COUNTS = (2, 5, 30, 999, 1_001, 3_000)

Apply = Callable[[Any], list[Outcome]]


def _told(outcomes: list[Outcome]) -> str:
    """All that outcomes say, fields in their order."""
    return repr(outcomes)


def _by_text(program: Program) -> Apply:
    return lambda event: program.apply_json(encode(event))


def _by_dict(program: Program) -> Apply:
    return program.apply


class Forms:
    """A mapping as all the programs that it may be in the course of a run, and from one run to the next."""

    def __init__(self, plan: Plan, first: Any) -> None:
        self.plan = plan
        code = generate(plan)
        kept = replace(code, fast=generate_fast(plan), typed=generate_typed(plan))
        self.careful = load(code)

        def make_fast(typed: bool) -> str:
            return (kept.typed if typed else kept.fast) or ""

        after_many = load(code, make_fast=make_fast)
        for _ in range(FIRST_EVENTS + 100):
            after_many.apply(first)
            after_many.apply_json(encode(first))
        programs = {
            "cold": load(code, make_fast=make_fast),
            "after many": after_many,
            "prepared": load(kept).prepare(),
            "from a cache": load(kept),
        }
        self.ways: dict[str, Apply] = {}
        for name, program in programs.items():
            self.ways[f"{name}, a dict"] = _by_dict(program)
            self.ways[f"{name}, JSON"] = _by_text(program)

    def hold(self, event: Any) -> list[Outcome]:
        """Assert that an event gives the same in all ways; what that is."""
        before = copy.deepcopy(event)
        outcomes = self.careful.apply(event)
        expected = _told(outcomes)
        for name, apply in self.ways.items():
            ours = apply(event)
            assert ours == outcomes, name
            assert _told(ours) == expected, name
        assert event == before
        return outcomes


def _forms(text: str, first: Any, beside: Path | None = None) -> Forms:
    schemas = None if beside is None else beside.parent / "schemas"
    texts = TABLES if beside is None else None
    project = project_of(beside, schemas if schemas is not None and schemas.is_dir() else None, texts=texts)
    return Forms(read_plan(Text("mapping", text), project), first)


def _enlarged(event: Any, dice: random.Random) -> Any:
    """A copy of an event in which some texts are long, and some lists."""
    event = copy.deepcopy(event)
    for path in dice.sample(paths := paths_of(event), min(len(paths), 3)):
        holder = event
        for key in path[:-1]:
            holder = holder[key]
        value = holder[path[-1]]
        if type(value) is str:
            holder[path[-1]] = (value or "x") * (dice.choice(_LENGTHS) // (len(value) or 1))
        elif type(value) is list and value:
            holder[path[-1]] = (value * (dice.choice(_COUNTS) // len(value) + 1))[:3_000]
    return event if len(encode(event)) < LONGEST_EVENT else {}


def _events_of(path: Path, plan: Plan) -> list[Any]:
    source = path.stem.split("-")[0]
    real = [json.loads(one.read_bytes()) for one in _SAMPLES if one.stem.startswith(source)]
    return [one.given for one in plan.mapping.tests if type(one.given) is dict] + real or [{}]


@pytest.mark.parametrize("path", some(_FILES, 10), ids=lambda path: path.stem)
def test_every_mapping_gives_one_result(path: Path) -> None:
    schemas = path.parent / "schemas"
    plan = read_plan(
        Text("mapping", path.read_text(encoding="utf-8")),
        project_of(path, schemas if schemas.is_dir() else None),
    )
    events = _events_of(path, plan)
    forms = Forms(plan, events[0])
    dice = by_seed(path.stem)
    for _ in range(_OF_EACH_FILE):
        forms.hold(_enlarged(altered(dice.choice(events), dice), dice))


def test_mappings_made_at_random_give_one_result() -> None:
    """Of mappings made at random more than half are refused; enough others are compared."""
    compared, numbers = 0, iter(range(10 * _RANDOM))
    while compared < _RANDOM:
        dice = by_seed(f"one result {next(numbers)}")
        try:
            forms = _forms(mapping_of({"mapping": random_mapping(dice)}), random_event(dice))
        except CompileError:
            continue
        for _ in range(3):
            forms.hold(_enlarged(random_event(dice), dice))
        compared += 1


# What stands above the payload; what reads the source event in custom_data; what stands below.
_ABOVE = {
    "split": "split: items",
    "split with lets": "split: items\nlet: {long: $whole.text, list: $whole.list, kept: q}",
    "merged": "split: 'items[].merge($event, @)'",
    "a let that is merged": "split: items\nlet: {all: 'merge($whole, @)', long: $all.text}",
    "alone": "let: {long: text, list: list, whole: {value: '@'}}",
}
_FIELDS = {
    "a long text": "{search_string: $whole.text}",
    "part of one": "{content_name: {from: $whole.text, apply: {truncate: 20}}}",
    "a test": "{order_id: {const: o-1, when: \"contains($whole.text, 'z') || q\"}}",
    "a list": "{content_ids: $whole.list}",
    "elements of a list": "{content_ids: '$whole.list[?@ != `7`]'}",
    "a list of items": "{contents: {each: $whole.list, item: {id: text(@), item_name: $whole.text}}}",
    "an argument": "{order_id: {from: id, apply: {concat: ['-', $whole.text]}}}",
    "a list as an argument": "{order_id: {from: id, apply: {null_if: $whole.list}}}",
    "two of them": "{order_id: {from: [$whole.none, $whole.text]}, search_string: {from: $whole.text}}",
    "names": "{search_string: join(',', keys($whole))}",
}
_BELOW = {
    "one section": "otherwise: {send: lead}",
    "several that continue": "events:\n  - {when: '!(skipped)', send: lead, continue: true}\n"
    "  - {when: 'q', send: signup, continue: true}\notherwise: {send: custom}",
    "found by a table": "match: $whole.kind\nevents:\n  - {is: a, send: lead}\n  - {is: b, send: signup}",
}


def _mapping(above: str, field: str, below: str) -> str:
    whole = "$whole" if "split" in above else "$event"
    fields = field.replace("$whole", whole)
    return f"""version: 1
target: pinterest/conversions-v5
{above.replace("whole: {value: '@'}", "unused: id")}
payload:
  action_source: {{const: offline}}
  event_id: concat({whole}.id, '-', not_null(q, 'x'))
  event_time: {whole}.at
  user_data: {{em: {whole}.email}}
  custom_data: {fields}
{below.replace("$whole", whole)}
"""


def _sized(length: int, parts: int, elements: int) -> dict[str, Any]:
    return {
        **{"id": "1", "at": 1777629600, "email": "ada@example.com", "kind": "a" if parts % 2 else "b"},
        "text": "x" * length,
        "list": list(range(elements)),
        "items": [{"q": f"q-{number}"} if number % 3 else {} for number in range(parts)],
    }


_SIZES = [_sized(*size) for size in ((10, 2, 2), (64, 3, 4), (65, 3, 5), (30_000, 40, 10), (100, 30, 900))]
_LARGE = [_sized(*size) for size in ((300_000, 5, 1_001), (700, 600, 3), (5_000, 1, 3_000))]


@pytest.mark.parametrize(("above", "below"), some([*product(_ABOVE, _BELOW)], 1, full=6))
def test_what_is_read_of_the_source_event_is_paid_for_alike(above: str, below: str) -> None:
    held = 0
    for field in _FIELDS.values():
        try:
            forms = _forms(_mapping(_ABOVE[above], field, _BELOW[below]), _SIZES[0])
        except CompileError:
            continue
        for event in (*_SIZES, *_LARGE):
            forms.hold(event)
            held += 1
    assert held >= len(_FIELDS) * 4


_SPLIT = _mapping(_ABOVE["split"], _FIELDS["a test"], _BELOW["one section"])


@pytest.mark.parametrize("place", [0, 1, FIRST_EVENTS - 1, FIRST_EVENTS, FIRST_EVENTS + 50])
def test_the_place_in_a_feed_makes_no_difference(place: int) -> None:
    event = _sized(30_000, 200, 3)
    expected = compile_text(_SPLIT, guard=False).apply(event)
    # As many as its text is read for before that is too much, and all others without.
    carried = [one for one in expected if one.payload is not None and "custom_data" in one.payload]
    assert 0 < len(carried) < len(expected) == 200
    program = compile_text(_SPLIT, guard=False)
    for _ in range(place):
        program.apply(_SIZES[0])
    assert program.apply(event) == expected


def test_several_jobs_and_a_warm_cache_give_what_one_cold_run_gives(tmp_path: Path) -> None:
    mapping, feed = tmp_path / "split.yaml", tmp_path / "feed.ndjson"
    mapping.write_text(_SPLIT)
    feed.write_text(
        ndjson(*[_SIZES[number // 40 % 5] if number % 40 == 0 else _SIZES[2] for number in range(400)])
    )
    results = []
    for jobs in (1, 2, 1, 2):
        out, rejects = tmp_path / "out", tmp_path / "rejects"
        ran = call("run", mapping, feed, "-o", out, "--rejects", rejects, "--jobs", jobs)
        results.append((out.read_bytes(), rejects.read_bytes(), ran.exit_code))
    assert results == [results[0]] * 4
    assert results[0][0]


# What is made of one event.


# Nothing is read again here for each element of a list: the constant is the mapping's.
_NAMES = ("content_name", "content_category", "order_id", "search_string")
_CONSTANTS = ", ".join(f"{name}: {{const: {'c' * 99}}}" for name in _NAMES)
_CONSTANT = _mapping(_ABOVE["split"], f"{{value: $whole.at, {_CONSTANTS}}}", _BELOW["one section"])


def _sent(outcomes: list[Outcome]) -> int:
    return sum(len(encode(one.payload)) for one in outcomes if one.payload is not None)


def _limit(event: Any) -> int:
    return FREE_BYTES + GROWTH * len(encode(event))


def test_all_payloads_of_an_event_have_at_most_64_times_its_bytes_and_1_mib() -> None:
    event: dict[str, Any] = {"id": "1", "at": 1777629600, "email": "ada@example.com", "q": 1}
    forms = _forms(_CONSTANT, _SIZES[0])
    # Each part adds 3 bytes to the event, which allow for 192 more in its payloads, and there are some 700.
    few, many = 1, 8_000
    while many - few > 1:
        middle = (few + many) // 2
        passes = _sent(forms.careful.apply({**event, "items": [{}] * middle})) > 0
        few, many = (middle, many) if passes else (few, middle)
    most, more = ({**event, "items": [{}] * count} for count in (few, many))
    taken, (refused,) = forms.hold(most), forms.hold(more)
    one = _sent(taken) // few
    assert len(taken) == few
    assert few * one <= _limit(most)
    assert many * one > _limit(more)
    assert refused.rejection is not None
    assert [reason[:] for reason in refused.rejection.reasons] == [("invalid", "", "", TOO_LARGE)]
    for each in (most, more):
        agreed = [told(one) for one in interpret(forms.plan, each)]
        assert [told(one) for one in forms.careful.apply(each)] == agreed
    # Every byte of the event counts.
    more = {**event, "items": [{}] * (many + 100), "none": ""}
    missing = (many + 100) * one - _limit(more)
    more["none"] = "x" * (-(-missing // GROWTH) - 1)
    assert not _sent(forms.hold(more))
    more["none"] += "x"
    assert _sent(forms.hold(more)) == (many + 100) * one


_BLOWN: dict[str, tuple[str, dict[str, Any]]] = {
    "parts with long constants": (
        _CONSTANT,
        {"items": [{}] * 330_000},
    ),
    "elements with long constants": (
        _mapping(
            "let: {none: id}",
            f"{{contents: {{each: items, item: {{id: {{const: a}}, item_name: {{const: {'c' * 99}}}, "
            f"item_category: {{const: {'c' * 99}}}, item_brand: {{const: {'c' * 99}}}}}}}}}",
            _BELOW["one section"],
        ),
        {"items": [{}] * 330_000},
    ),
    "elements looked up": (
        _mapping(
            "let: {none: id}",
            f"{{content_ids: {{from: items, apply: {{lookup: {{a: {'c' * 99}}}}}}}}}",
            _BELOW["one section"],
        ),
        {"items": ["a"] * 240_000},
    ),
    "a text in each part": (
        _mapping("split: items", "{search_string: $whole.text}", _BELOW["one section"]),
        {"items": [{}] * 150_000, "text": "x" * 500_000},
    ),
    "sections that continue": (
        _mapping("split: items", "{order_id: q}", _BELOW["several that continue"]),
        {"items": [{"q": "1"}] * 90_000},
    ),
}
_EVENT = {"id": "1", "at": 1777629600, "email": "ada@example.com"}
# Python's objects take some ten times the room of their JSON.
_MOST_MEGABYTES = 700


@pytest.mark.parametrize(("name", "form"), some([*product(_BLOWN, ("careful", "prepared"))], 1, full=5))
def test_much_is_not_made_before_it_is_refused(name: str, form: str, tmp_path: Path) -> None:
    text, more = _BLOWN[name]
    event = {**_EVENT, **more}
    assert len(encode(event)) < LONGEST_EVENT
    (tmp_path / "mapping.yaml").write_text(text)
    (tmp_path / "event.json").write_bytes(encode(event))
    ran = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(tmp_path), form],
        capture_output=True,
        text=True,
        check=True,
        cwd=_ROOT,
    )
    sent, limit, megabytes = map(int, ran.stdout.split())
    assert sent <= limit
    assert megabytes < _MOST_MEGABYTES


_MEASURED = """
import json, resource, sys
from pathlib import Path
from mapper import compile_mapping
from mapper.runtime.budget import FREE_BYTES, GROWTH
from mapper.runtime.decode import size_of
folder = Path(sys.argv[1])
program = compile_mapping(folder / "mapping.yaml", guard=False)
if sys.argv[2] == "prepared":
    program.prepare()
text = (folder / "event.json").read_bytes()
outcomes = program.apply_json(text)
sent = sum(size_of(one.payload) for one in outcomes if one.payload is not None)
status = Path("/proc/self/status")
# What the process that started this one had counts in `ru_maxrss`, too.
peak = (
    int(status.read_text().partition("VmHWM:")[2].split()[0])
    if status.exists()
    else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
) // 1024
print(sent, FREE_BYTES + GROWTH * size_of(json.loads(text)), peak)
"""


def _json(integers: st.SearchStrategy[int]) -> st.SearchStrategy[Any]:
    return st.recursive(
        st.none() | st.booleans() | integers | st.floats() | st.text(st.characters(), max_size=20),
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
        max_leaves=30,
    )


@given(_json(st.integers(-(2**63), 2**64 - 1)))
def test_the_bytes_of_a_value_are_those_of_its_json(value: Any) -> None:
    try:
        text = encode(value)
    except Invalid:
        return
    assert size_of(value) == len(text)


@given(_json(st.integers()))
def test_the_bytes_of_a_value_are_the_same_piece_by_piece(value: Any) -> None:
    size = size_of(value)
    assert size_of(value, 10**9) == size
    assert size_of(value, size - 1) >= size


@given(_json(st.integers()))
def test_an_event_has_the_same_bytes_as_a_dict_and_as_json(value: Any) -> None:
    event = {"a": value}
    try:
        text = encode(event)
    except Invalid:
        return
    for written in (text, json.dumps(event, indent=2).encode()):
        assert size_of(decode_event(written)) == size_of(event)


def test_an_event_that_holds_itself_has_a_size() -> None:
    count = examples(5_000, 4_000)
    event: dict[str, Any] = {**_EVENT, "items": [{}] * count}
    event["self"] = event
    outcomes = compile_text(_CONSTANT, guard=False).apply(event)
    assert len(outcomes) in (1, count)
