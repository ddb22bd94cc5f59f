"""The facts of mistakes in a schema, from which `compiler/advice/` makes fixes."""

from __future__ import annotations

from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass


@dataclass(frozen=True, slots=True)
class MeantJson:
    """The JSON that is meant in place of a key or value, its quotes included."""

    span: Span
    text: str
