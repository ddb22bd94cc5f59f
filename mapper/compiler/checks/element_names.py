"""Paths in `item`, `where` and the lets of an element -> warnings where they begin too far from the element.

The name of the element or of the list before an attribute, as other languages write it; the list itself, and
what is beside it in the event. Nothing is said where the source schema, or an event under `tests`, has such
an attribute of the elements, nor where `@.` is written before the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set

from mapper.compiler.checks.check_registry import (
    ERROR,
    CheckCase,
    Relation,
    check,
    fact,
    overlapping,
    same_span,
)
from mapper.compiler.checks.path_checks import Shown, is_named, name_of, places_of, shown_by
from mapper.compiler.inference.type_facts import in_place
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tree import Field, Node, OwnCall, Variable
from mapper.compiler.jmespath.uses import ELEMENT, RootPath, Use, is_single_name
from mapper.compiler.plan.expression_sites import ExpressionSite, ExpressionSites, SitedExpression, SitePath
from mapper.compiler.syntax.let_nodes import RESERVED_VARIABLES
from mapper.compiler.syntax.value_nodes import (
    Case,
    Constant,
    Each,
    Elements,
    Fields,
    FirstOf,
    Rule,
    Value,
    Zip,
    every,
)
from mapper.texts.diagnostic import Diagnostic
from mapper.values.frozen import dataclass
from mapper.values.types import Json, Type

# What other languages call the element of a loop; hardly ever an attribute of it.
_ELEMENT = frozenset({"current", "each", "el", "elem", "element", "it", "self", "this"})
_OF_LOOPS = "item"
# A line of an order has these beside an object with what was ordered.
_OF_LINES = frozenset({"amount", "count", "discount", "price", "qty", "quantity", "subtotal", "tax", "total"})
# An object with what was ordered has all of these, and its line none.
_OF_GOODS = frozenset({"brand", "category", "description", "ean", "gtin", "image", "manufacturer", "mpn"})
_OF_GOODS |= {"name", "sku", "title", "vendor"}
# Lists of texts, by the ends of their names: an element has no attributes.
_OF_TEXTS = ("codes", "ids", "names", "skus", "tags", "urls")
# An element by its place, or all of them, and a path in it.
_OF_ELEMENT = re.compile(r"\s*\[\s*(?:-?[0-9]+|\*)?\s*\]\.([\w.\"]+)\s*")
_READ_ALREADY = "an expression in `item` already reads the element"


@dataclass(frozen=True, slots=True)
class _Loop:
    """The expressions that read an element of a list.

    alone: the attributes that they read of it itself. in_tests: those of the elements of all lists in the
    events of tests, where it is not known which list it is.
    """

    each: Each
    at: tuple[SitePath, ...]
    expressions: tuple[Expression, ...]
    alone: Set[str]
    shown: Shown
    types: dict[int, Type]
    in_tests: Set[str]

    def knows(self, name: str) -> bool:
        """Whether the schema or a test shows that elements have an attribute, or that they have none."""
        if self.at:
            return any(self.shown.knows((*place, name)) for place in self.at)
        known = [self.types[id(one)] for one in self.expressions if id(one) in self.types]
        return name in self.in_tests or any(is_named(one, (name,)) for one in known)

    def reading(self, name: str) -> list[tuple[Field, Expression]]:
        """The attributes that are read of one of the element's."""
        return [(node, one) for one in self.expressions for node in _named(one, name)]


@fact
def _loops(case: CheckCase) -> list[_Loop]:
    found: dict[int, list[SitedExpression]] = {}
    for expression, one in places_of(case).sites:
        if one.loop is not None:
            found.setdefault(id(one.loop), []).append((expression, one))
    return [_loop(in_loop, case) for in_loop in found.values()]


def _loop(in_loop: list[SitedExpression], case: CheckCase) -> _Loop:
    one = in_loop[0][1]
    assert one.loop is not None
    expressions = tuple(expression for expression, _ in in_loop)
    alone = {name for expression in expressions for name in _alone(expression)}
    in_tests = frozenset[str]() if one.at else _names_in_tests(case)
    return _Loop(one.loop, one.at, expressions, alone, shown_by(case), _element_types(case), in_tests)


@fact
def _element_types(case: CheckCase) -> dict[int, Type]:
    """The types that expressions start from, by identity; none where conditions alone say what that has."""
    return (
        {id(one.expression): one.typed.at for one in case.record.typed} if shown_by(case).source.known else {}
    )


@fact
def _names_in_tests(case: CheckCase) -> frozenset[str]:
    """The attributes of elements, in any list of the events of tests."""
    names = set[str]()
    waiting: list[Json] = [*shown_by(case).events]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            names.update(*[one for one in value if isinstance(one, dict)])
            waiting += value
    return frozenset(names)


@check("M134", needs=("whole",))
def names_of_elements(case: CheckCase) -> Iterator[Diagnostic]:
    """A name before an attribute within `each`, where that name is what the element is called."""
    for loop in _loops(case):
        yield from _check_loop(loop)


def _check_loop(loop: _Loop) -> Iterator[Diagnostic]:
    lists = _names_of_list(loop)
    for name in sorted(lists):
        if not loop.knows(name):
            yield from _told(loop.reading(name), name, f": {_READ_ALREADY}")
    for name in names_of_element(loop.at):
        reading = loop.reading(name)
        is_sure = name in _ELEMENT or bool(_own(loop.alone) if len(reading) == 1 else _goods(loop.alone))
        if not reading or name in lists or loop.knows(name):
            continue
        if not loop.alone:
            yield from _told(reading, name, f": {_READ_ALREADY}")
        elif is_sure:
            yield from _told(reading, name, ", like the fields next to it")
    for name in {letter for one in loop.expressions for letter in _letters(one)} - loop.alone:
        reading = loop.reading(name)
        if len(reading) > 1 and not loop.knows(name):
            yield from _told(reading, name, ": write the fields of an element directly")


def _names_of_list(loop: _Loop) -> set[str]:
    """The names that a list has, as `items` of `order.items` and `lines` of `$lines`.

    Not where that is the whole path to it: `lists_read_anew` tells of this.
    """
    names = {place[-2] for place in loop.at if len(place) > 2 and place[-2].isidentifier()}
    root = loop.each.items.root if isinstance(loop.each.items, Expression) else None
    if isinstance(root, Variable) and root.name not in RESERVED_VARIABLES:
        names.add(root.name)
    return names - {place[0] for place in loop.at if len(place) == 2}


def names_of_element(at: Sequence[SitePath]) -> list[str]:
    """The names of an element in other languages, and as one of its list: `product` of `products`."""
    names = {place[-2].removesuffix("s") for place in at if len(place) > 1 and place[-2].endswith("s")}
    return sorted({*_ELEMENT, _OF_LOOPS, *names})


def _told(reading: Iterable[tuple[Field, Expression]], name: str, why: str) -> Iterator[Diagnostic]:
    for node, expression in reading:
        instead = expression.text[node.name_start : node.end]
        written = expression.text[node.start : node.end]
        message = (
            f"{coded(written)} reads `{node.name}` of the element's attribute `{name}`, "
            "not of the element itself"
        )
        hint = f"write {coded(instead)}{why}; if you mean the attribute, {coded(f'@.{written}')}"
        facts = in_place(node, instead, expression)
        yield Diagnostic("M134", expression.span(node), message, hint, facts=facts)


@check("M134", needs=("whole",))
def names_for_elements(case: CheckCase) -> Iterator[Diagnostic]:
    """`{each: product_ids, item: item}`, `item: {id: sku_of(item)}`: a name for the element itself."""
    for loop in _loops(case):
        of_texts = any(len(place) > 1 and place[-2].endswith(_OF_TEXTS) for place in loop.at)
        is_whole = len(loop.alone) == 1 and loop.alone <= {*_ELEMENT, *((_OF_LOOPS,) if of_texts else ())}
        whole = _whole(loop) if is_whole else ()
        for node, expression in (*whole, *_whole_arguments(loop, case)):
            if not loop.knows(node.name):
                message = (
                    f"`{node.name}` reads the attribute `{node.name}` of the element, not the element itself"
                )
                hint = f"write `@` for the element; if you mean the attribute, `@.{node.name}`"
                facts = in_place(node, "@", expression)
                yield Diagnostic("M134", expression.span(node), message, hint, facts=facts)


def _whole(loop: _Loop) -> Iterator[tuple[Field, Expression]]:
    """The sources of a list rule's elements that are a name alone."""
    for source in _sources(loop.each.item):
        if isinstance(source.root, Field):
            yield source.root, source


def _sources(value: Value) -> tuple[Expression, ...]:
    """The alternatives of a value that are expressions."""
    match value:
        case Expression():
            return (value,)
        case Rule():
            return _sources(value.source)
        case FirstOf():
            return tuple([one for part in value.alternatives for one in _sources(part)])
        case Constant() | Fields() | Elements() | Case() | Each() | Zip():
            return ()


def _whole_arguments(loop: _Loop, case: CheckCase) -> Iterator[tuple[Field, Expression]]:
    """Names of elements that are given to functions of the mapping which read attributes of them."""
    names, taken = {*_ELEMENT, _OF_LOOPS}, _objects_taken(case)
    given = [
        (node, expression)
        for expression in loop.expressions
        for call in expression.walk()
        if isinstance(call, OwnCall)
        for at, node in enumerate(call.arguments)
        if (call.name, at) in taken
    ]
    for value in every(loop.each.item):
        if isinstance(value, Rule) and value.steps and (value.steps[0].transform, 0) in taken:
            given += [(source.root, source) for source in _sources(value)]
    for node, expression in given:
        if isinstance(node, Field) and is_single_name(node) and node.name in names:
            yield node, expression


@fact
def _objects_taken(case: CheckCase) -> set[tuple[str, int]]:
    """Parameters of which an attribute is read, by the function and their place."""
    return {
        (function.name, at)
        for function in case.mapping.functions
        for at, parameter in enumerate(function.parameters)
        for one in ([] if function.body is None else every(function.body))
        if isinstance(one, Expression)
        for use in one.parsed.uses
        if use.kind == "below" and use.spot == RootPath(f"${parameter.name}")
    }


@check("M134", needs=("whole",), yields_to=(Relation("M133", same_span),))
def events_in_elements(case: CheckCase) -> Iterator[Diagnostic]:
    """`event.currency` in `item`: an attribute of the element that is called as the variable of the event."""
    for loop in _loops(case):
        if "event" in names_of_element(loop.at) or loop.knows("event"):
            continue
        for node, expression in loop.reading("event"):
            written = expression.text[node.start : node.end]
            message = f"{coded(written)} reads `event` of the element, and not of the event"
            hint = f"write {coded(f'${written}')}; if you mean the attribute, {coded(f'@.{written}')}"
            facts = in_place(node, f"${written}", expression)
            yield Diagnostic("M134", expression.span(node), message, hint, facts=facts)


@check("M134", needs=("whole",), yields_to=(Relation(ERROR, overlapping),))
def lists_read_anew(case: CheckCase) -> Iterator[Diagnostic]:
    """The list itself, or what is beside it in the event, where an element is read already."""
    shown = shown_by(case)
    for expression, one in places_of(case).sites:
        if one.loop is None or not one.at:
            continue
        found = _of_own_list(expression, one, places_of(case)) or _of_event(expression, one, shown)
        yield from () if found is None else (found,)


def _of_own_list(expression: Expression, one: ExpressionSite, places: ExpressionSites) -> Diagnostic | None:
    """`$lines[0].sku`: an element of the list by its place, and all of it, in place of the one there is."""
    for use in expression.parsed.uses:
        if use.kind != "list" or {(*at, ELEMENT) for at in places.of(use.spot, one.at)} != {*one.at}:
            continue
        instead = _after_element(use, expression)
        if instead is not None:
            written = coded(expression.text.strip())
            message = f"{written} reads the list that `each` goes through, the same for each element"
            facts = in_place(expression.root, instead, expression)
            hint = f"write {coded(instead)}: {_READ_ALREADY}"
            return Diagnostic("M134", expression.whole, message, hint, facts=facts)
    return None


def _after_element(use: Use, expression: Expression) -> str | None:
    """The path that follows an element of a list, of which an expression has nothing else."""
    match = _OF_ELEMENT.fullmatch(expression.text, use.node.end)
    return None if match is None or expression.text[: use.node.start].strip() else match[1]


def _of_event(expression: Expression, one: ExpressionSite, shown: Shown) -> Diagnostic | None:
    """`order.lines.sku` and `order.currency` in an item of `order.lines`: the element has no `order`."""
    lists = {place[:-1] for place in one.at}
    uses = [use for use in expression.parsed.uses if use.spot.names and use.spot.root == "@"]
    paths = [use for use in uses if isinstance(use.node, Field) and expression.text[use.node.start] != "@"]
    roots = {use.spot.names[0] for use in paths}
    if any(shown.knows((*place, name)) for place in one.at for name in roots):
        return None
    for use in paths:
        if lists != {use.spot.names}:
            continue
        instead = _after_element(use, expression) if use.kind == "list" else None
        if instead is not None:
            return _of_element_alone(use, expression.root, expression, instead, _READ_ALREADY)
        if use.kind == "below" and isinstance(use.node, Field):
            return _of_element_alone(use, use.node, expression, name_of(use.node, expression), _READ_ALREADY)
    below = {use.spot.names for use in paths if use.kind == "below"}
    starts = {at[0] for at in lists if len(at) > 1}
    for use in paths:
        names = use.spot.names
        if use.kind != "read" or names in below or len(names) < 2 or names[0] not in starts:
            continue
        if names in shown.read:
            instead = f"$event.{expression.text[use.node.start : use.node.end]}"
            return _of_element_alone(use, use.node, expression, instead, "another rule reads it of the event")
        if isinstance(use.node, Field):
            why = f"`$event.{'.'.join(names)}` is that of the event"
            return _of_element_alone(use, use.node, expression, name_of(use.node, expression), why)
    return None


def _of_element_alone(use: Use, node: Node, expression: Expression, instead: str, why: str) -> Diagnostic:
    """A path from the element on that is meant as one from the event on."""
    written = expression.text[node.start : node.end]
    message = f"{coded(written)} reads `{use.spot.names[0]}` of the element, and not of the event"
    facts = in_place(node, instead, expression)
    hint = f"write {coded(instead)}: {why}"
    return Diagnostic("M134", expression.span(node), message, hint, facts=facts)


def _own(alone: Set[str]) -> set[str]:
    """The attributes that are hardly those of an order's line, but of what was ordered."""
    return {name for name in alone if not _OF_LINES & _words(name)}


def _goods(alone: Set[str]) -> set[str]:
    """The attributes that only what was ordered has."""
    return {name for name in alone if _OF_GOODS & _words(name)}


def _words(name: str) -> set[str]:
    return {*name.lower().replace("_", " ").split()}


def _alone(expression: Expression) -> Iterator[str]:
    """The attributes that are read of the element itself."""
    owners = {id(use.node.base) for use in expression.parsed.uses if isinstance(use.node, Field)}
    for use in expression.parsed.uses:
        is_read = use.kind == "read" and isinstance(use.node, Field) and is_single_name(use.node)
        if is_read and id(use.node) not in owners and len(use.spot.names) == 1:
            yield use.spot.names[0]


def _named(expression: Expression, name: str) -> Iterator[Field]:
    """The attributes that are read of one of the element's."""
    for use in expression.parsed.uses:
        is_named = use.kind == "below" and use.spot.names == (name,) and use.spot.root == "@"
        if is_named and isinstance(use.node, Field) and is_single_name(use.node.base):
            yield use.node


def _letters(expression: Expression) -> Iterator[str]:
    """The names of one letter below which something is read: what a loop calls its element."""
    for use in expression.parsed.uses:
        if use.kind == "below" and use.spot.root == "@" and [len(one) for one in use.spot.names] == [1]:
            yield use.spot.names[0]
