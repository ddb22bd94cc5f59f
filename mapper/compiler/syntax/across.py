"""`across: [a, b]` -> the expression `across(a, b)`, each part of which is at its own place in the file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from mapper.compiler.jmespath.expression import Expression, parse_expression
from mapper.compiler.syntax.shapes import is_text, wrong_shape
from mapper.compiler.yaml.nodes import ListNode, ScalarNode, YamlNode
from mapper.diagnostic import Diagnostic
from mapper.frozen import dataclass
from mapper.text import Span

_BEGIN, _BETWEEN = "across(", ", "
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class _Joined:
    """Where the parts of the expression are in the file. starts: where each begins in its text."""

    parts: Sequence[ScalarNode]
    starts: Sequence[int]
    whole: Span

    def locate(self, start: int, end: int) -> Span:
        """The span of some characters: within one part its own, else that of the whole list."""
        place = bisect_right(self.starts, start) - 1
        if place < 0 or end > self.starts[place] + len(self.parts[place].text):
            return self.whole
        return self.parts[place].at(start - self.starts[place], end - self.starts[place])


def read_across(node: YamlNode, found: list[Diagnostic]) -> Expression | None:
    """The expression that a list of objects means; None, and a diagnostic, where it is no such list."""
    hint = "write `across: [OBJECT, OBJECT, ...]`; for a single one, `from: OBJECT`"
    if not isinstance(node, ListNode):
        wrong_shape(node, "`across` must be a list of two or more objects", found, hint)
        return None
    if len(node.items) < _FEWEST and not node.partial:
        count = "a single one" if node.items else "none"
        found.append(Diagnostic("M022", node.span, f"`across` needs two or more objects, not {count}", hint))
        return None
    parts = [one for item in node.items if (one := _part(item, found)) is not None]
    if len(parts) < len(node.items) or node.partial:
        return None
    lengths = [len(one.text) + len(_BETWEEN) for one in parts]
    starts = list(accumulate(lengths[:-1], initial=len(_BEGIN)))
    text = f"{_BEGIN}{_BETWEEN.join(one.text for one in parts)})"
    return parse_expression(text, _Joined(parts, starts, node.span).locate, found, parts[0].style)


def _part(item: YamlNode, found: list[Diagnostic]) -> ScalarNode | None:
    """One of the objects, if it is an expression."""
    if not isinstance(item, ScalarNode) or not is_text(item):
        hint = "name any other value under `let`, and write `$name` here"
        wrong_shape(item, "each entry of `across` must be an expression", found, hint)
        return None
    return None if parse_expression(item.text, item.at, found, item.style) is None else item
