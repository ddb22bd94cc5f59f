"""Written patterns, and the names that calls and steps give: of parts, or of a table's column."""

from __future__ import annotations

from mapper.compiler.jmespath.named_parts import GIVING_PARTS, names_of_parts
from mapper.compiler.syntax.written_steps import WrittenStep
from mapper.compiler.yaml.nodes import MapNode, ScalarNode
from mapper.transforms import TRANSFORMS
from mapper.values.types import JsonPath

_PATTERN = "pattern"
# Transforms whose first argument is a pattern, or a list of them.
PATTERNED = frozenset(
    name
    for name, one in TRANSFORMS.items()
    if one.parameters and one.parameters[0].is_pattern and "string" in one.parameters[0].type.kinds
)


def names_in_file(step: WrittenStep) -> tuple[str, ...]:
    """The names of the parts, or of the column, that a step gives."""
    if step.entries is not None:
        return (step.entries.column,) if step.entries.column else ()
    node = step.arguments
    if step.transform not in GIVING_PARTS or node is None:
        return ()
    if isinstance(node, MapNode):
        node = next((value for key, value in node.entries if key.text == _PATTERN), node)
    return names_of_parts(node.value) if isinstance(node, ScalarNode) else ()


def is_pattern_path(path: JsonPath) -> bool:
    """Whether a pattern is written at a path of a mapping: of a step, of `is`, or as the key of a row."""
    names = [one for one in path if isinstance(one, str)]
    if names[-2:] == ["is", _PATTERN]:
        return True
    if "apply" not in names:
        return False
    of_step = names[-1] in PATTERNED or (names[-1] == _PATTERN and names[-2] in PATTERNED)
    return of_step or names[-3:-1] == ["lookup", "patterns"]
