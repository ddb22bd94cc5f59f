"""The path of a mapping that is not there -> the message that names the one that was likely meant."""

from __future__ import annotations

from pathlib import Path

from mapper import authoring
from mapper.cli.terminal import visible
from mapper.project.folders import MAPPING_SUFFIXES
from mapper.texts.diagnostic import closest


def missing_mapping(subject: str) -> str:
    """The message for a mapping file that is not there."""
    path = Path(subject)
    if subject and path.is_dir():
        return f"{visible(subject)} is a folder; give one of its mappings"
    return f"there is no file {visible(subject) or repr(subject)}{_hint(path)}"


def _hint(path: Path) -> str:
    """The mapping in the same folder, or the ready one of this name, that was most likely meant."""
    if near := _near_file(path):
        return f"; did you mean {visible(str(near))}?"
    name = Path(path.name).stem if path.suffix in MAPPING_SUFFIXES else path.name
    ready = [one.name for one in authoring.ready_mappings()]
    meant = [one for one in ready if one.startswith(name.lower())] if name else []
    if len(meant) > 1:
        return f"; `mapper init --like NAME` writes a copy of a ready mapping: {', '.join(meant)}"
    found = meant[0] if meant else closest(name.lower(), ready)
    return f"; `mapper init --like {found}` writes a copy of the ready mapping" if found else ""


def _near_file(path: Path) -> Path | None:
    """The mapping in the same folder that was most likely meant."""
    try:
        names = sorted(one.name for one in path.parent.iterdir() if one.suffix in MAPPING_SUFFIXES)
    except OSError:
        return None
    same = [name for name in names if Path(name).stem == path.stem]
    near = same[0] if same else closest(path.name, names)
    return path.with_name(near) if near else None
