"""Waiting for what another program, or a page, does in its own time."""

from __future__ import annotations

import time
from typing import Any


def wait_until(holds: Any, seconds: float = 180.0) -> None:
    """Returns once a condition holds; fails where it does not in time."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not come to that in time"
        time.sleep(0.05)
