"""Functions of the fast form: what is put before all else in them, and what they are called with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping

from mapper.compiler.emit.context import EmitContext
from mapper.compiler.emit.expressions import ObjectPath
from mapper.compiler.emit.fast.point import FastPoint, LetLocals, Shared, SharedFunction, Unfit
from mapper.compiler.emit.module import FunctionText
from mapper.values.frozen import dataclass

# Locals that generated lines name directly.
_LOCALS = (
    *("because", "event", "frame", "holder", "invalid", "kept", "noted", "notes", "outcomes"),
    *("payload", "note_texts", "section", "spare", "json_text", "typed", "value"),
)


def first_point(function: FunctionText, context: EmitContext, shared: Shared) -> FastPoint:
    """The first point of a function."""
    lets = {let.name: let.value for let in context.plan.lets}
    for name in (*_LOCALS, *shared.parameters):
        if name not in function.parameters:
            function.local(name)

    def write(name: str, out: str, point: FastPoint) -> None:
        shared.write_value(lets[name], out, point)

    index = "index" if "index" in function.parameters else ""
    return FastPoint(
        context, function, (shared.event,), LetLocals(write, frozenset(lets)), shared, index=index
    )


def end(point: FastPoint) -> None:
    """Put before all else what is read there."""
    if point.note_texts.ever:
        point.levels[0].before[:0] = ["    note_texts = []"]
    point.function.lines[:0] = [(text, None) for text in point.levels[0].before]
    point.shared.count(point.function)


def give_all(point: FastPoint) -> None:
    """Have a function be called with the lets and the objects of the event that it reads."""
    point.lets.given = True
    point.levels[0].given = []


def write_call(
    key: Hashable, stem: str, write: Callable[[FastPoint], None], point: FastPoint, more: Mapping[str, str]
) -> str:
    """The call of a function for what is written in several places, which is written where there is none yet.

    more: further parameters, and what is given for them here. Raises Unfit.
    """
    shared = point.shared
    if key in shared.unfit:
        raise Unfit
    if key not in shared.functions:
        function = point.context.module.function(stem, *shared.parameters, *more)
        try:
            shared.functions[key] = _write_function(function, write, point)
        except Unfit:
            functions = point.context.module.functions
            functions[:] = [one for one in functions if one is not function]
            shared.unfit.add(key)
            raise
    made = shared.functions[key]
    objects = [point.held(path) or point.nothing_at(path) for path in made.objects]
    point.note_texts.parts = point.note_texts.parts or made.notes_parts
    given = [*shared.parameters, *more.values(), *map(point.variable, made.lets), *objects]
    return f"{made.name}({', '.join(given)})"


def _write_function(
    function: FunctionText, write: Callable[[FastPoint], None], around: FastPoint
) -> SharedFunction:
    inside = first_point(function, around.context, around.shared)
    give_all(inside)
    write(inside)
    end(inside)
    lets, objects = inside.lets.known, inside.given_objects()
    function.parameters = (*function.parameters, *lets.values(), *objects.values())
    return SharedFunction(function.name, tuple(lets), tuple(objects), inside.note_texts.parts)


@dataclass(frozen=True, slots=True)
class Head:
    """The lets, and the objects of the event, that all sections read: looked up once before one is called.

    once: the other lets that a single section reads; the rest of them are functions.
    """

    lets: tuple[str, ...] = ()
    objects: tuple[ObjectPath, ...] = ()
    once: frozenset[str] = frozenset()

    def arguments(self, point: FastPoint) -> list[str]:
        """The locals that hold them at a point, looked up where they are not yet."""
        objects = [point.held(path) or point.nothing_at(path) for path in self.objects]
        return [*map(point.variable, self.lets), *objects]


def head_of(points: list[FastPoint]) -> Head:
    """The parameters of some functions, each told by its first point: those that all of them read."""
    # One that reads nothing makes no difference.
    reading = [point for point in points if point.lets.known or point.given_objects()]
    lets = Counter(name for point in reading for name in point.lets.known)
    objects = Counter(path for point in reading for path in point.given_objects())
    return Head(
        tuple(name for name, count in lets.items() if count == len(reading)),
        tuple(path for path, count in objects.items() if count == len(reading)),
        frozenset(name for name, count in lets.items() if count == 1),
    )


def end_after_head(head: Head, point: FastPoint) -> None:
    """End a function that is called with a head. What else it reads is put before all else in it."""
    function, level, lets = point.function, point.levels[0], point.lets
    read, worked_out = level.objects, lets.known
    own = point.given_objects()
    level.given, level.before, level.names = None, [], read
    level.objects = {path: read.get(path) or point.local("_".join(path[1:])) for path in head.objects}
    lets.given, lets.locals = False, worked_out
    lets.known = {name: worked_out.get(name) or point.local(name) for name in head.lets}
    given = (*lets.known.values(), *level.objects.values())
    _share(head, point)
    for path in own:
        point.held(path)
    for name in worked_out:
        point.variable(name)
    for path in read:
        point.held(path)
    function.parameters = (*function.parameters, *given)
    end(point)


def _share(head: Head, point: FastPoint) -> None:
    """Have lets be worked out by functions, but for those that nothing else reads."""
    here = point.lets.write

    def write(name: str, out: str, point: FastPoint) -> None:
        if name in head.once:
            here(name, out, point)
            return

        def write_let(inside: FastPoint) -> None:
            here(name, "value", inside)
            inside.write("return value")

        point.write(f"{out} = {write_call(('let', name), f'let_{name}', write_let, point, {})}")

    point.lets.write = write
