"""Fields that take a list -> warnings where a list is joined to one text before it gets there."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.checks.check_registry import CheckCase, check
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tree import Call
from mapper.compiler.schema.target import TargetField
from mapper.compiler.syntax.value_nodes import every
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span

_STEP = "join_with"
# The number of the argument that is the list.
_LISTS = {"join": 1, _STEP: 0}


@check("M462")
def joined_for_a_list(case: CheckCase) -> Iterator[Diagnostic]:
    """`join(',', items[].sku)` for a list of texts, which then has one element."""
    changed = _changed(case)
    for expression, site in case.record.sent:
        if site.target is not None and site.target.item is not None and expression.whole not in changed:
            yield from _joined(expression, site.target)
    for rule, _, site in case.record.rules:
        if site.target is not None and site.target.item is not None and rule.steps:
            step = rule.steps[-1]
            if step.transform == _STEP:
                yield Diagnostic("M462", step.span, _message(site.target), f"remove `{_STEP}`")


def _changed(case: CheckCase) -> frozenset[Span]:
    """The expressions in rules with steps, of which `split` may make a list again."""
    rules = (one.rule for one in case.record.rules if one.rule.steps)
    return frozenset(one.whole for rule in rules for one in every(rule) if isinstance(one, Expression))


def _joined(expression: Expression, field: TargetField) -> Iterator[Diagnostic]:
    call = expression.root
    place = _LISTS.get(call.name) if isinstance(call, Call) else None
    if not isinstance(call, Call) or place is None or len(call.arguments) <= place:
        return
    listed = call.arguments[place]
    instead = expression.text[listed.start : listed.end]
    span = expression.span(call)
    yield Diagnostic(
        "M462", span, _message(field), f"give it the list itself: {coded(instead)}", path=field.path
    )


def _message(field: TargetField) -> str:
    return f"`{field.path}` takes a list, and this joins the elements to one text: a list of one element"
