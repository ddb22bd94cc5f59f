"""The pages of schemas have the words that there are, and their examples are right."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mapper import authoring
from mapper.cli.report import as_text
from mapper.compiler.schema.schema_mistakes import check_schema
from mapper.compiler.schema.schema_words import KEYWORDS, words_of
from mapper.compiler.schema.target_requirements import own_requirements
from tests.support.command import ROOT
from tests.support.made_pages.schemas_page import PAGES, written

pytestmark = pytest.mark.quick

_PAGE = (ROOT / "docs/schemas.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_the_tables_of_a_page_are_those_that_the_table_of_words_makes(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert text == written(text), "make docs writes it anew"


def test_the_pages_have_each_word_and_keyword() -> None:
    firsts = {
        name
        for page in PAGES
        for line in (ROOT / "docs" / page).read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
        for name in re.findall(r"`([^`]+)`", line.split(" | ")[0])
    }
    target, source = words_of("target"), words_of("source")
    assert KEYWORDS.keys() | {word.name for word in (*target, *source)} <= firsts


def test_the_example_is_right_and_with_its_slip_says_what_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    example, _ = re.findall(r"```json\n(.*?)```", _PAGE, re.DOTALL)
    [shown] = re.findall(r"```\n(warning.*?)```", _PAGE, re.DOTALL)
    assert json.loads(example)
    assert authoring.check_schema(example, "schemas/shop/order.json") == ()
    wrong = example.replace("x-personal", "x-persnal")
    assert as_text(authoring.check_schema(wrong, "schemas/shop/order.json")).strip() == shown.strip()


def test_the_condition_of_the_page_is_read_in_a_target() -> None:
    _, condition = re.findall(r"```json\n(.*?)```", _PAGE, re.DOTALL)
    text = {"type": "string"}
    goods = {"type": "object", "properties": {"currency": text}}
    fields = {"action_source": text, "event_source_url": text, "custom_data": goods}
    target = {"type": "object", "additionalProperties": False, "properties": fields, **json.loads(condition)}
    assert check_schema(target, "target") == ()
    assert [one.describe() for one in own_requirements(target, "", True)] == [
        "`event_source_url` where `action_source` is `web`",
        "`currency` where `action_source` is `web`",
    ]
