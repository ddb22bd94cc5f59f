"""Edits of a schema file, as the rows of tests/cases/schema_edits.yaml -> its text, and a place in it.

The place is found without the code that is tested: the text is written twice, with and without a mark there.
"""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from tests.support.command import ROOT

ROWS: dict[str, list[dict[str, Any]]] = yaml.safe_load(
    (ROOT / "tests/cases/schema_edits.yaml").read_text(encoding="utf-8")
)
FILES = {"source": "warehouse/order", "target": "pinterest/conversions-v5"}
_MARK = "‸"


def original(role: str) -> dict[str, Any]:
    """The schema that the rows of a role edit."""
    made: dict[str, Any] = json.loads((ROOT / f"schemas/{FILES[role]}.json").read_bytes())
    return made


def written(schema: object) -> str:
    """A schema as a person's editor formats it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def edited(row: dict[str, Any], role: str) -> tuple[str, int | None]:
    """The text of a file after an edit, and the place that the row says."""
    schema = original(role)
    if "text" in row:
        old, new = row["text"]
        text = written(schema)
        assert text.count(old) == 1, row["does"]
        text = text.replace(old, new)
        return text.replace(_MARK, ""), text.index(_MARK)
    edit(schema, row)
    _, _, said = row.get("says", "").partition(" ")
    return written(schema), place(schema, said) if said else None


def edit(schema: dict[str, Any], row: dict[str, Any]) -> None:
    """Change a schema as a row says."""
    if "rename" in row:
        path, new = row["rename"]
        around, key = _found(schema, path)
        renamed = {new if name == key else name: value for name, value in around.items()}
        around.clear()
        around.update(renamed)
    elif "remove" in row:
        around, key = _found(schema, row["remove"])
        del around[key]
    else:
        path, value = row["set"]
        around, key = _found(schema, path)
        around[key] = value


def place(schema: dict[str, Any], said: str) -> int:
    """The offset of `key PATH` or `value PATH` in the text of a schema."""
    what, path = said.split()
    marked = deepcopy(schema)
    around, key = _found(marked, path)
    if what == "key":
        renamed = {f"{_MARK}{name}" if name == key else name: value for name, value in around.items()}
        around.clear()
        around.update(renamed)
    else:
        around[key] = _MARK
    return written(marked).index(f'"{_MARK}')


def _found(schema: Any, path: str) -> tuple[Any, Any]:
    """The value around the last key of a path, and that key."""
    *steps, last = [part.replace("~1", "/") for part in path.split("/")]
    for step in steps:
        schema = schema[int(step) if isinstance(schema, list) else step]
    return schema, int(last) if isinstance(schema, list) else last


def file_of(role: str) -> str:
    """The file that an edited schema has in its project."""
    return f"schemas/{FILES['source'] if role == 'source' else 'acme/events-v1'}.json"


def project(folder: Path, role: str, text: str) -> str:
    """Write an edited schema into a project; the text of the ready mapping that uses it there."""
    file = folder / file_of(role)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    mapping = (ROOT / "mappings/warehouse-orders.yaml").read_text(encoding="utf-8")
    if role == "target":
        mapping = mapping.replace(f"target: {FILES['target']}", "target: acme/events-v1")
    (folder / "mappings").mkdir(exist_ok=True)
    (folder / "mappings/orders.yaml").write_text(mapping, encoding="utf-8")
    return mapping
