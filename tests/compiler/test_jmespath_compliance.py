"""The official JMESPath compliance suite, through generated code."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from mapper import CompileError, compile_expression
from mapper.values.types import Invalid
from tests.support.shared import shared

FILES = [
    *("basic", "benchmarks", "boolean", "current", "escape", "filters", "functions", "identifiers"),
    *("indices", "literal", "multiselect", "pipe", "slice", "syntax", "unicode", "wildcard"),
]
# What stands for the suite's kinds of errors where the compiler finds them; all other codes are `syntax`.
KINDS = {"M111": "invalid-value", "M204": "invalid-type", "M115": "unknown-function", "M116": "invalid-arity"}
# 104 projections in a row have more parts than are taken; the suite asks for no result, only for a parse.
TOO_LARGE = "a[*].b[*].c[*].d[*]"


@pytest.mark.parametrize("name", FILES)
def test_every_case_of_the_suite_gives_its_result_or_its_kind_of_error(name: str) -> None:
    wrong = [
        (case["expression"], expected, given)
        for case, document in cases(name)
        if not agrees(given := answer(case["expression"], document), expected := expectation(case))
    ]

    assert wrong == []


def test_the_suite_is_whole() -> None:
    counts = Counter(expectation(case)[0] for name in FILES for case, _ in cases(name))

    assert counts == {"result": 752, "error": 150, "parsed": 5, "refused": 1}


def test_every_syntax_error_of_the_suite_is_found_when_compiling() -> None:
    late = [
        case["expression"]
        for name in FILES
        for case, _ in cases(name)
        if case.get("error") == "syntax" and code_of(case["expression"]) is None
    ]

    assert late == []


def cases(name: str) -> list[tuple[dict[str, Any], Any]]:
    suites = json.loads(shared(f"jmespath-compliance/{name}.json").read_bytes())
    return [(case, suite["given"]) for suite in suites for case in suite["cases"]]


def expectation(case: dict[str, Any]) -> tuple[str, Any]:
    """What a case asks for: a result, an error, or no more than that the expression is one."""
    if "result" in case:
        return "result", case["result"]
    if "error" in case:
        return "error", case["error"]
    return ("refused", "M106") if case["expression"].startswith(TOO_LARGE) else ("parsed", None)


def answer(expression: str, document: Any) -> tuple[str, Any]:
    """The result of an expression, or the suite's word for its error. The document stays as it is."""
    before = json.dumps(document)
    code = code_of(expression)
    if code is not None:
        return ("refused", code) if code == "M106" else ("error", KINDS.get(code, "syntax"))
    try:
        return "result", compile_expression(expression)(document)
    except Invalid as invalid:
        return "error", invalid.kind
    finally:
        assert json.dumps(document) == before


def code_of(expression: str) -> str | None:
    try:
        compile_expression(expression)
    except CompileError as error:
        return error.diagnostics[0].code
    return None


def agrees(given: tuple[str, Any], expected: tuple[str, Any]) -> bool:
    if expected[0] == "parsed":
        return given[0] == "result"
    return given[0] == expected[0] and same(given[1], expected[1])


def same(one: Any, other: Any) -> bool:
    """Equal down to the types: 1, 1.0 and true are three values."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)
