"""The work of `mapper schema`: prints the JSON Schema of a target or of a language, or what there is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

import mapper
from mapper import authoring
from mapper.cli.command import here, only_target, tell_shadows
from mapper.cli.messages import error_line
from mapper.cli.report import to_json
from mapper.cli.terminal import pad, visible, width
from mapper.compiler.schema.json_schema import SchemaError
from mapper.compiler.schema.meta_schema import meta_schema
from mapper.intake.editor_schema import intake_schema
from mapper.repository.policy_schema import policy_schema
from mapper.texts.diagnostic import closest
from mapper.values.safe_text import SafeError, SafeText

_LANGUAGE = "mapping"
_WITHOUT_NAME: dict[str | None, Callable[[], dict[str, Any]]] = {
    "intake": intake_schema,
    "policy": policy_schema,
    "target": lambda: meta_schema("target"),
    "source": lambda: meta_schema("source"),
}


def show_schema(subject: str | None, target: str | None, schemas: str | None) -> int:
    """Print the schema that a call asks for, or the names of all; the exit status."""
    if subject in _WITHOUT_NAME and target is None:
        sys.stdout.write(to_json(_WITHOUT_NAME[subject]()))
        return 0
    names = mapper.schema_names(schemas=schemas, beside=here())
    tell_shadows([here()], schemas)
    if not names:
        raise click.UsageError(f"there is no schema in {schemas}")
    if subject == _LANGUAGE:
        sys.stdout.write(to_json(_language(target, names, schemas)))
        return 0
    if target is not None:
        raise click.UsageError(
            f"takes one name; `mapper schema {_LANGUAGE} {target}` prints the schema of mappings to it"
        )
    if subject is not None:
        sys.stdout.write(to_json(_read(subject, names, schemas)))
        return 0
    titles = {name: _title(name, schemas) for name in names}
    column = max(map(width, names))
    for name, title in titles.items():
        click.echo(f"{pad(name, column)}  {visible(title or '')}".rstrip())
    return 2 if None in titles.values() else 0


def _language(target: str | None, names: list[str], schemas: str | None) -> dict[str, Any]:
    """The schema of the mappings to a target; `target` None: to the only one there is."""
    try:
        name = target or only_target(schemas)
        _read(name, names, schemas)
        return authoring.mapping_schema(name, schemas=schemas, beside=here())
    except SchemaError as error:
        raise SafeError(SafeText.known(str(error))) from None


def _read(name: str, names: list[str], schemas: str | None) -> dict[str, Any]:
    if name not in names:
        near = closest(name, names)
        hint = f"did you mean {near}?" if near else "`mapper schema` lists those there are"
        raise click.UsageError(f"there is no schema {name}; {hint}")
    try:
        return mapper.read_schema(name, schemas=schemas, beside=here())
    except SchemaError as error:
        raise SafeError(SafeText.known(f"{name}: {error}")) from None


def _title(name: str, schemas: str | None) -> str | None:
    """A schema's title; None where it cannot be read, which is told."""
    try:
        return str(_read(name, [name], schemas).get("title", ""))
    except OSError as error:
        click.echo(f"mapper: {error_line(error)}", err=True)
        return None
