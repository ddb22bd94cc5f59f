"""The limits of a server for its clients; a limit of one path is in `Entry.limits`. Imports nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

_MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """The limits on what clients may take together, and one of them.

    connections: together; per_peer: of one address, an IPv6 network of 64 bits counting as one; 0: as many as
    together, for a server after a proxy. header_bytes: of a request's line and headers, which must be there
    within header_seconds. A body must be there within body_seconds and come with body_rate bytes a second.
    idle_seconds: a connection without a request is closed; most proxies keep theirs for 60 s, and who closes
    first should be they. held_bytes: of bodies larger than free_bytes, as far as they were received, which
    are held at a time; held_of_client: those of one client, more than any body has. A body that finds no room
    within held_seconds is refused.
    """

    connections: int = 512
    per_peer: int = 64
    header_bytes: int = 16 * 1024
    header_seconds: float = 5.0
    body_seconds: float = 30.0
    body_rate: int = 1024
    idle_seconds: float = 75.0
    held_bytes: int = 256 * _MEBIBYTE
    held_of_client: int = 64 * _MEBIBYTE
    held_seconds: float = 30.0
    free_bytes: int = 64 * 1024

    def shared_by(self, processes: int) -> ServerLimits:
        """The limits of each of several processes. What one client may do, it may do with each of them."""
        return replace(
            self,
            connections=-(-self.connections // processes),
            held_bytes=max(self.held_bytes // processes, self.held_of_client),
        )
