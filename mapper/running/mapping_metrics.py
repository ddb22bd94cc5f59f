"""Counts of events that were mapped -> OpenMetrics text."""

from __future__ import annotations

from collections.abc import Mapping

from mapper.delivery.open_metrics import Family

_STOPS = Family(
    "mapper_guard_stops", "counter", "Events and fields that the guard stopped, by where events come from."
)


def guard_metrics(stops: Mapping[str, int]) -> str:
    """stops: how often the guard stopped something, by a name of the operator for the source."""
    return _STOPS.text(*(({"source": source}, count) for source, count in sorted(stops.items())))
