"""FQL, the language in which subscriptions say which events they take -> conditions.

It is read as the tool's own package reads it, and refused where that package does not do what is written:
`and` beside `or` without parentheses, and parentheses within parentheses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from mapper.authoring import Json
from mapper.workbench.importing.segment_expressions import literal, path_expression

_TOKEN = re.compile(
    r"""[ \t\n]*(?:(?P<path>(?:[A-Za-z_]|\\.)(?:[\w-]|\\.)*(?:\.(?:[\w-]|\\.)+)*)|(?P<text>"[^"]*")
    |(?P<number>[-+]?[0-9]+(?:\.[0-9]+)?)(?![\w.])|(?P<sign>!=|<=|>=|=|<|>|!|\(|\)|,))""",
    re.VERBOSE | re.ASCII,
)
_ESCAPED = re.compile(r"\\(.)")
_NAMES = ("event", "type", "name", "userId")
_OBJECTS = ("properties", "traits", "context")
_ORDERS = ("<", "<=", ">", ">=")
_CALLS = ("contains", "match")
_LONGEST = 10_000
# What a pattern says of a name, and a test of it; a name with other characters stays in a condition.
_PATTERNS = {"starts_with": "{}*", "ends_with": "*{}", "contains": "*{}*"}
_FITS: dict[str, Callable[[str, str], bool]] = {
    "=": str.__eq__,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "contains": str.__contains__,
}
_PLAIN_NAME = re.compile(r"[\w&' -]+")


class UnknownCondition(Exception):
    """A condition that cannot be said; its text is why."""


@dataclass(frozen=True, slots=True)
class FqlComparison:
    """An attribute and what it is compared with. value: a constant."""

    path: tuple[str, ...]
    operator: str
    value: Json


@dataclass(frozen=True, slots=True)
class FqlGroup:
    """Conditions of which all or any have to be true."""

    operator: Literal["and", "or"]
    parts: tuple[FqlCondition, ...]


FqlCondition = FqlComparison | FqlGroup


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def read_fql(text: str) -> FqlCondition:
    """The condition that a text is. Raises UnknownCondition."""
    if len(text) > _LONGEST:
        raise UnknownCondition("it is too long")
    tokens = list(_tokens(text))
    if not tokens:
        raise UnknownCondition("it is empty, and matches no event")
    condition, rest = _group(tokens, 0, within=False)
    if rest != len(tokens):
        raise UnknownCondition(f"`{tokens[rest].text}` is not expected here")
    return condition


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    end = len(text.rstrip(" \t\n"))
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            raise UnknownCondition(f"`{text[at : at + 20].strip()}` is not known")
        kind = found.lastgroup or ""
        written = found[kind]
        is_word = kind == "path" and written.lower() in ("and", "or")
        if is_word and written.lower() == "or" != written:
            raise UnknownCondition(f"`{written}`, which their package reads as `and`")
        yield _Token("word", written.lower()) if is_word else _Token(kind, written)
        at = found.end()


def _group(tokens: list[_Token], at: int, *, within: bool) -> tuple[FqlCondition, int]:
    """The conditions up to the end or a closing parenthesis, all joined by one word."""
    first, at = _term(tokens, at, within)
    parts, words = [first], set[str]()
    while at < len(tokens) and tokens[at].kind == "word":
        words.add(tokens[at].text)
        one, at = _term(tokens, at + 1, within)
        parts.append(one)
    if len(words) > 1:
        raise UnknownCondition("`and` beside `or` without parentheses")
    if len(parts) == 1:
        return first, at
    return FqlGroup("or" if "or" in words else "and", tuple(parts)), at


def _term(tokens: list[_Token], at: int, within: bool) -> tuple[FqlCondition, int]:
    if _is(tokens, at, "("):
        if within:
            raise UnknownCondition("parentheses within parentheses")
        inner, at = _group(tokens, at + 1, within=True)
        return inner, _past(tokens, at, ")")
    negated = _is(tokens, at, "!")
    at += negated
    path = _next(tokens, at, "path")
    if _is(tokens, at + 1, "("):
        return _call(tokens, at, negated)
    if negated:
        raise UnknownCondition(f"`!` before `{path.text}`")
    sign = _next(tokens, at + 1, "sign")
    return _comparison(_path(path.text), sign.text, _next(tokens, at + 2)), at + 3


def _call(tokens: list[_Token], at: int, negated: bool) -> tuple[FqlCondition, int]:
    name = tokens[at].text
    if name not in _CALLS:
        raise UnknownCondition(f"the function `{name}`")
    path = _path(_next(tokens, at + 2, "path").text)
    value = _next(tokens, _past(tokens, at + 3, ","), "text").text[1:-1]
    end = _past(tokens, at + 5, ")")
    if name == "match":
        if value.count("*") != 1 or not (value.endswith("*") or value.startswith("*")):
            raise UnknownCondition(f"the pattern `{value}`")
        name, value = ("starts_with", value[:-1]) if value.endswith("*") else ("ends_with", value[1:])
    return FqlComparison(path, f"!{name}" if negated else name, value), end


def _path(text: str) -> tuple[str, ...]:
    """The attribute that a path names. Raises UnknownCondition for one that the tool does not read."""
    first, _, rest = text.partition(".")
    names = tuple(name for name in re.split(r"\.", _ESCAPED.sub(r"\1", rest)) if name)
    if (first in _NAMES and not names) or (first in _OBJECTS and names):
        return (first, *names)
    raise UnknownCondition(f"the attribute `{text}`")


def _comparison(path: tuple[str, ...], sign: str, right: _Token) -> FqlComparison:
    if sign not in ("=", "!=", *_ORDERS) or right.kind not in ("text", "number", "path"):
        raise UnknownCondition(f"`{sign} {right.text}`")
    if right.kind == "path" and right.text not in ("true", "false", "null"):
        raise UnknownCondition(f"`{sign} {right.text}`: a text needs double quotes")
    if sign in _ORDERS:
        return FqlComparison(path, sign, _number(right))
    if right.kind == "text" or path[0] in ("event", "type"):
        return FqlComparison(path, sign, right.text.strip('"'))
    if right.text == "null":
        return FqlComparison(path, sign, None)
    if right.kind == "number":
        is_number = path[0] in _OBJECTS
        return FqlComparison(path, sign, _number(right) if is_number else right.text)
    if path[0] == "name" or sign == "!=":
        return FqlComparison(path, sign, right.text)
    return FqlComparison(path, sign, right.text == "true")


def _number(token: _Token) -> int | float:
    try:
        value = float(token.text.strip('"'))
    except ValueError:
        raise UnknownCondition(f"`{token.text}` is not a number") from None
    if abs(value) > 2**53:
        raise UnknownCondition(f"`{token.text}` is too large")
    return int(value) if value.is_integer() else value


def _is(tokens: list[_Token], at: int, text: str) -> bool:
    return at < len(tokens) and tokens[at] == _Token("sign", text)


def _next(tokens: list[_Token], at: int, kind: str = "") -> _Token:
    if at >= len(tokens):
        raise UnknownCondition("it ends early")
    if kind and tokens[at].kind != kind:
        raise UnknownCondition(f"`{tokens[at].text}` is not expected here")
    return tokens[at]


def _past(tokens: list[_Token], at: int, text: str) -> int:
    if not _is(tokens, at, text):
        raise UnknownCondition(f"`{text}` is missing")
    return at + 1


def all_of(condition: FqlCondition) -> tuple[FqlCondition, ...]:
    """The conditions that all have to be true."""
    return (
        condition.parts if isinstance(condition, FqlGroup) and condition.operator == "and" else (condition,)
    )


def names_of(condition: FqlCondition) -> tuple[tuple[str, ...], tuple[FqlComparison, ...]] | None:
    """The attribute, and the names and patterns of which it is one, if that is all that a condition says."""
    parts = (
        condition.parts if isinstance(condition, FqlGroup) and condition.operator == "or" else (condition,)
    )
    names: dict[FqlComparison, None] = {}
    for one in parts:
        if not isinstance(one, FqlComparison) or not isinstance(one.value, str):
            return None
        if one.operator != "=" and not (one.operator in _PATTERNS and _PLAIN_NAME.fullmatch(one.value)):
            return None
        names[one] = None
    paths = {one.path for one in names}
    return (paths.pop(), tuple(names)) if len(paths) == 1 else None


def name_of(one: FqlComparison) -> Json:
    """A name as `is` takes it: a constant or a pattern."""
    value = str(one.value)
    return value if one.operator == "=" else {"pattern": _PATTERNS[one.operator].format(value)}


def are_apart(one: FqlCondition | None, other: FqlCondition | None) -> bool:
    """Whether no event fits both conditions, by the names an attribute must have; None is no condition."""
    if one is None or other is None:
        return False
    first = dict(found for part in all_of(one) if (found := names_of(part)) is not None)
    second = dict(found for part in all_of(other) if (found := names_of(part)) is not None)
    return any(
        all(_exclude(name, another) for name in first[path] for another in second[path])
        for path in first.keys() & second.keys()
    )


def _exclude(one: FqlComparison, other: FqlComparison) -> bool:
    """Whether no text fits both of two names or patterns."""
    if other.operator == "=":
        one, other = other, one
    value, sought = str(one.value), str(other.value)
    if one.operator == "=":
        return not _FITS[other.operator](value, sought)
    if one.operator != other.operator or one.operator == "contains":
        return False
    fits = _FITS[one.operator]
    return not fits(value, sought) and not fits(sought, value)


def condition_expression(condition: FqlCondition, *, within: bool = False) -> str:
    """The expression of a condition."""
    if isinstance(condition, FqlGroup):
        joined = f" {'&&' if condition.operator == 'and' else '||'} "
        written = joined.join(condition_expression(one, within=True) for one in condition.parts)
        return f"({written})" if within else written
    path, value = path_expression(condition.path), literal(condition.value)
    operator = condition.operator
    if operator in ("=", "!="):
        compared = f"{path} {'==' if operator == '=' else '!='} {value}"
        is_number = operator == "!=" and isinstance(condition.value, int | float)
        return f"type({path}) == 'number' && {compared}" if is_number else compared
    if operator in _ORDERS:
        return f"{path} {operator} {value}"
    call = f"{operator.lstrip('!')}({path}, {value})"
    written = f"type({path}) == 'string' && {'!' if operator.startswith('!') else ''}{call}"
    return f"({written})" if within else written
