"""The cost of a check grows no faster than what is checked, and shortcuts leave out nothing."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

import mapper
from mapper.compiler.jmespath import repeated_input
from mapper.compiler.jmespath.expression import parsed
from mapper.compiler.jmespath.refusal import Refusal
from mapper.texts.named_text import Text
from tests.generators.random_expressions import expression
from tests.support.depth import by_seed, seeds
from tests.support.effort import calls

_LINES = ("", "a", "# M123", "é: 1", "\ttext")
_BREAKS = ("\n", "\r\n", "\r", "\n\n")


def _mapping(tests: int, loops: int) -> str:
    """A mapping with so many tests, and so many list rules, of which it is not known which list they read."""
    event = {
        "id": "e",
        "time": 1_777_629_600,
        "lines": [{"sku": f"s{at}", "parts": [{}]} for at in range(20)],
    }
    lets = {f"l{at}": {"each": "$items", "item": f"item.n{at}"} for at in range(loops)}
    made: dict[str, Any] = {
        "version": 1,
        "target": "pinterest/conversions-v5",
        "let": {"items": {"each": "lines", "item": {"id": "sku"}}, **lets},
        "payload": {"event_id": "id", "event_time": "time", "action_source": {"const": "web"}},
        "otherwise": {"send": "checkout"},
        "tests": [{"given": event, "expect": {"event_id": "e"}}] * tests,
    }
    return json.dumps(made)


def _effort(tests: int, loops: int) -> int:
    text = _mapping(tests, loops)
    return calls(lambda: mapper.check_text(text))[0]


def test_events_of_tests_are_not_walked_again_for_each_list_rule() -> None:
    _effort(1, 1)
    assert _effort(9, 9) - _effort(9, 1) < 1.5 * (_effort(1, 9) - _effort(1, 1))


@pytest.mark.parametrize("seed", seeds(40))
def test_expressions_that_are_found_small_at_once_are_within_all_limits(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(seed)
    for _ in range(50):
        try:
            known = parsed(expression(dice))
        except Refusal:
            continue
        if repeated_input._is_small(known.nodes):
            with monkeypatch.context() as patch:
                patch.setattr(repeated_input, "_is_small", lambda every: False)
                assert repeated_input.check_growth(known.root, known.nodes) is None


def test_lines_begin_after_each_line_break() -> None:
    dice = by_seed("lines")
    for _ in range(300):
        parts = [dice.choice((*_LINES, *_BREAKS)) for _ in range(dice.randrange(8))]
        content = "".join(parts)
        lines = content.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        text = Text("a", content)
        assert [text.line(number) for number in range(1, len(text.starts) + 1)] == lines
