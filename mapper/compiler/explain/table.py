"""Table: a section's payload row by row, where each value comes from, and for an event what came of it."""

from __future__ import annotations

from mapper.frozen import dataclass
from mapper.types import Json


@dataclass(frozen=True, slots=True)
class TracedStep:
    """A step of a row: how it reads, whether the compiler put it in, and what came out of it for an event.

    reached: the value got so far. failure: why nothing came out.
    """

    text: str
    inserted: bool
    reached: bool = False
    value: Json = None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """What became of one item of a list. place: from 0. why: why there is no value of it."""

    place: int
    read: Json = None
    value: Json = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One target path, or one part of how it is made (`depth` above 0).

    source: the expression, or what stands for one. file, line: where it is written, the line from 1.
    personal: the target or the source says that it carries a person's values, or some below it do.
    read: what the source gave; value: what the payload gets; why: why it gets nothing, or what stands in.
    items: in a list, what the first items give that `where` lets through; of the list itself, those that give
    no element.
    more: how many there are besides.
    """

    path: str
    depth: int
    source: str
    steps: tuple[TracedStep, ...]
    type: str
    file: str
    line: int
    required: bool
    personal: bool
    read: Json = None
    value: Json = None
    why: str = ""
    items: tuple[Item, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """What a part of a condition was for an event. why: why it is absent."""

    text: str
    value: Json
    personal: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was asked of an event before its payload was made.

    part: `skip`, `match`, `section` or `consent`. source: what is asked, as its author wrote it; told: the
    answer. value: what the source gave, where that is more than the answer; personal: it may be a person's.
    """

    part: str
    source: str
    told: str
    file: str
    line: int
    value: Json = None
    personal: bool = False
    reads: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one section; `takes` says which events it is for; file and line, where it is written."""

    title: str
    takes: str
    file: str
    line: int
    rows: tuple[Row, ...]
