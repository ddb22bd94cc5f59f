"""build/speed.json, which speed.py writes -> the figures in docs/speed.md and README.md, between their marks.

make bench
build/bench-venv/bin/python benchmarks/report.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from machine import ROOT
from speed import ratio_to

# Pages, and the name of what is between their marks.
_ALL, _HEADLINE = (ROOT / "docs/speed.md", "figures"), (ROOT / "README.md", "headline figures")
_EVENT, _BYTES = "an event in, a payload out", "bytes in, bytes out"


def main() -> None:
    """Write the figures into the pages."""
    figures = json.loads((ROOT / "build/speed.json").read_text(encoding="utf-8"))
    insert(*_ALL, _lines(figures))
    insert(*_HEADLINE, _headlines(figures))


def insert(page: Path, name: str, lines: Iterator[str]) -> None:
    """Write lines between the marks of a name in a page."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    written = "\n".join(lines)
    page.write_text(f"{before}{begin}\n\n{written}\n\n{end}{after}", encoding="utf-8")


def _headlines(figures: dict[str, Any]) -> Iterator[str]:
    """The rows of the calls that users make, with the guard."""
    yield from ("| | µs an event | to hand-written |", "|---|--:|--:|")
    for key, head in (("event", _EVENT), ("bytes", _BYTES)):
        for name, seconds in figures[key].items():
            if name.startswith("Program") and "no guard" not in name:
                ratio = ratio_to(seconds, figures[key]["handwritten"])
                yield f"| `{name}`, {head} | {median(seconds) * 1e6:.1f} | {ratio:.2f} |"


def _lines(figures: dict[str, Any]) -> Iterator[str]:
    yield f"{figures['machine']}. Medians of {figures['rounds']} rounds."
    yield from rivals(figures)
    yield from _shares(figures)
    yield from _processes(figures)
    yield from _growth(figures)


def rivals(figures: dict[str, Any]) -> Iterator[str]:
    """Each rival beside the one written by hand."""
    same = figures.get("same", {})
    for key, head in (("event", _EVENT), ("bytes", _BYTES)):
        yield from ("", f"| {head} | µs an event | to hand-written | same outputs |", "|---|--:|--:|--:|")
        for name, seconds in figures[key].items():
            ratio = ratio_to(seconds, figures[key]["handwritten"])
            part = f"{same.get(name, 1):.0%}"
            yield f"| {name} | {median(seconds) * 1e6:.1f} | {ratio:.2f} | {part} |"


def _shares(figures: dict[str, Any]) -> Iterator[str]:
    whole = figures["shares"]["whole"]
    parts = [
        f"{name} {seconds / whole:.0%}" for name, seconds in figures["shares"].items() if name != "whole"
    ]
    yield from ("", f"Shares of the program's time from bytes to bytes, no guard: {', '.join(parts)}.")


def _processes(figures: dict[str, Any]) -> Iterator[str]:
    """Whole processes, their start, and what they hold."""
    if "files" in figures:
        yield from ("", "| a file of events, whole processes | seconds | to hand-written |", "|---|--:|--:|")
        for name, seconds in figures["files"].items():
            ratio = ratio_to(seconds, figures["files"]["handwritten"])
            yield f"| {name} | {median(seconds):.2f} | {ratio:.2f} |"
    starts = [f"{name} {median(seconds) * 1e3:.0f} ms" for name, seconds in figures["start"].items()]
    yield from ("", f"Start to the first payload: {', '.join(starts)}.")
    if "memory" in figures:
        held = max(figures["memory"].values())
        read = max(map(int, figures["memory"]))
        yield f"Most memory held over {read:,} MB of events: {held:.0f} MB."


def _growth(figures: dict[str, Any]) -> Iterator[str]:
    """How cost grows with the mapping and with the event."""
    yield from ("", "| rules of a mapping | µs to apply | µs a rule |", "|--:|--:|--:|")
    for rules, taken in figures["rules"].items():
        yield f"| {int(rules):,} | {taken['apply'] * 1e6:.1f} | {taken['apply'] * 1e6 / int(rules):.3f} |"
    head = "| products of a cart | bytes | µs, `Program.apply` | µs a product | µs, no guard | µs a product |"
    yield from ("", head, "|--:|--:|--:|--:|--:|--:|")
    for products, found in figures["products"].items():
        micro = [found[name] * 1e6 for name in ("guarded", "unguarded")]
        told = " | ".join(f"{one:,.0f} | {one / int(products):.2f}" for one in micro)
        yield f"| {int(products):,} | {found['bytes']:,} | {told} |"
    head = "| bytes of an event, most of them unread | µs, JSON to JSON | µs a KB |"
    yield from ("", head, "|--:|--:|--:|")
    for size, seconds in figures["unread"].items():
        yield f"| {int(size):,} | {seconds * 1e6:,.0f} | {seconds * 1e9 / int(size):.1f} |"


if __name__ == "__main__":
    main()
