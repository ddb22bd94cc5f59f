"""The nodes of a YAML document, each with its exact place in the text."""

from __future__ import annotations

from dataclasses import field
from typing import TypeAlias

from mapper.compiler.yaml.parser_input import ParserInput
from mapper.compiler.yaml.scalars import ScalarValue, pieces
from mapper.texts.named_text import Span, Style
from mapper.values.frozen import dataclass


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A scalar: `text` is its decoded text, `value` what that text is to YAML 1.2's core schema."""

    source: ParserInput = field(repr=False, compare=False)
    start: int
    end: int
    value: ScalarValue
    text: str
    style: Style

    @property
    def span(self) -> Span:
        """The whole scalar in the text, quotes included; empty where nothing is written."""
        return self.source.span(self.start, self.end)

    def at(self, start: int, end: int) -> Span:
        """The span of characters `start` up to `end` of the decoded text."""
        content, ends = self.source.content, self.end
        quote = 0 if self.style == "plain" else 1
        # Written as it reads: an escape is longer than its character, and a folded line has a break.
        if content[self.start + quote : ends - quote] == self.text and 0 <= start < end <= len(self.text):
            return self.source.span(self.start + quote + start, self.start + quote + end)
        if self.style in ("literal", "folded"):  # its line breaks at the end are outside of its span
            ends = len(content) - len(content[ends:].lstrip())
        found = pieces(content[self.start : ends], self.style, self.text)
        if not found or not 0 <= start <= end <= len(found):
            return self.span
        first = found[start][1] if start < len(found) else found[-1][2]
        last = found[end - 1][2] if end > start else first
        return self.source.span(self.start + first, self.start + last)


@dataclass(frozen=True, slots=True)
class ListNode:
    """A list. `partial` where an element was left out because a diagnostic already speaks of it."""

    source: ParserInput = field(repr=False, compare=False)
    start: int
    end: int
    items: tuple[YamlNode, ...]
    partial: bool = False

    @property
    def span(self) -> Span:
        """The whole list in the text: with its brackets, or from the first dash to the last value."""
        return self.source.span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class MapNode:
    """A mapping, in the author's order, each key once.

    unread: keys of the text that are not in `entries`, because a diagnostic already reports them
    (`""` where the key itself could not be read).
    """

    source: ParserInput = field(repr=False, compare=False)
    start: int
    end: int
    entries: tuple[tuple[ScalarNode, YamlNode], ...]
    unread: tuple[str, ...] = ()

    @property
    def span(self) -> Span:
        """The whole mapping in the text: with its braces, or from the first key to the last value."""
        return self.source.span(self.start, self.end)


YamlNode: TypeAlias = ScalarNode | ListNode | MapNode


def children(node: YamlNode) -> tuple[YamlNode, ...]:
    """The values directly within a node; the keys of a mapping are none."""
    match node:
        case ScalarNode():
            return ()
        case ListNode():
            return node.items
        case MapNode():
            return tuple([value for _, value in node.entries])


def every(root: YamlNode) -> list[YamlNode]:
    """A node and all values within it, parents first."""
    found: list[YamlNode] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting.extend(reversed(children(node)))
    return found


def height(node: YamlNode) -> int:
    """The number of levels of nodes, this one included."""
    return 1 + max(map(height, children(node)), default=0)
