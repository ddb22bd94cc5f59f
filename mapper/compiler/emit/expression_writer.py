"""Names: the Python names of what an expression reads. Spot: the function being written, and where in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Protocol

from mapper.compiler.emit.local_names import stem
from mapper.compiler.emit.module import Function, Module, hides
from mapper.compiler.inference.truth import may_doubt
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.repeated_reads import Charge, Outside, charges_of
from mapper.compiler.jmespath.tree import Call, Field, Node, Variable
from mapper.compiler.jmespath.tree import nodes as nodes_of
from mapper.frozen import dataclass
from mapper.text import Span
from mapper.transforms.registry import TRANSFORMS

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FRAME = "frame"


@dataclass(frozen=True, slots=True)
class Names:
    """The Python names of what an expression can read where it stands.

    at: the Python name of the current value. at_is_object: it is known to be a dict.
    variables: `$name` -> the Python text that reads it (`let_email(frame)`, `frame.event`, `index`).
    parameters: the names, besides `at`, that a function written for a part of it can be given.
    outside: which of the variables are read again for many elements. kept: what is paid for
    its value where that is read again; None where it is only tested, or paid for by those who read it.
    remarks: the list to which noting transforms append. free: the function that raises for what is not free
    to be read again; empty where the frame is told what to pay for.
    """

    at: str
    variables: Mapping[str, str]
    parameters: tuple[str, ...]
    at_is_object: bool = False
    outside: Outside = Outside()
    kept: Charge | None = "all"
    remarks: str = "frame.remarks"
    free: str = ""

    def charges(self, expression: Expression) -> dict[int, Charge]:
        """What is to be paid for in an expression that stands here, by the `id` of the node."""
        charges = charges_of(expression.root, expression.parsed.nodes, self.outside)
        if self.kept is not None and charges.repeated:
            charges.by_node.setdefault(id(expression.root), self.kept)
        return charges.by_node


class Typed(Protocol):
    """What is known of the classes of values where an expression stands."""

    def attribute(self, node: Field) -> tuple[str, str] | None:
        """The class of what a field is read of, and the attribute that holds it, where there is one."""

    def has_objects(self, node: Node) -> bool:
        """Whether a node's value is a list of objects of a class, if it is a list."""

    def may_hold_lists(self, node: Node) -> bool:
        """Whether lists may stand in place of such objects."""

    def moved(self, node: Node) -> Typed:
        """The same where the current value is that of a node."""

    def among(self, node: Node) -> Typed:
        """The same where the current value is an element of that of a node."""


# The fields on the way to an object from a name: `("event", "context", "page")`.
ObjectPath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where statements are written: at the value `at` in a function.

    word: what that value is called in names made of it. at_is_object: it is known to be a dict.
    charges: what is to be paid for, by the `id` of the node.
    read: the fields read so far on each way to here, as (name of the object, field) -> local.
    held: the local that holds the object on a path, or an empty one, if such locals are kept.
    typed: what is known of the classes of values, if events are decoded by class.
    """

    expression: Expression
    names: Names
    function: Function
    module: Module
    at: str
    word: str
    at_is_object: bool
    charges: Mapping[int, Charge]
    read: dict[tuple[str, str], str] = field(default_factory=dict)
    held: Callable[[ObjectPath], str | None] | None = None
    typed: Typed | None = None

    def span(self, node: Node) -> Span:
        """Where a node stands in the mapping."""
        return self.expression.span(node)

    def stem(self, node: Node) -> str:
        """The word for the value of a node here."""
        return stem(node, self.word)

    def local(self, word: str, owner: str = "") -> str:
        """A new local named after a word; after its owner too where the word alone would hide a function."""
        return self.function.local(f"{owner or 'this'}_{word}" if hides(word) else word)

    def moved(self, at: str, node: Node) -> Spot:
        """This spot at the value of a node, which stands in a local."""
        typed = None if self.typed is None else self.typed.moved(node)
        return replace(self, at=at, word=self.stem(node), at_is_object=False, typed=typed)

    def inside(self) -> Spot:
        """This spot in a block that may not run: what is read in it is not known behind it."""
        return replace(self, read=dict(self.read))

    def needs(self, *nodes: Node) -> tuple[str, ...]:
        """The names that a function for some nodes, at a value of its own, has to be given."""
        used: set[str] = set()
        for root in nodes:
            for node in nodes_of(root):
                if id(node) in self.charges:
                    used.add(_FRAME)
                if isinstance(node, Variable):
                    used.update(_IDENTIFIER.findall(self.names.variables[node.name]))
                elif isinstance(node, Call) and node.name in TRANSFORMS and TRANSFORMS[node.name].noting:
                    used.add(_FRAME)
                if may_doubt(node):
                    used.add(_FRAME)
        return tuple(name for name in (self.names.at, *self.names.parameters) if name in used)
