"""The tables of an outbox in SQL, by version: each entry leads from a version to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mapper.delivery.batch import less_sealed
from mapper.delivery.outbox.dead_query import Dialect, totals_in
from mapper.delivery.outbox.parcel_rows import check_of, check_values, unpack_rows
from mapper.delivery.outbox.store import (
    Account,
    AccountStatus,
    Chunk,
    Counts,
    DeadLetter,
    Health,
    LetterAge,
    LetterCount,
    Position,
    VersionCount,
    with_health,
)
from mapper.values.safe_text import SafeText

OLDEST = 2
"""The version that the first entry makes. In version 1, never released, no account had a recipient."""

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE account (
        id INTEGER PRIMARY KEY,
        destination TEXT NOT NULL,
        name TEXT NOT NULL,
        test INTEGER NOT NULL,
        recipient TEXT NOT NULL,
        accepted INTEGER NOT NULL DEFAULT 0,
        delivered INTEGER NOT NULL DEFAULT 0,
        dead INTEGER NOT NULL DEFAULT 0,
        expired INTEGER NOT NULL DEFAULT 0,
        purged INTEGER NOT NULL DEFAULT 0,
        skipped INTEGER NOT NULL DEFAULT 0,
        copies INTEGER NOT NULL DEFAULT 0,
        last_delivered REAL NOT NULL DEFAULT 0,
        UNIQUE (destination, name, test, recipient)
    ) STRICT;
    CREATE TABLE feed (
        id INTEGER PRIMARY KEY,
        account INTEGER NOT NULL REFERENCES account,
        mapping TEXT NOT NULL,
        name TEXT NOT NULL,
        shown TEXT NOT NULL,
        record INTEGER NOT NULL DEFAULT -1,
        offset INTEGER NOT NULL DEFAULT 0,
        inode INTEGER NOT NULL DEFAULT 0,
        sampled INTEGER NOT NULL DEFAULT 0,
        digest BLOB NOT NULL DEFAULT x'',
        ended INTEGER NOT NULL DEFAULT 0,
        received_at TEXT NOT NULL DEFAULT '',
        moved_at REAL NOT NULL DEFAULT 0,
        checked BLOB NOT NULL DEFAULT x'',
        UNIQUE (account, mapping, name)
    ) STRICT;
    CREATE TABLE chunk (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        account INTEGER NOT NULL REFERENCES account,
        feed INTEGER REFERENCES feed,
        version TEXT NOT NULL,
        accepted_at REAL NOT NULL,
        count INTEGER NOT NULL,
        size INTEGER NOT NULL,
        failures INTEGER NOT NULL DEFAULT 0,
        failing_since REAL NOT NULL DEFAULT 0,
        due REAL NOT NULL DEFAULT 0,
        unanswered INTEGER NOT NULL DEFAULT 0,
        checked BLOB NOT NULL,
        places BLOB NOT NULL,
        bodies BLOB NOT NULL
    ) STRICT;
    CREATE INDEX waiting ON chunk (account, id, count, size, accepted_at, due, failures);
    CREATE TABLE attempt (
        chunk INTEGER PRIMARY KEY,
        requests INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE dead (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        account INTEGER NOT NULL REFERENCES account,
        feed INTEGER REFERENCES feed,
        version TEXT NOT NULL,
        stage TEXT NOT NULL,
        kind TEXT NOT NULL,
        reason TEXT NOT NULL,
        record INTEGER NOT NULL,
        time INTEGER,
        died_at REAL NOT NULL,
        past_seconds INTEGER NOT NULL,
        counted_twice INTEGER NOT NULL,
        body BLOB NOT NULL,
        checked BLOB NOT NULL
    ) STRICT;
    CREATE INDEX dead_of_account ON dead (account, died_at);
    """,
    """
    ALTER TABLE account ADD COLUMN failing_since REAL NOT NULL DEFAULT 0;
    ALTER TABLE account ADD COLUMN failing_reason TEXT NOT NULL DEFAULT '';
    ALTER TABLE account ADD COLUMN skew_seconds REAL NOT NULL DEFAULT 0;
    """,
    """
    CREATE TABLE delivery (
        account INTEGER NOT NULL REFERENCES account,
        digest BLOB NOT NULL,
        accepted_at REAL NOT NULL,
        PRIMARY KEY (account, digest)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX delivery_age ON delivery (accepted_at);
    """,
    """
    ALTER TABLE account ADD COLUMN revived INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE account ADD COLUMN remapped INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX dead_kinds ON dead (account, stage, kind);
    """,
    """
    ALTER TABLE chunk ADD COLUMN tried_at REAL NOT NULL DEFAULT 0;
    ALTER TABLE chunk ADD COLUMN reason TEXT NOT NULL DEFAULT '';
    """,
    """
    CREATE TABLE ledger_part (
        id INTEGER PRIMARY KEY,
        account INTEGER NOT NULL REFERENCES account,
        begun_at REAL NOT NULL,
        last_at REAL NOT NULL,
        ends INTEGER NOT NULL DEFAULT 0,
        requests INTEGER NOT NULL DEFAULT 0,
        pruned INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX ledger_part_of_account ON ledger_part (account, id);
    CREATE INDEX ledger_part_age ON ledger_part (last_at);
    CREATE TABLE ledger_request (
        part INTEGER NOT NULL,
        number INTEGER NOT NULL,
        version TEXT NOT NULL,
        answered_at REAL NOT NULL,
        ended_at REAL NOT NULL,
        status INTEGER NOT NULL,
        PRIMARY KEY (part, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE ledger (
        part INTEGER NOT NULL,
        digest INTEGER NOT NULL,
        request INTEGER NOT NULL,
        record INTEGER NOT NULL,
        ending INTEGER NOT NULL,
        feed INTEGER,
        waited INTEGER NOT NULL,
        PRIMARY KEY (part, digest, request, record, ending)
    ) STRICT, WITHOUT ROWID;
    """,
    """
    ALTER TABLE dead ADD COLUMN origin TEXT NOT NULL DEFAULT '';
    """,
    """
    ALTER TABLE account ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE chunk ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
    """,
)

DEAD_CHECKED = (
    *("version", "stage", "kind", "reason", "record", "time", "died_at", "past_seconds", "counted_twice"),
    "body",
)
"""The columns of a dead letter, in the order in which its `checked` is made of them."""
# Changes nothing where the delivery was accepted after the last of its values, a Unix time.
INSERT_DELIVERY = (
    "INSERT INTO delivery (account, digest, accepted_at) VALUES (?, ?, ?) ON CONFLICT (account, digest)"
    " DO UPDATE SET accepted_at = excluded.accepted_at WHERE accepted_at <= ?"
)
DELETE_DELIVERIES = (
    "DELETE FROM delivery WHERE (account, digest) IN (SELECT account, digest FROM delivery"
    " WHERE accepted_at <= ? ORDER BY accepted_at LIMIT ?)"
)
SELECT_DELIVERY = "SELECT 1 FROM delivery WHERE account = ? AND digest = ? AND accepted_at > ?"
INSERT_DEAD = (
    f"INSERT INTO dead (account, feed, {', '.join(DEAD_CHECKED)}, checked, origin)"
    f" VALUES (?, ?, {'?, ' * len(DEAD_CHECKED)}?, ?)"
)
TAKE_BACK = "UPDATE account SET dead = dead - ?, revived = revived + ? WHERE id = ?"
_OF_DEAD = " FROM dead JOIN account ON account.id = dead.account LEFT JOIN feed ON feed.id = dead.feed"
SELECT_DEAD = (
    "SELECT dead.id, destination, account.name, test, recipient, dead.feed, coalesce(feed.shown, ''),"
    f" {', '.join(f'dead.{one}' for one in DEAD_CHECKED)}, dead.checked, origin{_OF_DEAD}"
)
SELECT_DEAD_NUMBERS = f"SELECT dead.id, dead.account{_OF_DEAD}"
# The index `dead_kinds` has all that is asked for, and no payload is read.
SELECT_LETTER_COUNTS = (
    "SELECT destination, name, test, recipient, stage, kind, found FROM (SELECT account, stage, kind,"
    " count(*) AS found FROM dead GROUP BY account, stage, kind) AS counted"
    " JOIN account ON account.id = counted.account"
)
HAS_RAW = "(stage = 'mapping' AND length(body) > 0 OR instr(origin, char(9)) > 0)"
"""Whether an event is kept with a dead letter, encrypted."""
SELECT_LETTER_AGES = (
    "SELECT destination, name, test, recipient, min(died_at),"
    f" coalesce(min(CASE WHEN {HAS_RAW} THEN died_at END), 0)"
    " FROM dead JOIN account ON account.id = dead.account GROUP BY account.id"
)
SELECT_FEEDS = (
    "SELECT feed.id, destination, account.name, test, recipient, mapping, shown, record, offset, inode,"
    " sampled, digest, ended, received_at, checked FROM feed JOIN account ON account.id = feed.account"
    " WHERE record >= 0 ORDER BY feed.id"
)
SELECT_ACCOUNTS = "SELECT id, destination, name, test, recipient FROM account"
# In the order of the columns that `chunk_of` reads.
SELECT_CHUNK = (
    "SELECT chunk.id, chunk.account, chunk.version, coalesce(feed.shown, ''), accepted_at, failures,"
    " failing_since, due, unanswered + coalesce(requests, 0), tried_at, reason, places, bodies, chunk.checked"
    " FROM chunk LEFT JOIN feed ON feed.id = chunk.feed LEFT JOIN attempt ON attempt.chunk = chunk.id"
)
# Summed where they are read: a sum by version would sort all of them in memory.
SELECT_VERSIONS = "SELECT account, version, count FROM chunk WHERE count > 0"
SELECT_STATUS = (
    "SELECT destination, name, test, recipient, accepted, delivered, dead, expired, purged, skipped, copies,"
    " revived, remapped, erased,"
    " coalesce(min(CASE WHEN count > 0 AND (failures OR due = 0) THEN accepted_at END), 0),"
    " coalesce(sum(size), 0), last_delivered, coalesce(sum(count), 0),"
    " coalesce(sum(CASE WHEN failures THEN count END), 0), (SELECT coalesce(min(chunk.failing_since), 0) FROM"
    " chunk WHERE chunk.account = account.id AND failures > 0 AND count > 0), account.failing_since,"
    " failing_reason, skew_seconds FROM account LEFT JOIN chunk ON chunk.account = account.id"
    " GROUP BY account.id ORDER BY destination, name, test, recipient"
)
_COLUMNS = ("account", "count", "size", "accepted_at", "due", "failures")
# A chunk of which the index of what waits and the table do not say the same. One that the index lacks is
# missing in the sum of `AUDIT`. No row is kept in memory, of however many.
STRAY_CHUNK = (
    "SELECT waits.id FROM chunk AS waits INDEXED BY waiting LEFT JOIN chunk AS stored NOT INDEXED"
    " ON stored.id = waits.id WHERE waits.account >= 0 AND (stored.id IS NULL"
    f" OR ({', '.join(f'stored.{one}' for one in _COLUMNS)})"
    f" IS NOT ({', '.join(f'waits.{one}' for one in _COLUMNS)})) LIMIT 1"
)
AUDIT = (
    "SELECT destination, name, accepted, (SELECT coalesce(sum(count), 0) FROM chunk WHERE chunk.account ="
    " account.id), delivered, dead, expired, erased, (SELECT count(*) FROM dead AS letter"
    " WHERE letter.account = account.id), purged FROM account"
)


DIALECT = Dialect(
    "?", "instr", lambda column, numbers: (f"{column} IN ({', '.join('?' * len(numbers))})", [*numbers])
)
SELECT_TOTALS = f"SELECT {totals_in(DIALECT)}{_OF_DEAD}"


def columns_of(position: Position) -> tuple[Any, ...]:
    """A position's columns, in the order of its fields."""
    return (
        position.record,
        position.offset,
        position.inode,
        position.sampled,
        position.digest,
        int(position.ended),
        position.received_at,
    )


def account_of(row: tuple[Any, ...]) -> tuple[int, Account]:
    """The id and the account of a row of `SELECT_ACCOUNTS`."""
    number, destination, name, test, recipient = row
    return number, Account(destination, name, bool(test), recipient)


def chunk_of(row: tuple[Any, ...], account: Account, first: int = 0) -> Chunk | None:
    """The chunk of a row of `SELECT_CHUNK`, its parcels numbered from `first`.

    None where the row is not as it was written.
    """
    number, _, version, feed, accepted_at, *counts, reason, places, bodies, checked = row
    if check_of(places, bodies) != checked:
        return None
    parcels = tuple(unpack_rows(places, bodies, feed, first))
    state: tuple[Any, ...] = (*counts, SafeText.known(reason))
    return Chunk(number, account, version, feed, accepted_at, parcels, *state)


def status_of(row: tuple[Any, ...]) -> AccountStatus:
    """The status of a row of `SELECT_STATUS`."""
    destination, name, test, recipient, accepted, *ends, oldest, size, last = row[:17]
    pending, failing, failing_since, *health = row[17:]
    account = Account(destination, name, bool(test), recipient)
    counts = Counts(accepted, pending, *ends)
    found = AccountStatus(account, counts, oldest, size, last, failing, failing_since)
    since, reason, skew_seconds = health
    return with_health(found, Health(account, since, SafeText.known(reason), skew_seconds))


def version_count_of(row: tuple[Any, ...]) -> VersionCount:
    """The count of a row of names of an account, a version and a count."""
    destination, name, test, recipient, version, count = row
    return VersionCount(Account(destination, name, bool(test), recipient), version, int(count))


def letter_age_of(row: tuple[Any, ...]) -> LetterAge:
    """The ages of a row of `SELECT_LETTER_AGES`."""
    destination, name, test, recipient, oldest, oldest_raw = row
    return LetterAge(Account(destination, name, bool(test), recipient), oldest, oldest_raw)


def letter_count_of(row: tuple[Any, ...]) -> LetterCount:
    """The count of a row of `SELECT_LETTER_COUNTS`."""
    destination, name, test, recipient, stage, kind, count = row
    return LetterCount(Account(destination, name, bool(test), recipient), stage, kind, count)


def dead_row(account: int, feed: int | None, letter: DeadLetter) -> tuple[Any, ...]:
    """The row of a dead letter, with what tells whether it was changed on the disk."""
    found = {one: getattr(letter, one) for one in DEAD_CHECKED}
    values = tuple((found | {"counted_twice": int(letter.counted_twice)}).values())
    return (account, feed, *values, check_values(values), letter.origin)


def unsealed_columns(letter: DeadLetter) -> tuple[Any, ...]:
    """The columns `body`, `checked` and `origin` of a dead letter without the encrypted event."""
    body = b"" if letter.stage == "mapping" else letter.body
    rest = replace(letter, body=body, origin=less_sealed(letter.origin))
    return dead_row(0, None, rest)[-3:]


def letter_of(row: tuple[Any, ...]) -> DeadLetter | None:
    """The dead letter of a row of `SELECT_DEAD`; None where the row is not as it was written."""
    number, destination, name, test, recipient, feed_number, feed, *values, checked, origin = row
    if check_values(values) != checked:
        return None
    account = Account(destination, name, bool(test), recipient)
    kept = dict(zip(DEAD_CHECKED, values, strict=True))
    reason, twice = kept.pop("reason"), bool(kept.pop("counted_twice"))
    more = {"feed": feed, "feed_number": feed_number, "counted_twice": twice, "origin": origin}
    return DeadLetter(number, account, reason=SafeText.known(reason), **more, **kept)


def position_of(row: Sequence[Any]) -> Position | None:
    """The position in the columns of `columns_of` and their check; None where they are not as written."""
    *columns, checked = row
    if check_values(columns) != checked:
        return None
    record, offset, inode, sampled, digest, ended, received_at = columns
    return Position(record, offset, inode, sampled, digest, bool(ended), received_at)
