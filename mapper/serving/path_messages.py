"""Messages to a server about its paths, from the process that compiles their mappings."""

from __future__ import annotations

from dataclasses import dataclass

from mapper.delivery.outbox.store import FEED_NAME, Account, Feed
from mapper.intake.entry import Entry
from mapper.values.safe_text import SafeText


@dataclass(frozen=True, slots=True)
class EntrySetup:
    """An entry, whose its events are, and what is known of its mapping.

    number: of its worker among those of its keeper. mapping: its name; version: tells its payloads from those
    of another text. reads_meta: it asks for `$meta`. chunk_events: that a request to its service takes.
    """

    entry: Entry
    account: Account
    number: int
    mapping: str
    version: str
    reads_meta: bool
    chunk_events: int

    @property
    def feed(self) -> Feed:
        """The feed that the outbox has for its events."""
        name = f"{FEED_NAME}{self.entry.path}"
        return Feed(self.account, self.mapping, name, name)


@dataclass(frozen=True, slots=True)
class UnservedEntry:
    """An entry whose events cannot be mapped, and why: its mapping has errors, or is none."""

    entry: Entry
    reason: SafeText


@dataclass(frozen=True, slots=True)
class ServedEntries:
    """All entries of an intake, as its files are at a moment."""

    entries: tuple[EntrySetup, ...]
    unserved: tuple[UnservedEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class NotTakenUp:
    """The reason that the files as they are now cannot be served."""

    reason: SafeText
