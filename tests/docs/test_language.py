"""Every example in docs/language.md is one: put where it belongs, the compiler takes it."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import indent

import pytest
import yaml

from mapper import check_text
from mapper.compiler.syntax.mapping import MAPPING_KEYS
from tests.support.pages import blocks

pytestmark = pytest.mark.quick

_PAGE = Path(__file__).parents[2] / "docs" / "language.md"
_BLOCKS = blocks(_PAGE.read_text(encoding="utf-8"), "yaml")
_PAYLOAD = """\
payload:
  action_source: {const: web}
  event_id: id
  event_time: at
  user_data: {em: mail, external_id: user, click_id: epik, country: {from: country, apply: country}}
"""
_BASES = {
    "commerce": "match: event\nevents: [{is: Signed Up, send: signup}]\n"
    f"{_PAYLOAD}  custom_data: {{contents: {{each: items, item: {{id: sku, quantity: count}}}}}}\n",
    "identity": "let: {email: mail}\n",
}

_TABLES = {
    "categories.csv": "sku,category\nA-1,Shoes\n",
    "products.csv": "sku,brand,name\nA-1,Nike,Air\n",
    "plans.yaml": "gold: 1\n",
}


def _whole(block: str) -> str:
    """A block with what it lacks of a mapping."""
    if re.match(r"apply:", block):
        steps = "".join(
            f"    a{place}: {{from: x, {line.partition('   #')[0]}}}\n"
            for place, line in enumerate(block.splitlines())
        )
        block = f"let:\n  country: c\n  all:\n{steps}"
    keys = set(yaml.safe_load(block))
    if not keys & set(MAPPING_KEYS):
        block = _PAYLOAD + "  custom_data:\n" + indent(block, "    ")
    for key, text in (
        ("version", "version: 1\n"),
        ("target", "target: pinterest/conversions-v5\n"),
        ("payload", _PAYLOAD),
        ("match", "match: event\n"),
        ("otherwise", "otherwise: {send: page_visit}\n"),
    ):
        if not re.search(rf"^{key}:", block, re.MULTILINE) and not (key == "target" and "partial" in keys):
            block += text
    return block


@pytest.mark.parametrize("block", _BLOCKS, ids=lambda block: block.partition("\n")[0])
def test_an_example_of_the_page_has_no_errors(block: str, tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    for name, text in _BASES.items():
        (tmp_path / f"base/{name}.yaml").write_text(f"version: 1\npartial: true\n{text}", encoding="utf-8")
    (tmp_path / "tables").mkdir()
    for name, text in _TABLES.items():
        (tmp_path / "tables" / name).write_text(text, encoding="utf-8")
    (tmp_path / "events").mkdir()
    (tmp_path / "events/order.json").write_text("{}", encoding="utf-8")
    found = check_text(_whole(block), beside=tmp_path / "example.yaml")
    errors = [f"{one.code} {one.message}" for one in found if one.severity == "error"]
    assert errors == []
