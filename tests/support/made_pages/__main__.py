"""Write the generated pages of docs/, and the schema that editors use for mappings.

.venv/bin/python -m tests.support.made_pages
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from mapper import authoring
from tests.support import playground_links
from tests.support.made_pages import (
    api_page,
    codes_page,
    logs_page,
    mappings_page,
    schemas_page,
    senders_page,
    transforms_page,
)

_ROOT = Path(__file__).parents[3]
_PAGES: dict[str, Callable[[], str]] = {
    "transforms": transforms_page.write_page,
    "diagnostics": codes_page.write_page,
    "logs": logs_page.write_page,
    "api": api_page.write_page,
}
_TARGET = "pinterest/conversions-v5"


def main() -> None:
    """Write all of them, each whole or not at all."""
    for name, write in _PAGES.items():
        _put(_ROOT / f"docs/{name}.md", write())
    senders_page.write_pages(_ROOT / "docs")
    mappings_page.write_pages(_ROOT)
    schemas_page.write_pages(_ROOT / "docs", _put)
    for path in playground_links.pages():
        _put(path, playground_links.linked(path.read_text(encoding="utf-8")))
    schema = authoring.mapping_schema(_TARGET, schemas=_ROOT / "schemas", beside=_ROOT)
    _put(_ROOT / f"schemas/{_TARGET}.mapping.schema.json", _written(schema))


def _written(schema: object) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def _put(path: Path, text: str) -> None:
    new = path.with_name(f"{path.name}.new")
    new.write_text(text, encoding="utf-8")
    os.replace(new, path)


if __name__ == "__main__":
    main()
