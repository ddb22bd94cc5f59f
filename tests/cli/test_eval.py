"""`mapper eval` prints what an expression gives: as the specification says, and as a hover shows it."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jmespath import search  # type: ignore[import-untyped]

from mapper.authoring import Analysis, analyse_file, evaluator
from mapper.values.types import Invalid
from tests.compiler.test_jmespath_compliance import same
from tests.support.command import MAPPING, ROOT, call, ndjson
from tests.support.mapping_tests import own_tests

_PAGE = (ROOT / "docs/jmespath.md").read_text("utf-8")
_READY = sorted((ROOT / "mappings").glob("*.yaml"))
_LETS = MAPPING.replace("payload:", "let:\n  who: {from: [email, mail]}\npayload:", 1)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a mapping that has a `let`, and two events."""
    monkeypatch.chdir(tmp_path)
    Path("shop.yaml").write_text(_LETS)
    Path("events.ndjson").write_text(ndjson({"a": 1, "mail": "ada@example.com"}, {"a": "é", "b": False}))
    return tmp_path


# As jmespath.py has it: a row for each form of expression.
_DOCUMENT = {
    "a": {"b": [1, 2, 3, {"c": None}], "d": "é"},
    "l": [{"n": "x", "p": 10}, {"n": "y", "p": 2.5}, {"n": "z"}],
    "none": None,
}


@pytest.mark.parametrize(
    "expression",
    [
        *("a", "a.b[0]", "a.b[-1]", "a.b[1:]", "a.b[::-1]", "a.b[5]", "none", "nowhere.x", "@.a.d", "*.d"),
        *("l[*].n", "l[].p", "l[?p > `3`].n", "l[?n == 'x' || !p].n", "l[?p] | [0]", "l[*].{k: n, v: p}"),
        *("l[*].[n, p]", "length(l)", "max_by(l[?p], &p).n", "sort_by(l, &n)[0].n", "join(',', l[*].n)"),
        *(
            "keys(a)",
            "values(none || a)",
            "sum(l[?p].p)",
            "type(a)",
            "not_null(none, a.d)",
            "contains(a.d, 'é')",
        ),
        *("to_string(a.b)", "to_number('2.50')", '`{"x": [1, null]}`', "'raw'", "map(&p, l)", "reverse(a.b)"),
    ],
)
def test_it_gives_what_jmespath_py_gives(expression: str, tmp_path: Path) -> None:
    (tmp_path / "events.ndjson").write_text(ndjson(_DOCUMENT))
    ran = call("eval", expression, tmp_path / "events.ndjson")
    assert ran.exit_code == 0, ran.stderr
    assert same(json.loads(ran.stdout), search(expression, _DOCUMENT))


@cache
def _analysed(path: Path) -> Analysis:
    return analyse_file(path)


_evaluator = cache(evaluator)


@pytest.mark.parametrize(("path", "case"), own_tests(_READY)[::15])
def test_it_gives_what_a_hover_shows(path: Path, case: Any) -> None:
    """For each `let` that is read in a ready mapping, by the event of one of its tests."""
    analysis = _analysed(path)
    lets = yaml.safe_load(analysis.text.content).get("let", {})
    for use in re.finditer(r"(?<=[ (])\$([a-z_]+)(?=[\s,})])", analysis.text.content):
        found = analysis.at(use.start(1), case.given, case.meta)
        if use[1] not in lets or found is None or not found.is_known or found.why or found.text != use[0]:
            continue
        try:
            values = [*_evaluator(use[0], path)(case.given, case.meta or {})]
        except Invalid:
            continue
        assert found.value in values[:1], use[0]
        return


@pytest.mark.parametrize(
    ("words", "status", "out", "err"),
    [
        (["a"], 0, '1\n"é"\n', ""),
        (["-r", "a"], 0, "1\né\n", ""),
        (["b", "-e"], 1, "null\nfalse\n", ""),
        (["a", "-e"], 0, '1\n"é"\n', ""),
        (["abs(a)"], 1, "1\n", "mapper: events.ndjson:2: `abs` takes a number, not a string\n"),
        (["$who", "--mapping", "shop.yaml"], 0, '"ada@example.com"\nnull\n', ""),
        (["$meta.line", "--mapping", "shop.yaml"], 0, "1\n2\n", ""),
    ],
)
def test_values_are_on_stdout_and_reasons_on_stderr(
    words: list[str], status: int, out: str, err: str, shop: Path
) -> None:
    ran = call("eval", words[0], "events.ndjson", *words[1:]) if words[0] != "-r" else None
    ran = ran or call("eval", *words, "events.ndjson")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (status, out, err)


@pytest.mark.parametrize("more", [[], ["--mapping", "shop.yaml"]])
def test_a_mistake_is_shown_as_check_shows_it_and_no_event_is_read(more: list[str], shop: Path) -> None:
    ran = call("eval", "a.", "nowhere.ndjson" if not more else "events.ndjson", *more)
    assert (ran.exit_code, ran.stdout) in [(1, ""), (2, "")]
    ran = call("eval", "a.", "events.ndjson", *more)
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert ran.stderr.startswith("error[M101]: ")
    assert "  --> <expression>:1:3\n" in ran.stderr


def test_a_name_of_a_let_that_is_not_there_is_told(shop: Path) -> None:
    ran = call("eval", "$woh", "events.ndjson", "--mapping", "shop.yaml")
    assert "did you mean `$who`?" in ran.stderr
    assert ran.exit_code == 1


def test_what_the_page_shows_is_what_it_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    section = _PAGE.split("## Try an expression\n")[1].split("\n## ")[0]
    monkeypatch.chdir(tmp_path)
    Path("orders.ndjson").write_text(section.split("```json\n")[1].split("```")[0])
    Path("shop.yaml").write_text(
        MAPPING.replace("payload:", "let: {buyer: {from: [customer, billing]}}\npayload:", 1)
    )
    for shown in section.split("```console\n")[1].split("```")[0].split("$ mapper ")[1:]:
        line, _, printed = shown.partition("\n")
        words = [one[1:-1] if one[0] == "'" else one for one in re.findall(r"'[^']*'|\S+", line)]
        ran = call(*words)
        assert ran.stdout + ran.stderr == printed, line
