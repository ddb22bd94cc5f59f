"""Table: a section's payload row by row, where each value comes from, and for an event what came of it."""

from __future__ import annotations

from typing import Any

from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass
from mapper.values.types import Json


@dataclass(frozen=True, slots=True)
class TracedStep:
    """A step of a row: how it reads, whether the compiler put it in, and what came out of it for an event.

    span: where it is written; None where the compiler put it in. reached: the value got so far. failure: why
    nothing came out.
    """

    text: str
    inserted: bool
    span: Span | None = None
    reached: bool = False
    value: Json = None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """The result for one item of a list. place: from 0. why: why there is no value of it."""

    place: int
    read: Json = None
    value: Json = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One target path, or one part of how it is made (`depth` above 0).

    source: the expression, or a description such as `constant web`. span: where it is written.
    personal: the target or the source says that it carries a person's values, or some below it do.
    read: what the source gave; value: what the payload gets; why: why nothing, or what replaces it.
    items: in a list, what the first items give that `where` lets through; of the list itself, those that give
    no element.
    more: how many there are besides.
    """

    path: str
    depth: int
    source: str
    steps: tuple[TracedStep, ...]
    type: str
    span: Span
    required: bool
    personal: bool
    read: Json = None
    value: Json = None
    why: str = ""
    items: tuple[Item, ...] = ()
    more: int = 0

    def told(self, **of_event: Any) -> Row:
        """The row with what an event makes of it. of_event: fields from `read` on, and `steps`."""
        # A trace makes a hundred rows, and `dataclasses.replace` takes four times as long.
        known = {"steps": self.steps, "why": self.why} | of_event
        return Row(
            self.path,
            self.depth,
            self.source,
            type=self.type,
            span=self.span,
            required=self.required,
            personal=self.personal,
            **known,
        )

    @property
    def file(self) -> str:
        """The name of the file that it is written in."""
        return self.span.text.name

    @property
    def line(self) -> int:
        """The line that it begins in, from 1."""
        return self.span.line


@dataclass(frozen=True, slots=True)
class Reading:
    """The value of a part of a condition for an event. span: where it is written; why: why it is absent."""

    text: str
    span: Span
    value: Json
    personal: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The questions about an event before its payload was made.

    part: `skip`, `match`, `section` or `consent`. source: what is asked, as its author wrote it; told: the
    answer. value: what the source gave, where that is more than the answer; personal: it may be a person's.
    """

    part: str
    source: str
    told: str
    span: Span
    value: Json = None
    personal: bool = False
    reads: tuple[Reading, ...] = ()

    @property
    def file(self) -> str:
        """The name of the file that it is written in."""
        return self.span.text.name

    @property
    def line(self) -> int:
        """The line that it begins in, from 1."""
        return self.span.line


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one section; `takes` says which events it is for; span: where it is written."""

    title: str
    takes: str
    span: Span
    rows: tuple[Row, ...]

    @property
    def file(self) -> str:
        """The name of the file that it is written in."""
        return self.span.text.name

    @property
    def line(self) -> int:
        """The line that it begins in, from 1."""
        return self.span.line
