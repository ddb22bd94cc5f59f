"""Imports without circles: of two files only one knows the other, in Python and in TypeScript."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping

import pytest

from tests.house.sources import FILES, ROOT, nodes

pytestmark = pytest.mark.quick

_TYPESCRIPT = ("playground/page/src", "playground/site/src", "editors/vscode/src")
_IMPORT = re.compile(r"""(?:from|import)\s*\(?\s*["']\./([\w.-]+?)(?:\.tsx?)?["']""")


def _python() -> dict[str, set[str]]:
    """The modules that each imports, also for types alone or when a function is called."""
    names = {file.removesuffix(".py").removesuffix("/__init__").replace("/", "."): file for file in FILES}

    def imported(node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for one in node.names:
                inner = f"{node.module}.{one.name}"
                yield inner if inner in names else node.module

    return {
        name: {one for node in nodes(file) for one in imported(node) if one in names} - {name}
        for name, file in names.items()
    }


def _typescript() -> dict[str, set[str]]:
    """The files of the page, and of the editor's extension, that each imports, also for types alone."""
    return {
        f"{folder}/{file.stem}": {f"{folder}/{one}" for one in _IMPORT.findall(file.read_text("utf-8"))}
        for folder in _TYPESCRIPT
        for file in (ROOT / folder).glob("*.ts*")
        if not file.name.endswith(".d.ts")
    }


def _circle(imports: Mapping[str, set[str]]) -> list[str]:
    """Names that import each other in a circle, if there are any: what is left without those at both ends."""
    left = dict(imports)
    while True:
        imported = set[str]().union(*left.values())
        ends = {name for name, found in left.items() if not found & left.keys() or name not in imported}
        if not ends:
            return sorted(left)
        left = {name: found for name, found in left.items() if name not in ends}


@pytest.mark.parametrize("imports", [_python, _typescript], ids=["python", "typescript"])
def test_no_files_import_each_other(imports: Callable[[], dict[str, set[str]]]) -> None:
    found = imports()
    assert len(found) > 20
    assert sum(map(len, found.values())) > len(found)
    assert _circle(found) == []


def test_a_circle_is_found() -> None:
    assert _circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["b", "c"]
