"""An outbox in memory, for tests that look at it, or open it anew, after it was closed."""

from __future__ import annotations

from mapper.delivery.outbox.sqlite import SqliteOutbox


class StaysOpen(SqliteOutbox):
    """An outbox in memory that is not gone once it was closed."""

    def close(self) -> None:
        """Let go of what is claimed."""
        self._claimed.clear()
