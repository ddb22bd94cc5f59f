"""Sections -> the fields that every payload must have: reported where no rule gives them."""

from __future__ import annotations

from mapper.compiler.draft import Draft
from mapper.compiler.planned import Object
from mapper.compiler.rules import takes_away
from mapper.compiler.target import Target
from mapper.compiler.value import ALL_UNREAD, Fields
from mapper.diagnostic import Diagnostic
from mapper.text import Span


def check_required(payload: Object, fields: Fields, span: Span, target: Target, draft: Draft) -> None:
    """Note the fields that the target asks of every payload and that this section has no rule for."""
    if ALL_UNREAD in fields.unread:
        return
    names = {entry.name for entry in payload.entries}
    planned = names | {name for name, _, value in fields.entries if not takes_away(value)} | {*fields.unread}
    for child in target.root.fields:
        if child.required and child.name not in planned and child.path not in draft.misspelt:
            draft.lacking.setdefault(child.path, []).append(span)


def report_lacking(draft: Draft, sending: int) -> None:
    """Report required fields that sections lack: once where all of them do, else at each."""
    for path, spans in draft.lacking.items():
        hint = f"add a rule for `{path}` to the common `payload`, or to the section"
        if len(spans) == sending > 1:
            message = f"the payload needs `{path}`, and no section has a rule for it"
            draft.found.append(Diagnostic("M304", spans[0], message, hint, path=path))
            continue
        for span in spans:
            message = f"the payload needs `{path}`, and no rule gives it"
            draft.found.append(Diagnostic("M304", span, message, hint, path=path))
