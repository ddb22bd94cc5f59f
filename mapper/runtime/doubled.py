"""Payloads of one event that have the same name and id, of which a destination keeps one."""

from __future__ import annotations

from mapper.runtime.frame import RulePlaces
from mapper.runtime.outcome import Note, Outcome
from mapper.values.safe_text import SafeText

DOUBLED = SafeText(
    "is the same in another payload of this event with the same name, so only one of them counts"
)


def with_doubled(
    outcomes: list[Outcome], name_field: str, key_field: str, places: RulePlaces
) -> list[Outcome]:
    """The outcomes of one event, with a note on each payload after the first with the same name and id."""
    seen = set[tuple[str, str]]()
    for number, outcome in enumerate(outcomes):
        payload = outcome.payload
        name, key = (None, None) if payload is None else (payload.get(name_field), payload.get(key_field))
        if type(key) is not str or type(name) is not str:
            continue
        if (name, key) in seen:
            place = next((place for path, place in places if path == key_field), "")
            note = Note("note", key_field, place, DOUBLED)
            outcomes[number] = outcome._replace(notes=(*outcome.notes, note))
        seen.add((name, key))
    return outcomes
