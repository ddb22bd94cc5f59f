"""ExitStatus: how a delivery, and the command around it, ends. Numbers from 64 on are those of sysexits.h."""

from __future__ import annotations

from enum import IntEnum


class ExitStatus(IntEnum):
    """`docs/delivery.md` says when each is given; a call that is wrong ends with 2, as for every command."""

    DELIVERED = 0
    REFUSED = 1
    UNREADABLE = 65
    GIVEN_UP = 69
    MISTAKE = 70
    UNWRITABLE = 74
    LOCKED = 75
    NOT_ADMITTED = 77
    WRONG_SETUP = 78
    INTERRUPTED = 130
    TERMINATED = 143
