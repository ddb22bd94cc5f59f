"""docs/jmespath.md says what is so: functions, refused forms and their rewrites, disagreements, limits."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mapper import CompileError, compile_expression
from mapper.compiler.advice.advise import advise
from mapper.compiler.findings import Findings
from mapper.compiler.inference.infer import infer
from mapper.compiler.jmespath.expression import parse_expression
from mapper.compiler.jmespath.grammar import DEEPEST
from mapper.compiler.jmespath.repeated_input import MOST_COPIES
from mapper.compiler.jmespath.signatures import signature
from mapper.compiler.jmespath.tokens import LONGEST_TEXT, MOST_TOKENS
from mapper.runtime.functions import FUNCTIONS
from mapper.texts.diagnostic import has_errors
from mapper.texts.named_text import Text
from mapper.values.types import UNKNOWN, Invalid
from tests.compiler.test_jmespath_compliance import same
from tests.support.checked import checked_reading

PAGE = (Path(__file__).parents[2] / "docs" / "jmespath.md").read_text("utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def codes(cell: str) -> list[str]:
    """The texts in a cell that are written as code."""
    found = re.findall(r"`` (.*?) ``|(?<!`)`([^`]+)`(?!`)", cell)
    return [(double or single).replace("\\|", "|") for double, single in found]


def coded(text: str) -> str:
    """A text written as code in a cell."""
    text = text.replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def is_refused(text: str) -> bool:
    read = parse_expression(text, Text("page", text).span)
    found = Findings()
    if read.expression is not None:
        infer(read.expression, UNKNOWN, {}, found)
    return has_errors((*read.found, *found))


def answer(text: str) -> object:
    try:
        return compile_expression(text)({})
    except Invalid as invalid:
        return invalid.kind


def test_each_function_stands_on_the_page_as_in_the_registry() -> None:
    expected = [
        [
            f"`{signature(name)}`",
            FUNCTIONS[name].summary,
            f"{coded(text)} → `{json.dumps(value, ensure_ascii=False)}`",
        ]
        for name in sorted(FUNCTIONS)
        for text, value in FUNCTIONS[name].examples[:1]
    ]

    assert rows("Functions") == expected


@pytest.mark.parametrize("row", rows("Unsupported forms"), ids=lambda row: row[0])
def test_a_form_on_the_page_is_refused_and_its_rewrite_is_not(row: list[str]) -> None:
    forms, rewrites = codes(row[0]), codes(row[2])

    assert forms
    assert [form for form in forms if not is_refused(form)] == []
    assert [rewrite for rewrite in rewrites if is_refused(rewrite)] == []


@pytest.mark.parametrize("row", rows("Where implementations disagree"), ids=lambda row: row[0])
def test_what_the_page_says_an_expression_gives_it_gives(row: list[str]) -> None:
    [text], [expected] = codes(row[0]), codes(row[2])
    value = expected if expected.startswith("invalid-") else json.loads(expected)

    assert same(answer(text), value)


@pytest.mark.parametrize("row", rows("Syntax from other languages"), ids=lambda row: row[0])
def test_what_other_languages_write_is_met_with_what_the_page_says(row: list[str]) -> None:
    forms, [rewrite] = codes(row[0]), codes(row[1])

    assert forms
    for form in forms:
        read = parse_expression(form, Text("page", form).span)
        found = [*read.found]
        found += [] if read.expression is None else checked_reading(read.expression)
        assert read.expression is None or [one.code for one in found] == ["M208"]
        hint = f"write {coded(rewrite)}".replace("\\|", "|")
        assert [one.hint for one in advise(found)] == [hint]


def test_the_forms_at_the_top_of_the_page_are_expressions() -> None:
    table = [line for line in PAGE.split("## Functions")[0].splitlines() if line.startswith("| ")][1:]
    for line in table:
        for text in codes(re.split(r"(?<!\\)\|", line)[1]):
            compile_expression(text)


def test_the_page_states_the_limits_as_they_are() -> None:
    limits = PAGE.split("## Limits")[1]

    assert f"{LONGEST_TEXT} characters, {MOST_TOKENS} parts, {DEEPEST} levels" in limits
    assert f"more than {MOST_COPIES} times" in limits
    with pytest.raises(CompileError):
        compile_expression("a" + "[*].b" * 104)
