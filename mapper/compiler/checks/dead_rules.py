"""The checks of text that never acts: alternatives, defaults, lets, fields without what they need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mapper.compiler.checks.bare_words import OF_LETS, lets_shown
from mapper.compiler.checks.check_facts import DefaultAsEntry
from mapper.compiler.checks.check_registry import (
    IN_EXPRESSION,
    WITHOUT_ERRORS,
    CheckCase,
    Relation,
    anywhere,
    check,
    check_expression,
)
from mapper.compiler.checks.identity import NOTHING_OF_THE_EVENT, variables_read
from mapper.compiler.inference.type_facts import in_place
from mapper.compiler.inference.typed_expression import TypedExpression
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tree import Call, Literal, Node, Or, nodes
from mapper.compiler.memo import once
from mapper.compiler.plan.can_give import can_exist, gives
from mapper.compiler.plan.ir import (
    Choice,
    First,
    Fixed,
    Loop,
    Planned,
    PlannedList,
    PlannedObject,
    Zipped,
    written_steps,
)
from mapper.compiler.plan.mapping_size import own_functions
from mapper.compiler.plan.planned_lets import variables_of
from mapper.compiler.plan.scope import span_of
from mapper.compiler.schema.target import TargetField
from mapper.compiler.syntax.let_nodes import written_variable
from mapper.compiler.syntax.value_nodes import Fields, FirstOf, Rule, Value
from mapper.compiler.syntax.written_steps import DEFAULT, LOOKUP, TABLE, named_arguments
from mapper.compiler.yaml.nodes import MapNode
from mapper.compiler.yaml.yaml_facts import Remove
from mapper.runtime.operators import falsy
from mapper.texts.diagnostic import Diagnostic, closest
from mapper.texts.named_text import Span, Text
from mapper.values.types import Kind, Type

_NEVER_BLANK: frozenset[Kind] = frozenset({"boolean", "integer", "number"})


@check("M411", "M412")
def alternatives_and_defaults(case: CheckCase) -> Iterator[Diagnostic]:
    """Defaults and alternatives that can never act, since a value before them is always there."""
    for rule, planned, _ in case.record.rules:
        if planned is not None:
            yield from _check_alternatives(rule, planned)
            yield from _check_default(rule, planned)


def _check_alternatives(rule: Rule, planned: Planned) -> Iterator[Diagnostic]:
    source = rule.source
    if not isinstance(source, FirstOf) or not isinstance(planned.source, First):
        return
    if len(source.alternatives) == 1:  # it is planned as what is in it, which is told there
        return
    for place, alternative in enumerate(planned.source.alternatives[:-1]):
        if _is_always_there(alternative):
            dead = planned.source.alternatives[place + 1]
            message = "this alternative is never used: the one before it always has a value"
            first, last = (span_of(source.alternatives[at]) for at in (place + 1, -1))
            fact = Remove("items", first, last, "Remove the unused alternative")
            yield Diagnostic("M411", dead.span, message, "remove it, or put it first", facts=fact)
            return


@check_expression("M411", of=(Or,), yields_to=IN_EXPRESSION)
def alternatives_in_expressions(one: TypedExpression) -> Iterator[Diagnostic]:
    """`'A' || number`, which other languages read as one text after the other."""
    inner: set[int] = set()
    for node in () if one.asked else one.nodes:
        if isinstance(node, Or) and id(node) not in one.conditions:
            inner.add(id(node.left))
            if id(node) not in inner:
                yield from _check_choice(node, one.expression)


def _check_choice(node: Or, expression: Expression) -> Iterator[Diagnostic]:
    parts = _parts(node)
    first = next((one for one in parts[:-1] if isinstance(one, Literal) and not falsy(one.value)), None)
    if first is None:
        return
    texts = [expression.text[one.start : one.end] for one in parts]
    place = parts.index(first)
    after, span = texts[place + 1], expression.span(parts[place + 1])
    message = f"{coded(after)} is never read: {coded(texts[place])} before it always has a value"
    if not isinstance(first.value, str):
        yield Diagnostic("M411", span, message, "remove it, or put it first")
        return
    joined = f"concat({', '.join(texts)})"
    hint = f"`||` means *or*; to join strings, write {coded(joined)}"
    yield Diagnostic("M411", span, message, hint, facts=in_place(node, joined, expression))


def _parts(node: Or) -> list[Node]:
    """The parts that a chain of `||` chooses from, in the order written."""
    parts, left = [node.right], node.left
    while isinstance(left, Or):
        parts.append(left.right)
        left = left.left
    return [left, *reversed(parts)]


def _check_default(rule: Rule, planned: Planned) -> Iterator[Diagnostic]:
    if rule.default is not None and (_is_always_there(planned) or _is_promised(planned)):
        promised = "" if _is_always_there(planned) else "by the source schema"
        message = f"this default is never used: there is always a value{promised}"
        fact = Remove("value", rule.default.span, name="default")
        yield Diagnostic("M412", rule.default.span, message, "remove it", facts=fact)


def _is_always_there(planned: Planned) -> bool:
    if planned.when is not None:
        return False
    if planned.default is not None:
        return True
    match planned.source:
        case Fixed(value=value):
            return value is not None
        case First(alternatives=alternatives):
            return any(_is_always_there(one) for one in alternatives)
        case Choice(arms=arms):
            return arms[-1][0] is None and all(_is_always_there(then) for _, then in arms)
        case Expression() | Loop() | Zipped() | PlannedObject() | PlannedList():
            return False


def _is_promised(planned: Planned) -> bool:
    """Whether the source schema says that a value is always there."""
    if planned.when is not None:
        return False
    match planned.source:
        case Expression(root=root):
            # Of nothing a length or a sum is invalid, which is told elsewhere.
            strict = isinstance(root, Call) and root.name in ("length", "sum")
            return not strict and not written_steps(planned) and _is_never_absent(planned.source_type)
        case First(alternatives=alternatives):
            return any(_is_promised(one) for one in alternatives)
        case Fixed() | Choice() | Loop() | Zipped() | PlannedObject() | PlannedList():
            return False


def _is_never_absent(type: Type) -> bool:
    """Whether no value of a type counts as absent, as a blank text does."""
    texts = [value for value in type.constants or () if isinstance(value, str)]
    sure = _NEVER_BLANK | ({"string"} if texts and all(text.strip() for text in texts) else set())
    return type.known and bool(type.kinds) and type.kinds <= sure


# What may keep a let from being read: an attribute that is read in its place, or lets that are wrong.
_WRONG_READS = tuple(Relation(code, anywhere) for code in ("M027", "M117", "M125"))


@check("M413", needs=("whole", "all read"), yields_to=_WRONG_READS)
def unread_lets(case: CheckCase) -> Iterator[Diagnostic]:
    """Lets that nothing reads, unless a misspelt name was meant for one."""
    mapping, shown = case.mapping, lets_shown(case)
    read = variables_read(case) | shown.told | mapping.constants_read
    if read & OF_LETS:  # `$let.brand`, of which another diagnostic says what to write
        return
    names = [written_variable(let.name) for let in mapping.all_lets]
    meant = {closest(name, names) for name in map(written_variable, read) if name not in names}
    for let in mapping.all_lets:
        name = written_variable(let.name)
        if let.name not in read and name not in meant and let.span.text is mapping.text:
            message = f"`${name}` is never used"
            if let.name in shown.alike:
                hint = f"write `${name}`: without the `$` it reads an attribute of the event"
                yield Diagnostic("M413", let.span, message, hint)
                continue
            fact = None if let.value is None else Remove("entry", let.span, span_of(let.value))
            yield Diagnostic("M413", let.span, message, "remove it", facts=fact)


@check("M412", needs=("whole",))
def defaults_among_entries(case: CheckCase) -> Iterator[Diagnostic]:
    """`lookup: {a: Shoes, default: Other}`: an entry for the text `default`, where the default is meant."""
    values = case.mapping.all_values
    rules = {id(one): one for one in values if isinstance(one, Rule)}
    for step in (step for rule in rules.values() for step in rule.steps if step.transform == LOOKUP):
        arguments = {} if step.table else named_arguments(step)
        table = arguments.get(TABLE)
        for key, value in table.entries if isinstance(table, MapNode) else ():
            if table is not None and key.text in _FOR_ALL_OTHERS and DEFAULT not in arguments:
                message = f"`{key.text}` is an entry of this table, for the text `{key.text}` alone"
                yield Diagnostic("M412", key.span, message, facts=DefaultAsEntry(table, key, value))


# What tools and people call the entry of a table for all values that it does not list.
_FOR_ALL_OTHERS = frozenset({"*", "_", "default", "else", "otherwise"})
_WRONG_LOOKUPS = tuple(Relation(code, anywhere) for code in ("M028", "M154", "M202"))


@check("M413", needs=("whole", "all read"), yields_to=_WRONG_LOOKUPS)
def unread_tables(case: CheckCase) -> Iterator[Diagnostic]:
    """Tables that nothing looks into, unless a misspelt name was meant for one."""
    tables = case.mapping.tables
    if not tables:
        return
    values = case.mapping.all_values
    constants = _constants(values)
    read = {one.name for one in tables if one.entries and id(one.entries.table) in constants}
    read |= _tables_of_steps(values)
    meant = {closest(name, [one.name for one in tables]) for name in variables_read(case)}
    for table in tables:
        is_own = table.file.text is case.mapping.text
        if is_own and table.written and table.name not in read | meant | variables_read(case):
            hint = f"look into it with `lookup(KEY, ${table.name})`, or remove it"
            yield Diagnostic("M413", table.form.span, f"the table `${table.name}` is never used", hint)


def _tables_of_steps(values: Iterable[Value]) -> set[str]:
    rules = (one for one in values if isinstance(one, Rule))
    return {step.table for rule in rules for step in rule.steps}


def _constants(values: Iterable[Value]) -> set[int]:
    """The identities of the constants in expressions: a table is one of them."""
    expressions = (one for one in values if isinstance(one, Expression))
    every_node = (node for one in expressions for node in nodes(one.root))
    return {id(node.value) for node in every_node if isinstance(node, Literal)}


@check("M413", needs=("whole", "all read"), yields_to=WITHOUT_ERRORS)
def uncalled_functions(case: CheckCase) -> Iterator[Diagnostic]:
    """Functions of the file that nothing calls, and parameters that nothing reads."""
    mapping = case.mapping
    called = {one.name for value in mapping.all_values for one in own_functions(value)}
    for function in mapping.functions:
        if function.span.text is not mapping.text or function.body is None:
            continue
        if function.name not in called:
            fact = Remove("entry", function.span, span_of(function.body))
            message = f"the function `{function.name}` is never called"
            yield Diagnostic("M413", function.span, message, "remove it", facts=fact)
        read = set(variables_of(function.body))
        for let in function.parameters:
            if let.name not in read:
                message = f"the parameter `{written_variable(let.name)}` is never read"
                yield Diagnostic("M413", let.span, message, "remove it here, and from each call")


@once
def _needing(root: TargetField) -> tuple[TargetField, ...]:
    """The fields of a target that are sent only with others."""
    return tuple(field for field in root.walk() if field.needs)


@check("M437")
def fields_without_needed_ones(case: CheckCase) -> Iterator[Diagnostic]:
    """Fields that are never sent, since no rule gives what the schema says they need."""
    for sending in case.sendings:
        for field in _needing(case.target.root):
            above = field.path.rpartition(".")[0]
            needed = [f"{above}.{name}" if above else name for name in field.needs]
            lacking = [path for path in needed if not gives(sending.payload, path)]
            if lacking and gives(sending.payload, field.path, unknown=False):
                message = f"`{field.path}` is never sent: it needs `{lacking[0]}`, which has no rule"
                hint = f"add a rule for `{lacking[0]}`, or remove this one"
                places = (place.span for place in case.plan.places if place.path == field.path)
                span = next(places, sending.name.span)
                yield Diagnostic("M437", span, message, hint, path=field.path)


@check("M438", needs=("whole",))
def common_rules_overridden(case: CheckCase) -> Iterator[Diagnostic]:
    """Rules of the common `payload` in whose place every section that sends has one of its own."""
    mapping = case.mapping
    sending = [section.payload for section in mapping.all_sections if section.send is not None]
    if sending:
        yield from _overridden(mapping.payload, sending, mapping.text)


def _overridden(common: Fields, own: Sequence[Fields], text: Text, above: str = "") -> Iterator[Diagnostic]:
    for name, span, value in common.entries:
        others: list[Value] = []
        for fields in own:
            other = fields.get(name)
            if other is None:  # the common rule acts here: most do in the first section
                break
            others.append(other)
        if len(others) < len(own):
            continue
        path = f"{above}{name}"
        inner = [other for other in others if isinstance(other, Fields)]
        if isinstance(value, Fields) and len(inner) == len(others):
            yield from _overridden(value, inner, text, f"{path}.")
        elif (not inner or not isinstance(value, Fields)) and span.text is text:
            message = f"this rule is never used: every section has its own rule for `{path}`"
            fact = Remove("entry", span, span_of(value))
            related = tuple((key, "its own rule") for fields in own[:1] for key in _keys(fields, name))
            hint = "remove it, or those of the sections"
            yield Diagnostic("M438", span, message, hint, path=path, related=related, facts=fact)


def _keys(fields: Fields, name: str) -> Iterator[Span]:
    return (span for key, span, _ in fields.entries if key == name)


@check("M440", yields_to=WITHOUT_ERRORS)
def objects_never_sent(case: CheckCase) -> Iterator[Diagnostic]:
    """Objects that no section ever sends, since nothing in them is read from the event."""
    exists: dict[str, bool] = {}
    spans: dict[str, Span] = {}
    for sending in case.sendings:
        for entry in sending.payload.entries:
            source, path = entry.value.source, case.plan.places[entry.place].path
            if isinstance(source, PlannedObject) and not entry.required:
                alone = not can_exist(source) and bool(source.entries)
                exists[path] = exists.get(path, False) or not alone
                spans.setdefault(path, entry.value.span)
    for path, may_exist in exists.items():
        if not may_exist:
            message = f"`{path}` is never sent: {NOTHING_OF_THE_EVENT}"
            hint = "add a field whose value is read from the event, or take the object away"
            yield Diagnostic("M440", spans[path], message, hint, path=path)
