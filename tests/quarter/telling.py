"""Whether the log of a life tells what happened in it: when each act began and ended, and each state."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from mapper.texts.log_events import LOG_EVENTS
from tests.quarter.life import BEGIN, Act

_OVER: dict[str, str | None] = {name: one.over for name, one in LOG_EVENTS.items()}
_LATE_SECONDS = 8 * 3600.0
"""An account that sells nothing at night notices the next morning what befell it."""
_EARLY_SECONDS = 3700.0
"""Times in the log are of the machine's clock, which may be an hour ahead or behind."""


def lines_of(log: Path) -> list[dict[str, Any]]:
    """The lines of a log, all of which are JSON."""
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def untold_acts(lines: list[dict[str, Any]], acts: Iterable[Act]) -> list[str]:
    """Acts whose beginning or end has no line of the kind that it must have."""
    said = [(one["event"], datetime.fromisoformat(one["time"]).timestamp() - BEGIN) for one in lines]
    missing = []
    for act in acts:
        for word, moment in (("begins", act.at), ("ends", act.at + act.seconds)):
            kind = act.more.get(word, "")
            times = [at - moment for event, at in said if event == kind]
            if kind and not any(-_EARLY_SECONDS <= late <= _LATE_SECONDS for late in times):
                missing.append(f"{act.name} on day {act.at / 86_400:.2f} {word} without `{kind}`")
    return missing


def endless_states(lines: list[dict[str, Any]]) -> Iterator[str]:
    """States that a line begins and none ends: neither the kind that does, nor a new start."""
    going: dict[tuple[str, str, str], str] = {}
    for one in lines:
        event = one["event"]
        whose = one.get("recipient", ""), one.get("path", "")
        if event == "started":
            going.clear()
        for key in [key for key in going if _OVER[key[0]] == event and key[1:] == whose]:
            del going[key]
        if _OVER[event] is not None:
            going[event, *whose] = one["time"]
    yield from (f"{event} since {time}" for (event, *_), time in going.items())
