"""The Python module being written: its imports, tables and functions, and the span each line stems from."""

from __future__ import annotations

import builtins
import json
import keyword
import re
from collections.abc import Collection, Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import InitVar, field
from functools import lru_cache

from mapper.runtime.importable import NAMES
from mapper.texts.named_text import Span
from mapper.transforms.registry import Transform
from mapper.transforms.tables import AnyCaseTable
from mapper.values.frozen import dataclass
from mapper.values.types import Json

_BEFORE_FUNCTION = "\n\n\ndef "
HEADER = "# Generated from a mapping. Change the mapping, not this file."
_INDENT = "    "
_LONGEST_STEM = 48
# Longer constants are at the head of the module, not in the call.
_LONGEST_LITERAL = 60
# Python needs fifty times the memory of a longer text to read it as a dictionary, and JSON four times.
_LONGEST_DISPLAY = 10_000
# The names of parameters and locals that generated lines name directly: a function of such a name
# could not be called where it is hidden by one.
_WRITTEN = frozenset(
    {
        *("answers", "because", "element", "event", "failed", "fast", "frame", "granted", "holder", "index"),
        *("invalid", "item", "items", "kept", "lists", "made", "meta", "noted", "notes", "outcomes"),
        *("payload", "note_texts", "said", "section", "spare", "typed", "value", "whole"),
    }
)
_RESERVED = frozenset(keyword.kwlist) | frozenset(dir(builtins))


@lru_cache(maxsize=4096)
def identifier(stem: str) -> str:
    """A Python identifier of lower-case ASCII made from any text."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", stem)
    words = re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")[:_LONGEST_STEM].rstrip("_")
    return words if words and words[0].isalpha() else f"x_{words}".rstrip("_")


@lru_cache(maxsize=1)
def importable() -> frozenset[str]:
    """The names that generated code may import: a local of such a name would hide it."""
    return frozenset(NAMES)


@lru_cache(maxsize=1)
def hidden() -> frozenset[str]:
    """The names that nothing in a generated module may take."""
    return _RESERVED | importable()


def hides(word: str) -> bool:
    """Whether a local named after a word would hide a builtin or what generated code may import."""
    return identifier(word) in hidden()


def literal(value: Json) -> str:
    """Python text of a JSON value; a fresh object each time it runs, so nothing can change a constant."""
    return ascii(value)


@dataclass(slots=True)
class FunctionText:
    """A function being written, line by line.

    outside: the names of its module, which no local may hide; inside: the locals of all its functions.
    """

    name: str
    parameters: tuple[str, ...]
    lines: list[tuple[str, Span | None]] = field(default_factory=list)
    depth: int = 1
    outside: set[str] = field(default_factory=set)
    inside: set[str] = field(default_factory=set)
    _taken: set[str] = field(default_factory=set)
    _counts: dict[str, int] = field(default_factory=dict)

    def write(self, text: str, span: Span | None = None) -> None:
        """Append one statement (or the header of a block) at the present indentation."""
        self.lines.append((_INDENT * self.depth + text, span))

    def insert(self, line: int, text: str) -> None:
        """Put one statement before a line, at the present indentation."""
        self.lines.insert(line, (_INDENT * self.depth + text, None))

    @contextmanager
    def block(self, header: str, span: Span | None = None) -> Iterator[None]:
        """Write a header that ends in `:`; what is written inside is one step deeper."""
        self.write(header, span)
        self.depth += 1
        yield
        self.depth -= 1

    def end(self, name: str, span: Span | None = None) -> None:
        """Return a local; what was just put into it is returned at once."""
        guard = [f"{_INDENT * self.depth}if {name} is None:", f"{_INDENT * (self.depth + 1)}return None"]
        if [text for text, _ in self.lines[-2:]] == guard:
            del self.lines[-2:]
        put = f"{_INDENT * self.depth}{name} = "
        if self.lines and self.lines[-1][0].startswith(put):
            last, span = self.lines.pop()
            self.write(f"return {last.removeprefix(put)}", span)
        else:
            self.write(f"return {name}", span)

    def share_names(self, other: FunctionText) -> None:
        """Take no local's name that another function has: its lines will be put here."""
        self.inside, self._taken, self._counts = other.inside, other._taken, other._counts

    def local(self, stem: str) -> str:
        """A name that no other local of this function has."""
        name = _unique(identifier(stem), self._counts, self._taken, self.outside, self.parameters, hidden())
        self._taken.add(name)
        self.inside.add(name)
        return name


@dataclass(slots=True)
class Module:
    """A module being written. The one module it may import from is `mapper.runtime`.

    head: comments at its head. routes: the text of its table of functions, if it has one.
    prepares: transforms with constant arguments are made once, at its head.
    taken: names that another module has.
    """

    imports: set[str] = field(default_factory=set)
    tables: dict[str, str] = field(default_factory=dict)
    functions: list[FunctionText] = field(default_factory=list)
    head: tuple[str, ...] = ()
    routes: str = ""
    prepares: bool = False
    taken: InitVar[Collection[str]] = ()
    _taken: set[str] = field(default_factory=set)
    _locals: set[str] = field(default_factory=set)
    _counts: dict[str, int] = field(default_factory=dict)
    _parameter_counts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self, taken: Collection[str]) -> None:
        self._taken.update(taken)

    def use(self, name: str) -> str:
        """A name of `mapper.runtime`, imported."""
        self.imports.add(name)
        self._taken.add(name)
        return name

    def table(self, stem: str, value: Json) -> str:
        """The name of a module-level constant that is only ever read."""
        text = literal(value)
        if isinstance(value, AnyCaseTable) or (isinstance(value, dict) and len(text) > _LONGEST_DISPLAY):
            self.use("file_table")
            any_case = ", any_case=True" if isinstance(value, AnyCaseTable) else ""
            text = f"file_table({literal(json.dumps(value))}{any_case})"
        return self._constant(stem, text)

    def argument(self, name: str, value: Json) -> str:
        """Python for an argument that is a constant."""
        text = literal(value)
        if len(text) <= _LONGEST_LITERAL and not isinstance(value, AnyCaseTable):
            return text
        return self.table(name, value)

    def prepared(self, transform: Transform, arguments: Mapping[str, Json]) -> str:
        """The name of a transform with constant arguments, made at the head of the module."""
        function = self.use(transform.function.__name__)
        given = [f"{name}={self._part(name, value)}" for name, value in arguments.items()]
        call = f"{self.use('prepared')}({function}, {', '.join(given)})"
        return self._constant(transform.name, call)

    def _part(self, name: str, value: Json) -> str:
        """Python for a part of a constant: a table is one of its own, since calls may look into it too."""
        return self.table(name, value) if isinstance(value, dict) else literal(value)

    def _constant(self, stem: str, text: str) -> str:
        """The name at the head of what Python gives for a text."""
        if text in self.tables:
            return self.tables[text]
        name = _unique(identifier(stem).upper(), self._counts, self._taken)
        self._taken.add(name)
        self.tables[text] = name
        return name

    def name(self, stem: str) -> str:
        """A name that nothing else in the module has, for a function to come."""
        name = _unique(identifier(stem), self._counts, self._taken, self._locals, _WRITTEN, hidden())
        self._taken.add(name)
        return name

    def parameter(self, stem: str, others: tuple[str, ...] = ()) -> str:
        """A name for a parameter, besides `others`, that hides nothing a function could use."""
        name = _unique(identifier(stem), self._parameter_counts, self._taken, others, hidden())
        self._locals.add(name)
        return name

    def function(self, stem: str, *parameters: str, named: bool = False) -> FunctionText:
        """A new function at the end of the module; `named`: of a name taken before."""
        function = FunctionText(
            stem if named else self.name(stem), parameters, outside=self._taken, inside=self._locals
        )
        self.functions.append(function)
        return function

    def text(self) -> str:
        """The module as Python text."""
        return "".join(f"{line}\n" for line, _ in self.lines())

    def lines(self) -> list[tuple[str, Span | None]]:
        """The lines of the module, each with the span it stems from."""
        lines: list[tuple[str, Span | None]] = [(text, None) for text in (HEADER, *self.head, "")]
        if self.imports:
            # Two may differ in their case alone: a table and a transform that looks into it.
            names = sorted(self.imports, key=lambda name: (name.lower(), name))
            lines.append(("from mapper.runtime import (", None))
            lines += [(f"    {name},", None) for name in names]
            lines.append((")", None))
        if self.tables:
            lines.append(("", None))
            lines += [(f"{name} = {text}", None) for text, name in self.tables.items()]
        for function in self.functions:
            lines += [("", None), ("", None)]
            lines.append((f"def {function.name}({', '.join(function.parameters)}):", None))
            lines += function.lines
        if self.routes:
            lines += [("", None), ("", None), (f"ROUTES = {self.routes}", None)]
        return lines


def parts_of(text: str) -> list[str]:
    """A module's text in parts: what is before its functions, then each function with what is after it."""
    first, *others = text.split(_BEFORE_FUNCTION)
    return [first, *(f"def {one}" for one in others)]


def _unique(stem: str, counts: dict[str, int], *taken: Container[str]) -> str:
    """The stem, or the stem with the first number that makes it new; names that are taken stay so.

    counts: where the last search for a stem ended, so that a thousandth name costs no more than the first.
    """
    count = counts.get(stem, 1)
    name = stem if count == 1 else f"{stem}_{count}"
    while any(name in names for names in taken):
        count += 1
        name = f"{stem}_{count}"
    counts[stem] = count
    return name
