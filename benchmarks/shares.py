"""Where the time from bytes to bytes goes: decoding, digests and encoding by themselves, then the rest.

build/bench-venv/bin/python benchmarks/shares.py
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import partial
from statistics import median
from time import process_time
from typing import Any

import workload
from machine import ROOT, machine, stay_on_one_core
from program import bytes_to_bytes

from mapper import Program, compile_mapping
from mapper.runtime.decode import decode_event, encode_decoded, typed_classes, typed_decoder
from mapper.runtime.known_forms.hashing import hash_of
from mapper.runtime.program import load_module

_EVENTS = 5_000
_ROUNDS = 9
# A personal value in its form has about as many characters.
_TEXT = "ada@example.c"
# Digests of these are in tables.
_KNOWN = {"ge", "st", "country"}


def main() -> None:
    """Print the shares."""
    stay_on_one_core()
    print(machine("msgspec", "orjson"))
    print_shares(measure_shares())


def measure_shares(rounds: int = _ROUNDS) -> dict[str, float]:
    """Seconds an event, of the whole and of each stage."""
    program = compile_mapping(ROOT / "benchmarks/mapping.yaml", guard=False).prepare()
    lines = [line.rstrip(b"\n") for line in workload.write_events(_EVENTS)]
    made = [payload for line in lines for payload in bytes_to_bytes(program, line)]
    payloads = [decode_event(payload) for payload in made]
    digests = sum(map(_digests_made, payloads))
    texts = [_TEXT] * digests
    stages: dict[str, tuple[Callable[[Any], object], list[Any]]] = {
        "whole": (partial(bytes_to_bytes, program), lines),
        "decode": (_decoder(program), lines),
        "digests": (lambda text: hash_of(text.encode()).hexdigest(), texts),
        "encode": (encode_decoded, payloads),
    }
    gc.collect()
    gc.freeze()
    taken: dict[str, list[float]] = {name: [] for name in stages}
    for _ in range(rounds):
        for name, (stage, given) in stages.items():
            gc.collect()
            started = process_time()
            for one in given:
                stage(one)
            taken[name].append((process_time() - started) / _EVENTS)
    middle = {name: median(seconds) for name, seconds in taken.items()}
    middle["the rest"] = 2 * middle["whole"] - sum(middle.values())
    return middle


def _digests_made(payload: Any) -> int:
    """How many values of a payload were hashed for it; the few that came hashed are among them."""
    user = payload["user_data"]
    return sum(len(value) for name, value in user.items() if type(value) is list and name not in _KNOWN)


def print_shares(shares: dict[str, float]) -> None:
    """Print each stage beside the whole."""
    for name, seconds in shares.items():
        print(f"  {name:<10}{seconds * 1e6:>8.1f} µs an event{seconds / shares['whole']:>8.1%}")


def _decoder(program: Program) -> Callable[[bytes], Any]:
    """A decoder of the events that a program maps."""
    classes = typed_classes(load_module(program.typed_text, "shares")["SHAPES"])
    return typed_decoder(classes["Event"])


if __name__ == "__main__":
    main()
