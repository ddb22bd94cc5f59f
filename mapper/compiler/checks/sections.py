"""Sections -> those that no event comes to, and values of `is` that no event has."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mapper.compiler.checks.patterns import unlikely_text
from mapper.compiler.inference.infer import infer
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Call
from mapper.compiler.plan.can_give import always_holds, never_holds
from mapper.compiler.plan.scope import Draft, Scope
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.sections import Section
from mapper.compiler.syntax.values import Constant
from mapper.compiler.yaml.edits import quoted
from mapper.diagnostic import Diagnostic, Edit, Fix, closest
from mapper.runtime.operators import equal
from mapper.text import Span
from mapper.transforms import TRANSFORMS
from mapper.types import Invalid, Json, Type, fit, kind_of, of

# Transforms that leave what they have made as it is: what they change is no result of theirs.
_SETTLING = frozenset({"digits", "lowercase", "snake_case", "trim", "uppercase"})


@dataclass(slots=True)
class _Taken:
    """What the sections so far take: values of `is`, conditions with them, and from where on everything.

    any: a section that acts for every event, so that `otherwise` never does.
    """

    values: dict[tuple[bool, Json], Span] = field(default_factory=dict)
    conditions: dict[str, Section] = field(default_factory=dict)
    all: Span | None = None
    any: Span | None = None


def check_sections(mapping: Mapping, draft: Draft) -> None:
    """Report sections, values of `is` and `skip` rules that can never act."""
    for rule in mapping.skips:
        if always_holds(rule.when):
            _report_dead(rule.when.whole, "every event is skipped here, so none is ever sent", (), draft)
            return
        if never_holds(rule.when):
            _report_dead(rule.when.whole, "this condition never holds", (), draft)
    taken = _Taken()
    for section in mapping.sections:
        if taken.all is not None:
            _report_blocked(section, taken.all, draft)
            return
        _check_section(section, taken, draft)
    if taken.any is not None and mapping.otherwise is not None:
        _report_blocked(mapping.otherwise, taken.any, draft)


def _check_section(section: Section, taken: _Taken, draft: Draft) -> None:
    if section.when is not None and never_holds(section.when):
        _report_dead(section.when.whole, "this condition never holds", (), draft)
        return
    _check_values(section, taken, draft)
    same = taken.conditions.get(_text(section.when))
    if same is not None and same.when is not None and section.when is not None and _takes_all(same, section):
        related = ((same.when.whole, "taken here"),)
        message = "no event comes here: an earlier section with the same condition takes them"
        _report_dead(section.when.whole, message, related, draft)
    always = section.constants is None and section.when is not None and always_holds(section.when)
    if section.when is not None and always:
        taken.any = section.when.whole
        taken.all = None if section.goes_on else taken.any
    if section.when is not None and not section.goes_on:
        taken.conditions.setdefault(_text(section.when), section)


def _check_values(section: Section, taken: _Taken, draft: Draft) -> None:
    """Report values of `is` that an earlier section takes already."""
    for one in section.constants or ():
        key = _key(one)
        if key in taken.values and taken.values[key].text is not one.span.text:
            continue  # an inherited section that this mapping has in its own way
        if key in taken.values:
            message = f"no event comes here for `{one.value}`: an earlier section takes them all"
            related = ((taken.values[key], "taken here"),)
            draft.found.append(Diagnostic("M410", one.span, message, related=related))
        elif (section.when is None or always_holds(section.when)) and not section.goes_on:
            taken.values[key] = one.span


def _text(condition: Expression | None) -> str:
    return "" if condition is None else re.sub(r"\s+", " ", condition.text.strip())


def _takes_all(earlier: Section, section: Section) -> bool:
    """Whether an earlier section of the same file and condition takes each event of one."""
    if earlier.span.text is not section.span.text:
        return False
    if earlier.constants is None:
        return True
    if section.constants is None:
        return False
    return {*map(_key, section.constants)} <= {*map(_key, earlier.constants)}


def _key(one: Constant) -> tuple[bool, Json]:
    """A constant as JSON tells it from others: 1 is 1.0, and no boolean. What is no scalar is never taken."""
    scalar = one.value if isinstance(one.value, str | int | float | bool) else None
    return isinstance(scalar, bool), scalar


def _report_blocked(section: Section, taken: Span, draft: Draft) -> None:
    if section.span.text is taken.text:
        span = section.send.span if section.send is not None else section.span
        message = "no event comes here: an earlier section takes them all"
        _report_dead(span, message, ((taken, "all are taken here"),), draft)


def _report_dead(span: Span, message: str, related: tuple[tuple[Span, str], ...], draft: Draft) -> None:
    draft.found.append(
        Diagnostic("M432", span, message, "take it away, or say which events it is for", related=related)
    )


def check_values(mapping: Mapping, scope: Scope, draft: Draft) -> None:
    """Report values of `is` that the value of `match` never has."""
    if mapping.match is None:
        return
    type = infer(mapping.match, scope.at, scope.variables, [])
    for section in mapping.sections:
        for one in section.constants or ():
            if not isinstance(one.value, list | dict):
                _check_value(one, mapping.match, type, draft)


def _check_value(one: Constant, match: Expression, type: Type, draft: Draft) -> None:
    unlikely = unlikely_text(one, match)
    if unlikely is not None and not (type.constants and one.value in type.constants):
        draft.found.append(unlikely)
        return
    settled = _settled(match, one.value)
    if settled != one.value:
        message = f"`match` never gives `{one.value}`: `{match.text.strip()}` makes `{settled}` of it"
        fix = Fix(f"write `{settled}`", (Edit(one.span, quoted(str(settled))),), safe=True)
        draft.found.append(Diagnostic("M433", one.span, message, f"write `{settled}`", fixes=(fix,)))
    elif type.known and type.constants is not None:
        if not any(equal(one.value, value) for value in type.constants):
            known = [str(value) for value in type.constants if value is not None]
            near = closest(str(one.value), known)
            hint = f"did you mean `{near}`?" if near else f"it has {', '.join(f'`{name}`' for name in known)}"
            message = f"no event has `{one.value}` here, says the source schema"
            draft.found.append(Diagnostic("M433", one.span, message, hint))
    elif fit(of(kind_of(one.value)), type) == "never":
        message = f"`match` is never `{one.value}`: it gives {type.without('null').describe()}"
        draft.found.append(Diagnostic("M433", one.span, message))


def _settled(match: Expression, value: Json) -> Json:
    """What the last transform of `match` makes of a value; the value itself where that says nothing."""
    call = match.root
    if not isinstance(call, Call) or call.name not in TRANSFORMS or not isinstance(value, str):
        return value
    transform = TRANSFORMS[call.name]
    if transform.name not in _SETTLING or len(call.arguments) != 1:
        return value
    try:
        made: Json = transform.function(value)
    except Invalid:
        return value
    return made
