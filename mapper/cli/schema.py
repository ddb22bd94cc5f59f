"""`mapper schema`: the JSON Schema of a target, or what schemas there are."""

from __future__ import annotations

import sys
from typing import Any

import click

import mapper
from mapper.cli.command import here, new_command, schemas_option
from mapper.cli.report import to_json
from mapper.cli.screen import describe, pad, visible, width
from mapper.compiler.target import SchemaError
from mapper.diagnostic import closest

_EXAMPLE = """\
mapper schema                       the schemas there are
mapper schema segment/track | jq .properties.context"""


@new_command("schema", _EXAMPLE)
@click.argument("target", required=False)
@schemas_option
@click.pass_context
def command(ctx: click.Context, target: str | None, schemas: str | None) -> None:
    """List the schemas there are, or show the JSON Schema of TARGET.

    Exits with 2 if a schema cannot be read or there is none.
    """
    names = mapper.schema_names(schemas=schemas, beside=here())
    if not names:
        raise click.UsageError(f"there is no schema in {schemas}")
    if target is not None:
        sys.stdout.write(to_json(_read(target, names, schemas)))
        return
    titles = {name: _title(name, schemas) for name in names}
    column = max(map(width, names))
    for name, title in titles.items():
        click.echo(f"{pad(name, column)}  {visible(title or '')}".rstrip())
    ctx.exit(2 if None in titles.values() else 0)


def _read(name: str, names: list[str], schemas: str | None) -> dict[str, Any]:
    if name not in names:
        near = closest(name, names)
        hint = f"did you mean {near}?" if near else "`mapper schema` lists those there are"
        raise click.UsageError(f"there is no schema {name}; {hint}")
    try:
        return mapper.read_schema(name, schemas=schemas, beside=here())
    except SchemaError as error:
        raise OSError(f"{name}: {error}") from None


def _title(name: str, schemas: str | None) -> str | None:
    """A schema's title; None where it cannot be read, which is told."""
    try:
        return str(_read(name, [name], schemas).get("title", ""))
    except OSError as error:
        click.echo(f"mapper: {describe(error)}", err=True)
        return None
