"""How long an author waits for answers about a mapping of 374 lines that is being edited.

Each round asks of a text that nobody has asked of before: one character more than the last. Medians of the
processor's time, of the clock, and the ratio to a check of the same text.
"""

from __future__ import annotations

import argparse
import gc
import re
from collections.abc import Callable
from statistics import median
from time import perf_counter, process_time
from typing import Any

from machine import machine, stay_on_one_core
from shops import write_shop

from mapper import authoring

LINES = 374
_SECTION = "  - is: Extra {number}\n    send: custom\n"
_EDITED = "partner_name: {const: "
_UNFINISHED = re.compile(r"event_source_url: .*")


def mapping() -> str:
    """The mapping of a shop, with further sections until it has the lines."""
    text = write_shop(1)
    more = (LINES - text.count("\n")) // 2
    sections = "".join(_SECTION.format(number=number) for number in range(more))
    return text.replace("\notherwise: skip\n", f"{sections}\notherwise: skip\n")


def event(text: str) -> dict[str, Any]:
    """The first sample event of the mapping's own tests."""
    found = authoring.analyse(text).tests[0].given
    assert isinstance(found, dict)
    return found


def main() -> None:
    """Print the figures, the machine and the versions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=21)
    rounds = parser.parse_args().rounds
    stay_on_one_core()
    text = mapping()
    sample = event(text)
    print(f"a mapping of {text.count(chr(10))} lines; {machine()}\n")
    print(f"medians of {rounds} rounds      cpu ms   wall ms   to a check")
    times = _times(text, sample, rounds)
    for name, (cpu, wall) in times.items():
        print(f"  {name:<24}{cpu * 1e3:>7.2f}{wall * 1e3:>10.2f}{cpu / times['check'][0]:>12.2f}")


def _times(text: str, sample: dict[str, Any], rounds: int) -> dict[str, tuple[float, float]]:
    whole = authoring.analyse(text)
    whole.trace(sample)
    taken: dict[str, list[tuple[float, float]]] = {}
    for number in range(rounds + 1):
        for name, ask in _questions(whole, sample, number).items():
            spent = _timed(ask)
            if number:
                taken.setdefault(name, []).append(spent)
    found = {name: (median(a for a, _ in both), median(b for _, b in both)) for name, both in taken.items()}
    cpu, wall = (sum(found[name][at] for name in ("check", "first sample")) for at in (0, 1))
    return {**found, "check and first sample": (cpu, wall)}


def _questions(
    whole: authoring.Analysis, sample: dict[str, Any], number: int
) -> dict[str, Callable[[], object]]:
    """The questions of a round, in this order: of an unfinished text, then of one that is whole."""
    text = whole.text.content
    begun = whole.edited(_UNFINISHED.sub(f"event_source_url: visit.{'p' * (number % 2)}", text))
    edited = whole.edited(text.replace(_EDITED, f"{_EDITED}{'x' * (number + 1)}"))
    unfinished, here = begun.text.content.index("\n  language:"), text.index("visit.page.url")
    return {
        "completion": lambda: begun.complete(unfinished, sample),
        "check": lambda: edited.diagnostics,
        "first sample": lambda: edited.trace(sample),
        "next sample": lambda: edited.trace(sample),
        "what is at an offset": lambda: edited.at(here, sample),
    }


def _timed(ask: Callable[[], object]) -> tuple[float, float]:
    gc.collect()
    cpu, wall = process_time(), perf_counter()
    ask()
    return process_time() - cpu, perf_counter() - wall


if __name__ == "__main__":
    main()
