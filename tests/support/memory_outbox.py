"""Outboxes in memory, for tests that leave one open, or look at it or open it anew after it was closed."""

from __future__ import annotations

import weakref
from typing import Any

from mapper.delivery.outbox.sqlite import SqliteOutbox


class MemoryOutbox(SqliteOutbox):
    """An outbox in memory that is closed once nothing refers to it."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        weakref.finalize(self, self._connection.close)


class StaysOpen(MemoryOutbox):
    """An outbox in memory that is not gone once it was closed."""

    def close(self) -> None:
        """Let go of what is claimed."""
        self._claimed.clear()
