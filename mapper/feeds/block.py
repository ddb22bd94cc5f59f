"""The blocks that a feed is read in: JSON texts, each with its line, and what the source knows of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any, Protocol, TypeAlias

from mapper.runtime.decode import decode_event
from mapper.values.frozen import dataclass
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid


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
# What a source knows of an event besides what is in it: `$meta`, less its line.
Meta: TypeAlias = Mapping[str, Any]
NOTHING_KNOWN: Meta = {}


class Block(Protocol):
    """A part of a feed, in its order. end: the offset of its end in the file; -1: not to be read on from."""

    @property
    def end(self) -> int: ...

    def texts(self) -> Iterable[Placed]:
        """The texts that should be events; a blank text is none."""
        ...

    def metas(self) -> Iterable[Meta]:
        """The source's knowledge of each of these texts, as many and in their order, or without an end."""
        ...

    def after(self, count: int) -> Block:
        """The block without its first texts; `count` is less than its length."""
        ...

    def __len__(self) -> int:
        """The number of texts."""
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

    def metas(self) -> Iterable[Meta]:
        """As `Block.metas`: nothing is known."""
        return repeat(NOTHING_KNOWN)

    def after(self, count: int) -> Lines:
        """As `Block.after`."""
        return Lines(self.first + count, self.content.split(b"\n", count)[count], self.end)

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

    def metas(self) -> Iterable[Meta]:
        """As `Block.metas`: nothing is known."""
        return repeat(NOTHING_KNOWN)

    def after(self, count: int) -> DecodedBlock:
        """As `Block.after`."""
        return DecodedBlock(self.found[count:], self.end)

    def __len__(self) -> int:
        """As `Block.__len__`."""
        return len(self.found)


@dataclass(frozen=True, slots=True)
class SourceBlock:
    """Texts of a source that knows something of each: of a web server, a broker, a table.

    found: each with its number in the source. known: `$meta` of each, but for its line: `received_at`,
    `client_ip`, `user_agent`, `headers`, `cookies`, `query`, `source`, as docs/language.md has them.
    """

    found: Sequence[Placed]
    known: Sequence[Meta]
    end: int = -1

    def __post_init__(self) -> None:
        if len(self.found) != len(self.known):
            raise ValueError("a block of a source knows something of each of its texts")

    def texts(self) -> Iterable[Placed]:
        """As `Block.texts`."""
        return self.found

    def metas(self) -> Iterable[Meta]:
        """As `Block.metas`."""
        return self.known

    def after(self, count: int) -> SourceBlock:
        """As `Block.after`."""
        return SourceBlock(self.found[count:], self.known[count:], self.end)

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
