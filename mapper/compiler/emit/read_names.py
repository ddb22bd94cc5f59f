"""The Python names of what an expression reads at its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.repeated_reads import Charge, Outside, charges_of
from mapper.compiler.jmespath.tree import Call, Field, Node, OwnFunction
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass

FRAME = "frame"


@dataclass(frozen=True, slots=True)
class Names:
    """The Python names of what an expression can read at its place.

    at: the Python name of the current value. at_is_object: it is known to be a dict.
    variables: `$name` -> the Python text that reads it (`let_email(frame)`, `frame.event`, `index`).
    parameters: the names, besides `at`, that a function written for a part of it can be given.
    outside: which of the variables are read again for many elements. kept: what is paid for
    its value where that is read again; None where it is only tested, or paid for by those who read it.
    note_texts: the list to which noting transforms append. free: the function that raises for what is not
    free to be read again; empty where the frame is told what to pay for. own_call: writes Python that calls
    a function of the mapping, for which the names in own_needs are needed. found_by: as `Marks.found_in`.
    """

    at: str
    variables: Mapping[str, str]
    parameters: tuple[str, ...]
    at_is_object: bool = False
    outside: Outside = Outside()
    kept: Charge | None = "all"
    note_texts: str = "frame.note_texts"
    free: str = ""
    own_call: Callable[[OwnFunction, list[str]], str] | None = None
    own_needs: tuple[str, ...] = (FRAME,)
    found_by: Callable[[Call, Span, str], str] | None = None

    def charges(self, expression: Expression) -> dict[int, Charge]:
        """The charges of an expression here, by the `id` of the node."""
        charges = charges_of(expression.root, expression.parsed.nodes, self.outside)
        if self.kept is not None and charges.repeated:
            charges.by_node.setdefault(id(expression.root), self.kept)
        return charges.by_node


class Typed(Protocol):
    """The classes of values that are known at the place of an expression."""

    def attribute(self, node: Field) -> tuple[str, str] | None:
        """The class of what a field is read of, and the attribute that holds it, where there is one."""

    def has_objects(self, node: Node) -> bool:
        """Whether a node's value is a list of objects of a class, if it is a list."""

    def may_hold_lists(self, node: Node) -> bool:
        """Whether there may be lists in place of such objects."""

    def moved(self, node: Node) -> Typed:
        """The same where the current value is that of a node."""

    def among(self, node: Node) -> Typed:
        """The same where the current value is an element of that of a node."""
