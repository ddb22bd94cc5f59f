"""JSON Schema -> the attributes of sources that a target field is not read from, though authors do."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.schema.json_schema import Schema, SchemaError
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
    """The attributes that `x-not-from` of a field states. Raises SchemaError where it has another shape."""
    own = frozenset(map(letters_of, schema.get("x-attributes", ())))
    return tuple(found for stated in schema.get("x-not-from", ()) for found in _stated(stated, root, own))


def _stated(stated: Any, root: Schema, own: frozenset[str]) -> Iterator[OtherAttributes]:
    if not isinstance(stated, dict) or not _has_shape(stated):
        raise SchemaError("x-not-from: expected objects with `fields`, or with `names` and a `title`")
    if "names" in stated:
        names = frozenset(map(letters_of, stated["names"]))
        yield OtherAttributes(names - own, stated["title"], stated.get("write", ""))
    for path in stated.get("fields", ()):
        part = root
        for name in path.split("."):
            part = part.get("properties", {}).get(name)
            if part is None:
                raise SchemaError(f"x-not-from: there is no field `{path}`")
        names = frozenset(map(letters_of, part.get("x-attributes", ())))
        yield OtherAttributes(names - own, f"a value for `{path}`", "", path)


def _has_shape(stated: dict[str, Any]) -> bool:
    lists = [stated[key] for key in ("names", "fields") if key in stated]
    texts = [stated[key] for key in ("title", "write") if key in stated]
    if not lists or not all(isinstance(one, list) for one in lists):
        return False
    titled = "title" in stated or "names" not in stated
    return titled and all(isinstance(one, str) for one in (*chain(*lists), *texts))
