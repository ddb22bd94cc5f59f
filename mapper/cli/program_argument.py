"""The program a command is given, or its mistakes on stderr and the end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

import mapper
from mapper import Program, authoring
from mapper.cli.command import tell_shadows
from mapper.cli.terminal import is_quiet, may_colour, visible
from mapper.project.cache_folder import SWITCHED_OFF, caching_folder, refusal
from mapper.project.program_cache import Cache


@dataclass(frozen=True, slots=True)
class _Named:
    """The parts of a program: a mapping, the folder of schemas and the target that a person names."""

    mapping: str
    schemas: str | None
    allow_target: str | None

    def compile(self) -> Program:
        """The program of the mapping in its raw form."""
        return mapper.compile_mapping(
            self.mapping, schemas=self.schemas, allow_target=self.allow_target, guard=False
        )


def load_program(
    mapping: str,
    schemas: str | None,
    *,
    allow_target: str | None = None,
    cached: bool = False,
    verbose: bool = False,
) -> Program:
    """The program of a mapping file in its raw form. Where it has errors, says which and exits with 1.

    cached: it may come from the cache, and is kept there. verbose: the cache says what it does.
    """
    tell_shadows([mapping], schemas)
    try:
        return read_program(mapping, schemas, allow_target=allow_target, cached=cached, verbose=verbose)
    except mapper.CompileError as error:
        tell_errors(error)
        click.get_current_context().exit(1)


def read_program(
    mapping: str,
    schemas: str | None,
    *,
    allow_target: str | None = None,
    cached: bool = False,
    verbose: bool = False,
) -> Program:
    """The same. Raises CompileError where the mapping has errors, and OSError where it cannot be read."""
    named = _Named(mapping, schemas, allow_target)
    say = _say if verbose else lambda line: None
    folder = caching_folder(os.environ) if cached else SWITCHED_OFF
    if isinstance(folder, str):
        say(f"the cache is not used: {folder}")
        return named.compile()
    return _cached(named, folder, say)


def _cached(named: _Named, folder: Path, say: Callable[[str], None]) -> Program:
    if why := refusal(folder, named.mapping):
        # Who names a folder is told; that the usual one cannot be used, only who asks.
        (_say if os.environ.get("MAPPER_CACHE_DIR") else say)(f"the cache is not used: {why}")
        return named.compile()
    mapping, schemas, allowed = named.mapping, named.schemas, named.allow_target
    scope = authoring.scope_of(mapping, schemas)
    vouched = () if allowed is None else (f"vouched for: {allowed}",)
    folders = (*scope.names, *vouched)
    cache = Cache(folder, say)
    program = cache.find(mapping, folders)
    if program is not None:
        say("program loaded from the cache")
        return program
    program, read = authoring.compile_read(
        mapping, schemas=schemas, allow_target=allowed, compile_module=cache.modules.compile_module
    )
    if cache.keep(mapping, folders, program, read):
        say("program compiled and saved to the cache")
    return program


def _say(line: str) -> None:
    click.echo(f"mapper: {visible(line)}", err=True)


def tell_errors(error: mapper.CompileError, *, of_mapping: bool = True) -> None:
    """Say on stderr what is wrong with a mapping, or with an expression alone: stdout is for data."""
    from mapper.cli.report import as_text, closing_count

    found = [one for one in error.diagnostics if one.severity == "error"]
    click.echo(as_text(found, colour=may_colour(sys.stderr)), err=True, nl=False, color=True)
    if of_mapping and not is_quiet():
        click.echo(closing_count(1, error.diagnostics), err=True)
