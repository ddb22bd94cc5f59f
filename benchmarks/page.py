"""How soon the playground's page is there, and how long it takes from a keystroke to the payload.

    make bench-page
    .venv/bin/python benchmarks/page.py --rounds 1

The static site of `make site`, in Chromium, from a server on this machine: a first visit, a later one without
a network, and keystrokes in a mapping of 374 lines; then the same keystrokes with `mapper playground`.
Medians of the clock, on all cores: other programs on the machine make them longer.
"""

from __future__ import annotations

import argparse
import gzip
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from asking import LINES, event, mapping
from machine import ROOT, whole_machine

from mapper.playground.local_server import serving

sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.playground.chromium import PlaygroundPage

_SITE = ROOT / "build/site/playground"
_BETWEEN_KEYS_MS = 1000
# So long after a visit the site has kept all that the next one uses.
_KEEPING_MS = 15_000
# What is asked for: megabytes, and seconds.
_MOST = {
    "size, gzip": 8.0,
    "page drawn": 0.3,
    "first payload, first visit": 5.0,
    "first payload, no network": 2.0,
    "keystroke to payload, static": 0.25,
    "keystroke to payload, local": 0.1,
}
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"
_NOTE_KEYS = "addEventListener('keydown', () => { window.typedAt = performance.now(); }, true)"
# A message that is posted from a frame comes after that frame is drawn.
_TYPED = """([path, value]) => new Promise((done) => {
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = () => done((performance.now() - typedAt) / 1000);
  const look = () => {
    const row = document.querySelector(`[data-pane=payload] [data-id="${path}"]`);
    if (row?.textContent.includes(value)) port1.postMessage(null);
    else requestAnimationFrame(look);
  };
  look();
})"""


def main() -> None:
    """Print the figures beside those that are asked for, and the machine."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    if not (_SITE / "index.html").is_file():
        sys.exit("build/site/playground is not there: run `make site` first")
    from tests.playground.chromium import browser

    print(f"{whole_machine()}; mapping of {LINES} lines, {rounds} rounds\n")
    print(f"{'':<32}{'asked':>8}{'seen':>8}")
    with browser() as started:
        for name, seen in _figures(started, rounds):
            unit = "MB" if name.startswith("size") else "s"
            print(f"{name:<32}{_MOST[name]:>6g} {unit:<2}{seen:>6.2f} {unit}", flush=True)


def _figures(browser: Browser, rounds: int) -> Iterator[tuple[str, float]]:
    yield "size, gzip", _megabytes()
    drawn, first, later = zip(*(_visits(browser) for _ in range(rounds)), strict=True)
    yield "page drawn", median(drawn)
    yield "first payload, first visit", median(first)
    yield "first payload, no network", median(later)
    for place in ("static", "local"):
        yield f"keystroke to payload, {place}", median(_keystrokes(browser, place == "static", rounds * 3))


def _megabytes() -> float:
    files = (path for path in _SITE.rglob("*") if path.is_file() and not path.name.startswith("NOTICES"))
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in files) / 1e6


def _visits(browser: Browser) -> tuple[float, float, float]:
    """When the page is drawn and when it has a payload, at a first visit; and the latter at a later one."""
    from tests.playground.chromium import PlaygroundPage
    from tests.playground.site_server import served, visitor

    with tempfile.TemporaryDirectory() as profile, visitor(browser, Path(profile)) as context:
        with served(_SITE) as (address, _):
            first = PlaygroundPage(context.new_page())
            first.open(address)
            ready = _now(first)
            drawn = first.page.evaluate(_PAINT)
            first.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
            first.page.wait_for_timeout(_KEEPING_MS)
            first.page.close()
        later = PlaygroundPage(context.new_page())
        later.open(address)
        return drawn, ready, _now(later)


def _now(page: PlaygroundPage) -> float:
    """Seconds since the page was asked for."""
    seconds: float = page.page.evaluate("performance.now() / 1000")
    return seconds


def _keystrokes(browser: Browser, is_static: bool, count: int) -> list[float]:
    """How long after each keystroke its payload is shown. Keys come slowly, so each is answered at once."""
    from tests.playground.chromium import PlaygroundPage, fragment_of
    from tests.playground.site_server import served

    text = mapping()
    with ExitStack() as stack:
        if is_static:
            address = stack.enter_context(served(_SITE))[0]
        else:
            address = stack.enter_context(
                serving(Path(stack.enter_context(tempfile.TemporaryDirectory())), 0)
            )
        page = PlaygroundPage(browser.new_page())
        page.open(f"{address}{fragment_of(text, event(text))}")
        page.go_to("partner_name")
        page.page.keyboard.press("End")
        page.page.keyboard.press("ArrowLeft")
        page.page.evaluate(_NOTE_KEYS)
        value = text.split("partner_name: {const: ")[1].split("}")[0]
        taken = []
        for _ in range(count + 1):
            page.page.wait_for_timeout(_BETWEEN_KEYS_MS)
            page.page.keyboard.type("x")
            value += "x"
            taken.append(page.page.evaluate(_TYPED, ["0:partner_name", value]))
        page.page.close()
        return taken[1:]


if __name__ == "__main__":
    main()
