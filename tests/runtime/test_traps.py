"""What generated code must not fall into: Python's limits, values of Python that JSON lacks, shared state."""

from __future__ import annotations

import ast
import copy
import enum
import linecache
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mapper import CompileError, compile_expression
from mapper.compiler.emit.readable.readable_program import generate_expression
from mapper.compiler.jmespath.expression import parse_expression
from mapper.runtime.program import load
from mapper.texts.named_text import Text
from tests.compiler.test_interpreter import SUBJECTS, Subject, of_case, of_file
from tests.oracles.golden import MAPPINGS
from tests.support.command import SEGMENT
from tests.support.depth import by_seed, some
from tests.support.events import paths_of

Read = Callable[[Any], Subject]
_LOOPS = (ast.For, ast.While, ast.comprehension)
_DEEPEST_BLOCKS = 8


class _Word(str):
    pass


class _Count(int):
    pass


class _Color(enum.Enum):
    RED = "red"


def _nested(function: ast.AST, kinds: tuple[type[ast.AST], ...]) -> int:
    """How many nodes of some kinds stand inside one another."""
    own = isinstance(function, kinds)
    return own + max((_nested(child, kinds) for child in ast.iter_child_nodes(function)), default=0)


def _assert_flat(text: str) -> None:
    for function in ast.parse(text).body:
        assert _nested(function, _LOOPS) <= 1
        assert _nested(function, (ast.For, ast.If, ast.Try)) <= _DEEPEST_BLOCKS


@pytest.mark.parametrize(("read", "source"), some(SUBJECTS, 40))
def test_no_function_of_a_mapping_has_a_loop_within_a_loop(read: Read, source: Any) -> None:
    _assert_flat(read(source).program.code.text)


@pytest.mark.parametrize(
    "text",
    ["a" + "[*].b" * 30, "a[?" * 30 + "b" + "]" * 30, "map(&" * 30 + "@" + ", a)" * 30, "a" + ".*" * 2],
)
def test_each_projection_of_an_expression_has_a_function_of_its_own(text: str) -> None:
    expression = parse_expression(text, Text("", text).span).expression
    assert expression is not None
    _assert_flat(generate_expression(expression))


@pytest.mark.parametrize(
    "text",
    [
        "(" * 500 + "a" + ")" * 500,
        "!" * 500 + "a",
        "a" + "[*]" * 400,
        "a" + " || a" * 2000,
        "a" + " | a" * 3000,
        "{a: " * 300 + "a" + "}" * 300,
        "a" + ".b" * 3000,
        "[" * 500 + "a" + "]" * 500,
        "abs(" * 500 + "a" + ")" * 500,
        "a[?" * 300 + "b" + "]" * 300,
    ],
    ids=lambda text: text[:12],
)
def test_what_ends_jmespath_py_in_a_recursion_error_is_refused_as_too_large(text: str) -> None:
    with pytest.raises(CompileError) as refused:
        compile_expression(text)

    assert [one.code for one in refused.value.diagnostics] == ["M106"]


_FOREIGN = [
    *(Decimal("1.5"), (1, 2), _Word("a"), _Count(3), _Color.RED, datetime(2026, 5, 1, tzinfo=UTC), b"a", {1}),
    *(float("nan"), float("-inf"), object(), OrderedDict(a=1), 10**5000, 1j),
]


@pytest.mark.parametrize("value", _FOREIGN, ids=lambda value: type(value).__name__)
def test_an_event_with_a_value_that_json_lacks_is_no_internal_error(value: Any) -> None:
    for path in some(MAPPINGS, 4):
        subject = of_file(path)
        event, meta = subject.events[0]
        for place in by_seed("places").choices(paths_of(event), k=5):
            given = copy.deepcopy(event)
            holder = given
            for key in place[:-1]:
                holder = holder[key]
            holder[place[-1]] = value
            outcomes = subject.program.apply(given, meta)
            reasons = [one for end in outcomes if end.rejection for one in end.rejection.reasons]
            assert [one.message for one in reasons if "internal error" in one.message] == []
            assert repr(subject.fast.apply(given, meta)) == repr(outcomes)  # by which NaN equals itself


def test_an_event_that_cannot_be_worked_with_is_told_by_the_class_of_what_json_lacks() -> None:
    subject = of_case({"name": "fingerprints", "mapping": {}, "event": {}})
    (outcome,) = subject.program.apply({"at": 1777629600, "a": [{"b": object()}]})

    assert outcome.rejection is not None
    assert [one.message for one in outcome.rejection.reasons] == [
        "an event must be a JSON object, with no object in it, as at `a[0].b`"
    ]


def test_an_event_that_holds_itself_is_rejected() -> None:
    event: dict[str, Any] = {"at": 1777629600}
    event["a"] = [event]
    (outcome,) = of_case({"name": "fingerprints", "mapping": {}, "event": {}}).program.apply(event)

    assert outcome.rejection is not None


@pytest.mark.parametrize("path", some(MAPPINGS, 3), ids=lambda path: path.stem)
def test_many_threads_may_use_one_program(path: Any) -> None:
    subject = of_file(path)
    alone = [subject.program.apply(event, meta) for event, meta in subject.events]

    for program in (subject.program, subject.fast):
        with ThreadPoolExecutor(8) as pool:
            work = [
                pool.submit(program.apply, event, meta) for _ in range(20) for event, meta in subject.events
            ]
            together = [one.result() for one in work]

        assert together == alone * 20


def test_a_traceback_shows_the_lines_of_generated_code() -> None:
    code = load(of_file(SEGMENT).fast.code).prepare().code  # once more: the last one of a name is shown

    forms = {code.name: code.text, f"{code.name}, fast": code.fast, f"{code.name}, typed": code.typed}
    for name, text in forms.items():
        assert text
        assert "".join(linecache.getlines(f"<mapping {name}>")) == text
