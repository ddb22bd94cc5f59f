"""What a feed is read in: blocks of JSON texts, each with the line it begins on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, TypeAlias

from mapper.frozen import dataclass
from mapper.runtime.decode import decode_event
from mapper.safe_text import SafeText
from mapper.types import Invalid


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """One JSON object and the line it begins on, from 1."""

    line: int
    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Broken:
    """A text that should be an event: its line, and why it is none.

    kind: `malformed`, `invalid_unicode` or `too_large`. reason holds nothing of the text.
    """

    line: int
    kind: str
    reason: SafeText


# Where lines are shorter than this on average, many may be blank, and each would cost as much as an event.
_SHORT_LINE = 64

Fed: TypeAlias = SourceEvent | Broken
# The line that a text begins on, and the text; or why there is none.
Placed: TypeAlias = tuple[int, bytes | Broken]


class Block(Protocol):
    """A part of a feed, in its order. end: the offset of its end in the file; -1: not to be read on from."""

    @property
    def end(self) -> int: ...

    def texts(self) -> Iterable[Placed]:
        """The texts that should be events; a blank text is none."""
        ...

    def __len__(self) -> int:
        """How many texts there are."""
        ...


@dataclass(frozen=True, slots=True)
class Lines:
    """Whole lines as they were read, a text each; first: the number of the first one."""

    first: int
    content: bytes
    end: int = -1

    def texts(self) -> Iterable[Placed]:
        """As `Block.texts`; where many lines are blank, these are left out."""
        lines = self.content.split(b"\n")
        placed = enumerate(lines, self.first)
        if len(lines) * _SHORT_LINE < len(self.content):
            return placed
        return [(line, text) for line, text in placed if text and not text.isspace()]

    def __len__(self) -> int:
        """As `Block.__len__`."""
        return self.content.count(b"\n") + 1


@dataclass(frozen=True, slots=True)
class DecodedBlock:
    """Texts that were cut out of what was read, or made of it."""

    found: list[Placed]
    end: int = -1

    def texts(self) -> Iterable[Placed]:
        """As `Block.texts`."""
        return self.found

    def __len__(self) -> int:
        """As `Block.__len__`."""
        return len(self.found)


def fed(line: int, text: bytes | Broken) -> Fed:
    """The event of a text."""
    if isinstance(text, Broken):
        return text
    try:
        return SourceEvent(line, decode_event(text))
    except Invalid as invalid:
        return Broken(line, invalid.kind, invalid.reason)
