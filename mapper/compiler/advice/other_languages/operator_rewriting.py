"""Operators of other languages -> JMESPath: `and`, `=`, `??`, `+`, `a ? b : c`, `in`, `like`."""

from __future__ import annotations

import json
import re

from mapper.compiler.advice.other_languages.foreign_functions import choice, choices
from mapper.compiler.advice.other_languages.foreign_values import OF_ENDS, called, value
from mapper.compiler.advice.other_languages.jq_pipes import begun, piped
from mapper.compiler.advice.other_languages.lexemes import Lexeme, Loose, Lost, is_plain_value
from mapper.compiler.jmespath.tokens import text_constant

_COMPARES = {
    **{mark: mark for mark in ("==", "!=", "<", "<=", ">", ">=")},
    **{"=": "==", "===": "==", "!==": "!=", "<>": "!="},
    **{"eq": "==", "is": "==", "ne": "!=", "gt": ">", "gte": ">=", "ge": ">="},
    **{"lt": "<", "lte": "<=", "le": "<="},
}
# What is said of a value after `is`, and whether it is there then.
_STATES = {
    **dict.fromkeys(("defined", "present", "set"), True),
    **dict.fromkeys(("blank", "empty", "missing", "undefined"), False),
}
# Words before the value that they ask for, and whether that is there then.
_ASKING = {"defined": True, "exists": True, "undefined": False}
_SEEKING = frozenset({"in", "like", "contains", *OF_ENDS})
_SUMS = {"+": "add", "-": "subtract"}
_PRODUCTS = {"*": "multiply", "/": "divide"}
# The values of a name of each element of a list.
_OF_ELEMENTS = re.compile(r"([\w.$@]+\[\*?\])\.(\w+)")


def whole_expression(loose: Loose) -> str:
    """The expression of a whole text. Raises Lost."""
    part = _choice(loose)
    while loose.peek()[0] != "end":
        if loose.takes(","):
            loose.certain = False
            part = Lexeme(f"[{', '.join([part.text, *loose.listed()])}]")
            break
        loose.expect("|")
        part = _filter(loose, part)
    if loose.peek()[0] != "end":
        raise Lost
    return f"{part.text} | [0]" if loose.picks else part.text


def _filter(loose: Loose, part: Lexeme) -> Lexeme:
    """Read the part after `|`: a pipe, or a filter inside of `{{ }}`."""
    if not loose.filters:
        return _piped(loose, part)
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
    # In a template a text has any quotes, and a name has none.
    given = [text_constant(json.loads(one)) if one[:1] == '"' else one for one in arguments[1:]]
    return Lexeme(called(loose, name, [arguments[0], *given]))


def _piped(loose: Loose, part: Lexeme) -> Lexeme:
    made = piped(loose, part)
    if made is None:
        return Lexeme(f"{part.text} | {_choice(loose).text}")
    return _compared_to(loose, made)


def any_value(loose: Loose) -> Lexeme:
    """Any value, a pipe too."""
    with loose.deeper():
        part = _choice(loose)
        while not loose.filters and loose.takes("|"):
            part = _piped(loose, part)
        return part


def _choice(loose: Loose) -> Lexeme:
    if loose.word() == "case" and loose.peek(1)[0] in ("word", "text", "quoted", "mark"):
        return _case(loose)
    if loose.word() == "if" and loose.peek(1)[1] != "(":
        return _if(loose)
    if ("word", "if") in loose.lexemes and ("word", "else") in loose.lexemes:
        return _if_after(loose)
    part = _alternatives(loose)
    if not loose.takes("?"):
        return part
    then = _compared(loose, _alternatives(loose))
    loose.expect(":")
    otherwise = _compared(loose, _choice(loose))
    return Lexeme(choice(part.text, then.text, otherwise.text))


def _if_after(loose: Loose) -> Lexeme:
    """`a if condition else b` of Python."""
    outer, loose.stops = loose.stops, loose.stops | {"if", "else"}
    then = _compared(loose, _alternatives(loose))
    if loose.word() != "if":
        loose.stops = outer
        return then
    loose.take()
    condition = _alternatives(loose)
    if loose.word() != "else":
        raise Lost
    loose.take()
    otherwise = _compared(loose, _choice(loose))
    loose.stops = outer
    return Lexeme(choice(condition.text, then.text, otherwise.text))


def _case(loose: Loose) -> Lexeme:
    """`case when a then b else c end` of SQL, and `case x when 'a' then b end`."""
    at = loose.place
    loose.take()
    outer, loose.stops = loose.stops, loose.stops | {"when", "then", "else", "end"}
    asked = None if loose.word() == "when" else _alternatives(loose).text
    arms, otherwise = [], None
    while loose.word() == "when":
        loose.take()
        condition = _alternatives(loose)
        when = condition.text if asked is None else f"{asked} == {_compared(loose, condition).text}"
        if loose.word() != "then":
            raise Lost
        loose.take()
        arms.append((when, _compared(loose, _alternatives(loose)).text))
    if loose.word() == "else" and arms:
        loose.take()
        otherwise = _compared(loose, _alternatives(loose)).text
    loose.stops = outer
    if arms and loose.word() == "end":
        loose.take()
        return Lexeme(choices(arms, otherwise))
    if arms:
        raise Lost
    loose.place = at
    return _alternatives(loose)


def _if(loose: Loose) -> Lexeme:
    """`if a then b elif c then d else e end` of jq, and with fewer words of others."""
    outer, loose.stops = loose.stops, loose.stops | {"then", "elif", "elsif", "else", "end"}
    arms, otherwise = [], None
    while loose.word() in ("if", "elif", "elsif"):
        loose.take()
        when = _alternatives(loose).text
        if loose.word() != "then":
            raise Lost
        loose.take()
        arms.append((when, _compared(loose, _alternatives(loose)).text))
        if loose.word() == "else":
            loose.take()
            if loose.word() != "if":
                otherwise = _compared(loose, _alternatives(loose)).text
    loose.stops = outer
    loose.takes("end", "END")
    return Lexeme(choices(arms, otherwise))


def _alternatives(loose: Loose) -> Lexeme:
    part = _both(loose)
    while True:
        if loose.takes("||", "or", "OR", "Or", "//"):
            # To Python `//` divides.
            loose.certain = loose.certain and loose.lexemes[loose.place - 1][1] != "//"
            right = _both(loose)
            counted = re.fullmatch(r"length\(([^()]*)\)", part.text) if right.text == "`0`" else None
            loose.certain = loose.certain and counted is None
            # The length of what is not there is a mistake of the event, and never 0.
            part = Lexeme(f"count({counted[1]})" if counted else f"{part.text} || {_of_jq(loose, right)}")
        elif loose.takes("??"):
            part = Lexeme(f"not_null({part.text}, {_both(loose).text})")
        else:
            return part


def _of_jq(loose: Loose, part: Lexeme) -> str:
    """Text in double quotes, which is a string in jq."""
    return _compared(loose, part).text if loose.of_jq else part.text


def _both(loose: Loose) -> Lexeme:
    part = _comparison(loose)
    while loose.takes("&&", "and", "AND", "And", "&"):
        joins = loose.lexemes[loose.place - 1][1] == "&"
        right = _comparison(loose)
        if joins and ("text" in (part.kind, right.kind) or part.text.startswith("concat(")):
            loose.certain = False
            part = _concatenated(part, right)
        else:
            # Between two names it joins texts in some languages.
            loose.certain = loose.certain and not (joins and part.kind == right.kind == "name")
            part = Lexeme(f"{part.text} && {right.text}")
    return part


def _concatenated(left: Lexeme, right: Lexeme) -> Lexeme:
    begun = left.text[7:-1] if left.text.startswith("concat(") else left.text
    return Lexeme(f"concat({begun}, {right.text})")


def _comparison(loose: Loose) -> Lexeme:
    if loose.peek()[1] in ("not", "NOT", "Not") and loose.peek(1)[1] not in ("(", "", "."):
        loose.take()
        return Lexeme(_negated(_comparison(loose)))
    return _compared_to(loose, _sum(loose))


def _compared_to(loose: Loose, left: Lexeme) -> Lexeme:
    """A value and what it is compared with, if a comparison comes next."""
    kind, written = loose.peek()
    word = written.lower() if kind == "word" else written
    negated = word == "not" and loose.peek(1)[1].lower() in _SEEKING
    if negated:
        loose.take()
        word = loose.peek()[1].lower()
    if word in _SEEKING and kind == "word":
        loose.take()
        made = _sought(word, left, _sum(loose))
        return Lexeme(f"!{made}" if negated else made)
    state = _state(loose, left) if kind == "word" else None
    if state is not None:
        return state
    if word not in _COMPARES or kind not in ("mark", "word"):
        return left
    loose.take()
    mark = _COMPARES[word]
    if word == "is" and loose.takes("not", "NOT"):
        mark = "!="
    right = _compared(loose, _sum(loose))
    if written == "=" and loose.in_brackets and right.kind == "name" and is_plain_value(right.text):
        right = Lexeme(text_constant(right.text), "text")
    return Lexeme(f"{left.text} {mark} {right.text}")


def _state(loose: Loose, left: Lexeme) -> Lexeme | None:
    """`a exists`, `a is defined`, `a is not empty`; None for what is compared, or nothing of it."""
    word, places = loose.word(), [loose.peek(ahead)[1].lower() for ahead in (1, 2)]
    if word == "exists" and left.kind == "name":
        loose.take()
        return Lexeme(f"present({left.text})")
    negated = places[0] == "not"
    state = places[1 if negated else 0]
    if word != "is" or state not in _STATES:
        return None
    for _ in range(3 if negated else 2):
        loose.take()
    is_there = _STATES[state] != negated
    return Lexeme(f"{'' if is_there else '!'}present({left.text})")


def _compared(loose: Loose, part: Lexeme) -> Lexeme:
    """Text in double quotes on the right side of a comparison, or as a choice, is a string."""
    if part.kind != "quoted":
        return part
    loose.certain = False
    return Lexeme(text_constant(json.loads(part.text)), "text")


def _sum(loose: Loose) -> Lexeme:
    parts = _product(loose)
    while loose.peek()[1] in _SUMS and loose.peek()[0] == "mark":
        sign = loose.take()
        right = _product(loose)
        texts = "text" in (parts.kind, right.kind) or parts.text.startswith("concat(")
        numbers = "number" in (parts.kind, right.kind)
        loose.certain = False
        if sign == "+" and not numbers and (texts or loose.plus == "concat"):
            parts = _concatenated(parts, right)
        else:
            parts = Lexeme(
                _calculated(_SUMS[sign], parts, right), "number" if numbers or sign == "-" else "value"
            )
        loose.summed = loose.summed or (sign == "+" and not texts and not numbers)
    return parts


def _product(loose: Loose) -> Lexeme:
    part = _unary(loose)
    while loose.peek()[1] in _PRODUCTS and loose.peek()[0] == "mark":
        close = loose.is_close()
        function = _PRODUCTS[loose.take()]
        is_path = function == "divide" and close and loose.is_close() and part.kind == "name"
        loose.slashed = loose.slashed or (is_path and loose.peek()[0] == "word")
        part = Lexeme(_calculated(function, part, _unary(loose)), "number")
    return part


def _calculated(function: str, left: Lexeme, right: Lexeme) -> str:
    """A call for two numbers; one for each element where both are read of the elements of one list."""
    one, other = _OF_ELEMENTS.fullmatch(left.text), _OF_ELEMENTS.fullmatch(right.text)
    if one is not None and other is not None and one[1] == other[1]:
        return f"{one[1]}.{function}({one[2]}, {other[2]})"
    if one is not None and right.kind == "number":
        return f"{one[1]}.{function}({one[2]}, {right.text})"
    return f"{function}({left.text}, {right.text})"


def _unary(loose: Loose) -> Lexeme:
    with loose.deeper():
        if loose.takes("!"):
            return Lexeme(_negated(_unary(loose)))
        if loose.peek() == ("mark", "-") and loose.peek(1)[0] == "number":
            loose.take()
            return Lexeme(f"`-{loose.take()}`", "number")
        if loose.word() in _ASKING and loose.peek(1)[0] in ("word", "variable"):
            is_there = _ASKING[loose.take().lower()]
            return Lexeme(f"{'' if is_there else '!'}present({value(loose).text})")
        return begun(loose) or value(loose)


def _negated(part: Lexeme) -> str:
    simple = part.kind == "name" and "." not in part.text and "[" not in part.text
    called = re.fullmatch(r"[a-z_]+\([^()]*\)", part.text)
    return f"!{part.text}" if simple or called or part.text.startswith("(") else f"!({part.text})"


def _sought(word: str, left: Lexeme, right: Lexeme) -> str:
    """`a in [...]`, `a contains 'x'`, `a startswith 'x'`, `a like '%x%'`."""
    if word in OF_ENDS:
        return f"{OF_ENDS[word]}({left.text}, {right.text})"
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
