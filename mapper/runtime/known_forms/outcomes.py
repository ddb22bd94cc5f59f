"""The ends of events in the fast form."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any, Literal

from mapper.runtime.decode import decode_event
from mapper.runtime.frame import Frame, RulePlaces, name_of
from mapper.runtime.known_forms.spending import QuickBudget
from mapper.runtime.known_forms.surprise import Surprise
from mapper.runtime.outcome import UNMAPPED, Note, Outcome, Skip
from mapper.transforms.weight import OVERSPENT
from mapper.values.safe_text import Hidden, SafeText
from mapper.values.types import Invalid, Json

_new = tuple.__new__


# An outcome of a tuple of all that it holds, at a third of the cost of a call of the class.
outcome_of = partial(_new, Outcome)


def skipped(kind: Literal["skip", "consent"], reason: str, place: str) -> list[Outcome]:
    """The outcome of an event that is not meant to be sent."""
    return [_new(Outcome, (None, _skip(kind, SafeText.known(reason), place), None, (), -1, ""))]


# Rules of a mapping, which say the same of each event they skip.
_skip = lru_cache(maxsize=1024)(Skip)


def unmapped(matched: Json) -> list[Outcome]:
    """The outcome of an event that no section takes; its name is what `match` gave."""
    return [Outcome(skip=Skip("unmapped", UNMAPPED, "", Hidden(name_of(matched))))]


def frame_of(
    spare: list[Frame],
    event: dict[str, Any],
    places: RulePlaces,
    notes: list[Note],
    meta: dict[str, Any] | None = None,
    index: int = 0,
    budget: QuickBudget | None = None,
) -> Frame:
    """The frame of an event, made where the careful form is needed. spare: holds it, once there is one.

    notes: what is noted of the event, in one list with what the frame notes. meta, index: as Frame.
    budget: that of the source event, where it may have several frames.
    """
    if not spare:
        frame = Frame(event, places, meta, None if budget is None else budget.event, index)
        frame.budget = QuickBudget(event) if budget is None else budget
        frame.notes = notes
        spare.append(frame)
    return spare[0]


# In place of an event that nobody has asked for yet.
_UNREAD: dict[str, Any] = {}


def blank_frame(
    spare: list[Frame], places: RulePlaces, notes: list[Note], budget: QuickBudget | None = None
) -> Frame:
    """As `frame_of`, for a frame that takes down what becomes of an event, and is not asked for it."""
    return frame_of(spare, _UNREAD, places, notes, budget=budget)


def frame_again(
    spare: list[Frame],
    text: bytes,
    places: RulePlaces,
    notes: list[Note],
    meta: dict[str, Any] | None = None,
    budget: QuickBudget | None = None,
) -> Frame:
    """As `frame_of`, for an event of which not all was decoded. Raises Invalid."""
    frame = blank_frame(spare, places, notes, budget)
    if frame.event is _UNREAD:
        frame.event = frame.whole = decode_event(text)
        frame.meta = meta
    return frame


def event_again(text: bytes) -> dict[str, Any]:
    """An event of which not all was decoded. Raises Surprise."""
    try:
        return decode_event(text)
    except Invalid:
        # The event is refused, not the value that asks for it.
        raise Surprise from None


def left_out(notes: list[Note], places: RulePlaces, rule: int, invalid: Invalid) -> Invalid:
    """Note that a rule's value was left out, as a frame does. Raises Surprise where only a frame can tell."""
    if invalid.kind == OVERSPENT:
        raise Surprise
    if not invalid.noted:
        invalid.noted = True
        path, place = places[rule]
        notes.append(_new(Note, ("invalid", path, place, invalid.reason)))
    invalid.__traceback__ = invalid.__context__ = None
    return invalid


def forget(notes: list[Note], kept: int) -> None:
    """Take back what was noted of a value that is made once more."""
    del notes[kept:]


def note_all(notes: list[Note], places: RulePlaces, rule: int, note_texts: list[str]) -> None:
    """Note what was said on the way to a rule's value."""
    path, place = places[rule]
    for note in note_texts:
        notes.append(_new(Note, ("note", path, place, SafeText.known(note))))
    note_texts.clear()
