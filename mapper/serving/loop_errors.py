"""Errors of ours that nobody waits for -> a line that holds nothing of what they are about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mapper.texts.log_events import LogLine, noted
from mapper.values.safe_text import SafeText


def mistake_line(error: BaseException | None) -> LogLine:
    """A line with the class of an error alone: its text, and what it is about, may hold a value."""
    kind = SafeText.known(type(error).__name__ if error is not None else "no exception")
    return noted("internal_error", SafeText("internal error in the event loop: {}", kind))


def mistake_of(context: Mapping[str, Any]) -> LogLine | None:
    """The line for what an event loop hands to its exception handler; None where a client went away."""
    error = context.get("exception")
    return None if isinstance(error, ConnectionError | TimeoutError) else mistake_line(error)
