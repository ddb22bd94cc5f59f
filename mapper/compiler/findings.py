"""Diagnostics as they are found while a text is checked; where there are too many, they end the check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Text

# Nobody fixes more at a time, and the nearest word is looked up again for each.
MOST_MISTAKES = 100
# With the warnings. Advice is not counted: a large mapping may have some for each section.
MOST_DOUBTS = 500


class TooMany(Exception):
    """There is more than is looked at; its message says of what."""


class Findings:
    """Diagnostics in the order in which they were found.

    Those of `most_mistakes` are limited: they end the check with TooMany once there are too many of them, so
    that no check has to ask whether to go on.
    """

    __slots__ = ("_doubts", "_is_limited", "_mistakes", "_said")

    def __init__(self, *, is_limited: bool = False) -> None:
        self._said: list[Diagnostic] = []
        self._is_limited = is_limited
        self._mistakes = self._doubts = 0

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self._said)

    def __len__(self) -> int:
        return len(self._said)

    def say(self, one: Diagnostic) -> None:
        """Add a diagnostic at the end. Raises TooMany."""
        self._said.append(one)
        if not self._is_limited:
            return
        self._mistakes += one.severity == "error"
        self._doubts += one.severity != "advice"
        if self._mistakes > MOST_MISTAKES:
            raise TooMany(f"more than {MOST_MISTAKES} errors")
        if self._doubts > MOST_DOUBTS:
            raise TooMany(f"more than {MOST_DOUBTS} warnings")

    def say_all(self, more: Iterable[Diagnostic]) -> None:
        """Add diagnostics at the end, one by one. Raises TooMany."""
        for one in more:
            self.say(one)

    def since(self, start: int) -> list[Diagnostic]:
        """The diagnostics less the first `start`."""
        return self._said[start:]

    def replace(self, start: int, others: Iterable[Diagnostic]) -> None:
        """Put others in place of the diagnostics after the first `start`. None of them is counted again."""
        self._said[start:] = others

    def apart(self) -> Findings:
        """Empty findings that are limited where these are."""
        return Findings(is_limited=self._is_limited)

    def again(self, start: int, more: Iterable[Diagnostic] = ()) -> Findings:
        """Findings apart that begin with the first `start` of these and with more, without counting them."""
        other = self.apart()
        other._said = [*self._said[:start], *more]
        return other

    def copied(self) -> Findings:
        """The same diagnostics, counted as here."""
        other = self.again(len(self))
        other._mistakes, other._doubts = self._mistakes, self._doubts
        return other


@contextmanager
def most_mistakes(text: Text, before: Findings | None = None) -> Iterator[Findings]:
    """Findings for a text that are limited; where there is too much the block ends, and they say so.

    before: what was found already, which they begin with.
    """
    found = Findings(is_limited=True) if before is None else before.copied()
    try:
        yield found
    except TooMany as much:
        end = text.span(len(text.content), len(text.content))
        hint = "fix the errors above first" if len(found) > MOST_MISTAKES else "split the mapping"
        found.replace(len(found), [Diagnostic("M009", end, f"{much}: the rest was not checked", hint)])
