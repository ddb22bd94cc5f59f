"""Patterns as a mapping writes them: `/product/{sku}*` -> TextPattern, or what is wrong with it, and where.

A pattern describes a whole text: plain text, `*` for any text, and parts in braces: `{sku}`, `{n:digits}`,
`{code:[A-Z] 2-3}`, `{rest:text}`. No part of it is ever tried a second time, and what would be searched for
in a time that grows faster than the text is refused (`pattern_rules`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NoReturn, TypeAlias

from mapper.transforms.character_sets import KINDS, CharacterSet, end_of_set, read_set
from mapper.transforms.regex_signs import regex_sign
from mapper.values.frozen import dataclass
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid

LONGEST_PATTERN = 500
MOST_PARTS = 16
# The kind of a part that takes any text.
ANY_TEXT = "text"
PART_KINDS = (*KINDS, ANY_TEXT)

_PLAIN_KIND = read_set("[^/?#]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OF_REPLACEMENT = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}]*)\}|[{}]|[^{}]+")
_LENGTH = re.compile(r"([0-9]{1,3})(?:-([0-9]{1,3}))?")


FaultKind: TypeAlias = Literal["syntax", "rules", "regex", "never", "nothing", "parts", "plain"]


class PatternFault(Invalid):
    """A fault of a pattern.

    kind: no pattern by its syntax; one that breaks a rule; a regular expression; one that never matches; one
    with no part where one is asked for; a text with a part that the pattern does not have; one that describes
    one text alone. start, end: the characters that are wrong. hint: what to write. parameter: which one it is
    given as. known: the parts that there are.
    """

    def __init__(self, kind: FaultKind, reason: str, span: tuple[int, int], hint: str = "") -> None:
        super().__init__(SafeText.known(reason))  # a pattern is a constant of a mapping
        self.kind: FaultKind = kind
        self.start, self.end = span
        self.hint = hint
        self.parameter = "pattern"
        self.known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlainText:
    """Text that matches itself. start, end: where it is in the pattern, also below."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Any text, as little as possible: `*`, `{rest:text}`. name: "" of one that is not kept.

    least: the fewest characters.
    """

    name: str
    least: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PatternPart:
    """A part of a pattern: so many characters of a set.

    name: "" of one that is not kept. least, most: how many characters; None is no limit.
    """

    name: str
    characters: CharacterSet
    least: int
    most: int | None
    start: int
    end: int

    @property
    def has_length(self) -> bool:
        """Whether it always takes the same number of characters."""
        return self.least == self.most

    @property
    def has_plain_kind(self) -> bool:
        """Whether no kind is written: it takes a part of a path."""
        return self.characters == _PLAIN_KIND and self.most is None


PatternPiece: TypeAlias = PlainText | PatternPart | Gap


@dataclass(frozen=True, slots=True)
class TextPattern:
    """A pattern that was read. pieces: no two plain texts follow each other."""

    text: str
    any_case: bool
    pieces: tuple[PatternPiece, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parts that are kept, in order."""
        return tuple(one.name for one in self.pieces if not isinstance(one, PlainText) and one.name)


def plain_pattern(text: str) -> TextPattern:
    """The pattern that describes one text alone."""
    return TextPattern(text, False, (PlainText(text, 0, len(text)),))


@lru_cache(maxsize=1024)
def parse_pattern(text: str, any_case: bool = False) -> TextPattern:
    """The pieces of a pattern, whatever its rules say of them. Raises PatternFault."""
    if not text:
        _refuse("syntax", "a pattern must not be empty", (0, 0))
    if len(text) > LONGEST_PATTERN:
        reason = f"a pattern has at most {LONGEST_PATTERN} characters"
        _refuse("syntax", reason, (LONGEST_PATTERN, len(text)))
    sign = regex_sign(text)
    if sign is not None:
        _refuse(
            "regex", f"`{text[slice(*sign)]}` belongs to regular expressions, and this is a pattern", sign
        )
    pieces = tuple(_joined(_pieces(text)))
    _check_names(pieces)
    return TextPattern(text, any_case, pieces)


def _refuse(kind: FaultKind, reason: str, span: tuple[int, int], hint: str = "") -> NoReturn:
    raise PatternFault(kind, reason, span, hint)


def _joined(pieces: Iterator[PatternPiece]) -> Iterator[PatternPiece]:
    """Pieces, with plain texts that follow each other as one."""
    before: PlainText | None = None
    for one in pieces:
        if isinstance(one, PlainText):
            before = one if before is None else PlainText(before.text + one.text, before.start, one.end)
            continue
        if before is not None:
            yield before
            before = None
        yield one
    if before is not None:
        yield before


def _pieces(text: str) -> Iterator[PatternPiece]:
    at = 0
    while at < len(text):
        here = text[at]
        if text.startswith(("{{", "}}"), at):
            yield PlainText(here, at, at + 2)
            at += 2
        elif text.startswith("{*}", at):
            yield PlainText("*", at, at + 3)
            at += 3
        elif here == "{":
            part = _read_part(text, at)
            yield part
            at = part.end
        elif here == "}":
            reason = f"`}}` at character {at + 1} closes nothing"
            _refuse("syntax", reason, (at, at + 1), "write `}}` for the character itself")
        elif here == "*":
            yield Gap("", 0, at, at + 1)
            at += 1
        else:
            yield PlainText(here, at, at + 1)
            at += 1


def _read_part(text: str, start: int) -> PatternPart | Gap:
    end = _end_of_part(text, start)
    name, colon, kind = text[start + 1 : end - 1].partition(":")
    span = (start, end)
    if not colon and not name:
        _refuse("syntax", "a part has a name or a kind", span, "write `{sku}` or `{:digits}`")
    if name and not _NAME.fullmatch(name):
        reason = f"`{name}` is not a name of a part: that is a letter, then letters, digits and `_`"
        _refuse("syntax", reason, (start + 1, start + 1 + len(name)))
    if not colon:
        return PatternPart(name, _PLAIN_KIND, 1, None, start, end)
    at = start + 2 + len(name)
    if kind.partition(" ")[0] == ANY_TEXT:
        if kind != ANY_TEXT:
            reason = f"a part of the kind `{ANY_TEXT}` has no length"
            span = (at + len(ANY_TEXT), end - 1)
            _refuse("syntax", reason, span, "take the length away, or give another kind")
        return Gap(name, 1, start, end)
    bracket = end_of_set(kind, 0) if kind.startswith("[") else -1
    cut = bracket if bracket > 0 else (kind.find(" ") if " " in kind.strip() else len(kind))
    characters = _read_kind(kind[:cut], at)
    if not kind[cut:]:
        return PatternPart(name, characters, 1, None, start, end)
    least, most = _read_length(kind[cut:], at + cut, text[start:end])
    return PatternPart(name, characters, least, most, start, end)


def _end_of_part(text: str, start: int) -> int:
    """The end of a part that begins at a place, after its `}`."""
    colon = text.find(":", start)
    at = start + 1
    if colon >= 0 and text[colon + 1 : colon + 2] == "[" and _NAME.fullmatch(text[at:colon] or "_"):
        at = max(end_of_set(text, colon + 1), at)
    end = text.find("}", at)
    if end < 0 or "{" in text[at:end]:
        reason = f"`{{` at character {start + 1} is never closed"
        hint = "close it with `}`, or write `{{` for the character itself"
        _refuse("syntax", reason, (start, start + 1), hint)
    return end + 1


def _read_kind(kind: str, at: int) -> CharacterSet:
    if kind in KINDS:
        return read_set(kind)
    span = (at, at + len(kind))
    if kind == "[":
        _refuse("syntax", "a set of characters has at least one, and ends with `]`", span, "write `[A-Z0-9]`")
    if not kind.startswith("["):
        kinds = ", ".join(f"`{one}`" for one in PART_KINDS)
        hint = f"kinds are {kinds}, or a set of characters such as `[A-Z0-9]`"
        _refuse("syntax", f"there is no kind `{kind}`" if kind else "the kind is missing", span, hint)
    try:
        return read_set(kind)
    except Invalid as invalid:
        _refuse("syntax", invalid.reason, span)


def _read_length(written: str, at: int, part: str) -> tuple[int, int]:
    """The fewest and the most characters of a part, after its kind: ` 4`, ` 2-3`."""
    length = _LENGTH.fullmatch(written[1:])
    span = (at, at + len(written))
    hint = "write one number, or two: `{code:[A-Z] 2}`, `{code:[A-Z] 2-3}`"
    if written[0] != " " or length is None:
        _refuse("syntax", f"after the kind in `{part}`, only a blank and a length may follow", span, hint)
    least = int(length[1])
    most = int(length[2] or length[1])
    if not 0 < least <= most <= LONGEST_PATTERN:
        reason = f"a length is 1 to {LONGEST_PATTERN}, the lower number first"
        _refuse("syntax", reason, span, hint)
    return least, most


def _check_names(pieces: tuple[PatternPiece, ...]) -> None:
    named: set[str] = set()
    count = 0
    for one in pieces:
        if isinstance(one, PlainText) or one.end - one.start == 1:
            continue
        count += 1
        if count > MOST_PARTS:
            _refuse("syntax", f"a pattern has at most {MOST_PARTS} parts", (one.start, one.end))
        if one.name in named:
            hint = "give one another name, or none: `{:digits}`"
            _refuse("syntax", f"two parts have the name `{one.name}`", (one.start, one.end), hint)
        if one.name:
            named.add(one.name)


@dataclass(frozen=True, slots=True)
class NamedPart:
    """A part of a text that is written into another one: `{sku}`."""

    name: str
    start: int
    end: int


def parse_replacement(text: str) -> Iterator[PlainText | NamedPart]:
    """The pieces of a text that parts are written into. Raises PatternFault."""
    for found in _OF_REPLACEMENT.finditer(text):
        written, (start, end) = found[0], found.span()
        name = found["name"]
        if name is None and written in ("{", "}"):
            hint = f"write `{written * 2}` for the character itself"
            _refuse("parts", f"`{written}` at character {start + 1} is alone", (start, end), hint)
        if name is None:
            yield PlainText(written[:1] if written in ("{{", "}}") else written, start, end)
        elif ":" in name:
            reason = "a part is written by its name alone; its kind is in the pattern"
            _refuse("parts", reason, (start, end), f"write `{{{name.partition(':')[0]}}}`")
        else:
            yield NamedPart(name, start, end)
