"""Text of another language -> the expression its author most likely meant: SQL, JavaScript, JSONPath, Liquid.

It reads loosely what `grammar` refuses, and writes JMESPath with the author's own names. What it writes is
only shown once the grammar takes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mapper.compiler.expressions.abroad import CHOICE
from mapper.compiler.expressions.grammar import parse
from mapper.compiler.expressions.loose.lexemes import Lost, Plus, cut, text_constant
from mapper.compiler.expressions.loose.operators import any_value, whole
from mapper.compiler.expressions.refusal import Refusal
from mapper.compiler.expressions.signature import check_calls
from mapper.compiler.expressions.tree import nodes

# A longer text is not shown again in a hint, and no author's slip.
_LONGEST = 400
_HOLE = re.compile(r"[{$]\{\s*(.*?)\s*\}+")


@dataclass(frozen=True, slots=True)
class Meant:
    """What an author most likely meant.

    text: an expression; or a rule, where only that says it. certain: it can mean nothing else.
    joined: the other reading of a `+`, which joins texts.
    """

    text: str
    certain: bool
    joined: str | None = None

    @property
    def is_rule(self) -> bool:
        """Whether it is written as a rule in YAML, not as an expression."""
        return self.text.startswith(CHOICE)


def meant_by(text: str) -> Meant | None:
    """What a text that is no expression here was most likely meant to be; None where nothing is likely."""
    if len(text) > _LONGEST:
        return None
    added, summed = _read(text, "add")
    if added is None or not summed:
        return added
    joined, _ = _read(text, "concat")
    return added if joined is None else Meant(added.text, False, joined.text)


def _read(text: str, plus: Plus) -> tuple[Meant | None, bool]:
    """A loose reading, and whether it holds a `+` that may be taken in two ways."""
    loose = cut(text, plus, any_value)
    try:
        written = _interpolated(text) or whole(loose)
    except (Lost, ValueError):  # a name in double quotes may be no JSON
        return None, False
    meant = Meant(written, loose.certain)
    if not meant.is_rule and (written == text or not is_taken(written)):
        return None, False
    return meant, loose.summed


def _interpolated(text: str) -> str | None:
    """A text with values in braces, `order-{{ id }}`, as the `concat` of its parts; None for any other."""
    parts = _HOLE.split(text)
    if len(parts) < 3 or not any(part.strip() for part in parts[::2]):
        return None
    if not all(is_taken(part) for part in parts[1::2]):
        return None
    written = [part.strip() if place % 2 else text_constant(part) for place, part in enumerate(parts) if part]
    return f"concat({', '.join(written)})"


def is_taken(text: str) -> bool:
    """Whether a text is an expression whose calls hold."""
    try:
        return not check_calls(nodes(parse(text)))
    except Refusal:
        return False
