"""Function -> PlannedFunction: what its body comes to, each after those that it calls.

A body reads nothing but its parameters, so that all of what a function depends on is seen where it is called.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as ReadOnly

from mapper.compiler.findings import Findings
from mapper.compiler.inference.personal_origins import origins_of
from mapper.compiler.jmespath.expression import Expression, growth_of
from mapper.compiler.jmespath.expression_facts import Instead
from mapper.compiler.jmespath.lineage import PathRead
from mapper.compiler.jmespath.origin import Origin
from mapper.compiler.jmespath.refusal import InPlace
from mapper.compiler.jmespath.repeated_input import MOST_COPIES
from mapper.compiler.jmespath.tree import OwnCall
from mapper.compiler.plan.ir import Fixed, Planned, own_functions_of
from mapper.compiler.plan.ir import every as every_planned
from mapper.compiler.plan.mapping_size import calls_of, copies, copies_of_variable, own_functions
from mapper.compiler.plan.planned_lets import PlanValue, variables_of
from mapper.compiler.plan.scope import Draft, Scope, Site
from mapper.compiler.syntax.function_nodes import Function
from mapper.compiler.syntax.let_nodes import is_numbered
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
    every,
    parts,
)
from mapper.texts.diagnostic import Diagnostic, closest, has_errors
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass
from mapper.values.types import UNKNOWN, Type

# So many different types of what a function is given are told apart.
_MOST_TYPED = 32
# Python calls no deeper than about 1,000, also where a function is called from the last of many lets.
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class PlannedFunction:
    """A function with what its body comes to. parameters: their names in the whole mapping."""

    name: str
    parameters: tuple[str, ...]
    value: Planned


def measure_functions(mapping: Mapping, found: Findings) -> bool:
    """Find out how much each function repeats what it is given. Whether no value repeats that too often.

    What calls a function may repeat as much as one expression. Functions must not call each other in a
    circle.
    """
    before = len(found)
    by_name = {one.name: one for one in mapping.functions}
    done: set[str] = set()
    for function in mapping.functions:
        _measure(function, by_name, [], (done, found))
    if not has_errors(found.since(before)):
        found.say_all([one for value in mapping.all_values for one in _growth(value)])
    return not has_errors(found.since(before))


def _growth(value: Value) -> Iterator[Diagnostic]:
    """The diagnostic of a value that calls functions, and repeats what it is given too often."""
    match value:
        case Expression():
            wrong = growth_of(value) if OwnCall in value.parsed.kinds else None
            if wrong is not None:
                yield wrong
        case Rule():
            if own_functions(value) and copies(value, {}) > MOST_COPIES:
                message = f"after these steps, the same value may be there more than {MOST_COPIES} times"
                hint = "use fewer functions that repeat their value"
                yield Diagnostic("M117", value.steps[-1].span, message, hint)
        case Constant() | Fields() | Elements() | FirstOf() | Case() | Each() | Zip():
            return


def _measure(
    function: Function,
    by_name: ReadOnly[str, Function],
    around: Sequence[Function],
    result: tuple[set[str], Findings],
) -> None:
    """Measure a function after those that it calls. around: those that call it, outermost first."""
    done, found = result
    if function in around:
        found.say(_circle(function, around))
        return
    if function.name in done or function.body is None:
        return
    for name in called_by(function.body):
        if name in by_name:
            _measure(by_name[name], by_name, (*around, function), result)
    if function.name in done:
        return
    done.add(function.name)
    facts, body = function.facts, function.body
    facts.copies = tuple([copies_of_variable(body, let.name) for let in function.parameters])
    facts.calls = 1 + sum(map(calls_of, every(body)))
    inner = [by_name[name].facts.depth for name in called_by(body) if name in by_name]
    facts.depth = 1 + max(inner, default=0)
    if facts.depth > _DEEPEST:
        message = f"`{function.name}` calls functions within each other more than {_DEEPEST} deep"
        hint = "write some of them into those that call them"
        found.say(Diagnostic("M117", function.name_span, message, hint))
        facts.depth = 1
    most = max(*facts.copies, facts.calls)
    if most > MOST_COPIES:
        message = f"`{function.name}`, with the functions it calls, may hold the same value more than"
        if facts.calls == most:
            message = f"`{function.name}`, with the functions it calls, runs functions more than"
        hint = "use each value once, and call each function once"
        found.say(Diagnostic("M117", function.name_span, f"{message} {MOST_COPIES} times", hint))
        facts.copies, facts.calls = (1,) * len(facts.parameters), 1


def called_by(value: Value) -> list[str]:
    """The names of the mapping's functions that a value calls, in expressions and in steps."""
    return [one.name for inner in every(value) for one in own_functions(inner)]


def _circle(function: Function, around: Sequence[Function]) -> Diagnostic:
    names = [one.name for one in around]
    chain = " → ".join([*names[names.index(function.name) :], function.name])
    is_own = names[-1] == function.name
    message = "this function calls itself" if is_own else f"these functions call each other: {chain}"
    hint = "a function can only call others that do not call it"
    return Diagnostic("M147", function.name_span, message, hint)


def plan_functions(mapping: Mapping, draft: Draft, plan_value: PlanValue) -> tuple[PlannedFunction, ...]:
    """Each function whose body could be planned, after those that it calls."""
    by_name = {one.name: one for one in mapping.functions}
    in_order: dict[str, Function] = {}
    for function in mapping.functions:
        _visit(function, by_name, in_order)
    planned = [_plan(function, draft, plan_value) for function in in_order.values()]
    return tuple([one for one in planned if one is not None])


def _visit(
    function: Function, by_name: ReadOnly[str, Function], done: dict[str, Function], depth: int = 0
) -> None:
    if function.name in done or depth > len(by_name):
        return
    for name in called_by(function.body) if function.body is not None else ():
        if name in by_name:
            _visit(by_name[name], by_name, done, depth + 1)
    done.setdefault(function.name, function)


def _plan(function: Function, draft: Draft, plan_value: PlanValue) -> PlannedFunction | None:
    body = function.body
    if body is None:
        return None
    names = tuple([let.name for let in function.parameters])
    before = len(draft.found)
    draft.found.say_all(_reads_of_others(function, body, draft))
    others = {name for name in variables_of(body) if not is_numbered(name)} - draft.tables.keys()
    known = dict.fromkeys([*others, *names], UNKNOWN)  # of the others it was said that they are none
    draft.labels.lets.update({name: (Origin((_marker(number),)),) for number, name in enumerate(names)})
    place = draft.place(f"{function.name}()", function.name_span)
    planned = plan_value(body, Site(None, Scope(UNKNOWN, known, ()), place), draft)
    facts = function.facts
    markers = [_marker(number) for number in range(len(names))]
    found = origins_of(body, (), draft.labels)
    facts.flows = tuple(
        [
            (markers.index(one.path[0]), one._replace(path=one.path[1:]))
            for one in found
            if one.path and one.path[0] in markers
        ]
    )
    if planned is None or has_errors(draft.found.since(before)):
        return None
    facts.catches = any(map(_catches, every_planned(planned)))
    facts.typed = _Typing(function, names, planned.type, plan_value, draft, [])
    return PlannedFunction(function.name, names, planned)


def _catches(value: Planned) -> bool:
    """Whether something in a value may be invalid, and is noted, without the value being invalid."""
    plain = isinstance(value.source, Expression | Fixed) and value.when is None
    return not plain or any(one.catches for one in own_functions_of(value))


def _marker(number: int) -> str:
    """The mark in place of the path of a parameter's value, which is another one for each call."""
    return f"$parameter {number}"


@dataclass(frozen=True, slots=True)
class _Typing:
    """The types of what a function gives, by the types of what it is given. most: whatever that is."""

    function: Function
    names: tuple[str, ...]
    most: Type
    plan_value: PlanValue
    draft: Draft
    known: list[tuple[tuple[Type, ...], Type, tuple[Diagnostic, ...]]]

    def __call__(self, types: Sequence[Type]) -> tuple[Type, tuple[Diagnostic, ...]]:
        given = tuple(types)
        if len(given) != len(self.names):  # reported where it is called
            return self.most, ()
        for one, made, wrong in self.known:
            if one == given:
                return made, wrong
        if len(self.known) >= _MOST_TYPED or self.function.body is None:
            return self.most, ()
        draft = Draft(Findings(), self.draft.explicit_forms, tables=self.draft.tables)
        place = draft.place(f"{self.function.name}()", self.function.name_span)
        scope = Scope(UNKNOWN, dict(zip(self.names, given, strict=True)), ())
        planned = self.plan_value(self.function.body, Site(None, scope, place), draft)
        made = self.most if planned is None else planned.type
        wrong = tuple([one for one in draft.found if one.severity == "error"])
        self.known.append((given, made, wrong))
        return made, wrong


def _reads_of_others(function: Function, body: Value, draft: Draft) -> Iterator[Diagnostic]:
    """The reads of a body that are no parameters. These have, as lets of list rules do, their own names."""
    for value, inside in _with_places(body, False):
        known = draft.tables.keys() | ({"index"} if inside else frozenset())
        match value:
            case Expression():
                for read in value.reads():
                    if read.root != "@" and not is_numbered(read.root) and read.root[1:] not in known:
                        yield _of_variable(function, value, read)
                    elif read.root == "@" and not inside:
                        yield _of_event(function, value, read)
            case Rule():
                arguments = [(step, name) for step in value.steps for name in step.variables]
                for step, name in arguments:
                    if not is_numbered(name) and name not in known:
                        yield _report(function, f"${name}", step.span)
            case Constant() | Fields() | Elements() | FirstOf() | Case() | Each() | Zip():
                continue


def _with_places(value: Value, inside: bool) -> Iterator[tuple[Value, bool]]:
    """A value and those in it, each with whether it is worked out for an element of a list."""
    yield value, inside
    for part in parts(value):
        of_element = isinstance(value, Each) and part.role in ("let", "where", "item")
        yield from _with_places(part.value, inside or of_element)


def _of_event(function: Function, expression: Expression, read: PathRead) -> Diagnostic:
    text = ".".join(read.path) or "@"
    parameters = function.facts.parameters
    if read.path and (read.path[0] in parameters or read.path[-1] in parameters):
        meant = text if read.path[0] in parameters else read.path[-1]
        fact = Instead(expression, (InPlace(read.start, read.end, f"${meant}"),))
        return _report(function, text, expression.locate(read.start, read.end), fact)
    return _report(function, text, expression.locate(read.start, read.end))


def _of_variable(function: Function, expression: Expression, read: PathRead) -> Diagnostic:
    near = closest(read.root[1:], function.facts.parameters)
    fact = None
    if near is not None:
        fact = Instead(expression, (InPlace(read.start, read.start + len(read.root), f"${near}"),))
    return _report(function, read.root, expression.locate(read.start, read.end), fact)


def _report(function: Function, text: str, span: Span, fact: Instead | None = None) -> Diagnostic:
    facts = function.facts
    message = f"`{facts.name}` reads only its parameters, and `{text}` is none of them"
    if fact is not None:
        return Diagnostic("M146", span, message, facts=fact)
    name = text.rpartition(".")[2].strip("$@") or "event"
    more = ", ".join([*facts.parameters, name])
    hint = f"add a parameter, `{facts.name}({more})`, and give it `{text}` where the function is called"
    return Diagnostic("M146", span, message, hint)
