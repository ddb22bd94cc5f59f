"""Ctrl-C and SIGTERM: they end the process at once, or by an exception where something is to be tidied up."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

# As shells count processes that a signal ended.
INTERRUPTED, TERMINATED = 130, 143


class Terminated(KeyboardInterrupt):
    """SIGTERM, which most commands take for Ctrl-C."""


def _raise(number: int, frame: FrameType | None) -> NoReturn:
    raise (Terminated if number == signal.SIGTERM else KeyboardInterrupt)


@contextmanager
def raised() -> Iterator[None]:
    """Within it the signals raise KeyboardInterrupt, for what is open to be closed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _raise)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
