"""OpenMetrics text -> samples and families, and a scrape in which every family has a sample."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mapper.consuming.topic_metrics import topic_metrics
from mapper.consuming.topic_source import TopicProgress
from mapper.delivery.answer import NoReply, Reply
from mapper.delivery.clock import SYSTEM
from mapper.delivery.outbox.monitor import OutboxState
from mapper.delivery.outbox.store import Account, AccountStatus, Counts, LetterCount
from mapper.delivery.outbox_metrics import Delivering, write_metrics
from mapper.delivery.sender import Sender
from mapper.delivery.terms import Terms
from mapper.running.counts import EventCounts
from mapper.serving.counting import PathState, ServerCounts, ServerState, write_server_metrics
from tests.delivery.deliveries import DESTINATION

_HEAD = re.compile(r"# TYPE (\S+) (\S+)\n# HELP \1 (.+)")
_SAMPLE = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_SUFFIXES = {"counter": "_total", "info": "_info"}


@dataclass(frozen=True)
class Sample:
    """A line of a scrape."""

    name: str
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class KnownFamily:
    """A family, by the name that its samples have; labels in the order in which they are written."""

    name: str
    kind: str
    labels: tuple[str, ...]
    help: str


def samples(text: str) -> list[Sample]:
    """The samples of a scrape. Each of its lines is one, or says something of a family, or is the end."""
    found = []
    for line in text.splitlines():
        if not line.startswith("# "):
            match = _SAMPLE.fullmatch(line)
            assert match is not None, line
            found.append(Sample(match[1], dict(_LABEL.findall(match[2] or "")), float(match[3])))
    return found


def families(text: str) -> Iterator[KnownFamily]:
    """The families of a scrape."""
    seen = samples(text)
    for name, kind, told in _HEAD.findall(text):
        exported = f"{name}{_SUFFIXES.get(kind, '')}"
        first = f"{name}_bucket" if kind == "histogram" else exported
        labels = next((tuple(one.labels) for one in seen if one.name == first), ())
        yield KnownFamily(exported, kind, tuple(one for one in labels if one != "le"), told)


def whole_scrape() -> str:
    """Each family that any process exports, with a sample."""
    account = Account("shop/events-v1")

    async def send(body: bytes) -> Reply | NoReply:
        raise AssertionError

    sender = Sender(DESTINATION, send, Terms(), SYSTEM, threading.Event(), lambda line: None)
    sender.tally.hear(200)
    state = OutboxState(
        (AccountStatus(account, Counts(), 0.0, 0, 1.0),),
        (LetterCount(account, "delivery", "rejected", 1),),
        used_bytes=1,
        free_bytes=1,
    )
    counts = ServerCounts(events=Counter({("/shop", "accepted"): 1}), guard_stops=Counter({"/shop": 1}))
    server = ServerState(1, {"idle": 1}, 1, 0, True, (PathState("/shop", "shop", "1", True),))
    return (
        write_server_metrics(counts, server)
        + topic_metrics("orders", TopicProgress({0: 1}), EventCounts())
        + write_metrics(state, Delivering({account: sender}), 0.0)
    )
