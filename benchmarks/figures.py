"""The figures that this project asks of itself, beside those that were seen: `make bench-figures`.

Each benchmark notes what its rounds came to in build/figures.json. This prints them as the table of
docs/speed.md, and writes it there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from machine import ROOT, machine

_NOTED = ROOT / "build" / "figures.json"
_PAGE = ROOT / "docs" / "speed.md"
_BEGIN, _END = "<!-- asked and seen -->", "<!-- end of asked and seen -->"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and its bound: at least so much, or at most; and the command that measures it."""

    what: str
    bound: float
    unit: str
    command: str
    least: bool = True

    def asked(self) -> str:
        """The bound in words."""
        return f"{'at least' if self.least else 'at most'} {_number(self.bound)} {self.unit}"

    def holds(self, seen: float) -> bool:
        """Whether a measurement is within the bound."""
        return seen >= self.bound if self.least else seen <= self.bound


_SENDS, _SERVES, _ACCOUNTS = "make bench-delivery-short", "make bench-serving", "make bench-accounts"
_COMMANDS, _READY, _GUARDS = "make bench-commands", "make bench-ready", "make bench-guard"
_BACKLOG, _OVERLAP = "make bench-backlog", "make bench-overlap"
FIGURES = {
    "help": Figure("the slowest `COMMAND --help`", 1.5, "x `import click`", _COMMANDS, least=False),
    "check again": Figure("`check` of unchanged files", 0.15, "of the first", _COMMANDS, least=False),
    "diff": Figure("`diff`", 150, "µs an event", _COMMANDS, least=False),
    "init": Figure("`init` of 10,000 events", 3, "s", _COMMANDS, least=False),
    "first run": Figure("a first `run`, with no cache", 0.5, "s", _COMMANDS, least=False),
    "ready, worst": Figure("the slowest ready mapping, per KB", 3, "x the best", _READY, least=False),
    "guard": Figure("the guard", 10, "µs an event", _GUARDS, least=False),
    "guarded, by hand": Figure(
        "from JSON to guarded objects", 1.15, "x JSON to JSON by hand", _GUARDS, least=False
    ),
    "send, bare": Figure("`send`, from a file to receipts, into a bare server", 15_000, "events/s", _SENDS),
    "send, sandbox": Figure("the same into the sandbox", 12_000, "events/s", _SENDS),
    "serve, by hand": Figure(
        "`serve`, one event a request, 64 connections", 1.6, "x a server by hand", _SERVES, least=False
    ),
    "serve, 300 a second": Figure(
        "the same at 300 a second", 1.5, "x a server by hand", _SERVES, least=False
    ),
    "serve, jobs": Figure(
        "each of several processes of `serve --jobs`, by the processor time", 0.8, "x one process", _SERVES
    ),
    "serve": Figure("`serve`, one signed event a request", 10_000, "events/s", _SERVES),
    "serve, p99": Figure("the same, 99th percentile", 50, "ms", _SERVES, least=False),
    "serve, 100": Figure("`serve`, 100 events a request", 22_000, "events/s", _SERVES),
    "serve, beside": Figure("one beside bodies of 4,000, 99th percentile", 100, "ms", _SERVES, least=False),
    "kafka": Figure("`consume`, Kafka to the outbox", 20_000, "events/s", "make bench-kafka"),
    "postgres": Figure(
        "PostgreSQL alone: put, claim and settle", 10, "µs an event", "make bench-postgres", least=False
    ),
    "spark": Figure(
        "Spark, 1,000,000 lines, `local[2]`", 110, "µs an event", "make bench-spark", least=False
    ),
    "backlog, claim": Figure(
        "a claim with 2,000,000 waiting", 1.5, "x one with 200,000", _BACKLOG, least=False
    ),
    "backlog, status": Figure(
        "`outbox status` with 2,000,000 waiting and 200,000 dead", 1.5, "s", _BACKLOG, least=False
    ),
    "backlog, MiB": Figure(
        "most memory of a command of such an outbox", 1.2, "x with a tenth", _BACKLOG, least=False
    ),
    "overlap": Figure(
        "`overlap` of 1,000,000 events of the tag and more of the server", 60, "s", _OVERLAP, least=False
    ),
    "overlap, MiB": Figure("the same, memory", 100, "MiB", _OVERLAP, least=False),
    "accounts": Figure("one courier for 1,000 accounts", 20, "threads", _ACCOUNTS, least=False),
    "accounts, MiB": Figure("the same, memory", 150, "MiB", _ACCOUNTS, least=False),
}


def note(name: str, seen: float, if_free: float | None = None) -> None:
    """Keep what a figure came to: the median of its rounds, by the clock or by the processor as its unit is.

    if_free: of a rate, what the processor time allows if all cores of this machine were free.
    """
    assert name in FIGURES
    where, _, commit = machine().replace("one core", f"{os.cpu_count()} cores").rpartition("; commit ")
    found = {"seen": seen, "if_free": if_free, "load": round(os.getloadavg()[0], 1)}
    found |= {"machine": where, "commit": commit, "day": datetime.now(UTC).date().isoformat()}
    _NOTED.parent.mkdir(exist_ok=True)
    unfinished = _NOTED.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps({**_read(), name: found}, indent=1), encoding="utf-8")
    unfinished.replace(_NOTED)


def _read() -> dict[str, dict[str, Any]]:
    noted: dict[str, dict[str, Any]] = json.loads(_NOTED.read_bytes()) if _NOTED.exists() else {}
    return noted


def table(noted: Mapping[str, Mapping[str, Any]]) -> str:
    """The rows of all figures in Markdown, also of those that were not measured."""
    rows = ["| | asked | seen | if all cores were free | holds | measured by |", "|---|--:|--:|--:|---|---|"]
    for name, figure in FIGURES.items():
        found = noted.get(name)
        seen, free, holds = _seen(figure, found) if found else ("not measured", "", "")
        rows.append(f"| {figure.what} | {figure.asked()} | {seen} | {free} | {holds} | `{figure.command}` |")
    return "\n".join(rows)


def _seen(figure: Figure, found: Mapping[str, Any]) -> tuple[str, str, str]:
    seen, free = found["seen"], found["if_free"]
    holds = "yes" if figure.holds(seen) else "**no**"
    if free is not None and figure.holds(free) and not figure.holds(seen):
        holds = "if all cores were free"
    return f"{_number(seen)} {figure.unit}", "" if free is None else _number(free), holds


def _number(value: float) -> str:
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3g}"


def places(noted: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Where and when the figures were seen: a line for each machine and day."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in noted.values():
        found.setdefault(f"{one['machine']}, {one['day']}", []).append(one)
    return [
        f"{place}: commit {', '.join(sorted({one['commit'] for one in some}))}; "
        f"load {min(one['load'] for one in some)} to {max(one['load'] for one in some)}"
        for place, some in sorted(found.items())
    ]


def main() -> None:
    """Print the table, and write it to the page."""
    noted = _read()
    written = "\n".join((table(noted), "", *(f"Measured on {line}." for line in places(noted))))
    print(written)
    page = _PAGE.read_text(encoding="utf-8")
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if begin and end:
        _PAGE.write_text(f"{before}{begin}\n\n{written}\n\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
