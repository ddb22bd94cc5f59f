"""Where the page of a code can be read: the address in the project's own metadata, if there is one."""

from __future__ import annotations

from importlib.metadata import entry_points

# The label under `[project.urls]` of the page that docs/diagnostics.md becomes.
_LABEL = "Diagnostics"


def diagnostics_page() -> str | None:
    """The address of the page of codes; None where the command is not installed, or names none."""
    for script in entry_points(group="console_scripts", name="mapper"):
        urls = script.dist.metadata.get_all("Project-URL") if script.dist else None
        for url in urls or ():
            label, _, address = url.partition(", ")
            if label == _LABEL:
                return str(address)
    return None
