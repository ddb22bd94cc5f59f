"""That an outbox of an older version was brought up to date, as a line of a log."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from mapper.texts.log_events import LogLine, noted
from mapper.values.safe_text import SafeText

Say: TypeAlias = Callable[[LogLine], None]


def upgraded_line(older: int, version: int) -> LogLine:
    """The versions are those of the tables."""
    text = SafeText("the tables of the outbox were brought up to date, from version {} to {}", older, version)
    return noted("outbox_upgraded", text, older_outbox_version=older, outbox_version=version)
