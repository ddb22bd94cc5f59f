"""What the compiler says and writes of every mapping here, one line each: equal lines mean equal versions.

    python -m tests.oracles.same > build/before.ndjson       # in a worktree of the version before
    python -m tests.oracles.same --against build/before.ndjson

A line holds the diagnostics with their hints, related places and edits, the texts of all forms of the code,
and the tables of `explain`. Not a test: a tool for changes that must not be seen.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mapper
from mapper import CODES, CompileError, Diagnostic, Span
from mapper.codes import example
from mapper.compiler.emit.fast.fast_program import generate_fast, generate_typed
from mapper.compiler.emit.readable.readable_program import generate
from mapper.compiler.plan.planner import Plan
from mapper.compiling import read_plan
from mapper.project.project import project_of, read_text

_ROOT = Path(__file__).parents[2]
_FOLDERS = ("mappings", "tests/cases", "benchmarks")
_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class _Subject:
    """A mapping file: its folder becomes the working folder, so that no line names a machine's path."""

    name: str
    folder: Path
    file: str


def main(arguments: list[str]) -> int:
    """Write the lines, or compare them with those of a file; 1 where they differ."""
    if arguments[:1] != ["--against"]:
        sys.stdout.writelines(f"{name}\t{line}\n" for name, line in _lines())
        return 0
    before = dict(
        line.rstrip("\n").split("\t", 1) for line in Path(arguments[1]).read_text("utf-8").splitlines()
    )
    now = dict(_lines())
    different = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    for name in different[:_MOST_SHOWN]:
        parts = _different_parts(before.get(name), now.get(name))
        print(f"{name}: {', '.join(parts)}")
    print(f"{len(now):,} mappings, {len(different):,} different")
    return int(bool(different))


def _different_parts(before: str | None, now: str | None) -> list[str]:
    if before is None or now is None:
        return ["is new" if before is None else "is gone"]
    old, new = json.loads(before), json.loads(now)
    return [part for part in new if old.get(part) != new[part]]


def _lines() -> Iterator[tuple[str, str]]:
    home = Path.cwd()
    with TemporaryDirectory() as folder:
        for subject in (*_files(), *_examples(Path(folder))):
            os.chdir(subject.folder)
            yield subject.name, json.dumps(_told(subject.file), ensure_ascii=True, sort_keys=True)
    os.chdir(home)


def _files() -> Iterator[_Subject]:
    for below in _FOLDERS:
        for path in sorted((_ROOT / below).rglob("*.yaml")):
            yield _Subject(path.relative_to(_ROOT).as_posix(), path.parent, path.name)


def _examples(folder: Path) -> Iterator[_Subject]:
    """Both mappings of each code's example, each in a folder of its own."""
    for code in CODES:
        shown = example(code)
        for kind, text in (("wrong", shown.wrong), ("right", shown.right)):
            at = folder / code / kind
            for name, content in (*shown.beside, ("shop.yaml", text)):
                (at / name).parent.mkdir(parents=True, exist_ok=True)
                (at / name).write_bytes(content.encode("utf-8"))
            yield _Subject(f"{code} {kind}", at, "shop.yaml")


def _told(file: str) -> dict[str, Any]:
    found = mapper.check_mapping(file)
    told: dict[str, Any] = {"diagnostics": [_plain(one) for one in found]}
    try:
        plan = read_plan(read_text(file), project_of(file, None))
    except CompileError as error:
        return told | {"refused": [_plain(one) for one in error.diagnostics]}
    return told | _of_plan(plan) | {"tables": _plain(mapper.explain_mapping(file))}


def _of_plan(plan: Plan) -> dict[str, Any]:
    code = generate(plan)
    return {
        "careful": code.text,
        "places": code.places,
        "sections": code.sections,
        "fast": generate_fast(plan),
        "typed": generate_typed(plan),
    }


def _plain(value: Any) -> Any:
    """A value of dataclasses and tuples as lists; the names of types are left out, since they may change."""
    if isinstance(value, Span):
        return [value.text.name, value.start, value.end]
    if isinstance(value, Diagnostic):
        return [
            value.code,
            *map(_plain, (value.span, value.message, value.hint, value.path, value.related, value.fixes)),
        ]
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, dict | str | int | float | bool | None):
        return value
    return [_plain(getattr(value, name)) for name in value.__match_args__]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
