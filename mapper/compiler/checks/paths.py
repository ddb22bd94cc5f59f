"""Paths -> warnings where an attribute is read of what is something else, or is not there.

An attribute of what is a list, or a text, elsewhere in the mapping; of the element of a list and not of an
object in it; one that no event under `tests` has. One thing in a mapping shows what another one means:
nothing is said where the source schema, or an event under `tests`, knows the attribute.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple

from mapper.compiler.checks.facts import NearName
from mapper.compiler.checks.registry import (
    ERROR,
    IN_EXPRESSION,
    CheckCase,
    Relation,
    check,
    check_expression,
    fact,
    overlapping,
)
from mapper.compiler.inference.facts import in_place
from mapper.compiler.inference.faults import owner_of, renamed
from mapper.compiler.inference.result_types import lacks
from mapper.compiler.inference.typed_expression import TypedExpression
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tree import Field, Node
from mapper.compiler.jmespath.uses import ELEMENT, Use, is_single_name
from mapper.compiler.plan.expression_sites import (
    ExpressionSite,
    ExpressionSites,
    SitedExpression,
    SitePath,
    expression_sites,
)
from mapper.compiler.syntax.lets import written_variable
from mapper.compiler.syntax.values import Let
from mapper.diagnostic import Diagnostic
from mapper.text import Span
from mapper.types import Json, Type

# What other languages call the element of a loop; hardly ever an attribute of it.
_ELEMENT = frozenset({"current", "each", "el", "elem", "element", "it", "self", "this"})
_OF_LOOPS = "item"
# A line of an order has these beside an object with what was ordered.
_OF_LINES = frozenset({"amount", "count", "discount", "price", "qty", "quantity", "subtotal", "tax", "total"})
# Shorter words that differ by one letter are mostly two words: `form` and `from`.
_SHORTEST_SLIP = 5
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
# So many names of fields are shown in a message.
_MOST_NAMED = 4
# An element by its place, or all of them, and a path in it.
_OF_ELEMENT = re.compile(r"\s*\[\s*(?:-?[0-9]+|\*)?\s*\]\.([\w.\"]+)\s*")


class Used(NamedTuple):
    """A use of the places that a part of an expression can be. let: the one whose name an attribute bears."""

    use: Use
    at: tuple[SitePath, ...]
    expression: Expression
    one: ExpressionSite
    let: str = ""


@dataclass(slots=True)
class Shown:
    """What a mapping shows of the places in its events, by the rules that show it.

    by_lets: the names of lets with the places that they read themselves. words, below: what is used as a word
    in a comparison, and as what has attributes. listed: what is used as a list, by place; looped: what `each`
    goes through. lets: attributes that bear the name of a `let`.
    """

    source: Type
    events: list[Json]
    read: set[SitePath] = field(default_factory=set)
    by_lets: set[tuple[str | None, SitePath]] = field(default_factory=set)
    lists: dict[SitePath, set[int]] = field(default_factory=dict)
    texts: dict[SitePath, set[int]] = field(default_factory=dict)
    listed: dict[SitePath, list[Used]] = field(default_factory=dict)
    looped: set[SitePath] = field(default_factory=set)
    words: list[Used] = field(default_factory=list)
    below: list[Used] = field(default_factory=list)
    lets: list[Used] = field(default_factory=list)

    def knows(self, place: SitePath) -> bool:
        """Whether the source schema names an attribute, or says that there is none; or an event has it."""
        return is_named(self.source, place) or any(has_attribute(event, place) for event in self.events)


@fact
def places_of(case: CheckCase) -> ExpressionSites:
    """All expressions of the mapping, with the places in the event that they start from."""
    return expression_sites(case.mapping)


@fact
def shown_by(case: CheckCase) -> Shown:
    """What the mapping shows of the places in its events."""
    mapping, places = case.mapping, places_of(case)
    shown = Shown(case.plan.scope.at, [test.given for test in mapping.tests])
    lets: dict[str, list[Let]] = {}
    for each in mapping.all_lets:
        lets.setdefault(written_variable(each.name), []).append(each)
    # Most expressions are written more than once.
    known: dict[tuple[int, tuple[SitePath, ...]], list[tuple[Use, tuple[SitePath, ...]]]] = {}
    for expression, one in places.sites:
        key = (id(expression.parsed), one.at)
        if key not in known:
            known[key] = [(use, places.of(use.spot, one.at)) for use in expression.parsed.uses]
        for use, at in known[key]:
            if use.kind == "read":
                for place in at:
                    shown.read.add(place)
                    shown.by_lets.add((one.let, place))
            elif use.kind in ("list", "text"):
                _add_shown(Used(use, at, expression, one), shown)
            elif use.kind == "below":
                shown.below.append(Used(use, at, expression, one))
            else:
                shown.words.append(Used(use, at, expression, one))
            let = _let_of(use, expression, lets) if lets else None
            if let is not None:
                shown.lets.append(Used(use, at, expression, one, let))
        if one.loop is not None:
            for place in one.at:
                shown.lists.setdefault(place[:-1], set()).add(id(one.loop))
                shown.looped.add(place[:-1])
    constants = (constant for section in mapping.sections for constant in section.constants or ())
    path = None if mapping.match is None else mapping.match.path()
    has_patterns = any(section.patterns for section in mapping.sections)
    if path and (has_patterns or any(isinstance(constant.value, str) for constant in constants)):
        shown.texts.setdefault(path, set()).add(id(mapping.match))
    return shown


def _add_shown(used: Used, shown: Shown) -> None:
    """Add what is used as a list, or as a text."""
    is_list = used.use.kind == "list"
    known = shown.lists if is_list else shown.texts
    for place in used.at:
        if place:
            known.setdefault(place, set()).add(used.one.rule)
        if place and is_list:
            shown.listed.setdefault(place, []).append(used)


def _let_of(use: Use, expression: Expression, lets: dict[str, list[Let]]) -> str | None:
    """The `let` whose name an attribute bears, where that can be read; lets: by the names written."""
    node, is_read = use.node, use.kind in ("read", "word")
    if not is_read or not isinstance(node, Field) or node.name not in lets or not is_single_name(node):
        return None
    there = (one for one in lets[node.name] if one.within is None or expression.whole.is_within(one.within))
    return next((one.name for one in there), None)


def name_of(node: Field, expression: Expression) -> str:
    """The name of an attribute as it is written."""
    return expression.text[node.name_start : node.end]


def is_named(source: Type, place: SitePath) -> bool:
    """Whether a type names an attribute at a place, or has none there for sure, which is told elsewhere."""
    for name in place:
        if not source.known:
            return False
        if name.startswith("["):
            if source.items is None:
                return False
            source = source.items
            continue
        if source.closed or any(known == name for known, _ in source.fields or ()):
            source = source.field(name)
            continue
        return False
    return True


def has_attribute(value: Json, place: SitePath) -> bool:
    """Whether an event has an attribute at a place, in any element of a list."""
    for depth, name in enumerate(place):
        if name.startswith("["):
            listed = value if isinstance(value, list) else []
            return any(has_attribute(element, place[depth + 1 :]) for element in listed)
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    return True


@check("M134", needs=("whole",))
def names_of_elements(case: CheckCase) -> Iterator[Diagnostic]:
    """A name before an attribute within `each`, where that name is what the element is called."""
    loops: dict[int, list[SitedExpression]] = {}
    for expression, one in places_of(case).sites:
        if one.loop is not None:
            loops.setdefault(id(one.loop), []).append((expression, one))
    for in_loop in loops.values():
        yield from _check_loop(in_loop, shown_by(case))


def _check_loop(in_loop: list[SitedExpression], shown: Shown) -> Iterator[Diagnostic]:
    at = in_loop[0][1].at
    alone = {name for expression, _ in in_loop for name in _alone(expression)}
    if not alone:
        yield from _all_of_element(in_loop, shown)
    for name in _names_of(at):
        reading = [(node, expression) for expression, _ in in_loop for node in _named(expression, name)]
        is_sure = name in _ELEMENT or (len(reading) == 1 and bool(_own(alone)))
        if reading and alone and is_sure and not any(shown.knows((*place, name)) for place in at):
            for node, expression in reading:
                yield _of_element(node, name, expression, ", like the fields next to it")
    for name in {one for expression, _ in in_loop for one in _letters(expression)} - alone:
        reading = [(node, expression) for expression, _ in in_loop for node in _named(expression, name)]
        if len(reading) > 1 and not any(shown.knows((*place, name)) for place in at):
            for node, expression in reading:
                yield _of_element(node, name, expression, ": write the fields of an element directly")


def _all_of_element(in_loop: list[SitedExpression], shown: Shown) -> Iterator[Diagnostic]:
    """Attributes that are all read of `item`, as other languages call the element."""
    at = in_loop[0][1].at
    reading = [(node, expression) for expression, _ in in_loop for node in _named(expression, _OF_LOOPS)]
    if len(reading) > 1 and not any(shown.knows((*place, _OF_LOOPS)) for place in at):
        for node, expression in reading:
            yield _of_element(
                node, _OF_LOOPS, expression, ": an expression in `item` already reads the element"
            )


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
        match = _OF_ELEMENT.fullmatch(expression.text, use.node.end)
        if match is not None and not expression.text[: use.node.start].strip():
            written, instead = coded(expression.text.strip()), match[1]
            message = f"{written} reads the list that `each` goes through, the same for each element"
            facts = in_place(expression.root, instead, expression)
            hint = f"write {coded(instead)}: an expression in `item` already reads the element"
            return Diagnostic("M134", expression.whole, message, hint, facts=facts)
    return None


def _of_event(expression: Expression, one: ExpressionSite, shown: Shown) -> Diagnostic | None:
    """`order.lines.sku` and `order.currency` in an item of `order.lines`: the element has no `order`."""
    lists = {place[:-1] for place in one.at}
    uses = [use for use in expression.parsed.uses if use.spot.names and use.spot.root == "@"]
    paths = [use for use in uses if isinstance(use.node, Field)]
    roots = {use.spot.names[0] for use in paths}
    if any(shown.knows((*place, name)) for place in one.at for name in roots):
        return None
    for use in paths:
        if use.kind == "below" and lists == {use.spot.names}:
            why = "an expression in `item` already reads the element"
            return _of_element_alone(use, use.node, expression, "", why)
    below = {use.spot.names for use in paths if use.kind == "below"}
    for use in paths:
        names = use.spot.names
        is_whole = use.kind == "read" and names not in below and len(names) > 1 and names in shown.read
        if is_whole and all(len(at) > 1 and at[0] == names[0] for at in lists):
            why = "another rule reads it of the event"
            return _of_element_alone(use, use.node, expression, "$event.", why)
        is_beside = len(names) > 1 and names not in below and use.kind == "read"
        if is_beside and all(len(at) > 1 and at[0] == names[0] for at in lists):
            why = f"`$event.{'.'.join(names)}` is that of the event"
            return _of_element_alone(use, use.node, expression, "", why)
    return None


def _of_element_alone(use: Use, node: Node, expression: Expression, before: str, why: str) -> Diagnostic:
    """A path from the element on that is meant as one from the event on."""
    written = expression.text[node.start : node.end]
    instead = f"{before}{written}" if before or not isinstance(node, Field) else name_of(node, expression)
    message = f"{coded(written)} reads `{use.spot.names[0]}` of the element, and not of the event"
    facts = in_place(node, instead, expression)
    hint = f"write {coded(instead)}: {why}"
    return Diagnostic("M134", expression.span(node), message, hint, facts=facts)


def _names_of(at: Sequence[SitePath]) -> list[str]:
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


def _of_element(node: Field, name: str, expression: Expression, why: str) -> Diagnostic:
    instead = expression.text[node.name_start : node.end]
    written = expression.text[node.start : node.end]
    message = (
        f"{coded(written)} reads `{node.name}` of the element's attribute `{name}`, not of the element itself"
    )
    hint = f"write {coded(instead)}{why}"
    facts = in_place(node, instead, expression)
    return Diagnostic("M134", expression.span(node), message, hint, facts=facts)


@check("M207")
def fields_left_out(case: CheckCase) -> Iterator[Diagnostic]:
    """Objects of a list whose fields the target does not know: those are left out of every event."""
    for target, objects in case.record.strange:
        strange = [name for name in objects.names if objects.item.field(name) is None]
        named = ", ".join(f"`{name}`" for name in strange[:_MOST_NAMED])
        named += ", ..." if len(strange) > _MOST_NAMED else ""
        message = f"`{target.path}` has no field {named} for its objects: their values there are left out"
        yield Diagnostic("M207", objects.span, message, path=target.path, facts=objects)


@check("M209")
def match_in_no_event(case: CheckCase) -> Iterator[Diagnostic]:
    """A `match` that no event under `tests` has, so that no `is` ever holds."""
    mapping, match = case.mapping, case.mapping.match
    if match is None:
        return
    read = match.reads()
    events = [test.given for test in mapping.tests]
    compared = any(section.constants or section.patterns for section in mapping.sections)
    if mapping.split is not None or not compared or not events:
        return
    if len(read) != 1 or read[0].root != "@" or not read[0].path:
        return
    path = read[0].path
    if any(_value_at(event, path) is not None for event in events):
        return
    beside = sorted({name for event in events for name in _keys(_value_at(event, path[:-1]))})
    message = f"no event under `tests` has `{'.'.join(path)}`, so `is` never matches"
    span = match.locate(read[0].start, read[0].end)
    fact = NearName(path[-1], tuple(beside), "they have", path[:-1], _last(span, path[-1]))
    yield Diagnostic("M209", span, message, facts=fact)


def _last(span: Span, name: str) -> Span:
    """The last name of a path that is written in plain letters."""
    return Span(span.text, max(span.start, span.end - len(name)), span.end)


def _value_at(event: Json, path: Iterable[str]) -> Json:
    for name in path:
        event = event.get(name) if isinstance(event, dict) else None
    return event


def _keys(value: Json) -> list[str]:
    return list(value) if isinstance(value, dict) else []


@check_expression("M126", of=(Field,), yields_to=IN_EXPRESSION)
def misspelt_attributes(one: TypedExpression) -> Iterator[Diagnostic]:
    """Attributes that differ by one slip of the fingers from one that the source schema names."""
    for node in one.nodes:
        if not isinstance(node, Field) or id(node.base) not in one.typed.parts:
            continue
        base = one.type(node.base)
        names = [name for name, _ in base.fields or ()]
        if not base.known or "object" not in base.kinds or node.name in names or lacks(base, node.name):
            continue
        near = _slip(node.name, names)
        if near is not None:
            owner, span = (
                owner_of(node.base, one.expression),
                one.expression.locate(node.name_start, node.end),
            )
            message = f"{owner} is not known to have `{node.name}`, but has `{near}`"
            facts = renamed(node, near, one.expression)
            yield Diagnostic("M126", span, message, f"did you mean `{near}`?", facts=facts)


def _slip(word: str, names: list[str]) -> str | None:
    """The one of some names that differs from a word by one slip of the fingers.

    Two letters in the wrong order, or one too few or too many, within a longer part of the name. Not another
    letter (`list_name`, `last_name`), another spelling (`colour`, `Email`), a plural or a number: those may
    well be attributes of their own.
    """
    near = [name for name in names if abs(len(name) - len(word)) <= 1 and _is_slip(word, name)]
    return near[0] if len(near) == 1 else None


def _is_slip(word: str, name: str) -> bool:
    start = 0
    while start < min(len(word), len(name)) and word[start] == name[start]:
        start += 1
    left, right = word[start:], name[start:]
    longer, shorter = (left, right) if len(left) > len(right) else (right, left)
    if not shorter:
        return False
    swapped = left[:2] == right[1::-1] and left[2:] == right[2:] and right[:2].isalpha()
    more = longer[1:] == shorter and longer[0].isalpha() and longer[0] != "u"
    if not swapped and not more:
        return False
    parts = _PART.finditer(word if longer is left else name)
    return any(part.start() <= start < part.end() and len(part.group()) >= _SHORTEST_SLIP for part in parts)
