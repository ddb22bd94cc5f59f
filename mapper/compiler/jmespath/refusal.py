"""Refusal: why a text is not taken as an expression, where, and what is known of the place."""

from __future__ import annotations

import unicodedata
from typing import TypeAlias

from mapper.texts.named_text import Locate, Span, Style
from mapper.values.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Expected:
    """The expected part: the kind of a token, `name`, `value`, `index`, `key`, `token` or `JSON`."""

    what: str


@dataclass(frozen=True, slots=True)
class InPlace:
    """The text in place of some characters of an expression; in a refusal nothing else can be meant."""

    start: int
    end: int
    written: str


@dataclass(frozen=True, slots=True)
class UnknownFunction:
    """A call of a function that there is not, by its name and how many arguments it has.

    own: the functions of the mapping.
    """

    name: str
    arguments: int
    own: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CalledVariable:
    """A call of `$name`. is_function: there is a function of that name, in the mapping or in any."""

    name: str
    is_function: bool


RefusalFact: TypeAlias = Expected | InPlace | UnknownFunction | CalledVariable | None


@dataclass(eq=False)
class Refusal(Exception):
    """Ends the reading of one expression; `parse_expression` makes a Diagnostic of it.

    start, end: characters of the expression's text, `end` exclusive. fact: what else is known of them.
    """

    code: str
    start: int
    end: int
    message: str
    hint: str | None = None
    fact: RefusalFact = None


@dataclass(frozen=True, slots=True)
class Refused:
    """An expression that was refused, as written in its file.

    others: code and place of all else that is wrong in it; None where one of them says what is meant.
    tables: the names of those that its file has.
    """

    text: str
    locate: Locate
    style: Style
    refusal: Refusal
    others: tuple[tuple[str, Span], ...] | None = ()
    tables: frozenset[str] = frozenset()


def coded(text: str) -> str:
    """Text as code in a message or a hint, also where it holds backticks."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def printable(text: str) -> str:
    """Text as a message can show it: a character that cannot be seen is named by its code point."""
    if len(text) == 1 and not (text.isascii() and text.isprintable()):
        name = unicodedata.name(text, "").lower()
        return f"U+{ord(text):04X}" + (f" ({name})" if name else "")
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
