"""Brackets around what is a list already -> the same without them."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.advice.whole_file import nodes_around
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Call, Filter, MultiList, Node, Projection
from mapper.compiler.yaml.edits import quoted
from mapper.compiler.yaml.nodes import ListNode, ScalarNode
from mapper.texts.named_text import Span


def less_brackets(source: Expression) -> str | None:
    """An expression without brackets around one list, itself or an argument of its call."""
    found = next(_around_lists(source.root), None)
    if found is None:
        return None
    inner, text = found.elements[0], source.text
    return text[: found.start] + text[inner.start : inner.end] + text[found.end :]


def around_one_value(source: Expression) -> str | None:
    """The value that an expression puts into a list of one."""
    root = source.root
    if not isinstance(root, MultiList) or len(root.elements) != 1 or is_of_list(root.elements[0]):
        return None
    return source.text[root.elements[0].start : root.elements[0].end]


def is_of_list(node: Node) -> bool:
    """Whether a part of an expression is written as a list."""
    return isinstance(node, Projection | Filter)


def _around_lists(root: Node) -> Iterator[MultiList]:
    for node in (root, *(root.arguments if isinstance(root, Call) else ())):
        if isinstance(node, MultiList) and len(node.elements) == 1 and is_of_list(node.elements[0]):
            yield node


def written_as_one(span: Span) -> tuple[ListNode, str] | None:
    """The list of YAML that a list of its own is an element of, and one expression that is all of it."""
    around = [node for _, node in nodes_around(span)]
    node = around[-2] if len(around) > 1 else None
    if not isinstance(node, ListNode) or not all(isinstance(one, ScalarNode) for one in node.items):
        return None
    texts = [one.text for one in node.items if isinstance(one, ScalarNode)]
    whole = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}][]"
    return node, quoted(whole)
