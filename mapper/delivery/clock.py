"""Clock: what delivery asks of time and chance, handed in so that tests need not wait."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from statistics import median

from mapper.delivery.batch import Clocks


@dataclass(frozen=True, slots=True)
class Clock:
    """now: Unix time in seconds, may jump. elapsed: seconds that only grow. random: from 0 up to below 1."""

    now: Callable[[], float]
    elapsed: Callable[[], float]
    sleep: Callable[[float], Awaitable[object]]
    random: Callable[[], float]


SYSTEM = Clock(time.time, time.monotonic, asyncio.sleep, random.random)

_JUMP_SECONDS = 2.0
"""A clock that is adjusted by less than this was not set."""
_AGREEING = 3
"""The number of answers in a row that must give the same difference of the clocks before it is believed."""
_SPREAD_SECONDS = 30.0
_NOTICED_SECONDS = 300.0
"""As far as a clock may be off before events near the edge of the window go wrong by it."""
_BELIEVED_SECONDS = 86_400.0
"""A service whose clock is further off is not believed."""


@dataclass(slots=True)
class Jumps:
    """The seconds by which this machine's clock is set forward or back while the process runs."""

    clock: Clock
    _apart: float = field(init=False)

    def __post_init__(self) -> None:
        self._apart = self.clock.now() - self.clock.elapsed()

    def seconds(self) -> float:
        """The seconds it was set forward since last asked, below 0 where back; 0 where it was not."""
        apart = self.clock.now() - self.clock.elapsed()
        jump = apart - self._apart
        if abs(jump) < _JUMP_SECONDS:
            return 0.0
        self._apart = apart
        return jump


@dataclass(slots=True)
class Skew:
    """The seconds by which the service's clock is ahead of this one's; 0 unless its last answers agree."""

    clock: Clock
    seconds: float = 0.0
    _last: deque[float] = field(default_factory=lambda: deque(maxlen=_AGREEING))
    _noticed: bool = False

    def hear(self, moment: float | None) -> bool:
        """An answer was given at that moment of the service's; whether it is another one that is believed.

        That the clocks agree again is believed only where as many answers say so.
        """
        if moment is None:
            return False
        self._last.append(moment - self.clock.now())
        found = median(self._last)
        agree = len(self._last) == _AGREEING and max(self._last) - min(self._last) <= _SPREAD_SECONDS
        self.seconds = found if agree and _NOTICED_SECONDS < abs(found) <= _BELIEVED_SECONDS else 0.0
        noticed = self.seconds != 0.0
        if not agree or noticed == self._noticed:
            return False
        self._noticed = noticed
        return True

    def clocks(self) -> Clocks:
        """The present by both clocks."""
        here = self.clock.now()
        return Clocks(here, here + self.seconds)
