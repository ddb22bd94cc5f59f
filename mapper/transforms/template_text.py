"""The text of a template -> its parts: texts, values in braces, brackets that are left out.

`{brand} - {name}[ ({variant})]`. A mapping has a path in each pair of braces; the function `template` has
nothing there, and takes the values in their order.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, TypeAlias

from mapper.values.frozen import dataclass

# No field takes a longer text.
LONGEST_TEMPLATE = 2_000
DEEPEST = 2
# Characters that mean themselves where they are written so.
CHARACTERS = {"{{": "{", "}}": "}", "{[}": "[", "{]}": "]"}
_PART = re.compile(r'\{\{|\}\}|\{[\[\]]\}|\{(?:[^"{}]|"(?:[^"\\]|\\.)*+")*+\}|[\[\]{}]|[^\[\]{}]+', re.DOTALL)
_MOST_KEPT = 512

TemplateProblem: TypeAlias = Literal["unclosed", "stray", "deep", "bare", "double"]


@dataclass(frozen=True, slots=True)
class TemplatePart:
    """Characters `start` up to `end` of a template. text: the text, or what is between the braces."""

    kind: Literal["text", "value", "open", "close"]
    start: int
    end: int
    text: str = ""


# Not frozen, as exceptions are not.
@dataclass(eq=False)
class TemplateFault(Exception):
    """The place where a template cannot be read, and the reason.

    unclosed: a brace or bracket is not closed. stray: one is closed that is not open. deep: too many brackets
    within each other. bare: nothing can be absent in a bracket. double: a bracket has only a bracket.
    """

    fault: TemplateProblem
    start: int
    end: int


def template_parts(template: str) -> tuple[TemplatePart, ...]:
    """The parts of a template, in order. Raises TemplateFault."""
    parts: list[TemplatePart] = []
    opened: list[int] = []
    for found in _PART.finditer(template):
        part = _part(found[0], found.start(), found.end())
        if part.kind == "open":
            opened.append(len(parts))
            if len(opened) > DEEPEST:
                raise TemplateFault("deep", part.start, part.end)
        elif part.kind == "close":
            if not opened:
                raise TemplateFault("stray", part.start, part.end)
            _check_bracket(parts[opened.pop() :], part.end)
        parts.append(part)
    if opened:
        raise TemplateFault("unclosed", parts[opened[-1]].start, parts[opened[-1]].end)
    return tuple(parts)


def _part(written: str, start: int, end: int) -> TemplatePart:
    if written in CHARACTERS:
        return TemplatePart("text", start, end, CHARACTERS[written])
    if written in ("[", "]"):
        return TemplatePart("open" if written == "[" else "close", start, end)
    if written in ("{", "}"):
        raise TemplateFault("unclosed" if written == "{" else "stray", start, end)
    if written[0] == "{":
        return TemplatePart("value", start, end, written[1:-1])
    return TemplatePart("text", start, end, written)


def _check_bracket(inner: list[TemplatePart], end: int) -> None:
    """Raise TemplateFault for a bracket that could as well not be there. inner: from `[`, without its `]`."""
    start, kinds = inner[0].start, [part.kind for part in inner[1:]]
    if "value" not in kinds:
        raise TemplateFault("bare", start, end)
    if kinds[0] == "open" and kinds[-1] == "close" and kinds.count("open") == 1:
        raise TemplateFault("double", start, end)


# A text; the number of a value; or what is in a bracket.
Layout: TypeAlias = "tuple[str | int | Layout, ...]"


@lru_cache(maxsize=_MOST_KEPT)
def layout_of(template: str) -> tuple[Layout, int]:
    """The layout to join, and how many values there are, of a template with nothing in its braces.

    Raises TemplateFault.
    """
    parts = template_parts(template)
    levels: list[list[str | int | Layout]] = [[]]
    count = 0
    for part in parts:
        if part.kind == "open":
            levels.append([])
        elif part.kind == "close":
            inner = tuple(levels.pop())
            levels[-1].append(inner)
        elif part.kind == "value":
            if part.text.strip():
                raise TemplateFault("stray", part.start, part.end)
            levels[-1].append(count)
            count += 1
        else:
            levels[-1].append(part.text)
    return tuple(levels[0]), count
