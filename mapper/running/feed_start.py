"""The start of a run in its feed: after what was accepted before, or where its operator says."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.outbox.store import Feed, Outbox, Position
from mapper.feeds import Block
from mapper.feeds.position import Fingerprint, fingerprint, is_same_file
from mapper.running.acceptance import FeedPart, FeedUnreadable
from mapper.running.rotation import find_renamed
from mapper.values.safe_text import SafeText


class NoStart(Exception):
    """The reason that a feed is not read, with the status to exit with."""

    def __init__(self, reason: SafeText, hint: SafeText) -> None:
        super().__init__(reason)
        self.reason, self.hint = reason, hint
        self.exit_status = ExitStatus.UNREADABLE


@dataclass(frozen=True, slots=True)
class Wish:
    """The place where an operator wants a feed to begin.

    anew: at its start, whatever was accepted. line: at this one; 0: where it stopped. follows: it may have
    been renamed meanwhile. received_at: of its events, if it is known.
    """

    anew: bool
    line: int
    follows: bool
    received_at: str


@dataclass(frozen=True, slots=True)
class FeedStart:
    """known: what an outbox holds of the feed, if any. start: where it begins. is_done: nothing is left."""

    known: Position | None
    start: Position
    is_done: bool = False

    def pipe_part(self, blocks: Iterable[Block]) -> FeedPart:
        """The one part of a feed that cannot be read again."""
        return FeedPart(blocks, None, None, self.start, self._sample)

    def file_part(
        self, blocks: Iterable[Block], feed: Feed, size: Callable[[], int], offset: int
    ) -> FeedPart:
        """The one part of a feed that is a file; size, offset: as `FeedPart` has them."""
        return FeedPart(blocks, feed, self.known, self.start, self._sample, size, offset)

    def _sample(self) -> Fingerprint:
        return Fingerprint(self.start.inode, self.start.sampled, self.start.digest)


def find_start(outbox: Outbox, feed: Feed | None, path: str, wish: Wish) -> FeedStart:
    """The start of a feed; feed: None for a pipe. Raises NoStart, FeedUnreadable, and as the outbox does."""
    if feed is None:
        return FeedStart(None, Position(received_at=wish.received_at))
    if wish.anew:
        outbox.forget(feed)
    known = outbox.position(feed)
    found = _fingerprint(path, known)
    if known is None or wish.line:
        now = _fingerprint(path, None)
        fresh = Position(0, 0, now.inode, now.sampled, now.digest, received_at=wish.received_at)
        return FeedStart(known, fresh)
    start = replace(known, ended=False, received_at=known.received_at or wish.received_at)
    is_same = (found.sampled, found.digest) == (known.sampled, known.digest)
    if wish.follows:
        is_same = is_same_file(found, Fingerprint(known.inode, known.sampled, known.digest))
    if not is_same:
        if wish.follows and find_renamed(path, known) is not None:
            return FeedStart(known, start)
        raise NoStart(*_is_another(path, known))
    is_done = known.ended and os.stat(path).st_size == known.offset and not wish.follows
    now = _fingerprint(path, None)  # by more of it, if it grew
    return FeedStart(known, replace(start, inode=now.inode, sampled=now.sampled, digest=now.digest), is_done)


def _fingerprint(path: str, known: Position | None) -> Fingerprint:
    try:
        with open(path, "rb") as file:
            return fingerprint(file) if known is None else fingerprint(file, known.sampled)
    except OSError as error:
        raise FeedUnreadable(OSError(error.errno, error.strerror, path)) from error


def _is_another(path: str, known: Position) -> tuple[SafeText, SafeText]:
    """The message about a file that is another one than was read before, and what to do."""
    text = "{} is not the file that was read before: was it rotated or rewritten?"
    hint = "--from-start reads it from its start; a renamed file is continued with --resume-at {}"
    return SafeText(text, SafeText.known(path)), SafeText(hint, known.record + 1)
