"""How fast the ready mapping `warehouse-orders` is applied, beside code that is written by hand for it.

    make bench-ready
    .venv/bin/python benchmarks/ready_peers.py [ROUNDS]

Before anything is timed, the outputs of the rivals are compared with those of the program: for the events of
the mapping's own tests, for these with values changed at random, and for the rows that are measured. The
rivals take turns in one run. The tables go into docs/speed.md.
"""

from __future__ import annotations

import gc
import json
import random
import sys
from functools import partial
from types import ModuleType
from typing import Any

import handwritten_ready
import interpreted_ready
from agreement import differences, result_of, written_result_of
from machine import ROOT, machine, stay_on_one_core
from peers import by_msgspec
from program import bytes_to_bytes
from report import insert, rivals
from speed import Rivals, expect_none, measure_rounds, timed
from workload import SEED, make_orders

sys.path.insert(0, str(ROOT))

from mapper import Program, compile_mapping
from tests.compiler.test_interpreter import of_file
from tests.generators.altered import altered

MAPPING = ROOT / "mappings/warehouse-orders.yaml"
RIVALS = {"handwritten": handwritten_ready, "jmespath.py, jsonschema": interpreted_ready}
_ROUNDS = 5
_IN_A_ROUND = 5_000
_CHANGED = 2_000


def main() -> None:
    """Compare, measure, print, and write the tables."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else _ROUNDS
    stay_on_one_core()
    guarded, program = (compile_mapping(MAPPING, guard=guard) for guard in (True, False))
    rows = list(make_orders(_IN_A_ROUND))
    # The guard lets no address of a person through as an order's id, which the rivals do.
    changed = changed_events(_CHANGED, SEED)
    for one, events in ((program, changed), (program, rows), (guarded, rows)):
        for name, rival in RIVALS.items():
            expect_none(name, differing(one, events, rival))
    print(f"no difference between the rivals in {len(changed) + len(rows):,} events\n")
    gc.collect()
    gc.freeze()
    figures: dict[str, Any] = {
        "event": measure_rounds("an event in, a payload out", _on_events(guarded, program, rows), rounds),
        "bytes": measure_rounds("bytes in, bytes out", _on_bytes(guarded, program, rows), rounds),
    }
    where = f"{machine('msgspec', 'orjson', 'jmespath', 'jsonschema')}. Medians of {rounds} rounds."
    insert(ROOT / "docs/speed.md", "ready mapping", iter((where, *rivals(figures))))


def changed_events(count: int, seed: int) -> list[Any]:
    """The events of the mapping's own tests, and so many made of them by changing values at random."""
    dice = random.Random(seed)
    own = [event for event, _ in of_file(MAPPING).events]
    return own + [altered(dice.choice(own), dice) for _ in range(count)]


def differing(program: Program, events: list[Any], rival: ModuleType) -> list[str]:
    """The events for which a rival comes to something else than the program, for objects or for JSON."""
    lines = [json.dumps(event).encode() for event in events]
    theirs = [rival.payload_of(event) for event in events]
    once, again = iter(theirs), iter(theirs)
    return [
        *differences(events, lambda event: result_of(program.apply(event)[0]), lambda _: next(once)),
        *differences(lines, partial(written_result_of, program), lambda _: next(again)),
    ]


def _on_events(guarded: Program, program: Program, rows: list[Any]) -> Rivals:
    return {
        "handwritten": partial(timed, handwritten_ready.payload_of, rows),
        "Program.apply": partial(timed, guarded.apply, rows),
        "Program.apply, no guard": partial(timed, program.apply, rows),
        "Program.apply_decoded, no guard": partial(timed, program.apply_decoded, rows),
        "jmespath.py, jsonschema": partial(timed, interpreted_ready.payload_of, rows),
    }


def _on_bytes(guarded: Program, program: Program, rows: list[Any]) -> Rivals:
    lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() for row in rows]
    by_hand = handwritten_ready.payload_of
    return {
        "handwritten": partial(timed, handwritten_ready.bytes_to_bytes, lines),
        "Program.apply_json": partial(timed, partial(bytes_to_bytes, guarded), lines),
        "Program.apply_json, no guard": partial(timed, partial(bytes_to_bytes, program), lines),
        "msgspec, by hand": partial(timed, partial(by_msgspec, by_hand), lines),
        "jmespath.py, jsonschema": partial(timed, interpreted_ready.bytes_to_bytes, lines),
    }


if __name__ == "__main__":
    main()
