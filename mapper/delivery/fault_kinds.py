"""The kinds of faults that the sandbox can be asked for, each with what happens: what `--help` lists."""

from __future__ import annotations

from collections.abc import Mapping

BEFORE: Mapping[str, str] = {
    "reset-before": "the connection is reset, and nothing is processed",
    "html": "status 200 with a page of HTML, and nothing is processed",
    "empty": "status 200 with no body, and nothing is processed",
    "redirect": "status 307 to another address",
    "slow-down": "the answer of the service to too many requests",
    "paused": "the answer of the service while it accepts no events",
    "429-seconds": "status 429 with Retry-After in seconds",
    "429-date": "status 429 with Retry-After as a date",
    "429-far": "status 429 with a Retry-After of 30 years",
    "429-garbage": "status 429 with a Retry-After that cannot be read",
}
"""Faults with which nothing is processed."""
AFTER: Mapping[str, str] = {
    "reset": "the events are processed, then the connection is reset",
    "hang": "the events are processed, and no answer comes",
    "drip": "the events are processed, and the answer's headers come one at a time, without end",
    "truncated": "the events are processed, and the answer ends in the middle",
    "wrong-count": "the answer counts one event more than came",
    "short": "the answer's list lacks its last entry",
    "unknown-word": "the answer gives each event an unknown status",
    "doubled": "the answer comes twice at once",
    "late": "the answer comes, and again 0.3 s later",
    "garbage": "the answer comes, and after it bytes that are no answer",
    "huge": "the answer has 16 MiB",
    "gzip": "the answer is compressed without being asked for, and unpacks to 64 MiB",
    "date-past": "the answer's Date is in the year 2000",
    "date-future": "the answer's Date is in the year 3000",
}
"""Faults of the answer alone: the events are processed."""
