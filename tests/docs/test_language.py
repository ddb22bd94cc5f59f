"""Every example in docs/language.md is one: put where it belongs, the compiler takes it."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import indent

import pytest
import yaml

from mapper import check_text
from mapper.compiler.syntax.language_keys import OWNERS
from mapper.compiler.syntax.mapping import MAPPING_KEYS
from tests.support.pages import blocks

pytestmark = pytest.mark.quick

_PAGE = Path(__file__).parents[2] / "docs" / "language.md"
_TEXT = _PAGE.read_text(encoding="utf-8")
_BLOCKS = blocks(_TEXT, "yaml")
_HEADING = re.compile(r"^(#{2,3}) (.*)$", re.MULTILINE)
# The page without its index.
_PROSE, _, _INDEX = _TEXT.partition("\n## Index of keys\n")
_ROWS = re.findall(r"^\| `(\w+)` \| (.*) \|$", _INDEX, re.MULTILINE)
_LINK = re.compile(r"\[([^]]+)\]\(#([\w-]+)\)")
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
    "shoes": """\
extends: commerce.yaml
let: {nickname: nick}
functions: {clean_sku(value): {from: $value, apply: trim}}
payload: {custom_data: {search_string: $nickname, content_name: clean_sku(name)}}
consent: {granted: ads, when_missing: denied, when_denied: skip}
skip: {when: boolean(staff), because: employees}
events: [{is: Order Refunded, send: custom}]
""",
}

_TABLES = {
    "categories.csv": "sku,category\nA-1,Shoes\n",
    "products.csv": "sku,brand,name\nA-1,Nike,Air\n",
    "plans.yaml": "gold: 1\n",
    "crawlers.yaml": "- '*bot*'\n- 'Crawl*'\n",
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


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _sections() -> dict[str, str]:
    """The text below each heading, with that of the headings below it."""
    found = {}
    headings = [*_HEADING.finditer(_PROSE)]
    for place, one in enumerate(headings):
        ends = [next_one.start() for next_one in headings[place + 1 :] if len(next_one[1]) <= len(one[1])]
        found[_anchor(one[2])] = _PROSE[one.end() : ends[0] if ends else len(_PROSE)]
    return found


def test_the_contents_are_the_headings() -> None:
    before = _TEXT.partition("\n## ")[0]
    listed = re.findall(r"^( *)- \[(.*)\]\(#(.*)\)$", before, re.MULTILINE)
    headings = [(" " * 2 * (len(level) - 2), text, _anchor(text)) for level, text in _HEADING.findall(_TEXT)]
    assert listed == headings
    assert len({anchor for *_, anchor in headings}) == len(headings)


def test_the_index_has_each_key_of_the_language_once_and_all_that_have_it() -> None:
    names = [name for name, _ in _ROWS]
    assert names == sorted({key for keys in OWNERS.values() for key in keys})
    for name, cell in _ROWS:
        owners = [owner for owner, _ in _LINK.findall(cell)]
        assert owners == [owner for owner, keys in OWNERS.items() if name in keys], name


@pytest.mark.parametrize(("name", "cell"), _ROWS)
def test_the_index_leads_to_a_section_that_tells_of_the_key(name: str, cell: str) -> None:
    sections = _sections()
    for _, anchor in _LINK.findall(cell):
        assert re.search(rf"(?<!\w){name}(?!\w)", "".join(re.findall(r"`[^`]*`", sections[anchor]))), anchor
