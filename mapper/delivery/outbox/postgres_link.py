"""A connection to PostgreSQL that outlives the server's restarts: each change is made once, whatever is cut.

It keeps nothing in the server's session, so that a pooler may give each transaction another one: no prepared
statements, no settings, no session's locks. Two threads may use it, one transaction at a time.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias, TypeVar

import psycopg

from mapper.delivery.outbox.outbox_errors import OutboxError
from mapper.delivery.outbox.postgres_address import Address, is_local_host
from mapper.delivery.outbox.postgres_errors import is_passing, trouble_of
from mapper.delivery.outbox.postgres_schema import KEEP_RESULT, MARK, SELECT_RESULT
from mapper.delivery.outbox.reconnection import Reconnection
from mapper.texts.log_events import noted
from mapper.values.safe_text import NOTHING, SafeText

Sql: TypeAlias = "psycopg.Cursor[tuple[Any, ...]]"
"""Where statements go; within a transaction of their own."""
_Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"
_R = TypeVar("_R")

_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.05, 2.0
_STOP_SECONDS = 5.0
"""The longest wait for a server once this process is to end."""
_OLDEST = 140_000
"""PostgreSQL 14, as its version number is written."""
# The server's clock, how it keeps what is committed, and which texts the database can hold.
_GREETING = (
    "SELECT extract(epoch FROM clock_timestamp())::float8, current_setting('synchronous_commit'),"
    " current_setting('server_encoding')"
)
_ENCODINGS = ("UTF8", "SQL_ASCII")
# The locks of a machine that is cut off in the midst of a transaction are given back after a while.
_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = 10000"
_DURABLY, _HASTILY = "; SET LOCAL synchronous_commit = on", "; SET LOCAL synchronous_commit = off"
_FULL = SafeText("no space is left on the server of the outbox; trying again until there is some")
_BACK = SafeText("the server of the outbox works again")


class Link:
    """See this module. Its methods raise OutboxError and OSError."""

    def __init__(self, address: Address, reconnection: Reconnection) -> None:
        self.name = address.name
        self.ahead = 0
        """Whole seconds that the server's clock is ahead of this machine's."""
        self._address = address
        self._reconnection = reconnection
        self._lock = threading.RLock()
        self._connection: _Connection | None = None
        self._writer = uuid.uuid4()
        self._changes = 0
        self._durably = ""
        self._said = NOTHING

    def open(self) -> None:
        """Connect; a server that does not answer is waited for only where that is wished."""
        waits = self._reconnection
        self._steadily(lambda connection: None, waits.seconds if waits.from_start else 0.0)

    def close(self) -> None:
        """Let go of the connection; a call that runs in another thread ends first."""
        with self._lock:
            self._drop()

    def look(self, work: Callable[[Sql], _R]) -> _R:
        """Read, each statement by itself."""

        def once(connection: _Connection) -> _R:
            with connection.cursor(binary=True) as sql:
                return work(sql)

        return self._steadily(once, self._reconnection.seconds)

    def rows(self, text: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of one statement."""
        return self.look(lambda sql: sql.execute(text, values).fetchall())

    def ask(self, work: Callable[[Sql], _R], *, waits: bool = True) -> _R:
        """A transaction that may be made twice, where it is not known whether it was made.

        waits: for a server that does not answer.
        """

        def once(connection: _Connection) -> _R:
            with self._transaction(connection, self._durably) as sql:
                return work(sql)

        return self._steadily(once, self._reconnection.seconds if waits else 0.0)

    def note(self, work: Callable[[Sql], None], *, durably: bool) -> None:
        """As `ask`, and waits for space. durably: its end is on the server's disk before it returns."""

        def once(connection: _Connection) -> None:
            with self._transaction(connection, self._durably if durably else _HASTILY) as sql:
                work(sql)

        self._steadily(once, self._reconnection.seconds, waits_for_space=True)

    def change(self, work: Callable[[Sql], int], *, waits_for_space: bool = False) -> int:
        """A transaction that is made exactly once; what it returned, also if nothing was heard of its end.

        The row of this writer tells: its number grows in the same transaction. Another try waits for one that
        is still under way, since both lock that row.
        """
        with self._lock:
            self._changes += 1
            mark = (self._writer, self._changes)

            def once(connection: _Connection) -> int:
                with self._transaction(connection, self._durably) as sql:
                    if sql.execute(MARK, mark).rowcount != 1:
                        return int(sql.execute(SELECT_RESULT, mark[:1]).fetchall()[0][0])
                    result = work(sql)
                    if result:
                        sql.execute(KEEP_RESULT, (result, mark[0]))
                    return result

            return self._steadily(once, self._reconnection.seconds, waits_for_space)

    @contextmanager
    def _transaction(self, connection: _Connection, durably: str) -> Iterator[Sql]:
        """durably: sets for this transaction alone whether its end waits for the server's disk."""
        # The COMMIT of a transaction within another one would end both.
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        connection.execute(f"{_BEGIN}{durably}")
        try:
            with connection.cursor(binary=True) as sql:
                yield sql
            connection.execute("COMMIT")
        except BaseException:
            with suppress(psycopg.Error):  # where the connection is gone, so is the transaction
                connection.execute("ROLLBACK")
            raise

    def there(self, moment: float) -> float:
        """A Unix time of this machine's clock, by the server's; 0, which is none, stays 0."""
        return moment + self.ahead if moment else moment

    def here(self, moment: float) -> float:
        """A Unix time of the server's clock, by this machine's."""
        return moment - self.ahead if moment else moment

    def _steadily(
        self, work: Callable[[_Connection], _R], most_seconds: float, waits_for_space: bool = False
    ) -> _R:
        """Do something, again and again while it may succeed a little later."""
        with self._lock:
            since = time.monotonic()
            wait_seconds = _FIRST_WAIT_SECONDS
            while True:
                try:
                    result = work(self._connected())
                    if self._said:
                        self._said = NOTHING
                        self._reconnection.say(noted("outbox_back", _BACK))
                    return result
                except psycopg.Error as error:
                    trouble = trouble_of(error, self.name)
                    is_full = waits_for_space and isinstance(trouble, OSError)
                    if not (is_passing(error) or is_full) or self._is_over(since, most_seconds):
                        raise trouble from error
                    if not isinstance(error, psycopg.errors.DeadlockDetected):
                        self._drop()
                if wait_seconds >= _LONGEST_WAIT_SECONDS and not self._said:
                    why = SafeText.known(str(trouble))
                    self._said = _FULL if is_full else SafeText("{}; trying again until it works", why)
                    self._reconnection.say(noted("outbox_away", self._said))
                self._reconnection.stop.wait(wait_seconds)
                wait_seconds = min(wait_seconds * 2, _LONGEST_WAIT_SECONDS)

    def _is_over(self, since: float, most_seconds: float) -> bool:
        if self._reconnection.stop.is_set():
            time.sleep(_FIRST_WAIT_SECONDS)  # what is set cannot be waited for
            most_seconds = min(most_seconds, _STOP_SECONDS)
        return time.monotonic() - since >= most_seconds

    def _connected(self) -> _Connection:
        """The connection; a new one where there is none, or it was lost."""
        if self._connection is None or self._connection.closed:
            self._drop()
            made = psycopg.connect(**self._address.parameters, autocommit=True, prepare_threshold=None)
            try:
                self._greet(made)
            except BaseException:
                made.close()
                raise
            self._connection = made
        return self._connection

    def _greet(self, connection: _Connection) -> None:
        if connection.info.server_version < _OLDEST:
            raise OutboxError(
                f"{self.name} is a PostgreSQL that is too old: {connection.info.server_version // 10_000}",
                "PostgreSQL 14 and later can keep an outbox",
            )
        is_safe = connection.pgconn.ssl_in_use or is_local_host(connection.info.host)
        if self._address.needs_tls and not is_safe:
            raise OutboxError(
                f"the connection to {self.name} is not encrypted",
                "set sslmode to verify-full, or to disable if that is meant",
            )
        asked = time.time()
        row = connection.execute(_GREETING).fetchone()
        assert row is not None
        if row[2] not in _ENCODINGS:
            raise OutboxError(
                f"{self.name} cannot hold every name: its encoding is {row[2]}",
                "create a database with ENCODING 'UTF8' TEMPLATE template0",
            )
        # Half a second more or less matters nowhere, and whole seconds keep times what they are.
        self.ahead = round(row[0] - (asked + time.time()) / 2)
        self._durably = _DURABLY if row[1] == "off" else ""

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
