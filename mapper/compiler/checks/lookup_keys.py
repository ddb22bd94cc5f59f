"""`lookup` after `lowercase` or `uppercase` -> warnings where a key of its table has other letters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from mapper.compiler.checks.check_registry import CheckCase, check
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Call, Literal
from mapper.compiler.syntax.table_files import MOST_TOLD
from mapper.compiler.syntax.value_nodes import FirstOf, Rule, RuleSource
from mapper.compiler.syntax.written_steps import LOOKUP, TABLE, WrittenStep
from mapper.compiler.yaml.nodes import MapNode
from mapper.texts.diagnostic import Diagnostic
from mapper.transforms.registry import TRANSFORMS
from mapper.transforms.tables import AnyCaseTable, FileTable

_CASES: dict[str, Callable[[str], str]] = {"lowercase": str.lower, "uppercase": str.upper}
_OR_ANY_CASE = ", or add `any_case: true` to the table"


@check("M463")
def keys_in_other_letters(case: CheckCase) -> Iterator[Diagnostic]:
    """`apply: [lowercase, {lookup: {table: {Order: checkout}}}]`: no text in small letters is `Order`."""
    told: set[int] = set()
    for rule in (one for one in case.mapping.all_values if isinstance(one, Rule)):
        before = _case_made_by(rule.source)
        for step in rule.steps:
            if step.transform == LOOKUP and before and id(step) not in told:
                told.add(id(step))
                yield from _of_step(step, before)
            if not (step.transform in TRANSFORMS and TRANSFORMS[step.transform].only_removes):
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
    if not isinstance(table, MapNode) or _is_any_case(step.entries):
        return
    keys = {key.text for key, _ in table.entries}
    wrong = (key for key, _ in table.entries if _CASES[before](key.text) != key.text)
    for key in islice(wrong, MOST_TOLD):
        meant = _CASES[before](key.text)
        hint = f"remove it: `{meant}` is in the table" if meant in keys else f"write `{meant}`"
        more = _OR_ANY_CASE if step.entries is not None and meant not in keys else ""
        yield Diagnostic("M463", key.span, _message(key.text, before), f"{hint}{more}")


@check("M463")
def keys_of_calls(case: CheckCase) -> Iterator[Diagnostic]:
    """`lookup(lowercase(kind), {Order: 'checkout'})`, with the table as a constant."""
    for expression, _ in case.record.read:
        for call in (one for one in expression.nodes_of(Call) if one.name == LOOKUP):
            value, table = call.arguments[:2] if len(call.arguments) > 1 else (None, None)
            before = value.name if isinstance(value, Call) and value.name in _CASES else ""
            held = table.value if before and isinstance(table, Literal) else None
            if not isinstance(table, Literal) or not isinstance(held, dict) or _is_any_case(held):
                continue
            more = _OR_ANY_CASE if isinstance(held, FileTable) else ""
            for key in islice((key for key in held if _CASES[before](key) != key), MOST_TOLD):
                hint = f"name the key `{_CASES[before](key)}`{more}"
                yield Diagnostic("M463", expression.span(table), _message(key, before), hint)


def _is_any_case(table: object) -> bool:
    """Whether the keys of a table are found in any letters."""
    return isinstance(table, AnyCaseTable)


def _message(key: str, before: str) -> str:
    return f"`{key}` is never found: the value is changed by `{before}` before"
