"""Events of a block that are not sent, or not as they were meant: counted, and a line of rejects for each."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from mapper.feeds import Broken
from mapper.running.counts import EventCounts, ShownNames, own_notes
from mapper.runtime.outcome import Note, Outcome, Rejection
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid


@dataclass(slots=True)
class Tally:
    """Counts of a block, and its lines of rejects if they are to be kept.

    feed_name: what the feed is called, for the places of broken lines. names: which names of events are
    shown. rejects: the lines, as `reject_line` makes them. rejections: of all events that cannot be sent,
    each with its line. broken: how many of the last events in a row are broken, up to the one numbered
    broken_to in the block; broken_from: the line of the first of these.
    """

    feed_name: str
    names: ShownNames
    keeps_rejects: bool
    counts: EventCounts = field(default_factory=lambda: EventCounts(most_reasons=None))
    rejects: list[bytes] = field(default_factory=list)
    rejections: list[tuple[int, Rejection]] = field(default_factory=list)
    broken: int = 0
    broken_to: int = 0
    broken_from: int = 0

    def take(self, outcome: Outcome, line: int) -> None:
        """Take all that an outcome says beside its payload."""
        if outcome.notes:
            self.counts.note(own_notes(outcome), line)
        if outcome.payload is not None:
            if outcome.without_consent:
                self.counts.stripped[outcome.without_consent] += 1
        elif outcome.rejection is not None:
            self.reject(outcome.rejection, line)
        elif outcome.skip is not None:
            skip = outcome.skip
            self.counts.skip(skip, self.names, line)
            message = self.names.name(skip) or skip.reason or SafeText.known(skip.kind)
            self._keep(line, "skipped", _reason(skip.kind, "", skip.place, message))

    def reject(self, rejection: Rejection, line: int) -> None:
        """An event cannot be sent."""
        self.counts.reject(rejection, line)
        self.rejections.append((line, rejection))
        reasons = [_reason(one.kind, one.path, one.place, one.message) for one in rejection.reasons]
        self._keep(line, "rejected", *reasons)

    def reject_payload(self, invalid: Invalid, line: int) -> None:
        """A payload cannot be written as JSON."""
        self.reject(Rejection((Note("invalid", "", "", invalid.reason),)), line)

    def reject_broken(self, broken: Broken, number: int) -> None:
        """A line holds no event. number: of the event in its block, from 1."""
        self.counts.reject_broken(broken)
        if not self.broken or self.broken_to != number - 1:
            self.broken, self.broken_from = 0, broken.line
        self.broken += 1
        self.broken_to = number
        place = f"{self.feed_name}:{broken.line}"
        self.rejections.append((broken.line, Rejection((Note("invalid", "", place, broken.reason),))))
        self._keep(broken.line, "rejected", _reason(broken.kind, "", place, broken.reason))

    def _keep(self, line: int, outcome: str, *reasons: dict[str, str]) -> None:
        if self.keeps_rejects:
            self.rejects.append(_line(line, outcome, *reasons))


def reject_line(place: tuple[str, int], outcome: str, kind: str, reason: SafeText) -> bytes:
    """A line of rejects for an event that is not sent for no reason of the mapping's.

    place: the feed's name, and the event's line. outcome: `refused`, or `retry` where it may be sent again.
    """
    feed_name, line = place
    return _line(line, outcome, _reason(kind, "", f"{feed_name}:{line}", reason))


def _line(line: int, outcome: str, *reasons: dict[str, str]) -> bytes:
    """One line of JSON; a file's name that is no UTF-8 appears in it as escapes."""
    value = {"line": line, "outcome": outcome, "reasons": reasons}
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _reason(kind: str, path: str, place: str, message: SafeText) -> dict[str, str]:
    return {"kind": kind, "path": path, "place": place, "message": message}
