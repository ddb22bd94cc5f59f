"""The forms of every ready mapping, and the guard, on its own events that are sent.

    make bench-ready
    .venv/bin/python benchmarks/ready_mappings.py [ROUNDS]

`careful` is the readable form; `fast` the one for Python objects; `typed` the one for JSON text, with
decoding; `guard` the look at the payloads; `best` the least of the forms. All take turns on the same events,
and the best round of each counts: one core, processor time. Small events cost more a KB, since part of the
time is the same for any event: the last line splits the time of all mappings in two. The exit status is 1
where the fast form is slower than the careful one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Row:
    """The bytes of a mapping's event, and its microseconds in each form, 0 where there is none."""

    size: float
    careful: float
    fast: float
    typed: float
    guard: float

    @property
    def best(self) -> float:
        """The microseconds of an event in its best way from JSON."""
        return min(one for one in (self.careful, self.fast, self.typed) if one)

    @property
    def per_kb(self) -> float:
        """The same for each KB of the event."""
        return self.best / self.kilobytes

    @property
    def kilobytes(self) -> float:
        """The size in KB."""
        return self.size / 1024

    def __str__(self) -> str:
        forms = (self.careful, self.fast, self.typed, self.guard)
        told = "".join(f"{one:9.1f}" if one else f"{'-':>9}" for one in forms)
        return f"{self.size:22.0f}{told}{self.best:9.1f}{self.per_kb:8.1f}"


def main() -> None:
    """Print the table; exit with 1 where a form does harm."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else _ROUNDS
    print("µs an event      bytes  careful     fast    typed    guard     best   µs/KB")
    rows = {path.stem: row for path in _MAPPINGS if (row := _row(path, rounds)) is not None}
    for name, row in sorted(rows.items(), key=lambda one: one[1].per_kb):
        print(f"{row}   {name}")
    costs = [row.per_kb for row in rows.values()]
    worst = max(costs) / min(costs)
    figures.note("ready, worst", worst)
    print(f"\nthe worst is {worst:.1f} x the best, in µs a KB of its best way from JSON")
    fixed, per_kb = _two_terms(list(rows.values()))
    above = {name: row.best / (fixed + per_kb * row.kilobytes) for name, row in rows.items()}
    most = max(above, key=above.__getitem__)
    print(f"all together: {fixed:.1f} µs an event and {per_kb:.1f} µs a KB")
    print(f"{most} takes {above[most]:.1f} x that")
    slow = [name for name, row in rows.items() if row.fast > row.careful * _CHANCE]
    if slow:
        sys.exit(f"slower than the careful form: {', '.join(slow)}")


def _two_terms(rows: list[_Row]) -> tuple[float, float]:
    """The microseconds of any event and those of a KB that come nearest to all rows, by the least squares of
    the relative differences; neither is below 0.
    """
    sums = [0.0] * 5
    for row in rows:
        one, kilobytes = 1 / row.best, row.kilobytes / row.best
        for place, more in enumerate((one * one, one * kilobytes, kilobytes * kilobytes, one, kilobytes)):
            sums[place] += more
    ones, both, squares, fixed, growing = sums
    whole = ones * squares - both * both
    found = (fixed * squares - growing * both) / whole, (growing * ones - fixed * both) / whole
    return found if min(found) >= 0 else (fixed / ones, 0.0) if found[1] < 0 else (0.0, growing / squares)


def _row(path: Path, rounds: int) -> _Row | None:
    """The row of a mapping; None for one that sends none of its events."""
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
    return _Row(size, micro["careful"], micro.get("fast", 0.0), micro.get("typed", 0.0), micro["guard"])


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
