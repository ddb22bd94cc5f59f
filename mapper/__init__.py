"""Front door: mappings checked and compiled, programs applied. Imports nothing it is not asked for.

What editors, the page and the command line need besides is in `mapper.authoring`. The types of all names are
in `__init__.pyi`.
"""

from __future__ import annotations

from importlib import import_module

_ROOMS = {
    "mapper.file_questions": (
        "coverage",
        "explain_mapping",
    ),
    "mapper.codes": ("CODES",),
    "mapper.compiling": (
        "CompileError",
        "check_mapping",
        "check_text",
        "compile_expression",
        "compile_mapping",
        "compile_text",
        "destination",
        "read_schema",
        "schema_names",
        "validator",
    ),
    "mapper.delivering": ("SetupError", "deliver"),
    "mapper.delivery.batch": ("Receipt",),
    "mapper.delivery.summary": ("Delivery",),
    "mapper.texts.diagnostic": ("Diagnostic",),
    "mapper.runtime.outcome": (
        "Note",
        "Outcome",
        "Rejection",
        "Skip",
    ),
    "mapper.runtime.program": ("Program",),
    "mapper.texts.named_text": ("Span",),
    "mapper.values.types": ("Invalid",),
    "mapper.version": ("__version__",),
    "mapper.workbench.comparison": (
        "MappingComparison",
        "compare",
    ),
    "mapper.workbench.testing": (
        "TestReport",
        "run_tests",
    ),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

# Version 0.3 has them in `mapper.authoring` alone.
_MOVED = ("FolderComparison", "Statistics", "compare_folders", "overlap", "statistics")

__all__ = [*_ROOM_OF]


def __getattr__(name: str) -> object:
    if name in _MOVED:
        return _moved(name)
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'mapper' has no attribute {name!r}")
    return getattr(import_module(_ROOM_OF[name]), name)


def _moved(name: str) -> object:
    """A name of `mapper.authoring`, with a warning at the line that reads it here."""
    import warnings

    told = f"mapper.{name} has moved to mapper.authoring.{name}; version 0.3 takes it away here"
    warnings.warn(told, DeprecationWarning, stacklevel=3)
    return getattr(import_module("mapper.authoring"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_ROOM_OF])
