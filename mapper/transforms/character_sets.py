"""Sets of characters as a mapping writes them: a kind (`digits`), `[A-Za-z0-9]`, `[^,]`, or one character.

Transforms and patterns share this notation. A set has no escapes: `]` is a character of it where it is the
first, `-` where it is the first or the last, `^` where it is not the first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Literal

from mapper.transforms.mark_ranges import marks
from mapper.values.frozen import dataclass
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid

# Also the most of a pattern: what is longer is no set that an author writes out.
LONGEST = 500
_LAST = 0x10FFFF
# A range of more characters beside ASCII is taken to share some with every kind that has any there.
_MOST_TRIED = 4096

# One character that is in a kind, and one that is not; `{}` is for letters, digits and `_` of every script.
# Marks belong to the letters that they are written on.
_KINDS = {
    "digits": ("[0-9]", "[^0-9]"),
    "letters": (r"(?:(?![\d_])[{}])", r"(?:[^{}]|[\d_])"),
    "word": ("[{}]", "[^{}]"),
    "slug": ("[{}-]", "[^{}-]"),
    "hex": ("[0-9A-Fa-f]", "[^0-9A-Fa-f]"),
    "space": (r"\s", r"\S"),
}
KINDS = tuple(_KINDS)


@dataclass(frozen=True, slots=True)
class CharacterSet:
    """Some characters.

    kind: the word for them, "" for a set in brackets, which has the characters in `ranges` or, if it is
    negated, all others.
    """

    kind: str
    negated: bool = False
    ranges: tuple[tuple[int, int], ...] = ()

    @property
    def one(self) -> str:
        """The regular expression of a character in the set. It can be repeated as it is."""
        return _of_kind(self.kind, 0) if self.kind else _bracketed(self.ranges, self.negated)

    @property
    def other(self) -> str:
        """The regular expression of a character that is not in the set. It can be repeated as it is."""
        return _of_kind(self.kind, 1) if self.kind else _bracketed(self.ranges, not self.negated)

    def has(self, character: str) -> bool:
        """Whether a character is in it."""
        if self.kind:
            return _member_of(self.kind)(character) is not None
        number = ord(character)
        return any(first <= number <= last for first, last in self.ranges) != self.negated

    def shares(self, other: CharacterSet) -> bool:
        """Whether a character is in both. Where that would take long to tell, it is taken to be so."""
        if self.kind and other.kind:  # kinds that share any character share one of ASCII
            return any(self.has(one) and other.has(one) for one in map(chr, range(0x80)))
        if self.kind:
            return other.shares(self)
        if other.kind:
            return _shares_kind(self.spans, other)
        mine, theirs = self.spans, other.spans
        return any(a <= d and c <= b for a, b in mine for c, d in theirs)

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """All characters of a set in brackets, as ranges of their numbers, in order."""
        if not self.negated:
            return self.ranges
        edges = [-1, *(edge for one in self.ranges for edge in one), _LAST + 1]
        pairs = zip(edges[::2], edges[1::2], strict=True)
        return tuple((last + 1, first - 1) for last, first in pairs if last + 1 <= first - 1)


def _shares_kind(spans: tuple[tuple[int, int], ...], kind: CharacterSet) -> bool:
    """Whether a kind has a character in one of some ranges."""
    for first, last in spans:
        if any(map(kind.has, map(chr, range(first, min(last, 0x7F) + 1)))):
            return True
        start = max(first, 0x80)
        if start > last or kind.kind in ("digits", "hex"):
            continue
        if last - start >= _MOST_TRIED or any(map(kind.has, map(chr, range(start, last + 1)))):
            return True
    return False


def _bracketed(ranges: tuple[tuple[int, int], ...], negated: bool) -> str:
    parts = (
        re.escape(chr(first)) + (f"-{re.escape(chr(last))}" if last > first else "") for first, last in ranges
    )
    return f"[{'^' if negated else ''}{''.join(parts)}]"


@lru_cache
def _of_kind(kind: str, place: Literal[0, 1]) -> str:
    written = _KINDS[kind][place]
    return written.replace("{}", rf"\w{marks()}")


@lru_cache
def _member_of(kind: str) -> Callable[[str], re.Match[str] | None]:
    return re.compile(_of_kind(kind, 0)).match


def end_of_set(text: str, start: int) -> int:
    """The end of the set that begins with `[` at a place of a text, after its `]`; -1 if it has none."""
    first = start + (2 if text[start + 1 : start + 2] == "^" else 1)
    return text.find("]", first + 1) + 1 or -1


@lru_cache(maxsize=256)
def read_set(text: str) -> CharacterSet:
    """The set that a text means. Raises Invalid where it is none."""
    if text in _KINDS:
        return CharacterSet(text)
    if len(text) == 1:
        return CharacterSet("", ranges=((ord(text), ord(text)),))
    if len(text) > LONGEST:
        raise Invalid(SafeText("a set of characters may be written with at most {} characters", LONGEST))
    if text[:1] != "[":
        raise Invalid(
            "a set of characters is written in brackets, as `[A-Z0-9]`, "
            "or is `digits`, `letters`, `word`, `slug`, `hex`, `space`"
        )
    end = end_of_set(text, 0)
    if end < 0:
        raise Invalid("a set of characters in brackets has at least one, and ends with `]`")
    if end < len(text):
        raise Invalid("a set of characters ends with its `]`; the character `]` itself is written first")
    return _read_inner(text[1:-1])


def _read_inner(inner: str) -> CharacterSet:
    """The set of the text between brackets."""
    negated = inner[0] == "^"
    written = inner[negated:]
    if "\\" in written[:-1]:
        raise Invalid(r"a set of characters has no escapes; the character `\` itself is written last")
    return CharacterSet("", negated, tuple(_merged(sorted(_ranges(written)))))


def _ranges(written: str) -> Iterator[tuple[int, int]]:
    at = 0
    while at < len(written):
        first = last = ord(written[at])
        if written[at + 1 : at + 2] == "-" and at + 2 < len(written):
            last, at = ord(written[at + 2]), at + 2
            if last < first:
                raise Invalid("a range of characters goes from the lower one to the higher one")
            if written[at + 1 : at + 2] == "-" and at + 2 < len(written):
                raise Invalid("the character `-` itself is written first or last in its set")
        yield first, last
        at += 1


def _merged(ranges: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Ranges in order, of which no two touch."""
    start, end = ranges[0]
    for first, last in ranges[1:]:
        if first > end + 1:
            yield start, end
            start, end = first, last
        end = max(end, last)
    yield start, end
