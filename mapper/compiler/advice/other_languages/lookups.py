"""Rows of tables as other languages read them -> `lookup`: `$coupons[code]`, `$coupons['FALL25']`."""

from __future__ import annotations

import json
import re
from collections.abc import Container

from mapper.compiler.jmespath.tokens import text_constant
from mapper.values.regular_expression import pattern

# The brackets after a variable, with at most one pair within, and no index, slice, filter or `[*]`.
_ROW = pattern(r"\$(\w+)\.?\[(?![?*\s]|-?\d|:)((?:[^\[\]]|\[[^\[\]]*\])+)\]")


def in_tables(text: str, tables: Container[str]) -> str:
    """An expression in which the brackets after a table are the `lookup` that they were meant as."""

    def looked_up(row: re.Match[str]) -> str:
        return f"lookup({_key(row[2].strip())}, ${row[1]})" if row[1] in tables else row[0]

    return _ROW.sub(looked_up, text)


def _key(written: str) -> str:
    """A key as it is here: a text in double quotes is a string in other languages."""
    try:
        text = json.loads(written)
    except ValueError:
        return written
    return text_constant(text) if isinstance(text, str) else written
