"""The counted work: rivals map some events of files. Started by instructions.py, under a counter.

It imports and makes as little as it can: what it reads was compiled, generated and pickled before.
"""

from __future__ import annotations

import argparse
import gc
import os
import pickle
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import handwritten
import handwritten_constructs
from program import DECODERS, bytes_to_bytes

from mapper import Program
from mapper.authoring import guarded

# The name of the list of persons beside the file that is read.
LIST = "people.sup"
_BY_HAND: dict[str, Callable[[Any], Any]] = {
    "decoded": handwritten.payload_of,
    "bytes": handwritten.bytes_to_bytes,
    "constructs": handwritten_constructs.payload_of,
}


def main() -> None:
    """Do the work of each task as often as it says; each of several counts is in a process of its own.

    Such a process goes on from what is made once; its task, its count and its number are printed.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("made", type=Path, help="a folder with a pickle for each way: a program, and events")
    parser.add_argument("tasks", nargs="+", metavar="RIVAL:WAY:EVENTS[:EVENTS]")
    arguments = parser.parse_args()
    for task in arguments.tasks:
        rival, way, *counts = task.split(":")
        if len(counts) == 1:
            _work(*_made(arguments.made / way, rival, way), int(counts[0]))
        else:
            _in_child(partial(_each_count, arguments.made / way, rival, way, counts))


def _each_count(path: Path, rival: str, way: str, counts: list[str]) -> None:
    take, given = _made(path, rival, way)
    for count in counts:
        print(rival, way, count, _in_child(partial(_work, take, given, int(count))), flush=True)


def _in_child(work: Callable[[], None]) -> int:
    """The number of a process that did this and has ended. Raises ChildProcessError where it failed."""
    number = os.fork()
    if number == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    if os.waitpid(number, 0)[1]:
        raise ChildProcessError("the work failed, as said above")
    return number


def _work(take: Callable[[Any], Any], given: list[Any], events: int) -> None:
    gc.freeze()  # as in a process that works: what is there by now is not looked through again
    for one in given[:events]:
        take(one)


def _made(path: Path, rival: str, way: str) -> tuple[Callable[[Any], Any], list[Any]]:
    """The work of a rival in a way on each of some inputs, and these, which are as many for any count."""
    program, given = pickle.loads(path.read_bytes())
    if rival == "handwritten":
        return _BY_HAND[way], given
    program = program.prepare()
    if way == "suppressed":
        return _warm(_suppressing(program, path.with_name(LIST)).apply_json, given), given
    return _by_program(program, way, given)


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


def _suppressing(program: Program, path: Path) -> Program:
    """The guarded program with a list, whose room the other ways do not load."""
    from mapper.suppression.listing import WatchedList
    from mapper.suppression.suppressed_program import suppressing

    return suppressing(guarded(program), [WatchedList(str(path))])


def _warm(take: Callable[[Any], Any], given: list[Any]) -> Callable[[Any], Any]:
    """The same work after the guard has met all that is given, and so each shape of a payload once."""
    for one in given:
        take(one)
    return take


if __name__ == "__main__":
    main()
