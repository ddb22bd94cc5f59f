"""The persons that a command is given, in the form of a target's fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from mapper import authoring
from mapper.cli.command import here
from mapper.cli.messages import mention
from mapper.cli.terminal import visible
from mapper.compiler.schema.json_schema import SchemaError
from mapper.suppression.building import ListSource
from mapper.values.safe_text import SafeText

if TYPE_CHECKING:
    from mapper.authoring import PersonFields


def person_columns(target: str, schemas: str | None) -> PersonFields:
    """The fields of a target that identify a person. Raises UsageError where there are none."""
    try:
        schema = authoring.read_target(target, schemas=schemas, beside=here())
        columns = authoring.person_fields(target, schema)
    except (LookupError, SchemaError) as error:
        raise click.UsageError(visible(str(error))) from None
    if not columns.names:
        raise click.UsageError(f"no field of {target} is marked with `x-person`")
    return columns


def person_source(columns: PersonFields, field: str | None, delimiter: str | None) -> ListSource:
    """The form of the text with the persons, as --as and --delimiter say. Raises UsageError."""
    if field is None:
        return ListSource(columns, delimiter=delimiter, told=_tell_columns)
    if delimiter is not None:
        raise click.UsageError("--delimiter is for CSV, and --as for one value per line")
    path = columns.called(field)
    if path is None:
        near = columns.nearest(field)
        meant = f"; did you mean {near}?" if near else ""
        raise click.UsageError(
            f"--as must be one of {', '.join(columns.names)}, or what others call them{meant}"
        )
    return ListSource(columns, path)


def _tell_columns(read: Sequence[str], unread: Sequence[str]) -> None:
    """Say which columns of the persons nothing is read of, if there are some."""
    if unread:
        names = [SafeText.known(", ".join(some)) for some in (read, unread)]
        mention(SafeText("read: {}; not read: {}", *names))
