"""The progress of a command, on one line of a terminal: what takes more than a moment says how far it is."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from mapper.cli.messages import show_line
from mapper.cli.terminal import is_quiet
from mapper.values.safe_text import NOTHING, SafeText

_One = TypeVar("_One")
_STEP_SECONDS = 0.1
_STILL_SECONDS = 1.0
"""From here on work that counts nothing is shown."""


class Progress:
    """Shows on stderr how much of some work is done, if `shown` is set and stderr is a terminal.

    what: the things that are counted, in the plural. whole: their number, if it is known.
    """

    def __init__(self, what: SafeText, whole: int | None = None, *, shown: bool = True) -> None:
        self._what, self._whole = what, whole
        self._shown = shown and _is_seen()
        self._start = self._last = time.monotonic()
        self._done = 0

    def count(self, more: int = 1, share: float | None = None) -> None:
        """Count things that are done, and show the progress. share: of the whole, if known otherwise."""
        if not self._shown:
            return
        self._done += more
        now = time.monotonic()
        if now - self._last >= _STEP_SECONDS:
            self._last = now
            share = self._done / self._whole if self._whole and share is None else share
            part = NOTHING if share is None else SafeText(" · {} %", round(100 * min(share, 1)))
            rate = round(self._done / max(now - self._start, _STEP_SECONDS, 0.001))
            show_line(SafeText("{:,} {}{} · {:,} a second", self._done, self._what, part, rate))

    def end(self) -> None:
        """Leave the line empty."""
        if self._shown:
            show_line(NOTHING)


@contextmanager
def progress(what: SafeText, whole: int | None = None, *, shown: bool = True) -> Iterator[Progress]:
    """Within it things may be counted; at its end the line is empty."""
    made = Progress(what, whole, shown=shown)
    try:
        yield made
    finally:
        made.end()


@contextmanager
def followed(
    things: Iterable[_One],
    what: SafeText,
    whole: int | None = None,
    *,
    shown: bool = True,
    size: Callable[[_One], int] = lambda one: 1,
) -> Iterator[Iterator[_One]]:
    """The same things; each is counted once the caller has used it. size: as how many."""
    with progress(what, whole, shown=shown) as line:

        def each() -> Iterator[_One]:
            for one in things:
                yield one
                line.count(size(one))

        yield each()


@contextmanager
def working(what: SafeText) -> Iterator[None]:
    """Within it, work that counts nothing is named on a terminal once it takes a second."""
    if not _is_seen():
        yield
        return
    over = threading.Event()
    thread = threading.Thread(target=_show_working, args=(what, over), name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _is_seen() -> bool:
    return sys.stderr.isatty() and not is_quiet()


def _show_working(what: SafeText, over: threading.Event) -> None:
    seconds = 0
    while not over.wait(_STILL_SECONDS):
        seconds += 1
        show_line(SafeText("{} · {:,} s", what, seconds))
    if seconds:
        show_line(NOTHING)
