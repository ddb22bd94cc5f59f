"""Names on a path that are patterns: `pick(@, 'contexts_*')` reads each attribute that one describes.

`*` is one of them: any attribute.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mapper.transforms.matching import compiled
from mapper.transforms.pattern_rules import read_pattern
from mapper.transforms.patterns import PatternFault, PlainText

ANY = "*"
_SIGNS = frozenset("*{}")


def is_open(name: str) -> bool:
    """Whether a name on a path can be several names of an event."""
    return not _SIGNS.isdisjoint(name)


def names_like(name: str, known: Iterable[str]) -> list[str]:
    """The known names that a name on a path can be."""
    if name == ANY:
        return list(known)
    if not is_open(name):
        return [one for one in known if one == name]
    try:
        describes = compiled(name).describes
    except PatternFault:  # an attribute that is called so
        return [one for one in known if one == name]
    return [one for one in known if describes(one)]


def leads_to(path: Sequence[str], known: Sequence[str]) -> bool:
    """Whether a path can be a known one, which has as many names."""
    return len(path) == len(known) and all(
        one == other or (is_open(one) and bool(names_like(one, (other,))))
        for one, other in zip(path, known, strict=True)
    )


def plain_texts(name: str) -> list[str]:
    """The written texts of a name on a path; "" for each part that can be any text."""
    if name == ANY:
        return [""]
    if not is_open(name):
        return [name]
    try:
        return [one.text if isinstance(one, PlainText) else "" for one in read_pattern(name).pieces]
    except PatternFault:
        return [name]
