"""`mapper explain --effective` prints a mapping with all that it inherits, as one file that works."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command import call
from tests.support.repository import make_repository

pytestmark = pytest.mark.quick

_BASE = """\
version: 1
partial: true
let: {currency: currency}
skip:
  - {when: boolean(test), because: a test order}
payload:
  action_source: {const: offline}
  event_id: id
  event_time: at
  user_data: {em: email}
  custom_data:
    currency: $currency
    contents:
      each: lines
      item: {id: sku}
"""
_SHOP = """\
version: 1
target: pinterest/conversions-v5
extends: base/shop.yaml
let: {currency: {const: EUR}}
skip: {because: a test order, inherit: false}
payload:
  custom_data:
    contents: {item: {quantity: qty}}
otherwise: {send: checkout}
"""
_PAGE = """\
# shop.yaml with all that it inherits
# files, the one with the highest priority first:
#   shop.yaml
#   base/shop.yaml
version: 1                         # shop.yaml:1
target: pinterest/conversions-v5   # shop.yaml:2
let:
  currency: {const: EUR}           # shop.yaml:4 overrides base/shop.yaml:3
payload:
  action_source: {const: offline}  # base/shop.yaml:7
  event_id: id                     # base/shop.yaml:8
  event_time: at                   # base/shop.yaml:9
  user_data: {em: email}           # base/shop.yaml:10
  custom_data:                     # shop.yaml:7
    currency: $currency            # base/shop.yaml:12
    contents:                      # shop.yaml:8
      each: lines                  # base/shop.yaml:14
      item:                        # base/shop.yaml:15
        id: sku                    # base/shop.yaml:15
        quantity: qty              # shop.yaml:8
otherwise: {send: checkout}        # shop.yaml:9
# taken away by `inherit: false`:
#   `because: a test order` (shop.yaml:5), written in base/shop.yaml:5
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mapping that extends another file, in the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "base").mkdir()
    (tmp_path / "base/shop.yaml").write_text(_BASE)
    (tmp_path / "shop.yaml").write_text(_SHOP)
    return tmp_path / "shop.yaml"


def test_each_line_has_its_place_and_those_of_what_it_overrides(shop: Path) -> None:
    assert call("explain", "shop.yaml", "--effective").stdout == _PAGE


def test_the_page_is_a_mapping_and_its_own_effective_mapping(shop: Path) -> None:
    Path("one.yaml").write_text(_PAGE)
    assert call("check", "one.yaml").exit_code == 0
    texts = [
        [
            line["text"]
            for line in json.loads(call("explain", name, "--effective", "--format", "json").stdout)["lines"]
        ]
        for name in ("shop.yaml", "one.yaml")
    ]
    assert texts[0] == texts[1]


def test_json_has_the_same_as_values(shop: Path) -> None:
    said = json.loads(call("explain", "shop.yaml", "--effective", "--format", "json").stdout)
    assert said["files"] == ["shop.yaml", "base/shop.yaml"]
    assert [one for one in said["lines"] if one["overrides"]] == [
        {
            "text": "  currency: {const: EUR}",
            "path": "let.currency",
            "file": "shop.yaml",
            "line": 4,
            "overrides": [{"file": "base/shop.yaml", "line": 3}],
        }
    ]
    away = {"name": "`because: a test order`", "file": "shop.yaml", "line": 5}
    assert said["taken_away"] == [{**away, "parts": [{"file": "base/shop.yaml", "line": 5}]}]


def test_a_file_to_extend_is_printed_and_one_with_errors_is_not(shop: Path) -> None:
    assert "partial: true" in call("explain", "base/shop.yaml", "--effective").stdout
    shop.write_text(_SHOP.replace("quantity", "quantum"))
    ended = call("explain", "shop.yaml", "--effective")
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert "M301" in ended.stderr


def test_the_table_has_the_place_of_each_rule_where_they_are_in_several_files(tmp_path: Path) -> None:
    make_repository(tmp_path, 8)
    table = call("explain", str(tmp_path / "mappings/books/shop-1.yaml")).stdout
    row = next(line for line in table.splitlines() if line.startswith("user_data.em "))
    assert row.endswith("mappings/base/common.yaml:20")


def test_an_event_beside_it_is_refused(shop: Path) -> None:
    Path("event.json").write_text("{}")
    ended = call("explain", "shop.yaml", "event.json", "--effective")
    assert (ended.exit_code, "takes no EVENT" in ended.stderr) == (2, True)
