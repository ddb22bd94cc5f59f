"""What waits for one account at one address goes to no other, whatever command delivers next."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result

from mapper.delivery.credentials import Secret
from mapper.delivery.outbox.outbox_errors import OutboxError
from mapper.delivery.outbox.sqlite import open_outbox
from tests.cli.test_send import ACCOUNT, CREDENTIALS, TARGET, now, sandbox
from tests.support.command import MAPPING, call, event, ndjson

_CLOSED = "http://127.0.0.1:1/v5"
_OTHER = {**CREDENTIALS, "PINTEREST_AD_ACCOUNT_ID": "111"}


@pytest.fixture
def send(tmp_path: Path) -> Callable[..., Result]:
    """Sends a file of one order, by its name."""
    mapping = tmp_path / "small.yaml"
    mapping.write_text(MAPPING)

    def run(name: str, url: str, env: dict[str, str], *options: object) -> Result:
        file = tmp_path / f"{name}.ndjson"
        if not file.exists():
            file.write_text(ndjson(event(0, id=name, at=now())))
        return call("send", mapping, file, "--url", url, "--give-up", "100ms", *options, env=env)

    return run


def _deliver(send: Callable[..., Result], url: str, env: dict[str, str]) -> Result:
    return call("deliver", "--once", "--url", url, env=env)


def _send_more(send: Callable[..., Result], url: str, env: dict[str, str]) -> Result:
    return send("more", url, env)


def _send_again(send: Callable[..., Result], url: str, env: dict[str, str]) -> Result:
    send("more", url, env)
    return send("more", url, env)


@pytest.mark.parametrize("next_command", [_deliver, _send_more, _send_again])
@pytest.mark.parametrize("differs", ["account", "address"])
def test_what_waits_for_one_account_at_one_address_goes_to_no_other(
    send: Callable[..., Result], differs: str, next_command: Callable[..., Result]
) -> None:
    with sandbox(known={"account": Secret(ACCOUNT)}) as (url, ledger):
        if differs == "account":
            assert send("first", url, _OTHER).exit_code == 77
        else:
            assert send("first", _CLOSED, CREDENTIALS).exit_code == 69
        next_command(send, url, CREDENTIALS)
        assert "first" not in [one["event_id"] for one in ledger.received]


@pytest.mark.parametrize("differs", ["account", "address"])
def test_a_file_that_one_account_or_address_has_is_sent_to_another_one(
    send: Callable[..., Result], differs: str
) -> None:
    with sandbox() as (url, _), sandbox() as (other, ledger):
        assert send("first", url, CREDENTIALS).exit_code == 0
        ran = send("first", *((other, CREDENTIALS) if differs == "address" else (url, _OTHER)))
        assert "1 request: 1 " in ran.stderr
        assert send("first", other, CREDENTIALS).exit_code == 0
        assert [one["event_id"] for one in ledger.received] == ["first"]


def test_what_waits_for_another_is_named_and_goes_once_its_courier_comes(send: Callable[..., Result]) -> None:
    known = {"account": Secret(ACCOUNT)}
    with sandbox(known=known) as (url, ledger):
        assert send("first", url, _OTHER).exit_code == 77
        ran = call("deliver", "--once", "--url", url, env=CREDENTIALS)
        assert ran.exit_code == 78
        only = f"this process delivers only for account={ACCOUNT} at {url}"
        assert f"{TARGET} default, account=111 at {url}: waits: {only}\n" in ran.stderr
        told = json.loads(call("outbox", "status", "--format", "json").stdout)
        assert [(one["recipient"], one["pending"]) for one in told] == [(f"account=111 at {url}", 1)]
        assert f"{TARGET} default, account=111 at {url}\n" in call("outbox", "status").stdout
        assert ledger.processed == 0
        known["account"] = Secret("111")
        assert call("deliver", "--once", "--url", url, env=_OTHER).exit_code == 0
        assert [one["event_id"] for one in ledger.received] == ["first"]


def test_metrics_tell_accounts_of_one_name_apart(send: Callable[..., Result], tmp_path: Path) -> None:
    with sandbox() as (url, _):
        for env in (CREDENTIALS, _OTHER):
            assert send("first", url, env).exit_code == 0
        call("deliver", "--once", "--url", url, "--metrics", tmp_path / "metrics", env=CREDENTIALS)
    series = [line.rpartition(" ")[0] for line in (tmp_path / "metrics").read_text().splitlines()]
    samples = [one for one in series if not one.startswith("#")]
    assert len(samples) == len(set(samples))
    assert sum(one.startswith("mapper_delivered_events_total{") for one in samples) == 2


def test_an_outbox_that_does_not_say_whom_its_events_are_for_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.outbox"
    open_outbox(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 1")
    before = path.read_bytes()
    with pytest.raises(OutboxError, match="before the first release") as raised:
        open_outbox(path)
    assert "--outbox" in raised.value.hint
    assert path.read_bytes() == before
