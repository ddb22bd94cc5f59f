"""The time that the calls of an outbox wait for its server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from mapper.texts.log_events import LogLine


@dataclass(frozen=True, slots=True)
class Reconnection:
    """The time that a call waits for a server that does not answer, or whose disk is full.

    stop: this process is to end, so that it waits a moment at most. say: hears that it waits. from_start: the
    first connection waits too, as long as what hinders it may pass: a wrong password does not.
    """

    seconds: float = 60.0
    stop: threading.Event = field(default_factory=threading.Event)
    say: Callable[[LogLine], None] = lambda line: None
    from_start: bool = False
