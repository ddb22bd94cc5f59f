"""`across: [a, b]` -> the expression `across(a, b)`, each part of which is at its own place in the file."""

from __future__ import annotations

from mapper.compiler.file_reading import FileReading
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.syntax.node_shapes import is_text, wrong_shape
from mapper.compiler.syntax.written_call import WrittenArgument, WrittenCall
from mapper.compiler.yaml.nodes import ListNode, ScalarNode, YamlNode
from mapper.texts.diagnostic import Diagnostic

_FEWEST = 2


def read_across(node: YamlNode, reading: FileReading) -> Expression | None:
    """The expression that a list of objects means; None, and a diagnostic, where it is no such list."""
    hint = "write `across: [OBJECT, OBJECT, ...]`; for a single one, `from: OBJECT`"
    if not isinstance(node, ListNode):
        reading.say(wrong_shape(node, "`across` must be a list of two or more objects", hint))
        return None
    if len(node.items) < _FEWEST and not node.partial:
        count = "a single one" if node.items else "none"
        reading.say(Diagnostic("M022", node.span, f"`across` needs two or more objects, not {count}", hint))
        return None
    parts = [one for item in node.items if (one := _part(item, reading)) is not None]
    if len(parts) < len(node.items) or node.partial:
        return None
    arguments = [WrittenArgument(one.text, one.at) for one in parts]
    return WrittenCall("across(", arguments, node.span, parts[0].style).read(reading)


def _part(item: YamlNode, reading: FileReading) -> ScalarNode | None:
    """One of the objects, if it is an expression."""
    if not isinstance(item, ScalarNode) or not is_text(item):
        hint = "name any other value under `let`, and write `$name` here"
        reading.say(wrong_shape(item, "each entry of `across` must be an expression", hint))
        return None
    return None if reading.expression(item.text, item.at, item.style) is None else item
