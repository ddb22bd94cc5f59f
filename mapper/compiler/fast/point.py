"""Point: where a statement of the fast form is written, and what is known there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from mapper.compiler.code.module import Function, literal
from mapper.compiler.code.remarks import may_remark
from mapper.compiler.code.spot import Names, Path, Spot
from mapper.compiler.code.statements import write_at
from mapper.compiler.code.writing import EVENT, ITEM, Writing, outside_of
from mapper.compiler.expression import Expression
from mapper.compiler.expressions.tree import Variable
from mapper.compiler.planning.planned import Planned

_INDENT = "    "
# Python nests no more than a hundred blocks in each other, twenty of them loops and `try`. Expressions take
# up to half of them.
_DEEPEST = 40
_MOST_LEVELS = 12
# A line is written, checked and compiled in some 30 microseconds. The largest of our own mappings has half.
_MOST_LINES = 20_000


class Unfit(Exception):
    """A part of a plan that the fast form leaves to the careful one."""


class TooLarge(Exception):
    """A plan whose fast form would take too long to make."""


@dataclass(slots=True)
class Level:
    """The event, or an item of a list: what stands before all statements about it.

    at: its name. objects: the local of each object on a path below it, or below a `let`. before: the lines
    that put objects into their locals, one step deeper than `depth`. given: the paths of those with which
    the function is called, so that none is looked up twice; None where it looks them up.
    """

    at: str
    depth: int
    objects: dict[Path, str] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)
    given: list[Path] | None = None


@dataclass(slots=True)
class Lets:
    """The lets of a function, each worked out before all else where something reads it.

    write: writes one into a function at its event. known: their locals. given: the function is called with
    those it reads, so that none is worked out twice.
    """

    write: Callable[[str, str, Point], None]
    names: frozenset[str]
    known: dict[str, str] = field(default_factory=dict)
    given: bool = False


@dataclass(slots=True)
class Remarks:
    """Whether anything may be noted in a function, and in the rule being written."""

    ever: bool = False
    here: bool = False


@dataclass(slots=True)
class SharedFunction:
    """The name of a function, and the lets and the objects of the event with which it is called."""

    name: str
    lets: tuple[str, ...]
    objects: tuple[Path, ...]


@dataclass(slots=True)
class Shared:
    """What several sections send: each such object or list is written as a function of its own.

    uses: how often a value is sent, by the `id` of its source. write: writes such a value into a function.
    functions: these, by that `id`; unfit: the values for which there can be none. careful: the careful form.
    lines: how many of all functions are written.
    """

    uses: Counter[int]
    write: Callable[[Planned, Point], SharedFunction]
    careful: Writing
    functions: dict[int, SharedFunction] = field(default_factory=dict)
    unfit: set[int] = field(default_factory=set)
    lines: int = 0

    def count(self, function: Function) -> None:
        """Count the lines of a function that is done. Raises TooLarge."""
        self.lines += len(function.lines)
        if self.lines > _MOST_LINES:
            raise TooLarge


@dataclass(slots=True)
class Point:
    """Where statements go: behind those of `function`, with what is read on every way to here.

    levels: the event, then each item around; `index`: the local of the last item's place, if it has one.
    noted: whether what noting transforms say can be noted here. tried: within a value that the careful form
    makes anew where anything surprises, so that nothing of it may have been noted before.
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

    def at_item(self, item: str, index: str) -> Point:
        """The point in the loop about an item. Raises Unfit."""
        if len(self.levels) >= _MOST_LEVELS:
            raise Unfit
        level = Level(item, self.function.depth - 1)
        return replace(self, levels=(*self.levels, level), index=index)

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
        return f"{self.use('frame_of')}(spare, event, PLACES, notes)"

    def local(self, stem: str) -> str:
        """A name that no other local has."""
        return self.function.local(stem)

    def value(self, expression: Expression, into: str | None = None) -> str:
        """The atom of an expression's value, behind the statements that work it out. Raises Unfit."""
        variables = {"event": "event"}
        for name, _, _ in expression.variables:
            variables[name] = self.variable(name)
        at = self.levels[-1].at
        here = EVENT if len(self.levels) == 1 else ITEM
        names = Names(
            at=at,
            variables=variables,
            parameters=tuple(dict.fromkeys(variables.values())),
            at_is_object=True,
            outside=outside_of(here, self.writing),
            remarks="surprising",
        )
        if names.charges(expression):
            raise Unfit
        module = self.writing.module
        if may_remark(expression, frozenset()):
            module.use("surprising")
        return write_at(
            Spot(expression, names, self.function, module, at, at, True, {}, self.read, self.held), into
        )

    def write_absent(self, name: str) -> None:
        """Make None of what is as good as none; a text, as most values are, is looked at where it stands."""
        function = self.function
        with (
            function.block(f"if type({name}) is str:"),
            function.block(f"if not {name} or {name}.isspace():"),
        ):
            self.write(f"{name} = None")
        with self.function.block(f"elif {name} is not None and {self.use('absent')}({name}):"):
            self.write(f"{name} = None")

    def is_let(self, expression: Expression) -> bool:
        """Whether an expression is a `let` and nothing else; such a value is None where it is absent."""
        return isinstance(expression.root, Variable) and expression.root.name in self.lets.names

    def variable(self, name: str) -> str:
        """The local that holds `$name`. Raises Unfit."""
        if name == "event":
            return "event"
        if name == "index" and self.index:
            return self.index
        if name not in self.lets.names:
            raise Unfit
        if name not in self.lets.known and self.lets.given:
            self.lets.known[name] = self.local(name)
        elif name not in self.lets.known:
            self._work_out(name)
        return self.lets.known[name]

    def _work_out(self, name: str) -> None:
        """Write a let before all else; what it needs itself stands before it."""
        event = self.levels[0]
        buffer = Function("", self.function.parameters, depth=event.depth + 1, outside=self.function.outside)
        buffer.share_names(self.function)
        local = self.local(name)
        self.lets.write(name, local, Point(self.writing, buffer, (event,), self.lets, self.shared))
        event.before += [text for text, _ in buffer.lines]
        self.lets.known[name] = local

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
        return None if base is None else self._hold(level, path, f"{base}.get({literal(path[-1])})")

    def _hold_given(self, level: Level, given: list[Path], path: Path) -> str:
        if path not in level.objects:
            level.objects[path] = self.local("_".join(path[1:]))
            given.append(path)
        return level.objects[path]

    def _hold(self, level: Level, path: Path, read: str) -> str:
        if path not in level.objects:
            local = self.local("_".join(path[1:]) or f"{path[0]}_object")
            indent = _INDENT * (level.depth + 1)
            level.before += [
                f"{indent}{local} = {read}",
                f"{indent}if type({local}) is not dict:",
                f"{indent}{_INDENT}{local} = EMPTY",
            ]
            level.objects[path] = local
        return level.objects[path]
