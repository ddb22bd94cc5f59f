"""How long a check of a hostile mapping takes at worst: CPU time of the process, over thousands of texts.

    make bench-hostile
    .venv/bin/python benchmarks/hostile.py --every 10 --show 30

The texts are those of tests/generators/hostile.py: each up to 64 KiB, made to keep the checker busy. What
compiles is compiled too, in a column of its own: how long that takes depends on how much of it is right.
"""

from __future__ import annotations

import argparse
import resource
import sys
from itertools import islice
from time import process_time

from machine import ROOT

sys.path.insert(0, str(ROOT))
_PROMISED_SECONDS = 0.2


def main() -> None:
    """Print the worst."""
    from mapper import check_text
    from tests.generators.hostile import texts

    options = _options()
    check_text((ROOT / "mappings/segment-ecommerce.yaml").read_text(encoding="utf-8"))
    rows: list[tuple[float, float, str, int]] = []
    for name, write in islice(texts(), 0, None, options.every):
        text = write()
        began = process_time()
        found = check_text(text)
        checked = process_time() - began
        right = not any(one.severity == "error" for one in found)
        rows.append((checked, _compile_seconds(text) if right else 0.0, name, len(found)))
    rows.sort(reverse=True)
    over = sum(row[0] > _PROMISED_SECONDS for row in rows)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(rows)} texts, {over} of them over {_PROMISED_SECONDS * 1000:.0f} ms, {memory:.0f} MB at most"
    )
    print("\n  check ms   compile ms   diagnostics   text")
    for checked, compiled, name, count in rows[: options.show]:
        shown = f"{compiled * 1000:.0f}" if compiled else "-"
        print(f"  {checked * 1000:8.0f}   {shown:>10}   {count:11}   {name}")
    slowest = max(rows, key=lambda row: row[1])
    print(f"\nthe slowest of those that compile: {slowest[1] * 1000:.0f} ms, {slowest[2]}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--every", type=int, default=1, help="take each n-th text")
    parser.add_argument("--show", type=int, default=10, help="how many of the worst to print")
    return parser.parse_args()


def _compile_seconds(text: str) -> float:
    from mapper import compile_text

    began = process_time()
    compile_text(text)
    return process_time() - began


if __name__ == "__main__":
    main()
