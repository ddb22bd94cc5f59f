"""A payload -> its texts, links, digests and addresses, by the shapes of its objects.

A shape is the keys of an object in their order. Each gets a function, whose text holds the places of values
and no name: `texts += [v0, v2]`. It raises for a value that is not as it should be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, TypeAlias

from mapper.guard.guarded_fields import GuardNode

_MOST_SHAPES = 1_000
_PLAIN = frozenset({int, float, bool, type(None)})

# Texts, links, digests, and addresses of a payload.
Pools: TypeAlias = tuple[list[Any], list[Any], list[Any], list[Any]]
_Gather: TypeAlias = Callable[[Any, Pools], None]
# How the value of a field is read, and the shapes of the objects in it.
_Field: TypeAlias = "tuple[str, Shapes | None]"


class UnsureError(Exception):
    """A payload that a quick look cannot decide; a closer look must."""


class Shapes:
    """The shapes of the objects at one place of a payload, each with its function."""

    __slots__ = ("_fields", "known")

    def __init__(self, fields: dict[str, GuardNode]) -> None:
        self._fields = {key: _field_of(node) for key, node in fields.items()}
        self.known: dict[tuple[str, ...], _Gather] = {}

    def gather(self, value: Any, pools: Pools) -> None:
        """Put each value of an object where it belongs. Raises for what is not as it should be."""
        self.known.get(tuple(value), self.learn)(value, pools)

    def learn(self, value: Any, pools: Pools) -> None:
        """The same for an object of a new shape, which gets its function. Raises for an unknown key."""
        fields = [self._fields[key] for key in value]
        inner = [of for _, shapes in fields if shapes for of in (shapes.known, shapes.learn)]
        gather = _maker(tuple([word for word, _ in fields]))(UnsureError, _PLAIN, *inner)
        if len(self.known) >= _MOST_SHAPES:
            self.known.clear()
        self.known[tuple(value)] = gather
        gather(value, pools)


def shapes_of(root: GuardNode) -> Shapes:
    """The shapes of whole payloads; a target that is no object knows none but the empty one."""
    kind, _, *more = root
    return Shapes(more[0] if kind == "object" else {})


def _field_of(node: GuardNode) -> _Field:
    """How the values of a node are read: `unsure` for those that only a closer look can read."""
    kind, _, *more = node
    if kind == "object":
        return "object", Shapes(more[0])
    if kind == "list":
        kind, _, *inner = more[0]
        if kind == "object":
            return "objects", Shapes(inner[0])
        is_text = kind == "text" and inner[0] != "url"
        return "texts" if is_text else "digests" if kind == "digest" else "unsure", None
    if kind == "text" and more[0] == "url":
        return "link", None
    return kind if kind in ("text", "number", "allowed", "address") else "unsure", None


@lru_cache(maxsize=_MOST_SHAPES)
def _maker(words: tuple[str, ...]) -> Callable[..., _Gather]:
    """The maker of a function for objects whose values are read so, from what the function needs."""
    known: dict[str, Any] = {}
    exec("\n".join(_written(words)), known)
    made: Callable[..., _Gather] = known["make"]
    return made


def _written(words: tuple[str, ...]) -> Iterator[str]:
    """The lines of a maker."""
    names = [f"v{number}" for number in range(len(words))]
    inner = [name for name, word in zip(names, words, strict=True) if word in ("object", "objects")]
    yield f"def make({', '.join(('unsure', 'plain', *(f'known_{one}, learn_{one}' for one in inner)))}):"
    yield " def gather(value, pools):"
    yield "  if type(value) is not dict: raise unsure"
    yield "  texts, links, digests, addresses = pools"
    if names:
        yield f"  {', '.join(names)}, = value.values()"
    of = {word: [name for name, one in zip(names, words, strict=True) if one == word] for word in words}
    yield from _read(of)
    for word, loop in (("object", "one = {}"), ("objects", "for one in {}")):
        for name in of.get(word, ()):
            sign = ":" if word == "objects" else ";"
            yield f"  {loop.format(name)}{sign} known_{name}.get(tuple(one), learn_{name})(one, pools)"
    yield " return gather"


def _read(of: dict[str, list[str]]) -> Iterator[str]:
    """The lines that read values that are no objects. of: the names of those of each word."""
    lists = [name for word in ("texts", "digests", "objects") for name in of.get(word, ())]
    wrong = [f"type({name}) is not list" for name in lists]
    wrong += [f"type({name}) not in plain" for name in of.get("number", ())]
    wrong += ["True"] * ("unsure" in of)
    if wrong:
        yield f"  if {' or '.join(wrong)}: raise unsure"
    for pool, word, more in (
        ("texts", "text", "texts"),
        ("links", "link", ""),
        ("digests", "", "digests"),
        ("addresses", "address", ""),
    ):
        parts = [*of.get(word, ()), *(f"*{name}" for name in of.get(more, ()))]
        if parts:
            yield f"  {pool} += [{', '.join(parts)}]"
