"""`--received-at TIME|now`: what `$meta.received_at` is, the same for all events of a run.

The clock is read once, when a run is given `now`, and never for an event: a retry that is given the time that
was printed makes the same payloads.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from mapper.cli.messages import mention
from mapper.cli.options import option
from mapper.values.frozen import dataclass
from mapper.values.safe_text import NOTHING, SafeText

if TYPE_CHECKING:
    from mapper.runtime.program import Code


@dataclass(frozen=True, slots=True)
class Received:
    """A time as `$meta.received_at` holds it. read_now: it is the clock's."""

    text: str
    read_now: bool = False

    @property
    def meta(self) -> dict[str, str]:
        """The time as `$meta` of each event holds it."""
        return {"received_at": self.text}


class _Moment(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on only
    """An ISO 8601 time with an offset, or `now`."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Received:
        if isinstance(value, Received):
            return value
        if value == "now":
            return Received(_text(datetime.now(UTC)), read_now=True)
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail("expected a time such as 2026-05-01T10:00:00Z, or now", param, ctx)
        if moment.tzinfo is None:
            self.fail("the time has no UTC offset: write 2026-05-01T10:00:00Z or ...+02:00", param, ctx)
        return Received(_text(moment))


def _text(moment: datetime) -> str:
    """A moment in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


received_option = partial(
    option,
    "--received-at",
    type=_Moment(),
    metavar="TIME|now",
    help="Value of $meta.received_at for all events. Without it, $meta.received_at is absent.",
)


def say_received(received: Received | None) -> None:
    """Print a time that was read from the clock, so that a retry can be given it."""
    if received is not None and received.read_now:
        text = SafeText.known(received.text)
        mention(SafeText("received at {}; give --received-at {} to a retry", text, text))


def lacking(received: Received | None, code: Code, rejected: int) -> SafeText:
    """The message about a run whose mapping reads a time that it was not given; "" if it needs none."""
    if received is not None or not rejected or not code.reads_meta or "'received_at'" not in code.text:
        return NOTHING
    return SafeText("  the mapping reads $meta.received_at, which is absent: see --received-at\n")
