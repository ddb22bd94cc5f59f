"""The nodes of a YAML document, each with its exact place in the text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from mapper.compiler.mended import Mended
from mapper.compiler.scalar import Constant, Style, pieces
from mapper.text import Span


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A scalar: `text` is its decoded text, `value` what that text is to YAML 1.2's core schema."""

    source: Mended = field(repr=False, compare=False)
    start: int
    end: int
    value: Constant
    text: str
    style: Style

    @property
    def span(self) -> Span:
        """The whole scalar in the text, quotes included; empty where nothing is written."""
        return self.source.span(self.start, self.end)

    def at(self, start: int, end: int) -> Span:
        """Where characters `start` up to `end` of the decoded text stand in the text."""
        found = pieces(self.source.content[self.start : self.end], self.style, self.text)
        if not found or not 0 <= start <= end <= len(found):
            return self.span
        first = found[start][1] if start < len(found) else found[-1][2]
        last = found[end - 1][2] if end > start else first
        return self.source.span(self.start + first, self.start + last)


@dataclass(frozen=True, slots=True)
class ListNode:
    """A list. `partial` where an element was left out because a diagnostic already speaks of it."""

    span: Span
    items: tuple[Node, ...]
    partial: bool = False


@dataclass(frozen=True, slots=True)
class MapNode:
    """A mapping, in the author's order, each key once.

    unread: keys that stand in the text and not in `entries`, because a diagnostic already speaks of them.
    """

    span: Span
    entries: tuple[tuple[ScalarNode, Node], ...]
    unread: tuple[str, ...] = ()


Node: TypeAlias = ScalarNode | ListNode | MapNode
