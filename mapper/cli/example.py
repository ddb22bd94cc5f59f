"""The example of a code -> what the checker says of it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from mapper import CompileError, Diagnostic, check_mapping, compile_mapping
from mapper.cli.report import as_text
from mapper.codes import MappingExample

_NAME = "shop.yaml"


def said(shown: MappingExample) -> str:
    """The text of what is found in the wrong mapping, with its code frame."""
    with TemporaryDirectory() as folder:
        return as_text(found_in(shown, shown.wrong, Path(folder))).replace(f"{folder}/", "")


def found_in(shown: MappingExample, text: str, folder: Path) -> tuple[Diagnostic, ...]:
    """All that is found in one of the two mappings, written into an empty folder."""
    for name, content in (*shown.beside, (_NAME, text)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8"))
    return found_by_all(folder / _NAME)


def found_by_all(path: str | Path) -> tuple[Diagnostic, ...]:
    """All that is found in a mapping file; where nothing is, what stops a program from being made of it."""
    found = check_mapping(path)
    if not found:
        try:
            compile_mapping(path)
        except CompileError as error:
            return error.diagnostics
    return found
