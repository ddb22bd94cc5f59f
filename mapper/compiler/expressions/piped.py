"""`a | b` between two paths, most likely meant as `a || b` -> warnings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mapper.compiler.document.scalar import Style
from mapper.compiler.expressions.mend import Locate, rewrite
from mapper.compiler.expressions.refusal import coded
from mapper.compiler.expressions.tree import Current, Field, Node, Then, Variable
from mapper.diagnostic import Diagnostic, Fix


def piped_paths(nodes: Sequence[Node], text: str, locate: Locate, style: Style) -> Iterator[Diagnostic]:
    """A warning for each `|` between two plain paths: a path below another one is written with a dot."""
    for node in nodes:
        if not isinstance(node, Then) or not (_is_path(node.left) and _is_path(node.right)):
            continue
        pipe = text.find("|", node.left.end, node.right.start)
        if pipe < 0:
            continue
        left, right = text[node.left.start : node.left.end], text[node.right.start : node.right.end]
        written = f"{left} || {right}"
        message = f"`{left} | {right}` reads `{right}` of `{left}`"
        if isinstance(node.right, Variable):
            message = f"`{left} | {right}` is always `{right}`"
        edits = rewrite(text, f"{text[:pipe]}||{text[pipe + 1 :]}", locate, style)
        fixes = () if not edits else (Fix(f"Write {coded(written)}", edits, safe=False),)
        hint = f"the first of two values is written `{written}`"
        if not isinstance(node.right, Variable):
            hint += f", a path `{left}.{right}`"
        yield Diagnostic("M208", locate(pipe, pipe + 1), message, hint, fixes=fixes)


def _is_path(node: Node) -> bool:
    while isinstance(node, Field):
        node = node.base
    return isinstance(node, Current | Variable)
