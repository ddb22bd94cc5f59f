"""During: one event in; payload, skip or rejection out. All that generated code imports comes from here.

The names are those of `importable`, filled in when one of them is first asked for: to check a mapping needs
the types of functions alone, and starts without what makes payloads.
"""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    if not name.startswith("_"):
        from mapper.runtime.importable import NAMES

        globals().update(NAMES)
    if name not in globals():
        raise AttributeError(f"module 'mapper.runtime' has no attribute {name!r}")
    return globals()[name]
