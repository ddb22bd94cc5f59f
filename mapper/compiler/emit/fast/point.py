"""The place where a statement of the fast form is written: what is known, and what takes over from it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import field, replace
from enum import Enum

from mapper.compiler.emit.context import EVENT, ITEM, EmitContext
from mapper.compiler.emit.expressions import ExpressionWriter, ObjectPath, write_at
from mapper.compiler.emit.fast.shared import Runs
from mapper.compiler.emit.fast.typed_reads import Shape, TypedReads, TypedView, known
from mapper.compiler.emit.module import FunctionText, Module, literal
from mapper.compiler.emit.notes import may_note
from mapper.compiler.emit.read_names import Names
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import OwnCall, OwnFunction, Variable
from mapper.compiler.plan.ir import Planned, PlannedObject
from mapper.compiler.syntax.let_nodes import written_variable
from mapper.values.frozen import dataclass

_INDENT = "    "
# Python nests no more than a hundred blocks in each other, twenty of them loops and `try`. Expressions take
# up to half of them.
_DEEPEST = 40
_MOST_LEVELS = 12
# A line is written, checked and compiled in some 30 microseconds. Our own largest mapping has an eighth.
_MOST_LINES = 20_000

# The source event that an event is a part of; `whole` is a function of the runtime.
WHOLE = "whole_event"


class Unfit(Exception):
    """A part of a plan that the fast form leaves to the careful one."""


class Without(Exception):
    """A plan that has no fast form: it would take too long to make, or longer than another form does."""


class Recovery(Enum):
    """The part that the careful form makes anew where a value is not as it usually is: a surprise."""

    EVENT = "the event; there is nowhere to note anything"
    SECTION = "the event, and what is found between its fields is noted"
    FIELD = "the field being written; what was noted of it is taken back"
    TOGETHER = "the fields being written together; what was noted of them is taken back"
    PART = "the value that this one is a part of, which notes what this one would"

    @property
    def notes(self) -> bool:
        """Whether the notes of transforms can be kept."""
        return self in (Recovery.SECTION, Recovery.FIELD, Recovery.TOGETHER)

    @property
    def of_value(self) -> bool:
        """Whether a value is made anew, and not all of the event."""
        return self in (Recovery.FIELD, Recovery.TOGETHER, Recovery.PART)


@dataclass(slots=True)
class LoopLevel:
    """The event, or an item of a list: the lines before all statements about it.

    at: its name. shape: its shape, where its class is known. objects: the local of each object on a path
    below it, or below a `let`. before: the lines that put objects into their locals, one step deeper than
    `depth`. given: the paths of those with which the function is called, so that none is looked up twice;
    None where it looks them up. names: what some of the locals are to be called. counted: the item's place in
    its list is read. index: the local of that. lets: the values of the item's lets; let_locals: the locals of
    those that something reads; fresh: those that hold nothing but what is of the item.
    """

    at: str
    depth: int
    shape: Shape | None = None
    objects: dict[ObjectPath, str] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)
    given: list[ObjectPath] | None = None
    names: dict[ObjectPath, str] = field(default_factory=dict)
    counted: bool = False
    index: str = ""
    lets: dict[str, Planned] = field(default_factory=dict)
    let_locals: dict[str, str] = field(default_factory=dict)
    fresh: frozenset[str] = frozenset()


@dataclass(slots=True)
class LetLocals:
    """The lets of a function, each worked out before all else where something reads it.

    write: writes one into a function at its event. known: their locals. given: the function is called with
    those it reads, so that none is worked out twice. locals: what some of the locals are to be called.
    """

    write: Callable[[str, str, FastPoint], None]
    names: frozenset[str]
    known: dict[str, str] = field(default_factory=dict)
    given: bool = False
    locals: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class NotedHere:
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
    objects: tuple[ObjectPath, ...]
    notes_parts: bool


@dataclass(slots=True)
class Shared:
    """The state that all functions share.

    runs: what several sections send, which is written once. write_value, write_object: write these into a
    local. write_own_call: gives Python that calls a function of the mapping. careful: the careful form.
    typed: what is read of an event, where it is decoded by class. known: what functions are given beside the
    event: `meta`, and of one that is a part of a source event that event and `index`. budget: the name of
    the budget that they share, where an event may have several payloads. own_parameters: by its name, what
    the parameters of a function of the mapping are called.
    functions: those for what several sections send; unfit: that for which there can be none. fit: whether a
    let can be worked out, if it is known. lines: how many of all functions are written.
    """

    runs: Runs
    write_value: Callable[[Planned, str, FastPoint], None]
    write_object: Callable[[PlannedObject, str, FastPoint], None]
    write_own_call: Callable[[OwnFunction, list[str], FastPoint], str]
    careful: EmitContext
    typed: TypedReads | None = None
    known: tuple[str, ...] = ()
    budget: tuple[str, ...] = ()
    functions: dict[Hashable, SharedFunction] = field(default_factory=dict)
    own_parameters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unfit: set[Hashable] = field(default_factory=set)
    fit: dict[str, bool] = field(default_factory=dict)
    lines: int = 0

    @property
    def event(self) -> LoopLevel:
        """The event, as a function is given it."""
        return LoopLevel("event", 0) if self.typed is None else LoopLevel("typed", 0, self.typed.event.root())

    @property
    def parameters(self) -> tuple[str, ...]:
        """A function's parameters for an event: typed, it comes with the text that it was decoded from."""
        given = ("event",) if self.typed is None else ("typed", "json_text")
        return (*given, *self.known, *self.budget)

    def count(self, function: FunctionText) -> None:
        """Count the lines of a function that is done. Raises Without."""
        self.lines += len(function.lines)
        if self.lines > _MOST_LINES:
            raise Without


@dataclass(frozen=True, slots=True)
class FastPoint:
    """The place where statements go: after those of `function`, with what is read on every way to here.

    levels: the event, then each item around; `index`: the local of the last item's place, if it has one.
    recovery: what is made anew where anything surprises. made: by key, the locals of what was made of the
    item.
    """

    context: EmitContext
    function: FunctionText
    levels: tuple[LoopLevel, ...]
    lets: LetLocals
    shared: Shared
    read: dict[tuple[str, str], str] = field(default_factory=dict)
    made: dict[Hashable, str] = field(default_factory=dict)
    index: str = ""
    recovery: Recovery = Recovery.EVENT
    note_texts: NotedHere = field(default_factory=NotedHere)

    def write(self, text: str) -> None:
        """Append one statement to the function."""
        self.function.write(text)

    def place_of(self, number: int) -> str:
        """The place of a rule, as notes name it."""
        return self.context.plan.places[number].span.place

    def give_up(self) -> None:
        """Leave what is written, a field or the event, to the careful form."""
        self.write(f"raise {self.use('Surprise')}")

    def use(self, name: str) -> str:
        """A name of `mapper.runtime`, imported."""
        return self.context.module.use(name)

    @contextmanager
    def block(self, header: str) -> Iterator[FastPoint]:
        """A block that may not run: what is read in it is not known after it. Raises Unfit."""
        if self.function.depth >= _DEEPEST:
            raise Unfit
        with self.function.block(header):
            yield replace(self, read=dict(self.read))

    def at_item(self, item: str, index: str, shape: Shape | None) -> FastPoint:
        """The point in the loop about an item. Raises Unfit."""
        if len(self.levels) >= _MOST_LEVELS:
            raise Unfit
        level = LoopLevel(item, self.function.depth - 1, shape, index=index)
        return replace(self, levels=(*self.levels, level), index=index, made={})

    def recovering(self, recovery: Recovery) -> FastPoint:
        """The same point with another recovery."""
        return replace(self, recovery=recovery)

    def within_value(self) -> FastPoint:
        """The point at a part of the value that is written here."""
        return self.recovering(Recovery.PART) if self.recovery.of_value else self

    @property
    def hushed(self) -> bool:
        """Whether nothing can be noted here: a surprise is left to the code around."""
        return self.recovery is not Recovery.SECTION

    def noting(self) -> str:
        """The list to which a noting transform appends."""
        if not self.recovery.notes:
            return self.use("surprising")
        self.note_texts.ever = self.note_texts.here = True
        return "note_texts"

    def frame(self) -> str:
        """Python for the frame of the event, which is made where one is needed."""
        make, event = ("frame_of", "event") if self.shared.typed is None else ("frame_again", "json_text")
        names = (*(name for name in self.shared.known if name != WHOLE), *self.shared.budget)
        known = [f"{name}={name}" for name in names]
        return f"{self.use(make)}({', '.join(['spare', event, 'PLACES', 'notes', *known])})"

    def blank_frame(self) -> str:
        """Python for a frame that is only told things, and need not know the event."""
        if self.shared.typed is None:
            return self.frame()
        known = [f"{name}={name}" for name in self.shared.budget]
        return f"{self.use('blank_frame')}({', '.join(['spare', 'PLACES', 'notes', *known])})"

    def local(self, stem: str) -> str:
        """A name that no other local has."""
        return self.function.local(stem)

    def value(self, expression: Expression, into: str | None = None) -> str:
        """The atom of an expression's value, after the statements that work it out. Raises Unfit."""
        typed, module = self.shared.typed, self.context.module
        apart = typed is not None and id(expression) in typed.apart
        at = self._decoded() if apart else self.levels[-1].at
        names = self._names(expression, at, at if apart else self.levels[0].at)
        charges = names.charges(expression)
        if charges:
            if set(charges.values()) != {"all"}:
                raise Unfit
            module.use("free_again")
        if may_note(expression, frozenset()):
            module.use("surprising")
        view = None if apart else self.view
        writer = ExpressionWriter(
            expression, names, self.function, module, at, at, True, charges, self.read, self.held, view
        )
        return write_at(writer, into)

    def _names(self, expression: Expression, at: str, event: str) -> Names:
        """The locals of what an expression reads, where the current value and the event are in some."""
        variables = {"event": event}
        for name, _, _ in expression.variables:
            variables.setdefault(name, self.variable(name))
        needs = self.shared.parameters if OwnCall in expression.parsed.kinds else ()
        return Names(
            at=at,
            variables=variables,
            parameters=tuple(one for one in dict.fromkeys((*variables.values(), *needs)) if one != at),
            at_is_object=True,
            outside=self.context.outside_of(EVENT if len(self.levels) == 1 else ITEM, self.levels[-1].fresh),
            note_texts="surprising",
            free="free_again",
            own_call=lambda function, atoms: self.shared.write_own_call(function, atoms, self),
            own_needs=needs,
        )

    def _decoded(self) -> str:
        """A local with the event as it is."""
        local = self.local("decoded")
        self.write(f"{local} = {self.use('event_again')}(json_text)")
        return local

    @property
    def view(self) -> TypedView | None:
        """The view of the classes of values here, if events are decoded by class."""
        typed = self.shared.typed
        return None if typed is None else TypedView(typed, self.levels[-1].shape or Shape(whole=True))

    def write_absent(self, name: str) -> None:
        """Make None of what is as good as none; the usual values are recognised in place."""
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
        for at, level in enumerate(self.levels):
            if name in level.lets:
                return level.let_locals.get(name) or self._work_out_at(at, name)
        if name not in self.lets.names:
            raise Unfit
        if name not in self.lets.known and self.lets.given:
            self._try_out(name)
            self.lets.known[name] = self.local(name)
        elif name not in self.lets.known:
            self._work_out(name)
        return self.lets.known[name]

    def _work_out(self, name: str) -> None:
        """Write a let before all else; what it needs itself comes first."""
        event = self.levels[0]
        around = self.function
        buffer = FunctionText("", around.parameters, depth=event.depth + 1, outside=around.outside)
        buffer.share_names(self.function)
        local = self.lets.locals.get(name) or self.local(name)
        self.lets.write(name, local, FastPoint(self.context, buffer, (event,), self.lets, self.shared))
        event.before += [text for text, _ in buffer.lines]
        self.lets.known[name] = local

    def _work_out_at(self, at: int, name: str) -> str:
        """Write a let of the item on a level before all else about that item; its local."""
        level, around = self.levels[at], self.function
        buffer = FunctionText("", around.parameters, depth=level.depth + 1, outside=around.outside)
        buffer.share_names(around)
        local = level.let_locals[name] = self.local(written_variable(name))
        levels = self.levels[: at + 1]
        point = FastPoint(self.context, buffer, levels, self.lets, self.shared, index=level.index)
        self.shared.write_value(level.lets[name], local, point)
        level.before += [text for text, _ in buffer.lines]
        return local

    def _try_out(self, name: str) -> None:
        """Raises Unfit for a let that can be worked out in no function: those who read it are told here."""
        fit = self.shared.fit
        if name not in fit:
            fit[name] = False
            lets = LetLocals(self.lets.write, self.lets.names)
            function = FunctionText("", self.function.parameters)
            context = copy(self.context)
            context.module = Module()  # of what is only tried, no function may be left in the real one
            shared = copy(self.shared)
            shared.functions, shared.own_parameters = dict(shared.functions), dict(shared.own_parameters)
            FastPoint(context, function, (shared.event,), lets, shared)._work_out(name)
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

    def _hold_given(self, level: LoopLevel, given: list[ObjectPath], path: ObjectPath) -> str:
        if path not in level.objects:
            level.objects[path] = self.local("_".join(path[1:]))
            given.append(path)
        return level.objects[path]

    def _hold(self, level: LoopLevel, path: ObjectPath, read: str) -> str:
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
        """The name to read if there is no object on a path of the event: one with nothing in it."""
        return self._kind(self.levels[0], path)[1]

    def _kind(self, level: LoopLevel, path: ObjectPath) -> tuple[str, str]:
        """The type of the object on a path, and the name of one with nothing in it."""
        shape = self._shape(level, path)
        return ("dict", "EMPTY") if shape is None else (shape.name, shape.nothing)

    def _shape(self, level: LoopLevel, path: ObjectPath) -> Shape | None:
        """The shape of the object on a path, where its class is known."""
        typed = self.shared.typed
        shape = level.shape
        if typed is not None and path[0] != level.at:
            name = next(name for name, local in self.lets.known.items() if local == path[0])
            shape = typed.lets.get(name)
        for name in path[1:]:
            if shape is None or not shape.is_object:
                return None
            shape = shape.field(name)
        return None if shape is None else known(shape)
