"""Review: all that is wrong with a mapping's text, and what its sections can send."""

from __future__ import annotations

from mapper.texts.diagnostic import Diagnostic
from mapper.values.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Coverage:
    """The scored signals that the events of some sections can carry.

    names: the events' names, in the order of their sections; "" for one that the event itself gives.
    sent, missing: target paths; of a signal with several paths the first one.
    """

    names: tuple[str, ...]
    sent: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def of(self) -> int:
        """The number of signals."""
        return len(self.sent) + len(self.missing)


@dataclass(frozen=True, slots=True)
class Review:
    """The diagnostics of a mapping, and, if it has no errors, what its sections can send.

    tests: how many there are in it, and in its fixtures.
    """

    found: tuple[Diagnostic, ...]
    coverage: tuple[Coverage, ...]
    tests: int = 0
