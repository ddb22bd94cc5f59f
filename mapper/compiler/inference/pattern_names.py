"""Calls and steps that take parts of a text -> the names of these parts; of a table, that of its column."""

from __future__ import annotations

from mapper.compiler.jmespath.tree import Call, Literal
from mapper.compiler.syntax.values import WrittenStep
from mapper.compiler.yaml.nodes import MapNode, ScalarNode
from mapper.transforms.patterns import PatternFault, parse_pattern
from mapper.transforms.tables import FileTable

# Transforms whose result has the parts of a text that a pattern names.
_GIVING_PARTS = frozenset({"extract", "rewrite"})
_PATTERN = "pattern"


def names_in_call(call: Call) -> tuple[str, ...]:
    """The names of the parts, or of the column, that a call in an expression gives."""
    table = call.arguments[1] if call.name == "lookup" and len(call.arguments) > 1 else None
    if isinstance(table, Literal) and isinstance(table.value, FileTable):
        return (table.value.column,) if table.value.column else ()
    if call.name not in _GIVING_PARTS or len(call.arguments) == 1:
        return ()
    node = call.arguments[1]
    return _names(node.value) if isinstance(node, Literal) else ()


def names_in_file(step: WrittenStep) -> tuple[str, ...]:
    """The names of the parts, or of the column, that a step gives."""
    if step.entries is not None:
        return (step.entries.column,) if step.entries.column else ()
    node = step.arguments
    if step.transform not in _GIVING_PARTS or node is None:
        return ()
    if isinstance(node, MapNode):
        node = next((value for key, value in node.entries if key.text == _PATTERN), node)
    return _names(node.value) if isinstance(node, ScalarNode) else ()


def _names(pattern: object) -> tuple[str, ...]:
    try:
        return parse_pattern(pattern).names if isinstance(pattern, str) else ()
    except PatternFault:  # reported where it is written
        return ()
