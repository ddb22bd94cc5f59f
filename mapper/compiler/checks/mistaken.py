"""Mapping -> warnings: attributes that the rest of the mapping shows to be something else.

A word on the right of a comparison that nothing else reads; an attribute of what is a list, or a text,
elsewhere; an attribute that bears the name of a `let`. One thing in a mapping shows what another one means:
nothing is said where the source schema, or an event under `tests`, knows the attribute.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from mapper.compiler.checks.elements import check_elements
from mapper.compiler.inference.instead import in_place
from mapper.compiler.jmespath.doubt import UNQUOTED
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.literals import text_constant
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tree import Call, Field, Node, Values
from mapper.compiler.jmespath.uses import Use, is_bare
from mapper.compiler.plan.expression_sites import Place, Places, Standing
from mapper.compiler.plan.scope import Draft
from mapper.compiler.syntax.mapping import Mapping
from mapper.diagnostic import Diagnostic
from mapper.types import Json, Type

_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
# How other languages write the constants of JSON.
_CONSTANTS = {
    "false": "`false`",
    "nil": "`null`",
    "none": "`null`",
    "null": "`null`",
    "true": "`true`",
    "undefined": "`null`",
}
_COUNTS = frozenset({"count", "length", "size"})


# An expression, what it starts from, and how it uses which places.
_Used: TypeAlias = tuple[Expression, Standing, list[tuple[Use, tuple[Place, ...]]]]


@dataclass(slots=True)
class _Known:
    """What a mapping shows of the places in its events, by the rules that show it.

    by_lets: the names of lets with the places that they read themselves.
    """

    source: Type
    events: list[Json]
    read: set[Place] = field(default_factory=set)
    by_lets: set[tuple[str | None, Place]] = field(default_factory=set)
    lists: dict[Place, set[int]] = field(default_factory=dict)
    texts: dict[Place, set[int]] = field(default_factory=dict)

    def knows(self, place: Place) -> bool:
        """Whether the source schema names an attribute, or says that there is none; or an event has it."""
        return _is_named(self.source, place) or any(_has(event, place) for event in self.events)


@dataclass(slots=True)
class Meant:
    """Names of lets: those that an attribute was reported for, and those that attributes bear."""

    told: set[str] = field(default_factory=set)
    alike: set[str] = field(default_factory=set)


def check_mistaken(mapping: Mapping, places: Places, source: Type, draft: Draft) -> Meant:
    """Report what is most likely read as something that it is not."""
    used = _all_used(places)
    known = _gathered(mapping, used, _Known(source, [test.given for test in mapping.tests]))
    meant = Meant(alike={place[0] for let, place in known.by_lets if len(place) == 1 and let != place[0]})
    for expression, one, uses in used:
        told: set[int] = set()
        for use, at in uses:
            found = None
            if use.kind in ("read", "word"):
                found = _of_let(use, at, one, expression, places, known)
                if found is not None and isinstance(use.node, Field):
                    meant.told.add(use.node.name)
            if found is None and use.kind == "word":
                found = _word(use, at, expression, known)
            elif found is None and use.kind == "below":
                found = _below(use, at, one, expression, known)
            if found is not None and id(use.node) not in told:
                told.add(id(use.node))
                draft.found.append(found)
    check_elements(places, known.knows, draft)
    return meant


def _all_used(places: Places) -> list[_Used]:
    """All expressions with what they use; most are written more than once."""
    known: dict[tuple[int, tuple[Place, ...]], list[tuple[Use, tuple[Place, ...]]]] = {}
    every: list[_Used] = []
    for expression, one in places.standing:
        key = (id(expression.parsed), one.at)
        if key not in known:
            known[key] = [(use, places.of(use.spot, one.at)) for use in expression.parsed.uses]
        every.append((expression, one, known[key]))
    return every


def _gathered(mapping: Mapping, used: list[_Used], known: _Known) -> _Known:
    for _, one, uses in used:
        for use, at in uses:
            for place in at:
                if use.kind == "read":
                    known.read.add(place)
                    known.by_lets.add((one.let, place))
                elif use.kind in ("list", "text") and place:
                    shown = known.lists if use.kind == "list" else known.texts
                    shown.setdefault(place, set()).add(one.rule)
        if one.loop is not None:
            for place in one.at:
                known.lists.setdefault(place[:-1], set()).add(id(one.loop))
    if mapping.match is not None and any(
        isinstance(constant.value, str)
        for section in mapping.sections
        for constant in section.constants or ()
    ):
        path = mapping.match.path()
        if path:
            known.texts.setdefault(path, set()).add(id(mapping.match))
    return known


def _word(use: Use, at: tuple[Place, ...], expression: Expression, known: _Known) -> Diagnostic | None:
    """`status == canceled`: a word that nothing else reads, beside an attribute of another name."""
    node = use.node
    if not isinstance(node, Field) or not at or node.name in UNQUOTED:
        return None
    if any(place in known.read or known.knows(place) for place in at) or _is_alike(node.name, use.beside):
        return None
    constant = _CONSTANTS.get(node.name.lower())
    if constant is not None:
        message = f"`{node.name}` is the name of a field"
        facts = in_place(node, constant, expression)
        return Diagnostic("M119", expression.span(node), message, f"write {coded(constant)}", facts=facts)
    text = text_constant(node.name)
    what = "the attribute of that name" if len(at[0]) == 1 else "that attribute of the element"
    message = f"{coded(node.name)} reads {what}, and nothing else here does"
    hint = f"a text is written {coded(text)}; where the attribute is meant, `@.{node.name}`"
    if (node.name,) in known.read:
        hint += f", and that of the event is `$event.{node.name}`"
    facts = in_place(node, text, expression)
    return Diagnostic("M120", expression.span(node), message, hint, facts=facts)


def _is_alike(word: str, beside: Node | None) -> bool:
    """Whether a word shares a part with the attribute it is compared with: `status == old_status`."""
    name = beside.name if isinstance(beside, Field) else ""
    return bool({*_words(word)} & {*_words(name)})


def _words(name: str) -> Iterator[str]:
    return (part.lower().rstrip("s") for part in _PART.findall(name))


def _below(
    use: Use, at: tuple[Place, ...], one: Standing, expression: Expression, known: _Known
) -> Diagnostic | None:
    """An attribute of what is used as a list, or as a text, by another rule."""
    node = use.node
    if isinstance(node, Values):
        return _values(node, at, one, expression, known)
    if not isinstance(node, Field) or not at:
        return None
    base = expression.text[node.base.start : node.base.end]
    of_whole = one.loop is not None and base == "event" and ("event",) in known.texts
    if at[0] not in known.lists and at[0] not in known.texts and not of_whole:
        return None  # nothing shows that it is anything else: so it is with most
    of_list = all(_shown_by_another(known.lists.get(place), one) for place in at)
    of_text = all(_shown_by_another(known.texts.get(place), one) for place in at)
    # Asked last: to look for an attribute in all events takes long.
    if not (of_whole or of_list or of_text) or any(known.knows((*place, node.name)) for place in at):
        return None
    if of_whole:
        return _of_whole(node, f"$event.{_name(node, expression)}", expression)
    return _of_list(node, base, expression) if of_list else _of_text(node, base, one, expression)


def _values(
    node: Values, at: tuple[Place, ...], one: Standing, expression: Expression, known: _Known
) -> Diagnostic | None:
    """`items.*.sku`: the values of an object, of what another rule uses as a list."""
    if not at or not all(_shown_by_another(known.lists.get(place), one) for place in at):
        return None
    if any(
        _is_named(known.source, place) or any(_has(event, place) for event in known.events) for place in at
    ):
        return None
    base = expression.text[node.base.start : node.base.end]
    message = f"{coded(base)} is a list elsewhere in this mapping, and `.*` gives the values of an object"
    facts = in_place(node, f"{base}[]", expression)
    return Diagnostic("M133", expression.span(node), message, f"write {coded(f'{base}[]')}", facts=facts)


def _shown_by_another(rules: set[int] | None, one: Standing) -> bool:
    return bool(rules) and one.rule not in (rules or ())


def _of_list(node: Field, base: str, expression: Expression) -> Diagnostic:
    message = f"{coded(base)} is a list elsewhere in this mapping, and a list has no `{node.name}`"
    if node.name in _COUNTS:
        instead = f"count({base})"
        hint = f"write {coded(instead)}"
    else:
        name = _name(node, expression)
        instead = f"{base}[].{name}"
        hint = f"write {coded(instead)} for each element, or {coded(f'{base}[0].{name}')} for the first"
        summed = _sum_of(node, expression)
        if summed is not None:
            # `sum` would be warned of next, since it fails where an event has no list.
            instead = f"total({instead})"
            facts = in_place(summed, instead, expression)
            hint = f"write {coded(instead)}, the exact sum over the elements"
            return Diagnostic("M133", expression.span(node), message, hint, facts=facts)
    facts = in_place(node, instead, expression)
    return Diagnostic("M133", expression.span(node), message, hint, facts=facts)


def _sum_of(node: Field, expression: Expression) -> Call | None:
    """The `sum` of nothing but this."""
    calls = (one for one in expression.walk() if isinstance(one, Call) and one.name == "sum")
    return next((one for one in calls if one.arguments[:1] == (node,)), None)


def _of_text(node: Field, base: str, one: Standing, expression: Expression) -> Diagnostic:
    message = f"{coded(base)} is a text elsewhere in this mapping, and a text has no `{node.name}`"
    if one.loop is None and base == "event":
        return _of_whole(node, _name(node, expression), expression)
    return Diagnostic("M133", expression.span(node), message)


def _of_whole(node: Field, instead: str, expression: Expression) -> Diagnostic:
    """`event.number`, where `event` is an attribute of the event and not the event."""
    message = f"`event` is a text elsewhere in this mapping, and a text has no `{node.name}`"
    hint = f"write {coded(instead)}, which reads the whole event"
    facts = in_place(node, instead, expression)
    return Diagnostic("M133", expression.span(node), message, hint, facts=facts)


def _name(node: Field, expression: Expression) -> str:
    return expression.text[node.name_start : node.end]


def _of_let(
    use: Use, at: tuple[Place, ...], one: Standing, expression: Expression, places: Places, known: _Known
) -> Diagnostic | None:
    """An attribute that bears the name of a `let`, which does not read it itself."""
    node = use.node
    if not isinstance(node, Field) or node.name not in places.lets or not is_bare(node):
        return None
    place = (node.name,)
    own = one.let == node.name or (node.name, place) in known.by_lets
    if own or use.spot.root != "@" or at != (place,) or known.knows(place):
        return None
    read = next((read for read in expression.reads() if read.start == node.start), None)
    path = expression.text[node.start : node.end if read is None else read.end]
    message = f"{coded(path)} reads the event's attribute `{node.name}`; the `let` is `${node.name}`"
    facts = in_place(node, f"${node.name}", expression)
    hint = f"write {coded(f'${path}')}; where the attribute is meant, {coded(f'$event.{path}')}"
    return Diagnostic("M132", expression.span(node), message, hint, facts=facts)


def _is_named(source: Type, place: Place) -> bool:
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


def _has(value: Json, place: Place) -> bool:
    """Whether an event has an attribute at a place, in any element of a list."""
    for depth, name in enumerate(place):
        if name.startswith("["):
            listed = value if isinstance(value, list) else []
            return any(_has(element, place[depth + 1 :]) for element in listed)
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    return True
