"""Scalar text -> value by YAML 1.2's core schema, and the place of each of its characters in the source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TypeAlias

from mapper.texts.named_text import Style
from mapper.values.regular_expression import pattern

# By the mark that a YAML parser tells it by.
STYLES: dict[str | None, Style] = {
    **{None: "plain", "": "plain", "'": "single", '"': "double", "|": "literal", ">": "folded"}
}
ScalarValue: TypeAlias = bool | int | float | str | None
Piece: TypeAlias = tuple[str, int, int]
"""A decoded character and the half-open range of the source that it is written as."""

# Python's own limit for reading an integer; far more digits than any field takes.
MAX_DIGITS = 4_300

WORDS: dict[str, ScalarValue] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# An expression with one of these needs quotes.
OPENING = frozenset("'\"`([{")
_FIRST_OF_A_NUMBER = frozenset("0123456789+-.")
_INTEGER = pattern(r"[-+]?[0-9]+")
_FLOAT = pattern(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LEADING_ZERO = pattern(r"[-+]?0[0-9]")
_AMBIGUOUS = pattern(r"0o[0-7]+|[-+]?0x[0-9a-fA-F]+|[-+]?0b[01]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


class Unreadable(ValueError):
    """A plain scalar that looks like a number and is none here; `code` says which mistake it is."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def is_plain_text(text: str) -> bool:
    """Whether a plain scalar is seen at once to be a text, and no expression that needs quotes."""
    if text in WORDS:
        return False
    return text.isidentifier() or (text[0] not in _FIRST_OF_A_NUMBER and OPENING.isdisjoint(text))


def scalar_value(text: str) -> ScalarValue:
    """The value of a plain scalar. Raises Unreadable for numbers that YAML versions read differently."""
    if text in WORDS:
        return WORDS[text]
    if text[0] not in _FIRST_OF_A_NUMBER:
        return text
    if _AMBIGUOUS.fullmatch(text):
        raise Unreadable("M004", f"YAML versions read `{text}` differently")
    if not _FLOAT.fullmatch(text):
        return text
    if _LEADING_ZERO.match(text):
        raise Unreadable(
            "M004", f"`{text}` begins with a zero: some YAML versions read it as octal, others as decimal"
        )
    return _number(text)


def is_text(text: str) -> bool:
    """Whether a plain scalar is a text in each version of YAML."""
    try:
        return isinstance(scalar_value(text), str)
    except Unreadable:
        return False


def _number(text: str) -> int | float:
    if _INTEGER.fullmatch(text):
        if len(text) > MAX_DIGITS:
            raise Unreadable("M005", f"a number of {len(text):,} digits is out of range")
        return int(text)
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise Unreadable("M005", "this number is out of range")
    return value


# Of one scalar many places are asked, one after the other.
@lru_cache(maxsize=64)
def pieces(source: str, style: Style, text: str) -> Sequence[Piece] | None:
    """The characters of a decoded scalar, each with its place in `source` (quotes or `|` included).

    None where they cannot be told apart; `text` is what the YAML parser made of the source.
    """
    if style in ("literal", "folded"):
        found = _block(source, style, text)
    else:
        start, end = (0, len(source)) if style == "plain" else (1, len(source) - 1)
        found = list(_flow(source, _FLOW[style], start, end))
    return found if "".join(piece[0] for piece in found) == text else None


_BREAK = r"(?:\r\n|\r|\n)"
_FOLD = rf"[ \t]*(?P<first>{_BREAK})(?P<blank>(?:[ \t]*{_BREAK})*)[ \t]*"
_FLOW: dict[Style, re.Pattern[str]] = {
    "plain": pattern(rf"(?P<fold>{_FOLD})|(?P<escape>(?!))"),
    "single": pattern(rf"(?P<fold>{_FOLD})|(?P<escape>'')"),
    "double": pattern(
        rf"(?P<fold>{_FOLD})"
        rf"|\\{_BREAK}(?P<continued>(?:[ \t]*{_BREAK})*)[ \t]*"
        r"|(?P<escape>\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[^xuU\r\n]))"
    ),
}
_BLANK_LINE = pattern(rf"[ \t]*{_BREAK}")
_ESCAPES = {
    **{"0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"},
    **{"e": "\x1b", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029"},
}


def _flow(source: str, pattern: re.Pattern[str], start: int, end: int) -> Iterator[Piece]:
    position = start
    for match in pattern.finditer(source, start, end):
        for at in range(position, match.start()):
            yield source[at], at, at + 1
        position = match.end()
        if match["escape"]:
            yield _unescaped(match["escape"]), match.start(), match.end()
        elif match["fold"] and not match["blank"]:
            yield " ", match.start(), match.end()
        else:
            group = "blank" if match["fold"] else "continued"
            for line in _BLANK_LINE.finditer(source, *match.span(group)):
                yield "\n", line.start(), line.end()
    for at in range(position, end):
        yield source[at], at, at + 1


def _unescaped(escape: str) -> str:
    if escape == "''":
        return "'"
    if escape[1] in "xuU":
        return chr(int(escape[2:], 16))
    return _ESCAPES.get(escape[1], escape[1])


_LINE = pattern(r"([^\r\n]*)(\r\n|\r|\n|$)")


def _block(source: str, style: Style, text: str) -> list[Piece]:
    """Literal and folded scalars. Chomping takes line breaks off the end, so the text's length tells it."""
    lines = [match.span(1) + match.span(2)[1:] for match in _LINE.finditer(source)][1:]
    indent = _indent(source, lines, text)
    cut = [(min(start + indent, end), end, after) for start, end, after in lines]
    joined = _literal(source, cut) if style == "literal" else _folded(source, cut)
    return list(joined)[: len(text)]


def _indent(source: str, lines: list[tuple[int, int, int]], text: str) -> int:
    """Spaces that belong to the layout: what the first visible line has more than its decoded form."""
    for start, end, _ in lines:
        line = source[start:end]
        if line.strip(" "):
            decoded = text.lstrip("\n ")
            before = text[: len(text) - len(decoded)]
            return len(line) - len(line.lstrip(" ")) - (len(before) - before.rfind("\n") - 1)
    return 0


def _literal(source: str, lines: list[tuple[int, int, int]]) -> Iterator[Piece]:
    for start, end, after in lines:
        for at in range(start, end):
            yield source[at], at, at + 1
        if after > end:
            yield "\n", end, after


def _folded(source: str, lines: list[tuple[int, int, int]]) -> Iterator[Piece]:
    """A break between two lines that begin at the indentation is a space, or nothing before blank lines."""
    waiting: list[Piece] = []
    previous = ""
    for start, end, after in lines:
        if start < end:
            yield from _joined(waiting, previous, source[start], start)
            for at in range(start, end):
                yield source[at], at, at + 1
            waiting, previous = [], source[start]
        waiting.append(("\n", end if start < end else start, after))
    yield from (piece for piece in waiting if piece[1] < piece[2])


def _joined(waiting: list[Piece], previous: str, first: str, start: int) -> list[Piece]:
    if not previous or previous in " \t" or first in " \t":
        return waiting
    return waiting[1:] or [(" ", waiting[0][1], start)]
