"""`mapper schema`: the JSON Schema of a target, or what schemas there are."""

from __future__ import annotations

import sys

import click

import mapper
from mapper.cli.command import new_command, schemas_option
from mapper.cli.report import to_json
from mapper.cli.screen import pad, width
from mapper.diagnostic import closest

_EXAMPLE = """\
mapper schema                       the schemas there are
mapper schema segment/track | jq .properties.context"""


@new_command("schema", _EXAMPLE)
@click.argument("target", required=False)
@schemas_option
def command(target: str | None, schemas: str | None) -> None:
    """Show the JSON Schema of TARGET; without one, list the schemas there are."""
    names = mapper.schema_names(schemas=schemas)
    if target is None:
        sys.stdout.write(_listing(names, schemas))
        return
    if target not in names:
        near = closest(target, names)
        hint = f"did you mean {near}?" if near else "`mapper schema` lists those there are"
        raise click.UsageError(f"there is no schema {target}; {hint}")
    sys.stdout.write(to_json(mapper.read_schema(target, schemas=schemas)))


def _listing(names: list[str], schemas: str | None) -> str:
    column = max(map(width, names), default=0)
    titles = (str(mapper.read_schema(name, schemas=schemas).get("title", "")) for name in names)
    return "".join(
        f"{pad(name, column)}  {title}".rstrip() + "\n" for name, title in zip(names, titles, strict=True)
    )
