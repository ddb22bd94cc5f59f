"""JSON Schema -> the attributes of sources that a target field is not read from, though authors do."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.schema.json_schema import Schema, SchemaError
from mapper.compiler.schema.schema_fields import fields_of
from mapper.values.frozen import dataclass


@dataclass(frozen=True, slots=True)
class OtherAttributes:
    """Attributes that hold something else than a field takes.

    names: small letters and digits alone. title: what they hold. write: how the field is made of one, with
    `{}` for its path; "" where it cannot be. field: the target path that they are for, if there is one.
    """

    names: frozenset[str]
    title: str
    write: str = ""
    field: str = ""


def other_attributes(schema: Schema, root: Schema) -> tuple[OtherAttributes, ...]:
    """The attributes that `x-not-from` of a field states. Raises SchemaError where it names no field."""
    own = frozenset(map(letters_of, schema.get("x-attributes", ())))
    return tuple(found for stated in schema.get("x-not-from", ()) for found in _stated(stated, root, own))


def _stated(stated: Schema, root: Schema, own: frozenset[str]) -> Iterator[OtherAttributes]:
    if "names" in stated:
        names = frozenset(map(letters_of, stated["names"]))
        yield OtherAttributes(names - own, stated.get("title", ""), stated.get("write", ""))
    for path in stated.get("fields", ()):
        part = fields_of(root).get(path)
        if part is None:
            raise SchemaError(f"x-not-from: there is no field `{path}`")
        names = frozenset(map(letters_of, part.get("x-attributes", ())))
        yield OtherAttributes(names - own, f"a value for `{path}`", "", path)
