"""Plan -> Outline: what a reviewer compares of two versions of a mapping: each rule as texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mapper.compiler.explain.decisions import takes_text
from mapper.compiler.explain.masked_text import masked_text
from mapper.compiler.explain.payload_rows import tables
from mapper.compiler.explain.table_rows import rows_of_table
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.ir import (
    Choice,
    First,
    Fixed,
    Loop,
    Planned,
    PlannedField,
    PlannedLet,
    PlannedList,
    PlannedObject,
    Zipped,
    all_steps,
    every,
    own_steps,
)
from mapper.compiler.plan.planned_consent import PlannedConsent
from mapper.compiler.plan.planned_steps import Step
from mapper.compiler.plan.planner import Plan, PlannedSection
from mapper.compiler.schema.target import Target
from mapper.compiler.syntax.let_nodes import written_variable
from mapper.compiler.syntax.not_inherited import NotInherited
from mapper.compiler.syntax.table_nodes import LookupTable
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass
from mapper.values.types import Json

# What is said of a field that may be sent unhashed.
_ALLOWED = "allowed"
# The normal form of a currency, by which the fields of money are known.
_CURRENCY = "currency"


@dataclass(frozen=True, slots=True)
class OutlineRule:
    """A rule of a mapping, or another part of it.

    part: `target`, `source`, `extends`, `table`, `row`, `function`, `split`, `let`, `skip`, `consent`,
    `match`, `section` or `field`. name: tells it from others of its part: of a field the target path, of a
    row its table and key. section: the events that a field is for. facts: what there is to compare, by
    name. file, line: where it is written, the line from 1. personal: a person's values are in it. takes: of a
    section, the texts of `match` that alone it can take; () where it may take others.
    """

    part: str
    name: str
    section: str
    facts: tuple[tuple[str, str], ...]
    file: str
    line: int
    personal: bool = False
    takes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PayloadPath:
    """A path of the payload. identifies: it says whose the event is; is_key: it tells events apart.

    refuses: it says that a person refused. is_money: an amount, or its currency; is_time: the event's time.
    """

    path: str
    personal: bool
    identifies: bool
    is_key: bool
    refuses: bool = False
    is_money: bool = False
    is_time: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """The effect of a mapping, as texts. paths: of the target, in order; name_field: of the event's name.

    not_inherited: the rules that it does not inherit, each with the place that says so and without facts; a
    function by its name alone, and a field for all below it.
    """

    rules: tuple[OutlineRule, ...]
    paths: tuple[PayloadPath, ...]
    name_field: str
    not_inherited: tuple[OutlineRule, ...] = ()


def outline(plan: Plan) -> Outline:
    """The outline of a plan: its rules and paths, in the order in which it uses them."""
    names = plan.target.event_names
    name_field = "" if names is None else names.field
    not_inherited = tuple(_not_inherited(one) for file in plan.mapping.order for one in file.not_inherited)
    return Outline(tuple(_rules(plan)), tuple(_paths(plan.target)), name_field, not_inherited)


# The parts of an outline by the keys that they are under, where the two words differ.
_PART_OF = {"functions": "function", "tables": "table", "payload": "field"}
_PART_OF |= dict.fromkeys(("events", "otherwise"), "section")


def _not_inherited(one: NotInherited) -> OutlineRule:
    """A rule that is not inherited, named as it is where it is inherited."""
    name = one.path
    if one.key in ("let", "tables"):
        name = f"${written_variable(name)}"
    elif one.key == "otherwise":
        name = "all others"
    elif one.key == "events":
        name = one.takes
    return _rule(_PART_OF.get(one.key, one.key), name, (), one.span)


def _paths(target: Target) -> Iterator[PayloadPath]:
    """The paths of a payload, each with what it means for whoever receives it."""
    around = [f"{one.path}." for one in target.requirements if one.path and len(one.groups) > 1]
    named = {
        f"{one.path}.{name}".lstrip(".")
        for one in target.requirements
        if len(one.groups) > 1
        for group in one.groups
        for name in group
    }
    fields = [field for field in target.root.walk() if field.path]
    currencies = {field.path for field in fields if any(one.transform == _CURRENCY for one in field.form)}
    for field in fields:
        identifies = field.personal or field.path in named or field.path.startswith(tuple(around))
        yield PayloadPath(
            field.path,
            field.personal,
            identifies,
            field.path == target.key,
            refuses=field.refuses,
            is_money=field.path in currencies or not currencies.isdisjoint(field.needs_valid),
            is_time=field.path == target.time,
        )


def _rules(plan: Plan) -> Iterator[OutlineRule]:
    mapping, places = plan.mapping, plan.places
    yield from _endpoints(plan)
    for named in mapping.extends:
        yield _rule("extends", named.name, (), named.span)
    for table in mapping.tables:
        yield from _table_rules(table)
    for function in plan.functions:
        name = f"{function.name}({', '.join(map(written_variable, function.parameters))})"
        yield _rule("function", name, _value_facts(function.value), places[function.value.place].span)
    if plan.split is not None:
        yield _rule("split", "", (("value", plan.split.parts.text),), plan.split.parts.whole)
    within = {let.name: let.within for let in mapping.lets}
    for let in plan.lets:
        if within.get(let.name) is None:
            yield _rule("let", f"${let.name}", _value_facts(let.value), places[let.value.place].span)
    for skip in plan.skips:
        yield _rule("skip", skip.because, (("when", skip.when.text),), places[skip.place].span)
    if plan.consent is not None:
        yield _rule("consent", "", tuple(consent_facts(plan.consent)), places[plan.consent.place].span)
    if plan.match is not None:
        yield _rule("match", "", (("value", plan.match.text),), plan.match.whole)
    personal = {row.path for table in tables(plan) for row in table.rows if row.personal}
    seen: dict[str, int] = {}
    for section in plan.all_sections:
        takes = takes_text(section)
        seen[takes] = seen.get(takes, 0) + 1
        name = takes if seen[takes] == 1 else f"{takes} ({seen[takes]})"
        yield _section_rule(section, name, plan)
        for let in plan.lets:
            if within.get(let.name) == places[section.place].span:
                rule = _rule("let", _named(let), _value_facts(let.value), places[let.value.place].span)
                yield replace(rule, section=name)
        if section.payload is not None:
            for rule in _field_rules(section.payload, name, plan):
                yield replace(rule, personal=rule.name in personal)


def _endpoints(plan: Plan) -> Iterator[OutlineRule]:
    """The target, and the source with its personal attributes, or its samples."""
    mapping = plan.mapping
    if mapping.target is not None:
        facts = (("name", plan.target.name), ("profile", plan.target.profile or ""))
        yield _rule("target", "", facts, mapping.target.span)
    if mapping.source is not None:
        marked = sorted({".".join(path) for path in plan.labels.marked})
        known = tuple((path, "personal") for path in marked)
        yield _rule("source", mapping.source.name, known, mapping.source.span)
    for named in mapping.samples:
        yield _rule("source", named.name, (), named.span)


def _named(let: PlannedLet) -> str:
    return f"${written_variable(let.name)}"


def _table_facts(table: LookupTable) -> Iterator[tuple[str, str]]:
    """The file of a table, and how it is read."""
    form = table.form
    yield "file", table.written
    for name, written in (("key", form.key), ("value", form.value), ("delimiter", form.delimiter)):
        if written is not None:
            yield name, written[0]
    if form.any_case:
        yield "any_case", "yes"


def _table_rules(table: LookupTable) -> Iterator[OutlineRule]:
    yield _rule("table", f"${table.name}", tuple(_table_facts(table)), table.form.span)
    for row in rows_of_table(table):
        yield _rule("row", f"${table.name} row {row.key}", row.cells, row.span)


def _rule(part: str, name: str, facts: tuple[tuple[str, str], ...], span: Span) -> OutlineRule:
    shown = tuple((of, masked_text(text)) for of, text in facts)
    return OutlineRule(part, masked_text(name), "", shown, span.text.name, span.line)


def _section_rule(section: PlannedSection, name: str, plan: Plan) -> OutlineRule:
    span = plan.places[section.place].span
    sends = section.name or "a name from the event"
    ends = f"skipped: {section.because}" if section.payload is None else f"sends {sends}"
    facts = (("ends", ends), ("continue", "yes" if section.goes_on else ""))
    texts = tuple(one for one in section.constants or () if isinstance(one, str))
    is_closed = not section.patterns and len(texts) == len(section.constants or ())
    return replace(_rule("section", name, facts, span), takes=texts if is_closed else ())


def _field_rules(built: PlannedObject, section: str, plan: Plan) -> Iterator[OutlineRule]:
    """The rules of the fields of an object, and of the objects that are directly in it or in its lists."""
    for entry in built.entries:
        path, span = plan.places[entry.place].path, plan.places[entry.place].span
        value = entry.value
        inner = inner_object(value)
        allowed = (("personal", _ALLOWED),) if path in plan.allowed else ()
        facts = (*_field_facts(entry, inner), *allowed)
        if inner is None or facts:
            yield replace(_rule("field", path, facts, span), section=section)
        if inner is not None:
            yield from _field_rules(inner, section, plan)


def inner_object(value: Planned) -> PlannedObject | None:
    """The object whose fields are rules of their own: the value, or each element of it."""
    made = value.source.item.source if isinstance(value.source, Loop) else value.source
    return made if isinstance(made, PlannedObject) else None


def _field_facts(entry: PlannedField, inner: PlannedObject | None) -> Iterator[tuple[str, str]]:
    value = entry.value
    if inner is None or inner is not value.source:
        yield from _value_facts(value)
    default = entry.default or value.default
    if default is not None:
        yield "default", _json(default.value)
    for when in (entry.when, value.when):
        if when is not None:
            yield "when", when.text
    if entry.required:
        yield "required", "yes"


def _value_facts(value: Planned) -> tuple[tuple[str, str], ...]:
    """The source of a value, the steps that the compiler puts in, and its type."""
    own = [value] if inner_object(value) is not None else every(value)
    inserted = [step.describe() for part in own for step in _inserted(part)]
    steps = " ".join(f"+{one}" for one in dict.fromkeys(inserted))
    facts = (("value", value_text(value)), ("steps", steps), ("type", value.type.describe()))
    return tuple((name, text) for name, text in facts if text)


def _inserted(value: Planned) -> list[Step]:
    return [step for step in all_steps(value) if step.inserted]


def value_text(value: Planned) -> str:
    """The source of a value, in one line, with the steps that its author put on it."""
    match value.source:
        case Expression() as expression:
            text = expression.text
        case Fixed() as fixed:
            text = f"constant {_json(fixed.value)}"
        case First() as first:
            text = "first of " + ", ".join(_whole(one) for one in first.alternatives)
        case Choice() as choice:
            text = "case " + ", ".join(_arm(when, then) for when, then in choice.arms)
        case Loop() as loop:
            lets = "".join(f" let {_named(let)}: {_whole(let.value)}" for let in loop.lets)
            where = "" if loop.where is None else f" where {loop.where.text}"
            item = "" if isinstance(loop.item.source, PlannedObject) else f": {_whole(loop.item)}"
            text = f"each {_whole(loop.items)}{lets}{where}{item}"
        case Zipped() as zipped:
            text = "zip " + ", ".join(f"{name}: {_whole(one)}" for name, one in zipped.lists)
        case PlannedObject() as built:
            text = "{" + ", ".join(f"{one.name}: {entry_text(one)}" for one in built.entries) + "}"
        case PlannedList() as listed:
            text = "[" + ", ".join(map(_whole, listed.items)) + "]"
    return " | ".join([text, *(step.describe() for step in own_steps(value))])


def _arm(when: Expression | None, then: Planned) -> str:
    return f"else: {_whole(then)}" if when is None else f"when {when.text}: {_whole(then)}"


def _whole(value: Planned) -> str:
    """As `_text`, with the condition and the default of the value itself."""
    when = "" if value.when is None else f" when {value.when.text}"
    default = "" if value.default is None else f" default {_json(value.default.value)}"
    text = f"{value_text(value)}{default}{when}"
    return f"({text})" if isinstance(value.source, First | Choice | Loop | Zipped) else text


def entry_text(entry: PlannedField) -> str:
    when = "" if entry.when is None else f" when {entry.when.text}"
    default = "" if entry.default is None else f" default {_json(entry.default.value)}"
    return f"{_whole(entry.value)}{default}{when}{' required' if entry.required else ''}"


def consent_facts(consent: PlannedConsent) -> Iterator[tuple[str, str]]:
    yield "granted" if consent.answer_grants else "denied", ", ".join(map(_whole, consent.values))
    yield "combine", consent.combine
    yield "when_missing", consent.when_missing
    yield "when_denied", "skip" if consent.strip is None else "strip"
    yield "strip", " ".join(consent.strip or ())
    yield "set", _constants(consent.put)
    yield "when_limited", consent.when_limited
    yield "limited set", _constants(consent.limit)


def _constants(put: Iterable[tuple[str, Fixed]]) -> str:
    return ", ".join(f"{path}: {_json(fixed.value)}" for path, fixed in put)


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
