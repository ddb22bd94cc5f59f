"""What a process reads of a topic -> OpenMetrics text. Labels are the topic and its partitions."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from mapper.consuming.source import TopicProgress
from mapper.running.counts import EventCounts

_OUTCOMES = {"sent": "payloads", "skipped": "skipped", "rejected": "rejected"}


def topic_metrics(topic: str, progress: TopicProgress, counts: EventCounts) -> str:
    """The families of a topic, without the end of a scrape. Counts are this process's."""
    return "".join(_families(topic, progress, counts))


def _families(topic: str, progress: TopicProgress, counts: EventCounts) -> Iterator[str]:
    lag = {f'partition="{number}"': behind for number, behind in sorted(progress.lag.items())}
    down = progress.unreachable_since
    yield _family("mapper_kafka_lag_records", "Records that are not accepted yet.", topic, lag)
    assigned = {"": progress.assigned}
    yield _family("mapper_kafka_partitions", "Partitions that this process reads.", topic, assigned)
    yield _family("mapper_kafka_records", "Records read.", topic, {"": counts.events}, is_count=True)
    outcomes = {f'outcome="{shown}"': getattr(counts, name) for name, shown in _OUTCOMES.items()}
    yield _family("mapper_kafka_outcomes", "Records by their outcome.", topic, outcomes, is_count=True)
    lost = "Records that were gone from the topic before they were read."
    yield _family("mapper_kafka_lost_records", lost, topic, {"": progress.lost}, is_count=True)
    taken = "Partitions that another process had read on when this one wrote."
    yield _family("mapper_kafka_taken_over", taken, topic, {"": progress.taken_over}, is_count=True)
    waiting = int(time.monotonic() - down) if down else 0
    yield _family("mapper_kafka_unreachable_seconds", "For how long no broker answers.", topic, {"": waiting})


def _family(name: str, help: str, topic: str, samples: Mapping[str, int], *, is_count: bool = False) -> str:
    kind, suffix = ("counter", "_total") if is_count else ("gauge", "")
    lines = [f"# TYPE {name} {kind}\n# HELP {name} {help}\n"]
    for label, value in samples.items():
        more = f",{label}" if label else ""
        lines.append(f'{name}{suffix}{{topic="{topic}"{more}}} {value}\n')
    return "".join(lines)
