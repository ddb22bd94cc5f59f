"""`mapper suppress build`, and `--suppress` of the commands that map events."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mapper.delivery.sandbox_server import Fault
from tests.cli.test_canary import leaks
from tests.cli.test_send import CREDENTIALS, now, sandbox
from tests.support.command import MAPPING, call, event, ndjson

_PERSON = "canary.ada@example.com"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a mapping, four orders and a list of two persons, in which commands are called."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(MAPPING)
    orders = [event(number, at=now()) for number in range(4)]
    orders[1]["email"] = f" {_PERSON.upper()}"
    (tmp_path / "orders.ndjson").write_text(ndjson(*orders))
    (tmp_path / "people.csv").write_text(f"Email\n{_PERSON}\nada3@example.com\n")
    return tmp_path


def _built(*arguments: str) -> str:
    built = call("suppress", "build", *arguments)
    assert built.exit_code == 0, built.stderr
    return built.stdout


def test_events_of_persons_on_lists_are_skipped_and_counted(folder: Path) -> None:
    assert _built("people.csv", "-o", "people.sup") == "people.sup: 2 rows, 2 digests, 1 KiB\n"
    (folder / "today.csv").write_text("em\nada2@example.com\n")
    (folder / "today.csv").chmod(0o600)
    lists = ("--suppress", "people.sup", "--suppress", "today.csv")
    ran = call("run", "small.yaml", "orders.ndjson", *lists, "--rejects", "rejects")
    assert ran.exit_code == 0
    assert [json.loads(line)["event_id"] for line in ran.stdout.splitlines()] == ["o-0"]
    assert "4 events: 1 to send, 3 skipped, 0 rejected\n" in ran.stderr
    assert "skipped\n          3  on a suppression list\n" in ran.stderr
    reasons = [json.loads(line) for line in (folder / "rejects").read_text().splitlines()]
    assert [(one["line"], one["outcome"], one["reasons"][0]["kind"]) for one in reasons] == [
        (line, "skipped", "suppressed") for line in (2, 3, 4)
    ]
    assert reasons[0]["reasons"][0]["message"] == "on a suppression list"
    assert call("run", "small.yaml", "orders.ndjson", *lists, "--jobs", 2).stdout == ran.stdout
    assert call("run", "small.yaml", "orders.ndjson", *lists, "--no-guard").stdout == ran.stdout


def test_send_skips_what_run_skips(folder: Path) -> None:
    _built("people.csv", "-o", "people.sup")
    lists = ("--suppress", "people.sup")
    shown = call("run", "small.yaml", "orders.ndjson", *lists)
    dry = call("send", "small.yaml", "orders.ndjson", *lists, "--dry-run")
    with sandbox() as (url, ledger):
        sent = call("send", "small.yaml", "orders.ndjson", *lists, "--url", url, env=CREDENTIALS)
    assert sent.exit_code == 0, sent.stderr
    payloads = [json.loads(line) for line in shown.stdout.splitlines()]
    assert len(payloads) == 2
    assert ledger.received == payloads
    for told in (dry.stderr, sent.stderr):
        assert "4 events: 2 to send, 2 skipped, 0 rejected\n" in told
        assert "2  on a suppression list\n" in told


@pytest.mark.parametrize("command", ["run", "send"])
def test_a_broken_list_ends_a_command_before_any_event(folder: Path, command: str) -> None:
    people, text = folder / "people.sup", folder / "today.csv"
    _built("people.csv", "-o", "people.sup")
    people.write_bytes(people.read_bytes()[:-1])
    text.write_text(f"email\nada@example.com\n{_PERSON}x@\n")
    text.chmod(0o600)
    for file, told in {
        people: "people.sup: the list is not whole: build it again",
        text: "today.csv: 1 row is neither a valid value nor a digest: line 3",
        folder / "people.csv": "people.csv: other users can read this list of persons: chmod 600 it",
    }.items():
        ran = call(command, "small.yaml", "orders.ndjson", "--suppress", file.name)
        assert (ran.exit_code, ran.stdout, ran.stderr) == (2, "", f"mapper: {told}\n")


def test_consume_reads_no_topic_with_a_broken_list(folder: Path) -> None:
    pytest.importorskip("confluent_kafka")
    topic = ("--topic", "t", "--group", "g", "--brokers", "127.0.0.1:1", "--outbox", "out.box")
    ran = call("consume", "small.yaml", *topic, "--suppress", "people.csv", env=CREDENTIALS)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "people.csv: other users can read this list of persons" in ran.stderr
    assert not (folder / "out.box").exists()


# Arguments of `suppress build`, each with the status and the message.
_WRONG: dict[str, tuple[tuple[str, ...], str, int, str]] = {
    "no such field": (("--as", "city"), "x\n", 2, "--as must be one of em, ph, hashed_maids, external_id"),
    "a field almost": (("--as", "emial"), "x\n", 2, "or what others call them; did you mean email?"),
    "CSV as lines": (
        ("--as", "email"),
        f"Name,Email\nAda,{_PERSON}\n",
        1,
        "line 2; line 1: it looks like CSV, which is read without --as, by the names in its header\n",
    ),
    "CSV of a column as lines": (("--as", "email"), f"Email\n{_PERSON}\n", 1, "line 1: it looks like CSV"),
    "no such target": (("--target", "no/such"), "email\n", 2, "there is no schema no/such"),
    "a delimiter of lines": (("--as", "em", "--delimiter", ";"), "x\n", 2, "--delimiter is for CSV"),
    "no column": ((), f"{_PERSON}\nada@example.com\n", 2, "no column is one of em, ph"),
    "a column twice": ((), f"email,email\n{_PERSON},x\n", 2, "columns 1 and 2 of the header have"),
    "invalid rows": ((), f"email\n@{_PERSON}\n{_PERSON}\nx\n", 1, "2 rows are neither a valid value"),
    "an invalid line": (("--as", "email"), f"{_PERSON}@\n", 1, "nor a digest: line 1\n"),
    "a national number": (
        ("--as", "phone"),
        "030 1234567\n+49 30 1234567\n040 1234567\n",
        1,
        "mapper: lines 1, 3: the phone number has no country code, so its hash cannot match\n",
    ),
    "a national number and an invalid one": (
        (),
        f"email,phone\n@{_PERSON},\n,030 1234567\n",
        1,
        "nor a digest: line 2; line 3: the phone number has no country code",
    ),
    "a header alone": ((), "email\n", 1, "mapper: nothing written; the list has no person\n"),
    "empty rows": ((), "email,id\n,\n,\n", 1, "mapper: nothing written; the list has no person\n"),
    "nobody valid": (
        ("--as", "em", "--skip-invalid"),
        f"@{_PERSON}\n",
        1,
        "mapper: nothing written; the list has no person\n",
    ),
    "UTF-16": ((), "\ufeffemail\nx\n", 2, "UTF-16, which is not supported"),
}


@pytest.mark.parametrize("case", _WRONG)
def test_a_wrong_call_of_build_is_one_message_and_no_file(case: str, folder: Path) -> None:
    arguments, text, status, told = _WRONG[case]
    (folder / "list").write_bytes(text.encode("utf-16-le" if case == "UTF-16" else "utf-8"))
    ran = call("suppress", "build", "list", "-o", "made.sup", *arguments)
    assert ran.exit_code == status
    assert told in ran.stderr
    assert ran.stdout == ""
    assert not leaks(ran.stderr, _PERSON)
    assert not list(folder.glob("*made.sup*"))


def test_invalid_rows_can_be_left_out(folder: Path) -> None:
    (folder / "list").write_text(f"{_PERSON}\n@\n")
    ran = call("suppress", "build", "list", "--as", "em", "-o", "made.sup", "--skip-invalid")
    assert (ran.exit_code, ran.stdout) == (0, "made.sup: 2 rows, 1 digest, 1 KiB\n")
    assert ran.stderr == "mapper: 1 row is neither a valid value nor a digest: line 2\n"


def test_what_is_left_out_of_a_list_is_told(folder: Path) -> None:
    (folder / "list").write_text(f"em,Telefon,phone\n{_PERSON},030 1,030 1234567\n")
    ran = call("suppress", "build", "list", "-o", "made.sup", "--skip-invalid")
    assert (ran.exit_code, ran.stdout) == (0, "made.sup: 1 row, 1 digest, 1 KiB\n")
    assert ran.stderr == (
        "mapper: read: em, phone; not read: Telefon\n"
        "mapper: line 2: the phone number has no country code, so its hash cannot match\n"
    )


def test_persons_can_come_from_stdin_and_are_in_no_file(folder: Path) -> None:
    ran = call("suppress", "build", "-", "--as", "em", "-o", "made.sup", stdin=f"{_PERSON}\n")
    assert ran.exit_code == 0, ran.stderr
    assert b"canary" not in (folder / "made.sup").read_bytes()


def test_the_list_is_not_written_over_its_rows(folder: Path) -> None:
    ran = call("suppress", "build", "people.csv", "-o", "people.csv")
    assert ran.exit_code == 2
    assert "is also an input" in ran.stderr


def test_a_list_for_a_target_without_persons_is_refused(folder: Path) -> None:
    (folder / "pyproject.toml").touch()
    (folder / "schemas/shop").mkdir(parents=True)
    field = {"type": "string", "x-normal-form": ["text"]}
    schema = {"type": "object", "required": ["id"], "properties": {"id": field}}
    (folder / "schemas/shop/order.json").write_text(json.dumps(schema))
    (folder / "plain.yaml").write_text(
        "name: plain\nversion: 1\ntarget: shop/order\npayload: {id: id}\notherwise: {send: any}\n"
    )
    _built("people.csv", "-o", "people.sup", "--target", "pinterest/conversions-v5")
    ran = call("run", "plain.yaml", "orders.ndjson", "--suppress", "people.sup")
    assert ran.exit_code == 2
    assert "--suppress has no effect: no field of shop/order is marked with `x-person`" in ran.stderr


def _sent_and_failed(folder: Path) -> None:
    ran = call(*("send", "small.yaml", "orders.ndjson", "--outbox", "x.outbox"), *_NOWHERE, env=CREDENTIALS)
    assert "4 not delivered" in ran.stderr


_NOWHERE = ("--url", "http://127.0.0.1:9/v5", "--give-up", "1s")


@pytest.mark.parametrize("is_built", [True, False])
def test_deliver_erases_what_waits_of_persons_on_a_list(folder: Path, is_built: bool) -> None:
    if is_built:
        _built("people.csv", "-o", "people.sup")
    (folder / "people.csv").chmod(0o600)
    _sent_and_failed(folder)
    people = "people.sup" if is_built else "people.csv"
    deliver = ("deliver", "--once", "--outbox", "x.outbox", "--suppress", people, *_NOWHERE)
    assert call(*deliver, env=CREDENTIALS).exit_code == 69
    status = json.loads(call("outbox", "status", "--outbox", "x.outbox", "--format", "json").stdout)[0]
    assert (status["erased"], status["pending"]) == (2, 2)


@pytest.mark.parametrize("is_built", [True, False])
def test_send_erases_what_waits_of_persons_on_a_list(folder: Path, is_built: bool) -> None:
    if is_built:
        _built("people.csv", "-o", "people.sup")
    (folder / "people.csv").chmod(0o600)
    lists = ("--suppress", "people.sup" if is_built else "people.csv")
    down = [True]
    with sandbox(faults=(Fault("503", 0.5),), chance=lambda: 0.0 if down else 1.0) as (url, ledger):
        given = ("send", "small.yaml", "orders.ndjson", "--outbox", "x.outbox", "--url", url)
        call(*given, "--give-up", "1s", env=CREDENTIALS)
        down.clear()
        sent = call(*given, *lists, env=CREDENTIALS)
    assert sent.exit_code == 0, sent.stderr
    assert sorted(one["event_id"] for one in ledger.received) == ["o-0", "o-2"]
    assert "2 delivered, 0 refused, 2 erased\n" in sent.stderr
    status = json.loads(call("outbox", "status", "--outbox", "x.outbox", "--format", "json").stdout)[0]
    assert (status["erased"], status["pending"]) == (2, 0)


def test_what_is_not_delivered_adds_up_and_a_second_time_is_told(folder: Path) -> None:
    with sandbox(faults=(Fault("503", 0.5),), chance=lambda: 0.0) as (url, _):
        given = (
            "send",
            "small.yaml",
            "orders.ndjson",
            "--outbox",
            "x.outbox",
            "--url",
            url,
            "--give-up",
            "1s",
        )
        first = call(*given, env=CREDENTIALS)
        again = call(*given, "--from-start", env=CREDENTIALS)
    assert "waiting already" not in first.stderr
    twice = "4 events waiting already; those of orders.ndjson are accepted, and sent, a second time\n"
    assert f"mapper: {twice}" in again.stderr
    for ran, count in ((first, 4), (again, 8)):
        assert f" {count} not delivered\n" in ran.stderr
        table = ran.stderr.partition("not delivered yet\n")[2].splitlines()
        rows = [line.split()[0] for line in table if line.startswith("  ") and line.split()[0].isdigit()]
        assert sum(map(int, rows)) == count, ran.stderr


def test_deliver_does_not_begin_with_a_list_that_is_broken(folder: Path) -> None:
    _sent_and_failed(folder)
    deliver = ("deliver", "--once", "--outbox", "x.outbox", "--suppress", "people.csv", *_NOWHERE)
    ran = call(*deliver, env=CREDENTIALS)
    told = "people.csv: other users can read this list of persons"
    assert (ran.exit_code, told in ran.stderr) == (78, True)
    (folder / "people.csv").write_text("colour\nred\n")
    (folder / "people.csv").chmod(0o600)
    ran = call(*deliver, env=CREDENTIALS)
    assert (ran.exit_code, "no column is one of em" in ran.stderr) == (78, True), ran.stderr
    status = json.loads(call("outbox", "status", "--outbox", "x.outbox", "--format", "json").stdout)[0]
    assert (status["erased"], status["pending"]) == (0, 4)


def test_what_is_mapped_again_is_mapped_with_the_lists(folder: Path) -> None:
    _built("people.csv", "-o", "people.sup")
    _sent_and_failed(folder)
    retry = ("outbox", "retry", "--outbox", "x.outbox")
    lists = ("--suppress", "people.sup")
    ran = call(*retry, "--mapping", "small.yaml", *lists, "orders.ndjson")
    assert "0 dead letters and 4 waiting events mapped again: 2 waiting, 0 rejected, 2 skipped" in ran.stderr
    assert (call(*retry, *lists).exit_code, "needs --mapping" in call(*retry, *lists).stderr) == (2, True)
