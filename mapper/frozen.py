"""`@dataclass` for the values of the compiler: frozen to mypy, and as quick to make as any other.

A class that Python itself keeps frozen takes twice as long to define, and each of its values four times as
long to make: `mapper check` of a folder makes hundreds of thousands. That nobody changes one is what mypy
holds, in all of the project; who uses the front door is given values that are frozen to Python too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    import dataclasses

    def dataclass(*, frozen: bool = False, **options: bool):
        """As `dataclasses.dataclass` does it, with the hash of a frozen class and without its locks."""
        return dataclasses.dataclass(unsafe_hash=frozen and options.get("eq", True), **options)
