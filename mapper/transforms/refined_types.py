"""The types of results by the types of arguments: `refines` of a transform or a function.

Each is given one type for each argument, the value's first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mapper.transforms.key_patterns import names_like
from mapper.values.part_types import attribute_type, element_type, value_types
from mapper.values.types import NULL, UNKNOWN, Type, array_of, of, union


def reversed_type(types: Sequence[Type]) -> Type:
    if not types[0].known:
        return of("string", "array")
    kinds = types[0].kinds & {"string", "array"}
    return replace(types[0], kinds=kinds or frozenset({"string", "array"}), format="", constants=None)


def sorted_type(types: Sequence[Type]) -> Type:
    return array_of(_or(element_type(types[0]).without("null"), of("number", "string")))


def sorted_by_type(types: Sequence[Type]) -> Type:
    return array_of(element_type(types[0]))


def greatest_type(types: Sequence[Type]) -> Type:
    return _or(element_type(types[0]), of("number", "string")).optional()


def chosen_type(types: Sequence[Type]) -> Type:
    return element_type(types[0]).optional()


def _or(value: Type, otherwise: Type) -> Type:
    return value if value.known and value.kinds else otherwise


def whole_type(types: Sequence[Type]) -> Type:
    """A whole number stays one."""
    value = types[0]
    return of("integer") if value.known and value.kinds <= {"integer", "null"} else of("number")


def sum_type(types: Sequence[Type]) -> Type:
    return whole_type([element_type(types[0])])


def mapped_type(types: Sequence[Type]) -> Type:
    return array_of(types[0])


def present_type(types: Sequence[Type]) -> Type:
    present = [value.without("null") for value in types if value.kinds != {"null"}]
    made = union(present)
    return made.optional() if all("null" in value.kinds for value in types) else made


def list_type(types: Sequence[Type]) -> Type:
    value = types[0]
    if not value.known:
        return of("array")
    if value.kinds == {"array"}:
        return value
    rest = replace(value.without("array"), items=None, constants=None)
    return array_of(union([rest, element_type(value)]) if "array" in value.kinds else rest)


def number_type(types: Sequence[Type]) -> Type:
    value = types[0]
    if value.known and value.kinds <= {"number", "integer"}:
        return value
    return of("number", "null")


def values_type(types: Sequence[Type]) -> Type:
    known = value_types(types[0])
    return array_of(union(known)) if known else of("array")


def merged_type(types: Sequence[Type]) -> Type:
    """A later object's field wins, unless it may be missing; one that is open may have any field."""
    fields: dict[str, Type] = {}
    closed = True
    for value in types:
        known = dict(value.fields or ()) if value.known else {}
        if not value.known or value.fields is None or not value.closed:
            fields, closed = dict.fromkeys(fields, UNKNOWN), False
        for name, field in known.items():
            before = fields.get(name, NULL if closed else UNKNOWN)
            fields[name] = union([before, field]) if "null" in field.kinds else field
    return Type(frozenset({"object"}), fields=tuple(sorted(fields.items(), key=_name)), closed=closed)


def across_type(types: Sequence[Type]) -> Type:
    """Each attribute may be that of any object; one of which any is open may have any attribute."""
    objects = [one for one in types if not one.known or "object" in one.kinds]
    names = {name: None for one in objects if one.known for name, _ in one.fields or ()}
    fields = {name: union(attribute_type(one, name) for one in objects).optional() for name in names}
    closed = all(one.known and one.fields is not None and one.closed for one in objects)
    named = tuple(sorted(fields.items(), key=_name))
    return Type(frozenset({"object", "null"}), fields=named, closed=closed)


def named_type(types: Sequence[Type]) -> Type:
    """The attribute of a constant name; of any other, one of those of an object that is closed."""
    base, key = types[0], types[1]
    if key.constants and len(key.constants) == 1 and key.kinds <= {"string"}:
        return attribute_type(base, str(key.constants[0])).optional()
    known = value_types(base)
    return union(known).optional() if known else UNKNOWN


def picked_type(types: Sequence[Type]) -> Type:
    """A list of the attributes of a closed object that a pattern describes."""
    base, pattern = types[0], types[1]
    known = _picked_types(base, str(pattern.constants[0])) if pattern.constants else []
    made = array_of(union(known).without("null") if known else UNKNOWN)
    return made.optional() if "null" in base.kinds else made


def _picked_types(base: Type, pattern: str) -> list[Type]:
    """The types of the attributes that a pattern describes, of an object that is closed; else none."""
    if not base.known or not base.closed or base.fields is None:
        return []
    names = set(names_like(pattern, [name for name, _ in base.fields]))
    return [known for name, known in base.fields if name in names]


def items_type(types: Sequence[Type]) -> Type:
    """Objects with a name and any of the values."""
    known = value_types(types[0])
    fields = (("key", of("string")), ("value", union(known) if known else UNKNOWN))
    made = array_of(Type(frozenset({"object"}), fields=fields, closed=True))
    return made.optional() if "null" in types[0].kinds else made


def end_type(types: Sequence[Type]) -> Type:
    """The first or last of a list; what is no list is it itself."""
    is_list = types[0].known and types[0].kinds - {"null"} == {"array"}
    return element_type(types[0]).optional() if is_list else UNKNOWN


def unique_type(types: Sequence[Type]) -> Type:
    made = array_of(element_type(types[0]))
    return made.optional() if "null" in types[0].kinds else made


def nullable_type(types: Sequence[Type]) -> Type:
    return types[0].optional()


def _name(field: tuple[str, Type]) -> str:
    return field[0]
