"""A text of any language of expressions, cut into lexemes: what a loose reading goes through."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from mapper.values.frozen import dataclass
from mapper.values.regular_expression import pattern

Plus = Literal["add", "concat"]
"""How a `+` between two values of unknown types is read."""
Slash = Literal["divide", "path"]
"""How a `/` between two names is read."""

_DEEPEST = 24
_LEXEME = pattern(
    r"""(?P<space>\s+)
    |(?P<word>[^\W\d]\w*)
    |(?P<variable>\$[A-Za-z_]\w*)
    |(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+(?:Z|[+-][0-9:]+)?)?(?![\w-]))
    |(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    |(?P<quoted>"(?:[^"\\]|\\.)*")
    |(?P<text>'(?:[^'\\]|\\.)*')
    |(?P<json>`(?:[^`\\]|\\.)*`)
    |(?P<mark>\[\]|\[\?|&&|\|\||===|!==|!=|==|<>|<=|>=|\?\?|\?\.|->>?|::|//|\.\.|\\\\?|.)""",
    re.VERBOSE | re.DOTALL,
)
_CURLY = "\u2018\u2019\u201c\u201d"
_STRAIGHT = str.maketrans(dict.fromkeys(_CURLY, "'"))
_TEMPLATE = pattern(r"\s*(?:\{\{-?(?P<braces>.*?)-?\}\}|[$%]\{(?P<dollar>.*)\})\s*", re.DOTALL)
_PLAIN = pattern(r"[A-Za-z_][A-Za-z0-9_]*")


class Lost(Exception):
    """Raised where not even a loose reading makes sense of the text."""


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A part that was read, as it is written here, and its kind: a name, a text, a number, or other."""

    text: str
    kind: Literal["name", "text", "quoted", "number", "value"] = "value"


@dataclass(slots=True)
class Loose:
    """The position of the loose reading of a text: before the lexeme at `place`.

    inner: reads a whole value between brackets. filters: it is a template, in which `|` calls a function.
    certain: nothing was guessed so far; summed: it holds a `+` that may add or join; slashed: a `/` that may
    divide or go on with a path; colon: a path with colons. of_jq: it begins paths with a dot, as jq does.
    of_none: it names no list, and has `LIST` in its place. picks: what was read are the few elements of a
    list that equal something. in_brackets: it is in brackets after a value. stops: words, in small letters,
    that end a value.
    """

    lexemes: list[tuple[str, str]]
    inner: Callable[[Loose], Lexeme]
    filters: bool
    plus: Plus
    slash: Slash = "divide"
    certain: bool = True
    summed: bool = False
    slashed: bool = False
    colon: bool = False
    of_jq: bool = False
    of_none: bool = False
    picks: bool = False
    in_brackets: bool = False
    stops: frozenset[str] = frozenset()
    place: int = 0
    depth: int = 0

    def peek(self, ahead: int = 0) -> tuple[str, str]:
        """The kind and text of the next lexeme but `ahead`, blanks left out."""
        left = ahead
        for at in range(self.place, len(self.lexemes)):
            if self.lexemes[at][0] != "space":
                if left == 0:
                    return self.lexemes[at]
                left -= 1
        return "end", ""

    def take(self) -> str:
        """The text of the next lexeme, which the reading then has passed."""
        while self.lexemes[self.place][0] == "space":
            self.place += 1
        self.place += 1
        return self.lexemes[self.place - 1][1]

    def takes(self, *written: str) -> bool:
        """Whether one of some marks or words comes next; it is taken then."""
        kind, text = self.peek()
        if kind in ("mark", "word") and text in written:
            self.take()
            return True
        return False

    def expect(self, mark: str) -> None:
        """Take a mark. Raises Lost at another lexeme."""
        if not self.takes(mark):
            raise Lost

    def is_close(self) -> bool:
        """Whether the next lexeme follows the last without a blank."""
        return self.place < len(self.lexemes) and self.lexemes[self.place][0] != "space"

    def word(self) -> str:
        """The next lexeme in small letters, if it is a word."""
        kind, text = self.peek()
        return text.lower() if kind == "word" else ""

    def listed(self) -> list[str]:
        """Values with commas between them."""
        parts = [self.inner(self).text]
        while self.takes(",") and self.peek()[1] not in (")", "]"):
            parts.append(self.inner(self).text)
        return parts

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Read what is inside as nested one level deeper. Raises Lost where that is too deep."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Lost
        yield
        self.depth -= 1


def cut(text: str, plus: Plus, slash: Slash, inner: Callable[[Loose], Lexeme]) -> Loose:
    """A text before its loose reading; braces of a template around it are left out."""
    template = _TEMPLATE.fullmatch(text)
    within = text if template is None else template["braces"] or template["dollar"] or ""
    within = within.replace("\N{NO-BREAK SPACE}", " ")
    straight = within if "'" in within or '"' in within else within.translate(_STRAIGHT)
    lexemes = [(match.lastgroup or "", match.group()) for match in _LEXEME.finditer(straight)]
    filters = bool(template and template["braces"])
    return Loose(lexemes, inner, filters, plus, slash, certain=template is None)


def places_of(text: str) -> list[tuple[int, int]]:
    """The offsets where the lexemes of a text begin and end, blanks left out."""
    return [(start, end) for _, start, end in lexemes_of(text)]


def lexemes_of(text: str) -> list[tuple[str, int, int]]:
    """The lexemes of a text, blanks left out: of each the kind, and where it begins and ends."""
    found = (match for match in _LEXEME.finditer(text) if match.lastgroup != "space")
    return [(match.lastgroup or "", *match.span()) for match in found]


def written_name(text: str) -> str:
    """A name as an expression has it: in double quotes where it needs them."""
    return text if is_plain_value(text) else json.dumps(text, ensure_ascii=False)


def is_plain_value(text: str) -> bool:
    """Whether a name needs no quotes."""
    return _PLAIN.fullmatch(text) is not None
