"""Point: where a statement of the fast form is written, and what is known there."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace

from mapper.compiler.emit.context import EVENT, ITEM, Writing, outside_of
from mapper.compiler.emit.expression_writer import Names, ObjectPath, Spot
from mapper.compiler.emit.expressions import write_at
from mapper.compiler.emit.fast.classes import Shape
from mapper.compiler.emit.fast.scope import WHOLE, Lets, Level, Remarks, Shared, Unfit
from mapper.compiler.emit.fast.typed_reads import TypedView, known
from mapper.compiler.emit.module import Function, Module, literal
from mapper.compiler.emit.remarks import may_remark
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Variable

_INDENT = "    "
# Python nests no more than a hundred blocks in each other, twenty of them loops and `try`. Expressions take
# up to half of them.
_DEEPEST = 40
_MOST_LEVELS = 12


@dataclass(slots=True)
class Point:
    """Where statements go: behind those of `function`, with what is read on every way to here.

    levels: the event, then each item around; `index`: the local of the last item's place, if it has one.
    noted: whether what noting transforms say can be noted here. tried: within a value that the careful form
    makes anew where anything surprises, and what was noted of it is taken back. direct: that value is the
    field which is being written, not a part of it. made: by key, the locals of what was made of the item.
    """

    writing: Writing
    function: Function
    levels: tuple[Level, ...]
    lets: Lets
    shared: Shared
    read: dict[tuple[str, str], str] = field(default_factory=dict)
    made: dict[Hashable, str] = field(default_factory=dict)
    index: str = ""
    noted: bool = False
    tried: bool = False
    direct: bool = False
    remarks: Remarks = field(default_factory=Remarks)

    def write(self, text: str) -> None:
        """Append one statement."""
        self.function.write(text)

    def place_of(self, number: int) -> str:
        """Where the rule of a place stands, as notes say it."""
        return self.writing.plan.places[number].span.place

    def give_up(self) -> None:
        """Leave what is written, a field or the event, to the careful form."""
        self.write(f"raise {self.use('Surprise')}")

    def use(self, name: str) -> str:
        """A name of `mapper.runtime`, imported."""
        return self.writing.module.use(name)

    @contextmanager
    def block(self, header: str) -> Iterator[Point]:
        """A block that may not run: what is read in it is not known behind it. Raises Unfit."""
        if self.function.depth >= _DEEPEST:
            raise Unfit
        with self.function.block(header):
            yield replace(self, read=dict(self.read))

    def at_item(self, item: str, index: str, shape: Shape | None) -> Point:
        """The point in the loop about an item. Raises Unfit."""
        if len(self.levels) >= _MOST_LEVELS:
            raise Unfit
        level = Level(item, self.function.depth - 1, shape)
        return replace(self, levels=(*self.levels, level), index=index, made={})

    @property
    def hushed(self) -> bool:
        """Whether nothing can be noted here: a surprise is left to what stands around."""
        return self.tried or len(self.levels) > 1

    def noting(self) -> str:
        """The list to which a noting transform appends."""
        if not self.noted:
            return self.use("surprising")
        self.remarks.ever = self.remarks.here = True
        return "remarks"

    def frame(self) -> str:
        """Python for the frame of the event, which is made where one is needed."""
        make, event = ("frame_of", "event") if self.shared.reading is None else ("frame_again", "json_text")
        names = (*(name for name in self.shared.known if name != WHOLE), *self.shared.budget)
        known = [f"{name}={name}" for name in names]
        return f"{self.use(make)}({', '.join(['spare', event, 'PLACES', 'notes', *known])})"

    def blank_frame(self) -> str:
        """Python for a frame that is only told things, and need not know the event."""
        if self.shared.reading is None:
            return self.frame()
        known = [f"{name}={name}" for name in self.shared.budget]
        return f"{self.use('blank_frame')}({', '.join(['spare', 'PLACES', 'notes', *known])})"

    def local(self, stem: str) -> str:
        """A name that no other local has."""
        return self.function.local(stem)

    def value(self, expression: Expression, into: str | None = None) -> str:
        """The atom of an expression's value, behind the statements that work it out. Raises Unfit."""
        reading = self.shared.reading
        apart = reading is not None and id(expression) in reading.apart
        at = self._decoded() if apart else self.levels[-1].at
        variables = {"event": at if apart else self.levels[0].at}
        for name, _, _ in expression.variables:
            variables.setdefault(name, self.variable(name))
        here = EVENT if len(self.levels) == 1 else ITEM
        names = Names(
            at=at,
            variables=variables,
            parameters=tuple(one for one in dict.fromkeys(variables.values()) if one != at),
            at_is_object=True,
            outside=outside_of(here, self.writing),
            remarks="surprising",
            free="free_again",
        )
        module = self.writing.module
        charges = names.charges(expression)
        if charges:
            if set(charges.values()) != {"all"}:
                raise Unfit
            module.use("free_again")
        if may_remark(expression, frozenset()):
            module.use("surprising")
        view = None if apart else self.view
        spot = Spot(
            expression, names, self.function, module, at, at, True, charges, self.read, self.held, view
        )
        return write_at(spot, into)

    def _decoded(self) -> str:
        """A local with the event as it is."""
        local = self.local("decoded")
        self.write(f"{local} = {self.use('event_again')}(json_text)")
        return local

    @property
    def view(self) -> TypedView | None:
        """What is known of the classes of values here, if events are decoded by class."""
        reading = self.shared.reading
        return None if reading is None else TypedView(reading, self.levels[-1].shape or Shape(whole=True))

    def write_absent(self, name: str) -> None:
        """Make None of what is as good as none; what most values are is told where it stands."""
        function = self.function
        with (
            function.block(f"if type({name}) is str:"),
            function.block(f"if not {name} or {name}.isspace():"),
        ):
            self.write(f"{name} = None")
        # Nothing but a text is absent that Python takes for true.
        with function.block(f"elif not {name} and {name} is not None and {self.use('absent')}({name}):"):
            self.write(f"{name} = None")

    def is_let(self, expression: Expression) -> bool:
        """Whether an expression is a `let` and nothing else; such a value is None where it is absent."""
        return isinstance(expression.root, Variable) and expression.root.name in self.lets.names

    def variable(self, name: str) -> str:
        """The local that holds `$name`. Raises Unfit."""
        if name == "event":
            return self.levels[0].at
        if name == "index" and self.index:
            self.levels[-1].counted = True
            return self.index
        known = WHOLE if name == "whole" else name
        if known in self.shared.known and known in self.function.parameters:
            return known
        if name not in self.lets.names:
            raise Unfit
        if name not in self.lets.known and self.lets.given:
            self._try_out(name)
            self.lets.known[name] = self.local(name)
        elif name not in self.lets.known:
            self._work_out(name)
        return self.lets.known[name]

    def _work_out(self, name: str) -> None:
        """Write a let before all else; what it needs itself stands before it."""
        event = self.levels[0]
        buffer = Function("", self.function.parameters, depth=event.depth + 1, outside=self.function.outside)
        buffer.share_names(self.function)
        local = self.lets.locals.get(name) or self.local(name)
        self.lets.write(name, local, Point(self.writing, buffer, (event,), self.lets, self.shared))
        event.before += [text for text, _ in buffer.lines]
        self.lets.known[name] = local

    def _try_out(self, name: str) -> None:
        """Raises Unfit for a let that can be worked out in no function: those who read it are told here."""
        fit = self.shared.fit
        if name not in fit:
            fit[name] = False
            lets = Lets(self.lets.write, self.lets.names)
            function = Function("", self.function.parameters)
            writing = copy(self.writing)
            writing.module = Module()  # of what is only tried, no function may be left in the real one
            Point(writing, function, (self.shared.event,), lets, self.shared)._work_out(name)
            fit[name] = True
        if not fit[name]:
            raise Unfit

    def held(self, path: ObjectPath) -> str | None:
        """The local that holds the object on a path, put there before all else."""
        level = next((one for one in reversed(self.levels) if one.at == path[0]), None)
        if level is None and path[0] in self.lets.known.values():
            level = self.levels[0]
        if level is None:
            return None
        if len(path) == 1:
            return level.at if path[0] == level.at else self._hold(level, path, path[0])
        if level.at == path[0] and level.given is not None:
            return self._hold_given(level, level.given, path)
        base = self.held(path[:-1])
        if base is None:
            return None
        above = self._shape(level, path[:-1])
        read = f"get({literal(path[-1])})" if above is None else above.attribute(path[-1])
        return self._hold(level, path, f"{base}.{read}")

    def _hold_given(self, level: Level, given: list[ObjectPath], path: ObjectPath) -> str:
        if path not in level.objects:
            level.objects[path] = self.local("_".join(path[1:]))
            given.append(path)
        return level.objects[path]

    def _hold(self, level: Level, path: ObjectPath, read: str) -> str:
        if path not in level.objects:
            local = level.names.get(path) or self.local("_".join(path[1:]) or f"{path[0]}_object")
            indent = _INDENT * (level.depth + 1)
            kind, none = self._kind(level, path)
            level.before += [
                f"{indent}{local} = {read}",
                f"{indent}if type({local}) is not {kind}:",
                f"{indent}{_INDENT}{local} = {none}",
            ]
            level.objects[path] = local
        return level.objects[path]

    def given_objects(self) -> dict[ObjectPath, str]:
        """The local of each object of the event with which the function is called."""
        event = self.levels[0]
        return {path: event.objects[path] for path in event.given or ()}

    def nothing_at(self, path: ObjectPath) -> str:
        """What stands for the object on a path of the event where there is none."""
        return self._kind(self.levels[0], path)[1]

    def _kind(self, level: Level, path: ObjectPath) -> tuple[str, str]:
        """The type of the object on a path, and the name of one with nothing in it."""
        shape = self._shape(level, path)
        return ("dict", "EMPTY") if shape is None else (shape.name, shape.nothing)

    def _shape(self, level: Level, path: ObjectPath) -> Shape | None:
        """The shape of the object on a path, where its class is known."""
        reading = self.shared.reading
        shape = level.shape
        if reading is not None and path[0] != level.at:
            name = next(name for name, local in self.lets.known.items() if local == path[0])
            shape = reading.lets.get(name)
        for name in path[1:]:
            if shape is None or not shape.is_object:
                return None
            shape = shape.field(name)
        return None if shape is None else known(shape)
