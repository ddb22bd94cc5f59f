"""The text that a diagnostic is in -> its YAML nodes, for advisers that look around a place."""

from __future__ import annotations

from collections import deque

from mapper.compiler.findings import Findings
from mapper.compiler.yaml.nodes import ListNode, MapNode, YamlNode
from mapper.compiler.yaml.reader import read_yaml
from mapper.texts.named_text import Span, Text

# The last texts with their roots, by identity, since spans are: a mapping and a file that it extends. To read
# one again for each of a hundred diagnostics would take most of a minute.
_READ: deque[tuple[Text, YamlNode | None]] = deque(maxlen=2)


def root_of(text: Text) -> YamlNode | None:
    """The root node of a text; None where it is empty or cannot be read."""
    for known, root in tuple(_READ):
        if known is text:
            return root
    root = read_yaml(text, Findings())
    _READ.append((text, root))
    return root


def nodes_around(span: Span) -> list[tuple[str, YamlNode]]:
    """The nodes that a place is in, from the root inwards, each with its key.

    The root and elements of lists have the key "".
    """
    found: list[tuple[str, YamlNode]] = []
    root = root_of(span.text)
    inner = [] if root is None else [("", root)]
    while around := next((one for one in inner if span.is_within(one[1].span)), None):
        found.append(around)
        inner = _inner(around[1])
    return found


def _inner(node: YamlNode) -> list[tuple[str, YamlNode]]:
    if isinstance(node, MapNode):
        return [(key.text, value) for key, value in node.entries]
    return [("", one) for one in node.items] if isinstance(node, ListNode) else []


def value_of(node: YamlNode | None, key: str) -> YamlNode | None:
    """The value of a key, if the node is a mapping that has it."""
    entries = node.entries if isinstance(node, MapNode) else ()
    return next((value for one, value in entries if one.text == key), None)
