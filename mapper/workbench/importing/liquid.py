"""Liquid templates -> expressions: the filters that have an equivalent, and no tags."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mapper.workbench.importing.segment_expressions import literal, path_expression, path_names, template_call

_LONGEST = 1000
_OUTPUT = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"]*"|'[^']*')|(?P<number>-?[0-9]+(?:\.[0-9]+)?)(?![\w.])|(?P<sign>[|:,])
    |(?P<path>[A-Za-z_$][\w-]*(?:\.[\w$-]+|\[(?:[0-9]+|"[^"\]]*"|'[^'\]]*')\])*))""",
    re.VERBOSE,
)
_ABSENT = "for an absent value: Segment continues with 0"


class UnknownTemplate(Exception):
    """A template that cannot be said; its text is why."""


@dataclass(frozen=True, slots=True)
class LiquidValue:
    """The expression of a template. differs: for which values the result is another one."""

    expression: str
    differs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def read_liquid(text: str) -> LiquidValue:
    """The expression of a template. Raises UnknownTemplate."""
    if len(text) > _LONGEST:
        raise UnknownTemplate(f"a template of more than {_LONGEST} characters")
    if "{%" in text:
        raise UnknownTemplate("the tags of Liquid")
    pieces = _OUTPUT.split(text)
    if "{{" in "".join(pieces[::2]):
        raise UnknownTemplate("`{{` without its end")
    made = [_output(piece) for piece in pieces[1::2]]
    differs = tuple(dict.fromkeys(text for one in made for text in one.differs))
    parts = [piece if place % 2 == 0 else None for place, piece in enumerate(pieces) if piece]
    if parts == [None]:
        return LiquidValue(made[0].expression, differs)
    if not made:
        return LiquidValue(literal(text), ())
    return LiquidValue(template_call(parts, [one.expression for one in made]), differs)


def _output(piece: str) -> LiquidValue:
    if piece[:1] == "-" or piece[-1:] == "-":
        raise UnknownTemplate("`{{-`, which takes white space away")
    tokens = list(_tokens(piece))
    if not tokens or tokens[0].kind == "sign":
        raise UnknownTemplate("an output without a value")
    made, at, differs = _operand(tokens[0]), 1, False
    is_sure = tokens[0].kind != "path"
    while at < len(tokens):
        if tokens[at].text != "|" or at + 1 >= len(tokens) or tokens[at + 1].kind != "path":
            raise UnknownTemplate(f"`{tokens[at].text}`")
        name, at = tokens[at + 1].text, at + 2
        arguments: list[str] = []
        if at < len(tokens) and tokens[at].text == ":":
            arguments, at = _arguments(tokens, at + 1)
        made = _filtered(made, name, arguments)
        is_sure = is_sure or name == "default"
        differs = differs or (name in _GROWING and not is_sure)
    return LiquidValue(made, (_ABSENT,) if differs else ())


def _tokens(piece: str) -> Iterator[_Token]:
    at, end = 0, len(piece.rstrip())
    while at < end:
        found = _TOKEN.match(piece, at)
        if found is None:
            raise UnknownTemplate(f"`{piece[at : at + 20].strip()}`")
        kind = found.lastgroup or ""
        yield _Token(kind, found[kind])
        at = found.end()


def _operand(token: _Token) -> str:
    if token.kind == "text":
        return literal(token.text[1:-1])
    if token.kind == "number":
        return f"`{token.text}`"
    if token.text in ("true", "false", "nil", "null", "empty", "blank"):
        raise UnknownTemplate(f"`{token.text}`")
    return path_expression(path_names(token.text))


def _arguments(tokens: list[_Token], at: int) -> tuple[list[str], int]:
    found: list[str] = []
    while True:
        if at >= len(tokens) or tokens[at].kind == "sign":
            raise UnknownTemplate("a filter without its argument")
        found.append(_operand(tokens[at]))
        if at + 1 >= len(tokens) or tokens[at + 1].text != ",":
            return found, at + 1
        at += 2


def _call(name: str) -> Callable[..., str]:
    return lambda *values: f"{name}({', '.join(values)})"


# How many arguments a filter takes, and what it becomes.
_FILTERS: dict[str, tuple[int, Callable[..., str]]] = {
    "downcase": (0, _call("lowercase")),
    "upcase": (0, _call("uppercase")),
    "strip": (0, _call("trim")),
    "append": (1, lambda value, text: template_call((None, None), (value, text))),
    "prepend": (1, lambda value, text: template_call((None, None), (text, value))),
    "replace": (2, _call("replace")),
    "split": (1, _call("split")),
    "first": (0, lambda value: f"{value}[0]"),
    "last": (0, lambda value: f"{value}[-1]"),
    "plus": (1, _call("add")),
    "minus": (1, _call("subtract")),
    "times": (1, _call("multiply")),
    "divided_by": (1, _call("divide")),
    "round": (1, _call("round")),
    "default": (1, lambda value, other: f"({value} || {other})"),
}
_GROWING = ("plus", "minus", "times", "divided_by", "round")


def _filtered(value: str, name: str, arguments: list[str]) -> str:
    if name == "round" and not arguments:
        arguments = ["`0`"]
    if name not in _FILTERS or len(arguments) != _FILTERS[name][0]:
        raise UnknownTemplate(f"the filter `{name}`")
    return _FILTERS[name][1](value, *arguments)
