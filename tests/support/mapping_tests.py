"""The tests in mapping files: as cases with their events, and run as `mapper test` runs them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from mapper import Outcome, Program, run_tests
from mapper.authoring import MappingTest
from mapper.compiler.file_reading import FileReading
from mapper.compiler.findings import Findings
from mapper.compiler.syntax.mapping import read_mapping
from mapper.texts.named_text import Text


def own_tests(paths: Iterable[Path]) -> list[Any]:
    """Parameters (path, case) of every test in some mapping files."""
    cases = []
    for path in paths:
        mapping = read_mapping(Text(path.name, path.read_text(encoding="utf-8")), FileReading(Findings()))
        assert mapping is not None
        cases += [pytest.param(path, case, id=f"{path.stem}: {case.name}") for case in mapping.tests]
    return cases


def outcomes_of(program: Program, case: MappingTest) -> list[Outcome]:
    """What the event of a test ends as."""
    return program.apply(case.given, case.meta)


def assert_hold(path: Path, schemas: Path | None = None) -> None:
    """Assert that a mapping file has tests, and that they hold."""
    report = run_tests(path, schemas=schemas)
    assert [(one.name, one.differences) for one in report.failed] == []
    assert report.ok


def holding(content: str) -> list[tuple[str, str]] | None:
    """The name and the status of each test in a mapping's text; None where it has errors."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "case.yaml"
        path.write_text(content, encoding="utf-8")
        (file,) = run_tests(path).files
    return None if file.errors else [(one.name, one.status) for one in file.results]
