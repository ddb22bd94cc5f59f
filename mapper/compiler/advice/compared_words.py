"""Bare words that something is compared with -> the strings that were most likely meant."""

from __future__ import annotations

import re

from mapper.compiler.jmespath.grammar import parse
from mapper.compiler.jmespath.refusal import Refusal
from mapper.compiler.jmespath.tokens import text_constant
from mapper.compiler.jmespath.tree import Comparison, Field, Variable, nodes
from mapper.compiler.jmespath.uses import is_single_name
from mapper.texts.named_text import Span

_CONSTANTS = frozenset({"true", "false", "null"})
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


def with_strings(text: str, whole: Span) -> str:
    """An expression in which each word that is compared, and is nowhere else in the file, is a string.

    whole: where the expression is in its file.
    """
    try:
        tree = nodes(parse(text))
    except Refusal:
        return text
    content = whole.text.content
    others = content[: whole.start] + "\n" + content[whole.end :]
    sides = [
        node.right
        for node in tree
        if isinstance(node, Comparison)
        and node.operator in ("==", "!=")
        and isinstance(node.left, Field | Variable)
        and is_single_name(node.right)
        and not _is_alike(text[node.left.start : node.left.end], text[node.right.start : node.right.end])
    ]
    for side in sorted(sides, key=lambda node: -node.start):
        word = text[side.start : side.end]
        if word not in _CONSTANTS and not re.search(rf"(?<!\w){word}(?!\w)", others):
            text = text[: side.start] + text_constant(word) + text[side.end :]
    return text


def _is_alike(left: str, word: str) -> bool:
    """Whether a word shares a part with what it is compared with: `status == old_status`."""
    ours, theirs = ({part.lower().rstrip("s") for part in _PART.findall(one)} for one in (left, word))
    return not ours.isdisjoint(theirs)
