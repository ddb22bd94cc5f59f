"""A query for dead letters -> the condition in SQL on rows of `SELECT_DEAD`, and its values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from mapper.delivery.outbox.store import FEED_NAME, Account, DeadQuery

_Condition: TypeAlias = tuple[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Dialect:
    """The words of SQL that one database has of its own.

    mark: of a value. place: the function that gives the place of a text in another one, 0 for none. among:
    the condition that a column is one of some numbers.
    """

    mark: str
    place: str
    among: Callable[[str, Sequence[int]], _Condition]


def totals_in(dialect: Dialect) -> str:
    """The columns of `LetterTotals` over rows as those of `SELECT_DEAD`. No payload is read for them."""
    of_http = f"{dialect.place}(coalesce(feed.shown, ''), '{FEED_NAME}') = 1"
    kinds = (f"NOT {of_http}", f"{of_http} AND length(body) > 0", f"{of_http} AND length(body) = 0")
    sums = (f"coalesce(sum(CASE WHEN stage = 'mapping' AND {one} THEN 1 END), 0)" for one in kinds)
    return f"count(*), {', '.join(sums)}"


def names_of(account: Account) -> tuple[str, str, bool, str]:
    """The columns that tell an account from all others."""
    return account.destination, account.name, account.test, account.recipient


def condition_of(query: DeadQuery, dialect: Dialect) -> _Condition:
    """The condition that a query asks for, and its values."""
    parts: list[str] = ["1 = 1"]
    values: list[Any] = []

    def add(part: str, *more: Any) -> None:
        parts.append(part.replace("?", dialect.mark))
        values.extend(more)

    def add_among(column: str, numbers: Sequence[int] | None) -> None:
        if numbers is not None:
            part, more = dialect.among(column, numbers)
            add(part, *more)

    if query.account is not None:
        add("destination = ? AND account.name = ? AND test = ? AND recipient = ?", *names_of(query.account))
    if query.account_name:
        add("account.name = ?", query.account_name)
    add_among("dead.id", query.numbers)
    add_among("dead.feed", query.feeds)
    if query.stage is not None:
        add("stage = ?", query.stage)
    if query.kind:
        add("kind = ?", query.kind)
    if query.reason:
        add(f"{dialect.place}(lower(reason), lower(?)) > 0", query.reason)
    if query.since is not None:
        add("died_at >= ?", query.since)
    if query.until is not None:
        add("died_at < ?", query.until)
    return " AND ".join(parts), values
