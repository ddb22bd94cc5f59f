"""A step that hashes is taken out of generated code: the guard stops what then would leave in clear."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mapper import Outcome, read_schema
from mapper.guard import Guard
from mapper.runtime.frame import Frame
from mapper.runtime.program import load_module
from tests.oracles.golden import EVENTS, MAPPING_OF, MAPPINGS
from tests.support.depth import by_seed, some
from tests.support.people import (
    HASHED,
    Event,
    Mapped,
    events_of,
    given_events,
    made,
    mapped,
    put,
    without_people,
)

_CORRECT = sorted((Path(__file__).parents[1] / "cases" / "correct").glob("*.yaml"))
_IDENTIFIED = {"client_ip_address": "203.0.113.7", "client_user_agent": "Mozilla/5.0"}
# What rules ask beside the values they read.
_BESIDE: dict[str, Event] = {
    "rudderstack": {"context": {"externalId": [{"type": "email"}]}},
    "segment-ecommerce": {"context": {"externalIds": [{"type": "email"}]}},
}
# How many hashing steps there are: those of forms and of expressions, and each rule's use of a form.
_STEPS = {
    "square-orders": 26,
    "metarouter": 50,
    "braze": 13,
    "adobe-xdm": 34,
    "shopify-pixel": 28,
    "magento-orders": 32,
    "ga4-bigquery": 27,
    "amplitude": 37,
    "ga4-measurement-protocol": 49,
    "ga4-server": 51,
    "pinterest-tag": 10,
    "pinterest-tag-requests": 3,
    "posthog": 28,
    "rudderstack": 73,
    "segment-ecommerce": 50,
    "shopify-orders": 25,
    "snowplow": 19,
    "warehouse-orders": 17,
    "stripe-checkout": 16,
    "woocommerce-orders": 20,
}
# Steps without which no payload is stopped. A name that a rule hashes into a field of which the target says
# nothing looks like any other text.
_OUT_OF_SIGHT = {
    "hashed-in-one-field-and-not-in-another": ["sha256 in custom_data_search_string: the guard lets it pass"],
    # A fingerprint is a hash already, which the steps of the field leave as it is.
    "rule-from-of-whole-objects": [
        "clean_digest_sha256 in user_data_external_id: no event reaches it",
        "sha256 in clean_digest_sha256: no event reaches it",
    ],
}

Apply = Callable[[Event, dict[str, Any] | None], list[Outcome]]


class _Without(ast.NodeTransformer):
    """Takes the n-th hashing step out of a function, in the order of its text."""

    def __init__(self, steps: set[str], number: int) -> None:
        self.steps, self.left = steps, number

    def visit_Call(self, node: ast.Call) -> ast.AST:
        called = node.func.id if isinstance(node.func, ast.Name) else ""
        if called in self.steps:
            self.left -= 1
            if self.left == -1:
                return node.args[0]
        if called == "elements" and isinstance(node.args[3], ast.Name) and node.args[3].id in self.steps:
            self.left -= 1
            if self.left == -1:
                node.args[3] = ast.Constant(None)
        self.generic_visit(node)
        return node


def _hashing(tree: ast.Module) -> set[str]:
    """`sha256`, and the forms that end with it."""
    forms = {
        one.name
        for one in tree.body
        if isinstance(one, ast.FunctionDef) and [arg.arg for arg in one.args.args] == ["value", "frame"]
        if any(isinstance(part, ast.Name) and part.id == "sha256" for part in ast.walk(one))
    }
    return {"sha256", *forms}


def _sabotaged(of: Mapped) -> Iterator[tuple[str, Apply]]:
    """The program of a mapping without one hashing step, for each such step, and the line it stood in."""
    code = of.program.code
    tree = ast.parse(code.text)
    steps, module = _hashing(tree), load_module(code.text, code.name)
    uses = 0

    def apply(event: Event, meta: dict[str, Any] | None) -> list[Outcome]:
        outcomes: list[Outcome] = module["apply"](event, Frame(event, code.places, meta))
        return outcomes

    for function in tree.body:
        if not isinstance(function, ast.FunctionDef):
            continue
        names = [one for one in ast.walk(function) if isinstance(one, ast.Name) and one.id in steps]
        uses += len(names)
        for number, name in enumerate(names):
            less = ast.fix_missing_locations(_Without(steps, number).visit(copy.deepcopy(function)))
            assert ast.dump(less) != ast.dump(function), ast.unparse(function)
            whole = module[function.name]
            exec(compile(ast.Module([less], []), "<without a step>", "exec"), module)
            yield f"{name.id} in {function.name}", apply
            module[function.name] = whole
    assert uses == sum(isinstance(one, ast.Name) and one.id in steps for one in ast.walk(tree))


def _events(of: Mapped, samples: list[Event]) -> Iterator[tuple[Event, dict[str, Any] | None]]:
    """Events as they come; then, of each, one for every hashed attribute, alone and beside an address."""
    chance = by_seed("steps")
    given = [*((event, None) for event in samples), *given_events(of)]
    yield from given
    hashed = [(path, kind) for path, kind in of.fields.items() if kind in HASHED]
    addresses = [path for path, kind in hashed if kind == "em"]
    for event, meta in given:
        bare = without_people(event, of)
        for name, beside in copy.deepcopy(_BESIDE.get(of.program.name, {})).items():
            bare[name] = bare.get(name, {}) | beside
        for path, kind in of.fields.items():
            if kind in _IDENTIFIED:
                put(bare, path, _IDENTIFIED[kind])
        for path, kind in hashed:
            one = copy.deepcopy(bare)
            put(one, path, made(kind, chance))
            yield one, meta
            if kind != "em" and addresses:
                both = copy.deepcopy(one)
                put(both, addresses[0], made("em", chance))
                yield both, meta


def _payloads(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    return [outcome.payload for outcome in outcomes if outcome.payload is not None]


def _missed(path: Path, samples: list[Event]) -> tuple[int, int, list[str]]:
    """How many steps there are, how many of them the guard makes good, and what is the matter with others."""
    of = mapped(path)
    code = of.program.code
    guard = Guard(read_schema(code.target, beside=path), code.allowed, code.profile)
    events = [(*one, _payloads(of.program.apply(*one))) for one in _events(of, samples)]
    for _, _, payloads in events:
        assert [guard.check(payload) for payload in payloads if guard.check(payload)] == []
    count, caught, wrong = 0, 0, []
    for step, apply in _sabotaged(of):
        count += 1
        for event, meta, right in events:
            payloads = _payloads(apply(event, meta))
            if payloads != right:
                stopped = any(map(guard.check, payloads))
                caught += stopped
                wrong += [] if stopped else [f"{step}: the guard lets it pass"]
                break
        else:
            wrong.append(f"{step}: no event reaches it")
    return count, caught, wrong


@pytest.mark.parametrize("path", some(MAPPINGS, 3), ids=lambda path: path.stem)
def test_the_guard_makes_good_for_any_one_hashing_step_of_a_ready_mapping(path: Path) -> None:
    prefixes = tuple(start for start, name in MAPPING_OF.items() if name == path.stem)
    count, caught, wrong = _missed(path, events_of(EVENTS[0].parent, prefixes))
    assert wrong == []
    assert (count, caught) == (_STEPS[path.stem], _STEPS[path.stem])


def test_the_page_says_how_many_steps_there_are() -> None:
    page = (Path(__file__).parents[2] / "docs/guard.md").read_text(encoding="utf-8")
    assert f"All {sum(_STEPS.values())} of them are reached" in page


@pytest.mark.parametrize("path", _CORRECT, ids=lambda path: path.stem)
def test_the_guard_makes_good_for_any_one_hashing_step_of_a_correct_mapping(path: Path) -> None:
    count, caught, wrong = _missed(path, [])
    assert wrong == _OUT_OF_SIGHT.get(path.stem, [])
    assert count == caught + len(wrong)
