"""Expression text -> tokens with their places. Strict: what JMESPath's grammar does not know is a Refusal."""

from __future__ import annotations

import re

from mapper.compiler.jmespath.literals import has_half_character, read_literal, read_name
from mapper.compiler.jmespath.refusal import Expected, Refusal, shown
from mapper.frozen import dataclass
from mapper.types import Json

# Limits that hold whoever wrote the file. A mapping that needs more says it with `let`.
LONGEST_TEXT = 4096
MOST_TOKENS = 500
# Integers that every JSON reader keeps exact; no list is longer.
LARGEST_INDEX = 2**53 - 1

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<variable>\$[A-Za-z_][A-Za-z0-9_]*)
    |(?P<number>-?[0-9]+)
    |(?P<quoted>"(?:[^"\\]|\\.)*")
    |(?P<raw>'(?:[^'\\]|\\.)*')
    |(?P<literal>`(?:[^`\\]|\\.)*`)
    |(?P<mark>\[\]|\[\?|&&|\|\||!=|==|<=|>=|[.*\[\](){},:@&|!<>])""",
    re.VERBOSE | re.DOTALL,
)
_QUOTES = {"'": "text", '"': "quoted name", "`": "JSON value"}


@dataclass(frozen=True, slots=True)
class Token:
    """One token. kind: `name`, `quoted`, `variable`, `number`, `literal`, `end`, or the mark itself.

    value: the name, number or constant it stands for. `literal` is a text in single quotes, too.
    """

    kind: str
    start: int
    end: int
    value: Json = None


def tokenise(text: str) -> list[Token]:
    """The tokens of an expression, the last of kind `end`. Raises Refusal."""
    if len(text) > LONGEST_TEXT:
        raise Refusal(
            "M106",
            0,
            len(text),
            f"the expression has {len(text)} characters; the limit is {LONGEST_TEXT}",
            "define parts of it under `let`",
        )
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unknown(text, position)
        position = match.end()
        if match.lastgroup != "space":
            tokens.append(_token(match))
        if len(tokens) > MOST_TOKENS:
            raise Refusal(
                "M106",
                tokens[-1].start,
                len(text),
                f"the expression has more than {MOST_TOKENS} parts",
                "define parts of it under `let`",
            )
    return [*tokens, Token("end", len(text), len(text))]


def _token(match: re.Match[str]) -> Token:
    kind, text, start, end = match.lastgroup, match.group(), match.start(), match.end()
    match kind:
        case "name":
            return Token("name", start, end, text)
        case "variable":
            return Token("variable", start, end, text[1:])
        case "number":
            return Token("number", start, end, _index(text, start, end))
        case "quoted":
            return Token("quoted", start, end, read_name(text, start, end))
        case "raw":
            return Token("literal", start, end, _raw(text[1:-1], start, end))
        case "literal":
            return Token("literal", start, end, read_literal(text[1:-1], start, end))
        case _:
            return Token(text, start, end)


def _index(digits: str, start: int, end: int) -> int:
    if len(digits) <= len(str(LARGEST_INDEX)) + 1 and abs(int(digits)) <= LARGEST_INDEX:
        return int(digits)
    raise Refusal("M107", start, end, "the number is out of range", f"the largest index is {LARGEST_INDEX}")


def _raw(text: str, start: int, end: int) -> str:
    if has_half_character(text):
        raise Refusal("M104", start, end, "this string contains an unpaired surrogate, half of a character")
    return text.replace("\\'", "'")


def _unknown(text: str, position: int) -> Refusal:
    char = text[position]
    if char in _QUOTES:
        return Refusal(
            "M103",
            position,
            len(text),
            f"this {_QUOTES[char]} has no closing `{char}`" if char != "`" else "this constant is not closed",
        )
    message = f"`{shown(char)}` has no meaning here"
    return Refusal("M101", position, position + 1, message, fact=Expected("token"))
