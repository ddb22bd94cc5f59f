"""Clock: what delivery asks of time and chance, handed in so that tests need not wait."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """now: Unix time in seconds, may jump. elapsed: seconds that only grow. random: from 0 up to below 1."""

    now: Callable[[], float]
    elapsed: Callable[[], float]
    sleep: Callable[[float], Awaitable[object]]
    random: Callable[[], float]


SYSTEM = Clock(time.time, time.monotonic, asyncio.sleep, random.random)
