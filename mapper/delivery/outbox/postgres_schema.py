"""The tables of an outbox in PostgreSQL, by version: each entry leads to the next; and the SQL on them."""

from __future__ import annotations

from typing import LiteralString

from mapper.delivery.outbox.dead_query import Dialect, totals_in
from mapper.delivery.outbox.outbox_tables import DEAD_CHECKED

# No row of `account` is ever deleted, and a chunk is inserted with each thousand events: a foreign key would
# lock the row of its account each time, so only what changes rarely has one.
MIGRATIONS: tuple[LiteralString, ...] = (
    """
    CREATE SCHEMA mapper_outbox;
    CREATE TABLE mapper_outbox.version (number integer NOT NULL);
    CREATE TABLE mapper_outbox.account (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        destination text NOT NULL,
        name text NOT NULL,
        test boolean NOT NULL,
        recipient text NOT NULL,
        accepted bigint NOT NULL DEFAULT 0,
        pending bigint NOT NULL DEFAULT 0 CHECK (pending >= 0),
        delivered bigint NOT NULL DEFAULT 0,
        dead bigint NOT NULL DEFAULT 0 CHECK (dead >= 0),
        expired bigint NOT NULL DEFAULT 0,
        purged bigint NOT NULL DEFAULT 0,
        skipped bigint NOT NULL DEFAULT 0,
        copies bigint NOT NULL DEFAULT 0,
        pending_bytes bigint NOT NULL DEFAULT 0 CHECK (pending_bytes >= 0),
        dead_bytes bigint NOT NULL DEFAULT 0 CHECK (dead_bytes >= 0),
        last_delivered double precision NOT NULL DEFAULT 0,
        failing_since double precision NOT NULL DEFAULT 0,
        failing_reason text NOT NULL DEFAULT '',
        skew_seconds double precision NOT NULL DEFAULT 0,
        UNIQUE (destination, name, test, recipient),
        CONSTRAINT balanced CHECK (accepted = pending + delivered + dead + expired)
    ) WITH (fillfactor = 50);
    CREATE TABLE mapper_outbox.lease (
        account bigint PRIMARY KEY REFERENCES mapper_outbox.account,
        number bigint NOT NULL,
        holder text NOT NULL,
        host text NOT NULL,
        until timestamptz NOT NULL
    ) WITH (fillfactor = 50);
    CREATE TABLE mapper_outbox.writer (
        id uuid PRIMARY KEY,
        change bigint NOT NULL,
        result bigint NOT NULL DEFAULT 0,
        changed_at timestamptz NOT NULL
    ) WITH (fillfactor = 50);
    CREATE TABLE mapper_outbox.feed (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        account bigint NOT NULL REFERENCES mapper_outbox.account,
        mapping text NOT NULL,
        name text NOT NULL,
        shown text NOT NULL,
        record bigint NOT NULL,
        byte_offset bigint NOT NULL,
        inode bigint NOT NULL,
        sampled bigint NOT NULL,
        digest bytea NOT NULL,
        ended integer NOT NULL,
        received_at text NOT NULL,
        moved_at double precision NOT NULL,
        checked bytea NOT NULL,
        UNIQUE (account, mapping, name)
    ) WITH (fillfactor = 70);
    CREATE TABLE mapper_outbox.chunk (
        id bigint GENERATED ALWAYS AS IDENTITY,
        account bigint NOT NULL,
        feed bigint,
        version text NOT NULL,
        accepted_at double precision NOT NULL,
        count integer NOT NULL,
        size integer NOT NULL,
        failures integer NOT NULL DEFAULT 0,
        failing_since double precision NOT NULL DEFAULT 0,
        due double precision NOT NULL DEFAULT 0,
        unanswered integer NOT NULL DEFAULT 0,
        requests integer NOT NULL DEFAULT 0,
        checked bytea NOT NULL,
        places bytea NOT NULL,
        bodies bytea NOT NULL,
        PRIMARY KEY (account, id)
    ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
    CREATE INDEX oldest ON mapper_outbox.chunk (account, accepted_at);
    CREATE INDEX failing ON mapper_outbox.chunk (account, due) WHERE failures > 0 OR due > 0;
    CREATE TABLE mapper_outbox.dead (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        account bigint NOT NULL REFERENCES mapper_outbox.account,
        feed bigint REFERENCES mapper_outbox.feed,
        version text NOT NULL,
        stage text NOT NULL,
        kind text NOT NULL,
        reason text NOT NULL,
        record bigint NOT NULL,
        time bigint,
        died_at double precision NOT NULL,
        past_seconds bigint NOT NULL,
        counted_twice integer NOT NULL,
        body bytea NOT NULL,
        checked bytea NOT NULL
    );
    CREATE INDEX dead_of_account ON mapper_outbox.dead (account, died_at);
    CREATE TABLE mapper_outbox.delivery (
        account bigint NOT NULL,
        digest bytea NOT NULL,
        accepted_at double precision NOT NULL,
        PRIMARY KEY (account, digest)
    );
    CREATE INDEX delivery_age ON mapper_outbox.delivery (accepted_at);
    """,
    """
    ALTER TABLE mapper_outbox.account ADD COLUMN revived bigint NOT NULL DEFAULT 0;
    ALTER TABLE mapper_outbox.account ADD COLUMN remapped bigint NOT NULL DEFAULT 0;
    CREATE INDEX dead_kinds ON mapper_outbox.dead (account, stage, kind);
    """,
    """
    ALTER TABLE mapper_outbox.chunk ADD COLUMN tried_at double precision NOT NULL DEFAULT 0;
    ALTER TABLE mapper_outbox.chunk ADD COLUMN reason text NOT NULL DEFAULT '';
    """,
    """
    CREATE TABLE mapper_outbox.ledger_part (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        account bigint NOT NULL,
        begun_at double precision NOT NULL,
        last_at double precision NOT NULL,
        ends bigint NOT NULL DEFAULT 0,
        requests bigint NOT NULL DEFAULT 0,
        pruned boolean NOT NULL DEFAULT false
    ) WITH (fillfactor = 50);
    CREATE INDEX ledger_part_of_account ON mapper_outbox.ledger_part (account, id);
    CREATE INDEX ledger_part_age ON mapper_outbox.ledger_part (last_at);
    CREATE TABLE mapper_outbox.ledger_request (
        part bigint NOT NULL,
        number bigint NOT NULL,
        version text NOT NULL,
        answered_at double precision NOT NULL,
        ended_at double precision NOT NULL,
        status integer NOT NULL,
        PRIMARY KEY (part, number)
    );
    CREATE TABLE mapper_outbox.ledger (
        part bigint NOT NULL,
        digest bigint NOT NULL,
        record bigint NOT NULL,
        feed bigint,
        request integer NOT NULL,
        waited integer NOT NULL,
        ending smallint NOT NULL
    );
    CREATE INDEX ledger_digest ON mapper_outbox.ledger (part, digest);
    """,
    """
    ALTER TABLE mapper_outbox.dead ADD COLUMN origin text NOT NULL DEFAULT '';
    """,
    """
    ALTER TABLE mapper_outbox.account ADD COLUMN erased bigint NOT NULL DEFAULT 0;
    ALTER TABLE mapper_outbox.account DROP CONSTRAINT balanced;
    ALTER TABLE mapper_outbox.account ADD CONSTRAINT balanced
        CHECK (accepted = pending + delivered + dead + expired + erased);
    ALTER TABLE mapper_outbox.chunk ADD COLUMN changed boolean NOT NULL DEFAULT false;
    """,
)

LZ4: LiteralString = (
    "DO $$ BEGIN"
    " ALTER TABLE mapper_outbox.chunk ALTER COLUMN bodies SET COMPRESSION lz4,"
    " ALTER COLUMN places SET COMPRESSION lz4;"
    " EXCEPTION WHEN feature_not_supported THEN NULL;"
    " END $$"
)
"""Payloads are compressed several times faster than by what is usual, where the server was built for it."""

IS_MADE: LiteralString = (
    "SELECT nspname IS NOT NULL, to_regclass('mapper_outbox.version') IS NOT NULL"
    " FROM (SELECT 1) AS one LEFT JOIN pg_catalog.pg_namespace ON nspname = 'mapper_outbox'"
)

MARK: LiteralString = (
    "INSERT INTO mapper_outbox.writer AS w (id, change, changed_at) VALUES (%s, %s, clock_timestamp())"
    " ON CONFLICT (id) DO UPDATE SET change = excluded.change, result = 0, changed_at = excluded.changed_at"
    " WHERE w.change < excluded.change"
)
"""The first statement of a change: no row where this very change was made before."""

SELECT_RESULT = "SELECT result FROM mapper_outbox.writer WHERE id = %s"
KEEP_RESULT = "UPDATE mapper_outbox.writer SET result = %s WHERE id = %s"
# Changes no row for a delivery that was accepted after the last of its values, a Unix time.
INSERT_DELIVERIES: LiteralString = (
    "INSERT INTO mapper_outbox.delivery AS known (account, digest, accepted_at)"
    " SELECT %s, digest, %s FROM unnest(%s::bytea[]) AS digest ON CONFLICT (account, digest)"
    " DO UPDATE SET accepted_at = excluded.accepted_at WHERE known.accepted_at <= %s"
)
DELETE_DELIVERIES: LiteralString = (
    "DELETE FROM mapper_outbox.delivery WHERE ctid = ANY(ARRAY(SELECT ctid FROM mapper_outbox.delivery"
    " WHERE accepted_at <= %s ORDER BY accepted_at LIMIT %s FOR UPDATE SKIP LOCKED))"
)
SELECT_DELIVERIES: LiteralString = (
    "SELECT digest FROM mapper_outbox.delivery WHERE account = %s AND digest = ANY(%s) AND accepted_at > %s"
)
SELECT_ACCOUNT = (
    "SELECT id FROM mapper_outbox.account WHERE (destination, name, test, recipient) = (%s, %s, %s, %s)"
)
INSERT_ACCOUNT = (
    "INSERT INTO mapper_outbox.account (destination, name, test, recipient) VALUES (%s, %s, %s, %s)"
    " ON CONFLICT DO NOTHING"
)
_ACCOUNT_NAMES = "account.destination, account.name, account.test, account.recipient"
_OF_DEAD = (
    " FROM mapper_outbox.dead JOIN mapper_outbox.account ON account.id = dead.account"
    " LEFT JOIN mapper_outbox.feed ON feed.id = dead.feed"
)
SELECT_DEAD = (
    f"SELECT dead.id, {_ACCOUNT_NAMES}, dead.feed, coalesce(feed.shown, ''),"
    f" {', '.join(f'dead.{one}' for one in DEAD_CHECKED)}, dead.checked, origin{_OF_DEAD}"
)
SELECT_LETTER_COUNTS = (
    f"SELECT {_ACCOUNT_NAMES}, stage, kind, found FROM (SELECT account, stage, kind, count(*) AS found"
    " FROM mapper_outbox.dead GROUP BY account, stage, kind) AS counted"
    " JOIN mapper_outbox.account ON account.id = counted.account"
)
INSERT_DEAD = (
    f"INSERT INTO mapper_outbox.dead (account, feed, {', '.join(DEAD_CHECKED)}, checked, origin)"
    f" VALUES (%s, %s, {'%s, ' * len(DEAD_CHECKED)}%s, %s)"
)
HAS_RAW = "(stage = 'mapping' AND length(body) > 0 OR strpos(origin, chr(9)) > 0)"
SELECT_LETTER_AGES = (
    f"SELECT {_ACCOUNT_NAMES}, min(died_at), coalesce(min(CASE WHEN {HAS_RAW} THEN died_at END), 0)"
    " FROM mapper_outbox.dead JOIN mapper_outbox.account ON account.id = dead.account GROUP BY account.id"
)
POSITION_COLUMNS = ("record", "byte_offset", "inode", "sampled", "digest", "ended", "received_at")
SELECT_FEEDS = (
    f"SELECT feed.id, {_ACCOUNT_NAMES}, mapping, shown, {', '.join(POSITION_COLUMNS)}, checked"
    " FROM mapper_outbox.feed JOIN mapper_outbox.account ON account.id = feed.account ORDER BY feed.id"
)
INSERT_CHUNK = (
    "INSERT INTO mapper_outbox.chunk (account, feed, version, accepted_at, unanswered, count, size, places,"
    " bodies, checked) VALUES (%s, %s, %s, %s, %s, %s, %s, %b, %b, %b)"
)
# The payloads are read again only where some of them were erased.
_OF_CLAIM = (
    "feed, count, changed, CASE WHEN changed THEN places END, CASE WHEN changed THEN bodies END, checked"
)
LOCK_CHUNK = f"SELECT {_OF_CLAIM} FROM mapper_outbox.chunk WHERE account = %s AND id = %s FOR UPDATE"
DELETE_CHUNK = f"DELETE FROM mapper_outbox.chunk WHERE account = %s AND id = %s RETURNING {_OF_CLAIM}"
DELETE_EMPTY = "DELETE FROM mapper_outbox.chunk WHERE account = %s AND id = ANY(%s) AND count = 0"
# In the order of the columns that `schema.chunk_of` reads.
_CHUNK = (
    "SELECT chunk.id, chunk.account, chunk.version, coalesce(feed.shown, ''), accepted_at, failures,"
    " failing_since, due, unanswered + requests, tried_at, reason, places, bodies, chunk.checked"
    " FROM mapper_outbox.chunk LEFT JOIN mapper_outbox.feed ON feed.id = chunk.feed"
)
SELECT_CHUNKS = f"{_CHUNK} WHERE chunk.account = %s AND chunk.id = ANY(%s) ORDER BY chunk.id"
SELECT_NEXT_CHUNKS = (
    f"{_CHUNK} WHERE chunk.account = %s AND chunk.id > %s AND count > 0 ORDER BY chunk.id LIMIT %s"
)
SELECT_ACCOUNTS = "SELECT id, destination, name, test, recipient FROM mapper_outbox.account ORDER BY id"
SELECT_WAITING = (
    "SELECT id, count, size, accepted_at, due, failures FROM mapper_outbox.chunk"
    " WHERE account = %s AND id > %s ORDER BY id LIMIT %s"
)
NOTE_REQUEST = "UPDATE mapper_outbox.chunk SET requests = requests + 1 WHERE account = %s AND id = ANY(%s)"
DELETE_MAPPABLE = (
    "DELETE FROM mapper_outbox.dead WHERE id = ANY(%s) AND stage <> 'expired' RETURNING id, length(body)"
)
SELECT_VERSIONS = (
    f"SELECT {_ACCOUNT_NAMES}, version, sum(count)::bigint FROM mapper_outbox.chunk"
    " JOIN mapper_outbox.account ON account.id = chunk.account WHERE count > 0 GROUP BY account.id, version"
    ' ORDER BY destination COLLATE "C", name COLLATE "C", test, recipient COLLATE "C", version COLLATE "C"'
)
_FAILING = "FROM mapper_outbox.chunk WHERE chunk.account = account.id AND failures > 0 AND count > 0"
# In the order of the columns that `schema.status_of` reads.
SELECT_STATUS = (
    f"SELECT {_ACCOUNT_NAMES}, accepted, delivered, dead, expired, purged, skipped, copies,"
    " revived, remapped, erased,"
    " (SELECT coalesce(min(accepted_at), 0) FROM mapper_outbox.chunk WHERE chunk.account = account.id"
    " AND count > 0 AND (failures > 0 OR due = 0)),"
    f" pending_bytes, last_delivered, pending, (SELECT coalesce(sum(count), 0)::bigint {_FAILING}),"
    f" (SELECT coalesce(min(chunk.failing_since), 0) {_FAILING}), account.failing_since, failing_reason,"
    " skew_seconds FROM mapper_outbox.account"
    ' ORDER BY destination COLLATE "C", name COLLATE "C", test, recipient COLLATE "C"'
)
_LETTERS = "FROM mapper_outbox.dead AS letter WHERE letter.account = account.id"
AUDIT = (
    "SELECT destination || ' ' || name, accepted, pending, delivered, dead, expired, erased, purged,"
    " pending_bytes, dead_bytes,"
    " (SELECT coalesce(sum(count), 0)::bigint FROM mapper_outbox.chunk WHERE chunk.account ="
    " account.id), (SELECT coalesce(sum(size), 0)::bigint FROM mapper_outbox.chunk WHERE chunk.account ="
    f" account.id), (SELECT count(*) {_LETTERS}), (SELECT coalesce(sum(length(body)), 0)::bigint {_LETTERS})"
    " FROM mapper_outbox.account"
)


DIALECT = Dialect("%s", "strpos", lambda column, numbers: (f"{column} = ANY(?)", [list(numbers)]))
SELECT_TOTALS = f"SELECT {totals_in(DIALECT)}{_OF_DEAD}"


def text_of(text: str) -> str:
    """A text as PostgreSQL takes it, which has neither NUL nor half of a surrogate pair."""
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()
