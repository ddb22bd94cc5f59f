"""Expression -> where its value comes from, what is left of it, and what else is read on the way.

All that asks what an expression reads, what of a person goes into its value, or whether that still is what
its name says, is a view of this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from mapper.compiler.jmespath.call_facts import keeps, makes, role
from mapper.compiler.jmespath.named_parts import names_in_call
from mapper.compiler.jmespath.origin import Origin, Path, every_value
from mapper.compiler.jmespath.tree import (
    And,
    Call,
    Comparison,
    Current,
    Evaluation,
    Field,
    Filter,
    Flatten,
    Index,
    Literal,
    MultiHash,
    MultiList,
    Node,
    Not,
    ObjectValues,
    Or,
    OwnCall,
    Projection,
    Reference,
    Slice,
    Variable,
    children,
)
from mapper.compiler.jmespath.unit_turns import turn_of
from mapper.transforms.key_patterns import ANY
from mapper.transforms.meaning import ONLY_A_PERSON, Meaning

# The attribute of an element of `items_of` that has the value.
_VALUE = "value"
_MAP, _PRODUCT = "map", "multiply"


class PathRead(NamedTuple):
    """A path that is read, with all below it.

    root: `@` for the value the expression starts from, or `$name`. path: names; the elements of a list
    have the list's own path. A name may be a pattern: `*` is each value of an object.
    start, end: characters of the expression's text where it is written. keys: the names that lead to the
    value in an object that the expression makes of it, outermost first.
    """

    root: str
    path: tuple[str, ...]
    start: int
    end: int
    keys: tuple[str, ...] = ()


class Strand(NamedTuple):
    """A part of a value. origin: where that comes from, from the root on, and what is left of it.

    root, start, end: as of a PathRead.
    """

    root: str
    origin: Origin
    start: int
    end: int

    def keeps(self, meaning: Meaning) -> bool:
        """Whether this is left of what is read."""
        return meaning in self.origin.kept

    def read(self) -> PathRead:
        """The path that is read."""
        return PathRead(self.root, self.origin.path, self.start, self.end)


class Lineage(NamedTuple):
    """The strands of an expression.

    living: of those something is in its value. ended: those that are only asked, or of which no path goes on.
    """

    living: tuple[Strand, ...]
    ended: tuple[Strand, ...]

    @property
    def reads(self) -> tuple[PathRead, ...]:
        """The paths that are read, in the order written; each place in the text once."""
        strands = (*self.ended, *(one for one in self.living if one.keeps("part")))
        found = [PathRead(one.root, one.origin.path, one.start, one.end, one.origin.keys) for one in strands]
        if len(found) < 2:
            return tuple(found)
        return tuple(sorted(dict.fromkeys(found), key=lambda read: (read.start, read.end, read.path)))


def lineage_of(root: Node) -> Lineage:
    """The lineage of what an expression gives; living strands are in the order written."""
    evaluation = _Lineage()
    found = evaluation.of(root, (Strand("@", Origin(), root.start, root.end),))
    living = found if len(found) < 2 else tuple(sorted(found, key=_as_written))
    return Lineage(living, tuple(evaluation.ended))


def _as_written(one: Strand) -> tuple[int, int, int, Path]:
    return one.start, one.end, -len(one.origin.path), one.origin.path


def transformed(
    name: str, origins: Iterable[Origin], written: str | None, names: tuple[str, ...]
) -> tuple[Origin, ...]:
    """The origins of what a transform, or a function, makes of a value that comes from somewhere.

    written: its first argument, if that is a constant. names: those of parts that it gives.
    """
    made: list[Origin] = []
    for one in origins:
        left = one if makes(name) == "attribute" else _left(name, one, written)
        made += _of_one(name, left._replace(decoded=True) if names else left, written)
        for part in names:
            made += left.below(part)
    return tuple(dict.fromkeys(made))


def _left(name: str, one: Origin, written: str | None) -> Origin:
    """The same origin with what a transform leaves of it; its unit, too, if it is known how that changes."""
    turn = turn_of(name, written)
    if turn is None or "unit" not in one.kept:
        return one.keeping(keeps(name))
    return one.keeping(keeps(name) | {"unit"})._replace(turns=(*one.turns, turn))


def _of_one(name: str, one: Origin, written: str | None) -> tuple[Origin, ...]:
    if "person" not in keeps(name):
        return ()
    if makes(name) == "attribute":
        return one.below(ANY if written is None else written)
    if name == "values":
        return every_value(one)
    if name == "items_of":
        return tuple([inner._replace(keys=(_VALUE, *inner.keys)) for inner in every_value(one)])
    if name == "from_items" and one.keys:
        return tuple([inner._replace(decoded=True) for inner in one.below(_VALUE)])
    if name == "flatten":
        return (one._replace(joined=written or "_", spread=True),)
    if makes(name) == "spread":
        return (one._replace(spread=True),)
    return (one._replace(decoded=True),) if makes(name) == "decoded" else (one,)


_Strands = tuple[Strand, ...]


class _Lineage(Evaluation[_Strands]):
    """The strands that a value is made of; those that go no further are put into `ended`."""

    def __init__(self) -> None:
        self.ended: list[Strand] = []

    def of_current(self, node: Current, at: _Strands) -> _Strands:
        if node.start == node.end:
            return at
        return _distinct(
            [one if one.origin.path else one._replace(start=node.start, end=node.end) for one in at]
        )

    def of_variable(self, node: Variable, at: _Strands) -> _Strands:
        return (Strand(f"${node.name}", Origin(), node.start, node.end),)

    def of_field(self, node: Field, at: _Strands) -> _Strands:
        return self._below(self.of(node.base, at), node.name, node)

    def of_objectvalues(self, node: ObjectValues, at: _Strands) -> _Strands:
        return self._below(self.of(node.base, at), ANY, node)

    def of_index(self, node: Index | Slice | Flatten, at: _Strands) -> _Strands:
        return self.of(node.base, at)

    of_slice = of_flatten = of_index

    def of_projection(self, node: Projection, at: _Strands) -> _Strands:
        return self.of(node.right, self.of(node.base, at))

    def of_filter(self, node: Filter, at: _Strands) -> _Strands:
        elements = self.of(node.base, at)
        # What a condition reads is written in it, also of a variable before it.
        start = node.condition.start
        self._end(node.condition, tuple([one._replace(start=start, end=start) for one in elements]))
        return self.of(node.right, elements)

    def of_or(self, node: Or, at: _Strands) -> _Strands:
        return _distinct([*self.of(node.left, at), *self.of(node.right, at)])

    def of_and(self, node: And, at: _Strands) -> _Strands:
        self._end(node.left, at)
        return self.of(node.right, at)

    def of_literal(self, node: Literal | Not | Comparison, at: _Strands) -> _Strands:
        for part in children(node):
            self._end(part, at)
        return ()

    of_not = of_comparison = of_literal

    def of_reference(self, node: Reference, at: _Strands) -> _Strands:
        return self.of(node.body, at)

    def of_multilist(self, node: MultiList, at: _Strands) -> _Strands:
        return _distinct([one for part in node.elements for one in self.of(part, at)])

    def of_multihash(self, node: MultiHash, at: _Strands) -> _Strands:
        made = [(key, one, one.origin) for key, part in node.entries for one in self.of(part, at)]
        return _distinct(
            [one._replace(origin=origin._replace(keys=(key, *origin.keys))) for key, one, origin in made]
        )

    def of_call(self, node: Call, at: _Strands) -> _Strands:
        name, arguments = node.name, node.arguments
        if name == _MAP and len(arguments) == 2:
            return self.of(arguments[0], self.of(arguments[1], at))
        given: list[Strand] = []
        made: list[Strand] = []
        for place, part in enumerate(arguments):
            if isinstance(part, Reference):
                self._end(part, tuple(given))
                continue
            strands = self.of(part, at)
            given += strands
            purpose = role(name, place)
            if purpose == "put":
                made += self._put(node, strands)
            elif purpose == "value":
                made += self._made(node, strands, place)
            else:
                self.ended += strands
        return _distinct(made)

    def _put(self, call: Call, strands: _Strands) -> Iterable[Strand]:
        """The strands of a value that is put into a result, or given in its place: there as it is."""
        self.ended += strands
        if "person" in keeps(call.name):
            for one in strands:
                yield one._replace(origin=one.origin.keeping(ONLY_A_PERSON))

    def _made(self, call: Call, strands: _Strands, place: int) -> Iterable[Strand]:
        """The strands of a call's value, or of an argument that it treats alike."""
        names = names_in_call(call) if place == 0 else ()
        # Of a product either side may be the constant; else it is after the value.
        other = 1 if place == 0 else 0 if call.name == _PRODUCT else len(call.arguments)
        spoken = call.arguments[other] if len(call.arguments) > other else None
        written = str(spoken.value) if isinstance(spoken, Literal) else None
        is_attribute = makes(call.name) == "attribute"
        if not is_attribute and "part" not in keeps(call.name):
            self.ended += strands
        for one in strands:
            span = (call.start, call.end) if is_attribute else (one.start, one.end)
            for inner in transformed(call.name, (one.origin,), written, names):
                yield Strand(one.root, inner, *span)

    def of_owncall(self, node: OwnCall, at: _Strands) -> _Strands:
        """The strands of a call of the mapping's function, from what it is given."""
        flows = None if node.function is None else node.function.flows
        made: list[Strand] = []
        for place, part in enumerate(node.arguments):
            ways = (Origin(),) if flows is None else [way for number, way in flows if number == place]
            strands = self.of(part, at)
            self.ended += strands
            made += [
                one._replace(origin=inner)
                for one in strands
                for way in ways
                for inner in one.origin.then(way)
            ]
        return _distinct(made)

    def _end(self, node: Node, at: _Strands) -> None:
        """Add the strands of a node whose value is only asked about."""
        self.ended += self.of(node, at)

    def _below(self, places: _Strands, name: str, node: Node) -> _Strands:
        """The strands at a name, or at those that a pattern describes, in each of some places."""
        made: list[Strand] = []
        for one in places:
            start = node.start if one.origin.path or one.root == "@" else one.start
            is_made = bool(one.origin.keys)
            span = (one.start, one.end) if is_made else (start, node.end)
            inside = one.origin.below(name)
            if not inside:
                self.ended.append(one)
            made += [Strand(one.root, inner, *span) for inner in inside]
        return _distinct(made)


def _distinct(strands: list[Strand]) -> _Strands:
    return tuple(strands) if len(strands) < 2 else tuple(dict.fromkeys(strands))
