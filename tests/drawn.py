"""How many examples a test draws at random: all that it should, or a few for a quick look."""

from __future__ import annotations

import os

QUICK = bool(os.environ.get("QUICK_TESTS"))
"""Set by `make quick`."""
_SHARE = 8


def drawn(count: int) -> int:
    """So many examples; a few of them for a quick look."""
    return max(count // _SHARE, 2) if QUICK else count
