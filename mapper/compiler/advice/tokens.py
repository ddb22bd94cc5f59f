"""A token that cannot stand where it stands -> how what stands there is written here."""

from __future__ import annotations

import re

from mapper.compiler.jmespath.literals import short
from mapper.compiler.jmespath.refusal import Expected, InPlace, Refusal, shown
from mapper.compiler.jmespath.tokens import Token, tokenise

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_HYPHENATED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)+")
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
_INSTEAD = {
    "=": "`==` compares two values",
    "$": "a variable has a name: `$event`; the current value is `@`, and its fields need no prefix",
    "+": "`add(a, b)` adds, `concat(a, b)` joins texts",
    "-": '`subtract(a, b)` subtracts; a name with a hyphen needs double quotes: `"utm-source"`',
    "/": "`divide(a, b)` divides",
    "%": "there is no remainder here",
    "?": "`case` with `when` and `then` picks one of two values; a filter is written `[?...]`",
    "??": "`not_null(a, b)` and `from: [a, b]` give the first value there is",
    "?.": "a path is null where a part of it is missing: `a.b`",
    "#": "there are no comments inside an expression",
    ";": "an expression is one value",
    "\\": "a backslash stands only inside quotes",
    "\N{LEFT SINGLE QUOTATION MARK}": "a text is written in straight single quotes: `'text'`",
    "\N{RIGHT SINGLE QUOTATION MARK}": "a text is written in straight single quotes: `'text'`",
    "\N{LEFT DOUBLE QUOTATION MARK}": "a text is written in straight single quotes: `'text'`",
    "\N{RIGHT DOUBLE QUOTATION MARK}": "a text is written in straight single quotes: `'text'`",
    "\N{NO-BREAK SPACE}": "write a plain space",
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


def expected_instead(text: str, refusal: Refusal) -> tuple[str | None, InPlace | None]:
    """What to say where another token should stand, and what to write where nothing else can be meant."""
    if refusal.code == "M103":
        return _closing_hint(text[refusal.start]), None
    if not isinstance(refusal.fact, Expected):
        return None, None
    match refusal.fact.what:
        case "token":
            return _character_hint(text, refusal.start), None
        case "JSON":
            return _literal_hint(text[refusal.start + 1 : refusal.end - 1]), None
        case ",":
            return _comma_hint(text, refusal.start)
        case wanted:
            tokens = tokenise(text)
            return _hint(text, tokens, _place(tokens, refusal.start), wanted), None


def _place(tokens: list[Token], start: int) -> int:
    return next(place for place, token in enumerate(tokens) if token.start >= start)


def _comma_hint(text: str, start: int) -> tuple[str | None, InPlace | None]:
    tokens = tokenise(text)
    place = _place(tokens, start)
    hint = _hint(text, tokens, place, "end")
    if hint in (None, _COMMA) and tokens[place].kind in ("name", "quoted", "literal", "variable", "@", "["):
        end = tokens[place - 1].end
        return "a comma stands between two values", InPlace(end, end, ",")
    return hint, None


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


def _character_hint(text: str, position: int) -> str | None:
    char = text[position]
    hint = _INSTEAD.get(text[position : position + 2]) or _INSTEAD.get(char)
    hyphenated = _HYPHENATED.match(text, _word_start(text, position)) if char == "-" else None
    if hyphenated is not None:
        return (
            f'a name with a hyphen needs double quotes: `"{hyphenated.group()}"`; `subtract(a, b)` subtracts'
        )
    if hint is None and (char.isalpha() or char.isdigit()):
        return "a name with letters beyond a-z needs double quotes"
    return hint


def _word_start(text: str, position: int) -> int:
    start = position
    while start and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    return start


def _literal_hint(text: str) -> str:
    bare = text.strip()
    if bare.startswith("'"):
        return "a text is written in single quotes, without backticks: `'text'`"
    if "{" in bare or "[" in bare:
        return "JSON puts names and texts in double quotes and has no comma before a closing bracket"
    return f"a text is written in single quotes: `'{short(bare)}'`"


def _closing_hint(char: str) -> str:
    if char == "'":
        return "a single quote inside a text is written `\\'`"
    if char == '"':
        return 'a double quote inside a quoted name is written `\\"`'
    return "a constant stands between two backticks; a backtick inside is written with a backslash before it"
