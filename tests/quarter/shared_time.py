"""A time that several processes share, by a file that each of them maps into its memory."""

from __future__ import annotations

import mmap
from pathlib import Path

_SIZE = 4096
_ELAPSED, _LIMIT, _AHEAD = range(3)


class SharedTime:
    """Seconds since the beginning, how far they may go on, and how far the machine's clock is ahead.

    The process that delivers moves the time on up to the limit; the one that directs it sets the others, and
    moves the time on itself while there is no such process.
    """

    def __init__(self, path: Path, begin: float) -> None:
        if not path.exists():
            path.write_bytes(bytes(_SIZE))
        with path.open("r+b") as file:
            self._numbers = memoryview(mmap.mmap(file.fileno(), _SIZE)).cast("d")
        self._begin = begin

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return self._numbers[_ELAPSED]

    @elapsed.setter
    def elapsed(self, seconds: float) -> None:
        self._numbers[_ELAPSED] = seconds

    @property
    def limit(self) -> float:
        """How far the time goes on by itself."""
        return self._numbers[_LIMIT]

    @limit.setter
    def limit(self, seconds: float) -> None:
        self._numbers[_LIMIT] = seconds

    @property
    def ahead(self) -> float:
        """How far the machine's clock is ahead of the service's."""
        return self._numbers[_AHEAD]

    @ahead.setter
    def ahead(self, seconds: float) -> None:
        self._numbers[_AHEAD] = seconds

    def now(self) -> float:
        """Unix time by the machine's clock."""
        return self._begin + self.elapsed + self.ahead

    def true_now(self) -> float:
        """Unix time by the service's clock."""
        return self._begin + self.elapsed
