"""A part of an expression, and what to write in its place -> the fix."""

from __future__ import annotations

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.rewrites import rewrite
from mapper.compiler.jmespath.tree import Node
from mapper.diagnostic import Fix


def in_place(node: Node, written: str, expression: Expression) -> tuple[Fix, ...]:
    """The fix that puts other text in place of a part; a guess, so not a safe one. None in some layouts."""
    text = expression.text
    whole = text[: node.start] + written + text[node.end :]
    edits = rewrite(text, whole, expression.locate, expression.style)
    return (Fix(f"Write {coded(written)}", edits, safe=False),) if edits else ()
