"""Functions of the fast form: what stands before all else in them, and what they are called with."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping

from mapper.compiler.emit.context import Writing
from mapper.compiler.emit.fast.point import Point
from mapper.compiler.emit.fast.scope import Lets, Shared, SharedFunction, Unfit
from mapper.compiler.emit.module import Function

# Locals that stand in what is written as they are.
_LOCALS = (
    *("because", "event", "frame", "holder", "invalid", "kept", "noted", "notes", "outcomes"),
    *("payload", "remarks", "section", "spare", "json_text", "typed", "value"),
)


def start(function: Function, writing: Writing, shared: Shared) -> Point:
    """The first point of a function."""
    lets = {let.name: let.value for let in writing.plan.lets}
    for name in (*_LOCALS, *shared.parameters):
        if name not in function.parameters:
            function.local(name)

    def write(name: str, out: str, point: Point) -> None:
        shared.write_value(lets[name], out, point)

    index = "index" if "index" in function.parameters else ""
    return Point(writing, function, (shared.event,), Lets(write, frozenset(lets)), shared, index=index)


def end(point: Point) -> None:
    """Put before all else what is read there."""
    if point.remarks.ever:
        point.levels[0].before[:0] = ["    remarks = []"]
    point.function.lines[:0] = [(text, None) for text in point.levels[0].before]
    point.shared.count(point.function)


def give_all(point: Point) -> None:
    """Have a function be called with the lets and the objects of the event that it reads."""
    point.lets.given = True
    point.levels[0].given = []


def write_call(
    key: Hashable, stem: str, write: Callable[[Point], None], point: Point, more: Mapping[str, str]
) -> str:
    """The call of a function for what is written in several places, which is written where there is none yet.

    more: further parameters, and what is given for them here. Raises Unfit.
    """
    shared = point.shared
    if key in shared.unfit:
        raise Unfit
    if key not in shared.functions:
        shared.functions[key] = _write_function(key, stem, write, point, (*shared.parameters, *more))
    made = shared.functions[key]
    objects = [point.held(path) or point.nothing_at(path) for path in made.objects]
    point.remarks.parts = point.remarks.parts or made.notes_parts
    given = [*shared.parameters, *more.values(), *map(point.variable, made.lets), *objects]
    return f"{made.name}({', '.join(given)})"


def _write_function(
    key: Hashable, stem: str, write: Callable[[Point], None], point: Point, parameters: tuple[str, ...]
) -> SharedFunction:
    writing, shared = point.writing, point.shared
    function = writing.module.function(stem, *parameters)
    inside = start(function, writing, shared)
    give_all(inside)
    try:
        write(inside)
    except Unfit:
        writing.module.functions[:] = [one for one in writing.module.functions if one is not function]
        shared.unfit.add(key)
        raise
    end(inside)
    lets, objects = inside.lets.known, inside.given_objects()
    function.parameters = (*parameters, *lets.values(), *objects.values())
    return SharedFunction(function.name, tuple(lets), tuple(objects), inside.remarks.parts)
