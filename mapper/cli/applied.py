"""A feed through a program: payloads come out in order, everything else is counted and kept as told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any

from mapper.cli.never import Unseen
from mapper.cli.summary import Counts, own_notes
from mapper.feeds import Broken, Fed, SourceEvent
from mapper.runtime.outcome import Note, Outcome, Rejection
from mapper.runtime.program import Program


@dataclass(slots=True)
class Run:
    """One run of a program.

    name_field: the payload's field that names its event. feed_name: what the feed is called, for the places
    of broken lines. rejects: takes a line for each event that is not sent.
    """

    program: Program
    name_field: str
    feed_name: str
    rejects: IO[bytes] | None = None
    counts: Counts = field(default_factory=Counts)
    unseen: Unseen = field(init=False)
    last_line: int = 0

    def __post_init__(self) -> None:
        self.unseen = Unseen(self.program.code)

    def apply(self, block: Iterable[Fed]) -> Iterator[tuple[int, dict[str, Any]]]:
        """The payloads of some events, each with the line of its event. Call `send` or `reject` for each."""
        asks = self.program.code.reads_meta
        for fed in block:
            self.counts.events += 1
            self.last_line = fed.line
            if isinstance(fed, Broken):
                self._reject_broken(fed)
                continue
            for outcome in self.program.apply(fed.event, meta_of(fed) if asks else None):
                if outcome.notes:
                    self.counts.note(own_notes(outcome), fed.line)
                if outcome.payload is not None:
                    self.unseen.see(outcome.payload, outcome.section, fed.line)
                    if outcome.without_consent:
                        self.counts.stripped[outcome.without_consent] += 1
                    yield fed.line, outcome.payload
                else:
                    self._keep_out(outcome, fed.line)

    def send(self, payload: dict[str, Any]) -> None:
        """A payload goes out."""
        self.counts.send(payload, self.name_field)

    def reject(self, rejection: Rejection, line: int) -> None:
        """An event, or its payload, cannot go out."""
        self.counts.reject(rejection, line)
        self._write(line, "rejected", [_reason(note) for note in rejection.reasons])

    def write_unsent(self, line: int, outcome: str, kind: str, reason: str) -> None:
        """A payload was not taken: outcome is `refused`, or `retry` where it may be sent again."""
        place = f"{self.feed_name}:{line}"
        self._write(line, outcome, [{"kind": kind, "path": "", "place": place, "message": reason}])

    def _reject_broken(self, broken: Broken) -> None:
        self.counts.reject_broken(broken)
        place = f"{self.feed_name}:{broken.line}"
        reason = {"kind": broken.kind, "path": "", "place": place, "message": broken.reason}
        self._write(broken.line, "rejected", [reason])

    def _keep_out(self, outcome: Outcome, line: int) -> None:
        if outcome.rejection is not None:
            self.reject(outcome.rejection, line)
        elif outcome.skip is not None:
            skip = outcome.skip
            self.counts.skip(skip)
            reason = {"kind": skip.kind, "path": "", "place": skip.place, "message": skip.reason or skip.kind}
            self._write(line, "skipped", [reason])

    def _write(self, line: int, outcome: str, reasons: list[dict[str, str]]) -> None:
        if self.rejects is not None:
            kept = {"line": line, "outcome": outcome, "reasons": reasons}
            self.rejects.write(_json(kept) + b"\n")
            self.rejects.flush()


def meta_of(fed: SourceEvent) -> dict[str, Any]:
    """What is known of an event beside what stands in it, as `$meta` reads it."""
    return {"line": fed.line, "received_at": datetime.now(UTC).isoformat(timespec="milliseconds")}


def _json(value: dict[str, Any]) -> bytes:
    """One line of JSON; a file's name that is no UTF-8 stands in it as escapes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def _reason(note: Note) -> dict[str, str]:
    return {"kind": note.kind, "path": note.path, "place": note.place, "message": note.message}
