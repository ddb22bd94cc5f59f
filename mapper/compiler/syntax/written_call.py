"""Expressions at places of their own -> one call that has them as arguments, each still at its place."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from mapper.compiler.file_reading import FileReading
from mapper.compiler.jmespath.expression import Expression
from mapper.texts.named_text import Locate, Span, Style
from mapper.values.frozen import dataclass

_BETWEEN = ", "


@dataclass(frozen=True, slots=True)
class WrittenArgument:
    """The text of an expression in a file. locate: from its characters to the span in the file."""

    text: str
    locate: Locate


@dataclass(frozen=True, slots=True)
class WrittenCall:
    """Expressions that are the arguments of one call.

    begun: the text of the call before them, with its parenthesis. whole, style: the span of the value that
    they are written in, and how its file quotes it.
    """

    begun: str
    arguments: Sequence[WrittenArgument]
    whole: Span
    style: Style

    def read(self, reading: FileReading) -> Expression | None:
        """The call; None, and a diagnostic, where it is none."""
        lengths = [len(one.text) + len(_BETWEEN) for one in self.arguments]
        starts = list(accumulate(lengths[:-1], initial=len(self.begun)))

        def locate(start: int, end: int) -> Span:
            """The span of some characters: within one argument its own, else the whole value."""
            place = bisect_right(starts, start) - 1
            if place < 0 or end > starts[place] + len(self.arguments[place].text):
                return self.whole
            return self.arguments[place].locate(start - starts[place], end - starts[place])

        text = f"{self.begun}{_BETWEEN.join(one.text for one in self.arguments)})"
        return reading.expression(text, locate, self.style)
