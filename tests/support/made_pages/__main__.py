"""Write the generated pages of docs/, the schemas that editors use for mappings, and that of observed events.

.venv/bin/python -m tests.support.made_pages
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from mapper import authoring
from tests.support.made_pages import (
    codes_page,
    install_page,
    logs_page,
    man_page,
    mappings_page,
    observed_schema,
    schemas_page,
    senders_page,
    transforms_page,
)

_ROOT = Path(__file__).parents[3]
_PAGES: dict[str, Callable[[], str]] = {
    "transforms": transforms_page.write_page,
    "diagnostics": codes_page.write_page,
    "logs": logs_page.write_page,
}
_TARGETS = ("pinterest/conversions-v5", "pinterest/observed-v5")


def main() -> None:
    """Write all of them, each whole or not at all."""
    _put(observed_schema.OBSERVED, observed_schema.observed_text())
    for name, write in _PAGES.items():
        _put(_ROOT / f"docs/{name}.md", write())
    _put(_ROOT / "docs/mapper.1", man_page.write_page())
    senders_page.write_pages(_ROOT / "docs")
    mappings_page.write_pages(_ROOT)
    schemas_page.write_pages(_ROOT / "docs", _put)
    sources = install_page.read_sources(_ROOT / "docs")
    for path in install_page.pages(_ROOT):
        _put(path, install_page.installed(path.read_text(encoding="utf-8"), sources))
    project = _ROOT / "pyproject.toml"
    _put(project, install_page.with_urls(project.read_text(encoding="utf-8"), sources))
    for target in _TARGETS:
        schema = authoring.mapping_schema(target, schemas=_ROOT / "schemas", beside=_ROOT)
        _put(_ROOT / f"schemas/{target}.mapping.schema.json", _written(schema))


def _written(schema: object) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def _put(path: Path, text: str) -> None:
    new = path.with_name(f"{path.name}.new")
    new.write_text(text, encoding="utf-8")
    os.replace(new, path)


if __name__ == "__main__":
    main()
