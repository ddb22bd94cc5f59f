"""The findings of a check of a mapping: a list that ends the check once it holds too many mistakes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any, Self

from mapper.diagnostic import Diagnostic
from mapper.text import Text

# Nobody fixes more at a time, and the nearest word is looked up again for each.
MOST_MISTAKES = 100
# With the warnings. Advice is not counted: a large mapping may have some for each section.
MOST_DOUBTS = 500
# Names, constants and operators of all expressions: several times as many as our largest mapping has.
MOST_READ = 10_000


class TooMany(Exception):
    """There is more than is looked at; its message says of what."""


class Report(list[Diagnostic]):
    """A list of findings that ends the check with TooMany once it holds too many errors.

    It takes the place of a plain list, so that none of those who report has to ask whether to go on.
    """

    def __init__(self) -> None:
        super().__init__()
        self.errors = self.doubts = self.read = 0
        self.expressions: list[Any] = []
        self.unbound: list[Any] = []
        self.own_functions: tuple[frozenset[str], bool] = (frozenset(), False)
        self.own_tables: frozenset[str] = frozenset()

    def __copy__(self) -> Report:
        other = Report()
        list.extend(other, self)
        other.__dict__.update(self.__dict__)
        return other

    def append(self, one: Diagnostic) -> None:
        """Add one at the end."""
        super().append(one)
        self.errors += one.severity == "error"
        self.doubts += one.severity != "advice"
        if self.errors > MOST_MISTAKES:
            raise TooMany(f"more than {MOST_MISTAKES} errors")
        if self.doubts > MOST_DOUBTS:
            raise TooMany(f"more than {MOST_DOUBTS} warnings")

    def extend(self, more: Iterable[Diagnostic]) -> None:
        """Add several at the end."""
        for one in more:
            self.append(one)

    def __iadd__(self, more: Iterable[Diagnostic]) -> Self:  # type: ignore[misc,override]  # a list's takes any iterable too
        self.extend(more)
        return self

    def reading(self, parts: int) -> None:
        """Count the parts of an expression that was read."""
        self.read += parts
        if self.read > MOST_READ:
            raise TooMany(f"the expressions have more than {MOST_READ:,} parts in total")


@contextmanager
def most_mistakes(text: Text, before: list[Diagnostic] | None = None) -> Iterator[list[Diagnostic]]:
    """A list for what is found in a text; where there is too much the block ends, and the list says so.

    before: what was found already, which the list begins with.
    """
    found: list[Diagnostic] = Report() if before is None else copy(before)
    try:
        yield found
    except TooMany as much:
        end = text.span(len(text.content), len(text.content))
        hint = "fix the errors above first" if len(found) > MOST_MISTAKES else "split the mapping"
        list.append(found, Diagnostic("M009", end, f"{much}: the rest was not checked", hint))


def count_read(found: list[Diagnostic], parts: int, expression: object = None) -> None:
    """Count the parts of an expression that was read, where that is limited, and keep it for the checks."""
    if isinstance(found, Report):
        found.reading(parts)
        if expression is not None:
            found.expressions.append(expression)


def again(found: list[Diagnostic], start: int) -> list[Diagnostic]:
    """A list that begins with the first `start` of what is found, to check what was read once more."""
    other = alike(found)
    list.extend(other, found[:start])
    if isinstance(found, Report) and isinstance(other, Report):
        other.expressions = found.expressions
    return other


def expressions_read(found: list[Diagnostic]) -> list[Any]:
    """The expressions that were read, less those in which something is wrong."""
    return found.expressions if isinstance(found, Report) else []


def alike(found: list[Diagnostic]) -> list[Diagnostic]:
    """An empty list that ends the check where `found` does."""
    return Report() if isinstance(found, Report) else []


def name_functions(found: list[Diagnostic], names: Iterable[str], *, may_inherit: bool) -> None:
    """Say which functions the file that is read now has. may_inherit: others may be in other files."""
    if isinstance(found, Report):
        found.own_functions = frozenset(names), may_inherit


def functions_named(found: list[Diagnostic]) -> tuple[frozenset[str], bool]:
    """The functions of the file that is read now, and whether there may be others in other files."""
    return found.own_functions if isinstance(found, Report) else (frozenset(), False)


def name_tables(found: list[Diagnostic], names: Iterable[str]) -> None:
    """Say which tables the file that is read now has."""
    if isinstance(found, Report):
        found.own_tables = frozenset(names)


def tables_named(found: list[Diagnostic]) -> frozenset[str]:
    """The tables of the file that is read now."""
    return found.own_tables if isinstance(found, Report) else frozenset()


def keep_unbound(found: list[Diagnostic], unbound: object) -> None:
    """Keep an expression until the functions that it calls are known."""
    if isinstance(found, Report):
        found.unbound.append(unbound)


def take_unbound(found: list[Diagnostic]) -> list[Any]:
    """The expressions that were kept until now."""
    if not isinstance(found, Report):
        return []
    kept, found.unbound = found.unbound, []
    return kept


def forget_expression(found: list[Diagnostic], parsed: object) -> None:
    """Keep an expression from the checks, since something is wrong in it after all."""
    if isinstance(found, Report):
        found.expressions = [one for one in found.expressions if one.parsed is not parsed]
