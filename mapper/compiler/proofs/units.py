"""Amounts and moments -> warnings where the name or the source schema of what is read says another unit.

A name is only a hint: a step that can change the unit, a condition or a function around it silences it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mapper.compiler.expression import Expression
from mapper.compiler.expressions.tree import (
    Current,
    Field,
    Flatten,
    Index,
    Node,
    Or,
    Projection,
    Slice,
    Variable,
)
from mapper.compiler.planning.draft import Draft
from mapper.compiler.planning.planned import First, List, Loop, Object, Planned, written_steps
from mapper.compiler.target import TargetField
from mapper.diagnostic import Diagnostic, Edit, Fix

_AMOUNT, _MOMENT = "decimal", "timestamp"
# Steps that leave the unit of a number as it is.
_KEEPING = frozenset(
    {"trim", "text", "decimal", "integer", "round", "truncate", "first", "last", "unique", "null_if"}
)
_SMALL: dict[str, int] = {"cents": 100, "pence": 100, "centimes": 100, "micros": 1_000_000}
_MINOR = ("minor", "minor_units", "minor_unit")
_SPANS = frozenset({"duration", "elapsed", "ttl", "uptime"})
_SPAN_UNITS = frozenset({"hours", "millis", "milliseconds", "minutes", "ms", "s", "sec", "seconds", "secs"})
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_NEVER_A_MOMENT = {"date": "a date without a time of day", "time": "a time of day", "duration": "a duration"}


def check_units(payloads: list[Object], lets: Mapping[str, Planned], draft: Draft) -> None:
    """Report amounts in cents and the like that go into fields of whole units, and times that are none."""
    seen: set[int] = set()
    for payload in payloads:
        for field, value in _leaves(payload, seen):
            forms = {step.transform for step in field.form}
            if _AMOUNT in forms:
                _check_amount(field, value, lets, draft)
            elif _MOMENT in forms:
                _check_moment(field, value, lets, draft)


def _leaves(planned: Object, seen: set[int]) -> Iterator[tuple[TargetField, Planned]]:
    """The values of the fields that are no objects, less those that hang on a condition.

    seen: the identities of values that other sections have too; each is told once.
    """
    for entry in planned.entries:
        if entry.when is None and id(entry.value) not in seen:
            seen.add(id(entry.value))
            yield from _leaves_of(entry.value, seen)


def _leaves_of(value: Planned, seen: set[int]) -> Iterator[tuple[TargetField, Planned]]:
    if value.when is not None:
        return
    match value.source:
        case Object() as source:
            yield from _leaves(source, seen)
        case First(alternatives=alternatives):
            for one in alternatives:
                yield from _leaves_of(one, seen)
        case Loop(item=item):
            yield from _leaves_of(item, seen)
        case List(items=items):
            for one in items:
                yield from _leaves_of(one, seen)
        case Expression() if value.finish is not None:
            yield value.finish.field, value


def _keeps_unit(value: Planned) -> bool:
    return all(name in _KEEPING for name in written_steps(value))


def _check_amount(field: TargetField, value: Planned, lets: Mapping[str, Planned], draft: Draft) -> None:
    for name in _names_read(value, lets):
        parts = _small_parts(name)
        if parts is None:
            continue
        step = "minor_units: $currency" if parts == 0 else f"divide: {parts}"
        message = f"`{field.path}` takes whole units of the currency, and `{name}` reads as smaller ones"
        hint = f"make whole units of it: `apply: {{{step}}}`"
        if parts == 100:
            hint += "; `{minor_units: $currency}` also knows the currencies without cents"
        draft.found.append(
            Diagnostic("M430", value.span, message, hint, path=field.path, fixes=_fix(value, step))
        )
        return


def _fix(value: Planned, step: str) -> tuple[Fix, ...]:
    """The edit that puts a division behind an expression that stands alone; a guess."""
    if not step.startswith("divide") or written_steps(value):
        return ()
    written = value.span.text.content[value.span.start : value.span.end]
    edit = Edit(value.span, f"{{from: {written}, apply: {{{step}}}}}")
    return (Fix("make whole units of it", (edit,), safe=False),)


def _small_parts(name: str) -> int | None:
    """How many of what a name says make a whole unit: 0 if the currency says so, None if it names no unit."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words:
        return None
    if words[-1] in _SMALL:
        return _SMALL[words[-1]]
    return 0 if "_".join(words).endswith(_MINOR) and words[-1] in ("minor", "unit", "units") else None


def _check_moment(field: TargetField, value: Planned, lets: Mapping[str, Planned], draft: Draft) -> None:
    if written_steps(value):
        return
    format = value.source_type.format if value.source_type.known else ""
    if format in _NEVER_A_MOMENT:
        message = f"`{field.path}` takes a moment, and the source schema says {_NEVER_A_MOMENT[format]}"
        hint = "read another attribute, or say the rest: `apply: {timestamp: {format: ..., zone: ...}}`"
        draft.found.append(Diagnostic("M312", value.span, message, hint, path=field.path))
        return
    for name in _names_read(value, lets):
        words = [word.lower() for word in _WORDS.findall(name)]
        if len(words) > 1 and words[-1] in _SPAN_UNITS:
            words.pop()
        if words and words[-1] in _SPANS:
            message = f"`{field.path}` takes a moment, and `{name}` reads as a length of time"
            hint = "read the attribute that says when it happened"
            draft.found.append(Diagnostic("M431", value.span, message, hint, path=field.path))
            return


def _names_read(value: Planned, lets: Mapping[str, Planned]) -> Iterator[str]:
    """The last names of the paths that a value is, through lets; none where anything works on them."""
    waiting, seen = [value], set[str]()
    while waiting:
        one = waiting.pop()
        if one.when is not None or not _keeps_unit(one):
            continue
        if isinstance(one.source, First):
            waiting.extend(reversed(one.source.alternatives))
        for node in _plain(one.source.root) if isinstance(one.source, Expression) else ():
            if isinstance(node, Field):
                yield node.name
            elif node.name in lets and node.name not in seen:
                seen.add(node.name)
                waiting.append(lets[node.name])


def _plain(node: Node) -> Iterator[Field | Variable]:
    """The fields and variables whose value an expression gives unchanged."""
    match node:
        case Field() | Variable():
            yield node
        case Or(left=left, right=right):
            yield from _plain(left)
            yield from _plain(right)
        case Index(base=base) | Slice(base=base) | Flatten(base=base):
            yield from _plain(base)
        case Projection(base=base, right=Current()):
            yield from _plain(base)
        case Projection(right=right):
            yield from _plain(right)
        case _:
            return
