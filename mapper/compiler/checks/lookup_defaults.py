"""`lookup` with a default, where the field is required -> a warning: what the table lacks is sent as another.

An event whose value nobody thought of would be refused, and is counted as one of another kind.
"""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.checks.check_registry import CheckCase, check
from mapper.compiler.jmespath.tree import Variable
from mapper.compiler.schema.target import TargetField
from mapper.compiler.syntax.value_nodes import Rule, every
from mapper.compiler.syntax.written_steps import DEFAULT, LOOKUP, TABLE, WrittenStep, names_variable
from mapper.compiler.yaml.nodes import MapNode, ScalarNode
from mapper.compiler.yaml.yaml_facts import Remove
from mapper.texts.diagnostic import Diagnostic


@check("M457")
def defaults_for_what_a_table_lacks(case: CheckCase) -> Iterator[Diagnostic]:
    """Defaults of `lookup` in the rules of required fields, and in the lets that those read alone."""
    told: set[int] = set()
    for rule, field in _rules(case):
        for step in rule.steps:
            if step.transform == LOOKUP and id(step) not in told:
                told.add(id(step))
                yield from _check_step(step, field)


def _rules(case: CheckCase) -> Iterator[tuple[Rule, TargetField]]:
    """The rules that give required fields, and those of lets that are such a field as they are."""
    for rule, _, site in case.record.rules:
        if site.target is not None and site.target.required:
            yield rule, site.target
    values = case.mapping.values_of_lets
    for expression, site in case.record.sent:
        root, field = expression.root, site.target
        if field is not None and field.required and isinstance(root, Variable) and root.name in values:
            yield from ((one, field) for one in every(values.pop(root.name)) if isinstance(one, Rule))


def _check_step(step: WrittenStep, field: TargetField) -> Iterator[Diagnostic]:
    arguments = step.arguments
    entries = arguments.entries if isinstance(arguments, MapNode) else ()
    named = {key.text: (key, value) for key, value in entries}
    if TABLE not in named or DEFAULT not in named:
        return
    key, value = named[DEFAULT]
    if isinstance(value, ScalarNode) and value.value is not None and not names_variable(value):
        message = f"`{field.path}` is `{value.text}` for every value that the table does not list"
        hint = "remove `default`, so that an event with another value is rejected and seen"
        fact = Remove("entry", key.span, value.span)
        yield Diagnostic("M457", value.span, message, hint, path=field.path, facts=fact)
