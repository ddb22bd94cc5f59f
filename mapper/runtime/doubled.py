"""Payloads of one event that have the same name and id, of which a destination keeps one."""

from __future__ import annotations

from mapper.runtime.outcome import Note, Outcome
from mapper.safe_text import SafeText

DOUBLED = SafeText(
    "is the same in another payload of this event with the same name, so only one of them counts"
)


def with_doubled(outcomes: list[Outcome], name_field: str, key_field: str, place: str) -> list[Outcome]:
    """The outcomes of one event, with a note on each payload after the first with the same name and id.

    place: `file:line:column` of the rule of the id.
    """
    seen = set[tuple[str, str]]()
    noted = []
    for outcome in outcomes:
        payload = outcome.payload
        name, key = (None, None) if payload is None else (payload.get(name_field), payload.get(key_field))
        if type(key) is str and type(name) is str:
            if (name, key) in seen:
                outcome = outcome._replace(notes=(*outcome.notes, Note("note", key_field, place, DOUBLED)))
            seen.add((name, key))
        noted.append(outcome)
    return noted
