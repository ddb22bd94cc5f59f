"""A part of this package that is not installed -> one sentence that says what to type."""

from __future__ import annotations

from mapper.version import own_distribution


def missing_extra(what: str, extra: str) -> str:
    """The message where `what`, a command or a module, needs an extra that is not installed."""
    return f"{what} needs more packages: {install_command(extra)}"


def install_command(extra: str) -> str:
    """The command that installs an extra of this package."""
    own = own_distribution()
    return f"pip install '{'mapper' if own is None else own.name}[{extra}]'"
