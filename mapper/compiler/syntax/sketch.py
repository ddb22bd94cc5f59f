"""Nodes in a shape that is not due -> how the author's own words are written instead."""

from __future__ import annotations

import re

from mapper.compiler.yaml.edits import key_before, quoted, rename, replace, shown, with_quotes
from mapper.compiler.yaml.nodes import MapNode, Node, ScalarNode
from mapper.diagnostic import Diagnostic, Fix
from mapper.pattern import pattern
from mapper.runtime.functions import FUNCTIONS
from mapper.transforms import TRANSFORMS

_OPERATOR = pattern(r"\s(?:==|!=|&&|\|\||>=?|<=?)\s")
_SINGLE = pattern(r"(?<![=!<>])=(?!=)")
_CALL = pattern(r"(\w+)\(.*\)")
# A text in quotes of JMESPath, or in those of a word processor.
_TEXT = pattern(r"'([^'\\]*)'|[\u201c\u2018\u201e]([^\u201c\u201d\u2019]*)[\u201c\u201d\u2019]")


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


def as_section(node: Node) -> str | None:
    """How a section is written where only its condition, or its name, stands."""
    written = shown(node.span)
    if not isinstance(node, ScalarNode) or written is None:
        return None
    if _OPERATOR.search(node.text) or re.search(r"\w\s*=\s*['\"]", node.text) or _CALL.fullmatch(node.text):
        condition = _SINGLE.sub("==", node.text)
        return f"write `- {{when: {quoted(condition)}, send: NAME}}`"
    return f"write `- {{is: {quoted(node.text)}, send: NAME}}`"


def as_skip(node: Node) -> str | None:
    """How a rule of `skip` is written where only its condition stands."""
    written = shown(node.span)
    if not isinstance(node, ScalarNode) or written is None:
        return None
    condition = written if written[0] in "'\"" else quoted(_SINGLE.sub("==", written))
    return f"write `- {{when: {condition}, because: REASON}}`"


def as_expression(node: Node) -> tuple[str, tuple[Fix | None, ...]]:
    """How what stands in place of an expression is written as one."""
    if isinstance(node, MapNode):
        key, value = node.entries[0] if len(node.entries) == 1 else (None, None)
        path = shown(value.span) if isinstance(value, ScalarNode) and isinstance(value.value, str) else None
        if key is not None and key.text in ("from", "each", "path", "field", "value") and path:
            return f"write `{path}`", (replace(node.span, path, safe=key.text == "from"),)
        return "name the rule under `let`, and read it here as `$name`", ()
    if isinstance(node, ScalarNode) and node.value is None:
        return "write a path, or take the key away", ()
    if isinstance(node, ScalarNode):
        return f'a constant in an expression stands between backticks, in quotes: `` "`{node.text}`" ``', ()
    return "name the list under `let`, and read it here as `$name`", ()


def as_arms(node: MapNode) -> tuple[str | None, tuple[Fix | None, ...]]:
    """The list of arms for a mapping of conditions to values under `case`."""
    arms = []
    for key, value in node.entries:
        written = shown(with_quotes(value.span) or value.span)
        if written is None or key.text in ("when", "then"):
            return in_list(node)
        is_last = key.text in ("else", "default", "otherwise", "_")
        arms.append(f"{{else: {written}}}" if is_last else f"{{when: {quoted(key.text)}, then: {written}}}")
    whole = f"[{', '.join(arms)}]"
    in_braces = (shown(node.span) or "").startswith("{")
    certain = all(_OPERATOR.search(key.text) or key.text == "else" for key, _ in node.entries)
    return f"write `{whole}`", (replace(node.span, whole, safe=certain),) if in_braces else ()


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
