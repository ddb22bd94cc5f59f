"""A token that cannot stand where it stands -> Refusal, with what its author most likely meant."""

from __future__ import annotations

import re

from mapper.compiler.jmespath.refusal import Refusal, shown
from mapper.compiler.jmespath.tokens import Token

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORDS = {
    "and": "both of two conditions is written `a && b`",
    "or": "the first of two values is written `a || b`",
    "not": "the opposite is written `!(a)`",
    "is": "`==` compares two values",
    "eq": "`==` compares two values",
    "in": "`contains(list, value)` looks for a value in a list",
    "like": "`contains(text, part)`, `starts_with(text, part)` and `ends_with(text, part)` look into texts",
    "if": "`case` with `when` and `then` picks one of several values",
    "then": "`case` with `when` and `then` picks one of several values",
    "else": "`case` with `when` and `then` picks one of several values",
}
_WANTED = {
    "end": "the end of the expression",
    "value": "a value",
    "name": "a name behind the dot",
    "index": "a number, `*` or `?` in the brackets",
    "key": "a name",
}

_COMMA = "an operator or a comma stands between two values"
_MULTIPLIES = "`multiply(a, b)` multiplies"
_BOTH_SIDES = "a value stands on both sides of `||`, `&&` and `|`"
# By the kinds of a token and the one before it.
_BY_PAIR = {
    ("*", "name"): _MULTIPLIES,
    ("*", "quoted"): _MULTIPLIES,
    ("<", ">"): "`a != b` compares two values",
    ("@", "("): "a function has a name: `length(@)`",
    (
        "name",
        "name",
    ): "a name with a blank stands in double quotes within single ones: `'\"Order No\"'`",
    ("name", "literal"): _COMMA,
    ("{", "{"): "an expression stands without braces",
}
# By the kind of a token and what should stand in its place.
_BY_PLACE = {
    ("*", "end"): f"{_MULTIPLIES}; `.*` gives the values of an object",
    (",", "end"): "a list is written `[a, b]`",
    (".", "value"): "a path begins with a name, or with `@`",
    (":", "end"): "in a mapping a blank stands behind the colon, `em: email`; `case` picks one of two values",
    ("{", "end"): "an object made of a value is written with a dot: `a.{key: b}`",
    ("|", "value"): _BOTH_SIDES,
    ("||", "value"): _BOTH_SIDES,
    ("&&", "value"): _BOTH_SIDES,
}


def unexpected(text: str, tokens: list[Token], place: int, wanted: str) -> Refusal:
    """What to say of the token at `place` where `wanted` should stand: a kind, or a word of `_WANTED`."""
    token = tokens[place]
    hint = _hint(text, tokens, place, wanted)
    expected = _WANTED.get(wanted, f"`{wanted}`")
    if token.kind == "end":
        return Refusal("M101", token.start, token.end, f"the expression ends where {expected} is due", hint)
    written = shown(text[token.start : token.end])
    if token.kind == "number" and wanted == "value":
        number = _NUMBER.match(text, token.start)
        end = number.end() if number else token.end
        message = f"the number `{text[token.start : end]}` stands without backticks"
        return Refusal("M114", token.start, end, message, hint)
    if wanted == "end":
        return Refusal(
            "M101", token.start, token.end, f"`{written}` cannot follow a complete expression", hint
        )
    return Refusal("M101", token.start, token.end, f"`{written}` stands where {expected} is due", hint)


def comma_expected(text: str, tokens: list[Token], place: int, closing: str) -> Refusal:
    """What to say where neither a comma nor the closing bracket stands between two values."""
    token = tokens[place]
    hint = _hint(text, tokens, place, "end")
    mend = None
    if hint in (None, _COMMA) and token.kind in ("name", "quoted", "literal", "variable", "@", "["):
        hint = "a comma stands between two values"
        mend = (tokens[place - 1].end, tokens[place - 1].end, ",")
    if token.kind == "end":
        return Refusal("M101", token.start, token.end, f"the expression ends before its `{closing}`", hint)
    written = shown(text[token.start : token.end])
    return Refusal(
        "M101", token.start, token.end, f"`{written}` stands where `,` or `{closing}` is due", hint, mend
    )


def _hint(text: str, tokens: list[Token], place: int, wanted: str) -> str | None:
    token = tokens[place]
    before = tokens[place - 1] if place else Token("start", 0, 0)
    if wanted == "index":
        return _bracket_hint(text, tokens, place)
    if token.kind == "number":
        return _number_hint(text, tokens, place, wanted)
    for word in (token, before):
        if word.kind == "name" and word.value in _WORDS and wanted not in ("name", "key"):
            return _WORDS[str(word.value)]
    if wanted == "name":
        return _dot_hint(token, shown(text[token.start : token.end]))
    if wanted == ":":
        return "an object is written `{key: value}`, a list `[a, b]`"
    return _BY_PAIR.get((before.kind, token.kind)) or _BY_PLACE.get((token.kind, wanted))


def _number_hint(text: str, tokens: list[Token], place: int, wanted: str) -> str:
    token, before = tokens[place], tokens[place - 1] if place else Token("start", 0, 0)
    number = _NUMBER.match(text, token.start)
    digits = number.group() if number else text[token.start : token.end]
    if before.kind == "[" and place > 1 and tokens[place - 2].kind == ".":
        return f"an element of a list is read without a dot: `a[{digits}]`"
    if wanted == "]":
        return "a slice is written `[first:last]`"
    if wanted == "value":
        return f"a number is written between backticks: `` `{digits}` ``"
    if wanted == "name":
        return (
            f"an element of a list is read with brackets: `[{digits}]`; a name that is a number needs quotes"
        )
    if digits.startswith("-") and before.end == token.start:
        return '`subtract(a, b)` subtracts; a name with a hyphen needs double quotes: `"utm-1"`'
    return f"a number is written between backticks: `` `{digits}` ``"


def _dot_hint(token: Token, written: str) -> str | None:
    match token.kind:
        case "literal":
            return (
                f'a name with other characters than letters and digits needs double quotes: `"{token.value}"`'
            )
        case "[]" | "[?":
            return "no dot before brackets"
        case "variable":
            return f'an attribute whose name begins with `$` needs double quotes: `"{written}"`'
        case ".":
            return "one dot between two names"
        case "@" | "(" | "&":
            return "a pipe goes on with a value: `a | ...`"
        case _:
            return None


def _bracket_hint(text: str, tokens: list[Token], place: int) -> str | None:
    token, following = tokens[place], tokens[min(place + 1, len(tokens) - 1)]
    written = shown(text[token.start : token.end])
    if token.kind in ("literal", "quoted") and following.kind == "]":
        return f'a field is read with a dot: `."{token.value}"`'
    if token.kind == "variable" and following.kind == "]":
        return "an index is a number; nothing picks an element by a variable"
    if token.kind in ("name", "quoted", "@", "literal", "!", "("):
        if following.kind in ("]", ","):
            return f"a field is read with a dot: `.{written}`; a list made of a value too: `.[{written}]`"
        return "a filter begins with `[?`"
    return None
