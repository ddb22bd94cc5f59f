"""A part of this package that is not installed -> one sentence that says what to type."""

from __future__ import annotations


def missing_extra(what: str, extra: str) -> str:
    """The message where `what`, a command or a module, needs an extra that is not installed."""
    return f"{what} needs more packages: {install_command(extra)}"


def install_command(extra: str) -> str:
    """The command that installs an extra of this package."""
    # It takes a while to look for the package's own name, which only who lacks an extra waits for.
    from importlib.metadata import entry_points

    commands = entry_points(group="console_scripts", name="mapper", value="mapper.__main__:main")
    name = next((one.dist.name for one in commands if one.dist is not None), "mapper")
    return f"pip install '{name}[{extra}]'"
