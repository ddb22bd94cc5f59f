"""Imported mappings beside Segment's own package, where `make bench-peers` has installed it.

    python benchmarks/imported.py              the kept cases, its presets, and 40 exports at random
    python benchmarks/imported.py --exports 1000
    python benchmarks/imported.py --keep       writes what the package sends into tests/cases/imports

A payload must equal the package's, but for what the imported mapping says of its field.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.imports import CASES, ImportCase, differences, imported, kept_cases, random_case

_ROOT = Path(__file__).parents[1]
_MODULES = _ROOT / "build/bench-peers"
_SHOWN = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exports", type=int, default=40)
    parser.add_argument("--events", type=int, default=60)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    cases = kept_cases()
    if options.keep:
        for name, case in cases.items():
            _keep(name, with_theirs(case))
        return
    presets = _node("-", "-")
    assert presets == cases["presets"].export, "the presets are others than those that are kept"
    cases |= {f"random {seed}": random_case(seed, options.events) for seed in range(options.exports)}
    sys.exit(_compare(cases))


def _compare(cases: dict[str, ImportCase]) -> int:
    events = sent = unsaid = exact = rules = 0
    for name, case in cases.items():
        made = imported(case.export)
        whole = with_theirs(case)
        exact, rules = exact + made.exact, rules + made.rules
        events += len(whole.events)
        sent += sum("refused" not in one["sent"] for theirs in whole.theirs for one in theirs)
        for found in differences(made, whole):
            unsaid += 1
            if unsaid <= _SHOWN:
                print(f"{name}, event {found.place}, {found.path}: {found.theirs!r}, not {found.ours!r}")
    print(f"{len(cases)} exports, {rules:,} rules, {exact:,} of them exact; {events:,} events,")
    print(f"{sent:,} payloads by Segment's package; {unsaid} differences of which the mapping says nothing")
    return int(unsaid > 0)


def with_theirs(case: ImportCase) -> ImportCase:
    """A case with what the package sends for its events."""
    with tempfile.TemporaryDirectory() as folder:
        export, events = Path(folder, "export.json"), Path(folder, "events.ndjson")
        export.write_text(json.dumps(case.export), encoding="utf-8")
        events.write_text("".join(json.dumps(one) + "\n" for one in case.events), encoding="utf-8")
        return replace(case, theirs=_node(str(export), str(events)))


def _node(export: str, events: str) -> list[list[dict[str, object]]]:
    command = ["node", str(_ROOT / "benchmarks/peers/segment_export.mjs"), export, events]
    environment = {**os.environ, "PEERS_MODULES": str(_MODULES)}
    found: list[list[dict[str, object]]] = json.loads(
        subprocess.run(command, env=environment, capture_output=True, check=True).stdout
    )
    return found


def _keep(name: str, case: ImportCase) -> None:
    lines = ["{", f'"export": {json.dumps(case.export)},']
    for key, values in (("events", case.events), ("theirs", case.theirs)):
        lines += [f'"{key}": [', ",\n".join(map(json.dumps, values)), "]" + ("," if key == "events" else "")]
    (CASES / f"{name}.json").write_text("\n".join([*lines, "}"]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
