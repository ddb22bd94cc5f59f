"""The log of a service while it runs: a line for each entry, for people or for machines."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from mapper.cli.messages import tell, tell_summary
from mapper.cli.terminal import is_quiet
from mapper.texts.log_events import LOG_EVENTS, LogLine, noted
from mapper.values.safe_text import SafeText

if TYPE_CHECKING:
    from mapper.compiling import CompileError
    from mapper.delivery.outbox.store import Account


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Log:
    """Writes to stderr. as_json: an object a line, with `time`, `message` and perhaps `account`.

    quiet: leaves out what is neither a warning nor an error. It is asked of the call that makes this object:
    other threads do not know it.
    """

    as_json: bool = False
    now: Callable[[], datetime] = _now
    quiet: bool = field(default_factory=is_quiet)

    def say(self, line: SafeText, account: Account | None = None) -> None:
        """Say a line, of an account or in general."""
        said = line if isinstance(line, LogLine) else noted("note", line)
        level = LOG_EVENTS[said.event].level
        if self.quiet and level == "info" and said is line:
            return
        if not self.as_json:
            tell(line if account is None else SafeText("{}: {}", SafeText.known(str(account)), line))
            return
        told: dict[str, object] = {"time": self.now().isoformat(timespec="milliseconds")}
        told |= {"level": level, "event": said.event, "message": line}
        if account is not None:
            told |= {
                "destination": account.destination,
                "account": account.name,
                "recipient": account.recipient,
            }
        click.echo(json.dumps(told | said.facts, ensure_ascii=False), err=True)

    def errors(self, error: CompileError) -> None:
        """Say what is wrong with a mapping: as a check shows it, or a line each."""
        if not self.as_json:
            from mapper.cli.program_argument import tell_errors  # a delivery starts without it

            tell_errors(error)
            return
        for one in error.diagnostics:
            if one.severity == "error":
                line = SafeText.known(f"{one.span.place}: {one.code}: {one.message}")
                self.say(noted("mapping_error", line, code=SafeText.known(one.code)))

    def summarize(self, text: SafeText, facts: Mapping[str, object]) -> None:
        """Say what became of it all: lines for people, or the facts."""
        if not self.as_json or self.quiet:
            tell_summary(text)
            return
        told: dict[str, object] = {"time": self.now().isoformat(timespec="milliseconds")}
        told |= {"level": "info", "event": "ended"}
        told |= {"message": "ended", **facts}
        click.echo(json.dumps(told, ensure_ascii=False), err=True)
