"""`lookup` after `lowercase` or `uppercase` -> warnings where a key of its table has other letters."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mapper.compiler.checks.registry import CheckCase, check
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Call, Literal
from mapper.compiler.syntax.values import FirstOf, Rule, RuleSource, every
from mapper.compiler.syntax.written_steps import LOOKUP, TABLE, WrittenStep
from mapper.compiler.yaml.nodes import MapNode
from mapper.diagnostic import Diagnostic

_CASES: dict[str, Callable[[str], str]] = {"lowercase": str.lower, "uppercase": str.upper}
# Steps after which a text has no letters that it did not have.
_KEEP_LETTERS = frozenset({"trim", "keep", "remove"})


@check("M463")
def keys_in_other_letters(case: CheckCase) -> Iterator[Diagnostic]:
    """`apply: [lowercase, {lookup: {table: {Order: checkout}}}]`: no text in small letters is `Order`."""
    told: set[int] = set()
    for rule in (one for root in case.mapping.every_value for one in every(root) if isinstance(one, Rule)):
        before = _case_made_by(rule.source)
        for step in rule.steps:
            if step.transform == LOOKUP and before and id(step) not in told:
                told.add(id(step))
                yield from _of_step(step, before)
            if step.transform not in _KEEP_LETTERS:
                before = step.transform if step.transform in _CASES else ""


def _case_made_by(source: RuleSource) -> str:
    """The transform by which all of a value is in small letters, or in capitals; "" for none."""
    values = source.alternatives if isinstance(source, FirstOf) else ()
    roots = [one.root if isinstance(one, Expression) else None for one in values]
    names = {root.name if isinstance(root, Call) else "" for root in roots}
    return names.pop() if len(names) == 1 and names <= _CASES.keys() else ""


def _of_step(step: WrittenStep, before: str) -> Iterator[Diagnostic]:
    arguments = step.arguments.entries if isinstance(step.arguments, MapNode) else ()
    named = {key.text: value for key, value in arguments}
    table = named.get(TABLE)
    if not isinstance(table, MapNode):
        return
    keys = {key.text for key, _ in table.entries}
    for key, _ in table.entries:
        meant = _CASES[before](key.text)
        if meant != key.text:
            hint = f"remove it: `{meant}` is in the table" if meant in keys else f"write `{meant}`"
            yield Diagnostic("M463", key.span, _message(key.text, before), hint)


@check("M463")
def keys_of_calls(case: CheckCase) -> Iterator[Diagnostic]:
    """`lookup(lowercase(kind), {Order: 'checkout'})`, with the table as a constant."""
    for expression, _ in case.record.read:
        for call in (one for one in expression.walk() if isinstance(one, Call) and one.name == LOOKUP):
            value, table = call.arguments[:2] if len(call.arguments) > 1 else (None, None)
            before = value.name if isinstance(value, Call) and value.name in _CASES else ""
            if not before or not isinstance(table, Literal) or not isinstance(table.value, dict):
                continue
            for key in (key for key in table.value if _CASES[before](key) != key):
                meant, span = _CASES[before](key), expression.span(table)
                yield Diagnostic("M463", span, _message(key, before), f"name the key `{meant}`")


def _message(key: str, before: str) -> str:
    return f"`{key}` is never found: the value is changed by `{before}` before"
