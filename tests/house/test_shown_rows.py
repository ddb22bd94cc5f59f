"""Whoever shows what becomes of a field shows all that is known of it: no column is forgotten."""

from __future__ import annotations

import ast
from dataclasses import fields

import pytest

from mapper.compiler.explain.table import Row
from tests.house.sources import nodes

_NO_EVENT = "without an event nothing is read, made or left out"
# Who shows rows, and the fields of one that it leaves out, each with its reason.
_SHOWN: dict[str, dict[str, str]] = {
    "mapper/cli/explain_text.py": {
        **dict.fromkeys(("read", "value", "items", "more"), _NO_EVENT),
        "personal": "no value is shown",
        "span": "the rows are in the order of the file",
    },
    "mapper/cli/explain_event_text.py": {
        "depth": "it is indented as the text without an event is",
        "personal": "values that are personal are masked before",
        "type": "the value shows it",
        "span": "the rows are in the order of the file",
    },
    "mapper/playground/payload_tree.py": {
        "personal": "it is asked of all rows that hold a field",
        "type": "the value shows it",
        "more": "the payload is shown whole",
    },
}


@pytest.mark.parametrize("file", sorted(_SHOWN))
def test_each_field_of_a_row_is_shown(file: str) -> None:
    read = {one.attr for one in nodes(file) if isinstance(one, ast.Attribute)}
    left_out = {one.name for one in fields(Row)} - read
    assert left_out == _SHOWN[file].keys()
