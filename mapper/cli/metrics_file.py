"""`--metrics FILE`: the metrics of a process, for a collector that reads files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Protocol

from mapper.cli.messages import error_line
from mapper.texts.log_events import noted
from mapper.values.safe_text import SafeText


class _Says(Protocol):
    def say(self, line: SafeText) -> None: ...


@dataclass(slots=True)
class MetricsFile:
    """A file of metrics. That it cannot be written is said once, and hinders nothing."""

    path: str
    log: _Says
    _fails: bool = False

    def write(self, text: str) -> None:
        """Write beside the file and rename, so that nobody reads half of it."""
        beside = f"{self.path}.new"
        try:
            with open(beside, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(beside, self.path)
        except OSError as error:
            if not self._fails:
                self.log.say(noted("unwritable_metrics", error_line(error)))
            self._fails = True
        else:
            if self._fails:
                line = SafeText("{} can be written again", SafeText.known(self.path))
                self.log.say(noted("metrics_written", line))
            self._fails = False
