"""Where patterns are written, and the names that calls and steps give: of parts, or of a table's column."""

from __future__ import annotations

from mapper.compiler.jmespath.tree import Call, Literal
from mapper.compiler.syntax.written_steps import WrittenStep
from mapper.compiler.yaml.nodes import MapNode, ScalarNode
from mapper.transforms import TRANSFORMS
from mapper.transforms.patterns import PatternFault, parse_pattern
from mapper.transforms.tables import FileTable
from mapper.types import JsonPath

# Transforms whose result has the parts of a text that a pattern names.
_GIVING_PARTS = frozenset({"extract", "rewrite"})
_PATTERN = "pattern"
# Transforms whose first argument is a pattern, or a list of them.
PATTERNED = frozenset(
    name
    for name, one in TRANSFORMS.items()
    if one.parameters and one.parameters[0].is_pattern and "string" in one.parameters[0].type.kinds
)


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


def is_pattern_path(path: JsonPath) -> bool:
    """Whether a pattern is written at a path of a mapping: of a step, of `is`, or as the key of a row."""
    names = [one for one in path if isinstance(one, str)]
    if names[-2:] == ["is", _PATTERN]:
        return True
    if "apply" not in names:
        return False
    of_step = names[-1] in PATTERNED or (names[-1] == _PATTERN and names[-2] in PATTERNED)
    return of_step or names[-3:-1] == ["lookup", "patterns"]
