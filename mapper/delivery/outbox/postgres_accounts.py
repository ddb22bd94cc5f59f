"""Accounts in PostgreSQL: their ids, and their counts, which a transaction changes once, at its end."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from mapper.delivery.outbox.dead_query import names_of
from mapper.delivery.outbox.postgres_link import Sql
from mapper.delivery.outbox.postgres_schema import INSERT_ACCOUNT, SELECT_ACCOUNT
from mapper.delivery.outbox.store import Account


@dataclass(slots=True)
class CountChanges:
    """A transaction's changes to the counts of accounts, by their ids; it writes each once, at its end."""

    counts: defaultdict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    delivered_at: dict[int, float] = field(default_factory=dict)

    def write(self, sql: Sql) -> None:
        """Write all, always in the same order, so that no two transactions wait for each other."""
        for account, found in sorted(self.counts.items()):
            counts = {name: count for name, count in found.items() if count}
            parts = [f"{name} = {name} + %s" for name in counts]
            values: list[float] = list(counts.values())
            if account in self.delivered_at:
                parts.append("last_delivered = greatest(last_delivered, %s)")
                values.append(self.delivered_at[account])
            if parts:
                text = f"UPDATE mapper_outbox.account SET {', '.join(parts)} WHERE id = %s"
                sql.execute(text, (*values, account))


def account_row(sql: Sql, account: Account) -> int:
    """The id of an account; its row is made where there is none."""
    names = names_of(account)
    row = sql.execute(SELECT_ACCOUNT, names).fetchone()
    if row is None:
        sql.execute(INSERT_ACCOUNT, names)
        row = sql.execute(SELECT_ACCOUNT, names).fetchone()
    assert row is not None
    return int(row[0])
