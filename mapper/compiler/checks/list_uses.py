"""Paths -> warnings where an attribute is read of what other rules use as a list, or as a text.

Where most rules use it as an object, the one that reads an element of it is warned of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from mapper.compiler.checks.check_registry import CheckCase, Relation, check, same_span
from mapper.compiler.checks.path_checks import Shown, Used, has_attribute, is_named, name_of, shown_by
from mapper.compiler.inference.type_facts import in_place
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.expression_facts import Instead
from mapper.compiler.jmespath.refusal import InPlace, coded
from mapper.compiler.jmespath.tree import Call, Field, ObjectValues
from mapper.compiler.jmespath.uses import ELEMENT, Use
from mapper.compiler.plan.expression_sites import ExpressionSite, SitePath
from mapper.texts.diagnostic import Diagnostic
from mapper.values.regular_expression import pattern

_COUNTS = frozenset({"count", "length", "size"})
_ELEMENT_STEP = pattern(r"\[\s*(?:-?[0-9]+|\*)?\s*\](?P<name>\.(?:[A-Za-z_]\w*|\"[^\"]*\"))")
# What is most likely no path at all.
_BARE_WORDS = tuple(Relation(code, same_span) for code in ("M119", "M120", "M132"))


@check("M133", needs=("whole",), yields_to=_BARE_WORDS)
def paths_below_something_else(case: CheckCase) -> Iterator[Diagnostic]:
    """Attributes of what is used as a list, or as a text, by another rule."""
    shown = shown_by(case)
    mistaken = dict(_lists_by_mistake(shown))
    for listed, objects in mistaken.values():
        yield from _of_object(listed, objects)
    for used in shown.below:
        if all(place not in mistaken for place in used.at):
            found = _below(used.use, used.at, used.one, used.expression, shown)
            yield from () if found is None else (found,)


def _beside_use(found: Diagnostic, at: tuple[SitePath, ...], one: ExpressionSite, shown: Shown) -> Diagnostic:
    """The warning with the first place at which another rule uses a list."""
    others = (other for place in at for other in shown.listed.get(place, ()))
    first = next((other for other in others if other.one.rule != one.rule), None)
    if first is None:
        return found
    return replace(found, related=((first.expression.span(first.use.node), "used as a list here"),))


def _lists_by_mistake(shown: Shown) -> Iterator[tuple[SitePath, tuple[list[Used], list[Used]]]]:
    """The places that fewer rules use as a list than as an object, with the uses of both kinds.

    None that `each` goes through, that one rule reads both ways, or that a schema or an event has as a list.
    """
    by_place: dict[SitePath, list[Used]] = {}
    for used in shown.below if shown.listed else ():
        for place in used.at if _is_of_object(used) else ():
            by_place.setdefault(place, []).append(used)
    for place, listed in shown.listed.items():
        if place in shown.looped or shown.knows((*place, ELEMENT)):
            continue
        if not all(_element(used) for used in listed):
            continue
        objects = by_place.get(place, [])
        rules, of_lists = ({one.one.rule for one in uses} for uses in (objects, listed))
        # By its name it may well be a list.
        few = 2 * len(of_lists) if place[-1].endswith("s") else max(1, len(of_lists))
        if len(rules) > few and rules.isdisjoint(of_lists):
            yield place, (listed, objects)


def _is_of_object(used: Used) -> bool:
    """Whether an attribute is read of a place, which is not what others write of a list."""
    node = used.use.node
    return isinstance(node, Field) and node.name not in _COUNTS and not _sum_of(node, used.expression)


def _element(used: Used) -> re.Match[str] | None:
    """The match of a step that takes an element of a list by place, or all, and of the name that follows."""
    return _ELEMENT_STEP.match(used.expression.text, used.use.node.end)


def _of_object(listed: list[Used], objects: list[Used]) -> Iterator[Diagnostic]:
    """Elements of what more rules use as an object."""
    first = objects[0]
    related = ((first.expression.span(first.use.node), "used as an object here"),)
    count = len({one.one.rule for one in objects})
    for used in listed:
        step, expression, start = _element(used), used.expression, used.use.node.start
        if step is None:
            continue
        base = expression.text[start : used.use.node.end]
        written, instead = expression.text[start : step.end()], f"{base}{step['name']}"
        message = (
            f"{coded(written)} reads {coded(base)} as a list, and {count} other rules use it as an object"
        )
        facts = Instead(expression, (InPlace(start, step.end(), instead),))
        span = expression.locate(start, step.end())
        yield Diagnostic("M133", span, message, f"write {coded(instead)}", related=related, facts=facts)


def _below(
    use: Use, at: tuple[SitePath, ...], one: ExpressionSite, expression: Expression, shown: Shown
) -> Diagnostic | None:
    """An attribute of what is used as a list, or as a text, by another rule."""
    node = use.node
    if isinstance(node, ObjectValues):
        return _values(node, at, one, expression, shown)
    if not isinstance(node, Field) or not at:
        return None
    base = expression.text[node.base.start : node.base.end]
    if one.loop is not None and {(*place, ELEMENT) for place in at} == {*one.at}:
        return None if any(shown.knows((*place, node.name)) for place in at) else _of_looped(node, expression)
    of_whole = one.loop is not None and base == "event" and ("event",) in shown.texts
    if at[0] not in shown.lists and at[0] not in shown.texts and not of_whole:
        return None  # nothing shows that it is anything else: so it is with most
    of_list = all(_shown_by_another(shown.lists.get(place), one) for place in at)
    of_text = all(_shown_by_another(shown.texts.get(place), one) for place in at)
    # Asked last: to look for an attribute in all events takes long.
    if not (of_whole or of_list or of_text) or any(shown.knows((*place, node.name)) for place in at):
        return None
    if of_whole:
        return _of_whole(node, f"$event.{name_of(node, expression)}", expression)
    if of_list:
        return _beside_use(_of_list(node, base, expression), at, one, shown)
    return _of_text(node, base, one, expression)


def _of_looped(node: Field, expression: Expression) -> Diagnostic:
    """An attribute of the list whose elements an `item` is made of."""
    base, name = expression.text[node.base.start : node.base.end], name_of(node, expression)
    message = f"{coded(base)} is the list that `each` goes through, and a list has no attribute `{node.name}`"
    hint = f"write {coded(name)}: an expression in `item` already reads the element"
    facts = in_place(node, name, expression)
    return Diagnostic("M133", expression.span(node), message, hint, facts=facts)


def _values(
    node: ObjectValues, at: tuple[SitePath, ...], one: ExpressionSite, expression: Expression, shown: Shown
) -> Diagnostic | None:
    """`items.*.sku`: the values of an object, of what another rule uses as a list."""
    if not at or not all(_shown_by_another(shown.lists.get(place), one) for place in at):
        return None
    if any(
        is_named(shown.source, place) or any(has_attribute(event, place) for event in shown.events)
        for place in at
    ):
        return None
    base = expression.text[node.base.start : node.base.end]
    message = (
        f"{coded(base)} is used as a list elsewhere in this mapping, and `.*` reads the values of an object"
    )
    facts = in_place(node, f"{base}[]", expression)
    found = Diagnostic("M133", expression.span(node), message, f"write {coded(f'{base}[]')}", facts=facts)
    return _beside_use(found, at, one, shown)


def _shown_by_another(rules: set[int] | None, one: ExpressionSite) -> bool:
    return bool(rules) and one.rule not in (rules or ())


def _of_list(node: Field, base: str, expression: Expression) -> Diagnostic:
    shown = coded(base or "@")
    message = f"{shown} is used as a list elsewhere in this mapping, and a list has no `{node.name}`"
    if node.name in _COUNTS:
        instead = f"count({base})"
        hint = f"write {coded(instead)}"
    else:
        name = name_of(node, expression)
        instead = f"{base}[].{name}"
        hint = f"write {coded(instead)} for each element, or {coded(f'{base}[0].{name}')} for the first"
        summed = _sum_of(node, expression)
        if summed is not None:
            # `sum` would be warned of next, since it fails where an event has no list.
            instead = f"total({instead})"
            facts = in_place(summed, instead, expression)
            hint = f"write {coded(instead)}, which adds up the elements exactly"
            return Diagnostic("M133", expression.span(node), message, hint, facts=facts)
    facts = in_place(node, instead, expression)
    return Diagnostic("M133", expression.span(node), message, hint, facts=facts)


def _sum_of(node: Field, expression: Expression) -> Call | None:
    """The `sum` of nothing but this."""
    calls = (one for one in expression.nodes_of(Call) if one.name == "sum")
    return next((one for one in calls if one.arguments[:1] == (node,)), None)


def _of_text(node: Field, base: str, one: ExpressionSite, expression: Expression) -> Diagnostic:
    message = (
        f"{coded(base)} is used as a string elsewhere in this mapping, and a string has no `{node.name}`"
    )
    if one.loop is None and base == "event":
        return _of_whole(node, name_of(node, expression), expression)
    return Diagnostic("M133", expression.span(node), message)


def _of_whole(node: Field, instead: str, expression: Expression) -> Diagnostic:
    """`event.number`, where `event` is an attribute of the event and not the event."""
    message = f"`event` is used as a string elsewhere in this mapping, and a string has no `{node.name}`"
    hint = f"write {coded(instead)}, which reads the whole event"
    facts = in_place(node, instead, expression)
    return Diagnostic("M133", expression.span(node), message, hint, facts=facts)
