"""Generated code against the interpreter: all mappings, on their own events with values changed at random."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from mapper import CompileError, Outcome, Program
from mapper.compiler.emit.fast.fast_program import generate_fast, generate_typed
from mapper.compiler.emit.readable.readable_program import generate
from mapper.compiler.plan.planner import Plan
from mapper.compiling import read_plan
from mapper.project.project import project_of
from mapper.runtime.decode import decode_event, encode
from mapper.runtime.program import load
from mapper.texts.named_text import Text
from mapper.values.types import Invalid
from tests.compiler.test_jmespath_compliance import same
from tests.compiler.test_language import CASES, mapping_of
from tests.generators.altered import altered
from tests.generators.random_mappings import TABLES, event, mapping
from tests.oracles.interpreter import interpret
from tests.support.depth import seeds, some

pytestmark = pytest.mark.quick

_ROOT = Path(__file__).parents[2]
_FILES = sorted([*(_ROOT / "mappings").glob("*.yaml"), *(_ROOT / "tests/cases/correct").glob("*.yaml")])
_OWN = _ROOT / "tests/cases/own"
_EVENTS = sorted((_ROOT / "tests/cases/events").glob("*.json"))
_RANDOM = 80
_EVENTS_OF_ONE = 10

Given = tuple[Any, dict[str, Any] | None]


@dataclass(frozen=True)
class Subject:
    """A mapping as a plan and as programs, and events for it, each with what the host knows.

    fast: the program whose events its fast forms take from the first on, if there are any.
    """

    name: str
    plan: Plan
    program: Program
    fast: Program
    events: tuple[Given, ...]

    def compare(self, seed: int) -> None:
        """One event of those, changed by a seed."""
        dice = random.Random(f"{self.name} {seed}")
        event, meta = dice.choice(self.events)
        self.hold(altered(event, dice), meta)

    def hold(self, event: Any, meta: dict[str, Any] | None) -> None:
        """Assert that the program gives what the plan says of an event, and the fast one just the same."""
        assert_agrees(self.plan, self.program, event, meta)
        before = json.dumps(event)
        ours, theirs = self.fast.apply(event, meta), self.program.apply(event, meta)
        assert json.dumps(event) == before
        assert_same(ours, theirs, before)
        with suppress(Invalid):  # what JSON does not have is in no text
            text = encode(event)
            assert_same(
                self.fast.apply_json(text, meta), self.program.apply(decode_event(text), meta), before
            )


def assert_same(ours: list[Outcome], theirs: list[Outcome], before: str) -> None:
    """Assert that two forms of a program give the same to the letter."""
    assert ours == theirs, before
    assert [one.section for one in ours] == [one.section for one in theirs]
    assert json.dumps([one.payload for one in ours]) == json.dumps([one.payload for one in theirs])


def assert_agrees(plan: Plan, program: Program, event: Any, meta: dict[str, Any] | None = None) -> None:
    """Assert that a program gives what the interpreter gives, and leaves the event as it is."""
    before = json.dumps(event)
    ours, theirs = program.apply(event, meta), interpret(plan, event, meta)
    assert json.dumps(event) == before
    assert len(ours) == len(theirs), before
    for one, other in zip(map(told, ours), map(told, theirs), strict=True):
        apart = {key: (one[key], other[key]) for key in one if not same(one[key], other[key])}
        assert apart == {}, f"{apart} of {before}"


def told(outcome: Outcome) -> dict[str, Any]:
    """What an outcome says, less its messages; notes as often as they are there, reasons once."""
    reasons = outcome.rejection.reasons if outcome.rejection else ()
    skip = outcome.skip
    return {
        "payload": outcome.payload,
        "skip": skip and [skip.kind, skip.reason, skip.place],
        "reasons": sorted({(one.kind, one.path) for one in reasons}),
        "notes": sorted((one.kind, one.path) for one in outcome.notes),
        "section": outcome.section,
        "without_consent": outcome.without_consent,
    }


def compiled(
    text: str, name: str, events: list[Given], beside: Path | None = None, schemas: Path | None = None
) -> Subject:
    """A mapping's text in both forms."""
    texts = TABLES if beside is None else None
    plan = read_plan(Text(name, text), project_of(beside, schemas, texts=texts))
    code = generate(plan)
    fast = replace(code, fast=generate_fast(plan), typed=generate_typed(plan))
    return Subject(name, plan, load(code), load(fast).prepare(), tuple(events))


@cache
def of_file(path: Path) -> Subject:
    """A mapping file, with the events of its tests and of the source it is named after."""
    source = path.stem.split("-")[0]
    schemas = path.parent / "schemas"
    text = path.read_text(encoding="utf-8")
    made = compiled(text, path.stem, [], path, schemas if schemas.is_dir() else None)
    tests = made.plan.mapping.tests
    own: list[Given] = [(one.given, one.meta if isinstance(one.meta, dict) else None) for one in tests]
    real: list[Given] = [
        (json.loads(one.read_bytes()), None) for one in _EVENTS if one.stem.startswith(source)
    ]
    return replace(made, events=(*own, *real))


def of_case(case: dict[str, Any]) -> Subject:
    """A case of the language."""
    return _of_text(mapping_of(case), case["name"], json.dumps([case["event"], case.get("meta")]))


@cache
def _of_text(text: str, name: str, given: str) -> Subject:
    event, meta = json.loads(given)
    return compiled(text, name, [({"at": 1777629600, **event}, meta)])


SUBJECTS = [
    *(pytest.param(of_file, path, id=path.stem) for path in (*_FILES, _OWN / "all-kinds.yaml")),
    *(pytest.param(of_case, case, id=case["name"]) for case in CASES),
]


@pytest.mark.parametrize(("read", "source"), some(SUBJECTS, 100))
def test_generated_code_does_what_the_plan_says(read: Callable[[Any], Subject], source: Any) -> None:
    subject = read(source)
    for given, meta in subject.events:
        subject.hold(given, meta)
    for seed in seeds(40):
        subject.compare(seed)


# What the host knows of an event.
_KNOWN = (None, {"received_at": "2026-05-01T10:00:00Z", "line": 3})


def hold_random(seed: int) -> int:
    """A mapping made at random, on events made for it: on how many it was held. On none if it is refused."""
    dice = random.Random(seed)
    text = mapping_of({"mapping": mapping(dice)})
    try:
        subject = compiled(text, f"random {seed}", [])
    except CompileError:
        return 0
    for _ in range(_EVENTS_OF_ONE):
        subject.hold(event(dice), dice.choice(_KNOWN))
    return _EVENTS_OF_ONE


def test_generated_code_does_what_a_mapping_made_at_random_says() -> None:
    held = sum(map(hold_random, seeds(_RANDOM)))

    assert held > len(seeds(_RANDOM)) * _EVENTS_OF_ONE / 4


def test_the_interpreter_differs_from_code_that_does_something_else() -> None:
    one, other = (
        compiled(mapping_of({"mapping": {"payload": {"custom_data": {"order_id": name}}}}), name, [])
        for name in ("a", "b")
    )

    with pytest.raises(AssertionError, match="payload"):
        assert_agrees(one.plan, other.program, {"at": 1777629600, "a": "1"})


def _long_run(first: int, count: int) -> int:
    """As in the suite, with other seeds: `python -m tests.compiler.test_interpreter FIRST COUNT`.

    COUNT events of each mapping, and ten times as many mappings made at random.
    """
    wrong = done = 0
    seeds = range(first, first + count)
    work: list[tuple[str, Callable[[], int]]] = []
    for read, source in (one.values for one in SUBJECTS):
        subject = read(source)  # type: ignore[operator]  # the first of a parameter's values
        work += [(f"{subject.name}, seed {seed}", partial(_compared, subject, seed)) for seed in seeds]
    work += [(f"random {seed}", partial(hold_random, seed)) for seed in range(first, first + 10 * count)]
    for name, one in work:
        try:
            done += one()
        except Exception as error:
            wrong += 1
            print(f"{name}: {str(error)[:1000]}", flush=True)
    print(
        f"{done:,} events of {len(SUBJECTS)} mappings and of {10 * count:,} random ones, {wrong} differences"
    )
    return wrong


def _compared(subject: Subject, seed: int) -> int:
    subject.compare(seed)
    return 1


if __name__ == "__main__":
    sys.exit(bool(_long_run(int(sys.argv[1]), int(sys.argv[2]))))
