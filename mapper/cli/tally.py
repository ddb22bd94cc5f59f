"""What became of events that are not sent, or not as they were meant: counted, and a line kept of each."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mapper.cli.summary import Counts, Naming, own_notes
from mapper.feeds import Broken
from mapper.runtime.outcome import Outcome, Rejection
from mapper.safe_text import SafeText


@dataclass(slots=True)
class Tally:
    """Counts, and where the lines of rejects go, if anywhere.

    feed_name: what the feed is called, for the places of broken lines. naming: which names of events are
    shown.
    """

    feed_name: str
    naming: Naming
    write: Callable[[bytes], object] | None
    counts: Counts = field(default_factory=Counts)

    def take(self, outcome: Outcome, line: int) -> None:
        """All that an outcome says beside its payload."""
        if outcome.notes:
            self.counts.note(own_notes(outcome), line)
        if outcome.payload is not None:
            if outcome.without_consent:
                self.counts.stripped[outcome.without_consent] += 1
        elif outcome.rejection is not None:
            self.reject(outcome.rejection, line)
        elif outcome.skip is not None:
            skip = outcome.skip
            self.counts.skip(skip, self.naming, line)
            message = self.naming.name(skip) or skip.reason or SafeText.known(skip.kind)
            self._keep(line, "skipped", [_reason(skip.kind, "", skip.place, message)])

    def reject(self, rejection: Rejection, line: int) -> None:
        """An event, or its payload, cannot go out."""
        self.counts.reject(rejection, line)
        self._keep(
            line,
            "rejected",
            [_reason(one.kind, one.path, one.place, one.message) for one in rejection.reasons],
        )

    def reject_broken(self, broken: Broken) -> None:
        """A line holds no event."""
        self.counts.reject_broken(broken)
        self.keep(broken.line, "rejected", broken.kind, broken.reason)

    def keep(self, line: int, outcome: str, kind: str, reason: SafeText) -> None:
        """Keep a line of an event that is not sent for no reason of the mapping's."""
        place = f"{self.feed_name}:{line}"
        self._keep(line, outcome, [_reason(kind, "", place, reason)])

    def _keep(self, line: int, outcome: str, reasons: list[dict[str, str]]) -> None:
        if self.write is not None:
            self.write(_json({"line": line, "outcome": outcome, "reasons": reasons}) + b"\n")


def _json(value: dict[str, Any]) -> bytes:
    """One line of JSON; a file's name that is no UTF-8 stands in it as escapes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def _reason(kind: str, path: str, place: str, message: SafeText) -> dict[str, str]:
    return {"kind": kind, "path": path, "place": place, "message": message}
