"""`mapper outbox erase`: a person goes, and no report says who it was."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from mapper.delivery.batch import parcel_of, with_sealed
from mapper.delivery.outbox.postgres import open_postgres
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import Accepted, Account, DeadQuery, Unmapped
from mapper.serving.sealing import read_sealer
from mapper.values.safe_text import SafeText
from tests.delivery.deliveries import DESTINATION
from tests.delivery.stores import claim, settled
from tests.support.command import call

_ADDRESS = "canary.ada@example.com"
_DIGEST = sha256(_ADDRESS.encode()).hexdigest()
_WAYS: dict[str, str] = {
    "plain": _ADDRESS,
    "upper": f"  {_ADDRESS.upper()} ",
    "percent": quote(_ADDRESS, safe=""),
    "base64": base64.b64encode(_ADDRESS.encode()).decode(),
    "hex": _ADDRESS.encode().hex(),
    "sha256": _DIGEST,
}
_SHOP = Account("pinterest/conversions-v5", recipient="account=1 at https://api.example")
_OLD, _NEW = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
_X = SafeText("no `event_id`")


def _payload(number: int, address: str) -> dict[str, Any]:
    em = [sha256(address.encode()).hexdigest()]
    return {"event_id": f"e-{number}", "event_time": 1_700_000_000, "user_data": {"em": em}}


def _sealed(key: str, event: Any) -> bytes:
    sealer = read_sealer({"MAPPER_RAW_KEY": key})
    assert sealer is not None
    return sealer.seal({"received_at": "2026-01-01T00:00:00Z"}, json.dumps(event).encode())


@pytest.fixture
def outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An outbox with a person in two payloads, one of which was sent, a dead letter and two raw requests."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "shop.outbox"
    others = ["bob@example.com", _ADDRESS, "eve@example.com", _ADDRESS]
    made = [parcel_of(_payload(n, one), "orders.ndjson", n, DESTINATION) for n, one in enumerate(others)]
    raw = _sealed(_OLD, {"customer": {"mail": f"Ada <{_ADDRESS}>"}})
    seen = parcel_of({"event_id": "e-9"}, "serve:/shop", 9, DESTINATION, with_sealed("17-1", raw))
    other = _sealed(_NEW, {"customer": {"mail": "bob@example.com"}})
    rejected = (Unmapped(7, "missing", _X, raw, "17-2"), Unmapped(8, "missing", _X, other, "17-3"))
    with closing(open_outbox(path)) as store:
        store.put(Accepted(_SHOP, "v1", tuple(made[:2])), 1)
        store.put(Accepted(_SHOP, "v1", (*made[2:], seen), rejected), 1)
        first, second = claim(store, _SHOP)
        store.begin([second])
        store.settle([settled(first, "rejected", "rejected")], 2)
    return path


@pytest.fixture
def erase(outbox: Path) -> Iterator[Callable[..., Any]]:
    """Call the command, with both keys if no other is given."""

    def run(*options: object, stdin: str = _ADDRESS, key: str | None = f"{_NEW} {_OLD}") -> Any:
        given = ("--outbox", outbox, "--persons", "-", "--as", "email", *options)
        return call("outbox", "erase", *given, stdin=stdin, env={"MAPPER_RAW_KEY": key})

    yield run
    with closing(open_outbox(outbox)) as store:
        assert store.audit() == []


def _left(outbox: Path) -> tuple[list[str], list[int]]:
    with closing(open_outbox(outbox)) as store:
        waiting = [json.loads(one.body)["event_id"] for chunk in store.waiting() for one in chunk.parcels]
        return waiting, [one.record for one in store.dead_letters(DeadQuery())]


def test_a_person_is_erased_and_the_others_stay(erase: Callable[..., Any], outbox: Path) -> None:
    ran = erase("--yes")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout == (
        "erased: 2 waiting payloads, 1 dead letter, 1 raw request\n"
        "  2 of the waiting payloads may have been delivered: a request with them has no response\n"
        "not here: delivered events, backups, source files, --rejects files (they hold no value)\n"
    )
    assert _left(outbox) == (["e-2"], [8, 0])
    kept = b"".join(
        Path(f"{outbox}{one}").read_bytes() for one in ("", "-wal") if Path(f"{outbox}{one}").exists()
    )
    assert _DIGEST.encode() not in kept
    status = call("outbox", "status", "--outbox", outbox).stdout
    assert "           2  erased before they could be delivered\n" in status


def test_a_dry_run_changes_nothing(erase: Callable[..., Any], outbox: Path) -> None:
    before = _left(outbox)
    ran = erase("--dry-run", "--format", "json")
    assert json.loads(ran.stdout) == {
        "dry_run": True,
        "erased": {"waiting": 2, "dead_letters": 1, "raw_requests": 1},
        "may_have_been_delivered": 2,
        "not_searched": 0,
        "overwritten": None,
    }
    assert _left(outbox) == before


@pytest.mark.parametrize("key", [None, _NEW])
def test_what_no_key_opens_is_told_or_dropped(
    erase: Callable[..., Any], outbox: Path, key: str | None
) -> None:
    ran = erase("--yes", key=key)
    count = "2 raw requests" if key else "3 raw requests"
    text = f"not searched: {count} that no key in MAPPER_RAW_KEY opens (--drop-unreadable deletes them)\n"
    assert (ran.exit_code, text in ran.stdout) == (1, True), ran.stdout
    ran = erase("--yes", "--drop-unreadable", key=key)
    assert (ran.exit_code, f"0 dead letters, {count}" in ran.stdout) == (0, True), ran.stdout
    assert _left(outbox) == (["e-2", "e-9"], [7, 8, 0])


@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize("form", ["text", "json"])
def test_no_output_has_the_person_in_any_encoding(
    erase: Callable[..., Any], outbox: Path, way: str, form: str
) -> None:
    told = ""
    for options in (["--dry-run"], ["--yes"], ["--target", "x"], []):
        ran = erase(*options, "--format", form, stdin=f"{_WAYS[way]}\n{_WAYS[way]}x@\n")
        told += ran.stdout + ran.stderr
        ran = erase(*options, "--format", form, stdin=_WAYS[way])
        told += ran.stdout + ran.stderr
    told += call("outbox", "status", "--outbox", outbox, "--format", "json").stdout
    small = "".join(told.split()).lower()
    assert [name for name, text in _WAYS.items() if text.strip().lower() in small] == []
    assert (way in ("plain", "upper", "sha256")) == (_left(outbox)[0] == ["e-2"])


def test_a_file_of_persons_is_read_as_suppress_build_reads_it(outbox: Path) -> None:
    people = outbox.with_name("people.csv")
    people.write_text(f"Phone;E-Mail;Ort\n;{_ADDRESS};Ulm\n")
    words = ("outbox", "erase", "--outbox", outbox, "--yes", "--persons", people, "--dry-run")
    refused = call(*words)
    assert (refused.exit_code, "people.csv: other users can read" in refused.stderr) == (2, True)
    people.chmod(0o600)
    ran = call(*words)
    assert ran.stderr == "mapper: read: E-Mail; not read: Ort\n"
    by_text = ran.stdout
    assert "2 waiting payloads" not in by_text
    assert by_text.startswith("would be erased: 1 waiting payload, 1 dead letter, 0 raw requests\n")
    assert call("suppress", "build", people, "-o", "people.sup").exit_code == 0
    assert call(*words[:-2], "people.sup", "--dry-run").stdout == by_text


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_any_answer_but_yes_erases_nothing(outbox: Path, answer: str) -> None:
    people = outbox.with_name("people.txt")
    people.write_text(f"{_ADDRESS}\n")
    people.chmod(0o600)
    before = _left(outbox)
    words = ("outbox", "erase", "--outbox", outbox, "--persons", people, "--as", "email")
    ran = call(*words, stdin=answer)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "permanently erase 1 waiting payload, 1 dead letter, 0 raw requests?" in ran.stderr
    assert ran.stderr.endswith("mapper: nothing erased\n")
    assert _left(outbox) == before
    assert call(*words, stdin="y\n").exit_code == 1, "no key"


@pytest.mark.parametrize("command", ["erase", "status", "dead"])
def test_a_text_is_no_outbox(tmp_path: Path, command: str) -> None:
    orders = tmp_path / "orders.ndjson"
    orders.write_text('{"id": 1}\n')
    more = ("--persons", "-", "--as", "email", "--yes") if command == "erase" else ()
    ran = call("outbox", command, "--outbox", orders, *more, stdin=_ADDRESS)
    assert (ran.exit_code, ran.stdout) == (78, "")
    assert "orders.ndjson is not an outbox, but a text\n  hint: name the file of an outbox" in ran.stderr
    assert orders.read_text() == '{"id": 1}\n'


_WRONG: list[tuple[tuple[str, ...], str, str]] = [
    ((), _ADDRESS, "give --yes with the persons on stdin, where no answer can be read"),
    (("--yes",), "nobody", "1 row is neither a valid value nor a digest: line 1"),
    (("--yes",), "", "mapper: the list has no person; nothing erased"),
    (("--yes", "--as", "phone"), "030 1234567", "line 1: the phone number has no country code"),
    (("--yes", "--as", "colour"), _ADDRESS, "--as must be one of em, ph, hashed_maids, external_id"),
    (("--yes", "--target", "x"), _ADDRESS, "x"),
]


@pytest.mark.parametrize(("options", "stdin", "message"), _WRONG)
def test_what_is_wrong_is_told_before_anything_is_erased(
    erase: Callable[..., Any], outbox: Path, options: tuple[str, ...], stdin: str, message: str
) -> None:
    before = _left(outbox)
    ran = erase(*options, stdin=stdin)
    assert (ran.exit_code, message in ran.stderr) == (2, True), ran.stderr
    assert _left(outbox) == before


def test_a_log_that_cannot_be_emptied_is_told(
    erase: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mapper.delivery.outbox.sqlite.SqliteOutbox.scrub", lambda self: False)
    ran = erase("--yes", "--format", "json")
    assert (ran.exit_code, json.loads(ran.stdout)["overwritten"]) == (1, False)
    assert "still in the log beside the outbox" in ran.stderr


def test_a_person_is_erased_from_a_database(postgres_address: str) -> None:
    made = [parcel_of(_payload(n, _ADDRESS), "orders.ndjson", n, DESTINATION) for n in range(3)]
    with closing(open_postgres(postgres_address)) as store:
        store.put(Accepted(_SHOP, "v1", tuple(made)), 1)
        (chunk,) = claim(store, _SHOP)
        words = ("outbox", "erase", "--outbox", postgres_address, "--persons", "-", "--as", "em", "--yes")
        ran = call(*words, stdin=_ADDRESS)
        assert (ran.exit_code, ran.stderr) == (0, "")
        assert ran.stdout.startswith("erased: 3 waiting payloads, 0 dead letters, 0 raw requests\n")
        assert "the server's log (WAL), its copies and free space in its files" in ran.stdout
        store.settle([settled(chunk, "delivered", "retry", "rejected")], 2)
        assert store.audit() == []
        assert (store.status()[0].counts.erased, list(store.waiting())) == (3, [])
