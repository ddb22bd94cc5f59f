"""A schema -> an error where one of its parts is valid only if it is valid, without a field in between."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mapper.compiler.descriptions.event_description import DescriptionError
from mapper.compiler.descriptions.schema_part import AT, SchemaPart


def refuse_circles(made: SchemaPart) -> None:
    """Raise DescriptionError where a part leads back to itself by `$ref`, `allOf` and `anyOf` alone."""
    parts = {"#": made, **{f"#/$defs/{name}": one for name, one in made.get("$defs", {}).items()}}
    edges = {name: [*_leading(one)] for name, one in parts.items()}
    done: set[str] = set()
    for start in edges:
        way: dict[str, None] = {}
        waiting: list[tuple[str, bool]] = [(start, False)]
        while waiting:
            name, is_left = waiting.pop()
            if is_left:
                done.add(way.popitem()[0])
            elif name in way:
                at = parts[name].get(AT, ())
                raise DescriptionError("the schema refers to itself", "let a field be between", at)
            elif name not in done:
                way[name] = None
                waiting.append((name, True))
                waiting += [(one, False) for one in edges.get(name, ())]


def _leading(made: Any) -> Iterator[str]:
    if not isinstance(made, dict):
        return
    if "$ref" in made:
        yield made["$ref"]
    for key in ("allOf", "anyOf"):
        for one in made.get(key, ()):
            yield from _leading(one)
