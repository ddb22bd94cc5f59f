"""The names that a mapping's events can have: standard ones, one's own, and slips of the pen."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from mapper.compiler.plan.scope import Draft
from mapper.compiler.plan.tables import table_constants
from mapper.compiler.schema.names import EventNames
from mapper.compiler.schema.target import Target
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.values import Case, Constant, FirstOf, Rule, Value
from mapper.compiler.yaml.edits import fixes_of, rename, replace
from mapper.diagnostic import Diagnostic, closest
from mapper.text import Span


def check_names(send: Constant | Rule, target: Target, draft: Draft) -> None:
    """Report doubtful names among those that `send` can give."""
    for one in _constants_of(send):
        _check_name(str(one.value), one.span, target, draft)


def less_word(mapping: Mapping, target: Target, draft: Draft) -> Mapping:
    """A mapping without an `otherwise` that is only a word, which is reported."""
    otherwise = mapping.otherwise
    if otherwise is None or not otherwise.is_word:
        return mapping
    if isinstance(otherwise.send, Constant):
        _report_word(otherwise.send, target, draft)
    return dataclasses.replace(mapping, otherwise=None)


def _report_word(word: Constant, target: Target, draft: Draft) -> None:
    """A word in place of a section is most likely the name of the event to send."""
    name, names = str(word.value), target.event_names
    standard = () if names is None else names.standard
    meant = name if name in standard else None if names is None else _meant_by(name, names)
    hint = "write `otherwise: skip`, or `otherwise: {send: NAME}` with the name of an event"
    fix = None
    if meant is not None:
        section = f"{{send: {meant}}}"
        hint = f"write `otherwise: {section}`"
        fix = replace(word.span, section, safe=meant == name)
    message = f"`otherwise` is `skip` or a section, not `{name}`"
    draft.found.append(Diagnostic("M022", word.span, message, hint, fixes=fixes_of(fix)))


def _meant_by(name: str, names: EventNames) -> str | None:
    """The standard name that is most likely meant by another: a slip of the pen, or another tool's word."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    by_others = next((ours for other, ours in names.also if other == plain), None)
    return by_others or closest(name.replace("-", "_").replace(" ", "_"), names.standard)


def _constants_of(value: Value) -> Iterator[Constant]:
    """The constants that a value can be, its defaults among them."""
    match value:
        case Constant():
            yield value
        case Rule(source=Constant() as source):
            yield source
        case Rule(source=FirstOf(alternatives=values)):
            for one in values:
                yield from _constants_of(one)
        case Rule(source=Case(arms=arms)):
            for arm in arms:
                yield from _constants_of(arm.then)
    if isinstance(value, Rule) and value.steps:
        yield from table_constants(value.steps[-1])
    if isinstance(value, Rule) and value.default is not None:
        yield value.default


def _check_name(name: str, span: Span, target: Target, draft: Draft) -> None:
    """An event name that is near a standard one is a slip of the pen; others are the advertiser's own."""
    names = target.event_names
    if names is None or name in names.standard:
        return
    near = _meant_by(name, names)
    if near is not None:
        message = f"`{name}` is not a standard event name"
        fixes = (rename(span, near),)
        is_other = near in dict(names.also).values() and closest(name, [near]) is None
        hint = f"the destination's name for it is `{near}`" if is_other else f"did you mean `{near}`?"
        draft.found.append(Diagnostic("M307", span, message, hint, path=names.field, fixes=fixes))
    elif (names.pattern and not re.search(names.pattern, name)) or (
        names.max_length and len(name) > names.max_length
    ):
        message = f"`{name}` has characters or a length that a name of one's own may not have"
        draft.found.append(Diagnostic("M307", span, message, path=names.field))
    else:
        message = f"`{name}` is an event of one's own, not a standard one"
        draft.found.append(Diagnostic("M901", span, message, path=names.field))
