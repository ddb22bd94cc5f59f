"""Other tools that map events, where `make bench-peers` has installed them: their programs are in peers/.

Each does as much of the mapping as its language naturally can, so each is shown with the share of events for
which it comes to the same as the compiled program.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from time import process_time
from typing import Any

import handwritten
import msgspec
from machine import ROOT

_PROGRAMS = ROOT / "benchmarks/peers"
_MODULES = ROOT / "build/bench-peers"
# Node's peers by the package they need; the hand-written one needs none.
_IN_NODE = {
    "handwritten, in Node": ("handwritten", None),
    "Segment's own, in Node": ("segment", "@segment/action-destinations"),
    "JSONata, in Node": ("jsonata", "jsonata"),
}

Bytes = Callable[[bytes], "bytes | None"]


def in_python() -> dict[str, Bytes]:
    """The peers that Python calls: an event's JSON in, its payload's out, None where there is none."""
    found: dict[str, Bytes] = {"msgspec, by hand": partial(by_msgspec, handwritten.payload_of)}
    if find_spec("pydantic") is not None:
        from pydantic_event import payload_of

        found["pydantic, by hand"] = payload_of
    if find_spec("vrl_python") is not None:
        found["VRL, in Python"] = _vrl()
    if find_spec("jq") is not None:
        found["jq, in Python"] = _jq()
    return found


def by_msgspec(payload_of: Callable[[Any], Any], line: bytes) -> bytes | None:
    """The JSON of a payload made of decoded JSON, both by msgspec."""
    payload = payload_of(msgspec.json.decode(line))
    return msgspec.json.encode(payload) if type(payload) is dict else None


def _vrl() -> Bytes:
    from vrl_python import VRLRuntime

    runtime = VRLRuntime()
    source = (_PROGRAMS / "mapping.vrl").read_text(encoding="utf-8")
    runtime.compile(source)

    def payload(line: bytes) -> bytes | None:
        made = runtime.execute(source, handwritten.loads(line)).processed_event
        return handwritten.dumps(made) if made else None

    return payload


def _jq() -> Bytes:
    import jq

    program = jq.compile((_PROGRAMS / "mapping.jq").read_text(encoding="utf-8"))

    def payload(line: bytes) -> bytes | None:
        made = program.input_text(line.decode()).text()
        return None if made == "null" else made.encode()

    return payload


class InNode:
    """A peer in Node. A process drives it over a file of events: once to warm up, then by the clock."""

    def __init__(self, program: str, lines: list[bytes]) -> None:
        self._program = program
        self._folder = tempfile.TemporaryDirectory()
        self._events = Path(self._folder.name) / "events.ndjson"
        self._events.write_bytes(b"".join(line + b"\n" for line in lines))
        self._out = Path(self._folder.name) / "payloads.ndjson"

    def seconds(self) -> float:
        """The processor's seconds for an event."""
        command = ["node", str(_PROGRAMS / "drive.mjs"), self._program, str(self._events), str(self._out)]
        environment = {**os.environ, "PEERS_MODULES": str(_MODULES)}
        return float(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)

    def payloads(self) -> list[bytes | None]:
        """The payload of each event when it was last driven; None where there was none."""
        return [line or None for line in self._out.read_bytes().split(b"\n")[:-1]]


class InDuckDB:
    """DuckDB, which maps a file of events at once: its time is that of the whole file, on one thread."""

    def __init__(self, lines: list[bytes]) -> None:
        import duckdb

        self._folder = tempfile.TemporaryDirectory()
        self._events = Path(self._folder.name) / "events.ndjson"
        self._events.write_bytes(b"".join(line + b"\n" for line in lines))
        self._connection = duckdb.connect(config={"threads": 1})
        *macros, self._query = (_PROGRAMS / "mapping.sql").read_text(encoding="utf-8").split(";\n")[:-1]
        for macro in macros:
            self._connection.execute(macro)
        self._made: list[tuple[str | None]] = []
        self._count = len(lines)

    def seconds(self) -> float:
        """The processor's seconds for an event."""
        began = process_time()
        self._made = self._connection.execute(self._query, [str(self._events)]).fetchall()
        return (process_time() - began) / self._count

    def payloads(self) -> list[bytes | None]:
        """The payload of each event when they were last mapped; None where there was none."""
        return [None if one is None else one.encode() for (one,) in self._made]


def in_bulk(lines: list[bytes]) -> dict[str, InDuckDB | InNode]:
    """The peers that map all events at once, over these events."""
    found: dict[str, InDuckDB | InNode] = {**in_node(lines)}
    if find_spec("duckdb") is not None:
        found["DuckDB, a file at once"] = InDuckDB(lines)
    return found


def skipped() -> list[str]:
    """The packages of peers that are not there; `make bench-peers` installs them."""
    here = [one for one in ("pydantic", "duckdb", "vrl_python", "jq") if find_spec(one) is None]
    node = [] if shutil.which("node") else ["node"]
    packages = [package for _, package in _IN_NODE.values() if package is not None]
    return here + node + [one for one in packages if not (_MODULES / "node_modules" / one).is_dir()]


def in_node(lines: list[bytes]) -> dict[str, InNode]:
    """The peers that Node runs, over these events."""
    if shutil.which("node") is None:
        return {}
    return {
        name: InNode(program, lines)
        for name, (program, package) in _IN_NODE.items()
        if package is None or (_MODULES / "node_modules" / package).is_dir()
    }


def share_of_same(payloads: list[bytes | None], results: list[Any]) -> float:
    """For which part of events a peer's payloads equal the program's, or both send none."""
    same = 0
    for payload, result in zip(payloads, results, strict=True):
        wanted = result if type(result) is dict else None
        same += (None if payload is None else handwritten.loads(payload)) == wanted
    return same / len(results)
