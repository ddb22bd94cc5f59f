"""The example of a code -> what the checker says of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from mapper import CompileError, Diagnostic, check_mapping, compile_mapping
from mapper.authoring import Text
from mapper.cli.report import as_text
from mapper.codes import MappingExample
from mapper.intake.intake_file import load_intake
from mapper.project.folders import POLICY_FILE
from mapper.project.mapping_files import is_intake
from mapper.project.project import read_text
from mapper.repository.judging import judged
from mapper.repository.policy_file import is_policy, load_policy
from mapper.workbench.catalog_findings import catalog_findings
from mapper.workbench.mapping_catalog import make_catalog

_NAME, _INTAKE = "shop.yaml", "intake.yaml"


def said(shown: MappingExample, by: str) -> str:
    """The text of what a command finds in the wrong mapping, with its code frame."""
    with TemporaryDirectory() as folder:
        return as_text(found_in(shown, shown.wrong, Path(folder), by)).replace(f"{folder}/", "")


def found_in(shown: MappingExample, text: str, folder: Path, by: str = "check") -> tuple[Diagnostic, ...]:
    """All that a command finds in one of the two mappings or intakes, written into an empty folder."""
    own = _INTAKE if is_intake(Text(_NAME, text)) else POLICY_FILE if is_policy(Text(_NAME, text)) else _NAME
    for name, content in (*shown.beside, (own, text)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8"))
    return catalog_findings(make_catalog(folder)) if by == "catalog" else found_by_all(folder / own)


def found_by_all(path: str | Path) -> tuple[Diagnostic, ...]:
    """All that is found in a mapping file, or one of entries.

    Where nothing is in a mapping, what stops a program from being made of it.
    """
    if Path(path).name == POLICY_FILE:
        return _found_in_repository(Path(path))
    if is_intake(read_text(path)):
        return load_intake(path).found
    found = check_mapping(path)
    if not found:
        try:
            compile_mapping(path)
        except CompileError as error:
            return error.diagnostics
    return found


def _found_in_repository(policy: Path) -> tuple[Diagnostic, ...]:
    """All that is wrong with a policy, and with the mappings beside it as it judges them."""
    read = load_policy(policy)
    if read is None or read.policy is None:
        return read.found if read is not None else ()
    files = [str(one) for one in sorted(policy.parent.rglob("*.yaml")) if one != policy]
    found = [one for file in files for one in check_mapping(file)]
    return *read.found, *judged(found, read.policy, files, datetime.now(UTC).date()).found
