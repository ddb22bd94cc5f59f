"""The forms of every ready mapping, and the guard, on its own events that are sent.

    make bench-ready
    .venv/bin/python benchmarks/ready_mappings.py [ROUNDS]

`careful` is the readable form; `fast` the one for Python objects; `typed` the one for JSON text, with
decoding; `guard` the look at the payloads. All take turns on the same events, and the best round of each
counts: one core, processor time. The exit status is 1 where the fast form is slower than the careful one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import figures
from machine import ROOT

sys.path.insert(0, str(ROOT))

from mapper import Outcome, Program, compile_mapping
from mapper.runtime.decode import decode_event, encode
from tests.compiler.test_interpreter import Given, of_file

_MAPPINGS = sorted((ROOT / "mappings").glob("*.yaml"))
_ROUNDS = 30
_EVENTS_A_ROUND = 200
# So much slower than the careful form a form may seem on a machine that does other things too.
_CHANCE = 1.1


def main() -> None:
    """Print the table; exit with 1 where a form does harm."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else _ROUNDS
    print("µs an event      bytes  careful     fast    typed    guard   µs/KB")
    rows = [(path.stem, row) for path in _MAPPINGS if (row := _row(path, rounds)) is not None]
    for name, (size, careful, fast, typed, guard) in sorted(rows, key=lambda one: _per_kb(one[1])):
        told = "".join(f"{one:9.1f}" if one else f"{'-':>9}" for one in (careful, fast, typed, guard))
        print(f"{size:22.0f}{told}{_per_kb((size, careful, fast, typed, guard)):8.1f}   {name}")
    costs = [_per_kb(row) for _, row in rows]
    worst = max(costs) / min(costs)
    figures.note("ready, worst", worst)
    print(f"\nthe worst is {worst:.1f} x the best, in µs a KB of its best way from JSON")
    slow = [name for name, (_, careful, fast, _, _) in rows if fast > careful * _CHANCE]
    if slow:
        sys.exit(f"slower than the careful form: {', '.join(slow)}")


def _per_kb(row: tuple[float, float, float, float, float]) -> float:
    size, careful, fast, typed, _ = row
    return min(one for one in (careful, fast, typed) if one) / size * 1024


def _row(path: Path, rounds: int) -> tuple[float, float, float, float, float] | None:
    """Bytes and microseconds of an event in each form, 0 where there is none; None for what sends nothing."""
    program, prepared = compile_mapping(path, guard=False), of_file(path).fast
    guarded = compile_mapping(path)
    sent = [one for one in of_file(path).events if _payloads(program, one)]
    if not sent or guarded.look is None:
        return None
    texts = [(encode(event), meta) for event, meta in sent]
    outcomes = [program.apply(event, meta) for event, meta in sent]
    look = guarded.look
    ways: dict[str, Callable[[], object]] = {
        "careful": lambda: [program._apply_carefully(event, meta) for event, meta in sent],
        "guard": lambda: [look([*one]) for one in outcomes],
    }
    if prepared.fast_text or prepared.typed_text:
        decoded = [(decode_event(text), meta) for text, meta in texts]
        ways["fast"] = lambda: [prepared.apply_decoded(event, meta) for event, meta in decoded]
    if prepared.typed_text:
        ways["typed"] = lambda: [prepared.apply_json(text, meta) for text, meta in texts]
    best = _best(ways, max(_EVENTS_A_ROUND // len(sent), 1), rounds)
    size = sum(len(text) for text, _ in texts) / len(texts)
    micro = {name: seconds / len(sent) * 1e6 for name, seconds in best.items()}
    return size, micro["careful"], micro.get("fast", 0.0), micro.get("typed", 0.0), micro["guard"]


def _payloads(program: Program, given: Given) -> list[Any]:
    made: list[Outcome] = program.apply(*given)
    return [one for one in made if one.payload is not None]


def _best(ways: dict[str, Callable[[], object]], times: int, rounds: int) -> dict[str, float]:
    """The least seconds of each way, which take turns."""
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(rounds):
        for name, way in ways.items():
            began = process_time()
            for _ in range(times):
                way()
            best[name] = min(best[name], (process_time() - began) / times)
    return best


if __name__ == "__main__":
    main()
