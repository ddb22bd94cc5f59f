"""A token in the wrong place -> how this is written in JMESPath."""

from __future__ import annotations

import re

from mapper.compiler.jmespath.refusal import Expected, InPlace, Refusal, printable
from mapper.compiler.jmespath.tokens import Token, short, tokenise

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_HYPHENATED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)+")
_WORDS = {
    "and": "to require both conditions, write `a && b`",
    "or": "for the first of two values, write `a || b`",
    "not": "for the opposite, write `!(a)`",
    "is": "to compare two values, write `==`",
    "eq": "to compare two values, write `==`",
    "in": "to look for a value in a list, use `contains(list, value)`",
    "like": "to search in a string, use `contains(text, part)`, `starts_with(text, part)` or "
    "`ends_with(text, part)`",
    "if": "to choose one of several values, use `case` with `when` and `then`",
    "then": "to choose one of several values, use `case` with `when` and `then`",
    "else": "to choose one of several values, use `case` with `when` and `then`",
    **dict.fromkeys(
        ("ilike", "rlike", "regexp", "glob", "similar"),
        "to compare with a pattern, write `matches(text, '*part*')`",
    ),
    "between": "to test both ends, write ``a >= `1` && a <= `9` ``",
}
_INSTEAD = {
    **dict.fromkeys(("=~", "~=", "!~", "~*"), "to compare with a pattern, write `matches(text, '*part*')`"),
    ":=": "a rule is written in YAML: `name: value`",
    "?:": "`not_null(a, b)` and `from: [a, b]` give the first value there is",
    "^": "there is no power operator",
    "=": "to compare two values, write `==`",
    "$": "a variable needs a name: `$event`; the current value is `@`, and its fields need no prefix",
    "+": "to add numbers, write `add(a, b)`; to join strings, `concat(a, b)`",
    "-": 'to subtract, write `subtract(a, b)`; a name with a hyphen needs double quotes: `"utm-source"`',
    "/": "to divide, write `divide(a, b)`",
    "%": "there is no remainder operator",
    "?": "to choose between two values, use `case` with `when` and `then`; a filter is written `[?...]`",
    "??": "`not_null(a, b)` and `from: [a, b]` give the first value there is",
    "?.": "write `a.b`: a path is null if a part of it is missing",
    "#": "comments are not allowed inside an expression",
    ";": "an expression must be a single value",
    "\\": "a backslash is allowed only inside quotes",
    "\N{LEFT SINGLE QUOTATION MARK}": "write a string in straight single quotes: `'text'`",
    "\N{RIGHT SINGLE QUOTATION MARK}": "write a string in straight single quotes: `'text'`",
    "\N{LEFT DOUBLE QUOTATION MARK}": "write a string in straight single quotes: `'text'`",
    "\N{RIGHT DOUBLE QUOTATION MARK}": "write a string in straight single quotes: `'text'`",
    "\N{NO-BREAK SPACE}": "write an ordinary space",
}
_COMMA = "put an operator or a comma between two values"
_MULTIPLIES = "to multiply, write `multiply(a, b)`"
_BOTH_SIDES = "put a value on both sides of `||`, `&&` and `|`"
# By the kinds of a token and the one before it.
_BY_PAIR = {
    ("*", "name"): _MULTIPLIES,
    ("*", "quoted"): _MULTIPLIES,
    ("<", ">"): "to compare for inequality, write `a != b`",
    ("@", "("): "a function needs a name: `length(@)`",
    (
        "name",
        "name",
    ): "quote a name that contains a space twice: `'\"Order No\"'`",
    ("name", "literal"): _COMMA,
    ("{", "{"): "write expressions without braces",
}
# By the kind of a token and what should be in its place.
_BY_PLACE = {
    ("*", "end"): f"{_MULTIPLIES}; `.*` reads the values of an object",
    (",", "end"): "write a list as `[a, b]`",
    (".", "value"): "start a path with a name, or with `@`",
    (":", "end"): "in YAML put a space after the colon, `em: email`; to choose between two "
    "values, use `case`",
    ("{", "end"): "to make an object from a value, write a dot: `a.{key: b}`",
    ("|", "value"): _BOTH_SIDES,
    ("||", "value"): _BOTH_SIDES,
    ("&&", "value"): _BOTH_SIDES,
}


def expected_instead(text: str, refusal: Refusal) -> tuple[str | None, InPlace | None]:
    """The hint where another token should be, and the text to write where nothing else can be meant."""
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


def _closed(text: str) -> str:
    """The brackets that are still open at the end of a text without strings; "" where that is not known."""
    pairs, open_ones = {"(": ")", "[": "]", "{": "}"}, list[str]()
    if any(quote in text for quote in "'\"`"):
        return ""
    for character in text:
        if character in pairs:
            open_ones.append(pairs[character])
        elif open_ones and character == open_ones[-1]:
            open_ones.pop()
    return "".join(reversed(open_ones))


def _place(tokens: list[Token], start: int) -> int:
    return next(place for place, token in enumerate(tokens) if token.start >= start)


def _comma_hint(text: str, start: int) -> tuple[str | None, InPlace | None]:
    tokens = tokenise(text)
    place = _place(tokens, start)
    if start >= len(text.rstrip()) and (closed := _closed(text)):
        return f"add `{closed}` at the end", InPlace(len(text.rstrip()), len(text), closed)
    hint = _hint(text, tokens, place, "end")
    if hint in (None, _COMMA) and tokens[place].kind in ("name", "quoted", "literal", "variable", "@", "["):
        end = tokens[place - 1].end
        return "put a comma between two values", InPlace(end, end, ",")
    return hint, None


def _hint(text: str, tokens: list[Token], place: int, wanted: str) -> str | None:
    token = tokens[place]
    before = tokens[place - 1] if place else Token("start", 0, 0)
    if token.kind == "," and wanted == "end" and not text[token.end :].strip():
        return "remove the comma at the end"
    if wanted == "index":
        return _bracket_hint(text, tokens, place)
    if token.kind == "number":
        return _number_hint(text, tokens, place, wanted)
    for word in (token, before):
        name = str(word.value).lower()
        if word.kind == "name" and name in _WORDS and wanted not in ("name", "key"):
            return _WORDS[name]
    if wanted == "name":
        return _dot_hint(token, printable(text[token.start : token.end]))
    if wanted == ":":
        return "write an object as `{key: value}`, a list as `[a, b]`"
    if before.kind in ("]", "[]") and token.kind in ("name", "quoted") and wanted == "end":
        return f"put a dot before the name: `{text[: token.start].rstrip()}.{text[token.start :]}`"
    return _BY_PAIR.get((before.kind, token.kind)) or _BY_PLACE.get((token.kind, wanted))


def _number_hint(text: str, tokens: list[Token], place: int, wanted: str) -> str:
    token, before = tokens[place], tokens[place - 1] if place else Token("start", 0, 0)
    number = _NUMBER.match(text, token.start)
    digits = number.group() if number else text[token.start : token.end]
    if before.kind == "[" and place > 1 and tokens[place - 2].kind == ".":
        return f"read an element of a list without a dot: `a[{digits}]`"
    if wanted == "]":
        return "write a slice as `[first:last]`"
    if wanted == "value":
        return f"write a number between backticks: `` `{digits}` ``"
    if wanted == "name":
        return f"read an element of a list with brackets: `[{digits}]`; quote a name that is a number"
    if digits.startswith("-") and before.end == token.start:
        return 'to subtract, write `subtract(a, b)`; a name with a hyphen needs double quotes: `"utm-1"`'
    return f"write a number between backticks: `` `{digits}` ``"


def _dot_hint(token: Token, written: str) -> str | None:
    match token.kind:
        case "literal":
            return (
                "a name with characters other than letters, digits and `_` needs double "
                f'quotes: `"{token.value}"`'
            )
        case "[]" | "[?":
            return "remove the dot before the brackets"
        case "variable":
            return f'an attribute whose name begins with `$` needs double quotes: `"{written}"`'
        case ".":
            return "write one dot between two names"
        case "@" | "(" | "&":
            return "a pipe needs a value after it: `a | ...`"
        case _:
            return None


def _bracket_hint(text: str, tokens: list[Token], place: int) -> str | None:
    token, following = tokens[place], tokens[min(place + 1, len(tokens) - 1)]
    written = printable(text[token.start : token.end])
    if token.kind in ("literal", "quoted") and following.kind == "]":
        return f'read a field with a dot: `."{token.value}"`'
    if token.kind == "variable" and following.kind == "]":
        return "an index must be a number, not a variable"
    if token.kind in ("name", "quoted", "@", "literal", "!", "("):
        if following.kind in ("]", ","):
            return f"read a field with a dot: `.{written}`; make a list from a value with `.[{written}]`"
        return "start a filter with `[?`"
    return None


def _character_hint(text: str, position: int) -> str | None:
    char = text[position]
    pairs = (text[max(position - 1, 0) : position + 1], text[position : position + 2], char)
    hint = next((_INSTEAD[one] for one in pairs if one in _INSTEAD), None)
    hyphenated = _HYPHENATED.match(text, _word_start(text, position)) if char == "-" else None
    if hyphenated is not None:
        return (
            f'a name with a hyphen needs double quotes: `"{hyphenated.group()}"`; '
            "to subtract, write `subtract(a, b)`"
        )
    if hint is None and (char.isalpha() or char.isdigit()):
        return "a name with letters other than a-z needs double quotes"
    return hint


def _word_start(text: str, position: int) -> int:
    start = position
    while start and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    return start


def _literal_hint(text: str) -> str:
    bare = text.strip()
    if bare.startswith("'"):
        return "write a string in single quotes, without backticks: `'text'`"
    if "{" in bare or "[" in bare:
        return "JSON puts names and strings in double quotes and has no trailing commas"
    return f"write a string in single quotes: `'{short(bare)}'`"


def _closing_hint(char: str) -> str:
    if char == "'":
        return "write a single quote inside a string as `\\'`"
    if char == '"':
        return 'write a double quote inside a quoted name as `\\"`'
    return "put a constant between two backticks; escape a backtick inside with a backslash"
