"""The beginning of an expression -> Unfinished: the word that is being written, and what it is read from."""

from __future__ import annotations

from typing import Literal as OneOf

from mapper.compiler.jmespath.refusal import Refusal
from mapper.compiler.jmespath.tokens import Token, tokenise
from mapper.values.frozen import dataclass
from mapper.values.regular_expression import pattern

_WORD = pattern(r"\$?[A-Za-z_0-9]*$")
_OPENING = {"]": ("[", "[?"), ")": ("(",), "}": ("{",)}
_OPEN = frozenset({"[", "[?", "(", "{"})
_SINGLE = frozenset({"name", "quoted", "variable", "literal", "@", "*"})
_COMPARING = frozenset({"==", "!=", "<", "<=", ">", ">="})


@dataclass(frozen=True, slots=True)
class Surrounding:
    """An expression whose value is the current one for what follows. "" is one that is not known yet.

    reads: `value`, the value itself; `element`, each element of it; `step`, what a dot after it reads from.
    """

    text: str
    reads: OneOf["value", "element", "step"]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The word at the end of the beginning of an expression.

    start: where it begins. around: what makes the current value there, the outermost first. base: what is
    before the dot that the word follows, None without a dot. compared: what it is compared with, "" if it is
    not. in_pipe: it follows a pipe.
    """

    word: str
    start: int
    around: tuple[Surrounding, ...]
    base: str | None = None
    compared: str = ""
    in_pipe: bool = False


def unfinished(text: str) -> Unfinished | None:
    """The word being written at the end of a text; None within a constant, or where no word can follow."""
    found = _WORD.search(text)
    start = len(text) if found is None else found.start()
    try:
        tokens = tokenise(text[:start])[:-1]
    except Refusal:
        return None
    word, last = text[start:], tokens[-1].kind if tokens else ""
    around = tuple(_around(tokens, text, len(tokens)))
    if last == ".":
        begin = _chain_start(tokens, len(tokens) - 1)
        base = _text(tokens, text, begin, len(tokens) - 1)
        return Unfinished(word, start, around, base) if base and word[:1] != "$" else None
    if last in _SINGLE or last in ("]", ")", "}", "[]", "number"):
        return None
    compared = ""
    if last in _COMPARING:
        compared = _text(tokens, text, _chain_start(tokens, len(tokens) - 1), len(tokens) - 1)
    return Unfinished(word, start, around, None, compared, last == "|")


def open_call(text: str) -> tuple[str, int] | None:
    """The innermost call that is open at the end of a text: its name, and the number of its argument."""
    try:
        tokens = tokenise(text)[:-1]
    except Refusal as refusal:  # within a constant that is not closed yet
        return open_call(text[: refusal.start]) if refusal.start < len(text) else None
    at, argument = len(tokens) - 1, 0
    while at >= 0:
        kind = tokens[at].kind
        if kind in _OPENING:
            at = _opening(tokens, at)
        elif kind == "(" and at and tokens[at - 1].kind == "name":
            return _text(tokens, text, at - 1, at), argument
        elif (
            kind in _OPEN
        ):  # a list, an object or a filter in an argument: its commas are not those of the call
            argument = 0
        else:
            argument += kind == ","
        at -= 1
    return None


def _text(tokens: list[Token], text: str, begin: int, end: int) -> str:
    """The text of some tokens."""
    return text[tokens[begin].start : tokens[end - 1].end] if begin < end else ""


def _around(tokens: list[Token], text: str, end: int) -> list[Surrounding]:
    """The expressions that make the current value after the first so many tokens."""
    at = end - 1
    while at >= 0:
        kind = tokens[at].kind
        if kind in _OPENING:
            at = _opening(tokens, at)
        elif kind == "|":
            begin = _segment_start(tokens, at)
            return [*_around(tokens, text, begin), Surrounding(_text(tokens, text, begin, at), "value")]
        elif kind in _OPEN:
            return _within(tokens, text, at, end)
        at -= 1
    return []


def _within(tokens: list[Token], text: str, opening: int, end: int) -> list[Surrounding]:
    """The expressions that make the current value within a bracket that is open."""
    kind, begin = tokens[opening].kind, _chain_start(tokens, opening)
    if kind == "[?":
        return [
            *_around(tokens, text, begin),
            Surrounding(_text(tokens, text, begin, opening) or "@", "element"),
        ]
    if kind == "(":
        outer = _around(tokens, text, begin)
        return [*outer, *_referred(tokens, text, opening, end)]
    if opening and tokens[opening - 1].kind == ".":
        begin = _chain_start(tokens, opening - 1)
        return [*_around(tokens, text, begin), Surrounding(_text(tokens, text, begin, opening - 1), "step")]
    return _around(tokens, text, opening)


def _referred(tokens: list[Token], text: str, opening: int, end: int) -> list[Surrounding]:
    """The list whose elements `&` in a call reads: the argument before it."""
    at = end - 1
    while at > opening and tokens[at].kind not in ("&", ","):
        at = (_opening(tokens, at) if tokens[at].kind in _OPENING else at) - 1
    if tokens[at].kind != "&":
        return []
    comma = at - 1
    begin = _segment_start(tokens, comma) if tokens[comma].kind == "," else comma
    return [Surrounding(_text(tokens, text, begin, comma), "element")]


def _segment_start(tokens: list[Token], end: int) -> int:
    """The start of the argument, element or value that ends before a token."""
    at = end - 1
    while at >= 0 and tokens[at].kind not in _OPEN and tokens[at].kind not in (",", ":", "&"):
        at = (_opening(tokens, at) if tokens[at].kind in _OPENING else at) - 1
    return at + 1


def _chain_start(tokens: list[Token], end: int) -> int:
    """The start of the path that ends before a token: `a.b[0].c`."""
    at = end
    while at > 0:
        kind = tokens[at - 1].kind
        if kind in _SINGLE:
            at -= 1
        elif kind == "[]":
            at -= 1
            continue
        elif kind in _OPENING:
            at = _opening(tokens, at - 1)
            if tokens[at].kind == "(" and at and tokens[at - 1].kind == "name":
                at -= 1
            elif kind == "]" and at and (tokens[at - 1].kind in _SINGLE or tokens[at - 1].kind in "])[]"):
                continue
        elif kind != "." or at == end:
            return at
        if not at or tokens[at - 1].kind != ".":
            return at
        at -= 1
    return at


def _opening(tokens: list[Token], closing: int) -> int:
    """The bracket that one closes; the first token where there is none."""
    depth = 0
    for at in range(closing, -1, -1):
        kind = tokens[at].kind
        depth += (kind in _OPENING) - (kind in _OPEN)
        if depth == 0:
            return at
    return 0
