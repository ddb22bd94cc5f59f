"""Point: where a statement of the fast form is written, and what is known there."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from mapper.compiler.code.module import Function, literal
from mapper.compiler.code.remarks import may_remark
from mapper.compiler.code.spot import Names, Path, Spot
from mapper.compiler.code.statements import write_at
from mapper.compiler.code.writing import EVENT, ITEM, Writing, outside_of
from mapper.compiler.expression import Expression
from mapper.compiler.expressions.tree import Variable
from mapper.compiler.fast.reading import Reading, View, known
from mapper.compiler.fast.runs import Runs
from mapper.compiler.fast.shapes import Shape
from mapper.compiler.planning.planned import Object, Planned

_INDENT = "    "
# Python nests no more than a hundred blocks in each other, twenty of them loops and `try`. Expressions take
# up to half of them.
_DEEPEST = 40
_MOST_LEVELS = 12
# A line is written, checked and compiled in some 30 microseconds. The largest of our own mappings has half.
_MOST_LINES = 20_000


class Unfit(Exception):
    """A part of a plan that the fast form leaves to the careful one."""


class Without(Exception):
    """A plan that has no fast form: it would take too long to make, or could not count what is read again."""


@dataclass(slots=True)
class Level:
    """The event, or an item of a list: what stands before all statements about it.

    at: its name. shape: its shape, where its class is known. objects: the local of each object on a path
    below it, or below a `let`. before: the lines that put objects into their locals, one step deeper than
    `depth`. given: the paths of those with which the function is called, so that none is looked up twice;
    None where it looks them up. names: what some of the locals are to be called. counted: the item's place in
    its list is read.
    """

    at: str
    depth: int
    shape: Shape | None = None
    objects: dict[Path, str] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)
    given: list[Path] | None = None
    names: dict[Path, str] = field(default_factory=dict)
    counted: bool = False


@dataclass(slots=True)
class Lets:
    """The lets of a function, each worked out before all else where something reads it.

    write: writes one into a function at its event. known: their locals. given: the function is called with
    those it reads, so that none is worked out twice. locals: what some of the locals are to be called.
    """

    write: Callable[[str, str, Point], None]
    names: frozenset[str]
    known: dict[str, str] = field(default_factory=dict)
    given: bool = False
    locals: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Remarks:
    """Whether anything may be noted in a function, and in the rule being written.

    parts: of a part of its value, which is left out.
    """

    ever: bool = False
    here: bool = False
    parts: bool = False


@dataclass(slots=True)
class SharedFunction:
    """The name of a function, and the lets and the objects of the event with which it is called.

    notes_parts: it notes invalid parts of its value, which may be made anew.
    """

    name: str
    lets: tuple[str, ...]
    objects: tuple[Path, ...]
    notes_parts: bool


@dataclass(slots=True)
class Shared:
    """What all functions share.

    runs: what several sections send, which is written once. write_value, write_object: write these into a
    local. careful: the careful form. reading: what is read of an event, where it is decoded by class. known:
    what functions are given beside the event: `meta`, and of one that is a part of a source event `whole` and
    `index`.
    functions: those for what several sections send; unfit: that for which there can be none. fit: whether a
    let can be worked out, if it is known. lines: how many of all functions are written.
    """

    runs: Runs
    write_value: Callable[[Planned, str, Point], None]
    write_object: Callable[[Object, str, Point], None]
    careful: Writing
    reading: Reading | None = None
    known: tuple[str, ...] = ()
    functions: dict[Hashable, SharedFunction] = field(default_factory=dict)
    unfit: set[Hashable] = field(default_factory=set)
    fit: dict[str, bool] = field(default_factory=dict)
    lines: int = 0

    @property
    def event(self) -> Level:
        """The event, as a function is given it."""
        return Level("event", 0) if self.reading is None else Level("typed", 0, self.reading.event.root())

    @property
    def parameters(self) -> tuple[str, ...]:
        """What a function is given of an event: typed, it comes with the text that it was decoded from."""
        return ("event", *self.known) if self.reading is None else ("typed", "text", *self.known)

    def count(self, function: Function) -> None:
        """Count the lines of a function that is done. Raises Without."""
        self.lines += len(function.lines)
        if self.lines > _MOST_LINES:
            raise Without


@dataclass(slots=True)
class Point:
    """Where statements go: behind those of `function`, with what is read on every way to here.

    levels: the event, then each item around; `index`: the local of the last item's place, if it has one.
    noted: whether what noting transforms say can be noted here. tried: within a value that the careful form
    makes anew where anything surprises, and what was noted of it is taken back. direct: that value is the
    field which is being written, not a part of it.
    """

    writing: Writing
    function: Function
    levels: tuple[Level, ...]
    lets: Lets
    shared: Shared
    read: dict[tuple[str, str], str] = field(default_factory=dict)
    index: str = ""
    noted: bool = False
    tried: bool = False
    direct: bool = False
    remarks: Remarks = field(default_factory=Remarks)

    def write(self, text: str) -> None:
        """Append one statement."""
        self.function.write(text)

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
        return replace(self, levels=(*self.levels, level), index=index)

    @property
    def _has_several_frames(self) -> bool:
        """Whether one source event may have several frames."""
        plan = self.writing.plan
        return plan.split is not None or any(section.goes_on for section in plan.sections)

    def unfit_to_count(self) -> Exception:
        """What is raised for a value that pays for what is read again.

        The careful form counts that in the frame of the source event. Where several frames are made, each
        would allow for all of it.
        """
        return Without() if self._has_several_frames else Unfit()

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
        make, event = ("frame_of", "event") if self.shared.reading is None else ("frame_again", "text")
        known = [f"{name}={name}" for name in self.shared.known]
        return f"{self.use(make)}({', '.join(['spare', event, 'PLACES', 'notes', *known])})"

    def blank_frame(self) -> str:
        """Python for a frame that is only told things, and need not know the event."""
        return (
            self.frame()
            if self.shared.reading is None
            else f"{self.use('blank_frame')}(spare, PLACES, notes)"
        )

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
        if charges and (self._has_several_frames or set(charges.values()) != {"all"}):
            raise self.unfit_to_count()
        if charges:
            module.use("free_again")
        if may_remark(expression, frozenset()):
            module.use("surprising")
        spot = Spot(expression, names, self.function, module, at, at, True, charges, self.read, self.held)
        return write_at(replace(spot, typed=None if apart else self.view), into)

    def _decoded(self) -> str:
        """A local with the event as it is."""
        local = self.local("decoded")
        self.write(f"{local} = {self.use('event_again')}(text)")
        return local

    @property
    def view(self) -> View | None:
        """What is known of the classes of values here, if events are decoded by class."""
        reading = self.shared.reading
        return None if reading is None else View(reading, self.levels[-1].shape or Shape(whole=True))

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
        if name in self.shared.known and name in self.function.parameters:
            return name
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
            Point(self.writing, function, (self.shared.event,), lets, self.shared)._work_out(name)
            fit[name] = True
        if not fit[name]:
            raise Unfit

    def held(self, path: Path) -> str | None:
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

    def _hold_given(self, level: Level, given: list[Path], path: Path) -> str:
        if path not in level.objects:
            level.objects[path] = self.local("_".join(path[1:]))
            given.append(path)
        return level.objects[path]

    def _hold(self, level: Level, path: Path, read: str) -> str:
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

    def given_objects(self) -> dict[Path, str]:
        """The local of each object of the event with which the function is called."""
        event = self.levels[0]
        return {path: event.objects[path] for path in event.given or ()}

    def nothing_at(self, path: Path) -> str:
        """What stands for the object on a path of the event where there is none."""
        return self._kind(self.levels[0], path)[1]

    def _kind(self, level: Level, path: Path) -> tuple[str, str]:
        """The type of the object on a path, and the name of one with nothing in it."""
        shape = self._shape(level, path)
        return ("dict", "EMPTY") if shape is None else (shape.name, shape.nothing)

    def _shape(self, level: Level, path: Path) -> Shape | None:
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
