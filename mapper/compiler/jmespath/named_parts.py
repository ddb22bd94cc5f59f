"""The names that a call gives to what it makes of a text: of a pattern's parts, or of a table's column."""

from __future__ import annotations

from mapper.compiler.jmespath.tree import Call, Literal
from mapper.transforms.patterns import PatternFault, parse_pattern
from mapper.transforms.tables import FileTable

GIVING_PARTS = frozenset({"extract", "rewrite"})
"""Transforms whose result has the parts of a text that a pattern names."""


def names_in_call(call: Call) -> tuple[str, ...]:
    """The names of the parts, or of the column, that a call in an expression gives."""
    table = call.arguments[1] if call.name == "lookup" and len(call.arguments) > 1 else None
    if isinstance(table, Literal) and isinstance(table.value, FileTable):
        return (table.value.column,) if table.value.column else ()
    if call.name not in GIVING_PARTS or len(call.arguments) == 1:
        return ()
    node = call.arguments[1]
    return names_of_parts(node.value) if isinstance(node, Literal) else ()


def names_of_parts(pattern: object) -> tuple[str, ...]:
    """The names of a pattern's parts; none of what is no pattern, which is reported where it is written."""
    try:
        return parse_pattern(pattern).names if isinstance(pattern, str) else ()
    except PatternFault:
        return ()
