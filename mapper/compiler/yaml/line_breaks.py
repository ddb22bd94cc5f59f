"""Lines of YAML that an edit made too long -> the same in more lines, if they are read as the same values."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.findings import Findings
from mapper.compiler.yaml.nodes import ListNode, MapNode, every
from mapper.compiler.yaml.reader import read_yaml
from mapper.texts.named_text import Text
from mapper.values.regular_expression import pattern

_WIDTH = 110
_HEAD = pattern(r" *(?:- +)*")
_OPENING, _CLOSING, _QUOTES = "{[", "}]", "\"'"


def narrowed(before: Text, content: str) -> str:
    """A new content of a text, in which each changed line has at most 110 columns where that is possible."""
    same = {*before.content.split("\n")}
    lines = content.split("\n")
    wide = {at for at, line in enumerate(lines) if len(line.rstrip("\r")) > _WIDTH and line not in same}
    values = _values(content)

    def text(broken: set[int]) -> str:
        return "\n".join(
            part for at, line in enumerate(lines) for part in (_broken(line) if at in broken else [line])
        )

    if _values(text(wide)) != values:  # so would the lines of a block, for one, which stay as they are
        wide = {at for at in wide if _values(text({at})) == values}
    return text(wide)


def _broken(line: str) -> list[str]:
    """A line in several: after commas within braces, else at blanks within quotes, else after keys.

    A part that has no such place is a line as it is.
    """
    head = _HEAD.match(line)
    indent = " " * (head.end() + 2 if head else 2)
    ending = "\r" if line.endswith("\r") else ""
    line = line.removesuffix("\r")
    breaks = [*_breaks(line)]
    lines, start, margin = [], 0, ""
    while len(margin) + len(line) - start > _WIDTH:
        later = [one for one in breaks if start < one[0]]
        if not later:
            break
        fitting = [one for one in later if len(margin) + one[0] - start <= _WIDTH] or later[:1]
        end, _ = max(fitting, key=lambda one: (one[1], one[0]))
        lines.append(f"{margin}{line[start:end].rstrip(' ')}{ending}")
        start, margin = end, indent
        while line[start] == " ":
            start += 1
    return [*lines, f"{margin}{line[start:]}{ending}"]


def _breaks(line: str) -> Iterator[tuple[int, int]]:
    """Where a line may end, and how good a place that is."""
    quote, depth = "", 0
    for at, char in enumerate(line[:-1]):
        if quote:
            if char == "\\" and quote == '"':
                continue
            if char == quote and line[at - 1] != "\\":
                quote = ""
            elif char == " " and line[at - 1] not in " \\" and line[at + 1] not in " \\" + quote:
                yield at, 1
        elif char in _QUOTES and line[at - 1] in " {[":
            quote = char
        elif char in _OPENING:
            depth += 1
        elif char in _CLOSING:
            depth -= 1
        elif char in ",:" and depth and line[at + 1] == " ":
            yield at + 1, 2 if char == "," else -depth


def _values(content: str) -> list[object]:
    """All values of a text, with the names of each mapping."""
    root = read_yaml(Text("", content), Findings())
    found: list[object] = []
    for node in [] if root is None else every(root):
        if isinstance(node, MapNode):
            found.append([key.text for key, _ in node.entries])
        else:
            found.append(len(node.items) if isinstance(node, ListNode) else (node.value, type(node.value)))
    return found
