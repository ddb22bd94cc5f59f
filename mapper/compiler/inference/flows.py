"""Expression -> the reads that flow into its value: those of which something of what is read may be left.

A comparison, a length, a question or a digest lets nothing of a person through.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mapper.compiler.inference.pattern_names import names_in_call
from mapper.compiler.jmespath.expression import Parsed
from mapper.compiler.jmespath.key_patterns import ANY
from mapper.compiler.jmespath.origin import Origin, every_value
from mapper.compiler.jmespath.reads import PathRead
from mapper.compiler.jmespath.tree import (
    And,
    Call,
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
    ObjectValues,
    Or,
    OwnCall,
    Projection,
    Reference,
    Slice,
    Variable,
)
from mapper.compiler.memo import once
from mapper.frozen import dataclass

# Transforms that make an object of a text or of another object, whose attributes have names of their own.
_DECODING = frozenset({"from_items", "lookup", "parse_json", "url"})
_SPREADING = frozenset({"join", "to_string"})
# Those that read attributes whose names are their argument.
READING = frozenset({"get", "pick"})
# Those whose further arguments only say what to do with the value, and are not put into it.
STEERED = frozenset(
    {
        "birth_date",
        "decimal",
        "flatten",
        "format_time",
        "get",
        "max_by",
        "min_by",
        "minor_units",
        "null_if",
        "phone",
        "pick",
        "round",
        "round_money",
        "sort_by",
        "split",
        "substring",
        "timestamp",
        "truncate",
    }
)
LETS_NOTHING_THROUGH = frozenset(
    {
        "boolean",
        "bucket",
        "contains",
        "count",
        "crawler",
        "ends_with",
        "fingerprint",
        "hash",
        "in_network",
        "keys",
        "length",
        "matches",
        "not",
        "present",
        "sha256",
        "starts_with",
        "type",
    }
)
# The attribute of an element of `items_of` that has the value.
_VALUE = "value"


@dataclass(frozen=True, slots=True)
class FlowingRead:
    """A read that flows into a value. origin: where that comes from, from the read's root on."""

    root: str
    origin: Origin
    start: int
    end: int

    def read(self) -> PathRead:
        """The path that is read."""
        return PathRead(self.root, self.origin.path, self.start, self.end)


def transformed(
    name: str, origins: Iterable[Origin], written: str | None, names: tuple[str, ...]
) -> tuple[Origin, ...]:
    """What a transform, or a function, makes of a value that comes from somewhere.

    written: its first argument, if that is a constant. names: those of parts that it gives.
    """
    made: list[Origin] = []
    for one in origins:
        made += _of_one(name, replace(one, decoded=True) if names else one, written)
        for part in names:
            made += one.below(part)
    return tuple(dict.fromkeys(made))


def _of_one(name: str, one: Origin, written: str | None) -> tuple[Origin, ...]:
    if name in LETS_NOTHING_THROUGH:
        return ()
    if name in READING:
        return one.below(ANY if written is None else written)
    if name == "values":
        return every_value(one)
    if name == "items_of":
        return tuple([replace(inner, keys=(_VALUE, *inner.keys)) for inner in every_value(one)])
    if name == "from_items" and one.keys:
        return tuple([replace(inner, decoded=True) for inner in one.below(_VALUE)])
    if name == "flatten":
        return (replace(one, joined=written or "_", spread=True),)
    if name in _SPREADING:
        return (replace(one, spread=True),)
    return (replace(one, decoded=True),) if name in _DECODING else (one,)


@once
def flows_of(parsed: Parsed) -> tuple[FlowingRead, ...]:
    """The reads that flow into an expression's value, in the order written."""
    root = parsed.root
    found = _Flows().of(root, (FlowingRead("@", Origin(), root.start, root.end),))
    return tuple(
        sorted(found, key=lambda flow: (flow.start, flow.end, -len(flow.origin.path), flow.origin.path))
    )


class _Flows(Evaluation[tuple[FlowingRead, ...]]):
    """The reads that a value is made of."""

    def of_current(self, node: Current, at: tuple[FlowingRead, ...]) -> tuple[FlowingRead, ...]:
        if node.start == node.end:
            return at
        return _distinct(
            [one if one.origin.path else replace(one, start=node.start, end=node.end) for one in at]
        )

    def of_variable(self, node: Variable, at: tuple[FlowingRead, ...]) -> tuple[FlowingRead, ...]:
        return (FlowingRead(f"${node.name}", Origin(), node.start, node.end),)

    def of_field(self, node: Field, at: tuple[FlowingRead, ...]) -> tuple[FlowingRead, ...]:
        return self._below(self.of(node.base, at), node.name, node)

    def of_objectvalues(self, node: ObjectValues, at: tuple[FlowingRead, ...]) -> tuple[FlowingRead, ...]:
        return self._below(self.of(node.base, at), ANY, node)

    def of_index(self, node: Index | Slice | Flatten, at: tuple[FlowingRead, ...]) -> tuple[FlowingRead, ...]:
        return self.of(node.base, at)

    of_slice = of_flatten = of_index

    def of_projection(
        self, node: Projection | Filter, at: tuple[FlowingRead, ...]
    ) -> tuple[FlowingRead, ...]:
        return self.of(node.right, self.of(node.base, at))

    of_filter = of_projection

    def of_or(self, node: Or, at: tuple[FlowingRead, ...]) -> tuple[FlowingRead, ...]:
        return _distinct([*self.of(node.left, at), *self.of(node.right, at)])

    def of_and(self, node: And, at: tuple[FlowingRead, ...]) -> tuple[FlowingRead, ...]:
        return self.of(node.right, at)

    def of_nothing(self, node: Node, at: tuple[FlowingRead, ...]) -> tuple[FlowingRead, ...]:
        return ()

    of_literal = of_not = of_comparison = of_nothing

    def of_reference(self, node: Reference, at: tuple[FlowingRead, ...]) -> tuple[FlowingRead, ...]:
        return self.of(node.body, at)

    def of_multilist(self, node: MultiList, at: tuple[FlowingRead, ...]) -> tuple[FlowingRead, ...]:
        return _distinct([one for part in node.elements for one in self.of(part, at)])

    def of_multihash(self, node: MultiHash, at: tuple[FlowingRead, ...]) -> tuple[FlowingRead, ...]:
        made = [(key, one, one.origin) for key, part in node.entries for one in self.of(part, at)]
        return _distinct(
            [replace(one, origin=replace(origin, keys=(key, *origin.keys))) for key, one, origin in made]
        )

    def of_call(self, node: Call, at: tuple[FlowingRead, ...]) -> tuple[FlowingRead, ...]:
        name, arguments = node.name, node.arguments
        if name == "map" and len(arguments) == 2:
            return self.of(arguments[0], self.of(arguments[1], at))
        taken = arguments[:1] if name in STEERED else arguments
        given = [(place, one) for place, part in enumerate(taken) for one in self.of(part, at)]
        spoken = arguments[1] if len(arguments) > 1 else None
        written = str(spoken.value) if isinstance(spoken, Literal) else None
        names = names_in_call(node)
        made: list[FlowingRead] = []
        for place, one in given:
            if place > 0 and name == "lookup":  # its default is none of what is looked up
                made.append(one)
                continue
            below = transformed(name, (one.origin,), written, names if place == 0 else ())
            span = (node.start, node.end) if name in READING else (one.start, one.end)
            made += [FlowingRead(one.root, inner, *span) for inner in below]
        return _distinct(made)

    def of_owncall(self, node: OwnCall, at: tuple[FlowingRead, ...]) -> tuple[FlowingRead, ...]:
        """What a function of the mapping makes of what it is given."""
        flows = None if node.function is None else node.function.flows
        made: list[FlowingRead] = []
        for place, part in enumerate(node.arguments):
            ways = (Origin(),) if flows is None else [way for number, way in flows if number == place]
            made += [
                replace(one, origin=inner)
                for one in self.of(part, at)
                for way in ways
                for inner in one.origin.then(way)
            ]
        return _distinct(made)

    def _below(self, places: Iterable[FlowingRead], name: str, node: Node) -> tuple[FlowingRead, ...]:
        """What is at a name, or at those that a pattern describes, in each of some places."""
        made: list[FlowingRead] = []
        for one in places:
            start = node.start if one.origin.path or one.root == "@" else one.start
            is_made = bool(one.origin.keys)
            span = (one.start, one.end) if is_made else (start, node.end)
            made += [FlowingRead(one.root, inner, *span) for inner in one.origin.below(name)]
        return _distinct(made)


def _distinct(flows: list[FlowingRead]) -> tuple[FlowingRead, ...]:
    return tuple(flows) if len(flows) < 2 else tuple(dict.fromkeys(flows))
