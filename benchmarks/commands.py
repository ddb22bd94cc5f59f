"""How long people wait for commands: `make bench-commands`.

Whole processes of this checkout, by the processor time that they take, with modules compiled as pip leaves
them: every `COMMAND --help` beside `import click`; a check of the ready mappings, and of the same ones again;
`diff` and `init` of 10,000 events; a first `run` of one event; `serve` beside a server written by hand is in
serving.py. Each is the best of `--rounds`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import click
import figures
from machine import ROOT, set_environment, whole_machine
from runs import MAPPER, MAPPING, lines

from mapper.cli import commands

_MAPPINGS = str(ROOT / "mappings")
_EVENTS = 10_000
_FEW_EVENTS = 1_000


def main() -> None:
    """Print the seconds of each, and note the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        set_environment(folder / "bytecode")
        os.environ["MAPPER_CACHE_DIR"] = str(folder / "cache")
        print(whole_machine("click"))
        _helps(rounds)
        _checks(rounds)
        _events(folder, rounds)


def _helps(rounds: int) -> None:
    yardstick = _best([sys.executable, "-c", "import click"], rounds)
    names = commands.list_commands(click.Context(commands))
    helps = {name: _best([*MAPPER, name, "--help"], rounds) for name in names}
    name, most = max(helps.items(), key=lambda one: one[1])
    _tell("import click", yardstick)
    _tell(f"{name} --help, the slowest of {len(helps)}", most, f"{most / yardstick:.2f} of it")
    figures.note("help", most / yardstick)


def _checks(rounds: int) -> None:
    first = _best([*MAPPER, "check", "--no-cache", _MAPPINGS], rounds)
    again = _best([*MAPPER, "check", _MAPPINGS], rounds + 1)
    _tell("check of the ready mappings", first)
    _tell("the same, unchanged since", again, f"{again / first:.2f} of it")
    figures.note("check again", again / first)
    _tell("test of the ready mappings", _best([*MAPPER, "test", _MAPPINGS], rounds))


def _events(folder: Path, rounds: int) -> None:
    many, few, one = (folder / f"{name}.ndjson" for name in ("many", "few", "one"))
    for path, count in ((many, _EVENTS), (few, _FEW_EVENTS), (one, 1)):
        path.write_bytes(b"".join(lines(count)))
    changed = folder / "changed.yaml"
    text = Path(MAPPING).read_text(encoding="utf-8")
    changed.write_text(text.replace("content_name: properties.name", "content_name: properties.product_id"))
    assert changed.read_text(encoding="utf-8") != text
    diff = [*MAPPER, "diff", str(MAPPING), str(changed)]
    more = _best([*diff, str(many)], rounds) - _best([*diff, str(few)], rounds)
    event = more / (_EVENTS - _FEW_EVENTS)
    _tell("diff, for an event", event, f"{event * 1e6:.0f} µs")
    figures.note("diff", event * 1e6)
    init = _best([*MAPPER, "init", "--force", str(many)], rounds, folder)
    _tell(f"init of {_EVENTS:,} events", init)
    figures.note("init", init)
    run = _best([*MAPPER, "run", "--no-cache", str(MAPPING), str(one)], rounds)
    _tell("a first run, of one event", run)
    figures.note("first run", run)


def _best(command: list[str], rounds: int, folder: Path = ROOT) -> float:
    """The least seconds of the processor that a command takes. It may find something, and end with 1."""
    best = float("inf")
    for _ in range(rounds):
        before = getrusage(RUSAGE_CHILDREN)
        ended = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        if ended.returncode not in (0, 1):
            sys.exit(f"{' '.join(command)} ended with {ended.returncode}: {ended.stderr.decode()}")
        after = getrusage(RUSAGE_CHILDREN)
        best = min(best, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return best


def _tell(name: str, seconds: float, more: str = "") -> None:
    print(f"{name:44}{seconds:10.3f} s   {more}", flush=True)


if __name__ == "__main__":
    main()
