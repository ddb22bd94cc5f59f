"""Expression text -> tokens with their places. Strict: what JMESPath's grammar does not know is a Refusal."""

from __future__ import annotations

import json
import re
from typing import NoReturn

from mapper.compiler.jmespath.refusal import Expected, Refusal, printable
from mapper.values.frozen import dataclass
from mapper.values.types import Json

# Deep enough for any constant a person writes, and far from Python's own limit on recursion.
_DEEPEST_LITERAL = 64


class _Problem(ValueError):
    """The fault of a JSON text, as a message for a person."""


def _read_literal(text: str, start: int, end: int) -> Json:
    """The JSON value of `` `...` `` (`text` is the part between the backticks, at `start` to `end`).

    Raises Refusal for what is not JSON, twice the same key, a number out of range or half a character.
    """
    if not text.strip():
        raise Refusal("M104", start, end, "empty backticks", "write the empty string as `''`")
    try:
        source = text.replace("\\`", "`")
        _check_depth(source)
        value: Json = json.loads(
            source, object_pairs_hook=_object, parse_constant=_no_number, parse_float=_float, parse_int=_int
        )
        _check_text(value)
    except _Problem as problem:
        raise Refusal("M104", start, end, str(problem)) from None
    except ValueError:
        raise Refusal(
            "M104",
            start,
            end,
            f"`{short(text)}` between backticks is not JSON",
            fact=Expected("JSON"),
        ) from None
    return value


def _read_name(text: str, start: int, end: int) -> str:
    """The name written as a JSON string, quotes included. Raises Refusal if it is none, or empty."""
    try:
        name: str = json.loads(text)
        _check_text(name)
    except ValueError:
        raise Refusal(
            "M105",
            start,
            end,
            "this quoted name is not a JSON string",
            "in double quotes a backslash starts an escape such as `\\u00e9`, and a line break is `\\n`; "
            "a text is written in single quotes",
        ) from None
    if not name:
        raise Refusal("M105", start, end, "a name cannot be empty", "write the empty string as `''`")
    return name


def _has_half_character(text: str) -> bool:
    """Whether it has an unpaired surrogate: such a text cannot be written as UTF-8."""
    return any("\ud800" <= char <= "\udfff" for char in text)


def is_plain_name(name: str) -> bool:
    """Whether an expression reads a name without quotes; a variable has no other names."""
    return name.isascii() and name.isidentifier()


def written_name(name: str) -> str:
    """A field's name as an expression has it: quoted where it is not a plain word."""
    return name if is_plain_name(name) else json.dumps(name, ensure_ascii=False)


def text_constant(value: str) -> str:
    """A text as an expression has it."""
    return "'" + value.replace("'", "\\'") + "'"


def json_constant(value: str) -> str:
    """A text as JSON between backticks, where a backslash and a line break can be written in every place."""
    written = json.dumps(value, ensure_ascii=not value.isprintable()).replace("`", "\\`")
    return f"`{written}`"


def short(text: str) -> str:
    """The text between two backticks, or its beginning, as a message can show it."""
    return printable(text if len(text) <= 24 else text[:21] + "...")


def _check_depth(source: str) -> None:
    depth, inside, skip = 0, False, False
    for char in source:
        if skip:
            skip = False
        elif inside:
            skip, inside = char == "\\", char != '"'
        elif char == '"':
            inside = True
        elif char in "[{":
            depth += 1
        elif char in "]}":
            depth -= 1
        if depth > _DEEPEST_LITERAL:
            raise _Problem(f"this JSON is nested more than {_DEEPEST_LITERAL} levels deep")


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made: dict[str, Json] = {}
    for key, value in pairs:
        if key in made:
            raise _Problem(f"this JSON has the key `{printable(key)}` twice in one object")
        made[key] = value
    return made


def _no_number(name: str) -> NoReturn:
    raise _Problem(f"JSON has no number `{name}`")


def _float(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise _Problem("this number is out of range")
    return value


def _int(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:
        raise _Problem("this number is out of range") from None


def _check_text(value: Json) -> None:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str) and _has_half_character(one):
            raise _Problem("this string contains an unpaired surrogate, half of a character")
        if isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, dict):
            waiting.extend([*one, *one.values()])


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

    value: the name, number or constant that it is. `literal` is a text in single quotes, too.
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
            return Token("quoted", start, end, _read_name(text, start, end))
        case "raw":
            return Token("literal", start, end, _raw(text[1:-1], start, end))
        case "literal":
            return Token("literal", start, end, _read_literal(text[1:-1], start, end))
        case _:
            return Token(text, start, end)


def _index(digits: str, start: int, end: int) -> int:
    if len(digits) <= len(str(LARGEST_INDEX)) + 1 and abs(int(digits)) <= LARGEST_INDEX:
        return int(digits)
    raise Refusal("M107", start, end, "the number is out of range", f"the largest index is {LARGEST_INDEX}")


def _raw(text: str, start: int, end: int) -> str:
    if _has_half_character(text):
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
    message = f"`{printable(char)}` has no meaning here"
    return Refusal("M101", position, position + 1, message, fact=Expected("token"))
