"""`check`, `diff` and `catalog` of a folder take the same files for mappings, whatever these are named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command import MAPPING, call

_WRONG = MAPPING.replace("currency:", "curency:")
_FILES = {
    "shop.yaml": True,
    "shop.yml": True,
    "deep/er/shop.yaml": True,
    "intake.yaml": True,
    "shop.intake.yml": True,
    "deep/mapper.yaml": True,
    ".hidden/shop.yaml": False,
    ".shop.yaml": False,
    "build/shop.yaml": False,
    "dist/shop.yaml": False,
    "node_modules/a/shop.yaml": False,
    "deep/venv/shop.yaml": False,
    "shop.YAML": False,
    "shop.txt": False,
}
_WAYS = {
    "as it is": _WRONG,
    "with a path at the beginning of a line": _WRONG.replace(
        "id: id", 'id: {lookup: {from: id, table: {\n"/a": b}}}'
    ),
    "with a word of intakes in a text": _WRONG.replace("name: small", 'name: "small\nentries: of a shop"'),
}


@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize(("file", "expected"), _FILES.items())
def test_each_mapping_that_is_checked_is_compared_and_catalogued(
    folder: Path, file: str, expected: bool, way: str
) -> None:
    for version in ("old", "new"):
        path = folder / version / file
        path.parent.mkdir(parents=True)
        (folder / version / "pyproject.toml").touch()
        path.write_text(_WAYS[way] + "# old" * (version == "old"))
        (folder / version / "whole.yaml").write_text(MAPPING)
    checked = {one["file"] for one in json.loads(call("check", "new", "--format", "json").stdout)}
    compared = json.loads(call("diff", "old", "new", "--format", "json").stdout)["mappings"]
    catalogued = json.loads(call("catalog", "new", "--format", "json").stdout)["broken"]
    broken = [one["file"] for one in compared if one["status"] == "broken"]
    assert broken == [one["file"] for one in catalogued] == ([file] if expected else [])
    assert checked - {"new/whole.yaml"} == {f"new/{one}" for one in broken}


def test_entries_of_a_server_are_no_mapping(folder: Path) -> None:
    (folder / "pyproject.toml").touch()
    (folder / "shop.yaml").write_text(MAPPING)
    (folder / "intake.yaml").write_text(
        "version: 1\nentries:\n  /a: {mapping: shop.yaml, token: {value: $T}}\n"
    )
    found = json.loads(call("catalog", ".", "--format", "json").stdout)
    assert ([one["file"] for one in found["mappings"]], found["broken"]) == (["shop.yaml"], [])
