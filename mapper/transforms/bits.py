"""Bits of a text in base64url, read one field after the other, as the IAB's consent strings have them."""

from __future__ import annotations

_VALUES = {
    character: value
    for value, character in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
}
# A Fibonacci code of more bits names no section there could be; nor are there so many sections.
_LONGEST_CODE = 32
_MOST_IDS = 4096


class Cut(ValueError):
    """The text ends before a field does, is no base64url, or names more than there is."""


class Bits:
    """The bits of a text, of which each character holds six."""

    def __init__(self, text: str) -> None:
        try:
            self._values = [_VALUES[character] for character in text.rstrip("=")]
        except KeyError:
            raise Cut from None
        self.at = 0

    def number(self, width: int) -> int:
        """The next number of so many bits. Raises Cut where the text ends before."""
        end = self.at + width
        if end > 6 * len(self._values):
            raise Cut
        first, last = self.at // 6, (end + 5) // 6
        made = 0
        for value in self._values[first:last]:
            made = made << 6 | value
        self.at = end
        return made >> (6 * last - end) & ((1 << width) - 1)

    def flag(self) -> bool:
        """The next bit, as a flag."""
        return self.number(1) == 1

    def skip(self, width: int) -> None:
        """Leave so many bits out."""
        if self.at + width > 6 * len(self._values):
            raise Cut
        self.at += width

    def ranges(self, wanted: int) -> bool:
        """Whether the next list of ranges of 16 bits holds a number; the list is read to its end."""
        found = False
        for _ in range(self.number(12)):
            is_range, first = self.flag(), self.number(16)
            last = self.number(16) if is_range else first
            found = found or first <= wanted <= last
        return found

    def fibonacci_ids(self) -> list[int]:
        """The next list of ranges of ascending numbers in Fibonacci code. Raises Cut for too many."""
        found: list[int] = []
        last = 0
        for _ in range(self.number(12)):
            is_range = self.flag()
            first = last + self._fibonacci()
            last = first + self._fibonacci() if is_range else first
            if len(found) + last - first >= _MOST_IDS:
                raise Cut
            found.extend(range(first, last + 1))
        return found

    def _fibonacci(self) -> int:
        made, before, weight, was_set = 0, 1, 1, False
        for _ in range(_LONGEST_CODE):
            is_set = self.flag()
            if is_set and was_set:
                return made
            made += weight if is_set else 0
            before, weight, was_set = weight, before + weight, is_set
        raise Cut
