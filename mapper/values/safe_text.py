"""SafeText: what may be printed and kept where nobody may see an event's values."""

from __future__ import annotations

from typing import LiteralString


class SafeText(str):
    """A text that has no way to hold a value of an event.

    It is a constant text of this package, with counts and other safe texts in its braces. What is neither was
    known before any event (names of the mapping, of its target and of files, places): `known` says so. A test
    reads all calls: that each text is a constant, and where `known` is called.
    """

    __slots__ = ()

    def __new__(cls, text: LiteralString, *parts: int | SafeText) -> SafeText:
        """The text, with the parts in place of its braces. Raises TypeError for any other part."""
        if not parts:
            return str.__new__(cls, text)
        for part in parts:
            if type(part) is not int and not isinstance(part, SafeText):
                raise TypeError("a part of a safe text is a count or a safe text")
        return str.__new__(cls, text.format(*parts))

    @staticmethod
    def known(name: str) -> SafeText:
        """A name that was known before any event."""
        return str.__new__(SafeText, name)

    @staticmethod
    def joined(between: LiteralString, parts: list[SafeText]) -> SafeText:
        """Safe texts one after another."""
        return str.__new__(SafeText, between.join(parts))


NOTHING = SafeText("")
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


def span(seconds: float) -> SafeText:
    """A length of time in a log line or a reason: `12 s`, `29 min 57 s`, `2 h 53 min`, `1 d 1 h 47 min`.

    It is rounded down, and a unit of which there is none is left out.
    """
    whole = max(int(seconds), 0)
    hours, minutes = whole % _DAY // _HOUR, whole % _HOUR // _MINUTE
    parts = [(whole // _DAY, SafeText("d")), (hours, SafeText("h")), (minutes, SafeText("min"))]
    if whole < _HOUR:
        parts.append((whole % _MINUTE, SafeText("s")))
    told = [SafeText("{:,} {}", count, unit) for count, unit in parts if count]
    return SafeText.joined(" ", told) if told else SafeText("0 s")


class SafeError(OSError):
    """An error outside of the program, in words of its own."""

    def __init__(self, reason: SafeText) -> None:
        super().__init__(reason)
        self.reason = reason


class Hidden:
    """A value of an event that shows itself only to who asks for it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The value itself: not for logs, messages or files that nobody asked to have it in."""
        return self._text

    def __repr__(self) -> str:
        return "Hidden(***)" if self._text else "Hidden()"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hidden) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)
