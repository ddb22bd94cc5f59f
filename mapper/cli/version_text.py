"""The text of `mapper --version -v`: what a report of a fault says of the machine."""

from __future__ import annotations

import platform
import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from mapper.version import __version__, own_distribution


def version_text() -> str:
    """The version, Python, system, and which extras are installed."""
    lines = [
        f"mapper, version {__version__}",
        f"Python {platform.python_version()} ({platform.python_implementation()})",
        platform.platform(),
    ]
    if (own := own_distribution()) is not None:
        present = {name: _is_present(own, name) for name in own.metadata.get_all("Provides-Extra") or ()}
        lines += [
            f"{title}: {', '.join(names)}"
            for title, is_there in (("extras", True), ("extras not installed", False))
            if (names := [name for name, found in present.items() if found is is_there])
        ]
    return "\n".join(lines)


def _is_present(own: Distribution, extra: str) -> bool:
    """Whether all packages of an extra are installed, but for those that this system does not need."""
    lines = [line.replace('"', "'") for line in own.requires or ()]
    asked = [line for line in lines if f"extra == '{extra}'" in line]
    return all(map(_is_installed, asked))


def _is_installed(requirement: str) -> bool:
    if sys.platform == "win32" and "sys_platform != 'win32'" in requirement:
        return True
    try:
        distribution(re.split(r"[^\w.-]", requirement, maxsplit=1)[0])
    except PackageNotFoundError:
        return False
    return True
