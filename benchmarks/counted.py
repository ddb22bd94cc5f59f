"""The counted work: one rival maps some events of a file. Started by instructions.py, under a counter.

It imports and makes as little as it can: what it reads was compiled, generated and pickled before.
"""

from __future__ import annotations

import argparse
import gc
import pickle
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import handwritten
import handwritten_constructs
from program import DECODERS, bytes_to_bytes

from mapper import Program
from mapper.authoring import guarded

_BY_HAND: dict[str, Callable[[Any], Any]] = {
    "decoded": handwritten.payload_of,
    "bytes": handwritten.bytes_to_bytes,
    "constructs": handwritten_constructs.payload_of,
}


def main() -> None:
    """Map so many events of those that are read, which are as many for any count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("given", type=Path, help="a pickle: a program, and events")
    parser.add_argument("--rival", choices=["handwritten", "program"], required=True)
    parser.add_argument("--way", required=True)
    parser.add_argument("--events", type=int, required=True)
    arguments = parser.parse_args()
    program, given = pickle.loads(arguments.given.read_bytes())
    if arguments.rival == "handwritten":
        take = _BY_HAND[arguments.way]
    else:
        take, given = _by_program(program.prepare(), arguments.way, given)
    gc.freeze()  # as in a process that works: what is there by now is not looked through again
    for one in given[: arguments.events]:
        take(one)


def _by_program(program: Program, way: str, given: list[Any]) -> tuple[Callable[[Any], Any], list[Any]]:
    """The work of a program on each of some inputs, and these."""
    if way in DECODERS:  # pickled, all events would be made alike
        return guarded(program).apply, list(map(DECODERS[way], given))
    if way in ("bytes", "released"):
        return partial(bytes_to_bytes, program if way == "bytes" else guarded(program)), given
    if way == "guarded":
        return _warm(guarded(program).apply_json, given), given
    if way == "guard":  # with the outcomes of events, made before
        outcomes = [program.apply(event) for event in given]
        return _warm(guarded(program).look or list, outcomes), outcomes
    return program.apply if way.startswith("cart") else program.apply_decoded, given


def _warm(take: Callable[[Any], Any], given: list[Any]) -> Callable[[Any], Any]:
    """The same work after the guard has met all that is given, and so each shape of a payload once."""
    for one in given:
        take(one)
    return take


if __name__ == "__main__":
    main()
