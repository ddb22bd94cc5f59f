"""Expressions within `each` -> warnings where one reads `item.sku`, and its neighbours the element itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set

from mapper.compiler.inference.instead import in_place
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tree import Field
from mapper.compiler.jmespath.uses import is_bare
from mapper.compiler.plan.expression_sites import Place, Places, Stood
from mapper.compiler.plan.scope import Draft
from mapper.diagnostic import Diagnostic

# What other languages call the element that a loop stands at; hardly ever an attribute of it.
_ELEMENT = frozenset({"current", "each", "el", "elem", "element", "it", "self", "this"})
# A line of an order has these beside an object with what was ordered.
_OF_LINES = frozenset({"amount", "count", "discount", "price", "qty", "quantity", "subtotal", "tax", "total"})


def check_elements(places: Places, knows: Callable[[Place], bool], draft: Draft) -> None:
    """Report a name before an attribute, where that name is what the element is called.

    knows: whether an attribute is known to be there.
    """
    loops: dict[int, list[Stood]] = {}
    for expression, one in places.standing:
        if one.loop is not None:
            loops.setdefault(id(one.loop), []).append((expression, one))
    for stood in loops.values():
        at = stood[0][1].at
        alone = {name for expression, _ in stood for name in _alone(expression)}
        for name in _names_of(at):
            reading = [(node, expression) for expression, _ in stood for node in _below(expression, name)]
            is_sure = name in _ELEMENT or (len(reading) == 1 and bool(_own(alone)))
            if reading and alone and is_sure and not any(knows((*place, name)) for place in at):
                why = ", as its neighbours do"
                draft.found += [_report(node, name, expression, why) for node, expression in reading]
        for name in {one for expression, _ in stood for one in _letters(expression)} - alone:
            reading = [(node, expression) for expression, _ in stood for node in _below(expression, name)]
            if len(reading) > 1 and not any(knows((*place, name)) for place in at):
                why = ": the fields of an element stand alone"
                draft.found += [_report(node, name, expression, why) for node, expression in reading]


def _names_of(at: Sequence[Place]) -> list[str]:
    """What an element may be called: by other languages, and as one of its list: `product` of `products`."""
    names = {place[-2].removesuffix("s") for place in at if len(place) > 1 and place[-2].endswith("s")}
    return sorted({*_ELEMENT, "item", *names})


def _own(alone: Set[str]) -> set[str]:
    """The attributes that are hardly those of an order's line, but of what was ordered."""
    return {name for name in alone if not _OF_LINES & {*name.lower().replace("_", " ").split()}}


def _alone(expression: Expression) -> Iterator[str]:
    """The attributes that are read of the element itself."""
    owners = {id(use.node.base) for use in expression.parsed.uses if isinstance(use.node, Field)}
    for use in expression.parsed.uses:
        is_read = use.kind == "read" and isinstance(use.node, Field) and is_bare(use.node)
        if is_read and id(use.node) not in owners and len(use.spot.names) == 1:
            yield use.spot.names[0]


def _below(expression: Expression, name: str) -> Iterator[Field]:
    """The attributes that are read of one of the element's."""
    for use in expression.parsed.uses:
        is_named = use.kind == "below" and use.spot.names == (name,) and use.spot.root == "@"
        if is_named and isinstance(use.node, Field) and is_bare(use.node.base):
            yield use.node


def _letters(expression: Expression) -> Iterator[str]:
    """The names of one letter below which something is read: what a loop calls its element."""
    for use in expression.parsed.uses:
        if use.kind == "below" and use.spot.root == "@" and [len(one) for one in use.spot.names] == [1]:
            yield use.spot.names[0]


def _report(node: Field, name: str, expression: Expression, why: str) -> Diagnostic:
    instead = expression.text[node.name_start : node.end]
    written = expression.text[node.start : node.end]
    message = (
        f"{coded(written)} reads `{node.name}` of the element's attribute `{name}`, and not of the element"
    )
    hint = f"write {coded(instead)}{why}"
    facts = in_place(node, instead, expression)
    return Diagnostic("M134", expression.span(node), message, hint, facts=facts)
