"""The names that a mapping's events can have: standard ones, one's own, and slips of the pen."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mapper.compiler.checks.check_registry import CheckCase, check
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.constants import table_constants
from mapper.compiler.plan.scope import span_of
from mapper.compiler.schema.target import EventNames
from mapper.compiler.syntax.language_keys import SKIP_WORD
from mapper.compiler.syntax.syntax_facts import MeantName
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
    parts,
)
from mapper.compiler.yaml.yaml_facts import Remove, Replace
from mapper.texts.diagnostic import Diagnostic, closest
from mapper.texts.named_text import Span

# What is meant to be no name of an event, but what becomes of it.
_TO_SKIP = frozenset(SKIP_WORD[1])


@check("M307", "M901")
def doubtful_names(case: CheckCase) -> Iterator[Diagnostic]:
    """Doubtful names among those that `send` can give."""
    names = case.target.event_names
    if names is not None and case.target.root.field(names.field) is not None:
        read: set[str] = set()
        for sending in case.sendings:
            for one in _constants_of(sending.name, read):
                yield from _check_name(str(one.value), one.span, names)


@check("M307")
def unsent_names(case: CheckCase) -> Iterator[Diagnostic]:
    """Names of events in a payload that has no field for them."""
    if case.target.event_names is not None:
        return
    hint = f"name that field in `x-event-names` of the schema `{case.target.name}`, or write a rule for one"
    computed = [one.name for one in case.sendings if not isinstance(one.name, Constant)]
    for name in computed:
        message = "no field of the target takes the name of an event, so this value is not sent"
        yield Diagnostic("M307", name.span, message, hint)
    names = {str(one.name.value): one.name.span for one in case.sendings if isinstance(one.name, Constant)}
    if len(names) > 1 and not computed and _are_alike(case):
        named = ", ".join(f"`{name}`" for name in names)
        message = f"no field of the target takes the name of an event, so {named} are sent alike"
        yield Diagnostic("M307", next(iter(names.values())), message, hint)


def _are_alike(case: CheckCase) -> bool:
    """Whether all sections send the same fields, none of which is what sections are chosen by."""
    match = case.mapping.match
    payloads = [one.payload.entries for one in case.sendings]
    sources = [one.value.source for one in payloads[0]]
    chosen = [one for one in sources if isinstance(one, Expression) and match and one.text == match.text]
    return not chosen and all(one == payloads[0] for one in payloads)


@check("M311")
def names_among_fields(case: CheckCase) -> Iterator[Diagnostic]:
    """A field of the event's name, which is what `send` says."""
    name = "" if case.target.event_names is None else case.target.event_names.field
    for span, value in case.record.names:
        hint, fact = "remove it; `send` may be a rule", Remove("entry", span, span_of(value))
        yield Diagnostic("M311", span, f"`{name}` is set by `send`", hint, path=name, facts=fact)


@check("M022")
def words_in_place_of_sections(case: CheckCase) -> Iterator[Diagnostic]:
    """A word as `otherwise`: most likely the name of the event to send."""
    word, names = case.record.word, case.target.event_names
    if word is None:
        return
    name = str(word.value)
    standard = () if names is None else names.standard
    meant = name if name in standard else None if names is None else _meant_by(name, names)
    hint = "write `otherwise: skip`, or `otherwise: {send: NAME}` with the name of an event"
    section = f"{{send: {meant}}}"
    fact = None if meant is None else Replace(word.span, section, meant == name)
    hint = hint if meant is None else f"write `otherwise: {section}`"
    message = f"`otherwise` must be `skip` or a section, not `{name}`"
    yield Diagnostic("M022", word.span, message, hint, facts=fact)


def _meant_by(name: str, names: EventNames) -> str | None:
    """The standard name that is most likely meant by another: a slip of the pen, or another tool's word."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    by_others = next((ours for other, ours in names.also if other == plain), None)
    return by_others or closest(name.replace("-", "_").replace(" ", "_"), names.standard)


def _constants_of(value: Value, read: set[str]) -> Iterator[Constant]:
    """The constants that a value can be, its defaults among them.

    read: the tables from files whose entries were among them already.
    """
    match value:
        case Constant():
            yield value
        case Rule():
            yield from _constants_of(value.source, read)
            if value.steps:
                last = value.steps[-1]
                yield from table_constants(last, rows=last.table not in read)
                read.add(last.table)
            yield from () if value.default is None else (value.default,)
        case FirstOf() | Case():
            for part in parts(value):
                if part.role != "when":
                    yield from _constants_of(part.value, read)
        case Expression() | Fields() | Elements() | Each() | Zip():
            return


def _check_name(name: str, span: Span, names: EventNames) -> Iterator[Diagnostic]:
    """An event name that is near a standard one is a slip of the pen; others are the advertiser's own."""
    if name in names.standard:
        return
    near = _meant_by(name, names)
    if name.lower() in _TO_SKIP:
        message = f"`{name}` is the name of an event here: such events are sent"
        hint = "for those that are not sent, write a section with `skip: REASON` in place of `send`"
        yield Diagnostic("M307", span, message, hint, path=names.field)
    elif near is not None:
        message = f"`{name}` is not a standard event name"
        is_other = near in dict(names.also).values() and closest(name, [near]) is None
        hint = f"the destination's name for it is `{near}`" if is_other else f"did you mean `{near}`?"
        yield Diagnostic("M307", span, message, hint, path=names.field, facts=MeantName(span, near))
    elif (names.pattern and not re.search(names.pattern, name)) or (
        names.max_length and len(name) > names.max_length
    ):
        message = f"`{name}` is too long for a custom event name, or has characters that one may not have"
        yield Diagnostic("M307", span, message, path=names.field)
    elif names.standard:
        message = f"`{name}` is a custom event name, not a standard one"
        yield Diagnostic("M901", span, message, path=names.field)
