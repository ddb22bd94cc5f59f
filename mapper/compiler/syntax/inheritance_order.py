"""Files, and those that each of them extends -> one order of priority, as Python orders its classes (C3).

A file has priority over all that it extends, and of two files in one list the later over the earlier.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass

# By file, those that it extends, each with the place where it names it; the one that has priority first.
Extended: TypeAlias = dict[str, dict[str, Span]]


@dataclass(frozen=True, slots=True)
class Precedence:
    """One file that must have priority over another one, and the place that says so."""

    first: str
    second: str
    span: Span


@dataclass(frozen=True, slots=True)
class NoOrder:
    """The files that one extends and that no order suits.

    span: of one of them, where it is named. circle: each file must have priority over the next one.
    """

    file: str
    span: Span
    circle: tuple[Precedence, ...]


# The order of a file and all that it extends; and whose order that is: another one's, or its own list.
_Order: TypeAlias = tuple[str, tuple[str, ...]]


def priority(root: str, extended: Extended) -> tuple[str, ...] | NoOrder:
    """A file and all that it extends, directly or not: the one that has priority first."""
    return _ordered(root, extended, {})


def reached(name: str, extended: Mapping[str, Iterable[str]]) -> set[str]:
    """The files that one extends, directly or not. extended: by file, those that it extends directly."""
    found: set[str] = set()
    waiting = [*extended.get(name, ())]
    while waiting:
        base = waiting.pop()
        if base not in found:
            found.add(base)
            waiting += extended.get(base, ())
    return found


def _ordered(name: str, extended: Extended, known: dict[str, tuple[str, ...]]) -> tuple[str, ...] | NoOrder:
    if name in known:
        return known[name]
    bases = tuple(extended.get(name, ()))
    left: list[_Order] = []
    for base in bases:
        order = _ordered(base, extended, known)
        if isinstance(order, NoOrder):
            return order
        left.append((base, order))
    left.append((name, bases))
    made = [name]
    while left := [(owner, order) for owner, order in left if order]:
        later = {one for _, order in left for one in order[1:]}
        first = next((order[0] for _, order in left if order[0] not in later), None)
        if first is None:
            return _no_order(name, left, extended)
        made.append(first)
        left = [(owner, order[1:] if order[0] == first else order) for owner, order in left]
    known[name] = tuple(made)
    return known[name]


def _no_order(name: str, left: list[_Order], extended: Extended) -> NoOrder:
    """The files that come round: each one that could be next must come after another one."""
    says: dict[str, tuple[str, str]] = {}
    at = left[0][1][0]
    while at not in says:
        owner, order = next((owner, order) for owner, order in left if at in order[1:])
        says[at] = owner, order[0]
        at = order[0]
    circle: list[Precedence] = []
    second = at
    while not circle or second != at:
        owner, first = says[second]
        circle.insert(0, Precedence(first, second, _place(name, owner, (first, second), extended)))
        second = first
    own = next((one.first for one in circle if one.span is extended[name].get(one.first)), None)
    span = extended[name][says[at][0]] if own is None else extended[name][own]
    return NoOrder(name, span, tuple(circle))


def _place(name: str, owner: str, pair: tuple[str, str], extended: Extended) -> Span:
    """The place that gives one file priority over another one in the order of `owner`, or of a list."""
    first, second = pair
    for file in (owner, *_below(owner, extended)) if owner != name else (name,):
        bases = extended.get(file, {})
        if second in bases and (first == file or first in bases):
            return bases[second] if first == file else bases[first]
    return extended[name][owner]


def _below(owner: str, extended: Extended) -> Iterator[str]:
    yield from sorted(reached(owner, extended))
