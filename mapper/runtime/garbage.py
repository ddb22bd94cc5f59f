"""The frequency at which Python looks for dead values that hold each other."""

from __future__ import annotations

import atexit
import gc

# Whenever so many more values live; Python's own number is 700. The compiler makes no such values, and
# looking at its plans again and again would take a tenth of the time of a check.
_MORE_VALUES = 200_000


def look_seldom_for_circles() -> None:
    """Set it for this process, which compiles mappings."""
    gc.set_threshold(_MORE_VALUES)
    # Python looks through all values once more before it ends, and gives each back to a process that is gone
    # a moment later: an eighth of the time of a check.
    atexit.register(gc.freeze)
