"""The owner of an account's delivery: a row that ends by the server's clock, with a number each owner raises.

The number is looked at in every transaction of an owner, and its row stays locked to the end of it. So a
process that was stopped while another one took its place changes nothing any more. It does not send either:
it knows by a clock of its own, begun before the server's, when its lease has ended.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from mapper.delivery.outbox.outbox_errors import AccountTaken, OutboxError
from mapper.delivery.outbox.postgres_link import Link, Sql
from mapper.delivery.outbox.store import Account

LEASE_SECONDS = 30.0
_RENEWALS = 3
"""The number of times that a lease is renewed while it lasts."""
_OWNER = (
    "SELECT host, extract(epoch FROM until - clock_timestamp())::float8 FROM mapper_outbox.lease"
    " WHERE account = %s AND holder <> %s AND until > clock_timestamp()"
)
# A row that another one locks is being taken, or belongs to a machine that was cut off: nobody waits for it.
_LOCK = "SELECT 1 FROM mapper_outbox.lease WHERE account = %s FOR UPDATE SKIP LOCKED"
_FIRST = (
    "INSERT INTO mapper_outbox.lease (account, number, holder, host, until)"
    " VALUES (%s, 1, %s, %s, clock_timestamp() + %s * interval '1 second')"
    " ON CONFLICT DO NOTHING RETURNING number"
)
_NEXT = (
    "UPDATE mapper_outbox.lease SET number = number + 1, holder = %s, host = %s,"
    " until = clock_timestamp() + %s * interval '1 second'"
    " WHERE account = %s AND (until <= clock_timestamp() OR holder = %s) RETURNING number"
)
_FENCE = "SELECT 1 FROM mapper_outbox.lease WHERE account = %s AND number = %s FOR NO KEY UPDATE"
_RENEW = (
    "UPDATE mapper_outbox.lease AS held SET until = clock_timestamp() + %s * interval '1 second'"
    " FROM unnest(%s::bigint[], %s::bigint[]) AS mine (account, number)"
    " WHERE held.account = mine.account AND held.number = mine.number RETURNING held.account"
)
_RELEASE = "UPDATE mapper_outbox.lease SET until = '-infinity' WHERE account = %s AND number = %s"


@dataclass(slots=True)
class _Lease:
    """number: of this owner. ends: when another may own it at the earliest, by `time.monotonic`."""

    account: Account
    number: int
    ends: float


class Leases:
    """The accounts that a store owns. A thread of its own renews them, as long as there are any."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._holder = str(uuid.uuid4())
        self._host = f"{socket.gethostname()}, process {os.getpid()}"
        self._held: dict[int, _Lease | None] = {}
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()

    @contextmanager
    def own(self, number: int, account: Account) -> Iterator[bool]:
        """Own an account: see `Outbox.own`. number: its id."""
        if self._held.get(number) is not None:
            raise _taken(account, "this process", LEASE_SECONDS)
        lease = self._held[number] = self._take(number, account)
        self._keep()
        try:
            yield lease.number > 1
        finally:
            if self._held.pop(number) is not None:
                with suppress(OutboxError, OSError):  # then it ends by itself
                    self._link.ask(lambda sql: sql.execute(_RELEASE, (number, lease.number)))

    def _take(self, number: int, account: Account) -> _Lease:
        ends = time.monotonic() + LEASE_SECONDS

        def take(sql: Sql) -> _Lease:
            owner = sql.execute(_OWNER, (number, self._holder)).fetchone()
            if owner is None:
                if sql.execute(_LOCK, (number,)).fetchall():
                    values = (self._holder, self._host, LEASE_SECONDS, number, self._holder)
                    taken = sql.execute(_NEXT, values).fetchone()
                else:
                    taken = sql.execute(_FIRST, (number, self._holder, self._host, LEASE_SECONDS)).fetchone()
                if taken is not None:
                    return _Lease(account, taken[0], ends)
            raise _taken(account, *(owner or ("another machine", 0.0)))

        return self._link.ask(take)

    def holds(self, number: int) -> bool:
        """Whether nobody else can own an account yet. Any thread may ask."""
        lease = self._held.get(number)
        return lease is not None and time.monotonic() < lease.ends

    def check(self, sql: Sql, number: int, account: Account) -> None:
        """Keep others from owning an account until the end of a transaction.

        Raises AccountTaken where another one owns it, or has since this process began to.
        """
        if number not in self._held:
            owner = sql.execute(_OWNER, (number, self._holder)).fetchone()
            if owner is not None:
                raise _taken(account, *owner)
            return
        lease = self._held[number]
        if lease is None or not sql.execute(_FENCE, (number, lease.number)).fetchall():
            self._held[number] = None
            raise _taken(account, "another machine", 0.0)

    def close(self) -> None:
        """Stop renewing, and wait for the thread."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _keep(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._renew_again, name="leases", daemon=True)
            self._thread.start()

    def _renew_again(self) -> None:
        while not self._ended.wait(LEASE_SECONDS / _RENEWALS):
            with suppress(OutboxError, OSError):  # then they end, and the calls that need them say why
                self.renew()

    def renew(self) -> None:
        """Let all leases begin anew; those that another one owns by now are lost."""

        def renew(sql: Sql) -> None:
            # Read where no other transaction of this process is made: none that is given back is renewed.
            held = {number: lease for number, lease in list(self._held.items()) if lease is not None}
            if not held:
                return
            ends = time.monotonic() + LEASE_SECONDS
            values = (LEASE_SECONDS, list(held), [lease.number for lease in held.values()])
            renewed = {row[0] for row in sql.execute(_RENEW, values)}
            for number, lease in held.items():
                if number in renewed:
                    kept.append((lease, ends))
                elif self._held.get(number) is lease:
                    self._held[number] = None

        kept: list[tuple[_Lease, float]] = []
        self._link.ask(renew, waits=False)
        for lease, ends in kept:
            lease.ends = ends


def _taken(account: Account, host: str, seconds: float) -> AccountTaken:
    return AccountTaken(
        f"another process delivers for {account}: {host}",
        "let it end first, or deliver to another account",
        max(seconds, 0.0),
    )
