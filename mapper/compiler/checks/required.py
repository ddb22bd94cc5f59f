"""Sections -> required fields that no rule gives, or whose rule never has a value; empty objects."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.checks.identity import failed_at, groups_given
from mapper.compiler.memo import once
from mapper.compiler.plan.can_give import can_give, can_stand, never_holds, ways_of
from mapper.compiler.plan.planned import Entry, List, Loop, Object, Planned
from mapper.compiler.plan.scope import Draft, Sending
from mapper.compiler.plan.values import takes_away
from mapper.compiler.schema.target import Target, TargetField
from mapper.compiler.syntax.values import ALL_UNREAD
from mapper.diagnostic import Diagnostic
from mapper.text import Span

_NOTHING_OF_THE_EVENT = "constants and defaults alone make no object"


def check_required(target: Target, draft: Draft) -> None:
    """Report required fields that sections lack: once where all of them do, else at each."""
    lacking: dict[str, list[Span]] = {}
    for sending in draft.sendings:
        for path in _lacking(sending, target):
            if path not in draft.misspelt:
                lacking.setdefault(path, []).append(sending.name.span)
    for path, spans in lacking.items():
        hint = f"add a rule for `{path}` to the common `payload`, or to the section"
        if len(spans) == len(draft.sendings) > 1:
            message = f"the payload needs `{path}`, and no section has a rule for it"
            draft.found.append(Diagnostic("M304", spans[0], message, hint, path=path))
            continue
        for span in spans:
            message = f"the payload needs `{path}`, and no rule gives it"
            draft.found.append(Diagnostic("M304", span, message, hint, path=path))


def check_never_given(target: Target, draft: Draft) -> None:
    """Report required fields whose rule has no value for any event: each of these would be rejected."""
    told: set[int] = set()
    for sending in draft.sendings:
        for entry in _asked(sending.payload):
            path = draft.places[entry.place].path
            if not entry.required or can_give(entry) or id(entry) in told or path in draft.misspelt:
                continue
            told.add(id(entry))
            span = draft.places[entry.place].span
            if failed_at(sending, path) or _has_mistake(span, draft) or _is_nobody(sending, path, target):
                continue
            why = "its rule never has a value"
            hint = "read the value from the event"
            if isinstance(entry.value.source, Object):
                why, hint = _NOTHING_OF_THE_EVENT, "add a field whose value is read from the event"
            message = f"`{path}` is required, and {why}"
            draft.found.append(Diagnostic("M304", span, message, hint, path=path))


def _has_mistake(span: Span, draft: Draft) -> bool:
    """Whether something within a value is wrong, so that what it would give is not known."""
    errors = (one.span for one in draft.found if one.severity == "error")
    return any(one.text is span.text and span.start <= one.start and one.end <= span.end for one in errors)


def _is_nobody(sending: Sending, path: str, target: Target) -> bool:
    """Whether the object at a path identifies nobody, of which there is a word already."""
    ways = [groups_given(sending, one) for one in target.requirements if one.path == path]
    return any(way is not None and not any(way) for way in ways)


def _asked(built: Object) -> Iterator[Entry]:
    """The fields of an object and of the objects within it, less those that never act."""
    for entry in built.entries:
        yield entry
        if not never_holds(entry.when):
            yield from _asked_of(entry.value)


def _asked_of(value: Planned) -> Iterator[Entry]:
    for way in ways_of(value):
        match way.source:
            case Object() as built:
                yield from _asked(built)
            case Loop(item=item):
                yield from _asked_of(item)
            case List(items=items):
                for item in items:
                    yield from _asked_of(item)


def check_objects(draft: Draft) -> None:
    """Report objects that no section ever sends, since nothing in them is read from the event."""
    stands: dict[str, bool] = {}
    spans: dict[str, Span] = {}
    for sending in draft.sendings:
        for entry in sending.payload.entries:
            source, path = entry.value.source, draft.places[entry.place].path
            if isinstance(source, Object) and not entry.required:
                alone = not can_stand(source) and bool(source.entries)
                stands[path] = stands.get(path, False) or not alone
                spans.setdefault(path, entry.value.span)
    for path, stood in stands.items():
        if not stood:
            message = f"`{path}` is never sent: {_NOTHING_OF_THE_EVENT}"
            hint = "add a field whose value is read from the event, or take the object away"
            draft.found.append(Diagnostic("M440", spans[path], message, hint, path=path))


def _lacking(sending: Sending, target: Target) -> list[str]:
    """The fields that the target asks of every payload and that a section has no rule for."""
    fields = sending.fields
    planned = {entry.name for entry in sending.payload.entries}
    lacking = [child for child in _required(target.root) if child.name not in planned]
    if not lacking or ALL_UNREAD in fields.unread:
        return []
    planned |= {*fields.unread}
    planned |= {name for name, _, value in fields.entries if not takes_away(value)}
    if target.event_names is not None and not takes_away(sending.name):
        planned.add(target.event_names.field)
    return [child.path for child in lacking if child.name not in planned]


@once
def _required(root: TargetField) -> tuple[TargetField, ...]:
    """The fields that every payload must have."""
    return tuple(child for child in root.fields if child.required)
