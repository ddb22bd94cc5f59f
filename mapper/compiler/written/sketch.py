"""Nodes in a shape that is not due -> how the author's own words are written instead."""

from __future__ import annotations

import re

from mapper.compiler.document.fixes import key_before, quoted, rename, replace, shown
from mapper.compiler.document.node import MapNode, Node, ScalarNode
from mapper.diagnostic import Diagnostic, Fix
from mapper.runtime.functions import FUNCTIONS
from mapper.transforms import TRANSFORMS

_OPERATOR = re.compile(r"\s(?:==|!=|&&|\|\||>=?|<=?)\s")
_CALL = re.compile(r"(\w+)\(.*\)")
# A text in quotes of JMESPath, or in those of a word processor.
_TEXT = re.compile(r"'([^'\\]*)'|[\u201c\u2018\u201e]([^\u201c\u201d\u2019]*)[\u201c\u201d\u2019]")


def as_sections(node: Node, keys: tuple[str, ...]) -> str | None:
    """How `events` is written where it is no list: each section with a dash."""
    if not isinstance(node, MapNode) or not node.entries:
        return None
    key, value = node.entries[0]
    if key.text in keys:
        return f"each section begins with a dash: `- {key.text}: {shown(value.span) or '...'}`"
    sent = {one.text: other for one, other in value.entries} if isinstance(value, MapNode) else {}
    name = sent.get("send", value)
    send = name.text if isinstance(name, ScalarNode) and name.text else "NAME"
    return f"write a list of sections: `- {{is: {quoted(key.text)}, send: {quoted(send)}}}`"


def as_skip(node: Node) -> str | None:
    """How a rule of `skip` is written where only its condition stands."""
    written = shown(node.span)
    if not isinstance(node, ScalarNode) or written is None:
        return None
    condition = written if written[0] in "'\"" else quoted(written)
    return f"write `- {{when: {condition}, because: REASON}}`"


def in_list(node: Node) -> tuple[str | None, tuple[Fix, ...]]:
    """One thing where a list of such is due."""
    written = shown(node.span)
    if written is None or written[0] != "{":
        return "begin it with a dash", ()
    fix = replace(node.span, f"[{written}]", safe=True)
    return f"write `[{written}]`", () if fix is None else (fix,)


def doubtful_constant(node: Node, alone: bool) -> Diagnostic | None:
    """The warning for a constant of `is` that reads as an expression; None where it does not.

    alone: it is the only one, and no `when` stands beside it.
    """
    if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
        return None
    text = _TEXT.fullmatch(node.text)
    message = f"`{node.text}` is a constant here, and reads as an expression"
    if text is not None:
        word = quoted(text[1] or text[2] or "")
        fix = replace(node.span, word, safe=False)
        fixes = () if fix is None else (fix,)
        return Diagnostic("M206", node.span, message, f"write `is: {word}`", fixes=fixes)
    call = _CALL.fullmatch(node.text)
    if not _OPERATOR.search(node.text) and not (call and (call[1] in FUNCTIONS or call[1] in TRANSFORMS)):
        return None
    key = key_before("is", node.span) if alone else None
    fixes = () if key is None else (rename(key, "when"),)
    return Diagnostic("M206", node.span, message, f"write `when: {shown(node.span) or '...'}`", fixes=fixes)
