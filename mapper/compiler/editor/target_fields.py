"""Keys that lead to a place in a mapping -> the field of the target that is written there."""

from __future__ import annotations

from mapper.compiler.schema.target import TargetField
from mapper.values.types import JsonPath

# Keys of a rule whose value is one of the same field.
_SAME_FIELD = frozenset({"from", "case", "then", "else"})


def field_at(path: JsonPath, root: TargetField) -> TargetField | None:
    """The field that a path leads to; None where it leads to none."""
    if "payload" not in path:
        return None
    found: TargetField | None = root
    for step in path[path.index("payload") + 1 :]:
        if found is None or isinstance(step, int):
            continue
        own = (found.item or found).field(str(step))
        if own is None and step in _SAME_FIELD:
            continue
        found = found.item if own is None and step == "item" else own
    return found


def field_detail(field: TargetField) -> str:
    """The type of a field, and whether each payload needs it: `number, required`."""
    return f"{field.type.describe()}{', required' * (field.required or field.due)}"
