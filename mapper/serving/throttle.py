"""The number of times a client may do something in a span of time. Pure: the caller says what time it is."""

from __future__ import annotations

from dataclasses import dataclass, field

_MOST_CLIENTS = 10_000
"""The number of clients that are remembered; of more, those that were met first are forgotten."""


@dataclass(slots=True)
class Throttle:
    """most: times in so many seconds, counted from a client's first."""

    most: int
    seconds: float
    _seen: dict[str, tuple[float, int]] = field(default_factory=dict)

    def wait_seconds(self, client: str, now: float) -> float:
        """The seconds that a client has to wait that has done it so often; 0 for any other."""
        found = self._seen.get(client)
        if found is None:
            return 0.0
        since, count = found
        left = since + self.seconds - now
        if not 0 < left <= self.seconds:  # it is over, or the clock was set back
            del self._seen[client]
            return 0.0
        return left if count >= self.most else 0.0

    def count(self, client: str, now: float) -> None:
        """A client has done it once more."""
        since, count = self._seen.get(client, (now, 0))
        if not 0 <= now - since < self.seconds:
            since, count = now, 0
        self._seen[client] = since, count + 1
        if len(self._seen) > _MOST_CLIENTS:
            del self._seen[next(iter(self._seen))]
