"""Whether a rival comes to what the compiled program does, event for event; else no figure means anything."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from handwritten import Unsent

from mapper import Outcome

_Rival = Callable[[dict[str, Any]], Any]
# What an event is rejected for; the other reasons say why one of these is missing.
_REQUIRED = ("event_id", "event_time", "user_data", "custom_data.order_id")


def result_of(outcome: Outcome) -> dict[str, Any] | Unsent:
    """What a program came to, as rivals put it: the payload, or why there is none."""
    if outcome.payload is not None:
        return outcome.payload
    if outcome.skip is not None:
        return Unsent(outcome.skip.kind, outcome.skip.reason)
    paths = {note.path for note in outcome.rejection.reasons} if outcome.rejection else set()
    return Unsent("rejected", ", ".join(path for path in _REQUIRED if path in paths))


def differences(events: Iterable[dict[str, Any]], one: _Rival, other: _Rival) -> list[str]:
    """The events on which two do not come to the same, each with both results."""
    found = []
    for number, event in enumerate(events):
        results = [json.dumps(by(event), sort_keys=True) for by in (one, other)]
        if results[0] != results[1]:
            found.append(f"event {number}:\n  {results[0]}\n  {results[1]}")
    return found
