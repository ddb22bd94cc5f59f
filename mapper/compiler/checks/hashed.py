"""Sections that send -> errors: a value of the event that one field hashes, and another sends as it is.

What a mapping gives as a name or an address is personal in the same event, whatever its attribute is called.
A section at a time: `properties.name` is a person's when one signs up, and a product's when it is viewed.
"""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.inference.origins import (
    LETS_NOTHING_THROUGH,
    Labels,
    Path,
    all_paths,
    flowing_paths,
    is_personal,
    personal_read,
    value_paths,
)
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Call
from mapper.compiler.plan.scope import Draft
from mapper.compiler.schema.target import Target, TargetField
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.values import Case, Each, Elements, Fields, FirstOf, Rule, Value
from mapper.compiler.yaml.edits import key_before
from mapper.diagnostic import Diagnostic
from mapper.frozen import dataclass
from mapper.text import Span

# The forms of what is a person's by itself; a city or an id is other things' too.
_OF_PERSONS = frozenset({"birth_date", "email", "name", "phone"})
# What is made of a text by these is still of the person that it names.
_OF_ONE_TEXT = frozenset(
    {"clean", "first", "last", "lowercase", "split", "text", "to_string", "trim", "uppercase"}
)


@dataclass(frozen=True, slots=True)
class _Sent:
    """An expression on its way into a field.

    at: the paths in the event that its current value can be. allowed: where a rule around it lets personal
    values through.
    """

    expression: Expression
    field: TargetField
    at: tuple[Path, ...]
    allowed: Span | None


@dataclass(frozen=True, slots=True)
class _Share:
    """What a value of the payload has to do with this: most sections share most of them.

    hashed: the paths it hashes, with their fields. plain: what it may send as it is. read: the paths of that.
    """

    hashed: dict[Path, str]
    plain: tuple[_Sent, ...]
    read: frozenset[Path]


def check_hashed(mapping: Mapping, target: Target, draft: Draft) -> None:
    """Report what a section sends as it is, and hashes in another field."""
    told: set[Span] = set()
    known: dict[tuple[int, str, str], _Share | None] = {}
    every = [mapping.payload, *(section.payload for section in mapping.sections)]
    every += [] if mapping.otherwise is None else [mapping.otherwise.payload]
    all_shares = [share for fields in every for share in _shares(fields, target.root, draft.labels, known)]
    all_hashed = {path for share in all_shares for path in share.hashed}
    if all(share.read.isdisjoint(all_hashed) for share in all_shares):
        return  # of no two sections together either, as in most mappings
    for sending in draft.sendings:
        shares = _shares(sending.fields, target.root, draft.labels, known)
        hashed: dict[Path, str] = {}
        for share in shares:
            hashed.update(share.hashed)
        for one in (one for share in shares if not share.read.isdisjoint(hashed) for one in share.plain):
            found = _in_clear(one, hashed, draft.labels)
            if found is not None and one.allowed is not None:
                places = (key_before("personal", one.allowed), one.allowed)
                _take_back("M436", places, draft)
            elif found is not None and found.span not in told:
                told.add(found.span)
                _take_back("M439", (found.span,), draft)
                draft.found.append(found)


def _take_back(code: str, places: tuple[Span | None, ...], draft: Draft) -> None:
    """Say no more of what this makes untrue, or tells better: an allowance of nothing, a personal name."""
    for place in range(len(draft.found) - 1, -1, -1):
        one = draft.found[place]
        if one.code == code and one.span in places:
            del draft.found[place]


def _shares(
    fields: Fields, target: TargetField, labels: Labels, known: dict[tuple[int, str, str], _Share | None]
) -> list[_Share]:
    """The shares of the values in some fields, less those that have none.

    known: by identity, object and name; the mapping keeps the values alive.
    """
    shares: list[_Share] = []  # not given one by one: sections ask for thousands
    for name, _, value in fields.entries:
        if isinstance(value, Fields):
            inner = target.field(name)
            shares += [] if inner is None else _shares(value, inner, labels, known)
            continue
        key = (id(value), target.path, name)
        if key not in known:
            field = target.field(name)
            share = None if field is None else _share(value, field, labels)
            known[key] = share if share is not None and (share.hashed or share.read) else None
        share = known[key]
        if share is not None:
            shares.append(share)
    return shares


def _share(value: Value, field: TargetField, labels: Labels) -> _Share:
    sent = list(_sent(value, field, labels.event, labels, None))
    plain = tuple(one for one in sent if not one.field.personal and not one.field.is_object)
    return _Share(
        {path: one.field.path for one in sent for path in _hashed(one, labels)},
        plain,
        frozenset(path for one in plain for path in all_paths(one.expression, one.at, labels)),
    )


def _sent(
    value: Value, field: TargetField, at: tuple[Path, ...], labels: Labels, allowed: Span | None
) -> Iterator[_Sent]:
    """The expressions of a value, each with the field it goes into; none where a digest is made of it."""
    match value:
        case Expression():
            yield _Sent(value, field, at, allowed)
        case Fields():
            for name, _, one in value.entries:
                below = field.field(name)
                if below is not None:
                    yield from _sent(one, below, at, labels, allowed)
        case Elements():
            for one in value.items:
                yield from _sent(one, field.item or field, at, labels, allowed)
        case Rule(steps=steps) if any(step.transform in LETS_NOTHING_THROUGH for step in steps):
            return
        case Rule(source=FirstOf(alternatives=alternatives)):
            for one in alternatives:
                yield from _sent(one, field, at, labels, value.personal_allowed or allowed)
        case Rule(source=Case(arms=arms)):
            for arm in arms:
                yield from _sent(arm.then, field, at, labels, value.personal_allowed or allowed)
        case Rule(source=Each(items=items, item=item)):
            yield from _sent(
                item,
                field.item or field,
                value_paths(items, at, labels),
                labels,
                value.personal_allowed or allowed,
            )


def _hashed(one: _Sent, labels: Labels) -> tuple[Path, ...]:
    """The paths that a field hashes as a person's; none where more than a text is read of them."""
    forms = {step.transform for step in (one.field.item or one.field).form}
    if not one.field.personal or not forms & _OF_PERSONS:
        return ()
    calls = [node.name for node in one.expression.walk() if isinstance(node, Call)]
    if any(name not in _OF_ONE_TEXT for name in calls):
        return ()
    return tuple(path for path in flowing_paths(one.expression, one.at, labels) if path)


def _in_clear(one: _Sent, hashed: dict[Path, str], labels: Labels) -> Diagnostic | None:
    found = personal_read(
        one.expression, one.at, Labels(frozenset(hashed), lets=labels.lets, event=labels.event)
    )
    if found is None or found[0] not in hashed or is_personal(found[0], labels):
        return None
    path, read = found
    if path in labels.not_personal:
        return None
    message = f"`{one.field.path}` is sent as it is, but `{'.'.join(path)}` is hashed for `{hashed[path]}`"
    hint = "send something else, or write `personal: allowed` in the rule if it must be so"
    span = one.expression.locate(read.start, read.end)
    return Diagnostic("M401", span, message, hint, path=one.field.path)
