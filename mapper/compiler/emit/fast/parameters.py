"""Head: what all sections that send read of an event, looked up once before one of them is called."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from mapper.compiler.emit.expression_writer import ObjectPath
from mapper.compiler.emit.fast.consent import write_consent
from mapper.compiler.emit.fast.functions import end, write_call
from mapper.compiler.emit.fast.point import Point
from mapper.compiler.plan.planner import PlannedConsent
from mapper.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Head:
    """The lets, and the objects of the event, that sections are called with.

    once: the other lets that a single section reads; the rest of them are functions.
    """

    lets: tuple[str, ...] = ()
    objects: tuple[ObjectPath, ...] = ()
    once: frozenset[str] = frozenset()

    def arguments(self, point: Point) -> list[str]:
        """The locals that hold them at a point, looked up where they are not yet."""
        objects = [point.held(path) or point.nothing_at(path) for path in self.objects]
        return [*map(point.variable, self.lets), *objects]


def head_of(points: list[Point]) -> Head:
    """What some functions, each told by its first point, are called with: that which all of them read."""
    # One that reads nothing makes no difference.
    reading = [point for point in points if point.lets.known or point.given_objects()]
    lets = Counter(name for point in reading for name in point.lets.known)
    objects = Counter(path for point in reading for path in point.given_objects())
    return Head(
        tuple(name for name, count in lets.items() if count == len(reading)),
        tuple(path for path, count in objects.items() if count == len(reading)),
        frozenset(name for name, count in lets.items() if count == 1),
    )


def write_start(head: Head, consent: PlannedConsent | None, point: Point) -> None:
    """Go on to the function that `section` holds, unless there is no consent."""
    if consent is not None:
        write_consent(consent, point)
    given = [*point.shared.parameters, *head.arguments(point)]
    point.write(f"return section({', '.join(given)})")


def write_start_here(head: Head, consent: PlannedConsent | None, point: Point) -> None:
    """The same in a block, before which it is not known that there is a section for the event."""
    function, event = point.function, point.levels[0]
    first = len(function.lines)
    level = replace(event, depth=function.depth - 1, objects=dict(event.objects), before=[])
    lets = replace(point.lets, known=dict(point.lets.known))
    write_start(head, consent, replace(point, levels=(level,), lets=lets))
    function.lines[first:first] = [(text, None) for text in level.before]


def end_behind(head: Head, point: Point) -> None:
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


def _share(head: Head, point: Point) -> None:
    """Have lets be worked out by functions, but for those that nothing else reads."""
    here = point.lets.write

    def write(name: str, out: str, point: Point) -> None:
        if name in head.once:
            here(name, out, point)
            return

        def write_let(inside: Point) -> None:
            here(name, "value", inside)
            inside.write("return value")

        point.write(f"{out} = {write_call(('let', name), f'let_{name}', write_let, point, {})}")

    point.lets.write = write
