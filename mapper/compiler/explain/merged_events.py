"""An event that `split` merges of others, or what `across` gives -> the objects that its fields can be of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mapper.compiler.jmespath.call_facts import keeps
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Call, MultiHash
from mapper.compiler.jmespath.uses import path_of
from mapper.compiler.plan.ir import Planned
from mapper.transforms.boolean import present
from mapper.values.types import Json

# What puts objects together, and gives no field another name.
# Of more objects it takes too long to find those that an event is made of.
_MOST_OBJECTS = 100


def merged_fields(
    part: Json, split: Expression, read: Iterable[tuple[str, Json]]
) -> dict[str, tuple[str, ...]] | None:
    """For each field of an event, the objects that it can be a field of, by path; None if nobody knows.

    read: what `split` reads, each with its path.
    """
    calls = [node for node in split.walk() if isinstance(node, Call | MultiHash)]
    if not isinstance(part, dict) or any(
        isinstance(one, MultiHash) or "part" not in keeps(one.name) for one in calls
    ):
        return None
    objects = [one for path, value in read for one in _objects(path, value)]
    if len(objects) > _MOST_OBJECTS:
        return None
    whole = [
        (path, one)
        for path, one in objects
        if all(name in part and _is_same(part[name], value) for name, value in one.items())
    ]
    found: dict[str, tuple[str, ...]] = {}
    for name, value in part.items():
        paths = [path for path, one in whole if name in one] or [
            path for path, one in objects if name in one and _is_same(one[name], value)
        ]
        if not paths:
            return None
        found[name] = tuple(dict.fromkeys(paths))
    return found


def fields_across(planned: Planned, made: Json, event: Json) -> dict[str, tuple[str, ...]] | None:
    """For each field of what `across` gave, the names that lead to its object; None of any other value.

    So too where one of the objects is not a path in the event.
    """
    root = planned.source.root if planned.bare and isinstance(planned.source, Expression) else None
    if not isinstance(root, Call) or root.name != "across" or not isinstance(made, dict):
        return None
    objects = []
    for one in map(path_of, root.arguments):
        if one is None or one.root not in ("@", "$event") or any("[" in name for name in one.names):
            return None
        objects.append((one.names, _reached(event, one.names)))
    return {name: next(names for names, one in objects if present(one.get(name))) for name in made}


def _reached(value: Json, names: Iterable[str]) -> dict[str, Json]:
    """The object at a path of an event; empty where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _objects(path: str, value: Json) -> Iterator[tuple[str, dict[str, Json]]]:
    """An object, or those in a list."""
    if isinstance(value, dict):
        yield path, value
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from _objects(f"{path}[{at}]", one)


def _is_same(one: Json, other: Json) -> bool:
    """Whether two values are one and the same, or equal scalars."""
    if isinstance(one, dict | list) or isinstance(other, dict | list):
        return one is other
    return type(one) is type(other) and one == other
