"""The example of a code -> what the checker says of it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from mapper import CompileError, Diagnostic, check_mapping, compile_mapping
from mapper.authoring import Text
from mapper.cli.report import as_text
from mapper.codes import MappingExample
from mapper.intake.intake_file import load_intake
from mapper.project.folders import is_intake
from mapper.project.project import read_text

_NAME, _INTAKE = "shop.yaml", "intake.yaml"


def said(shown: MappingExample) -> str:
    """The text of what is found in the wrong mapping, with its code frame."""
    with TemporaryDirectory() as folder:
        return as_text(found_in(shown, shown.wrong, Path(folder))).replace(f"{folder}/", "")


def found_in(shown: MappingExample, text: str, folder: Path) -> tuple[Diagnostic, ...]:
    """All that is found in one of the two mappings or intakes, written into an empty folder."""
    own = _INTAKE if is_intake(Text(_NAME, text)) else _NAME
    for name, content in (*shown.beside, (own, text)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8"))
    return found_by_all(folder / own)


def found_by_all(path: str | Path) -> tuple[Diagnostic, ...]:
    """All that is found in a mapping file, or one of entries.

    Where nothing is in a mapping, what stops a program from being made of it.
    """
    if is_intake(read_text(path)):
        return load_intake(path).found
    found = check_mapping(path)
    if not found:
        try:
            compile_mapping(path)
        except CompileError as error:
            return error.diagnostics
    return found
