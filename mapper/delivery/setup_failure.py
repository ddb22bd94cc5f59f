"""SetupFailure: the reason that nothing can be delivered until a person fixes something."""

from __future__ import annotations

from dataclasses import dataclass

from mapper.delivery.exit_status import ExitStatus


@dataclass(frozen=True, slots=True)
class SetupFailure:
    """Nothing can be delivered until a person fixes something; no event is lost by it."""

    message: str
    hint: str = ""
    exit_status: ExitStatus = ExitStatus.WRONG_SETUP
