"""A process that is forked off: what it does, and nothing of the process that forks it.

The one module that forks.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Collection

FAILED = 70
"""The status of a process whose work failed."""


def start_child(work: Callable[[], None], ignored: Collection[signal.Signals] = ()) -> int:
    """The id of a new process that does some work, and then ends.

    To be called while this process has one thread. ignored: signals that it leaves to the process that forks
    it, since they reach every process of a terminal or of a service.
    """
    # One that comes before it is ignored would be handled in the new process too.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ignored)
    process = os.fork()
    if process:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return process
    try:
        for one in ignored:
            signal.signal(one, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        work()
        os._exit(0)
    except BaseException:  # whatever it is, nothing of the process that forked may run on in this one
        os._exit(FAILED)
