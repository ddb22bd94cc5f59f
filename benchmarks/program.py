"""The program as the rivals' tests call it: an event's JSON in, its payloads' JSON out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import orjson

from mapper import Program
from mapper.runtime.decode import encode_decoded

# What users decode events with. orjson makes the table of a wide object in another way than the others.
DECODERS: dict[str, Callable[[bytes], Any]] = {
    "json": json.loads,
    "orjson": orjson.loads,
    "msgspec": msgspec.json.decode,
}


def bytes_to_bytes(program: Program, line: bytes) -> list[bytes]:
    """The JSON of an event's payloads, by the fastest way that the project's own feed takes."""
    made: list[bytes] = []
    for outcome in program.apply_json(line):
        if outcome.payload is not None:
            made.append(encode_decoded(outcome.payload))
    return made
