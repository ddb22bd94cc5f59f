"""The part after `|` in jq -> JMESPath: `.a | .b`, `.a | tostring`, `.a[] | select(.b)`, `map(.x)`."""

from __future__ import annotations

import json
import re

from mapper.compiler.advice.other_languages.foreign_functions import lacking
from mapper.compiler.advice.other_languages.foreign_values import arguments, method, path
from mapper.compiler.advice.other_languages.lexemes import Lexeme, Loose, Lost
from mapper.compiler.jmespath.expression_facts import FUNCTIONS_TOO, ONLY_FUNCTIONS
from mapper.compiler.jmespath.signatures import takes_arguments
from mapper.compiler.jmespath.tokens import text_constant
from mapper.transforms.registry import TRANSFORMS
from mapper.values.regular_expression import pattern

_NAMED = "LIST"
_LIST = pattern(r"\[(?:\]|\*\]|\?)")
_OPERATES = pattern(r"\|\||&&|[<>=]|^!")
_WITHIN = pattern(r"\([^()]*\)|\[[^\[\]]*\]|'[^']*'|`[^`]*`")


def applied(name: str, left: str) -> str | None:
    """A function without arguments after `|`, as the call that it is here: `items | length`."""
    if name not in ONLY_FUNCTIONS | FUNCTIONS_TOO:
        return None
    if lacking(name, 1) is not None:
        return None
    try:
        loose = Loose([], lambda _: Lexeme(""), False, "add")
        return _called(loose, Lexeme(left), name, [])
    except Lost:
        return None


def begun(loose: Loose) -> Lexeme | None:
    """`.[]`, `.[0]` and `map(.x)` where a value is expected; None for what begins otherwise."""
    kinds = (loose.peek(), loose.peek(1))
    if kinds[0] == ("mark", ".") and kinds[1][1] in ("[", "[]"):
        loose.take()
        loose.of_jq = True
        if loose.peek(1)[0] in ("quoted", "text"):
            return path(loose, Lexeme(""))
        loose.of_none = True
        return path(loose, Lexeme(_NAMED))
    if kinds[0][1] in ("map", "select") and kinds[1][1] == "(" and _is_of_jq(loose):
        loose.of_none = True
        return piped(loose, Lexeme(_NAMED))
    return None


def piped(loose: Loose, left: Lexeme) -> Lexeme | None:
    """A value and what follows its `|`, as one value; None for a mere pipe."""
    kind, name = loose.peek()
    if (kind, name) == ("mark", "."):
        return _gone_on(loose, left)
    if kind != "word":
        return None
    if loose.peek(1) == ("mark", "("):
        return _call(loose, left, name)
    if name not in ONLY_FUNCTIONS | FUNCTIONS_TOO:
        return None
    loose.take()
    loose.takes("[]")
    return Lexeme(_called(loose, left, name, []))


def _gone_on(loose: Loose, left: Lexeme) -> Lexeme:
    """`left | .a.b`: in jq, what `left.a.b` is here."""
    loose.of_jq, loose.certain = True, False
    if loose.peek(1)[0] not in ("word", "quoted"):
        loose.take()
        if loose.peek()[1] not in ("[", "[]"):
            return left
    return path(loose, Lexeme(_grouped(left.text)))


def _is_of_jq(loose: Loose) -> bool:
    return loose.of_jq or loose.peek(2)[1] in (".", "select")


def _call(loose: Loose, left: Lexeme, name: str) -> Lexeme | None:
    """`left | f(a)`: what the function makes of `left`."""
    if name in ("map", "select") and _is_of_jq(loose):
        loose.take()
        return _selected(loose, left) if name == "select" else _mapped(loose, left)
    at = loose.place
    loose.take()
    given = [_text(one) for one in arguments(loose)]
    if any("@" in one for one in given) or not (
        takes_arguments(name, len(given) + 1) or not takes_arguments(name, len(given))
    ):
        loose.place = at
        return None
    return Lexeme(_called(loose, left, name, given))


def _text(argument: str) -> str:
    """An argument in double quotes is a string."""
    return text_constant(json.loads(argument)) if re.fullmatch(r'"(?:[^"\\]|\\.)*"', argument) else argument


def _called(loose: Loose, left: Lexeme, name: str, given: list[str]) -> str:
    loose.certain = False
    value = f"{left.text} | [0]" if loose.picks else left.text
    loose.picks = False
    if name == "add" and not given:
        return f"total({value})"
    each = method(loose, "@", name, given)
    is_list = _LIST.search(value) is not None and not value.endswith("| [0]") and ")" not in value[-1:]
    if is_list and _takes_one(each.partition("(")[0]):
        return f"{value}.{each}"
    return method(loose, value, name, given)


def _takes_one(function: str) -> bool:
    """Whether a function takes one value, not a list of them."""
    transform = TRANSFORMS.get(function)
    return function == "to_number" or (transform is not None and not transform.whole)


def _selected(loose: Loose, left: Lexeme) -> Lexeme:
    """`left | select(condition)`; where it asks for equality, one element is looked for."""
    loose.of_jq, loose.certain = True, False
    loose.expect("(")
    condition = loose.inner(loose).text
    loose.expect(")")
    loose.picks = "==" in condition
    return Lexeme(f"{_grouped(left.text).removesuffix('[]')}[?{condition}]")


def _mapped(loose: Loose, left: Lexeme) -> Lexeme:
    """Read `left | map(.x)` of jq."""
    loose.of_jq, loose.certain = True, False
    loose.expect("(")
    each: Lexeme | None = Lexeme(f"{_grouped(left.text).removesuffix('[]')}[]")
    with loose.deeper():
        while each is not None and not loose.takes(")"):
            each = piped(loose, each)
            loose.takes("|")
    if each is None:
        raise Lost
    loose.picks = False
    return each


def _grouped(text: str) -> str:
    """A value in a form that more can follow."""
    bare = text
    while (without := _WITHIN.sub("", bare)) != bare:
        bare = without
    return f"({text})" if _OPERATES.search(bare) else text
