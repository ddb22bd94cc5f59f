"""Where a mapping's project is, and which folders its schemas come from; nothing in them is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_ROOT_MARKS = ("pyproject.toml", ".git", "schemas")
_OWN_SCHEMAS = (Path(__file__).parent / "_schemas", Path(__file__).parents[1] / "schemas")


@dataclass(frozen=True, slots=True)
class Scope:
    """root: no file outside of it is extended; None for a mapping that is no file. schemas: in order."""

    root: Path | None
    schemas: tuple[Path, ...]


def scope_of(mapping: str | Path | None, schemas: str | Path | None) -> Scope:
    """The scope of a mapping file, if it is one. schemas: the one folder to look for schemas in."""
    root = None if mapping is None else _root(Path(mapping).resolve().parent)
    if schemas is not None:
        return Scope(root, (Path(schemas),))
    folders = [] if root is None else [root / "schemas"]
    return Scope(root, tuple(one for one in (*folders, *_OWN_SCHEMAS) if one.is_dir()))


def _root(folder: Path) -> Path:
    """The nearest folder at or above one that looks like a project's root; else that folder itself."""
    for above in (folder, *folder.parents):
        if any((above / mark).exists() for mark in _ROOT_MARKS):
            return above
    return folder
