"""Mapping -> each expression in it, with the places in the event that it starts from."""

from __future__ import annotations

from dataclasses import field, replace
from typing import NamedTuple, TypeAlias

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Current, Filter, Flatten, Node, Projection, Slice
from mapper.compiler.jmespath.uses import ELEMENT, RootPath, path_of
from mapper.compiler.syntax.mapping import Mapping
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
    children,
)
from mapper.values.frozen import dataclass

# Names from the event on, with `[]` for the elements of a list.
SitePath: TypeAlias = tuple[str, ...]
# Of those that one spot can be, by the alternatives of lets.
_MOST_PLACES = 16
_AT_EVENT: tuple[SitePath, ...] = ((),)


@dataclass(frozen=True, slots=True)
class ExpressionSite:
    """The place of an expression, and the values that it starts from.

    at: the places that can be; none where that is not known. rule: the value they are a part of, by its
    identity. loop: the innermost `each` whose element they read. let: the `let` that they are a part of.
    guarded: a condition or a further alternative covers their absence, or they are one themselves.
    """

    at: tuple[SitePath, ...]
    rule: int
    loop: Each | None = None
    let: str | None = None
    guarded: bool = False

    def under_condition(self) -> ExpressionSite:
        """The same, where a condition or a further alternative covers their absence."""
        return self if self.guarded else ExpressionSite(self.at, self.rule, self.loop, self.let, True)


class LetSource(NamedTuple):
    """The value of a let, and the places in the event that it starts from."""

    value: Value
    at: tuple[SitePath, ...]


SitedExpression: TypeAlias = tuple[Expression, ExpressionSite]


@dataclass(frozen=True, slots=True)
class ExpressionSites:
    """The expressions of a mapping, and the values of its lets.

    of_lets: the places that lets can be, of those that were asked for.
    """

    sites: tuple[SitedExpression, ...]
    lets: dict[str, LetSource]
    of_lets: dict[str, tuple[SitePath, ...]] = field(default_factory=dict)

    def of(self, spot: RootPath, at: tuple[SitePath, ...]) -> tuple[SitePath, ...]:
        """The places in the event that a spot can be; none where that is not known."""
        bases = at
        if spot.root == "@":
            if at == _AT_EVENT:  # as most: the names are there already
                return (spot.names,)
        else:
            if spot.root not in self.of_lets:
                self.of_lets[spot.root] = _places(RootPath(spot.root), (), self.lets, ())
            bases = self.of_lets[spot.root]
        return tuple([(*base, *spot.names) for base in bases])


def expression_sites(mapping: Mapping) -> ExpressionSites:
    """All expressions of a mapping that read the event, or a part of it."""
    lets = {let.name: LetSource(let.value, _AT_EVENT) for let in mapping.lets if let.value is not None}
    found: list[SitedExpression] = []
    guarded: list[Value] = []
    for name, (value, _) in [*lets.items()]:
        found += [_within(name, expression, one) for expression, one in _of_value(value, lets)]
    conditions = [rule.when for rule in mapping.skips]
    conditions += [] if mapping.match is None else [mapping.match]
    others: list[Value] = []
    others += [] if mapping.consent is None else mapping.consent.answer.values
    others.append(mapping.payload)
    for section in mapping.all_sections:
        conditions += [] if section.when is None else [section.when]
        own = [] if section.send is None else [section.send, section.payload]
        if section.when is None:
            others += own
        else:
            guarded += own
    found += [one for value in others for one in _of_value(value, lets)]
    for value in (*conditions, *guarded):
        found += [(expression, one.under_condition()) for expression, one in _of_value(value, lets)]
    return ExpressionSites(tuple(found), lets)


def _within(let: str, expression: Expression, one: ExpressionSite) -> SitedExpression:
    """An expression in a let; one in a let of a list rule within that is the part of the inner one."""
    return expression, one if one.let is not None else replace(one, let=let)


# Filled lists, not generators within each other: each expression would go up through all of them.
def _of_value(value: Value, lets: dict[str, LetSource]) -> list[SitedExpression]:
    found: list[SitedExpression] = []
    _fill_with_value(found, value, lets)
    return found


def _fill_with_value(found: list[SitedExpression], value: Value, lets: dict[str, LetSource]) -> None:
    if isinstance(value, Fields):
        for _, _, part in value.entries:
            _fill_with_value(found, part, lets)
    else:
        _fill(found, value, ExpressionSite(_AT_EVENT, id(value)), lets)


def _fill(
    found: list[SitedExpression], value: Value, one: ExpressionSite, lets: dict[str, LetSource]
) -> None:
    match value:
        case Expression():
            found.append((value, one))
        case Rule():
            if value.when is not None:
                one = one.under_condition()
                found.append((value.when, one))
            _fill(found, value.source, one, lets)
        case Fields():
            for _, _, part in value.entries:
                _fill(found, part, ExpressionSite(one.at, id(part), one.loop, one.let), lets)
        case FirstOf(alternatives=alternatives):
            for part in alternatives:
                _fill(found, part, one if part is alternatives[-1] else one.under_condition(), lets)
        case Case():
            _fill_with_arms(found, value, one, lets)
        case Each():
            _fill_with_elements(found, value, one, lets)
        case Constant() | Elements() | Zip():
            for part in children(value):
                _fill(found, part, one, lets)


def _fill_with_arms(
    found: list[SitedExpression], case: Case, one: ExpressionSite, lets: dict[str, LetSource]
) -> None:
    for arm in case.arms:
        inner = one if arm.when is None else one.under_condition()
        if arm.when is not None:
            found.append((arm.when, inner))
        _fill(found, arm.then, inner, lets)


def _fill_with_elements(
    found: list[SitedExpression], each: Each, one: ExpressionSite, lets: dict[str, LetSource]
) -> None:
    _fill(found, each.items, one, lets)
    at = tuple((*place, ELEMENT) for place in _listed(each.items, one.at, lets, ()))
    element = replace(one, at=at, loop=each, guarded=one.guarded or each.where is not None)
    for let in each.lets:
        if let.value is not None:
            lets[let.name] = LetSource(let.value, at)
            _fill(found, let.value, replace(element, let=let.name), lets)
    if each.where is not None:
        found.append((each.where, element))
    _fill(found, each.item, element, lets)


def _listed(
    value: Value, at: tuple[SitePath, ...], lets: dict[str, LetSource], open: tuple[str, ...]
) -> tuple[SitePath, ...]:
    """The places that a value is, each of which it may be; none where one of them is not known."""
    match value:
        case Expression():
            spot = path_of(_unfiltered(value.root))
            return () if spot is None else _places(spot, at, lets, open)
        case Rule():
            return () if value.steps else _listed(value.source, at, lets, open)
        case FirstOf():
            each = [_listed(one, at, lets, open) for one in value.alternatives]
            return tuple(place for one in each for place in one)[:_MOST_PLACES] if all(each) else ()
        case Constant() | Fields() | Elements() | Case() | Each() | Zip():
            return ()


def _unfiltered(root: Node) -> Node:
    """A list before some of its elements, or all of them, were chosen: `items` of `items[*]`."""
    while isinstance(root, Filter | Flatten | Projection | Slice):
        if isinstance(root, Filter | Projection) and not isinstance(root.right, Current):
            break
        root = root.base
    return root


def _places(
    spot: RootPath, at: tuple[SitePath, ...], lets: dict[str, LetSource], open: tuple[str, ...]
) -> tuple[SitePath, ...]:
    name = spot.root[1:]
    if spot.root == "@":
        bases = at
    elif name == "event":
        bases = ((),)
    elif name in lets and name not in open:
        bases = _listed(lets[name].value, lets[name].at, lets, (*open, name))
    else:
        bases = ()
    return tuple((*base, *spot.names) for base in bases)
