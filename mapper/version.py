"""The version of this package and what its metadata says, alone so that every room may ask for them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import Distribution

__version__ = "0.1.0"
# The label under `[project.urls]` of the pages that docs/diagnostics.md becomes.
_LABEL = "Diagnostics"


def own_distribution() -> Distribution | None:
    """This package as it is installed; None where it is not, as from a copy of its sources."""
    # Imported here, since that takes time and few calls ask.
    from importlib.metadata import entry_points

    commands = entry_points(group="console_scripts", name="mapper", value="mapper.__main__:main")
    return next((one.dist for one in commands if one.dist is not None), None)


@cache
def diagnostic_pages() -> str | None:
    """The address of the pages of codes; None where this package is not installed, or names none."""
    own = own_distribution()
    for url in own.metadata.get_all("Project-URL") or () if own else ():
        label, _, address = url.partition(", ")
        if label == _LABEL:
            return str(address)
    return None
