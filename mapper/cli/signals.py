"""Signals that end a process: at once, or once what is under way is finished.

SIGHUP renews a service, and ends every other command as SIGTERM does.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from mapper.values.safe_text import SafeText

if TYPE_CHECKING:
    from mapper.texts.log_events import LogLine


# As shells count processes that a signal ended.
INTERRUPTED, TERMINATED = 130, 143
_HANGUP: int | None = getattr(signal, "SIGHUP", None)  # Windows has none
_NUMBERS = (signal.SIGINT, signal.SIGTERM, *([] if _HANGUP is None else [_HANGUP]))
_LOOK_SECONDS = 0.05
_LONGEST_STOP_SECONDS = 30.0
"""After this a process ends that could not finish in time, as on a disk that hangs."""
_SAYING_SECONDS = 1.0
_FINISHING = SafeText("finishing the requests in progress; a second signal ends at once")
_CANNOT_FINISH = SafeText("could not finish in time; accepted events that are not delivered are kept")


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP, which most commands take for Ctrl-C."""


def _raise(number: int, frame: FrameType | None) -> NoReturn:
    raise (KeyboardInterrupt if number == signal.SIGINT else Terminated)


@contextmanager
def raised() -> Iterator[None]:
    """Within it the signals raise KeyboardInterrupt, for what is open to be closed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _NUMBERS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _raise)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(slots=True)
class Stopping:
    """A wish to end. number: of the signal that it came by; 0 while there is none.

    renew: called for each SIGHUP, in another thread; None: SIGHUP is a wish to end too.
    """

    renew: Callable[[], None] | None = None
    number: int = 0
    _hangups: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def status(self) -> int:
        """The status of a process that a signal ended; 0 while none has come."""
        return 128 + self.number if self.number else 0

    def ask(self, number: int, frame: FrameType | None) -> None:
        """A signal has come. It may have come amid anything, so this takes no lock and writes nothing."""
        if number == _HANGUP and self.renew is not None:
            self._hangups += 1
            return
        number = signal.SIGTERM if number == _HANGUP else number
        if self.number:
            os._exit(128 + number)
        self.number = number

    def watch(self, stop: threading.Event, say: Callable[[LogLine], None]) -> None:
        """Wait for a signal in a thread of its own, and then for the end."""
        from mapper.texts.log_events import noted  # `--help` does without

        renewed = 0
        while not self.number:
            if self._over.wait(_LOOK_SECONDS):
                return
            if self.renew is not None and renewed < (hangups := self._hangups):
                renewed = hangups
                self.renew()
        stop.set()
        say(noted("ending", _FINISHING))
        if not self._over.wait(_LONGEST_STOP_SECONDS):
            saying = threading.Thread(target=say, args=(noted("requests_cut", _CANNOT_FINISH),), daemon=True)
            saying.start()
            saying.join(_SAYING_SECONDS)
            os._exit(self.status)

    def end(self) -> None:
        """Stop watching for signals."""
        self._over.set()


@contextmanager
def stopping(
    stop: threading.Event, say: Callable[[LogLine], None], renew: Callable[[], None] | None = None
) -> Iterator[Stopping]:
    """Within it the first signal sets `stop`, and a second one ends the process at once.

    The process ends too if it does not come to the end of this within half a minute of the signal. renew: is
    called for SIGHUP, which ends nothing then.
    """
    asked = Stopping(renew)
    before = {number: signal.getsignal(number) for number in _NUMBERS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, asked.ask)
    threading.Thread(target=asked.watch, args=(stop, say), name="stopping", daemon=True).start()
    try:
        yield asked
    finally:
        asked.end()
        for number, handler in before.items():
            signal.signal(number, handler)
