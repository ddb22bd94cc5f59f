"""Patterns as they are written, in a file or in an expression -> what is wrong with them, and where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mapper.compiler.inference.type_facts import WrongPattern
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tree import Call, Field, Literal, MultiList, Node
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span
from mapper.transforms.matching import covers
from mapper.transforms.pattern_rules import read_pattern
from mapper.transforms.patterns import FaultKind, PatternFault, TextPattern
from mapper.values.regular_expression import pattern
from mapper.values.types import Type

_QUOTE = 1
_CODES: dict[FaultKind, str] = {
    "syntax": "M140",
    "rules": "M141",
    "regex": "M142",
    "never": "M143",
    "nothing": "M144",
    "parts": "M140",
    "plain": "M149",
}
# The last words of names of attributes that have a whole URL, or its path alone.
_OF_URLS = pattern(r"(?:.*[a-z_-])?(?:url|uri|href|referrer|referer|page_?location)", re.IGNORECASE)
_OF_PATHS = pattern(r"(?:.*[a-z_-])?path(?:name)?", re.IGNORECASE)
_WHOLE_URL = "url"


def faults_in_file(node: YamlNode, any_case: bool, transform: str = "") -> Iterator[Diagnostic]:
    """The faults of a pattern that is written in YAML, of each in a list, or of the keys of rows."""
    for one in _in_file(node):
        if isinstance(one, ScalarNode) and isinstance(one.value, str):
            try:
                read_pattern(one.text, any_case)
            except PatternFault as fault:
                yield fault_in_file(fault, one, transform)


def _in_file(node: YamlNode) -> Sequence[YamlNode]:
    """The patterns of an argument: it itself, those of a list, or the keys of rows."""
    if isinstance(node, ListNode):
        return node.items
    return [key for key, _ in node.entries] if isinstance(node, MapNode) else [node]


def rows_never_reached(node: YamlNode) -> Iterator[Diagnostic]:
    """Rows of patterns after one that describes all texts that they do."""
    keys = [key for key, _ in node.entries] if isinstance(node, MapNode) else []
    read: list[tuple[ScalarNode, TextPattern]] = []
    for key in keys:
        try:
            pattern = read_pattern(key.text)
        except PatternFault:
            continue
        earlier = next((one for one in read if covers(one[1], pattern)), None)
        if earlier is not None:
            message = f"this row is never reached: `{earlier[0].text}` above matches every such text"
            related = ((earlier[0].span, "this row"),)
            yield Diagnostic("M145", key.span, message, "move it up", related=related)
        read.append((key, pattern))
    last = read[-1] if read else None
    if last is not None and last[1].text == "*":
        hint = "write its value as the `default` of `lookup`"
        yield Diagnostic("M145", last[0].span, "`*` in the last row matches every text", hint)


def doubts_in_file(node: YamlNode, source: Expression, of: Type, transform: str = "") -> Iterator[Diagnostic]:
    """That a pattern in YAML never matches what an expression reads, by the name of that.

    of: the type of what it reads.
    """
    for one in _in_file(node):
        fault = None if not isinstance(one, ScalarNode) else _doubt(one.text, source.root, of, source)
        if fault is not None and isinstance(one, ScalarNode):
            yield fault_in_file(fault, one, transform)


def doubts_in_call(call: Call, of: Type, expression: Expression) -> Iterator[Diagnostic]:
    """That a pattern of a call never matches its value, by the name of that. of: the type of the value."""
    value, node = call.arguments[:2]
    for one in node.elements if isinstance(node, MultiList) else (node,):
        text = one.value if isinstance(one, Literal) and isinstance(one.value, str) else ""
        fault = _doubt(text, value, of, expression)
        if fault is not None:
            yield fault_in_expression(fault, one, call.name, expression)


def _doubt(text: str, value: Node, of: Type, expression: Expression) -> PatternFault | None:
    """The reason that a pattern never matches the value of a path."""
    if not isinstance(value, Field):
        return None
    name, shown = value.name, coded(expression.text[value.start : value.end])
    shapes = {} if of.seen is None else dict(of.seen.texts)
    is_url = {*shapes} == {_WHOLE_URL} if shapes else _OF_URLS.fullmatch(name) is not None
    span = (0, len(text))
    if text.startswith("/") and is_url:
        open_ended = text if text.endswith("*") else f"{text}*"
        hint = f"write `'*{open_ended}'`, since a pattern describes the whole text"
        return PatternFault("never", f"`{text}` never matches: {shown} is a whole URL", span, hint)
    if text.startswith(("http:", "https:")) and _OF_PATHS.fullmatch(name) is not None:
        hint = "write the pattern of a path: `/product/{sku}`"
        return PatternFault(
            "never", f"`{text}` never matches: {shown} is a path, not a whole URL", span, hint
        )
    return None


def fault_in_file(fault: PatternFault, node: ScalarNode, transform: str = "") -> Diagnostic:
    """The diagnostic of a pattern that is written in YAML."""
    fact = WrongPattern(fault, node.text, node, transform)
    span = node.at(fault.start, fault.end) if fault.end > fault.start else node.span
    return Diagnostic(_CODES[fault.kind], span, str(fault.reason), fault.hint or None, facts=fact)


def faults_in_expression(
    node: Node, any_case: bool, transform: str, expression: Expression
) -> Iterator[Diagnostic]:
    """The faults of a pattern, or of each in a list, that are constants of an expression."""
    for one in node.elements if isinstance(node, MultiList) else (node,):
        if isinstance(one, Literal) and isinstance(one.value, str):
            try:
                read_pattern(one.value, any_case)
            except PatternFault as fault:
                yield fault_in_expression(fault, one, transform, expression)


def fault_in_expression(
    fault: PatternFault, node: Node, transform: str, expression: Expression
) -> Diagnostic:
    """The diagnostic of a pattern that is a constant of an expression."""
    assert isinstance(node, Literal)
    is_text = isinstance(node.value, str)
    fact = WrongPattern(fault, str(node.value), (node, expression), transform) if is_text else None
    span = _within(node, fault.start, fault.end, expression)
    return Diagnostic(_CODES[fault.kind], span, str(fault.reason), fault.hint or None, facts=fact)


def _within(node: Literal, start: int, end: int, expression: Expression) -> Span:
    """The span of some characters of a text in quotes; that of all where its escapes move them."""
    inner = node.start + _QUOTE
    if end <= start or expression.text[inner : node.end - _QUOTE] != node.value:
        return expression.span(node)
    return expression.locate(inner + start, inner + end)
