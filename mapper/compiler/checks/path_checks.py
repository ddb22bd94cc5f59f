"""Paths -> warnings where an attribute is read of what is something else, or is not there.

What a mapping shows of the places in its events, which other checks ask for: one thing in a mapping shows
what another one means. Fields of objects that the target lacks, a `match` that no event has, misspelt names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from typing import NamedTuple

from mapper.compiler.checks.check_facts import NearName
from mapper.compiler.checks.check_registry import (
    IN_EXPRESSION,
    CheckCase,
    check,
    check_expression,
    fact,
)
from mapper.compiler.inference.expression_faults import owner_of, renamed
from mapper.compiler.inference.typed_expression import TypedExpression
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Field
from mapper.compiler.jmespath.uses import Use, is_single_name
from mapper.compiler.memo import once
from mapper.compiler.plan.expression_sites import (
    ExpressionSite,
    ExpressionSites,
    SitePath,
    expression_sites,
)
from mapper.compiler.syntax.let_nodes import written_variable
from mapper.compiler.syntax.value_nodes import Let
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass
from mapper.values.part_types import lacks
from mapper.values.types import Json, Type

# Shorter words that differ by one letter are mostly two words: `form` and `from`.
_SHORTEST_SLIP = 5
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
# So many names of fields are shown in a message.
_MOST_NAMED = 4


class Used(NamedTuple):
    """A use of the places that a part of an expression can be. let: the one whose name an attribute bears."""

    use: Use
    at: tuple[SitePath, ...]
    expression: Expression
    one: ExpressionSite
    let: str = ""


@dataclass(slots=True)
class Shown:
    """The uses that a mapping makes of the places in its events, by the rules that show them.

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
    """The uses that the mapping makes of the places in its events."""
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
        if not base.known or not base.fields or "object" not in base.kinds or lacks(base, node.name):
            continue
        names = _names_of(base)
        near = None if node.name in names else _slip(node.name, names)
        if near is not None:
            owner, span = (
                owner_of(node.base, one.expression),
                one.expression.locate(node.name_start, node.end),
            )
            message = f"{owner} is not known to have `{node.name}`, but has `{near}`"
            facts = renamed(node, near, one.expression)
            yield Diagnostic("M126", span, message, f"did you mean `{near}`?", facts=facts)


@once
def _names_of(base: Type) -> tuple[str, ...]:
    """The names of an object's fields."""
    return tuple([name for name, _ in base.fields or ()])


def _slip(word: str, names: Sequence[str]) -> str | None:
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
