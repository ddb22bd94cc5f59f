"""Projections, filters and `&` arguments -> one helper function each, with one plain loop in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from mapper.compiler.code.module import literal
from mapper.compiler.code.scope import Place
from mapper.compiler.code.stem import plural, singular, stem
from mapper.compiler.expressions.tree import Node

Body = Callable[[Place], str]


@dataclass(frozen=True, slots=True)
class Loop:
    """A helper being written. inside: the place of the loop's body; more: its parameters behind the list."""

    inside: Place
    values: str
    element: str
    result: str
    more: tuple[str, ...]

    def call(self, values: str) -> str:
        """The call of the helper for a list."""
        return f"{self.inside.function.name}({', '.join((values, *self.more))})"


def write_projection(
    place: Place,
    word: str,
    span_of: Node,
    right: Node,
    write_right: Body,
    condition: Node | None,
    holds: Body,
) -> Loop:
    """A helper that gives `right` at each element that fits, nulls left out; null of what is no list."""
    parts = [right] if condition is None else [condition, right]
    loop = _new(place, word, stem(right, singular(word)), parts)
    function, span = loop.inside.function, place.span(span_of)
    with function.block(f"if type({loop.values}) is not list:", span):
        function.write("return None", span)
    with _loop(loop, span_of):
        if condition is not None:
            with function.block(f"if {holds(loop.inside)}:", place.span(condition)):
                function.write("continue", place.span(condition))
        value = write_right(loop.inside)
        with function.block(f"if {value} is not None:", span):
            function.write(f"{loop.result}.append({value})", span)
    return loop


def write_each(place: Place, word: str, name: str, body: Node, write_body: Body) -> Loop:
    """A helper that gives `body` at each element of a list, nulls kept; invalid-type of no list."""
    loop = _new(place, word, stem(body, singular(word)), [body])
    function, span = loop.inside.function, place.span(body)
    expect = place.module.use("expect")
    function.write(f"{expect}({loop.values}, {literal(f'`{name}`')}, list)", span)
    with _loop(loop, body):
        function.write(f"{loop.result}.append({write_body(loop.inside)})", span)
    return loop


def _new(place: Place, word: str, right: str, parts: list[Node]) -> Loop:
    """The helper's names: `names_of_products(products)` goes through each `product`."""
    more = place.needs(*parts)
    values = place.module.parameter(word, more)
    function = place.module.function(f"{plural(right)}_of_{word}", values, *more)
    inside = replace(place, function=function, word=singular(word), at_is_object=False, read={})
    element = inside.local(singular(word), "one")
    result = inside.local("found")
    return Loop(replace(inside, at=element), values, element, result, more)


@contextmanager
def _loop(loop: Loop, node: Node) -> Iterator[None]:
    function, span = loop.inside.function, loop.inside.span(node)
    function.write(f"{loop.result} = []", span)
    with function.block(f"for {loop.element} in {loop.values}:", span):
        yield
    function.write(f"return {loop.result}", span)
