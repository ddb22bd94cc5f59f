"""Statistics -> the shares in them, and what fell since another time or is less than it must be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mapper.workbench.statistics import Statistics


@dataclass(frozen=True, slots=True)
class Share:
    """The share of some payloads that have a value: all that could, or those of one event's name.

    event: that name; "" for all. before: its percent at another time, or the least that it must be.
    """

    path: str
    event: str
    percent: float
    before: float = 0.0

    @property
    def name(self) -> str:
        """The name of the share: `user_data.em`, `user_data.em of checkout`."""
        return f"{self.path} of {self.event}" if self.event else self.path


def shares(found: Statistics) -> Iterator[Share]:
    """The shares of all paths, and of each event's signals."""
    for path in found.paths:
        if path.due:
            yield Share(path.path, "", 100 * path.present / path.due)
    for event in found.by_event:
        for signal, count in event.signals:
            yield Share(signal, event.name, 100 * count / event.payloads)


def too_low(found: Statistics, least: Sequence[tuple[str, float]]) -> list[Share]:
    """The paths that fewer payloads have than must: each path with the percent that it needs."""
    known = {share.path: share.percent for share in shares(found) if not share.event}
    lower = (Share(path, "", known.get(path, 0.0), needed) for path, needed in least)
    return [share for share in lower if share.percent < share.before]


def fallen(found: Statistics, before: Sequence[Share], drop: float) -> list[Share]:
    """The shares that fell by more points than `drop`; what is no longer there fell to 0."""
    now = {(share.path, share.event): share.percent for share in shares(found)}
    lower = (Share(one.path, one.event, now.get((one.path, one.event), 0.0), one.percent) for one in before)
    return [share for share in lower if share.before - share.percent > drop]


def stored_shares(stored: Any) -> list[Share]:
    """The shares of statistics that `--format json` printed. Raises ValueError for anything else."""
    try:
        return list(_shares_of(stored))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        raise ValueError("no statistics of `mapper stats --format json`") from None


def _shares_of(stored: Mapping[str, Any]) -> Iterator[Share]:
    for one in stored["paths"]:
        yield Share(str(one["path"]), "", 100 * float(one["present"]) / float(one["due"]))
    for event in stored["by_event"]:
        for signal in event["signals"]:
            share = 100 * float(signal["present"]) / float(event["payloads"])
            yield Share(str(signal["path"]), str(event["name"]), share)
