"""The errors of an outbox, each with the status that a command ends with."""

from __future__ import annotations

from mapper.delivery.exit_status import ExitStatus


class OutboxError(Exception):
    """An outbox that cannot be used; the message says why, and `hint` what to do."""

    exit_status = ExitStatus.WRONG_SETUP

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class PositionMoved(OutboxError):
    """Another process has read on in the same feed: nothing of this write was kept."""

    exit_status = ExitStatus.LOCKED


class AlreadyAccepted(OutboxError):
    """The sender's id of this write was accepted before: nothing of this write was kept."""


class AccountTaken(OutboxError):
    """Another courier delivers for the account.

    again_seconds: when to ask again, since it may have ended without a word by then; None: nothing tells.
    """

    exit_status = ExitStatus.LOCKED

    def __init__(self, message: str, hint: str = "", again_seconds: float | None = None) -> None:
        super().__init__(message, hint)
        self.again_seconds = again_seconds


class Unreachable(OutboxError):
    """The server of an outbox does not answer."""

    exit_status = ExitStatus.GIVEN_UP


class NotAdmitted(OutboxError):
    """The server of an outbox does not accept the user, or the user lacks a right."""

    exit_status = ExitStatus.NOT_ADMITTED


class Damaged(OutboxError):
    """The stored data differs from the written data."""
