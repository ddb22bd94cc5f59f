"""Whether a rival comes to what the compiled program does, event for event; else no figure means anything."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from handwritten import Unsent
from orjson import loads

from mapper import Outcome, Program
from mapper.runtime.decode import encode_decoded

_Rival = Callable[[Any], Any]
# What an event is rejected for; the other reasons say why one of these is missing.
_REQUIRED = ("event_id", "event_time", "user_data", "custom_data.order_id")


def result_of(outcome: Outcome) -> dict[str, Any] | Unsent:
    """The result of a program, as rivals put it: the payload, or why there is none."""
    if outcome.payload is not None:
        return outcome.payload
    if outcome.skip is not None:
        skip = outcome.skip
        return Unsent(skip.kind, skip.name.reveal() if skip.kind == "unmapped" else skip.reason)
    paths = {note.path for note in outcome.rejection.reasons} if outcome.rejection else set()
    return Unsent("rejected", ", ".join(path for path in _REQUIRED if path in paths))


def written_result_of(program: Program, line: bytes) -> dict[str, Any] | Unsent:
    """The result of a program for the JSON of an event; of a payload the content of its JSON."""
    [outcome] = program.apply_json(line)
    return result_of(outcome) if outcome.payload is None else loads(encode_decoded(outcome.payload))


def differences(events: Iterable[Any], one: _Rival, other: _Rival) -> list[str]:
    """The events on which two do not come to the same, each with both results."""
    found = []
    for number, event in enumerate(events):
        results = [json.dumps(by(event), sort_keys=True) for by in (one, other)]
        if results[0] != results[1]:
            found.append(f"event {number}:\n  {results[0]}\n  {results[1]}")
    return found
