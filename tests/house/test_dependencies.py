"""The dependencies in pyproject.toml bound what the package takes from inside of others."""

from __future__ import annotations

import ast
import re
import sys
import tomllib

from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.house.sources import FILES, ROOT, nodes

_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
_BOUNDS = {
    re.split(r"[<>=;\[]", one)[0].lower(): one
    for one in (
        *_PROJECT["dependencies"],
        *(one for extra in _PROJECT["optional-dependencies"].values() for one in extra),
    )
}
# A module this deep in a package is no part of its documented surface.
_INSIDE = 3
# Packages whose documentation names the deep modules that are imported.
_DOCUMENTED = {"cryptography", "pyspark"}


def test_a_package_whose_inside_is_used_has_an_upper_bound() -> None:
    inside = {
        parts[0]
        for file in FILES
        for node in nodes(file)
        if isinstance(node, ast.ImportFrom)
        for parts in [(node.module or "").split(".")]
        if len(parts) >= _INSIDE and parts[0] not in {*sys.stdlib_module_names, "mapper"}
    }
    assert "uvicorn" in inside
    assert {name for name in inside - _DOCUMENTED if "<" not in _BOUNDS[name]} == set()


def test_the_protocol_that_is_subclassed_has_the_names_that_are_used() -> None:
    assert callable(H11Protocol.connection_made)
    assert "app_state" in H11Protocol.__init__.__annotations__
