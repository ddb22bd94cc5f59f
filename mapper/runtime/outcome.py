"""The outcomes of an event: a payload, a skip or a rejection, with notes of what was left out on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from mapper.values.safe_text import Hidden, SafeText

UNMAPPED = SafeText("no section takes it")
NO_NAME = Hidden("")


class Note(NamedTuple):
    """Something about one value of one event; never holds the value.

    kind: `missing`, `invalid` (the value was left out), `note` (a person should know: it was sent, or is a
    placeholder and counts as absent) or
    `guard` (the guard stopped it).
    path: the target path, or `$name` of a let, or the mapping's part (`skip`, `consent`).
    place: `file:line:column` of the rule.
    """

    kind: Literal["missing", "invalid", "note", "guard"]
    path: str
    place: str
    message: SafeText


@dataclass(frozen=True, slots=True)
class Skip:
    """An event that is not meant to be sent. kind: `unmapped`, `skip` (a rule says so), `consent` or
    `suppressed` (its person is on a list).

    reason: what the mapping says, never a value of the event. name: of an unmapped event what `match` gave,
    for who asks for it by `name.reveal()`; it may be anything that an event holds.
    """

    kind: Literal["unmapped", "skip", "consent", "suppressed"]
    reason: SafeText
    place: str = ""
    name: Hidden = NO_NAME


@dataclass(frozen=True, slots=True)
class Rejection:
    """An event that should have been sent and cannot be: every reason, at least one."""

    reasons: tuple[Note, ...]


class Outcome(NamedTuple):
    """Exactly one of payload, skip and rejection is set.

    section: the number of the place of the section that sent the payload, as in `Code.sections`; -1 for none.
    without_consent: why the payload was stripped: consent is `denied`, `missing` or `unreadable`; "" if it
    was not. A tuple, like Note, since every event makes one.
    """

    payload: dict[str, Any] | None = None
    skip: Skip | None = None
    rejection: Rejection | None = None
    notes: tuple[Note, ...] = ()
    section: int = -1
    without_consent: str = ""
