"""An outbox of the version before the last one, opened by this one: its counts are as they were."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from mapper.delivery.outbox import outbox_tables, postgres_schema
from mapper.delivery.outbox.postgres import open_postgres
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import Account, Counts, Outbox
from mapper.texts.log_events import LogLine

_SHOP = Account("shop/events-v1")
_ROW = (
    "account (destination, name, test, recipient, accepted, delivered, dead, purged)"
    " VALUES ('shop/events-v1', 'default', {}, '', 5, 3, 2, 2)"
)
_COUNTS = Counts(accepted=5, delivered=3, dead=2, purged=2)


def _is_as_it_was(store: Outbox) -> None:
    (one,) = store.status()
    assert (one.account, one.counts) == (_SHOP, _COUNTS)
    assert (one.counts.ever_accepted, one.counts.ever_dead) == (5, 2)
    assert store.letter_counts() == ()


@pytest.mark.quick
def test_a_file_of_the_version_before_is_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "outbox.db"
    with monkeypatch.context() as older:
        older.setattr("mapper.delivery.outbox.database.MIGRATIONS", outbox_tables.MIGRATIONS[:-1])
        open_outbox(path).close()
    with closing(sqlite3.connect(path)) as sql, sql:
        sql.execute(f"INSERT INTO {_ROW.format(0)}")
    said = list[LogLine]()
    for _ in range(2):
        with closing(open_outbox(path, said.append)) as store:
            _is_as_it_was(store)
            assert store.audit() == []
    assert [one.event for one in said] == ["outbox_upgraded"]


def test_a_database_of_the_version_before_is_brought_up_to_date(
    postgres_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr("mapper.delivery.outbox.postgres_tables.MIGRATIONS", postgres_schema.MIGRATIONS[:-1])
        open_postgres(postgres_address).close()
    with psycopg.connect(postgres_address) as sql:
        sql.execute(f"INSERT INTO mapper_outbox.{_ROW.format('false')}")
    said = list[LogLine]()
    for _ in range(2):
        with closing(open_postgres(postgres_address, say=said.append)) as store:
            _is_as_it_was(store)
            assert store.audit() == []
    assert [one.event for one in said] == ["outbox_upgraded"]
