"""Sections -> the fields that every payload must have: reported where no rule gives them."""

from __future__ import annotations

from mapper.compiler.planning.draft import Draft, Sending
from mapper.compiler.planning.rules import takes_away
from mapper.compiler.target import Target
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
    if ALL_UNREAD in fields.unread:
        return []
    planned = {entry.name for entry in sending.payload.entries} | {*fields.unread}
    planned |= {name for name, _, value in fields.entries if not takes_away(value)}
    if target.event_names is not None and not takes_away(sending.name):
        planned.add(target.event_names.field)
    return [child.path for child in target.root.fields if child.required and child.name not in planned]
