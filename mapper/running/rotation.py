"""A path that is written to -> the files that it names in turn, each from where it was accepted to."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from mapper.delivery.outbox.store import Feed, Position
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.feeds import Block
from mapper.feeds.live_file import GRACE_SECONDS, LiveFile, LivePath
from mapper.feeds.position import Fingerprint, fingerprint, is_same_file
from mapper.running.acceptance import FeedPart
from mapper.values.safe_text import SafeText

_LOOK_SECONDS = 0.1
_REPLACED = SafeText("the file was replaced; the new one is read from its start")
_CUT = SafeText("the file was truncated or rewritten, and is read from its start")


@dataclass(frozen=True, slots=True)
class Followed:
    """The state of a path that is followed.

    feed: what its position is kept by at the moment; read: the blocks of a file from a position on, and the
    offset that they begin at, or -1. idle: called while nothing comes. say: hears of each other file.
    received_at: of the events of a file that was not read before.
    """

    path: str
    store: StoreThread
    feed: Callable[[], Feed]
    read: Callable[[LiveFile, Position], tuple[Iterable[Block], int]]
    stop: threading.Event
    idle: Callable[[], None] = lambda: None
    say: Callable[[SafeText], None] = lambda line: None
    received_at: str = ""
    grace_seconds: float = GRACE_SECONDS


def follow(followed: Followed, first: Position, known: Position | None) -> Iterator[FeedPart]:
    """The files in turn, without end. Raises InterruptedError once it is to stop, and OSError.

    first: where the first file begins; known: what the outbox holds of it.
    """
    path = LivePath(followed.path)
    try:
        feed, file = followed.feed(), _first(followed, path, first)
        yield from _part(followed, file, feed, known, first)
        while True:
            before = feed
            if file.was_cut:
                path.again()
            followed.say(_CUT if file.was_cut else _REPLACED)
            file, feed = _next(followed, path), followed.feed()
            known = followed.store.wait(followed.store.outbox.position, feed)
            # Of a file that is linked to instead, some may have been accepted at another time.
            goes_on = feed != before and known is not None and _is_same(file, known)
            yield from _part(followed, file, feed, known, known if goes_on else None)
    finally:
        path.close()


def _first(followed: Followed, path: LivePath, first: Position) -> LiveFile:
    """The file to begin with: the one that was read before, though it may have another name by now."""
    file = _next(followed, path)
    if _is_new(first) or _is_same(file, first):
        return file
    renamed = find_renamed(followed.path, first)
    if renamed is None:
        return file
    path.again()
    file.close()
    later = _later(followed.path, renamed)
    if later:
        names = SafeText.known(", ".join(later))
        followed.say(SafeText("several rotations were missed: send {} too, if they contain events", names))
    return _follow(followed, path, FileIO(renamed))


def _part(
    followed: Followed, file: LiveFile, feed: Feed, known: Position | None, first: Position | None
) -> Iterator[FeedPart]:
    start = first or Position(received_at=followed.received_at)
    blocks, offset = followed.read(file, start)
    try:
        yield FeedPart(blocks, feed, known, start, file.fingerprint, offset=offset)
    finally:
        file.close()


def find_renamed(path: str, known: Position) -> str | None:
    """The file beside a path that its events were read of before, if it is still there."""
    own = Path(path)
    for other in sorted(own.parent.iterdir()):
        if other.name == own.name or not other.is_file():
            continue
        if other.stat().st_ino == known.inode or other.name.startswith(own.name):
            with open(other, "rb") as file:
                if is_same_file(fingerprint(file, known.sampled), _known(known)):
                    return str(other)
    return None


def _is_new(position: Position) -> bool:
    """Whether nothing is known of the file of a position."""
    return not (position.record or position.inode or position.sampled)


def _later(path: str, renamed: str) -> list[str]:
    """Files beside a path, of names that begin as its own, that were written to after one of them."""
    own, since = Path(path), os.stat(renamed).st_mtime_ns
    found = [one for one in own.parent.iterdir() if one.name.startswith(own.name) and one.name != own.name]
    return sorted(one.name for one in found if one.stat().st_mtime_ns > since)


def _next(followed: Followed, path: LivePath) -> LiveFile:
    """The next file of the path, once there is one."""
    while not followed.stop.is_set():
        file = path.take()
        if file is not None:
            return _follow(followed, path, file)
        followed.idle()
        followed.stop.wait(_LOOK_SECONDS)
    raise InterruptedError


def _follow(followed: Followed, path: LivePath, file: FileIO) -> LiveFile:
    return LiveFile(path, file, followed.stop, followed.idle, followed.grace_seconds)


def _is_same(file: LiveFile, known: Position) -> bool:
    """Whether a file begins as the one that was read before."""
    return is_same_file(fingerprint(file.file, known.sampled), _known(known))


def _known(position: Position) -> Fingerprint:
    return Fingerprint(position.inode, position.sampled, position.digest)
