"""The modules of `mapper/`, each read and parsed once for all tests about how they are written."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "mapper").rglob("*.py"))


@cache
def tree(file: str) -> ast.Module:
    """The syntax tree of a file, by its path from the root of the project."""
    return ast.parse((ROOT / file).read_text(encoding="utf-8"), file)


@cache
def nodes(file: str) -> tuple[ast.AST, ...]:
    """All nodes of that tree."""
    return tuple(ast.walk(tree(file)))
