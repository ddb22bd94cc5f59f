"""Projections, filters and `&` arguments -> one helper function each, with one plain loop in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeAlias

from mapper.compiler.emit.expression_writer import Spot
from mapper.compiler.emit.local_names import plural, singular, stem
from mapper.compiler.emit.module import literal
from mapper.compiler.jmespath.tree import Call, Filter, Node, Projection
from mapper.frozen import dataclass

# Writes the statements of a node at a spot; Python for what comes of them.
Write: TypeAlias = Callable[[Node, Spot], str]


@dataclass(frozen=True, slots=True)
class HelperLoop:
    """A helper being written. inside: the spot of the loop's body; more: its parameters behind the list."""

    inside: Spot
    values: str
    element: str
    result: str
    more: tuple[str, ...]

    def call(self, values: str) -> str:
        """The call of the helper for a list."""
        return f"{self.inside.function.name}({', '.join((values, *self.more))})"


def write_projection(
    spot: Spot,
    word: str,
    node: Projection | Filter,
    write: Write,
    write_failing: Write,
    flat: bool = False,
) -> HelperLoop:
    """A helper that gives `right` at each element that fits, nulls left out; null of what is no list.

    write_failing: of a condition, gives the test that it does not hold. flat: lists in the list, which would
    be opened, are a surprise.
    """
    right = node.right
    condition = node.condition if isinstance(node, Filter) else None
    parts = [right] if condition is None else [condition, right]
    loop = _new(spot, word, stem(right, singular(word)), parts, node.base)
    function, span = loop.inside.function, spot.span(node)
    with function.block(f"if type({loop.values}) is not list:", span):
        function.write("return None", span)
    with _loop(loop, node):
        if flat:
            with function.block(f"if type({loop.inside.at}) is list:", span):
                function.write(f"raise {spot.module.use('Surprise')}", span)
        if condition is not None:
            with function.block(f"if {write_failing(condition, loop.inside)}:", spot.span(condition)):
                function.write("continue", spot.span(condition))
        value = write(right, loop.inside)
        with function.block(f"if {value} is not None:", span):
            function.write(f"{loop.result}.append({value})", span)
    return loop


def write_each(spot: Spot, call: Call, word: str, body: Node, write: Write) -> HelperLoop:
    """A helper that gives `body` at each element of a list, nulls kept; invalid-type of no list."""
    loop = _new(spot, word, stem(body, singular(word)), [body], call)
    function, span = loop.inside.function, spot.span(body)
    expect = spot.module.use("expect")
    function.write(f"{expect}({loop.values}, {literal(f'`{call.name}`')}, list)", span)
    with _loop(loop, body):
        function.write(f"{loop.result}.append({write(body, loop.inside)})", span)
    return loop


def _new(spot: Spot, word: str, right: str, parts: list[Node], values_of: Node) -> HelperLoop:
    """The helper's names: `names_of_products(products)` goes through each `product`."""
    more = spot.needs(*parts)
    values = spot.module.parameter(word, more)
    function = spot.module.function(f"{plural(right)}_of_{word}", values, *more)
    typed = None if spot.typed is None else spot.typed.among(values_of)
    inside = replace(
        spot, function=function, word=singular(word), at_is_object=False, read={}, held=None, typed=typed
    )
    element = inside.local(singular(word), "one")
    result = inside.local("found")
    return HelperLoop(replace(inside, at=element), values, element, result, more)


@contextmanager
def _loop(loop: HelperLoop, node: Node) -> Iterator[None]:
    function, span = loop.inside.function, loop.inside.span(node)
    function.write(f"{loop.result} = []", span)
    with function.block(f"for {loop.element} in {loop.values}:", span):
        yield
    function.write(f"return {loop.result}", span)
