"""The types of parts of a value: of its fields, its elements, the values of an object."""

from __future__ import annotations

from mapper.values.types import NULL, UNKNOWN, Type


def field_type(base: Type, name: str) -> Type:
    """The type of a field; null of null, and unknown where there is none: that is reported elsewhere."""
    if base.kinds == {"null"}:
        return NULL
    if not base.known or "object" not in base.kinds or lacks(base, name):
        return UNKNOWN
    found = base.field(name)
    return found.optional() if base.kinds != {"object"} else found


def lacks(base: Type, name: str) -> bool:
    """Whether what may be an object never has a field of a name."""
    return base.closed and all(known != name for known, _ in base.fields or ())


def element_type(base: Type) -> Type:
    """The type of the elements of what may be a list."""
    return UNKNOWN if not base.known or base.items is None else base.items


def value_types(base: Type) -> list[Type]:
    """The types of the values of an object that is closed; else none, since there may be others."""
    return [known for _, known in base.fields or ()] if base.known and base.closed else []


def attribute_type(base: Type, name: str) -> Type:
    """An attribute of what may be an object; null where it never has one of that name."""
    return NULL if base.known and lacks(base, name) else field_type(base, name)
