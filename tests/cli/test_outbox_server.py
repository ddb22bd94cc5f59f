"""An outbox in PostgreSQL as the commands use it, and what they say where it cannot be used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from mapper.delivery.outbox.postgres import open_postgres
from mapper.delivery.outbox.store import Accepted, Account
from tests.delivery.deliveries import answering, parcels, processed, said
from tests.support.command import MAPPING, call, environment, event, ndjson, start
from tests.support.postgres import Server, free_port, running

_CREDENTIALS = {"PINTEREST_ACCESS_TOKEN": "pina_canary-5d1c", "PINTEREST_AD_ACCOUNT_ID": "549755885175"}
_SECRET = "hunter2-canary"
_RECIPIENT = "account=549755885175 at http://127.0.0.1:9/v5"


def _send(*words: object) -> tuple[int, str]:
    ran = call("send", "small.yaml", "events.ndjson", *words, env=_CREDENTIALS)
    return ran.exit_code, ran.stderr


@pytest.fixture
def _shop(folder: Path) -> None:
    Path("small.yaml").write_text(MAPPING)
    Path("events.ndjson").write_text(ndjson(*(event(number, at=_now()) for number in range(5))))


def _now() -> str:
    return datetime.now(UTC).isoformat()


@pytest.mark.usefixtures("_shop")
def test_events_are_sent_from_a_database_and_a_file_that_was_sent_is_known(postgres_address: str) -> None:
    with answering(lambda heard: said(200, processed(heard))) as service:
        to = ("--url", service.url, "--outbox", postgres_address)
        status, told = _send(*to)
        assert (status, "5 delivered" in told) == (0, True), told
        assert _send(*to)[1].count("nothing waits") == 1
        assert len(service.heard) == 1
        assert _send(*to, "--again")[0] == 0
        assert len(service.heard) == 2
    found = json.loads(call("outbox", "status", "--outbox", postgres_address, "--format", "json").stdout)
    assert [(one["accepted"], one["delivered"], one["pending"]) for one in found] == [(10, 10, 0)]


@pytest.mark.usefixtures("_shop")
def test_what_send_accepted_deliver_delivers_on_another_machine(postgres_address: str) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/v5"
    status, told = _send("--url", url, "--outbox", postgres_address, "--give-up", "0.1")
    assert status == 69, told
    assert f"kept in {postgres_address.replace('mapper@', '')}; the same command delivers them" in told
    with answering(lambda heard: said(200, processed(heard)), port) as service:
        words = ("deliver", "--once", "--outbox", postgres_address, "--url", url)
        ran = call(*words, env=_CREDENTIALS)
        assert (ran.exit_code, len(service.heard)) == (0, 1), ran.stderr
        store = open_postgres(postgres_address)
        (account,) = (one.account for one in store.status())
        store.put(Accepted(account, "1", tuple(parcels(1))), 0)
        with store.own(account):
            ran = call(*words, env=_CREDENTIALS)
        store.close()
        assert (ran.exit_code, "another process delivers for this account" in ran.stderr) == (75, True)


@pytest.mark.usefixtures("_shop")
def test_in_test_mode_a_database_is_not_even_asked() -> None:
    with answering(lambda heard: said(200, processed(heard))) as service:
        status, told = _send("--url", service.url, "--test", "--outbox", "postgresql://127.0.0.1:1/nothing")
    assert status == 0, told


@pytest.mark.usefixtures("_shop")
def test_events_that_were_rejected_are_mapped_again_from_a_database(postgres_address: str) -> None:
    Path("events.ndjson").write_text(ndjson(event(1, at=_now()), event(2, at=_now(), id=None)))
    with answering(lambda heard: said(200, processed(heard))) as service:
        to = ("--url", service.url, "--outbox", postgres_address)
        assert _send(*to)[0] == 0
        Path("small.yaml").write_text(MAPPING.replace("event_id: id", "event_id: {from: [id, total]}"))
        words = ("outbox", "retry", "--outbox", postgres_address, "--mapping", "small.yaml", "events.ndjson")
        told = call(*words).stderr
        assert "1 dead letter and 0 waiting events mapped again: 1 waiting" in told, told
        assert _send(*to)[0] == 0
        assert len(service.heard) == 2


def _status_of(address: str, **environment: str) -> tuple[int, str]:
    ran = call("outbox", "status", "--outbox", address, env=environment)
    assert _SECRET not in ran.output
    assert "Traceback" not in ran.output
    return ran.exit_code, ran.stderr


_ADDRESSES = [
    (f"postgresql://u:{_SECRET}@h/db", 78, "holds a password"),
    (f"postgresql://h/db?password={_SECRET}", 78, "holds a password"),
    (f"service=x password={_SECRET}", 78, "holds a password"),
    (f"postgresql://h/db?sslpassword={_SECRET}", 78, "holds a password"),
    (f"postgresql://u:{_SECRET}@h:port/db", 78, "holds a password"),
    (f"postgresql://u:{_SECRET}@h/%zz", 78, "is not valid"),
    ("postgresql://h/db?bogus=1", 78, "is not valid"),
    (f"postgresq://u:{_SECRET}@h/db", 78, "is not valid"),
    ("mysql://h/db", 78, "is not valid"),
    ("file:///tmp/shop.outbox", 78, "is not valid"),
    ("postgresql://127.0.0.1:1/db", 69, "the server cannot be reached: "),
    ("postgresql://no.such.host.invalid/db", 69, "the server cannot be reached: "),
    ("service=nobody-wrote-this", 78, "there is no such service"),
    ("postgresql:///postgres", 69, "the server cannot be reached: "),
]


@pytest.mark.parametrize(("address", "status", "words"), _ADDRESSES)
def test_an_address_that_cannot_be_used_is_one_message_with_a_hint(
    address: str, status: int, words: str
) -> None:
    found, told = _status_of(address, PGPORT="1")
    assert (found, words in told, told.count("\n  hint: "), told.count("\n")) == (status, True, 1, 2), told


@pytest.mark.usefixtures("_shop")
def test_a_misspelled_address_makes_no_file() -> None:
    status, told = _send("--outbox", "postgresq://h/db")
    assert (status, "write it as postgresql://host/database" in told) == (78, True), told
    assert sorted(one.name for one in Path().iterdir()) == ["events.ndjson", "small.yaml"]


@pytest.mark.usefixtures("_shop")
def test_a_file_in_place_of_a_folder_is_said_to_be_none() -> None:
    status, told = _send("--outbox", "small.yaml/shop.outbox")
    assert (status, "mapper: small.yaml: Not a directory\n" in told) == (74, True), told


def test_what_a_server_refuses_is_one_message_with_a_hint(postgres: Server) -> None:
    for role in ("secret LOGIN PASSWORD 'right'", "denied LOGIN", "poor LOGIN"):
        postgres.add_role(role)
    database = postgres.new_database()
    at = f"@127.0.0.1:{postgres.port}"
    cases = [
        ("secret", database, "asks for a password, and none was given", {}),
        ("secret", database, "does not accept the user or the password", {"PGPASSWORD": _SECRET}),
        ("nobody", database, "does not know the user", {}),
        ("denied", database, "does not admit this user from this machine", {}),
        ("poor", database, f"permission denied for database {database}", {}),
    ]
    for user, name, words, variables in cases:
        found, told = _status_of(f"postgresql://{user}{at}/{name}", **variables)
        assert (found, words in told, told.count("\n  hint: ")) == (77, True, 1), told
    found, told = _status_of(f"postgresql://mapper{at}/nothing")
    assert (found, "the server has no such database" in told, told.count("\n  hint: ")) == (78, True, 1), told
    found, told = _status_of(f"postgresql://mapper{at}/{database}?sslmode=require")
    assert (found, "offers no TLS" in told, told.count("\n  hint: ")) == (78, True, 1), told
    # A password of the environment is taken.
    found, told = _status_of(f"postgresql://secret{at}/{database}", PGPASSWORD="right")
    assert (found, "permission denied for database" in told) == (77, True), told


def test_a_user_without_rights_in_the_tables_is_told_so(postgres: Server, postgres_address: str) -> None:
    open_postgres(postgres_address).close()
    postgres.add_role("poor LOGIN")
    found, told = _status_of(postgres_address.replace("mapper@", "poor@"))
    assert (found, "permission denied for schema mapper_outbox" in told) == (77, True), told


def test_an_outbox_of_a_newer_version_is_not_touched(postgres_address: str) -> None:
    open_postgres(postgres_address).close()
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        connection.execute("UPDATE mapper_outbox.version SET number = 999")
    found, told = _status_of(postgres_address)
    assert (found, "newer version of mapper (outbox version 999)" in told) == (78, True), told


def test_a_schema_of_something_else_is_left_alone(postgres: Server) -> None:
    database = postgres.new_database()
    postgres.run("CREATE SCHEMA mapper_outbox CREATE TABLE orders (id integer)", database)
    found, told = _status_of(postgres.address(database))
    assert (found, "is not an outbox" in told) == (78, True), told


def test_what_a_database_does_not_have_is_refused(tmp_path: Path) -> None:
    ran = call("outbox", "recover", "--outbox", "postgresql://h/db", "-o", tmp_path / "new")
    assert (ran.exit_code, "restored from its backup" in ran.stderr) == (2, True)


@pytest.mark.usefixtures("_shop")
def test_free_space_is_no_limit_of_a_database() -> None:
    status, told = _send(
        "--outbox", "postgresql://h/db", "--min-free", "1GiB", "--url", "http://127.0.0.1:1/v5"
    )
    assert (status, "--max-outbox limits a database" in told) == (2, True), told


def test_without_the_extra_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "psycopg").mkdir()
    (tmp_path / "psycopg/__init__.py").write_text("raise ImportError('no pq wrapper available')")
    ran = subprocess.run(
        [sys.executable, "-m", "mapper", "outbox", "status", "--outbox", "postgresql://h/db"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 78
    assert ran.stderr.startswith("mapper: an outbox in PostgreSQL needs more packages: pip install '")
    assert "[postgres]'" in ran.stderr


def test_nothing_of_it_is_imported_where_a_file_is_named(tmp_path: Path) -> None:
    code = (
        "import sys, mapper, mapper.cli, mapper.cli.send, mapper.cli.deliver, mapper.cli.outbox;"
        "print([name for name in sys.modules if name.partition('.')[0] == 'psycopg'])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_a_service_that_is_told_to_end_while_its_server_is_away_ends_with_0(tmp_path: Path) -> None:
    with running() as server, (tmp_path / "log").open("wb") as log:
        address = server.address(server.new_database())
        with start("deliver", "--outbox", address, env=environment(**_CREDENTIALS), stderr=log) as service:

            def wait_for(words: str) -> None:
                while words not in (tmp_path / "log").read_text(encoding="utf-8"):
                    assert service.poll() is None
                    time.sleep(0.05)

            wait_for("delivering")
            server.stop()
            wait_for("; trying again until it works")
            service.terminate()
            assert service.wait(60) == 0
        said = (tmp_path / "log").read_text(encoding="utf-8")
        assert said.count("; trying again until it works") == 1


def test_a_service_says_why_its_server_refuses_it(tmp_path: Path) -> None:
    with running() as server, (tmp_path / "log").open("wb") as log:
        address = server.address(name := server.new_database())
        with closing(open_postgres(address)) as store:
            account = Account("pinterest/conversions-v5", "default", False, _RECIPIENT)
            store.put(Accepted(account, "v1", tuple(parcels(1))), time.time())
        with start(
            "deliver",
            "--outbox",
            address,
            "--url",
            "http://127.0.0.1:9/v5",
            env=environment(**_CREDENTIALS),
            stderr=log,
        ) as service:
            until = time.monotonic() + 60
            while "delivering" not in (tmp_path / "log").read_text(encoding="utf-8"):
                time.sleep(0.05)
            with psycopg.connect(server.address("postgres"), autocommit=True) as sql:
                sql.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
                sql.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
                )
            while "can only be read from; trying again" not in (tmp_path / "log").read_text(encoding="utf-8"):
                assert time.monotonic() < until
                time.sleep(0.05)
            service.terminate()
            assert service.wait(60) == 0
