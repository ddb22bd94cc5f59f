"""Progress of a process in a topic -> OpenMetrics text. Labels are the topic and its partitions."""

from __future__ import annotations

import time
from collections.abc import Iterator

from mapper.consuming.topic_source import TopicProgress
from mapper.delivery.open_metrics import Family
from mapper.running.counts import EventCounts
from mapper.running.mapping_metrics import guard_metrics

_OUTCOMES = {"sent": "payloads", "skipped": "skipped", "rejected": "rejected"}
_LAG = Family("mapper_kafka_lag_records", "gauge", "Records that are not accepted yet.")
_PARTITIONS = Family("mapper_kafka_partitions", "gauge", "Partitions that this process reads.")
_RECORDS = Family("mapper_kafka_records", "counter", "Records read.")
_BY_OUTCOME = Family("mapper_kafka_outcomes", "counter", "Records by their outcome.")
_LOST = Family(
    "mapper_kafka_lost_records", "counter", "Records that were gone from the topic before they were read."
)
_TAKEN = Family(
    "mapper_kafka_taken_over",
    "counter",
    "Partitions that another process had read on when this one wrote.",
)
_UNREACHABLE = Family("mapper_kafka_unreachable_seconds", "gauge", "For how long no broker answers.")


def topic_metrics(topic: str, progress: TopicProgress, counts: EventCounts) -> str:
    """The families of a topic, without the end of a scrape. Counts are this process's."""
    return "".join(_families({"topic": topic}, progress, counts))


def _families(topic: dict[str, str], progress: TopicProgress, counts: EventCounts) -> Iterator[str]:
    down = progress.unreachable_since
    lag = sorted(progress.lag.items())
    yield _LAG.text(*(({**topic, "partition": str(number)}, behind) for number, behind in lag))
    yield _PARTITIONS.text((topic, progress.assigned))
    yield _RECORDS.text((topic, counts.events))
    outcomes = (({**topic, "outcome": shown}, getattr(counts, name)) for name, shown in _OUTCOMES.items())
    yield _BY_OUTCOME.text(*outcomes)
    yield _LOST.text((topic, progress.lost))
    yield _TAKEN.text((topic, progress.taken_over))
    yield guard_metrics({topic["topic"]: counts.guarded})
    yield _UNREACHABLE.text((topic, int(time.monotonic() - down) if down else 0))
