"""Connections of a server: how many there may be, and how slow. One pass over all of them, twice a second,
ends those that are too slow: nothing is spent on a request itself.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Literal, Protocol

from mapper.serving.client_limits import ServerLimits

ConnectionEnd = Literal[
    "connections",
    "per_peer",
    "large_header",
    "slow_header",
    "slow_body",
    "slow_reader",
    "bad_request",
    "pipelined",
    "idle",
    "oversize",
]
"""Why a connection is ended that its client would keep: a closed set, which metrics count by."""

SWEEP_SECONDS = 0.5
_HURRY_SECONDS = 0.5
"""Who takes longer to say all makes room where there are as many connections as there may be."""
_LINGER_SECONDS = 5.0
"""The time that a connection that is to be closed may take to pass on the answer."""
_V6_NETWORK_BITS = 64


class OpenConnection(Protocol):
    """A connection of a table. peer: the key of who is at its other end. since: when its phase began."""

    peer: str
    since: float
    transport: asyncio.Transport

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way on it."""

    @property
    def is_waited_for(self) -> bool:
        """Whether its client has not yet said all, or does not read what is answered."""

    def lag(self, now: float) -> ConnectionEnd | None:
        """The reason that it is to be ended now, if it is."""

    def end(self, kind: ConnectionEnd) -> None:
        """Answer what is to be answered, and close it."""

    def shut_down(self) -> None:
        """Close it as soon as the requests that are under way are answered."""


@dataclass(slots=True)
class ConnectionTable:
    """The connections of a server. ended: how many were ended, by kind."""

    limits: ServerLimits
    ended: Counter[ConnectionEnd] = field(default_factory=Counter)
    opened: dict[OpenConnection, None] = field(default_factory=dict)
    of_peer: Counter[str] = field(default_factory=Counter)

    def admit(self, connection: OpenConnection) -> bool:
        """Take in a new connection, if there is room for it: an idle or a slow one makes room."""
        limits = self.limits
        if limits.per_peer and self.of_peer[connection.peer] >= limits.per_peer:
            self.ended["per_peer"] += 1
            return False
        if len(self.opened) >= limits.connections and not self._make_room(connection.since):
            self.ended["connections"] += 1
            return False
        self.opened[connection] = None
        self.of_peer[connection.peer] += 1
        return True

    def remove(self, connection: OpenConnection) -> None:
        """Forget a connection that is gone."""
        if connection in self.opened:
            del self.opened[connection]
            self.of_peer[connection.peer] -= 1
            if not self.of_peer[connection.peer]:
                del self.of_peer[connection.peer]

    def sweep(self, now: float) -> None:
        """End what is too slow. now: by the clock of the event loop."""
        for connection in list(self.opened):
            kind = connection.lag(now)
            if connection.transport.is_closing():  # it waits for its client to read
                if now - connection.since > _LINGER_SECONDS:
                    connection.transport.abort()
            elif kind is not None:
                connection.end(kind)

    async def watch(self) -> None:
        """Sweep connections until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self.sweep(loop.time())

    def _make_room(self, now: float) -> bool:
        """End the connection that has been idle for longest, or else waited for; whether there is one."""
        idle = [one for one in self.opened if one.is_idle]
        late = [one for one in self.opened if one.is_waited_for and now - one.since > _HURRY_SECONDS]
        found = min(idle or late, key=lambda one: one.since, default=None)
        if found is None:
            return False
        found.end("idle" if idle else "connections")
        found.transport.abort()
        self.remove(found)
        return True


@lru_cache(10_000)
def peer_key(address: str) -> str:
    """The key of an address's sender: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(IPv6Address(int(found) >> _V6_NETWORK_BITS << _V6_NETWORK_BITS))
