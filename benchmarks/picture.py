"""build/speed.json, which speed.py writes -> docs/speed.svg: bars of events a second, and how cost grows.

    make bench
    build/bench-venv/bin/python benchmarks/picture.py

Plain SVG that follows a light or dark page.
"""

from __future__ import annotations

import json
from math import log10
from statistics import median
from typing import Any
from xml.sax.saxutils import escape

from machine import ROOT

_WIDTH = 860
_BAR, _GAP = 20, 8
# The space before the bars, and after the longest.
_LABELS, _AFTER = 250, 200
# What is measured keeps its own colour; all that it is compared with shares another.
_OURS = ("Program", "mapper")
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.head { font-weight: 600; font-size: 14px }
.small { font-size: 11px; fill: #656d76 }
.rule { stroke: #d0d7de; stroke-width: 1 }
.ours { fill: #bd081c; stroke: #bd081c }
.other { fill: #8c959f; stroke: #8c959f }
.line { fill: none; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .small { fill: #9198a1 } .rule { stroke: #3d444d }
  .ours { fill: #ff5c6c; stroke: #ff5c6c } .other { fill: #768390; stroke: #768390 }
}
"""


def main() -> None:
    """Draw the picture of the figures."""
    figures = json.loads((ROOT / "build/speed.json").read_text(encoding="utf-8"))
    (ROOT / "docs/speed.svg").write_text(draw(figures), encoding="utf-8")


def draw(figures: dict[str, Any]) -> str:
    """The whole picture."""
    parts: list[str] = []
    bottom = 24
    for key, head in (
        ("bytes", "Events a second on one core, JSON in, JSON out"),
        ("event", "Events a second on one core, a parsed event in, a payload out"),
    ):
        bottom = _bars(parts, head, figures[key], bottom) + 28
    rules = {int(count): seconds["apply"] * 1e6 for count, seconds in figures["rules"].items()}
    sizes = {found["bytes"]: found["guarded"] * 1e6 for found in figures["products"].values()}
    half = _WIDTH // 2
    _curve(parts, "µs an event, by rules of the mapping", rules, 0, bottom)
    _curve(parts, "µs an event, by bytes of its products", sizes, half, bottom)
    height = bottom + 210
    parts.append(_text(0, height - 6, "small", figures["machine"]))
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">\n'
        f"<title>How fast events are mapped</title>\n<style>{_STYLE}</style>\n{body}\n</svg>\n"
    )


def _bars(parts: list[str], head: str, taken: dict[str, list[float]], top: int) -> int:
    """A bar for each rival, the fastest first; where it ends, from the top."""
    parts.append(_text(0, top, "head", head))
    rates = {name: 1 / median(seconds) for name, seconds in taken.items()}
    scale = (_WIDTH - _LABELS - _AFTER) / max(rates.values())
    by_hand = rates["handwritten"]
    at = top + 12
    for name, rate in sorted(rates.items(), key=lambda one: -one[1]):
        kind = "ours" if name.startswith(_OURS) else "other"
        width = max(rate * scale, 1)
        parts.append(_text(_LABELS - 10, at + 15, "", name, anchor="end"))
        parts.append(f'<rect class="{kind}" x="{_LABELS}" y="{at}" width="{width:.1f}" height="{_BAR}"/>')
        told = (
            f"{rate:,.0f}" if name == "handwritten" else f"{rate:,.0f} · {rate / by_hand:.2f} of handwritten"
        )
        parts.append(_text(_LABELS + width + 8, at + 15, "", told))
        at += _BAR + _GAP
    return at


def _curve(parts: list[str], head: str, points: dict[int, float], left: int, top: int) -> None:
    """Microseconds by a size, both in powers of ten, beside the line of what grows with it."""
    parts.append(_text(left, top, "head", head))
    x0, y0, width, height = left + 60, top + 16, _WIDTH // 2 - 100, 130
    wide = _powers(list(points))
    high = _powers(list(points.values()))

    def place(size: float, cost: float) -> str:
        x = x0 + width * (log10(size) - wide[0]) / (wide[-1] - wide[0])
        y = y0 + height - height * (log10(cost) - high[0]) / (high[-1] - high[0])
        return f"{x:.1f},{y:.1f}"

    for power in high:
        y = place(10 ** wide[0], 10**power).split(",")[1]
        parts.append(f'<line class="rule" x1="{x0}" y1="{y}" x2="{x0 + width}" y2="{y}"/>')
        parts.append(_text(x0 - 8, float(y) + 4, "small", f"{10**power:,}", anchor="end"))
    for power in wide:
        x = place(10**power, 10 ** high[0]).split(",")[0]
        parts.append(_text(float(x), y0 + height + 18, "small", f"{10**power:,}", anchor="middle"))
    along = " ".join(place(size, cost) for size, cost in points.items())
    parts.append(f'<polyline class="ours line" style="fill:none" points="{along}"/>')
    for size, cost in points.items():
        x, y = place(size, cost).split(",")
        parts.append(f'<circle class="ours" cx="{x}" cy="{y}" r="3"/>')


def _powers(values: list[float]) -> list[int]:
    """The powers of ten from below the least to above the largest of some values."""
    least, most = int(log10(min(values)) // 1), -int(-log10(max(values)) // 1)
    return list(range(least, max(most, least + 1) + 1))


def _text(x: float, y: float, kind: str, content: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(content)}</text>'


if __name__ == "__main__":
    main()
