"""Whether the typed form is ever slower than decoding an event and handing it to the fast one.

    .venv/bin/python -m benchmarks.forms [ROUNDS]

Over all ready mappings, the correct cases, and variants in which one list is read in several ways: both ways
take turns on the same events, in one run, and the medians of their times are compared. `calls`: functions
entered, the same on a busy machine; `tests/compiler/test_typed_form.py` holds these.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

from mapper import Program, compile_text
from mapper.runtime.decode import decode_event, encode
from tests.compiler.test_interpreter import Given, of_file
from tests.oracles.list_readings import EVENT, READINGS, mapping_reading
from tests.support.effort import calls

ROOT = Path(__file__).parents[1]
_ROUNDS = 200


def main() -> None:
    """Print the table, the slowest last."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else _ROUNDS
    subjects = [(name, program, events) for name, program, events in _subjects() if events]
    made = [_row(*subject, rounds) for subject in subjects if subject[1].typed_text]
    rows = sorted(made, key=lambda row: row[3])
    print(f"{'mapping':<58}{'typed':>9}{'decode + fast':>15}{'ratio':>8}{'calls':>12}")
    for name, typed, fast, ratio, counts in rows:
        print(f"{name:<58}{typed:>6.1f} µs{fast:>12.1f} µs{ratio:>8.2f}{counts:>12}")


def _subjects() -> Iterator[tuple[str, Program, list[Given]]]:
    files = [*(ROOT / "mappings").glob("*.yaml"), *(ROOT / "tests/cases/correct").glob("*.yaml")]
    for path in sorted(files):
        subject = of_file(path)
        yield path.stem, subject.fast, list(subject.events)
    for reading in READINGS:
        program = compile_text(mapping_reading(reading), guard=False)
        yield f"reads {reading}", program.prepare(), [(EVENT, None)]


def _row(
    name: str, program: Program, events: list[Given], rounds: int
) -> tuple[str, float, float, float, str]:
    texts = [(encode(event), meta) for event, meta in events]

    def typed() -> None:
        for text, meta in texts:
            program.apply_json(text, meta)

    def fast() -> None:
        for text, meta in texts:
            program.apply_decoded(decode_event(text), meta)

    times: dict[Callable[[], None], list[float]] = {typed: [], fast: []}
    for _ in range(rounds):
        for way, taken in times.items():
            start = perf_counter()
            way()
            taken.append((perf_counter() - start) / len(texts) * 1e6)
    first, second = (statistics.median(taken) for taken in times.values())
    counts = "/".join(str(calls(way)[0]) for way in times)
    return name, first, second, first / second, counts


if __name__ == "__main__":
    main()
