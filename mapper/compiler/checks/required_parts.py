"""`required` within a value -> an error: only a field can be missing from a payload."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.checks.facts import NeedlessEntry
from mapper.compiler.checks.registry import CheckCase, check
from mapper.compiler.syntax.values import Fields, Rule, Zip, every, parts
from mapper.diagnostic import Diagnostic

_PARTS = {"alternative": "an alternative", "arm": "a case", "item": "an item", "element": "an element"}


@check("M034")
def required_parts(case: CheckCase) -> Iterator[Diagnostic]:
    """Rules that are a part of a value, or that a variable, an answer or a function is."""
    mapping = case.mapping
    sent = {id(section.send) for section in mapping.all_sections}
    for root in mapping.every_value:
        if isinstance(root, Rule) and id(root) not in sent:
            yield from _check(root, "a value that is no field")
        for value in every(root):
            if isinstance(value, Zip):
                for _, _, column in value.lists.entries:
                    yield from _check(column, "a list of `zip`")
            elif not isinstance(value, Fields):
                for part in parts(value):
                    yield from _check(part.value, _PARTS.get(part.role, "a part of a value"))


def _check(value: object, part: str) -> Iterator[Diagnostic]:
    if isinstance(value, Rule) and value.required is not None:
        key, stated = value.required
        message = f"`required` is for a whole field, and this is {part}"
        hint = "move it into the rule of the field itself, or remove it"
        yield Diagnostic("M034", key, message, hint, facts=NeedlessEntry(key, stated))
