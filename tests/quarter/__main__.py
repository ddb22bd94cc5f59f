"""`python -m tests.quarter DAYS LOG TRUTH`: live so long; leave the log and the truth, print a table."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.quarter.life import Span, acts, live
from tests.quarter.telling import endless_states, lines_of, untold_acts


def main() -> None:
    """Live for a while; the status is 1 where an event was lost, or where the log does not tell all."""
    days, log, truth = float(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    # Begun by `nohup` the server would ignore SIGHUP.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        try:
            outcome, told = live(Path(folder), Span(days, 1_000, 1_800, short=False))
        finally:
            log.write_bytes((Path(folder) / "log").read_bytes())
    truth.write_text("\n".join([*map(json.dumps, told), outcome.table(), ""]), encoding="utf-8")
    print(outcome.table())
    lived = [one for one in acts(short=False) if one.at + one.seconds < days * 86_400]
    lived = [one for one in lived if outcome.has_disk or one.name != "full_disk"]
    lines = lines_of(log)
    silent = [*untold_acts(lines, lived), *endless_states(lines)]
    print(f"{len(lines)} lines of the log; of {len(lived)} acts it does not tell: {silent or 'none'}")
    print(f"{days:g} days in {(time.monotonic() - began) / 60:.1f} minutes")
    if silent or not outcome.is_good:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
