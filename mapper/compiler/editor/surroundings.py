"""Keys that lead to a place in a file -> the section there, and the lets of the list rules around."""

from __future__ import annotations

from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.section_nodes import Section
from mapper.compiler.syntax.value_nodes import Fields, Let, Value, list_rule
from mapper.values.types import JsonPath


def section_at(mapping: Mapping, path: JsonPath) -> Section | None:
    """The section that a path leads into."""
    if path[:1] == ("otherwise",):
        return mapping.otherwise
    at = path[1] if path[:1] == ("events",) and len(path) > 1 else None
    # Those of the file itself come before those of files that it extends.
    return mapping.sections[at] if isinstance(at, int) and at < len(mapping.sections) else None


def lets_around(mapping: Mapping, path: JsonPath) -> tuple[Let, ...]:
    """The lets of the list rules whose elements are read at a path."""
    value, rest = _start(mapping, path)
    found: list[Let] = []
    for key in rest:
        each = list_rule(value)
        if each is None:
            value = value.get(str(key)) if isinstance(value, Fields) else None
        else:
            found += each.lets if key in ("item", "where", "let") else ()
            value = {"item": each.item, "each": each.items}.get(str(key))
    return tuple(found)


def _start(mapping: Mapping, path: JsonPath) -> tuple[Value | None, JsonPath]:
    """The value that a path starts in, and the keys within it."""
    if path[:1] == ("payload",):
        return mapping.payload, path[1:]
    if path[:1] == ("let",) and len(path) > 1:
        return next((let.value for let in mapping.lets if let.name == path[1]), None), path[2:]
    section = section_at(mapping, path)
    if section is not None and "payload" in path:
        return section.payload, path[path.index("payload") + 1 :]
    return None, ()
