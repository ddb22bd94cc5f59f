"""Constants -> warnings where one looks like an expression or a template, since it is sent as it is.

Nothing is said of a URL with braces unless the mapping, its source schema or a test has what is between them:
services have placeholders of their own. Arguments of steps, defaults, tables and texts that an expression
builds a text of may be the path of a value: one with a dot where another expression, the source schema or a
test has it, or what is before its last dot; a name alone only where it would be sent itself. What `is`
compares with is the name of an event, and who writes `const` means a constant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from mapper.compiler.checks.bare_words import is_of_field
from mapper.compiler.checks.check_facts import MistakenConstant, MistakenDefault
from mapper.compiler.checks.check_registry import ERROR, CheckCase, Relation, check, fact, overlapping
from mapper.compiler.checks.element_names import names_of_element
from mapper.compiler.checks.path_checks import Shown, has_attribute, places_of, shown_by
from mapper.compiler.findings import Findings
from mapper.compiler.inference.type_facts import in_place
from mapper.compiler.jmespath.call_facts import arguments_for, keeps
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tokens import text_constant
from mapper.compiler.jmespath.tree import Call, Literal, Node, Or
from mapper.compiler.plan.expression_sites import SitePath
from mapper.compiler.plan.own_steps import as_transform
from mapper.compiler.plan.plan_facts import WrongArgument
from mapper.compiler.plan.planned_steps import looks_like_variable, match_arguments
from mapper.compiler.plan.scope import Site
from mapper.compiler.syntax.let_nodes import RESERVED_VARIABLES, written_variable
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
)
from mapper.compiler.syntax.written_steps import WrittenStep
from mapper.compiler.yaml.edits import in_single_quotes, quoted
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.runtime.functions import FUNCTIONS
from mapper.texts.diagnostic import Diagnostic
from mapper.transforms import TRANSFORMS, Parameter
from mapper.values.frozen import dataclass
from mapper.values.types import Type

_PATH = r"\$?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_HOLE = re.compile(rf"[$#%]?\{{\{{\s*({_PATH})\s*\}}\}}|[$#%]?\{{\s*({_PATH})\s*\}}", re.ASCII)
_VARIABLE = re.compile(r"\$[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)
_CALL = re.compile(r"([a-z_]\w*)\(.*\)", re.ASCII)
_QUOTED = re.compile(r"""(['"`])([^'"`]*[^'"`\s][^'"`]*)\1""")
_OF_URLS = ("://", "?")
_LONGEST = 2048
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)
_NOWHERE: tuple[SitePath, ...] = ((),)


@check("M206")
def defaults_like_variables(case: CheckCase) -> Iterator[Diagnostic]:
    """Defaults that read as a variable: a default is a constant."""
    for rule, _, _ in case.record.rules:
        if rule.default is not None and str(rule.default.value).startswith("$"):
            text, span = str(rule.default.value), rule.default.span
            read = text if _is_path(text, case) else text[1:]
            fact = MistakenDefault(span, read, rule.source)
            yield replace(looks_like_variable(text, span), facts=fact)


@check("M206", needs=("whole",))
def constants_like_expressions(case: CheckCase) -> Iterator[Diagnostic]:
    """`const: 'Booking {number}'`, `const: $number`, `concat('No. {number}', x)`."""
    told: set[int] = set()
    for value in case.mapping.all_values:
        if id(value) not in told:
            told.add(id(value))
            yield from _of_value(value, case)


def _of_value(value: Value, case: CheckCase) -> Iterator[Diagnostic]:
    match value:
        case Constant():
            yield from _of_constant(value, case)
        case Rule():
            if value.default is not None:
                yield from _of_default(value.default, case)
        case Expression():
            for node in _texts_built(value.root):
                yield from _of_text(str(node.value), node, value, case)
        case Fields() | Elements() | FirstOf() | Case() | Each() | Zip():
            return


def _of_default(constant: Constant, case: CheckCase) -> Iterator[Diagnostic]:
    template = _template_of(str(constant.value), case)
    if template is not None:
        rule = f"{{template: {in_single_quotes(template)}}}"
        hint = f"write a template as the last alternative of `from`: {coded(rule)}"
        yield Diagnostic("M206", constant.span, _sent_as_is(str(constant.value)), hint)
    else:
        yield from _in_quotes(constant, "default")


def _of_text(text: str, node: Literal, whole: Expression, case: CheckCase) -> Iterator[Diagnostic]:
    template = _template_of(text, case)
    if template is not None:
        call = f"template({', '.join((text_constant(_HOLE.sub('{}', template)), *_paths_of(template)))})"
        facts = in_place(node, call, whole)
        yield Diagnostic("M206", whole.span(node), _sent_as_is(text), f"write {coded(call)}", facts=facts)


def _sent_as_is(text: str) -> str:
    return f"{coded(text)} is a constant here, and its braces are sent as they are"


def _of_constant(constant: Constant, case: CheckCase) -> Iterator[Diagnostic]:
    text = constant.value
    if not isinstance(text, str) or len(text) > _LONGEST:
        return
    template, call = _template_of(text, case), _CALL.fullmatch(text)
    if template is not None:
        fact = MistakenConstant(constant.span, "template", template)
        yield Diagnostic("M206", constant.span, _sent_as_is(text), facts=fact)
    elif _VARIABLE.fullmatch(text):
        read = text if _is_path(text, case) else text[1:]
        message = f"{coded(text)} is a constant here, but looks like a variable"
        fact = MistakenConstant(constant.span, "from", read)
        yield Diagnostic("M206", constant.span, message, facts=fact)
    elif call is not None and _is_function(call[1], case):
        message = f"{coded(text)} is a constant here, but looks like an expression"
        fact = MistakenConstant(constant.span, "from", text)
        yield Diagnostic("M206", constant.span, message, facts=fact)
    else:
        yield from _in_quotes(constant, "const")


def _in_quotes(constant: Constant, key: str) -> Iterator[Diagnostic]:
    """A text with quotes in it, as one in an expression has."""
    inner = _QUOTED.fullmatch(str(constant.value))
    if inner is not None:
        message = f"{coded(str(constant.value))} is a constant here, and its quotes are sent as they are"
        fact = MistakenConstant(constant.span, key, inner[2])
        yield Diagnostic("M206", constant.span, message, facts=fact)


def _is_function(name: str, case: CheckCase) -> bool:
    own = {function.name for function in case.mapping.functions}
    return name in FUNCTIONS or name in TRANSFORMS or name in own


def _template_of(text: str, case: CheckCase) -> str | None:
    """The template that a constant looks like, each path between single braces; None for another text."""
    if "{" not in text or len(text) > _LONGEST:
        return None
    template = _HOLE.sub(lambda hole: f"{{{hole[1] or hole[2]}}}", text)
    rest, paths = _HOLE.sub("", template), _paths_of(template)
    if not paths or set("{}[]") & {*rest}:
        return None
    is_url = any(one in text for one in _OF_URLS)
    return template if not is_url or all(_is_path(path, case) for path in paths) else None


def _paths_of(template: str) -> list[str]:
    return [hole[1] or hole[2] for hole in _HOLE.finditer(template)]


def _is_path(path: str, case: CheckCase) -> bool:
    """Whether the mapping reads a path elsewhere, or its source schema or a test has it."""
    names = tuple(path.split("."))
    if path.startswith("$"):
        lets = {written_variable(let.name) for let in case.mapping.all_lets}
        return names[0][1:] in {*lets, *RESERVED_VARIABLES}
    shown = shown_by(case)
    return names in shown.read or shown.knows(names)


def _texts_built(root: Node) -> Iterator[Literal]:
    """The texts that are a part of what an expression gives."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Literal) and isinstance(node.value, str):
            yield node
        elif isinstance(node, Or):
            waiting += [node.right, node.left]
        elif isinstance(node, Call) and "person" in keeps(node.name):
            waiting += reversed([one for _, one in arguments_for(node, "value", "put")])


@dataclass(frozen=True, slots=True)
class _Here:
    """The place of a constant: where expressions beside it start from, and the field it goes into."""

    at: tuple[SitePath, ...]
    in_loop: bool
    site: Site | None
    shown: Shown
    objects: frozenset[SitePath]
    events: frozenset[str]


@fact
def _objects_read(case: CheckCase) -> frozenset[SitePath]:
    """The places of events that expressions read attributes of."""
    return frozenset(place[:end] for place in shown_by(case).read for end in range(1, len(place)))


@fact
def _event_names(case: CheckCase) -> frozenset[str]:
    """The names of events that sections compare with, which may have dots."""
    constants = (one for section in case.mapping.all_sections for one in section.constants or ())
    return frozenset(str(one.value) for one in constants)


@check("M206", needs=("whole",), yields_to=(Relation(ERROR, overlapping),))
def constants_like_paths(case: CheckCase) -> Iterator[Diagnostic]:
    """`{concat: [item.sku]}`, `default: product.name`, `concat(brand, 'a.name')`."""
    told: set[int] = set()
    sites = {id(expression): one for expression, one in places_of(case).sites}
    planned = {id(one.rule): one.site for one in case.record.rules}
    for value in case.mapping.all_values:
        if id(value) in told or not _has_constants(value):
            continue
        told.add(id(value))
        first = next((sites[id(one)] for one in _read_by(value) if id(one) in sites), None)
        here = _Here(
            _NOWHERE if first is None else first.at,
            first is not None and first.loop is not None,
            planned.get(id(value)),
            shown_by(case),
            _objects_read(case),
            _event_names(case),
        )
        yield from _paths_in(value, here)


def _has_constants(value: Value) -> bool:
    """Whether a value has constants itself that may be meant as paths."""
    match value:
        case Rule():
            return bool(value.steps) or value.default is not None
        case Expression():
            return Literal in value.parsed.kinds
        case Constant() | Fields() | Elements() | FirstOf() | Case() | Each() | Zip():
            return False


def _read_by(value: Value) -> Iterator[Expression]:
    return (one for one in every(value) if isinstance(one, Expression))


def _paths_in(value: Value, here: _Here) -> Iterator[Diagnostic]:
    match value:
        case Rule():
            for step in value.steps:
                yield from _of_step(step, value, here)
            if value.default is not None:
                yield from _path_as_default(value.default, value, here)
        case Expression():
            for node in _texts_built(value.root):
                yield from _path_in_quotes(str(node.value), node, value, here)
        case Constant() | Fields() | Elements() | FirstOf() | Case() | Each() | Zip():
            return


def _path_in_quotes(text: str, node: Literal, whole: Expression, here: _Here) -> Iterator[Diagnostic]:
    path = _path_meant(text, here)
    if path is not None:
        facts = in_place(node, path, whole)
        yield Diagnostic("M206", whole.span(node), _is_a_path(text), f"write {coded(path)}", facts=facts)


def _is_a_path(text: str) -> str:
    return f"{coded(text)} is a constant here, but looks like the path of a value"


def _path_as_default(default: Constant, rule: Rule, here: _Here) -> Iterator[Diagnostic]:
    text = str(default.value)
    path = _path_meant(text, here) or _name_meant(text, here)
    if path is not None:
        fact = MistakenDefault(default.span, path, rule.source)
        yield Diagnostic("M206", default.span, _is_a_path(text), facts=fact)


def _of_step(step: WrittenStep, rule: Rule, here: _Here) -> Iterator[Diagnostic]:
    transform = TRANSFORMS.get(step.transform) if step.function is None else as_transform(step.function)
    if transform is None or step.table:
        return
    source = _only_expression(rule)
    paths = [
        (node, parameter, path)
        for parameter, given in match_arguments(step, transform, Findings()) or ()
        for node in (given if isinstance(given, list) else [given])
        if isinstance(node, ScalarNode) and isinstance(node.value, str)
        if (path := _argument_meant(node.value, parameter, here)) is not None
    ]
    others = tuple([(node.span, path) for node, _, path in paths])
    for node, parameter, path in paths:
        fact = WrongArgument(node, parameter, step, source, path, others)
        yield Diagnostic("M206", node.span, _is_a_path(node.text), facts=fact)
    for parameter, given in match_arguments(step, transform, Findings()) or ():
        if isinstance(given, MapNode) and not parameter.constant:
            yield from _of_table(given, source, here)
        elif isinstance(given, ListNode) and not parameter.constant:
            yield from _of_list(given, step.transform, source, here)


def _of_table(table: MapNode, source: Expression | None, here: _Here) -> Iterator[Diagnostic]:
    for key, value in table.entries:
        path = _text_meant(value, here)
        if path is not None and isinstance(value, ScalarNode):
            condition = f"{'...' if source is None else source.text.strip()} == {text_constant(key.text)}"
            rule = f"{{case: [{{when: {quoted(condition)}, then: {path}}}, ...]}}"
            hint = f"a table holds constants; to choose between paths, write {coded(rule)}"
            yield Diagnostic("M206", value.span, _is_a_path(value.text), hint)


def _of_list(listed: ListNode, name: str, source: Expression | None, here: _Here) -> Iterator[Diagnostic]:
    for value in listed.items:
        path = _text_meant(value, here)
        if path is not None and isinstance(value, ScalarNode):
            call = f"{name}({'...' if source is None else source.text.strip()}, [{path}])"
            hint = f"an argument is a constant; call it in the expression: {coded(call)}"
            yield Diagnostic("M206", value.span, _is_a_path(value.text), hint)


def _text_meant(node: YamlNode, here: _Here) -> str | None:
    if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
        return None
    return _path_meant(node.value, here)


def _only_expression(rule: Rule) -> Expression | None:
    """The expression that the steps of a rule act on, where it is one."""
    source = rule.source
    if isinstance(source, FirstOf) and len(source.alternatives) == 1:
        return source.alternatives[0] if isinstance(source.alternatives[0], Expression) else None
    return None


def _argument_meant(text: str, parameter: Parameter, here: _Here) -> str | None:
    """The path that an argument is meant as; a name alone only where it would be a part of the value."""
    if parameter.constant or parameter.is_pattern or text in parameter.words:
        return None
    if parameter.name == "default":
        return _path_meant(text, here) or _name_meant(text, here)
    is_sent = parameter.grows and "object" not in parameter.type.kinds
    return _path_meant(text, here) or (_known_name(text, here) if is_sent else None)


def _path_meant(text: str, here: _Here) -> str | None:
    """The path to write for a text with dots, if one is meant."""
    names = tuple(text.split("."))
    if len(names) < 2 or text in here.events or not _DOTTED.fullmatch(text):
        return None
    is_of_element = here.in_loop and names[0] in names_of_element(here.at)
    if is_of_element and not any(_is_known((*place, names[0]), here) for place in here.at):
        return ".".join(names[1:])
    if any(_is_below(place, names, here) for place in here.at):
        return text
    return f"$event.{text}" if here.in_loop and _is_below((), names, here) else None


def _name_meant(text: str, here: _Here) -> str | None:
    """A name alone that is what the field's own attribute is called."""
    return _known_name(text, here) if here.site is not None and is_of_field(text, here.site) else None


def _known_name(text: str, here: _Here) -> str | None:
    if not _DOTTED.fullmatch(text) or "." in text:
        return None
    return text if any(_is_known((*place, text), here) for place in here.at) else None


def _is_below(place: SitePath, names: SitePath, here: _Here) -> bool:
    """Whether there is a path, or what is before its last dot is an object that attributes are read of."""
    return _is_known((*place, *names), here) or (*place, *names[:-1]) in here.objects


def _is_known(place: SitePath, here: _Here) -> bool:
    shown = here.shown
    if place in shown.read or any(has_attribute(event, place) for event in shown.events):
        return True
    return _has_value(shown.source, place)


def _has_value(source: Type, place: SitePath) -> bool:
    """Whether a type names a single value at a place."""
    for name in place:
        if name.startswith("["):
            source = source.items or Type(frozenset())
            continue
        found = next((known for known_name, known in source.fields or () if known_name == name), None)
        if found is None:
            return False
        source = found
    return source.known and source.kinds.isdisjoint({"array", "object"})
