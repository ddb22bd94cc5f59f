"""Operators of other languages -> JMESPath: `and`, `=`, `??`, `+`, `a ? b : c`, `in`, `like`."""

from __future__ import annotations

import json
import re

from mapper.compiler.expressions.abroad import choice
from mapper.compiler.expressions.loose.lexemes import Loose, Lost, Part, text_constant
from mapper.compiler.expressions.loose.values import called, value

_COMPARES = {
    **{mark: mark for mark in ("==", "!=", "<", "<=", ">", ">=")},
    **{"=": "==", "===": "==", "!==": "!=", "<>": "!="},
    **{"eq": "==", "is": "==", "ne": "!=", "gt": ">", "gte": ">=", "ge": ">="},
    **{"lt": "<", "lte": "<=", "le": "<="},
}
_SUMS = {"+": "add", "-": "subtract"}
_PRODUCTS = {"*": "multiply", "/": "divide"}


def whole(loose: Loose) -> str:
    """The expression of a whole text. Raises Lost."""
    part = _choice(loose)
    while loose.peek()[0] != "end":
        if loose.takes(","):
            loose.certain = False
            part = Part(f"[{', '.join([part.text, *loose.listed()])}]")
            break
        loose.expect("|")
        part = _filter(loose, part)
    if loose.peek()[0] != "end":
        raise Lost
    return part.text


def _filter(loose: Loose, part: Part) -> Part:
    """What stands behind `|`: a pipe, or a filter inside of `{{ }}`."""
    if not loose.filters:
        return Part(f"{part.text} | {_choice(loose).text}")
    kind, name = loose.peek()
    if kind != "word":
        raise Lost
    loose.take()
    arguments = [part.text]
    if loose.takes(":"):
        arguments += loose.listed()
    elif loose.takes("("):
        arguments += [] if loose.takes(")") else loose.listed()
        loose.takes(")")
    loose.certain = False
    return Part(called(loose, name, arguments))


def any_value(loose: Loose) -> Part:
    """Any value, a pipe too."""
    with loose.deeper():
        part = _choice(loose)
        while not loose.filters and loose.takes("|"):
            part = Part(f"{part.text} | {_choice(loose).text}")
        return part


def _choice(loose: Loose) -> Part:
    part = _alternatives(loose)
    if not loose.takes("?"):
        return part
    then = _compared(loose, _alternatives(loose))
    loose.expect(":")
    otherwise = _compared(loose, _choice(loose))
    return Part(choice(part.text, then.text, otherwise.text))


def _alternatives(loose: Loose) -> Part:
    part = _both(loose)
    while True:
        if loose.takes("||", "or", "OR", "Or"):
            part = Part(f"{part.text} || {_both(loose).text}")
        elif loose.takes("??"):
            part = Part(f"not_null({part.text}, {_both(loose).text})")
        else:
            return part


def _both(loose: Loose) -> Part:
    part = _comparison(loose)
    while loose.takes("&&", "and", "AND", "And"):
        part = Part(f"{part.text} && {_comparison(loose).text}")
    return part


def _comparison(loose: Loose) -> Part:
    if loose.peek()[1] in ("not", "NOT", "Not") and loose.peek(1)[1] not in ("(", "", "."):
        loose.take()
        return Part(_negated(_comparison(loose)))
    left = _sum(loose)
    kind, written = loose.peek()
    word = written.lower() if kind == "word" else written
    negated = word == "not" and loose.peek(1)[1].lower() in ("in", "like", "contains")
    if negated:
        loose.take()
        word = loose.peek()[1].lower()
    if word in ("in", "like", "contains") and kind == "word":
        loose.take()
        made = _sought(word, left, _sum(loose))
        return Part(f"!{made}" if negated else made)
    if word not in _COMPARES or kind not in ("mark", "word"):
        return left
    loose.take()
    mark = _COMPARES[word]
    if word == "is" and loose.takes("not", "NOT"):
        mark = "!="
    return Part(f"{left.text} {mark} {_compared(loose, _sum(loose)).text}")


def _compared(loose: Loose, part: Part) -> Part:
    """What stands in double quotes on the right side of a comparison, or is chosen, is a text."""
    if part.kind != "quoted":
        return part
    loose.certain = False
    return Part(text_constant(json.loads(part.text)), "text")


def _sum(loose: Loose) -> Part:
    parts = _product(loose)
    while loose.peek()[1] in _SUMS and loose.peek()[0] == "mark":
        sign = loose.take()
        right = _product(loose)
        texts = "text" in (parts.kind, right.kind) or parts.text.startswith("concat(")
        numbers = "number" in (parts.kind, right.kind)
        loose.certain = False
        if sign == "+" and not numbers and (texts or loose.plus == "concat"):
            begun = parts.text[7:-1] + ", " if parts.text.startswith("concat(") else f"{parts.text}, "
            parts = Part(f"concat({begun}{right.text})")
        else:
            parts = Part(
                f"{_SUMS[sign]}({parts.text}, {right.text})", "number" if numbers or sign == "-" else "value"
            )
        loose.summed = loose.summed or (sign == "+" and not texts and not numbers)
    return parts


def _product(loose: Loose) -> Part:
    part = _unary(loose)
    while loose.peek()[1] in _PRODUCTS and loose.peek()[0] == "mark":
        function = _PRODUCTS[loose.take()]
        part = Part(f"{function}({part.text}, {_unary(loose).text})", "number")
    return part


def _unary(loose: Loose) -> Part:
    with loose.deeper():
        if loose.takes("!"):
            return Part(_negated(_unary(loose)))
        if loose.peek() == ("mark", "-") and loose.peek(1)[0] == "number":
            loose.take()
            return Part(f"`-{loose.take()}`", "number")
        return value(loose)


def _negated(part: Part) -> str:
    simple = part.kind == "name" and "." not in part.text and "[" not in part.text
    called = re.fullmatch(r"[a-z_]+\([^()]*\)", part.text)
    return f"!{part.text}" if simple or called or part.text.startswith("(") else f"!({part.text})"


def _sought(word: str, left: Part, right: Part) -> str:
    """`a in [...]`, `a contains 'x'`, `a like '%x%'`."""
    if word == "in":
        return f"contains({right.text}, {left.text})"
    pattern = right.text[1:-1]
    if word == "contains" or right.kind != "text" or "%" not in pattern:
        return f"contains({left.text}, {right.text})"
    function = "contains"
    if not pattern.startswith("%"):
        function = "starts_with"
    elif not pattern.endswith("%"):
        function = "ends_with"
    return f"{function}({left.text}, '{pattern.strip('%')}')"
