"""`mapper schema`: a JSON Schema, or those there are."""

from __future__ import annotations

from typing import Any

import click

from mapper.cli.command import Command, new_command, schemas_option
from mapper.cli.completed_words import SCHEMA_SUBJECTS, complete_schema
from mapper.cli.options import argument, takes
from mapper.values.frozen import dataclass

_EXAMPLE = """\
mapper schema                       the schemas there are
mapper schema segment/track | jq .properties.context
mapper schema mapping > schemas/target.mapping.schema.json
mapper schema intake > intake.schema.json
mapper schema policy > mapper.schema.json
mapper schema source > source.schema.json
mapper schema from openapi.json Order       `mapper schema from --help` says more"""
_FROM = "from"


class _SchemaCommand(Command):
    """The command, with `schema from` as one of its own options and arguments."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The context of a call, which is that of `schema from` where the first word says so."""
        at = _first_word(args)
        if args[at : at + 1] != [_FROM]:
            return super().make_context(info_name, args, parent, **extra)
        from mapper.cli.schema_from import command as draft

        return draft.make_context(f"{info_name} {_FROM}", [*args[:at], *args[at + 1 :]], parent, **extra)


def _first_word(args: list[str]) -> int:
    """The place of the first word that is no option for what is shown; those may come before any word."""
    at = 0
    while args[at : at + 1] and args[at].startswith(("--color", "-q", "--quiet")):
        at += 2 if args[at] == "--color" else 1
    return at


@dataclass(frozen=True, slots=True)
class _Options:
    """The call of `schema`: the schema to show, and where it is read."""

    subject: str | None = argument(
        metavar=f"[{'|'.join(SCHEMA_SUBJECTS)}|TARGET]",
        required=False,
        shell_complete=complete_schema,
    )
    target: str | None = argument(metavar="[TARGET]", required=False, shell_complete=complete_schema)
    schemas: str | None = schemas_option()


@new_command("schema", _EXAMPLE, _SchemaCommand)
@takes(_Options)
@click.pass_context
def command(ctx: click.Context, options: _Options) -> None:
    """List the schemas there are, or show the JSON Schema of TARGET.

    With `mapping`: the schema of the mappings to TARGET, with which an editor completes and explains them;
    with `intake`: that of the entries of `mapper serve`; with `policy`: that of `mapper.yaml`;
    with `target` or `source`: that of the schemas of targets or sources themselves.
    `from FILE` drafts the schema of a source from OpenAPI, a JSON Schema, Avro and others.
    TARGET may be left out where only one schema says how it is delivered.

    Exits with 2 if a schema cannot be read or there is none.
    """
    from mapper.cli.schema_call import show_schema

    ctx.exit(show_schema(options.subject, options.target, options.schemas))
