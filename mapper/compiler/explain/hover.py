"""Plan x offset -> Hover: what is written there, its type, its steps, and what it was for an event.

The meaning of a key is put in by `Analysis.at`, from `mapper/compiler/editor/lookup.py`.
"""

from __future__ import annotations

from dataclasses import field, replace
from itertools import pairwise
from typing import Literal as OneOf
from typing import TypeAlias

from mapper.compiler.explain.absence import why_read
from mapper.compiler.explain.event_run import EventRun, run_alone
from mapper.compiler.explain.payload_rows import row_of
from mapper.compiler.explain.table import TracedStep
from mapper.compiler.inference.constant_arguments import constant_arguments
from mapper.compiler.inference.infer import typed_parts
from mapper.compiler.inference.pattern_names import PATTERNED, is_pattern_path
from mapper.compiler.inference.personal_origins import may_be_persons, paths_of, shows_personal
from mapper.compiler.inference.result_types import literal_type
from mapper.compiler.jmespath.expression import Expression, with_tree
from mapper.compiler.jmespath.signatures import own_signature, signature
from mapper.compiler.jmespath.tree import (
    Call,
    Current,
    Field,
    Filter,
    Literal,
    MultiList,
    Node,
    OwnCall,
    Projection,
    Reference,
    Then,
    Variable,
    children,
)
from mapper.compiler.plan.ir import Loop, Planned, RulePlace, every, own_steps, parts
from mapper.compiler.plan.planned_steps import Step
from mapper.compiler.plan.planner import Plan
from mapper.compiler.plan.scope import Scope, span_of
from mapper.compiler.syntax.language_keys import VARIABLES
from mapper.compiler.yaml.location import Location
from mapper.runtime.functions import FUNCTIONS
from mapper.runtime.limits import absent
from mapper.texts.markdown import code
from mapper.texts.named_text import Span, Text
from mapper.transforms import TRANSFORMS
from mapper.transforms.matching import compiled
from mapper.transforms.mismatch import why_no_match
from mapper.transforms.pattern_rules import read_pattern
from mapper.transforms.pattern_words import in_words
from mapper.transforms.patterns import PatternFault
from mapper.transforms.text import text as text_of
from mapper.values.frozen import dataclass
from mapper.values.types import UNKNOWN, Invalid, Json

_LONGEST_LET = 120
HoverKind: TypeAlias = OneOf["key", "expression", "variable", "function", "transform", "pattern", "scalar"]


@dataclass(frozen=True, slots=True)
class Hover:
    """The meaning of the text at an offset.

    span, text: the smallest part there. path: the target path of the rule that it is in (`$name` of a `let`);
    rule: where that is written. type: of an expression's part, "" for others. meaning: of a key, a function
    or a transform, as Markdown. steps: those that the value goes through, with those the compiler put in.
    is_known: an event was given, and `value` is what this part is for it, of a pattern what its parts take;
    why: why it has none. personal: it may be a person's, or, as any object may, hold such.
    overrides: the keys of the inherited parts that this one replaces, the nearest first.
    """

    span: Span
    kind: HoverKind
    text: str
    path: str = ""
    rule: Span | None = None
    type: str = ""
    meaning: str = ""
    steps: tuple[TracedStep, ...] = ()
    is_known: bool = False
    value: Json = None
    why: str = ""
    personal: bool = False
    overrides: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedSites:
    """The values of a plan, each once.

    owners, loops: for each expression in it, by identity, the value it is of, and the lists that it is in.
    of_functions: the expressions of functions, which have another value for each call.
    """

    values: list[Planned] = field(default_factory=list)
    owners: dict[int, Planned] = field(default_factory=dict)
    loops: dict[int, tuple[Planned, ...]] = field(default_factory=dict)
    seen: set[tuple[int, int]] = field(default_factory=set)
    of_functions: set[int] = field(default_factory=set)


def planned_sites(plan: Plan) -> PlannedSites:
    """The values of a plan: of its fields, lets and consent."""
    sites = PlannedSites()
    payloads = [one.payload for one in plan.all_sections if one.payload is not None]
    objects = (*payloads, *(one.planned for one in plan.record.objects.values()))
    entries = [entry for one in objects for entry in one.entries]
    for entry in entries:
        _add(entry.value, entry.when, (), sites)
    for let in plan.lets:
        _add(let.value, None, (), sites)
    for function in plan.functions:
        _add(function.value, None, (), sites)
        for one in every(function.value):
            sites.of_functions.update(map(id, (one.source, one.when, *[part.when for part in parts(one)])))
    for value in () if plan.consent is None else plan.consent.values:
        _add(value, None, (), sites)
    return sites


def _add(planned: Planned, when: Expression | None, loops: tuple[Planned, ...], sites: PlannedSites) -> None:
    key = (id(planned.source), id(planned))
    if key in sites.seen:
        return
    sites.seen.add(key)
    sites.values.append(planned)
    for read in (planned.source, planned.when, when):
        sites.owners.setdefault(id(read), planned)
        sites.loops.setdefault(id(read), loops)
    for part in parts(planned):
        inner = loops
        if part.role in ("item", "let") and isinstance(planned.source, Loop):
            inner = (*loops, planned)
        _add(part.value, part.when, inner, sites)


@dataclass(frozen=True, slots=True)
class AtWork:
    """A plan and its values; run: of the event whose values are asked for, if there is one."""

    plan: Plan
    sites: PlannedSites
    run: EventRun | None = None

    def run_at(self, source: object) -> EventRun | None:
        """The run at what an expression, or another source of a value, reads: in a loop, the first item."""
        run = None if id(source) in self.sites.of_functions else self.run
        value, loops = self.sites.owners.get(id(source)), self.sites.loops.get(id(source), ())
        found = _at_first_item(run, loops)
        return found if found is not None or run is None or value is None else _alone(value, loops, run)

    def run_of(self, value: Planned) -> EventRun | None:
        """The run where a value was made; that of a program that makes nothing else, where it was not."""
        found = self.run_at(value.source)
        if found is None or self.run is None or found.reached(value):
            return found
        return _alone(value, self.sites.loops.get(id(value.source), ()), self.run)


def _alone(value: Planned, loops: tuple[Planned, ...], run: EventRun) -> EventRun | None:
    """The run of a program that makes nothing but a value of an item: at the first of the items."""
    for one in reversed(loops):
        if isinstance(one.source, Loop):
            value = Planned(replace(one.source, item=value), one.type, one.place, one.span)
    return _at_first_item(run_alone(run, value), loops)


def _at_first_item(run: EventRun | None, loops: tuple[Planned, ...]) -> EventRun | None:
    for one in loops:
        if run is not None and isinstance(one.source, Loop):
            run = next(run.kept_items(one.source), None)
    return run


def hover(location: Location, text: Text, offset: int, at_work: AtWork | None) -> Hover:
    """The facts of a location of a text; without a plan only what is written."""
    span = location.node.span
    written = text.content[span.start : span.end]
    made = Hover(span, "scalar" if location.value is None else "key", written)
    if is_pattern_path(location.path):
        return _of_pattern(made, location, text, offset, at_work)
    if at_work is None:
        return made
    step = _of_step(made, at_work.plan)
    if step.kind == "transform" and any(_has_step(one, span) for one in at_work.sites.values):
        return _within_rule(step, text, offset, at_work)
    if location.value is not None:
        return _of_rule(made, location.value.span, at_work)
    read = [(one, scope) for one, scope in at_work.plan.record.read if _is_at(one.whole, text, offset)]
    made = _of_expression(made, read[0], offset, at_work) if read else step
    return _within_rule(made, text, offset, at_work)


def _of_pattern(made: Hover, location: Location, text: Text, offset: int, at_work: AtWork | None) -> Hover:
    """A pattern of a step or of `is`, or the key of a row; with an event, what its parts take of the text."""
    pattern = location.node.text
    if at_work is None or location.path[-2:] == ("is", "pattern"):
        made = _in_words(made, pattern, False)
        run = None if at_work is None else at_work.run
        match = None if at_work is None else at_work.plan.match
        if run is None or at_work is None or match is None or made.kind != "pattern":
            return made
        labels = at_work.plan.labels
        return _with_parts(made, pattern, False, run.matched, shows_personal(match, labels.event, labels))
    found = [
        (step.span.start, planned, step)
        for planned in at_work.sites.values
        for step in own_steps(planned)
        if step.span is not None and step.span.text is text and step.span.start <= offset
        if pattern in _patterns_of(step)
    ]
    if not found:
        return _in_words(made, pattern, False)
    _, planned, step = max(found, key=lambda one: one[0])
    any_case = any(parameter.name == "any_case" and value is True for parameter, value in step.arguments)
    made = _in_words(_within_rule(made, text, offset, at_work), pattern, any_case)
    run = at_work.run_of(planned)
    row = row_of(made.path, planned, at_work.plan, run)
    place = next((at for at, one in enumerate(row.steps) if one.span == step.span), None)
    if run is None or place is None or made.kind != "pattern":
        return made
    return _with_parts(
        made, pattern, any_case, row.steps[place - 1].value if place else row.read, row.personal
    )


def _patterns_of(step: Step) -> list[object]:
    """The patterns that a step is given."""
    given = [value for parameter, value in step.arguments if parameter.is_pattern]
    return [one for value in given for one in (value if isinstance(value, list | dict) else [value])]


def _in_words(made: Hover, pattern: str, any_case: bool) -> Hover:
    """The pattern said in words, if it is one."""
    try:
        return replace(made, kind="pattern", meaning=in_words(read_pattern(pattern, any_case)))
    except PatternFault:
        return made


def _with_parts(made: Hover, pattern: str, any_case: bool, value: Json, personal: bool) -> Hover:
    """A hover with the parts that a pattern takes of a text; of a list, of its first element."""
    first = next(iter(value), None) if isinstance(value, list) else value
    if isinstance(first, bool) or not isinstance(first, str | int | float):
        return replace(made, is_known=True, why="there is no text")
    known = compiled(pattern, any_case)
    found = known.match(text_of(first))
    if found is None:
        why = why_no_match(text_of(first), pattern, any_case)
        return replace(made, is_known=True, value=None, why=f"no match: {why}")
    parts: Json = dict(zip(known.names, found.groups(), strict=True)) if known.names else True
    return replace(made, is_known=True, value=parts, personal=personal)


def _is_at(span: Span, text: Text, offset: int) -> bool:
    return span.text is text and span.start <= offset <= span.end


def _of_rule(made: Hover, value: Span, at_work: AtWork) -> Hover:
    """A key with the rule that is its value: the first of all that are written within it."""
    within = [one for one in at_work.sites.values if one.span.is_within(value)]
    placed = next((one for one in at_work.plan.places if one.span in (value, made.span)), None)
    if placed is not None:
        made = replace(made, path=placed.path, rule=placed.span)
    outer = next((one for one in within if one.span == value), next(iter(within), None))
    if outer is None or placed is None:
        return made
    return replace(_with_row(made, outer, at_work), type=outer.type.describe())


def _within_rule(made: Hover, text: Text, offset: int, at_work: AtWork) -> Hover:
    """A part with the rule that it is in, and the steps that the innermost value around it goes through."""
    rules = [one for one in at_work.plan.places if _is_at(one.span, text, offset)]
    if rules:
        rule = min(rules, key=_length_of_place)
        made = replace(made, path=rule.path, rule=rule.span)
    if made.kind == "transform":
        values = [one for one in at_work.sites.values if _has_step(one, made.span)]
    else:
        values = [one for one in at_work.sites.values if _is_at(one.span, text, offset)]
    return _with_row(made, min(values, key=_length), at_work) if values else made


def _has_step(planned: Planned, span: Span) -> bool:
    return any(step.span == span for step in own_steps(planned))


def _length_of_place(place: RulePlace) -> int:
    return place.span.end - place.span.start


def _length(planned: Planned) -> int:
    return planned.span.end - planned.span.start


def _with_row(made: Hover, planned: Planned, at_work: AtWork) -> Hover:
    """A part with the steps of a value; with an event, also what came out of each, and of all."""
    run = at_work.run_of(planned)
    row = row_of(made.path, planned, at_work.plan, run)
    made = replace(made, steps=row.steps)
    step = next((one for one in row.steps if one.span == made.span and one.reached), None)
    if step is not None:
        why = f"invalid: {step.failure}" if step.failure else ""
        return replace(made, is_known=True, value=step.value, why=why, personal=row.personal)
    if made.kind == "key" and run is not None:
        return replace(made, is_known=True, value=row.value, why=row.why, personal=row.personal)
    return made


def _of_expression(made: Hover, read: tuple[Expression, Scope], offset: int, at_work: AtWork) -> Hover:
    """The smallest part of an expression at an offset, with its type; with an event, also its value."""
    expression, scope = read
    node = _node_at(expression, offset)
    types = typed_parts(expression, scope.at, scope.variables).parts
    kind, meaning = _told(node, at_work.plan)
    type = types[id(node)].describe() if id(node) in types else ""
    span = _span_of(node, expression)
    text = span.text.content[span.start : span.end]
    made = replace(made, span=span, kind=kind, text=text, type=type, meaning=meaning)
    call = _call_of_pattern(node, expression)
    if call is not None and isinstance(node, Literal):
        return _of_literal_pattern(made, str(node.value), call, read, at_work)
    run, readable = at_work.run_at(expression), _readable(node, expression.root)
    if run is None or readable is None:
        return made
    part = replace(expression, parsed=with_tree(readable))
    try:
        value = run.read(readable, expression, run.at)
    except Invalid as invalid:
        return replace(made, is_known=True, why=f"invalid: {invalid.reason}")
    why = why_read(part, run) if absent(value) else ""
    if made.type == UNKNOWN.describe() and not absent(value):
        made = replace(made, type=literal_type(value).describe())
    personal = isinstance(value, dict) or _reads_personal(part, scope, at_work.plan)
    return replace(made, is_known=True, value=value, why=why, personal=personal)


def _call_of_pattern(node: Node, expression: Expression) -> Call | None:
    """The call that a constant is the pattern of, or one of several."""
    for call in expression.walk():
        if isinstance(call, Call) and call.name in PATTERNED and len(call.arguments) > 1:
            given = call.arguments[1]
            if node is given or (isinstance(given, MultiList) and any(node is one for one in given.elements)):
                return call
    return None


def _of_literal_pattern(
    made: Hover, pattern: str, call: Call, read: tuple[Expression, Scope], at_work: AtWork
) -> Hover:
    expression, scope = read
    any_case = constant_arguments(TRANSFORMS[call.name], call).get("any_case") is True
    made = _in_words(made, pattern, any_case)
    run, readable = at_work.run_at(expression), _readable(call.arguments[0], expression.root)
    if run is None or readable is None or made.kind != "pattern" or call.name == "pick":
        return made
    try:
        value = run.read(readable, expression, run.at)
    except Invalid as invalid:
        return replace(made, is_known=True, why=f"invalid: {invalid.reason}")
    part = replace(expression, parsed=with_tree(readable))
    return _with_parts(made, pattern, any_case, value, _reads_personal(part, scope, at_work.plan))


def _reads_personal(expression: Expression, scope: Scope, plan: Plan) -> bool:
    """Whether an expression reads an attribute that is a person's, for certain or by its name."""
    paths = [path for read in expression.reads() for path in paths_of(read, scope.origins, plan.labels)]
    return any(may_be_persons(path, plan.labels) for path in paths)


def _span_of(node: Node, expression: Expression) -> Span:
    """The span of a part; of one that goes on from an element only its name."""
    if node is expression.root:
        return expression.whole
    if isinstance(node, Field) and isinstance(node.base, Current) and node.base.start == node.base.end:
        return expression.locate(node.name_start, node.end)
    return expression.span(node)


def _node_at(expression: Expression, offset: int) -> Node:
    """The smallest part of an expression at an offset that is written; the last of equally small ones."""
    found = expression.root
    length = len(expression.text) + 1
    for node in expression.walk():
        if node.start < node.end and node.end - node.start < length:
            span = _span_of(node, expression)
            if span.start <= offset <= span.end:
                found, length = node, node.end - node.start
    return found


def _told(node: Node, plan: Plan) -> tuple[HoverKind, str]:
    """The kind of a node, and the meaning of its name."""
    if isinstance(node, Call):
        entry = FUNCTIONS.get(node.name) or TRANSFORMS[node.name]
        return "function", f"`{signature(node.name)}`: {entry.summary}"
    if isinstance(node, OwnCall) and node.function is not None:
        return "function", f"`{own_signature(node.function)}`: a function of the mapping."
    if isinstance(node, Variable):
        return "variable", VARIABLES.get(node.name) or _let_meaning(node.name, plan)
    return "expression", ""


def _let_meaning(name: str, plan: Plan) -> str:
    """The value of a let as it is written, on one line, and where that is."""
    values = {one.name: span_of(one.value) for one in plan.mapping.lets if one.value is not None}
    values |= {one: planned.span for one, planned in plan.record.element_lets.items()}
    if name not in values:
        return ""
    span = values[name]
    written = " ".join(span.text.content[span.start : span.end].split())
    short = written if len(written) <= _LONGEST_LET else f"{written[: _LONGEST_LET - 1]}…"
    return f"Variable of line {span.line}: {code(short)}"


def _readable(node: Node, root: Node) -> Node | None:
    """A part as it can be read alone: of one that is read at each element of a list, the list of them.

    None for what a function works out at each element.
    """
    if isinstance(node, Reference):
        return None
    if isinstance(node, Literal):
        return node
    made: Node = node
    for inner, around in pairwise([*_way_to(node, root), root]):
        if isinstance(around, Reference):
            return None
        if isinstance(around, Filter) and inner is around.condition:
            made = Projection(around.start, around.end, around.base, made)
        elif isinstance(around, Projection | Filter | Then) and inner is around.right:
            made = replace(around, right=made)
    return made


def _way_to(node: Node, root: Node) -> list[Node]:
    """A part and those around it, the innermost first, less the root."""
    above: dict[int, Node] = {}
    waiting = [root]
    while waiting:
        one = waiting.pop()
        for child in children(one):
            above[id(child)] = one
            waiting.append(child)
    way = [node] if node is not root else []
    while way and above[id(way[-1])] is not root:
        way.append(above[id(way[-1])])
    return way


def _of_step(made: Hover, plan: Plan) -> Hover:
    """A transform, or a function of the mapping, that is written as a step."""
    own = next((one.facts for one in plan.mapping.functions if one.name == made.text), None)
    if own is not None:
        return replace(made, kind="transform", meaning=f"`{own_signature(own)}`: a function of the mapping.")
    named = TRANSFORMS.get(made.text)
    if named is None:
        return made
    return replace(made, kind="transform", meaning=f"`{signature(made.text)}`: {named.summary}")
