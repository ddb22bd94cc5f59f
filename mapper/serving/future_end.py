"""The end of what a coroutine waits for, told by a callback."""

from __future__ import annotations

import asyncio
from typing import TypeVar

_T = TypeVar("_T")


def settle(waiting: asyncio.Future[_T], found: _T | BaseException) -> None:
    """Tell a coroutine what it waits for, or raise it there, unless it does not wait any more."""
    if waiting.done():
        return
    if isinstance(found, BaseException):
        waiting.set_exception(found)
    else:
        waiting.set_result(found)
