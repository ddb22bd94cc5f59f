"""A folder of mappings x another installed version of this package -> how its payloads differ from ours.

The other version is only asked to run: `mapper run MAPPING EVENTS` with the events of the mapping's tests.
What it prints is compared and never shown: only paths and counts are told, and no value.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeAlias

from mapper.authoring import MappingTest, PayloadPath
from mapper.repository.git_tree import refused
from mapper.repository.repository import Repository, open_repository
from mapper.running.blocks import meta_of
from mapper.workbench.comparison import OUTCOME, ComparisonOptions
from mapper.workbench.folder_comparison import (
    Cause,
    CauseEffect,
    ComparedMapping,
    FolderComparison,
    MappingStatus,
)
from mapper.workbench.mapping_version import Version
from mapper.workbench.pair_counts import Alarm, Ignored, path_alarm, severity
from mapper.workbench.payload_difference import differences
from mapper.workbench.processes import map_in_processes
from mapper.workbench.revision import version_of

_Payload: TypeAlias = dict[str, Any]
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*(?:\.exe)?")
_CODE = re.compile(rb"^error\[(M\d+)\]", re.MULTILINE)
_MOST_SECONDS = 600


class _Way(NamedTuple):
    """A way in which payloads differ: a path of the payload and the kind, or an outcome before and now."""

    path: str
    kind: str
    old: str = ""
    new: str = ""


@dataclass(slots=True)
class _Compared:
    """A mapping, and how many of its events differ in which way, with its alarm."""

    mapping: ComparedMapping
    ways: dict[_Way, tuple[Alarm, set[int]]] = field(default_factory=dict)

    def add(self, way: _Way, alarm: Alarm, line: int) -> None:
        """Count an event."""
        self.ways.setdefault(way, (alarm, set()))[1].add(line)


class _Failed(Exception):
    """The other version does not run a mapping, and why."""


def compare_with(
    other: str,
    folder: str | Path,
    *,
    schemas: str | Path | None = None,
    options: ComparisonOptions | None = None,
) -> FolderComparison:
    """The difference of the payloads of another installed version, the old one, and of this version.

    other: its `mapper` command, or its python. The events are those of the tests. Raises OSError.
    """
    command = _command(other)
    with open_repository(folder, schemas) as repository:
        work = _Versions(repository, command, options or ComparisonOptions())
        files = [*repository.mappings]
        found: Iterator[_Compared | None] = map_in_processes(work.compare, files, work.options.jobs)
        compared = [one for one in found if one is not None]
    return FolderComparison(tuple(one.mapping for one in compared), _causes(compared))


def _command(other: str) -> tuple[str, ...]:
    """The words that call the other version."""
    path = os.path.abspath(other)
    if not os.path.isfile(path) or not os.access(path, os.X_OK):
        raise refused("{} is not a command; name the `mapper` of another version, or its python", other)
    return (path, "-P", "-m", "mapper") if _PYTHON.fullmatch(os.path.basename(path)) else (path,)


@dataclass(frozen=True, slots=True)
class _Versions:
    """The mappings of a folder, by this version and another one. command: the words that call that one."""

    repository: Repository
    command: tuple[str, ...]
    options: ComparisonOptions

    def compare(self, file: str) -> _Compared | None:
        """The comparison of a mapping's payloads; None of a file that is only to be extended."""
        version = version_of(self.repository, file)
        if version.analysis.is_partial:
            return None
        mapping = ComparedMapping(file, "", self.repository.owner(file), "same")
        if version.errors:
            errors = tuple(f"new {one}" for one in version.errors)
            return _Compared(replace(mapping, status="broken", errors=errors))
        compared, count = _Compared(mapping), 0
        try:
            for tests in _by_meta(version.analysis.tests):
                self._compare_tests(version, compared, tests, count)
                count += len(tests)
        except _Failed as failed:
            return _Compared(replace(mapping, status="broken", errors=(f"old {failed}",)))
        different = len({line for _, lines in compared.ways.values() for line in lines})
        status: MappingStatus = "differs" if compared.ways else "same"
        compared.mapping = replace(mapping, status=status, events=count, different=different)
        return compared

    def _compare_tests(
        self, version: Version, compared: _Compared, tests: Sequence[MappingTest], count: int
    ) -> None:
        """Compare the payloads of tests that have the same `$meta`. count: so many tests were before them."""
        meta = tests[0].meta or {}
        texts = [json.dumps(test.given).encode() for test in tests]
        program, paths = version.analysis.program, version.analysis.outline.paths
        ours = [
            [out.payload for out in program.apply_json(text, meta_of(line, meta)) if out.payload is not None]
            for line, text in enumerate(texts, 1)
        ]
        marks = {one.path: one for one in paths}
        ignored = Ignored(self.options.ignore, OUTCOME in self.options.ignore)
        for line, before, after in _paired(self._payloads(version, texts, meta), ours):
            for way, alarm in _ways(before, after, marks, ignored):
                compared.add(way, alarm, count + line)

    def _payloads(self, version: Version, texts: Sequence[bytes], meta: dict[str, Any]) -> _Printed:
        """The payloads of the other version for some events."""
        with TemporaryDirectory(prefix="mapper-") as folder:
            events, rejects, known = (Path(folder, name) for name in ("e.ndjson", "r.ndjson", "m.json"))
            events.write_bytes(b"".join(text + b"\n" for text in texts))
            words = ["run", version.analysis.text.name, str(events), "--rejects", str(rejects)]
            if meta:
                known.write_text(json.dumps(meta))
                words += ["--meta", str(known)]
            if self.repository.schemas is not None:
                words += ["--schemas", str(self.repository.schemas)]
            ran = subprocess.run(
                [*self.command, *words],
                cwd=self.repository.root,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                env={**os.environ, "PYTHONPATH": ""},
                timeout=_MOST_SECONDS,
            )
            if ran.returncode:
                raise _Failed(_why(ran))
            unsent = [json.loads(line)["line"] for line in rejects.read_bytes().splitlines()]
            return _Printed([json.loads(line) for line in ran.stdout.splitlines()], {*unsent}, len(texts))


class _Printed(NamedTuple):
    """The payloads that the other version printed. unsent: the lines of events that it does not send."""

    payloads: list[_Payload]
    unsent: set[int]
    events: int

    @property
    def by_line(self) -> dict[int, _Payload] | None:
        """The payload of each event that is sent; None where the lines do not tell which is whose."""
        sent = [line for line in range(1, self.events + 1) if line not in self.unsent]
        return dict(zip(sent, self.payloads, strict=True)) if len(sent) == len(self.payloads) else None


def _by_meta(tests: Iterable[MappingTest]) -> Iterable[list[MappingTest]]:
    """The tests, those with the same `$meta` together."""
    found: dict[str, list[MappingTest]] = {}
    for test in tests:
        found.setdefault(json.dumps(test.meta or {}, sort_keys=True), []).append(test)
    return found.values()


def _why(ran: subprocess.CompletedProcess[bytes]) -> str:
    """The reason that a run failed: codes alone, since nothing else of the other version is known."""
    codes = sorted({code.decode() for code in _CODE.findall(ran.stderr)})
    return f"has errors: {', '.join(codes)}" if codes else f"`mapper run` ended with status {ran.returncode}"


def _paired(
    old: _Printed, new: Sequence[Sequence[_Payload]]
) -> Iterator[tuple[int, _Payload | None, _Payload | None]]:
    """Old and new payloads of the same event, with its line; None for an event that is not sent."""
    by_line = old.by_line
    if by_line is not None and all(len(payloads) <= 1 for payloads in new):
        for line, payloads in enumerate(new, 1):
            yield line, by_line.get(line), payloads[0] if payloads else None
        return
    before, after = old.payloads, [payload for payloads in new for payload in payloads]
    texts, others = ([json.dumps(one, sort_keys=True) for one in side] for side in (before, after))
    for _, start, end, first, last in SequenceMatcher(None, texts, others, autojunk=False).get_opcodes():
        for at in range(max(end - start, last - first)):
            yield (
                start + at + 1,
                before[start + at] if start + at < end else None,
                after[first + at] if first + at < last else None,
            )


def _ways(
    before: _Payload | None, after: _Payload | None, marks: Mapping[str, PayloadPath], ignored: Ignored
) -> Iterator[tuple[_Way, Alarm]]:
    """The ways in which two payloads differ."""
    if before is None or after is None:
        if (before is None) is not (after is None) and not ignored.outcomes:
            ends = ("sent", "not sent") if after is None else ("not sent", "sent")
            yield _Way(OUTCOME, "", *ends), "no longer sent" if after is None else "sent now"
        return
    for pair in differences(before, after, frozenset(marks)):
        if not ignored.holds(pair.path):
            mark = marks.get(pair.path)
            alarm = path_alarm(pair, mark, is_personal=mark is not None and mark.personal)
            yield _Way(pair.path, pair.kind), alarm


def _causes(compared: Sequence[_Compared]) -> tuple[Cause, ...]:
    """The ways in which payloads differ, each with all the mappings of which some do."""
    found: dict[_Way, list[_Compared]] = {}
    for one in compared:
        for way in one.ways:
            found.setdefault(way, []).append(one)
    causes = []
    for way, mappings in found.items():
        ends = (way.old, way.new) if way.path == OUTCOME else (None, None)
        causes.append(
            Cause(
                changes=(),
                alarm=min((one.ways[way][0] for one in mappings), key=severity),
                places=(),
                effects=(CauseEffect(way.path, way.kind, *ends),),
                different=sum(len(one.ways[way][1]) for one in mappings),
                events=sum(one.mapping.events for one in mappings),
                mappings=tuple(one.mapping.file for one in mappings),
                owners=tuple(sorted({one.mapping.owner for one in mappings})),
            )
        )
    return tuple(
        sorted(causes, key=lambda one: (severity(one.alarm), -len(one.mappings), one.effects[0].path))
    )
