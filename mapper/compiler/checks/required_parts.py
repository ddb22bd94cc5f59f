"""`required` within a value -> an error: only a field can be missing from a payload."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.checks.check_registry import CheckCase, check
from mapper.compiler.syntax.value_nodes import Rule, every, parts
from mapper.compiler.yaml.yaml_facts import Remove
from mapper.texts.diagnostic import Diagnostic

_PARTS = {
    "alternative": "an alternative",
    "arm": "a case",
    "element": "an element",
    "field": "a list of `zip`",
    "item": "an item",
}


@check("M034")
def required_parts(case: CheckCase) -> Iterator[Diagnostic]:
    """Rules that are a part of a value, or that a variable, an answer or a function is."""
    mapping = case.mapping
    if not any(isinstance(one, Rule) and one.required is not None for one in mapping.all_values):
        return
    sent = {id(section.send) for section in mapping.all_sections}
    for root in mapping.every_value:
        if isinstance(root, Rule) and id(root) not in sent:
            yield from _check(root, "a value that is no field")
        inside = [(id(value), part) for value in every(root) for part in parts(value)]
        columns = {id(part.value) for _, part in inside if part.role == "list"}
        for around, part in inside:
            if part.role != "field" or around in columns:
                yield from _check(part.value, _PARTS.get(part.role, "a part of a value"))


def _check(value: object, part: str) -> Iterator[Diagnostic]:
    if isinstance(value, Rule) and value.required is not None:
        key, stated = value.required
        message = f"`required` is for a whole field, and this is {part}"
        hint = "move it into the rule of the field itself, or remove it"
        yield Diagnostic("M034", key, message, hint, facts=Remove("entry", key, stated))
