"""Let x Source -> PlannedLet, each after those it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Mapping as ReadOnly
from dataclasses import field, replace
from typing import TypeAlias

from mapper.compiler.findings import Findings
from mapper.compiler.inference.personal_origins import origins_of
from mapper.compiler.inference.type_facts import StrangeArgument, UnknownAttribute
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.repeated_input import MOST_COPIES
from mapper.compiler.jmespath.tree import Call, Node, OwnCall, Variable
from mapper.compiler.plan.ir import Planned, PlannedLet
from mapper.compiler.plan.mapping_size import copies
from mapper.compiler.plan.plan_facts import Misfit, UnknownStep, UnknownVariable
from mapper.compiler.plan.scope import Draft, Scope, Site, span_of
from mapper.compiler.syntax.key_tables import strange_key
from mapper.compiler.syntax.language_keys import SOURCE_KEYS
from mapper.compiler.syntax.let_nodes import written_variable
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.other_names import is_foreign, meant_key, meant_transform
from mapper.compiler.syntax.syntax_facts import MeantName, UnknownKey
from mapper.compiler.syntax.value_nodes import (
    RULE_KEYS,
    Case,
    Constant,
    Each,
    Elements,
    Fields,
    FirstOf,
    Let,
    Rule,
    Value,
    Zip,
    children,
    every,
)
from mapper.compiler.syntax.written_steps import LOOKUP
from mapper.compiler.yaml.nodes import ScalarNode
from mapper.texts.diagnostic import Diagnostic, closest
from mapper.texts.named_text import Span
from mapper.transforms import TRANSFORMS
from mapper.values.frozen import dataclass
from mapper.values.types import UNKNOWN, Type

_HOST = "$meta"
# The function that plans a value: `plan_value` of `planned_values.py`, whose list rules have lets too.
PlanValue: TypeAlias = Callable[[Value, Site, Draft], Planned | None]


# Not frozen: it is filled. Not a function within one either: that would hold itself, and with it all that is
# planned, until Python looks for circles.
@dataclass(slots=True)
class _Lets:
    """Lets of which some are planned.

    outer: what they can read beside each other. open: those being planned, outermost first.
    """

    by_name: ReadOnly[str, Let]
    outer: Scope
    variables: dict[str, Type]
    plan_value: PlanValue
    planned: dict[str, PlannedLet] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)


def plan_lets(
    lets: tuple[Let, ...], outer: Scope, draft: Draft, plan_value: PlanValue
) -> tuple[tuple[PlannedLet, ...], dict[str, Type]]:
    """Each let after those it reads; a cycle is reported once, at its first let.

    outer: what lets can read beside each other.
    """
    known = _Lets({let.name: let for let in lets}, outer, {**outer.variables}, plan_value)
    for let in lets:
        _visit(let, known, draft)
    return tuple(known.planned.values()), known.variables


def _visit(let: Let, lets: _Lets, draft: Draft) -> None:
    """Plan a let after those that it reads."""
    variables = lets.variables
    if let.name in variables:
        return
    if let.name in lets.open:
        draft.found.say(_circle(let, lets.open, draft.tables))
    if let.name in lets.open or let.value is None:
        variables[let.name] = UNKNOWN
        return
    lets.open.append(let.name)
    for name in variables_of(let.value):
        if name in lets.by_name:
            _visit(lets.by_name[name], lets, draft)
    lets.open.pop()
    if _repeats_too_much(let, draft.repeated, draft.found):
        variables[let.name] = UNKNOWN
        return
    scope = replace(lets.outer, variables={**_names_only(lets.by_name), **variables})
    place = draft.place(f"${written_variable(let.name)}", let.span)
    value = lets.plan_value(let.value, Site(None, scope, place), draft)
    draft.labels.lets[let.name] = origins_of(let.value, scope.origins, draft.labels)
    variables[let.name] = UNKNOWN if value is None else value.type.optional()
    if value is not None:
        lets.planned[let.name] = PlannedLet(let.name, value)


def _circle(let: Let, open_lets: list[str], tables: Iterable[str]) -> Diagnostic:
    table = closest(let.name, tables) if open_lets[-1] == let.name else None
    read = None if table is None else _span_of_read(let)
    if table is not None and read is not None:
        message, fact = f"`${let.name}` reads itself", MeantName(read, f"${table}")
        return Diagnostic("M027", read, message, f"did you mean the table `${table}`?", facts=fact)
    names = map(written_variable, (*open_lets[open_lets.index(let.name) :], let.name))
    chain = " → ".join(f"${name}" for name in names)
    hint = "make one of them read the event directly"
    return Diagnostic("M027", let.span, f"these variables depend on each other: {chain}", hint)


def _span_of_read(let: Let) -> Span | None:
    """The span where a let reads itself as a table: in a call of `lookup`, or in a step."""
    values = [] if let.value is None else list(every(let.value))
    for expression in (value for value in values if isinstance(value, Expression)):
        calls = (node for node in expression.walk() if isinstance(node, Call) and node.name == LOOKUP)
        for table in (one for call in calls for one in call.arguments[1:2]):
            if isinstance(table, Variable) and table.name == let.name:
                return expression.span(table)
    return _span_in_steps(values, f"${let.name}")


def _span_in_steps(values: Iterable[Value], written: str) -> Span | None:
    """The span where a step looks into a table of the written name."""
    steps = (step for value in values if isinstance(value, Rule) for step in value.steps)
    for one in (one for step in steps for one in step.nodes if step.transform == LOOKUP):
        if isinstance(one, ScalarNode) and one.text == written:
            return one.span
    return None


def _repeats_too_much(let: Let, repeated: dict[str, int], found: Findings) -> bool:
    """Whether a let repeats the event more than can be worked out; `repeated` then knows by how much."""
    count = 0 if let.value is None else copies(let.value, repeated)
    repeated[let.name] = count if count <= MOST_COPIES else 1
    if count > MOST_COPIES:
        name = f"`${written_variable(let.name)}`"
        message = (
            f"{name}, with the variables it reads, may hold the same value more than {MOST_COPIES} times"
        )
        hint = "use each variable once, or only the part you need: `$name.field`"
        found.say(Diagnostic("M117", let.span, message, hint))
    return count > MOST_COPIES


def _names_only(lets: ReadOnly[str, Let]) -> dict[str, Type]:
    return dict.fromkeys(lets, UNKNOWN)


def variables_of(value: Value) -> list[str]:
    """The names a value reads as `$name`, its steps' arguments included; lets are made in this order."""
    match value:
        case Expression():
            return [name for name, *_ in value.variables]
        case Rule():
            conditions = [] if value.when is None else variables_of(value.when)
            arguments = [name for step in value.steps for name in step.variables]
            return [*conditions, *arguments, *variables_of(value.source)]
        case Constant() | Fields() | Elements() | FirstOf() | Case() | Each() | Zip():
            return [name for one in children(value) for name in variables_of(one)]


def misspelt_rule(fields: Fields) -> Diagnostic | None:
    """The diagnostic for fields that are most likely a rule: one of them has nearly the name of a key."""
    for name, span, value in fields.entries:
        if is_foreign(name) or closest(name, RULE_KEYS):
            return _strange_key(fields, name, span, value)
    return None


def _strange_key(fields: Fields, name: str, span: Span, value: Value) -> Diagnostic:
    beside = tuple([other for other, *_ in fields.entries if other != name])
    fact = UnknownKey("a rule", RULE_KEYS, name, span, span_of(value), beside)
    return Diagnostic("M020", span, strange_key(name, "a rule"), facts=fact)


def at_misspelt_rule(found: Diagnostic, mapping: Mapping) -> Diagnostic:
    """A read that never fits its `let` or function, told where a misspelt key made that an object."""
    fact = found.facts
    if isinstance(fact, UnknownAttribute):
        node = fact.node.base
    elif isinstance(fact, StrangeArgument):
        node = fact.node
    elif isinstance(fact, Misfit) and fact.source is not None:
        node = fact.source.root
    else:
        return found
    value = _named(node, mapping)
    if not isinstance(value, Fields) or len(value.entries) != 1 or value.unread:
        return found
    [(name, span, inner)] = value.entries
    gives = closest(name, SOURCE_KEYS) or meant_key("a rule", name) in SOURCE_KEYS
    if not gives and not (is_foreign(name) and isinstance(inner, Elements)):
        return found
    if isinstance(fact, UnknownAttribute) and closest(fact.node.name, (name,)):
        return found
    return replace(_strange_key(value, name, span, inner), related=((found.span, found.message),))


def _named(node: Node, mapping: Mapping) -> Value | None:
    """The value of a variable, or of a function that is called."""
    if isinstance(node, Variable):
        return mapping.values_of_lets.get(node.name)
    if isinstance(node, OwnCall):
        return next((one.body for one in mapping.functions if one.name == node.name), None)
    return None


def may_be_own_step(one: Diagnostic, mapping: Mapping) -> bool:
    """Whether a step that there is not may be a function of the mapping, which could not be read."""
    if "functions" not in mapping.unread or not isinstance(one.facts, UnknownStep):
        return False
    name = one.facts.written.transform
    return name.isidentifier() and meant_transform(name) is None and closest(name, TRANSFORMS) is None


def with_local_names(found: Diagnostic, mapping: Mapping) -> Diagnostic:
    """A diagnostic of an unknown variable or step, with the names that the mapping defines."""
    fact = found.facts
    if isinstance(fact, UnknownStep):
        return replace(found, facts=replace(fact, own=tuple([one.name for one in mapping.functions])))
    if not isinstance(fact, UnknownVariable):
        return found
    local = [(written_variable(let.name), let.within) for let in mapping.all_lets if let.within is not None]
    known = {name for name, within in local if fact.span.is_within(within)}
    elsewhere = next((within for name, within in local if name == fact.name), None)
    names = tuple(sorted({*fact.known, *known}))
    return replace(found, facts=replace(fact, known=names, elsewhere=elsewhere))


def all_variables(mapping: Mapping) -> set[str]:
    """The names that anything in a mapping reads as `$name`."""
    return {name for value in mapping.every_value for name in variables_of(value)}


def host_reads(mapping: Mapping) -> list[tuple[tuple[str, ...], Span]]:
    """The reads of `$meta` anywhere in a mapping, as names from there on, and where they are written."""
    expressions = [one for one in mapping.all_values if isinstance(one, Expression)]
    found = [
        (read.path, one.locate(read.start, read.end))
        for one in expressions
        for read in one.reads()
        if read.root == _HOST and read.path
    ]
    return sorted(found, key=lambda read: (read[1].text.name, read[1].start))
