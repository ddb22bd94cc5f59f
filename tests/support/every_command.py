"""The command line -> each command with the words that call it, those within other commands too."""

from __future__ import annotations

from collections.abc import Iterator

import click

from mapper.cli import commands
from mapper.cli.schema_from import command as schema_from


def every_command() -> Iterator[tuple[str, click.Command]]:
    """Each command, followed by those within it. `schema from` is no group's, but is called as one."""
    for name, one in _commands_of(commands):
        yield name, one
        yield from ((f"{name} {inner}", own) for inner, own in _commands_of(one))
        if name == "schema":
            yield "schema from", schema_from


def _commands_of(one: click.Command) -> Iterator[tuple[str, click.Command]]:
    if isinstance(one, click.Group):
        context = click.Context(one)
        for name in one.list_commands(context):
            found = one.get_command(context, name)
            assert found is not None
            yield name, found
