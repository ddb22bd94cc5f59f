"""Feeds of events by mapping, with all that can be wrong with a line, and what `mapper run` makes of them."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from mapper.feeds import SourceBlock
from mapper.running import Run
from mapper.runtime.program import Program
from tests.generators.altered import altered
from tests.oracles.golden import ADDED_BY_THE_SERVER, EVENTS, KNOWN_BY_THE_HOST, MAPPING_OF

RECEIVED_AT = str(KNOWN_BY_THE_HOST["received_at"])
_ALTERED = 20
# Each is a line: what is no event, what is blank, and what JSON has no value for.
_ODD: tuple[bytes, ...] = (
    *(
        b"",
        b"   ",
        b"\t",
        b"\r",
        b"null",
        b"7",
        b'"text"',
        b"[]",
        b'[{"event": "x"}]',
        b"{}",
        b"{",
        b'{"a":}',
    ),
    *(
        b'{"a": 1} x',
        b"not JSON",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"event": "\\ud800"}',
        b'{"event": "\xff"}',
    ),
    *(b'{"a": "\x00"}', b'\x00{"a": 1}', b'{"a": ' + b"[" * 300 + b"]" * 300 + b"}", b"{" * 2000),
    *(
        b'{"type": "track", "type": "identify"}',
        '{"event": "\u2028 \u00e9"}'.encode(),
        b'{"a": 1' + b"0" * 5000 + b"}",
    ),
    b'{"event": "' + b"x" * 1_100_000 + b'"}',
)


@dataclass(frozen=True)
class Ran:
    """What `mapper run` writes of a feed: payloads, and the lines of its rejects."""

    payloads: list[bytes]
    rejects: list[dict[str, Any]]


@cache
def lines_of(mapping: str) -> tuple[bytes, ...]:
    """A feed for a ready mapping: its sample events, changed ones, and lines that are no events, mixed."""
    dice = random.Random(mapping)
    files = [file for file in EVENTS if _mapping_of(file.stem) == mapping]
    events = [json.loads(file.read_bytes()) | ADDED_BY_THE_SERVER.get(file.stem, {}) for file in files]
    made = [altered(event, dice) for event in events for _ in range(_ALTERED)]
    lines = [*(json.dumps(one).encode() for one in (*events, *made)), *_ODD]
    dice.shuffle(lines)
    return tuple(lines)


def _mapping_of(stem: str) -> str:
    return next(name for start, name in MAPPING_OF.items() if stem.startswith(start))


def ran(program: Program, lines: Sequence[bytes]) -> Ran:
    """What a run makes of lines."""
    out, rejects = io.BytesIO(), io.BytesIO()
    run = Run(program, "lines", rejects, meta={"received_at": RECEIVED_AT})
    # Of an engine's rows nobody knows a line.
    run.write_payloads([SourceBlock(list(enumerate(lines, 1)), [{"line": None}] * len(lines))], out)
    return Ran(out.getvalue().splitlines(), [json.loads(line) for line in rejects.getvalue().splitlines()])
