"""Sections -> the fields that every payload must have: reported where no rule gives them."""

from __future__ import annotations

from mapper.compiler.once import once
from mapper.compiler.planning.draft import Draft, Sending
from mapper.compiler.planning.rules import takes_away
from mapper.compiler.target import Target, TargetField
from mapper.compiler.written.value import ALL_UNREAD
from mapper.diagnostic import Diagnostic
from mapper.text import Span


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
