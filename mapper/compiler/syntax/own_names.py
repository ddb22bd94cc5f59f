"""Mapping -> the same, where each `let` of a list rule or of a section has a name that no other one has.

What reads such a variable gets its new name, so that all that comes after knows a variable by its name alone.
"""

from __future__ import annotations

from collections.abc import Mapping as ReadOnly
from dataclasses import field, replace
from itertools import count

from mapper.compiler.file_reading import FileReading
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import OwnFunction
from mapper.compiler.syntax.function_nodes import Function
from mapper.compiler.syntax.let_nodes import numbered_name
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.section_nodes import Section
from mapper.compiler.syntax.value_nodes import (
    Arm,
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
)
from mapper.compiler.syntax.written_steps import WrittenStep
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass


@dataclass(slots=True)
class _Naming:
    """Names that were given so far.

    defined: where each variable of the whole mapping is. functions: those of the mapping. of_sections,
    of_elements: lets with new names.
    """

    reading: FileReading
    defined: ReadOnly[str, Span]
    functions: ReadOnly[str, OwnFunction]
    of_sections: list[Let] = field(default_factory=list)
    of_elements: list[Let] = field(default_factory=list)
    numbers: count[int] = field(default_factory=lambda: count(1))


@dataclass(frozen=True, slots=True)
class _Names:
    """The variables of what is around a place, by the names that are written: their new names, their lets."""

    naming: _Naming
    new: ReadOnly[str, str] = field(default_factory=dict)
    lets: ReadOnly[str, Span] = field(default_factory=dict)

    def inside(self, lets: tuple[Let, ...]) -> _Names:
        """These names and those of more lets; one that is there already is reported."""
        new, spans = {**self.new}, {**self.lets}
        for let in lets:
            outer = self.lets.get(let.name) or self.naming.defined.get(let.name)
            if outer is not None:
                message = f"`${let.name}` is defined already, and both can be read here"
                hint = f"choose another name, or remove this one to read the outer `${let.name}`"
                related = ((outer, "defined here"),)
                self.naming.reading.say(Diagnostic("M150", let.span, message, hint, related=related))
            new[let.name] = numbered_name(let.name, next(self.naming.numbers))
            spans[let.name] = let.span
        return _Names(self.naming, new, spans)


def with_own_names(mapping: Mapping, reading: FileReading) -> Mapping:
    """A mapping whose variables have names of their own; those of sections are among its `lets`."""
    defined = {one.name: one.span for one in mapping.expects}
    defined.update({table.name: table.form.span for table in mapping.tables})
    defined.update({let.name: let.span for let in mapping.lets})
    naming = _Naming(reading, defined, {one.name: one.facts for one in mapping.functions})
    names = _Names(naming)
    lets = _of_lets(mapping.lets, names)
    tables = {table.name: table.form.span for table in mapping.tables}
    functions = tuple([_of_function(one, naming, tables) for one in mapping.functions])
    payload = _of_fields(mapping.payload, names)
    sections = tuple([_of_section(one, names) for one in mapping.sections])
    otherwise = None if mapping.otherwise is None else _of_section(mapping.otherwise, names)
    consent = mapping.consent
    if consent is not None:
        answers = tuple([_of(one, names) for one in consent.answer.values])
        consent = replace(consent, answer=replace(consent.answer, values=answers))
    return replace(
        mapping,
        lets=(*lets, *naming.of_sections),
        functions=functions,
        payload=payload,
        sections=sections,
        otherwise=otherwise,
        consent=consent,
        element_lets=tuple(naming.of_elements),
    )


def _of_function(function: Function, naming: _Naming, tables: ReadOnly[str, Span]) -> Function:
    """A function whose parameters have names of their own. It reads no variable of the mapping but tables."""
    for let in function.parameters:
        if let.name in tables:
            message = f"`${let.name}` is a table already, and both can be read here"
            related = ((tables[let.name], "defined here"),)
            naming.reading.say(Diagnostic("M150", let.span, message, "choose another name", related=related))
    names = _Names(
        naming, {let.name: numbered_name(let.name, next(naming.numbers)) for let in function.parameters}
    )
    inside = replace(names, lets={let.name: let.span for let in function.parameters})
    parameters = tuple([replace(let, name=names.new[let.name]) for let in function.parameters])
    body = None if function.body is None else _of(function.body, inside)
    return replace(function, parameters=parameters, body=body)


def _of_section(section: Section, outer: _Names) -> Section:
    """A section without lets of its own, which are added to those of the mapping."""
    names = outer.inside(section.lets) if section.lets else outer
    names.naming.of_sections += _of_lets(section.lets, names)
    send = section.send
    return replace(
        section,
        when=None if section.when is None else section.when.with_variables(names.new),
        send=_of_rule(send, names) if isinstance(send, Rule) else send,
        payload=_of_fields(section.payload, names),
        lets=(),
    )


def _of_lets(lets: tuple[Let, ...], names: _Names) -> tuple[Let, ...]:
    return tuple(
        [
            replace(
                let,
                name=names.new.get(let.name, let.name),
                value=None if let.value is None else _of(let.value, names),
            )
            for let in lets
        ]
    )


def _of(value: Value, names: _Names) -> Value:
    """A value that reads variables by their new names; the very same where it reads none of them."""
    match value:
        case Expression():
            return value.with_variables(names.new) if names.new else value
        case Constant():
            return value
        case Rule():
            return _of_rule(value, names)
        case Fields():
            return _of_fields(value, names)
        case Elements():
            items = _each_of(value.items, names)
            return value if items is value.items else replace(value, items=items)
        case FirstOf():
            alternatives = _each_of(value.alternatives, names)
            return value if alternatives is value.alternatives else replace(value, alternatives=alternatives)
        case Case():
            return _of_case(value, names)
        case Each():
            return _of_each(value, names)
        case Zip():
            lists = _of_fields(value.lists, names)
            return value if lists is value.lists else replace(value, lists=lists)


def _each_of(values: tuple[Value, ...], names: _Names) -> tuple[Value, ...]:
    made = tuple([_of(one, names) for one in values])
    return values if _are_same(made, values) else made


def _are_same(made: tuple[object, ...], values: tuple[object, ...]) -> bool:
    return all(one is other for one, other in zip(made, values, strict=True))


def _of_fields(fields: Fields, names: _Names) -> Fields:
    values = tuple([value for _, _, value in fields.entries])
    made = _each_of(values, names)
    if made is values:
        return fields
    entries = [(name, span, one) for (name, span, _), one in zip(fields.entries, made, strict=True)]
    return replace(fields, entries=tuple(entries))


def _of_rule(rule: Rule, names: _Names) -> Rule:
    source = _of(rule.source, names)
    when = None if rule.when is None else rule.when.with_variables(names.new)
    steps = tuple([_of_step(step, names) for step in rule.steps])
    if source is rule.source and when is rule.when and _are_same(steps, rule.steps):
        return rule
    assert isinstance(source, Constant | FirstOf | Case | Each | Zip)
    return replace(rule, source=source, when=when, steps=steps)


def _of_step(step: WrittenStep, names: _Names) -> WrittenStep:
    own = names.naming.functions.get(step.transform)
    made = step if own is None else replace(step, function=own)
    return made.with_variables(names.new)


def _of_case(case: Case, names: _Names) -> Case:
    arms = tuple([_of_arm(arm, names) for arm in case.arms])
    return case if _are_same(arms, case.arms) else replace(case, arms=arms)


def _of_arm(arm: Arm, names: _Names) -> Arm:
    when = None if arm.when is None else arm.when.with_variables(names.new)
    then = _of(arm.then, names)
    return arm if when is arm.when and then is arm.then else replace(arm, when=when, then=then)


def _of_each(each: Each, outer: _Names) -> Each:
    items = _of(each.items, outer)
    names = outer.inside(each.lets) if each.lets else outer
    where = None if each.where is None else each.where.with_variables(names.new)
    item = _of(each.item, names)
    if items is each.items and where is each.where and item is each.item and not each.lets:
        return each
    lets = _of_lets(each.lets, names)
    names.naming.of_elements += lets
    return replace(each, items=items, where=where, item=item, lets=lets)
