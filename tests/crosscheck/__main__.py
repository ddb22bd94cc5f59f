"""`python -m tests.crosscheck BUILD [SEED]`: validators x payloads, as a table; exits 1 where one disagrees.

BUILD is the folder in which .ci/crosscheck has made the environments of the client and of Prism.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.crosscheck import prism
from tests.crosscheck.changes import SEED, changed_payloads
from tests.crosscheck.verdicts import Broken, broken_by, official_verdict, reason_for
from tests.oracles.golden import Payload, golden_payloads, less_overlay
from tests.support.shared import shared

_CLIENT = Path(__file__).with_name("client.py")
# No validator that looks at anything lets these pass.
_CONTROLS: tuple[Payload, ...] = ({}, {"event_name": "checkout"}, {"event_time": "yesterday"})


def main(build: Path, seed: int) -> int:
    """How many verdicts are wrong: controls that pass, golden payloads that do not, what has no reason."""
    golden, changed = golden_payloads(), changed_payloads(seed)
    given = [*_CONTROLS, *map(less_overlay, golden.values()), *(one.payload for one in changed)]
    print(f"{'':<28}{'golden payloads':>18}{'changed payloads':>22}{'let pass what we':>20}")
    print(f"{'':<28}{'pass':>10}{'fail':>8}{'pass':>12}{'fail':>10}{'refuse, no reason':>20}")
    broken = [broken_by(payload) for payload in given]
    ours = ["; ".join(f"{path}: {keyword}" for path, keyword in one) for one in broken]
    names = [*(f"control {at}" for at in range(len(_CONTROLS))), *golden]
    names += [f"{one.name}: {one.path} {one.change}" for one in changed]
    wrong: list[str] = []
    for validator, verdicts in (("ours", ours), *_others(build, given)):
        wrong += _told(validator, verdicts, broken, names, len(golden))
    for line in wrong:
        print(line)
    return len(wrong)


def _others(build: Path, given: list[Payload]) -> list[tuple[str, list[str]]]:
    found = [("openapi", [official_verdict(payload) for payload in given])]
    python = build / "client-venv/bin/python"
    asked = json.dumps(given).encode()
    ran = subprocess.run([python, "-I", _CLIENT], input=asked, stdout=subprocess.PIPE, check=True)
    found.append(("client", json.loads(ran.stdout)))
    command = build / "prism/node_modules/.bin/prism"
    if not command.exists():  # no node on this machine, as .ci/crosscheck has said
        return found
    document = shared("pinterest/conversions.openapi.json")
    with prism.serving(command, document, build / "prism/log.txt") as port:
        return [*found, ("prism", prism.verdicts(port, given))]


def _told(
    validator: str, verdicts: list[str], broken: list[list[Broken]], names: list[str], golden: int
) -> list[str]:
    """Print a row of the table; what is wrong with it, one line for each payload."""
    first, last = len(_CONTROLS), len(_CONTROLS) + golden
    wrong = [f"{validator} lets {names[at]} pass" for at in range(first) if not verdicts[at]]
    wrong += [f"{validator} refuses {names[at]}: {verdicts[at]}" for at in range(first, last) if verdicts[at]]
    no_reason = [at for at in range(last, len(names)) if _is_odd(validator, verdicts[at], broken[at])]
    passing = [not verdict for verdict in verdicts]
    counts = Counter(passing[first:last]), Counter(passing[last:])
    row = f"{counts[0][True]:>10}{counts[0][False]:>8}{counts[1][True]:>12}{counts[1][False]:>10}"
    print(f"{validator:<28}{row}{len(no_reason):>20}")
    return wrong + [f"{validator} on {names[at]}: {verdicts[at] or broken[at]}" for at in no_reason]


def _is_odd(validator: str, verdict: str, broken: list[Broken]) -> bool:
    """Whether it disagrees with our schema about a payload, and nobody has said why."""
    if bool(verdict) == bool(broken):
        return False
    return bool(verdict) or reason_for(validator, broken) is None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else SEED) > 0)
