"""The facts of a transform or function by its name: what it keeps, what its arguments are for.

In an expression both are called alike, so nobody who asks needs to know which of the two it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from mapper.compiler.jmespath.tree import Call, Node, Reference
from mapper.runtime.functions import FUNCTIONS, Builtin
from mapper.transforms.meaning import ONLY_A_PERSON, Grown, LooksAt, Makes, Meaning, Purpose
from mapper.transforms.registry import TRANSFORMS, Transform

LOOPS = frozenset(name for name, one in FUNCTIONS.items() if any(taken.expression for taken in one.takes))
"""Functions that work something out at each element of a list."""
MAPS = frozenset(
    name
    for name, one in FUNCTIONS.items()
    if any(taken.expression and taken.role == "value" for taken in one.takes)
)
"""Functions whose result is what they compute at each element."""
ASKING = frozenset(
    [name for name, one in FUNCTIONS.items() if one.gives.kinds == {"boolean"} and len(one.takes) == 2]
)
"""Functions that ask something of a value, by another one."""
ANSWERS = ASKING | {
    name
    for name, one in TRANSFORMS.items()
    if one.gives.kinds <= {"boolean", "null"}
    and any(parameter.role == "steers" for parameter in one.parameters)
}
"""Functions and transforms that ask something of a value, by what is written beside it."""
DIGESTS = frozenset(name for name, one in TRANSFORMS.items() if one.gives.format in ("sha256", "fingerprint"))
"""Transforms whose result is a digest of all of the value."""
CALCULATIONS = frozenset(
    name
    for name, one in TRANSFORMS.items()
    if [parameter.role for parameter in one.parameters] == ["value"] and "number" in one.gives.kinds
)
"""Transforms that calculate with two operands, which must both be there."""


_ENTRIES: dict[str, Builtin | Transform] = {**TRANSFORMS, **FUNCTIONS}
CHOOSING = frozenset(name for name, one in _ENTRIES.items() if one.chooses)
"""Transforms and functions that give one of several parts, of which others may be missing."""
_KEEPS = {name: frozenset(one.keeps) for name, one in _ENTRIES.items()}
_PERSON = frozenset(ONLY_A_PERSON)
_COPIES = {name: one.grows.copies for name, one in _ENTRIES.items() if isinstance(one.grows, Grown)}
_LOOKS_AT = {name: one.looks_at for name, one in _ENTRIES.items()}
_MAKES = {name: one.makes for name, one in _ENTRIES.items()}


def keeps(name: str) -> frozenset[Meaning]:
    """The meanings that are left of a value; for a name in neither registry, that it may be a person's."""
    return _KEEPS.get(name, _PERSON)


def makes(name: str) -> Makes:
    """The way that the parts of the result are named."""
    return _MAKES.get(name, "")


def copies_in(name: str) -> int:
    """How often the same part of a value may be in the result."""
    return _COPIES.get(name, 1)


def looks_at(name: str) -> LooksAt:
    """How much of a value is gone through."""
    return _LOOKS_AT[name]


def role(name: str, place: int) -> Purpose:
    """The purpose of an argument, by its place from 0 on; the value of a transform is the first."""
    roles = _roles(name)
    return roles[place] if place < len(roles) else roles[-1]


@cache
def _roles(name: str) -> tuple[Purpose, ...]:
    if name in FUNCTIONS:
        return tuple([one.role for one in FUNCTIONS[name].takes])
    parameters = TRANSFORMS[name].parameters if name in TRANSFORMS else ()
    return ("value", *[one.role for one in parameters])


def takes_several_values(name: str) -> bool:
    """Whether all of its arguments are values alike: those of `merge`, `add`, `concat`."""
    if name in FUNCTIONS:
        return FUNCTIONS[name].variadic
    parameters = TRANSFORMS[name].parameters if name in TRANSFORMS else ()
    return bool(parameters) and all(one.role == "value" or one.variadic for one in parameters)


def arguments_for(call: Call, *roles: Purpose) -> Iterator[tuple[int, Node]]:
    """The arguments that are for one of these, each with its place; of `&...` what is worked out."""
    for place, argument in enumerate(call.arguments):
        if role(call.name, place) in roles:
            yield place, argument.body if isinstance(argument, Reference) else argument


def is_nothing_for_null(name: str) -> bool:
    """Whether what it gives for null, as its value, is null or false, if it gives anything."""
    if name in FUNCTIONS:
        return "null" not in FUNCTIONS[name].takes[0].type.kinds
    return name in TRANSFORMS and TRANSFORMS[name].on_null != "value"


def may_fail(name: str) -> bool:
    """Whether it can be invalid for some value: a transform always may."""
    return name not in FUNCTIONS or FUNCTIONS[name].fails
