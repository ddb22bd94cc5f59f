"""The outcomes of the events of a feed, counted, each with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from mapper.feeds import Broken
from mapper.runtime.outcome import Note, Outcome, Rejection, Skip
from mapper.values.safe_text import NOTHING, SafeText

# Reasons may hold names that events bring along: of so many different ones the rest is counted together.
_MOST_REASONS = 1000
_OTHERS = SafeText("others")
_OTHER_REASONS = ("", _OTHERS)
_OTHER_NOTES = ("", _OTHERS, "")
UNKNOWN_NAMES = SafeText("unmapped: names that no section takes")
_NAMELESS = SafeText("unmapped: no name")
_T = TypeVar("_T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class ShownNames:
    """The names of events that may be shown: those that the mapping itself holds; all, if they are to be.

    The name of any other event is a value of it, and often enough a person's.
    """

    held: frozenset[str] = frozenset()
    reveal: bool = False

    def name(self, skip: Skip) -> SafeText:
        """The name of an event that is not mapped; "" if it is not shown, or there is none."""
        return self.shown(skip.name.reveal()) or NOTHING

    def shown(self, name: str) -> SafeText | None:
        """A name of an event, if it may be shown."""
        return SafeText.known(name) if self.reveal or name in self.held else None

    def why(self, skip: Skip) -> SafeText:
        """The reason that an event is not sent: what the mapping says, or that it does not map it."""
        if skip.kind != "unmapped":
            return skip.reason or SafeText.known(skip.kind)
        if not skip.name.reveal():
            return _NAMELESS
        name = self.name(skip)
        return SafeText("unmapped: {}", name) if name else UNKNOWN_NAMES


@dataclass(slots=True)
class EventCounts:
    """The number of events, by their outcomes. An event may give several payloads.

    broken: lines that hold no event; they are rejected. names: payloads by the name of their event, if it may
    be shown. skips: by what the mapping says, or that it does not map the event. reasons: rejected events by
    target path and message; the path is "" where a line holds no event. stripped: payloads without the fields
    that need consent, by what is the matter with it: `denied`, `missing` or `unreadable`. notes: values left
    out of payloads or noted, by target path, message and the place of the rule. first: the line where one of
    these reasons, notes or skips was first met; first_rejected: that of the first event that was rejected, 0
    without one. guarded: how often the guard stopped an event or a field. most_reasons: so many different
    ones are told apart; None for a part of a run: it is small.
    """

    events: int = 0
    sent: int = 0
    skipped: int = 0
    rejected: int = 0
    broken: int = 0
    names: Counter[SafeText] = field(default_factory=Counter)
    skips: Counter[SafeText] = field(default_factory=Counter)
    reasons: Counter[tuple[str, SafeText]] = field(default_factory=Counter)
    stripped: Counter[str] = field(default_factory=Counter)
    notes: Counter[tuple[str, SafeText, str]] = field(default_factory=Counter)
    first: dict[tuple[str, ...], int] = field(default_factory=dict)
    most_reasons: int | None = _MOST_REASONS
    first_rejected: int = 0
    guarded: int = 0

    def add(self, part: EventCounts) -> None:
        """Add the counts of the next part of a run, as if its events had been counted here one by one."""
        self.events += part.events
        self.sent += part.sent
        self.skipped += part.skipped
        self.rejected += part.rejected
        self.broken += part.broken
        self.guarded += part.guarded
        self.first_rejected = self.first_rejected or part.first_rejected
        self._add(self.names, part.names, _OTHERS)
        for (why,), line in ((key, line) for key, line in part.first.items() if len(key) == 1):
            self.first.setdefault((why,), line)
        self._add(self.skips, part.skips, _OTHERS)
        self._add(self.reasons, part.reasons, _OTHER_REASONS, part.first)
        self._add(self.stripped, part.stripped, _OTHERS)
        self._add(self.notes, part.notes, _OTHER_NOTES, part.first)

    def send(self, payloads: Sequence[dict[str, Any]], name_field: str, names: ShownNames) -> None:
        """Count payloads that came out."""
        self.sent += len(payloads)
        for name, count in Counter([str(one.get(name_field, "")) for one in payloads]).items():
            shown = names.shown(name) if name else SafeText("payloads")
            self._count(self.names, shown or SafeText("other names"), _OTHERS, count)

    def skip(self, skip: Skip, names: ShownNames, line: int) -> None:
        """An event is not meant to be sent."""
        self.skipped += 1
        why = self._count(self.skips, names.why(skip), _OTHERS)
        if why is UNKNOWN_NAMES or why is _NAMELESS:
            self.first.setdefault((why,), line)

    def reject(self, rejection: Rejection, line: int) -> None:
        """An event should have been sent and cannot be."""
        self.rejected += 1
        self.first_rejected = self.first_rejected or line
        self.guarded += rejection.reasons[0].kind == "guard"
        for path, message in dict.fromkeys((note.path, note.message) for note in rejection.reasons):
            key = self._count(self.reasons, (path, message), _OTHER_REASONS)
            self.first.setdefault(key, line)

    def reject_broken(self, broken: Broken) -> None:
        """A line holds no event."""
        self.rejected += 1
        self.broken += 1
        key = self._count(self.reasons, ("", _less_byte(broken.reason)), _OTHER_REASONS)
        self.first.setdefault(key, broken.line)

    def note(self, notes: Iterable[Note], line: int) -> None:
        """Count what was left out of a payload, or noted on it."""
        for note in notes:
            self.guarded += note.kind == "guard"
            key = self._count(self.notes, (note.path, note.message, note.place), _OTHER_NOTES)
            self.first.setdefault(key, line)

    def _add(
        self, counter: Counter[_T], part: Counter[_T], others: _T, first: Mapping[Any, int] | None = None
    ) -> None:
        for key, count in part.items():
            counted = self._count(counter, key, others, count)
            if first is not None:
                self.first.setdefault(counted, first[key])  # type: ignore[arg-type]  # `_count` keeps the key's type

    def _count(self, counter: Counter[_T], key: _T, others: _T, count: int = 1) -> _T:
        is_known = key in counter or self.most_reasons is None or len(counter) < self.most_reasons
        key = key if is_known else others
        counter[key] += count
        return key


def holds_no_event(counts: EventCounts) -> bool:
    """Whether a feed has lines, and none of them holds an event."""
    return 0 < counts.events == counts.broken


def is_no_json(counts: EventCounts) -> bool:
    """Whether a feed has lines, as a header and a row, and none of them is JSON."""
    no_json = all(message.startswith("not JSON") for _, message in counts.reasons)
    return counts.events > 1 and holds_no_event(counts) and no_json


def _less_byte(reason: SafeText) -> SafeText:
    """A reason without the byte where it was found, so that equal ones are counted together."""
    return SafeText.known(reason.partition(", at byte")[0])


def own_notes(outcome: Outcome) -> list[Note]:
    """The notes that a rejection's reasons do not say already."""
    reasons = () if outcome.rejection is None else outcome.rejection.reasons
    said = {(note.path, note.message) for note in reasons}
    return [note for note in outcome.notes if (note.path, note.message) not in said]
