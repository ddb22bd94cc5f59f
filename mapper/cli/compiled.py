"""The program a command is given, or its mistakes on stderr and the end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import click

import mapper
from mapper import Program
from mapper.cache import Cache, default_folder
from mapper.cli.screen import may_colour, visible


def compiled(
    ctx: click.Context, mapping: str, schemas: str | None, *, cached: bool = False, verbose: bool = False
) -> Program:
    """The program of a mapping file in its raw form. Where it has errors, says which and exits with 1.

    cached: it may come from the cache, and is kept there. verbose: the cache says what it does.
    """
    try:
        say = _say if verbose else lambda line: None
        if cached and not os.environ.get("MAPPER_NO_CACHE"):
            return _cached(mapping, schemas, say)
        say("the cache is not used: it is switched off")
        return mapper.compile_mapping(mapping, schemas=schemas, guard=False)
    except mapper.CompileError as error:
        tell_mistakes(error)
        ctx.exit(1)


def _cached(mapping: str, schemas: str | None, say: Callable[[str], None]) -> Program:
    try:
        folder = default_folder(os.environ)
    except RuntimeError:
        say("the cache is not used: this user has no home folder")
        return mapper.compile_mapping(mapping, schemas=schemas, guard=False)
    scope = mapper.scope_of(mapping, schemas)
    folders = (str(scope.root), *map(str, scope.schemas))
    cache = Cache(folder, say)
    program = cache.find(mapping, folders)
    if program is not None:
        say("the program comes from the cache")
        return program
    program, read = mapper.compile_read(mapping, schemas=schemas, compile_module=cache.compile_module)
    if cache.keep(mapping, folders, program, read):
        say("the program was compiled, and is kept in the cache")
    return program


def _say(line: str) -> None:
    click.echo(f"mapper: {visible(line)}", err=True)


def tell_mistakes(error: mapper.CompileError) -> None:
    """Say on stderr what is wrong with a mapping: stdout is for data."""
    from mapper.cli.report import as_text, closing_count

    found = [one for one in error.diagnostics if one.severity == "error"]
    click.echo(as_text(found, colour=may_colour(sys.stderr)), err=True, nl=False, color=True)
    click.echo(closing_count(1, error.diagnostics), err=True)
