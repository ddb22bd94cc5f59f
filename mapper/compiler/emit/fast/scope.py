"""Scope: what functions of the fast form know of the event or an item, of lets, and of each other."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mapper.compiler.emit.context import Writing
from mapper.compiler.emit.expression_writer import ObjectPath
from mapper.compiler.emit.fast.classes import Shape
from mapper.compiler.emit.fast.shared import Runs
from mapper.compiler.emit.fast.typed_reads import TypedReads
from mapper.compiler.emit.module import Function
from mapper.compiler.plan.planned import Object, Planned

if TYPE_CHECKING:
    from mapper.compiler.emit.fast.point import Point

# A line is written, checked and compiled in some 30 microseconds. Our own largest mapping has an eighth.
_MOST_LINES = 20_000

# The source event that an event is a part of; `whole` is a function of the runtime.
WHOLE = "whole_event"


class Unfit(Exception):
    """A part of a plan that the fast form leaves to the careful one."""


class Without(Exception):
    """A plan that has no fast form: it would take too long to make, or longer than another form does."""


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
    objects: dict[ObjectPath, str] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)
    given: list[ObjectPath] | None = None
    names: dict[ObjectPath, str] = field(default_factory=dict)
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
    objects: tuple[ObjectPath, ...]
    notes_parts: bool


@dataclass(slots=True)
class Shared:
    """What all functions share.

    runs: what several sections send, which is written once. write_value, write_object: write these into a
    local. careful: the careful form. reading: what is read of an event, where it is decoded by class. known:
    what functions are given beside the event: `meta`, and of one that is a part of a source event that event
    and `index`. budget: the name of the budget that they share, where an event may have several payloads.
    functions: those for what several sections send; unfit: that for which there can be none. fit: whether a
    let can be worked out, if it is known. lines: how many of all functions are written.
    """

    runs: Runs
    write_value: Callable[[Planned, str, Point], None]
    write_object: Callable[[Object, str, Point], None]
    careful: Writing
    reading: TypedReads | None = None
    known: tuple[str, ...] = ()
    budget: tuple[str, ...] = ()
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
        given = ("event",) if self.reading is None else ("typed", "json_text")
        return (*given, *self.known, *self.budget)

    def count(self, function: Function) -> None:
        """Count the lines of a function that is done. Raises Without."""
        self.lines += len(function.lines)
        if self.lines > _MOST_LINES:
            raise Without
