"""A function in a thread beside what its caller goes on with, stopped and waited for at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def in_background(work: Callable[[], None], name: str, stop: threading.Event) -> Iterator[None]:
    """Within it a thread of a name does the work. At its end `stop` is set, and the thread is waited for."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
