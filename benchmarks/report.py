"""build/speed.json, which speed.py writes -> the figures in docs/speed.md, between its two marks.

make bench
build/bench-venv/bin/python benchmarks/report.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from statistics import median
from typing import Any

from machine import ROOT
from speed import ratio_to

_PAGE = ROOT / "docs/speed.md"
_BEGIN, _END = "<!-- figures -->", "<!-- end of figures -->"


def main() -> None:
    """Write the figures into the page."""
    figures = json.loads((ROOT / "build/speed.json").read_text(encoding="utf-8"))
    before, _, rest = _PAGE.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    lines = "\n".join(_lines(figures))
    _PAGE.write_text(f"{before}{_BEGIN}\n\n{lines}\n\n{_END}{after}", encoding="utf-8")


def _lines(figures: dict[str, Any]) -> Iterator[str]:
    yield f"{figures['machine']}. Medians of {figures['rounds']} rounds."
    yield from _rivals(figures)
    yield from _processes(figures)
    yield from _growth(figures)


def _rivals(figures: dict[str, Any]) -> Iterator[str]:
    """Each rival beside the one written by hand."""
    same = figures.get("same", {})
    for key, head in (("event", "an event in, a payload out"), ("bytes", "bytes in, bytes out")):
        yield from ("", f"| {head} | µs an event | to hand-written | same outputs |", "|---|--:|--:|--:|")
        for name, seconds in figures[key].items():
            ratio = ratio_to(seconds, figures[key]["handwritten"])
            part = f"{same.get(name, 1):.0%}"
            yield f"| {name} | {median(seconds) * 1e6:.1f} | {ratio:.2f} | {part} |"
    whole = figures["shares"]["whole"]
    parts = [
        f"{name} {seconds / whole:.0%}" for name, seconds in figures["shares"].items() if name != "whole"
    ]
    yield from ("", f"Shares of the program's time from bytes to bytes: {', '.join(parts)}.")


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
    yield from ("", "| bytes of an event | grows in | µs | µs a KB |", "|--:|---|--:|--:|")
    for where, sizes in figures["sizes"].items():
        for size, seconds in sizes.items():
            yield f"| {int(size):,} | {where} | {seconds * 1e6:.0f} | {seconds * 1e9 / int(size):.1f} |"


if __name__ == "__main__":
    main()
