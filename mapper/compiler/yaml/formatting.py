"""Text of a mapping -> the same text formatted: only whitespace differs, and the result proves it.

Two spaces a level, also before the dashes of a list; one after `:`, `-` and `,`; none inside braces and at
the ends of lines; one empty line at most. Nothing is quoted, sorted or wrapped. A comment moves with the line
that it is written for; the blanks before one at the end of a line stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mapper.compiler.findings import most_mistakes
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode, children
from mapper.compiler.yaml.reader import read_yaml
from mapper.texts.diagnostic import has_errors
from mapper.texts.named_text import Text

_STEP = 2
_BLANKS = " \t"
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_COLON = re.compile(r"([ \t]*):([ \t]*)")
_COMMA = re.compile(r"[ \t]*,[ \t]*")
_END = re.compile(r"[ \t]*(,?)[ \t]*")
_BETWEEN = re.compile(r"(?:[ \t]|\r?\n|#[^\n]*\n)*")
_INDICATOR = re.compile(r"[|>][+-]?[1-9]")


class CannotFormat(ValueError):
    """The reason that a text is left as it is: it has errors, or would not read the same."""


def formatted(text: Text) -> Text:
    """A mapping formatted; the same one if it is. Raises CannotFormat."""
    root = _read(text)
    made = text.content if root is None else _Layout(text).write(root)
    if root is None or made == text.content:
        return text
    now = Text(text.name, made)
    other = _read(now)
    if other is None or _shape(root) != _shape(other) or _letters(text.content) != _letters(made):
        raise CannotFormat("it would not read the same")
    return now


def _read(text: Text) -> YamlNode | None:
    with most_mistakes(text) as found:
        node = read_yaml(text, found)
        if not has_errors(found):
            return node
    raise CannotFormat("it has errors; `mapper check` shows them")


def _letters(content: str) -> str:
    return "".join(content.split())


def _shape(node: YamlNode) -> object:
    """The content of a node, and how each of its parts is written."""
    if isinstance(node, ScalarNode):
        return node.style, node.text, repr(node.value)
    mark = node.span.text.content[node.span.start : node.span.start + 1]
    form = mark if mark in ("{", "[") else ""
    if isinstance(node, MapNode):
        return form, tuple((_shape(key), _shape(value)) for key, value in node.entries)
    return form, tuple(map(_shape, node.items))


@dataclass(slots=True)
class _Layout:
    """The layout of one text. indents: by line, the blanks that it begins with. edits: within lines.

    moved: lines that move as the line does that another node begins in. kept: lines whose ends are content.
    """

    text: Text
    indents: dict[int, int] = field(default_factory=dict)
    edits: dict[int, tuple[int, str]] = field(default_factory=dict)
    moved: dict[int, int] = field(default_factory=dict)
    kept: set[int] = field(default_factory=set)

    def write(self, root: YamlNode) -> str:
        """The whole text in its layout."""
        self._place(root, 0)
        return "".join(_few_blank_lines([*self._lines()], self.kept))

    def _line(self, offset: int) -> int:
        return self.text.position(offset)[0]

    def _begins_line(self, offset: int) -> bool:
        content = self.text.content
        return not content[content.rfind("\n", 0, offset) + 1 : offset].strip(_BLANKS + "\ufeff")

    def _place(self, node: YamlNode, indent: int) -> None:
        """Lay out a node whose lines begin at a column, or whose first line is that of what leads to it."""
        span = node.span
        mark = self.text.content[span.start : span.start + 1]
        if isinstance(node, ScalarNode) or mark in ("{", "["):
            self._place_whole(node, indent)
        elif isinstance(node, MapNode):
            for key, value in node.entries:
                self._begin(key.span.start, indent)
                self._after_key(key, value)
                self._place(value, indent + _STEP)
        else:
            for item in node.items:
                dash = self._dash(item)
                self._begin(dash, indent)
                start = item.span.start
                if item.span.end > start and self._line(start) == self._line(dash):
                    self.edits[dash + 1] = (start, " ")
                self._place(item, indent + _STEP)

    def _begin(self, offset: int, indent: int) -> None:
        if self._begins_line(offset):
            self.indents[self._line(offset)] = indent

    def _dash(self, item: YamlNode) -> int:
        """The dash before an element, with blanks and comments alone between the two."""
        content, start = self.text.content, item.span.start
        dash = content.rfind("-", 0, start)
        while dash >= 0 and not _BETWEEN.fullmatch(content, dash + 1, start):
            dash = content.rfind("-", 0, dash)
        if dash < 0:
            raise CannotFormat("a list in it cannot be formatted")
        return dash

    def _place_whole(self, node: YamlNode, indent: int) -> None:
        """Lay out a scalar, or what is in braces: its later lines move with its first one."""
        span = node.span
        if span.end > span.start:
            self._begin(span.start, indent)
        first, last = self._line(span.start), self._line(max(span.start, span.end - 1))
        if isinstance(node, ScalarNode):
            if node.style in ("literal", "folded"):
                self.kept.update(range(first + 1, last + 1))
                self._place_block(node, first, last, indent)
                return
            self.kept.update(range(first, last))
        else:
            self._in_braces(node)
        self.moved.update(dict.fromkeys(range(first + 1, last + 1), first))

    def _place_block(self, node: ScalarNode, first: int, last: int, indent: int) -> None:
        """Lay out a block of text, all of whose lines move alike."""
        lines = [self.text.line(number) for number in range(first + 1, last + 1)]
        columns = [len(line) - len(line.lstrip(" ")) for line in lines if line.strip()]
        header = self.text.content[node.span.start : node.span.start + 3]
        if not columns:
            return
        if _INDICATOR.match(header):
            raise CannotFormat("a text in it has an indentation of its own")
        by = indent - min(columns)
        for number, line in enumerate(lines, first + 1):
            if line.strip():
                self.indents[number] = len(line) - len(line.lstrip(" ")) + by

    def _after_key(self, key: ScalarNode, value: YamlNode) -> None:
        """One blank after the colon, none before it."""
        end, start = key.span.end, value.span.start
        found = _COLON.match(self.text.content, end)
        if found is None:
            raise CannotFormat("a key in it cannot be formatted")
        is_beside = value.span.end > start and self._line(start) == self._line(end) and found.end() == start
        self.edits[end] = (found.end(), ": ") if is_beside else (found.start(2), ":")

    def _in_braces(self, node: YamlNode) -> None:
        """One blank after each comma in braces, none inside of them, where no line ends."""
        parts: list[tuple[int, int]] = []
        if isinstance(node, MapNode):
            for key, value in node.entries:
                if _COLON.match(self.text.content, key.span.end) is None:
                    raise CannotFormat("braces in it cannot be formatted")
                self._after_key(key, value)
                end = max(key.span.end + 1, value.span.end)
                parts.append((key.span.start, end))
        elif isinstance(node, ListNode):
            parts += [(item.span.start, item.span.end) for item in node.items]
        self._gaps(node, parts)
        for child in children(node):
            self._place_inside(child)

    def _gaps(self, node: YamlNode, parts: list[tuple[int, int]]) -> None:
        content = self.text.content
        at = node.span.start + 1
        for number, (start, end) in enumerate(parts):
            gap = content[at:start]
            if number == 0 and not gap.strip(_BLANKS):
                self.edits[at] = (start, "")
            elif number and _COMMA.fullmatch(gap):
                self.edits[at] = (start, ", ")
            at = end
        last = node.span.end - 1
        found = _END.fullmatch(content, at, last) if last >= at else None
        if found is not None:
            self.edits[at] = (last, found.group(1))

    def _place_inside(self, node: YamlNode) -> None:
        """Lay out what is inside of braces: it begins no line of its own."""
        if isinstance(node, ScalarNode):
            first, last = self._line(node.span.start), self._line(max(node.span.start, node.span.end - 1))
            self.kept.update(range(first, last))
        else:
            self._in_braces(node)

    def _lines(self) -> Iterator[tuple[int, str]]:
        """The lines in their layout, each with its number."""
        found = [(one.start(), one.group()) for one in _LINE.finditer(self.text.content)]
        before = [len(line) - len(line.lstrip(" ")) for _, line in found]
        after = self._columns(found, before)
        edits: dict[int, list[tuple[int, int, str]]] = {}
        for offset, (stop, instead) in sorted(self.edits.items()):
            edits.setdefault(self._line(offset), []).append((offset, stop, instead))
        for number, (start, line) in enumerate(found, 1):
            written = self._edited(start, line, edits.get(number, ()))
            if number in self.kept and number not in self.indents and number not in self.moved:
                yield number, written
                continue
            line_end = "\r\n" if written.endswith("\r\n") else "\n"
            text = written.rstrip("\r\n")
            text = text if number in self.kept else text.rstrip(_BLANKS)
            shown = " " * after[number - 1] + text.lstrip(" ") if text.strip(_BLANKS) else ""
            yield number, shown + line_end

    def _columns(self, found: list[tuple[int, str]], before: list[int]) -> list[int]:
        """The column of each line's first letter in the layout."""
        after = list(before)
        for number in range(1, len(found) + 1):
            if number in self.indents:
                after[number - 1] = self.indents[number]
        for number, leader in sorted(self.moved.items()):
            if number not in self.indents:
                after[number - 1] = max(before[number - 1] + after[leader - 1] - before[leader - 1], 0)
        known = {
            number for number in range(1, len(found) + 1) if number in self.indents or number in self.moved
        }
        for number in range(len(found), 0, -1):
            text = found[number - 1][1].strip()
            if number not in known and text.startswith("#"):
                after[number - 1] = self._comment_column(number, before, after)
                known.add(number)
        return after

    def _comment_column(self, number: int, before: list[int], after: list[int]) -> int:
        """The column of a comment: that of the next line if it is right above, else of the last one that it
        is in line with.
        """
        column = before[number - 1]
        next_one = next((one for one in range(number + 1, len(before) + 1) if one in self.indents), None)
        if next_one is not None and before[next_one - 1] == column:
            return after[next_one - 1]
        for one in range(number - 1, 0, -1):
            if one in self.indents and before[one - 1] == column:
                return after[one - 1]
        return column if next_one is None else max(column + after[next_one - 1] - before[next_one - 1], 0)

    def _edited(self, start: int, line: str, edits: Iterable[tuple[int, int, str]]) -> str:
        """A line with its edits: each a begin, an end, and what is written there."""
        parts, at, stop = [], start, start + len(line)
        content = self.text.content
        for offset, end, instead in edits:
            if at <= offset and end <= stop:
                parts += [content[at:offset], instead]
                at = end
        return "".join([*parts, content[at:stop]])


def _few_blank_lines(lines: list[tuple[int, str]], kept: set[int]) -> Iterator[str]:
    """The lines, of several empty ones one, and none at the beginning and end."""
    while lines and not lines[-1][1].strip() and lines[-1][0] not in kept:
        lines.pop()
    was_blank = True
    for number, line in lines:
        is_blank = not line.strip() and number not in kept
        if not (is_blank and was_blank):
            yield line
        was_blank = is_blank
