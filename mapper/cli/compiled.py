"""The program a command is given, or its mistakes on stderr and the end."""

from __future__ import annotations

import sys

import click

import mapper
from mapper import Program
from mapper.cli.report import as_text, closing_count
from mapper.cli.screen import may_colour
from mapper.guard import Guard


def compiled(ctx: click.Context, mapping: str, schemas: str | None) -> Program:
    """The program of a mapping file. Where it has errors, says which and exits with 1."""
    try:
        return mapper.compile_mapping(mapping, schemas=schemas)
    except mapper.CompileError as error:
        tell_mistakes(error)
        ctx.exit(1)


def tell_mistakes(error: mapper.CompileError) -> None:
    """Say on stderr what is wrong with a mapping: stdout is for data."""
    found = [one for one in error.diagnostics if one.severity == "error"]
    click.echo(as_text(found, colour=may_colour(sys.stderr)), err=True, nl=False, color=True)
    click.echo(closing_count(1, error.diagnostics), err=True)


def name_field(program: Program, mapping: str, schemas: str | None) -> str:
    """The payload's field that names its event; "" where none is known."""
    try:
        names = mapper.read_schema(program.target, schemas=schemas, beside=mapping).get("x-event-names")
    except LookupError:
        return ""
    return str(names["field"]) if names else ""


def guard_of(program: Program, mapping: str, schemas: str | None) -> Guard:
    """The guard of a program's payloads."""
    code = program.code
    schema = mapper.read_schema(code.target, schemas=schemas, beside=mapping)
    return Guard(schema, code.allowed, code.profile)
