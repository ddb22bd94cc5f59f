"""How many instructions an event costs, as a ratio to the hand-written rival: the same on a busy machine.

    make bench-instructions
    .venv/bin/python benchmarks/instructions.py --most decoded=1.0 bytes=0.75

Counted by valgrind's callgrind, or by `perf stat` with `--by perf` where the machine lets it: for each rival
the work of counted.py on two numbers of events, whose difference leaves out the start. `--most` says
the ratios above which the exit status is 1, by the names of the ways; it counts these ways alone.
"""

from __future__ import annotations

import argparse
import os
import pickle
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import handwritten_constructs
import scaling
import workload
from counted import LIST
from instruction_counts import instructions_of, instructions_of_children
from machine import ROOT, machine

from mapper import compile_mapping
from mapper.suppression.building import PersonRow, build_list
from mapper.suppression.listing import WIDTH

_PERSONS = 100_000
_WORK = ROOT / "benchmarks/counted.py"
_BY_HAND, _PROGRAM = "handwritten", "program"


@dataclass(frozen=True, slots=True)
class Way:
    """A way of counted.py to work on events, made by the number of them, with the mapping.

    to: the rival and the way to which it is compared. counts: the two numbers of events; the fewer are enough
    for all that is made once.
    """

    title: str
    events: Callable[[int], Iterable[Any]]
    to: tuple[str, str]
    mapping: str = "mapping"
    counts: tuple[int, int] = (400, 1_400)


def _cart(products: int, to: int = 250) -> Way:
    return Way(
        f"Program.apply, no guard: {products:,} products, to {to}",
        lambda count: [scaling.cart(products)] * count,
        (_PROGRAM, f"cart-{to}"),
        counts=(2, 4) if products > 1_000 else (4, 20),
    )


_EVENT = (_BY_HAND, "decoded")
_CARTS = {f"cart-{products}": _cart(products) for products in scaling.PRODUCTS if products >= 250}
WAYS = {
    "json": Way("Program.apply, an event of json", workload.write_events, _EVENT),
    "orjson": Way("the same of orjson, to that of json", workload.write_events, (_PROGRAM, "json")),
    "msgspec": Way("the same of msgspec, to that of json", workload.write_events, (_PROGRAM, "json")),
    "released": Way("bytes in, bytes out, with the guard", workload.write_events, (_BY_HAND, "bytes")),
    "decoded": Way("Program.apply_decoded, no guard", workload.make_events, _EVENT),
    "bytes": Way("bytes in, bytes out, no guard", workload.write_events, (_BY_HAND, "bytes")),
    "guarded": Way("bytes in, objects out, with the guard", workload.write_events, (_BY_HAND, "bytes")),
    "suppressed": Way(
        "the same with a suppression list, to without", workload.write_events, (_PROGRAM, "guarded")
    ),
    # What the guard does with the outcomes of an event, which were made before.
    "guard": Way("the guard alone", workload.make_events, _EVENT),
    "constructs": Way(
        "patterns, functions, a table",
        handwritten_constructs.make_events,
        (_BY_HAND, "constructs"),
        "constructs",
    ),
    **_CARTS,
}


def main() -> None:
    """Print the counts and the ratios."""
    arguments = _arguments()
    if shutil.which(arguments.by) is None:
        sys.exit(f"{arguments.by} is not installed")
    print(machine("msgspec", "orjson"))
    ways = {name: WAYS[name] for name in arguments.most or WAYS}
    asked = sorted({one for name, way in ways.items() for one in ((_PROGRAM, name), way.to)})
    cores = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as made, ThreadPoolExecutor(cores) as at_once:
        _write(Path(made), {way for _, way in asked})
        # A count is the same whatever else goes on.
        counted = at_once.map(
            partial(_COUNTED[arguments.by], Path(made)), (asked[at::cores] for at in range(cores))
        )
        counts = {name: count for share in counted for name, count in share.items()}
    above = []
    print(f"{'instructions an event':<48}{'program':>12}{'compared to':>14}{'ratio':>8}{'at most':>9}")
    for name, way in ways.items():
        ours, other = counts[_PROGRAM, name], counts[way.to]
        limit = arguments.most.get(name)
        print(f"{way.title:<48}{ours:>12,.0f}{other:>14,.0f}{ours / other:>8.3f}{limit or '':>9}")
        if limit and ours > other * limit:
            above.append(f"{way.title}: more than {limit} times the instructions that it is compared to")
    if above:
        sys.exit("\n".join(above))


def _write(made: Path, names: Iterable[str]) -> None:
    """A file for each way: its program and its events, which take most of a run where they are made there.

    Beside them is a list of persons, none of whom has an event.
    """
    programs = {
        name: compile_mapping(ROOT / f"benchmarks/{name}.yaml", guard=False)
        for name in ("mapping", "constructs")
    }
    chance = random.Random(_PERSONS)
    rows = (PersonRow(1, (chance.randbytes(WIDTH),), False) for _ in range(_PERSONS))
    build_list(rows, str(made / LIST), skip_invalid=False)
    for name in names:
        way = WAYS[name]
        (made / name).write_bytes(pickle.dumps((programs[way.mapping], list(way.events(way.counts[1])))))


def _by_valgrind(made: Path, asked: Sequence[tuple[str, str]]) -> dict[tuple[str, str], float]:
    """The instructions of an event for rivals and ways, all in one process, which starts once."""
    tasks = [":".join([*one, *map(str, WAYS[one[1]].counts)]) for one in asked]
    command = [sys.executable, str(_WORK), str(made), *tasks]
    counts = instructions_of_children(command, made) if tasks else {}
    return {
        one: _of_an_event(one[1], [counts[f"{' '.join(one)} {n}"] for n in WAYS[one[1]].counts])
        for one in asked
    }


def _by_perf(made: Path, asked: Sequence[tuple[str, str]]) -> dict[tuple[str, str], float]:
    """The same with a process for each count, since `perf` adds up those of all that one forks."""
    counts = {}
    for rival, way in asked:
        commands = [[sys.executable, str(_WORK), str(made), f"{rival}:{way}:{n}"] for n in WAYS[way].counts]
        counts[rival, way] = _of_an_event(way, [instructions_of("perf", one, made) for one in commands])
    return counts


_COUNTED = {"valgrind": _by_valgrind, "perf": _by_perf}


def _of_an_event(way: str, counted: Sequence[int]) -> float:
    few, many = WAYS[way].counts
    return (counted[1] - counted[0]) / (many - few)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--by", choices=["valgrind", "perf"], default="valgrind")
    names = "\n".join(f"{name}: {way.title}" for name, way in WAYS.items())
    parser.add_argument("--most", nargs="+", metavar="WAY=RATIO", default=[], help=names)
    given = parser.parse_args()
    given.most = {name: float(ratio) for name, _, ratio in (one.partition("=") for one in given.most)}
    if unknown := given.most.keys() - WAYS:
        parser.error(f"no such way: {', '.join(sorted(unknown))}")
    return given


if __name__ == "__main__":
    main()
