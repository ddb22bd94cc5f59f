"""Bare names -> warnings where a constant, or a `let`, was most likely meant.

A word on the right of a comparison that nothing else reads; an attribute that bears the name of a `let`; a
constant that reads as a variable. Nothing is said where the source schema, or an event under `tests`, knows
an attribute of that name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from mapper.compiler.checks.check_registry import (
    CheckCase,
    Relation,
    check,
    check_read,
    fact,
    overlapping,
    same_span,
)
from mapper.compiler.checks.path_checks import Shown, Used, places_of, shown_by
from mapper.compiler.inference.type_facts import in_place
from mapper.compiler.jmespath.call_facts import takes_several_values
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tokens import text_constant
from mapper.compiler.jmespath.tree import (
    And,
    Call,
    Comparison,
    Current,
    Field,
    Filter,
    Literal,
    MultiHash,
    MultiList,
    Node,
    Not,
    Or,
    Projection,
    Reference,
    Then,
    children,
)
from mapper.compiler.jmespath.uses import Use, is_single_name
from mapper.compiler.plan.expression_sites import SitePath
from mapper.compiler.plan.plan_facts import ConstantWord
from mapper.compiler.plan.scope import Site
from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.syntax.let_nodes import written_variable
from mapper.texts.diagnostic import Diagnostic
from mapper.transforms import TRANSFORMS, Parameter, Transform
from mapper.values.frozen import dataclass

_NAMES = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)
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
# All that can precede a path or end one; none of these reads a name of its own.
_OPEN = And | Call | Comparison | Filter | MultiHash | MultiList | Not | Or | Projection | Reference | Then
# Constants of JSON, which are written between backticks.
UNQUOTED = frozenset({"true", "false", "null"})
_BOOLEANS = frozenset({"true", "false"})
# A word as a sentence begins, or a name: no abbreviation, and not `OrderId`.
_CAPITALISED = re.compile(r"[A-Z][a-z]+")
# So many other attributes show how a source writes them.
_FEWEST_OTHERS = 4
# Functions that make a text of several, or take one of them.
_OF_TEXTS = frozenset({"concat", "join", "not_null", "template"})
_TOLD_ELSEWHERE = ("M118", "M119", "M132", "M136", "M308", "M313")
# What the part of a mapping with its variables is called, here and in other tools.
OF_LETS = frozenset({"let", "lets", "variables", "vars"})
# Parameters of transforms that hardly ever differ from event to event.
_MOSTLY_CONSTANT = frozenset({"format", "group", "name", "point", "separator", "zone"})


@check_read("M118", "M119")
def names_in_place_of_constants(expression: Expression) -> Iterator[Diagnostic]:
    """Names where a text is more likely, and constants of JSON without backticks."""
    if _is_bare(expression.root):
        yield from _unquoted(expression.root, expression)
    for node in expression.walk():
        if not isinstance(node, _OPEN):
            continue
        for child in children(node):
            if _is_bare(child):
                yield from _unquoted(child, expression)
        for place in _places_of_texts(node):
            if isinstance(place, Field) and place.quoted and _is_bare(place):
                message = f"`{place.name}` in double quotes is an attribute name"
                constant, others = text_constant(place.name), tuple[str, ...]()
                hint = f'write a string as `{constant}`; if you mean the attribute, `@."{place.name}"`'
                if place.name in _BOOLEANS:  # a text is never equal to a boolean
                    constant, others = f"`{place.name}`", (constant,)
                    hint = f"write {coded(constant)} for a boolean, `{others[0]}` for a string"
                facts = in_place(place, constant, expression, *others)
                yield Diagnostic("M118", expression.span(place), message, hint, facts=facts)


def _unquoted(node: Node, expression: Expression) -> Iterator[Diagnostic]:
    if isinstance(node, Field) and node.name in UNQUOTED and not node.quoted:
        message = f"`{node.name}` without backticks is an attribute name"
        # A field may be called `Order`, but none `true`.
        facts = replace(in_place(node, f"`{node.name}`", expression), is_safe=True)
        hint = f"write `` `{node.name}` ``"
        yield Diagnostic("M119", expression.span(node), message, hint, facts=facts)


def _is_word_of(transform: Transform, parameter: Parameter, name: str) -> bool:
    """Whether a name is a constant that a transform takes, where it does not take most: a currency."""
    return transform.accepts(parameter, name) and not transform.accepts(parameter, f"{name}qx")


@check_read("M120", yields_to=(Relation("M136", overlapping),))
def words_as_arguments(expression: Expression) -> Iterator[Diagnostic]:
    """Bare names where a transform's argument is mostly the same for all events."""
    for call in expression.walk():
        if not isinstance(call, Call) or call.name not in TRANSFORMS:
            continue
        transform = TRANSFORMS[call.name]
        for parameter, place in zip(transform.parameters, call.arguments[1:], strict=False):
            if not isinstance(place, Field) or place.quoted or not _is_bare(place) or parameter.constant:
                continue
            if parameter.name in _MOSTLY_CONSTANT or _is_word_of(transform, parameter, place.name):
                message = (
                    f"`{place.name}` reads an attribute of the event for the argument `{parameter.name}`"
                )
                hint = f"write a string as `'{place.name}'`; if you mean the attribute, `@.{place.name}`"
                facts = in_place(place, text_constant(place.name), expression)
                yield Diagnostic("M120", expression.span(place), message, hint, facts=facts)


def _is_bare(node: Node) -> bool:
    """Whether a node is a name alone, without a path, or `@`, before it."""
    return isinstance(node, Field) and isinstance(node.base, Current) and node.start == node.name_start


def _places_of_texts(node: Node) -> tuple[Node, ...]:
    """The parts of a node where a text is more likely than the field of that name."""
    if isinstance(node, Comparison) and not isinstance(node.left, Literal):
        # `"a" == b` is a text on the wrong side of a path; between two quoted names the right one is.
        flipped = isinstance(node.right, Field) and not node.right.quoted
        return (node.left,) if flipped else (node.right,)
    if isinstance(node, Call) and not takes_several_values(node.name):
        return node.arguments[:1] if node.name == "join" else _after_value(node)
    return ()


def _after_value(call: Call) -> tuple[Node, ...]:
    """The arguments after the value, but those that must be constants: what else they are is an error."""
    parameters = TRANSFORMS[call.name].parameters if call.name in TRANSFORMS else ()
    constant = {at for at, one in enumerate(parameters) if one.constant}
    return tuple(one for at, one in enumerate(call.arguments[1:]) if at not in constant)


@dataclass(frozen=True, slots=True)
class LetsShown:
    """Names of lets: those that an attribute was most likely meant as, and those that attributes bear."""

    told: set[str]
    alike: set[str]


@fact
def lets_shown(case: CheckCase) -> LetsShown:
    """The lets whose names attributes bear, and what these say of them."""
    if case.mapping.partial:
        return LetsShown(set(), set())
    by_lets = shown_by(case).by_lets
    single = [(written_variable(let or ""), place[0]) for let, place in by_lets if len(place) == 1]
    alike = {name for let, name in single if let != name}
    return LetsShown({name for name, _ in _lets_meant(case)}, alike)


@check("M132", needs=("whole",))
def attributes_for_lets(case: CheckCase) -> Iterator[Diagnostic]:
    """Attributes that bear the name of a `let`."""
    yield from (found for _, found in _lets_meant(case))


@fact
def _lets_meant(case: CheckCase) -> list[tuple[str, Diagnostic]]:
    """The lets that attributes were most likely meant as."""
    shown, names = shown_by(case), {written_variable(let.name): let.name for let in case.mapping.all_lets}
    told = [found for used in shown.lets for found in _of_let(used, shown)]
    return told + [found for used in shown.below for found in _below_let(used, names, shown)]


def _below_let(used: Used, names: dict[str, str], shown: Shown) -> Iterator[tuple[str, Diagnostic]]:
    """`let.brand`, the path in the mapping, in place of `$brand`."""
    node, spot = used.use.node, used.use.spot
    if not isinstance(node, Field) or node.name not in names or spot.root != "@" or len(spot.names) != 1:
        return
    is_path = spot.names[0] in OF_LETS and is_single_name(node.base)
    if not is_path or any(shown.knows((*place, node.name)) for place in used.at):
        return
    written = used.expression.text[node.start : node.end]
    message = f"{coded(written)} reads an attribute; the variable is `${node.name}`"
    hint = f"write `${node.name}`; if you mean the attribute, `@.{written}`"
    facts = in_place(node, f"${node.name}", used.expression)
    yield names[node.name], Diagnostic("M132", used.expression.span(node), message, hint, facts=facts)


def _of_let(used: Used, shown: Shown) -> Iterator[tuple[str, Diagnostic]]:
    """An attribute that bears the name of a `let`, which does not read it itself."""
    use, at, expression, one, let = used
    node = use.node
    if not isinstance(node, Field) or not at or use.spot.root != "@" or use.spot.names != (node.name,):
        return
    if one.let == let or any((let, place) in shown.by_lets or shown.knows(place) for place in at):
        return
    of_event = at == ((node.name,),)
    if not of_event and (one.loop is None or all(let != own.name for own in one.loop.lets)):
        return
    read = next((read for read in expression.reads() if read.start == node.start), None)
    path = expression.text[node.start : node.end if read is None else read.end]
    whose, before = ("event's", "$event.") if of_event else ("element's", "@.")
    message = f"{coded(path)} reads the {whose} attribute `{node.name}`; the variable is `${node.name}`"
    facts = in_place(node, f"${node.name}", expression)
    hint = f"write {coded(f'${path}')}; if you mean the attribute, {coded(f'{before}{path}')}"
    yield let, Diagnostic("M132", expression.span(node), message, hint, facts=facts)


@check("M119", "M120", needs=("whole",), yields_to=(Relation("M132", same_span),))
def words_in_comparisons(case: CheckCase) -> Iterator[Diagnostic]:
    """`status == canceled`: words that nothing else reads, beside attributes of other names."""
    shown = shown_by(case)
    for used in shown.words:
        found = _word(used.use, used.at, used.expression, shown)
        yield from () if found is None else (found,)


def _word(use: Use, at: tuple[SitePath, ...], expression: Expression, shown: Shown) -> Diagnostic | None:
    """The warning for a word; None where something shows that the attribute is meant."""
    node = use.node
    if not isinstance(node, Field) or not at or node.name in UNQUOTED:
        return None
    if any(place in shown.read or shown.knows(place) for place in at) or _is_alike(node.name, use.beside):
        return None
    constant = _CONSTANTS.get(node.name.lower())
    if constant is not None:
        message = f"`{node.name}` in double quotes is an attribute name"
        facts = in_place(node, constant, expression)
        return Diagnostic("M119", expression.span(node), message, f"write {coded(constant)}", facts=facts)
    text = text_constant(node.name)
    what = "the attribute of that name" if len(at[0]) == 1 else "that attribute of the element"
    message = f"{coded(node.name)} reads {what}, which no other expression reads"
    hint = f"write a string as {coded(text)}; if you mean the attribute, `@.{node.name}`"
    if (node.name,) in shown.read:
        hint += f"; the event's own is `$event.{node.name}`"
    facts = in_place(node, text, expression)
    return Diagnostic("M120", expression.span(node), message, hint, facts=facts)


@check("M120", needs=("whole",))
def event_names_in_comparisons(case: CheckCase) -> Iterator[Diagnostic]:
    """`kind == search.performed` beside `match: kind`: a name of events with a dot, without quotes."""
    match = case.mapping.match
    if match is None or match.path() is None:
        return
    compared = [
        (expression, node.right)
        for expression, one in places_of(case).sites
        if one.loop is None
        for node in expression.walk()
        if isinstance(node, Comparison) and node.operator in ("==", "!=")
        if expression.text[node.left.start : node.left.end] == match.text.strip()
    ]
    alike = [expression for expression, _ in compared]
    names = {tuple(expression.text[right.start : right.end].split(".")) for expression, right in compared}
    for expression, right in compared:
        name = expression.text[right.start : right.end]
        path = tuple(name.split("."))
        is_read = any(one.path[:1] == path[:1] and one.path not in names for one in expression.reads())
        if "." not in name or not _NAMES.fullmatch(name) or is_read or _is_attribute(path, alike, case):
            continue
        message = f"{coded(name)} reads the attribute of that name, which no other expression reads"
        hint = f"write a string as {coded(text_constant(name))}; if you mean the attribute, `@.{name}`"
        facts = in_place(right, text_constant(name), expression)
        yield Diagnostic("M120", expression.span(right), message, hint, facts=facts)


@check("M120", needs=("whole",), yields_to=tuple(Relation(code, same_span) for code in ("M119", "M132")))
def event_names_as_conditions(case: CheckCase) -> Iterator[Diagnostic]:
    """`when: purchase.completed` beside `match`: a name of events, which only `is` compares."""
    match = case.mapping.match
    if match is None:
        return
    alone = (one.when for one in case.mapping.sections if one.constants is None)
    plain = [when for when in alone if when is not None and _is_plain(when)]
    for when in plain:
        if not _is_attribute(when.path() or (), plain, case):
            message = f"`{when.text}` reads an attribute of the event, which no rule reads"
            hint = (
                f"for events whose {coded(match.text)} has this value, write `is: {when.text}`; "
                f"if you mean the attribute, `boolean({when.text})`"
            )
            yield Diagnostic("M120", when.whole, message, hint)


def _is_plain(expression: Expression) -> bool:
    """Whether an expression is a name, or names with dots between them, without quotes and `@`."""
    return _NAMES.fullmatch(expression.text) is not None and expression.text not in UNQUOTED


def _is_attribute(path: SitePath, alike: Sequence[Expression], case: CheckCase) -> bool:
    """Whether an event has what is at a path, or an expression that is not alike reads some of it."""
    shown, places = shown_by(case), places_of(case)
    return shown.knows(path) or any(
        place[:1] == path[:1]
        for expression, one in places.sites
        if all(expression is not other for other in alike)
        for use in expression.parsed.uses
        for place in places.of(use.spot, one.at)
    )


@check("M120", needs=("whole",), yields_to=tuple(Relation(code, same_span) for code in _TOLD_ELSEWHERE))
def capitalised_words(case: CheckCase) -> Iterator[Diagnostic]:
    """`concat(Booking, ' ', number)`: a word in capitals among attributes that have none."""
    shown, sites = shown_by(case), {id(expression): one for expression, one in places_of(case).sites}
    words = [
        (node, expression, site)
        for expression, site in case.record.sent
        for node in _capitalised(expression)
        if id(expression) in sites and not _is_known(node.name, sites[id(expression)].at, shown)
        if node is not expression.root or not is_of_field(node.name, site)
    ]
    names = {node.name for node, _, _ in words}
    others = {name for place in shown.read for name in place[: -1 if place[-1] in names else None]}
    alone = {node.name for node, expression, _ in words if node is expression.root}
    # With more of them, that is how the source writes its attributes.
    if len(alone) > 1 or len(others) < _FEWEST_OTHERS or any(name[:1].isupper() for name in others):
        return
    for node, expression, site in words:
        message = f"`{node.name}` reads an attribute, and no other attribute begins with a capital letter"
        if node is expression.root and site.target is not None:
            word = ConstantWord(expression, node, site.target, (), is_certain=False, is_open=True)
            yield Diagnostic("M120", expression.span(node), message, path=site.target.path, facts=word)
            continue
        hint = f"write a string as `'{node.name}'`; if you mean the attribute, `@.{node.name}`"
        facts = in_place(node, text_constant(node.name), expression)
        yield Diagnostic("M120", expression.span(node), message, hint, facts=facts)


def _capitalised(expression: Expression) -> Iterator[Field]:
    """Words that begin with a capital letter, alone or among the texts and values that make another one."""
    waiting = [expression.root]
    while waiting:
        node = waiting.pop()
        if (
            isinstance(node, Field)
            and _is_bare(node)
            and not node.quoted
            and _CAPITALISED.fullmatch(node.name)
        ):
            yield node
        elif isinstance(node, Or | MultiList) or (isinstance(node, Call) and node.name in _OF_TEXTS):
            waiting += children(node)


def _is_known(word: str, at: tuple[SitePath, ...], shown: Shown) -> bool:
    return not at or any(shown.knows((*place, word)) for place in at)


def is_of_field(word: str, site: Site) -> bool:
    """Whether a word is what an attribute of the field may well be called."""
    if site.target is None:
        return False
    field = site.target.path.removesuffix("[]").rpartition(".")[2]
    return letters_of(word) in {*map(letters_of, site.target.attributes), *_words(field)}


def _is_alike(word: str, beside: Node | None) -> bool:
    """Whether a word shares a part with the attribute it is compared with: `status == old_status`."""
    name = beside.name if isinstance(beside, Field) else ""
    return bool({*_words(word)} & {*_words(name)})


def _words(name: str) -> Iterator[str]:
    return (part.lower().rstrip("s") for part in _PART.findall(name))


@check("M308")
def constant_words(case: CheckCase) -> Iterator[Diagnostic]:
    """Bare words that are meant as constants of their fields."""
    for word in case.record.words:
        if word.is_certain:
            yield _constant_word("M308", word, "is another word for" if word.meant else "is itself")


@check("M313")
def likely_constant_words(case: CheckCase) -> Iterator[Diagnostic]:
    """Bare words that may be meant as constants of their fields, or as attributes."""
    for word in case.record.words:
        field = word.target.path.removesuffix("[]").rpartition(".")[2]
        if not word.is_certain and word.node.name != field:  # `st: st` reads the attribute
            yield _constant_word("M313", word, "may be meant as")


def _constant_word(code: str, word: ConstantWord, verb: str) -> Diagnostic:
    name, path = word.node.name, word.target.path
    values = " or ".join(f"`{one}`" for one in word.meant) or "a value"
    message = f"`{name}` reads the attribute `{name}` of the event, but {verb} {values} of `{path}`"
    return Diagnostic(code, word.expression.span(word.node), message, path=path, facts=word)
