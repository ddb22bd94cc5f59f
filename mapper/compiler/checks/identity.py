"""Sections -> whom their payloads identify: one of the target's groups of fields must be there in full.

What hangs on a condition or on an attribute that may be absent can identify; what never has a value cannot.
"""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.plan.can_give import given_names, ways_of
from mapper.compiler.plan.planned import Object, Planned
from mapper.compiler.plan.scope import Draft, Sending
from mapper.compiler.plan.values import takes_away
from mapper.compiler.schema.target import Requirement, Target
from mapper.compiler.syntax.values import ALL_UNREAD, Fields, Value
from mapper.diagnostic import Diagnostic
from mapper.text import Span


def check_identity(target: Target, draft: Draft) -> set[str]:
    """Report sections that can give none of a requirement's groups, and fields that count for nothing.

    The paths that the latter lack.
    """
    lacking: set[str] = set()
    seen: set[tuple[int, ...]] = set()
    for sending in draft.sendings:
        for requirement in target.requirements:
            same = (id(requirement), *map(id, holders(sending, requirement.path) or ()))
            ways = None if same in seen else groups_given(sending, requirement)
            if ways is None:
                continue
            seen.add(same)
            if not any(ways):
                _report_none(sending, requirement, draft)
            else:
                lacking |= _report_parts(sending, requirement, ways, draft)
    return lacking


def groups_given(sending: Sending, requirement: Requirement) -> list[set[str]] | None:
    """The names of fields that each way to make the object can give; None where that cannot be known.

    A way that gives no group in full is an empty set.
    """
    objects = holders(sending, requirement.path)
    if objects is None:
        return None
    failed = failed_at(sending, requirement.path)
    ways = [given_names(holder) | failed for holder in objects]
    return [names if is_full(requirement, names) else set() for names in ways]


def is_full(requirement: Requirement, names: set[str]) -> bool:
    """Whether one of the groups is among the names."""
    return any(set(group) <= names for group in requirement.groups)


def holders(sending: Sending, path: str) -> list[Object] | None:
    """The objects that can stand at a path; None where one is not made of rules, or none is planned."""
    at = [sending.payload]
    for part in path.split(".") if path else ():
        values = [entry.value for one in at for entry in one.entries if entry.name == part]
        ways = [way for value in values for way in ways_of(value)]
        at = [way.source for way in ways if isinstance(way.source, Object)]
        if len(at) < len(ways) or not ways:
            return None
    return at


def failed_at(sending: Sending, path: str) -> set[str]:
    """The fields that have a rule with a mistake of its own: what they would give is not known."""
    fields = _fields_at(sending, path)
    if fields is None:
        return set()
    planned = {entry.name for holder in holders(sending, path) or () for entry in holder.entries}
    written = {name for name, _, value in fields.entries if not takes_away(value)}
    return (written - planned) | {*fields.unread}


def _fields_at(sending: Sending, path: str) -> Fields | None:
    value: Value | None = sending.fields
    for part in path.split(".") if path else ():
        value = value.get(part) if isinstance(value, Fields) else None
    return value if isinstance(value, Fields) else None


def _report_none(sending: Sending, requirement: Requirement, draft: Draft) -> None:
    below = f"{requirement.path}." if requirement.path else ""
    meant = [below + name for group in requirement.groups for name in group]
    if any(path in draft.misspelt for path in (requirement.path, *meant)):
        return
    fields = _fields_at(sending, requirement.path)
    if ALL_UNREAD in sending.fields.unread or (fields is not None and ALL_UNREAD in fields.unread):
        return
    where = f"`{requirement.path}`" if requirement.path else "the payload"
    message = f"{where} needs {requirement.describe()}, and no rule gives one of them in full"
    span = fields.span if fields is not None else _rule_span(sending, requirement.path)
    dead = tuple((planned.span, "this never has a value") for planned in _never(sending, requirement))
    hint = _half(sending, requirement, below)
    draft.found.append(Diagnostic("M305", span, message, hint, path=requirement.path, related=dead))


def _rule_span(sending: Sending, path: str) -> Span:
    """Where the rule of a field of the payload is written; the section's `send` where there is none."""
    rules = [entry.value.span for entry in sending.payload.entries if entry.name == path]
    return rules[0] if rules else sending.name.span


def _half(sending: Sending, requirement: Requirement, below: str) -> str | None:
    """What to add where all but one field of a group are there."""
    for holder in holders(sending, requirement.path) or ():
        given = given_names(holder)
        for group in requirement.groups:
            missing = [name for name in group if name not in given]
            if len(missing) == 1 < len(group):
                there = " and ".join(f"`{name}`" for name in group if name in given)
                return f"{there} identifies nobody alone: add a rule for `{below}{missing[0]}`"
    return None


def _never(sending: Sending, requirement: Requirement) -> Iterator[Planned]:
    """The rules of a requirement's fields that give no value for any event."""
    wanted = {name for group in requirement.groups for name in group}
    for holder in holders(sending, requirement.path) or ():
        given = given_names(holder)
        for entry in holder.entries:
            if entry.name in wanted - given:
                yield entry.value


def _report_parts(sending: Sending, requirement: Requirement, ways: list[set[str]], draft: Draft) -> set[str]:
    """Report fields of a group that is never there in full; the paths that it lacks."""
    fields = _fields_at(sending, requirement.path)
    given = set().union(*ways)
    lacking: set[str] = set()
    if fields is None:
        return lacking
    below = f"{requirement.path}." if requirement.path else ""
    for group in requirement.groups:
        missing = [name for name in group if name not in given]
        if not missing or len(missing) == len(group):
            continue
        for name, span, _ in fields.entries:
            if name in given and name in group:
                with_it = " and ".join(f"`{one}`" for one in missing)
                message = f"`{name}` identifies nobody without {with_it}"
                hint = f"add a rule for `{below}{missing[0]}`"
                draft.found.append(Diagnostic("M904", span, message, hint, path=below + name))
                lacking |= {below + one for one in missing}
    return lacking
