"""The cost of an event in Spark, beside `mapper run` and Arrow alone, of the same events: `make bench-spark`.

A million lines of NDJSON in a file, the guard on, Spark with `local[2]`, payloads written to files and to
an outbox in SQLite. The figure is the processor time of an event: that of the driver, of Java and of the
Pythons of tasks, from before a job to after it; to start Spark is shown apart. The payloads of all ways are
compared, byte for byte. `--events N` and `--rounds N` measure less.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import figures
from machine import set_environment, whole_machine
from runs import MAPPER, MAPPING, SECRETS, lines, processor_seconds, run

_MICRO = 1e6
_BATCH = 10_000  # rows, as Spark hands them over


def main() -> None:
    """Print the table, and note the figure that is asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--way", choices=[*_WAYS], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way is not None:
        print(json.dumps(_WAYS[given.way](given.folder)))
        return
    print(f"{whole_machine()}; {given.events:,} events, {given.rounds} rounds")
    with tempfile.TemporaryDirectory() as folder:
        set_environment(Path(folder) / "bytecode")
        _measure(Path(folder), given.events, given.rounds)


def _measure(folder: Path, events: int, rounds: int) -> None:
    with open(folder / "events.ndjson", "wb") as feed:
        feed.writelines(lines(events))
    seen: dict[str, list[dict[str, float]]] = {}
    for _ in range(rounds):
        for name, found in _round(folder):
            seen.setdefault(name, []).append(found)
    print(f"{'':44}{'seconds':>10}{'processor':>12}\n{'':44}{'':>10}{'µs an event':>12}")
    for name, found in seen.items():
        seconds, processor = (
            statistics.median(one[key] for one in found) for key in ("seconds", "processor")
        )
        each = f"{processor / events * _MICRO:12.1f}" if name != "start of Spark" else f"{processor:10.1f} s"
        print(f"{name:44}{seconds:10.1f}{each}")
        if name == "Spark, into files":
            figures.note("spark", processor / events * _MICRO)


def _round(folder: Path) -> Iterator[tuple[str, dict[str, float]]]:
    """Each way, once."""
    ran = run([*MAPPER, "run", str(MAPPING), str(folder / "events.ndjson"), "-o", str(folder / "payloads")])
    yield "mapper run", {"seconds": ran.seconds, "processor": ran.own}
    yield from _in_a_process("arrow", folder).items()
    yield from _in_a_process("spark", folder).items()


def _in_a_process(way: str, folder: Path) -> dict[str, dict[str, float]]:
    words = [sys.executable, __file__, "--way", way, "--folder", str(folder)]
    own = {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    environment = {**os.environ, **SECRETS, **own}
    ran = subprocess.run(words, env=environment, capture_output=True, text=True)
    if ran.returncode:
        sys.exit(ran.stderr[-3000:])
    found: dict[str, dict[str, float]] = json.loads(ran.stdout.splitlines()[-1])
    return found


def _timed(work: Callable[[], object]) -> dict[str, float]:
    """The time of some work by the clock and of the processor, here and in the processes started here."""
    began, processor = time.perf_counter(), processor_seconds(os.getpid())
    work()
    return {"seconds": time.perf_counter() - began, "processor": processor_seconds(os.getpid()) - processor}


def _by_arrow(folder: Path) -> dict[str, dict[str, float]]:
    """Batches that are in memory by now, through ArrowMapper alone."""
    import pyarrow as pa

    import mapper
    from mapper.arrow import ArrowMapper

    arrow_mapper = ArrowMapper(mapper.compile_mapping(MAPPING))
    texts = (folder / "events.ndjson").read_bytes().splitlines()
    batches = [
        pa.record_batch({"value": pa.array(texts[begin : begin + _BATCH], pa.string())})
        for begin in range(0, len(texts), _BATCH)
    ]
    made: list[Any] = []
    found = _timed(lambda: made.extend(arrow_mapper.map_batches(batches)))
    payloads = [text for one in made for text in one.column("payload").to_pylist() if text is not None]
    _compare(folder, payloads)
    return {"ArrowMapper alone": found}


def _by_spark(folder: Path) -> dict[str, dict[str, float]]:
    """A session, the events mapped into files, and into an outbox."""
    import mapper
    from mapper.spark import map_events, write_outbox

    sessions: list[Any] = []
    started = _timed(lambda: sessions.append(_new_session(folder)))
    spark, program = sessions[0], mapper.compile_mapping(MAPPING)
    df = map_events(spark.read.text(str(folder / "events.ndjson"), lineSep="\n"), program)
    out = str(folder / "written")
    payloads = df.where("outcome = 'payload'").select("payload")
    into_files = _timed(lambda: payloads.write.mode("overwrite").text(out))
    files = sorted(Path(out).glob("*.txt"))
    _compare(folder, [line for file in files for line in file.read_text(encoding="utf-8").splitlines()])
    outbox = folder / "outbox"
    for file in folder.glob("outbox*"):
        file.unlink()
    into_outbox = _timed(lambda: write_outbox(df, str(outbox), query="benchmark"))
    return {
        "start of Spark": started,
        "Spark, into files": into_files,
        "Spark, into an outbox, mapped anew": into_outbox,
    }


def _new_session(folder: Path) -> Any:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.driver.memory", "2g").config("spark.local.dir", str(folder / "local"))
    spark = builder.config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


def _compare(folder: Path, payloads: list[str]) -> None:
    """End where payloads are not those of `mapper run`, byte for byte and in the same order."""
    if [text.encode() for text in payloads] != (folder / "payloads").read_bytes().splitlines():
        sys.exit("the payloads are not those of mapper run")


_WAYS = {"arrow": _by_arrow, "spark": _by_spark}


if __name__ == "__main__":
    main()
