"""The source of one call: the topic it reads, where it keeps what is made of it, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mapper.delivery.outbox.room import SpaceLimits
from mapper.delivery.outbox.store import Account, Feed
from mapper.delivery.outbox.store_thread import StoreThread


@dataclass(frozen=True, slots=True)
class TopicSource:
    """The feed that a topic is, and the place where it is read from.

    group: it names the cluster where brokers give it no id. from_end: a topic of which nothing is
    accepted yet is read from its end. goes_on: records that are gone are left out, and said.
    """

    account: Account
    mapping: str
    topic: str
    group: str
    from_end: bool = False
    again: bool = False
    goes_on: bool = False

    def feed(self, cluster: str, partition: int) -> Feed:
        """The feed that a partition is: another cluster's topic of the same name is another one."""
        name = f"kafka:{cluster or self.group}/{self.topic}/{partition}"
        return Feed(self.account, self.mapping, name, f"{self.topic}/{partition}")


@dataclass(frozen=True, slots=True)
class Keeping:
    """The store of accepted records. version: of the mapping; chunk_events: no more go in a chunk."""

    store: StoreThread
    version: str
    chunk_events: int
    limits: SpaceLimits


@dataclass(frozen=True, slots=True)
class TopicProgress:
    """The progress of a process. lag: by partition, records not accepted yet; lost: that were gone.

    taken_over: partitions that another process had read on when this one wrote. unreachable_since: no broker
    answers, by the clock that only grows; 0 while one does. assigned: partitions that it reads.
    """

    lag: Mapping[int, int] = field(default_factory=dict)
    lost: int = 0
    taken_over: int = 0
    unreachable_since: float = 0.0
    assigned: int = 0
