"""Coverage -> one line that says which of the scored signals a mapping's events can carry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mapper.cli.terminal import visible

if TYPE_CHECKING:
    from mapper.authoring import Coverage

_MOST_NAMES = 4


def coverage_line(name: str, covered: Sequence[Coverage]) -> str:
    """`shop.yaml: checkout 9 of 11 signals (no hashed_maids, click_id) · signup 5 of 11 (no ...)`."""
    parts = [_part(one, " signals" if place == 0 else "") for place, one in enumerate(covered)]
    return visible(f"{name}: {' · '.join(parts)}")


def _part(one: Coverage, noun: str) -> str:
    named = [name or "named by the event" for name in one.names]
    more = len(named) - _MOST_NAMES + 1
    names = ", ".join(named)
    if more > 1:
        names = f"{', '.join(named[: _MOST_NAMES - 1])} and {more} more:"
    missing = f" (no {', '.join(map(_short, one.missing))})" if one.missing else ""
    return f"{names} {len(one.sent)} of {one.of}{noun}{missing}"


def _short(path: str) -> str:
    """A target path without the object around it."""
    return path.partition(".")[2] or path
