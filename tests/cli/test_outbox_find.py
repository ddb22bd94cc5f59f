"""`mapper outbox find` and `waiting`: what became of an event, and what waits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mapper.delivery.batch import Receipt
from mapper.delivery.outbox.ledger import ledger_of
from mapper.delivery.outbox.store import (
    Accepted,
    Account,
    Feed,
    Move,
    Position,
    SentRequest,
    Settlement,
    Unmapped,
)
from mapper.values.safe_text import SafeText
from tests.cli.stores import open_store
from tests.delivery.deliveries import parcels
from tests.support.command import call

_NORTH, _SOUTH = Account("pinterest/conversions-v5", "north"), Account("pinterest/conversions-v5", "south")
_BIG = 10**9


@pytest.fixture
def outbox(named: str) -> str:
    """One event was delivered, one refused, one failed; the mapping rejected one; for the south one waits."""
    store = open_store(named)
    rejected = (Unmapped(7, "missing", SafeText("event_id: is required but missing")),)
    move = Move(Feed(_NORTH, "orders", "/orders.ndjson", "orders.ndjson"), None, Position(9))
    store.put(Accepted(_NORTH, "v1", tuple(parcels(3)), rejected, move=move), 100)
    store.put(Accepted(_SOUTH, "v2", tuple(parcels(1, event_id="s-0"))), 150)
    (chunk,) = store.claim(_NORTH, _BIG, _BIG, 200)
    ends = [("delivered", "", ""), ("refused", "rejected", "em is no hash"), ("retry", "", "status 500")]
    receipts = tuple(
        Receipt(parcel, status, kind, SafeText.known(reason))  # type: ignore[arg-type]  # `ends` are texts
        for parcel, (status, kind, reason) in zip(chunk.parcels, ends, strict=True)
    )
    store.settle((Settlement(chunk, receipts, 2, 190, 260, 1, tried_at=199),), 200)
    store.close()
    return named


def _lines(*words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in call("outbox", *words, "--format", "json").stdout.splitlines()]


def test_an_event_is_found_and_one_that_is_not_known_is_said_to_be(outbox: str) -> None:
    ran = call("outbox", "find", "e-2", "e-1", "e-0", "--outbox", outbox)
    assert ran.exit_code == 1
    assert ran.stdout == (
        "e-2  waiting: orders.ndjson:3 for north, accepted 1970-01-01T00:01:40Z, tried 1970-01-01T00:03:19Z,"
        " 2 failures in a row, next 1970-01-01T00:04:20Z\n"
        "        status 500\n"
        "e-1  dead: orders.ndjson:2 for north, delivery: rejected, 1970-01-01T00:03:20Z, dead letter 2\n"
        "        em is no hash\n"
        "e-0  not known\n"
    )
    assert ran.stderr == (
        "looked through 2 waiting events and 2 dead letters;"
        " no ledger of delivered events is kept, see `--ledger`;"
        " without an id: 1 event rejected by the mapping\n"
    )
    assert call("outbox", "find", "e-2", "--outbox", outbox).exit_code == 0


def test_an_empty_id_is_refused(outbox: str) -> None:
    assert call("outbox", "find", "e-1", "", "--outbox", outbox).exit_code == 2


def test_what_was_sent_is_told_from_the_ledger(named: str) -> None:
    store = open_store(named)
    store.put(Accepted(_NORTH, "v1", tuple(parcels(2))), 100)
    (chunk,) = store.claim(_NORTH, _BIG, _BIG, 200)
    first, second = chunk.parcels
    receipts = (
        Receipt(first, "delivered"),
        Receipt(second, "refused", "rejected", SafeText("em is no hash")),
    )
    sent = dict.fromkeys((first.number, second.number), SentRequest(1, 199, 422))
    store.settle((Settlement(chunk, receipts, ledger=ledger_of(receipts, sent, "event_id")),), 200)
    store.close()
    ran = call("outbox", "find", "e-0", "e-1", "e-2", "--outbox", named)
    assert ran.exit_code == 1
    assert ran.stdout == (
        "e-1  dead: <stdin>:2 for north, delivery: rejected, 1970-01-01T00:03:20Z, dead letter 1,"
        " accepted 1970-01-01T00:01:40Z, rejected, status 422 in request 1-1\n"
        "        em is no hash\n"
        "e-0  sent: <stdin>:1 for north, accepted 1970-01-01T00:01:40Z, delivered, status 422 in request 1-1,"
        " 1970-01-01T00:03:20Z\n"
        "e-2  not known\n"
    )
    assert ran.stderr == (
        "looked through 0 waiting events and 1 dead letter; the ledger goes back to 1970-01-01T00:03:20Z\n"
    )
    dead, ended, unknown = _lines("find", "e-0", "e-1", "e-2", "--outbox", named)
    assert [one["state"] for one in (dead, ended, unknown)] == ["dead", "sent", "unknown"]
    assert (dead["status"], dead["request"]) == (422, "1-1")
    assert (ended["status"], ended["result"], ended["answered_at"]) == (
        422,
        "delivered",
        "1970-01-01T00:03:19Z",
    )
    call("outbox", "purge", "--outbox", named, "--yes")
    ran = call("outbox", "find", "e-1", "--outbox", named)
    assert ran.exit_code == 0
    assert ran.stdout.endswith("1970-01-01T00:03:20Z; its dead letter was deleted or sent again\n")


def test_what_was_found_is_told_as_json(outbox: str) -> None:
    told = _lines("find", "e-2", "e-1", "e-0", "--outbox", outbox)
    assert [(one["event_id"], one["state"]) for one in told] == [
        ("e-2", "waiting"),
        ("e-1", "dead"),
        ("e-0", "unknown"),
    ]
    assert told[0]["accepted_at"] == "1970-01-01T00:01:40Z"
    assert (told[1]["kind"], told[1]["place"]) == ("rejected", "orders.ndjson:2")


def test_what_waits_is_listed(outbox: str) -> None:
    ran = call("outbox", "waiting", "--outbox", outbox)
    assert ran.stdout.splitlines() == [
        "orders.ndjson:3  for north, accepted 1970-01-01T00:01:40Z, tried 1970-01-01T00:03:19Z,"
        " 2 failures in a row, next 1970-01-01T00:04:20Z",
        "        status 500",
        "<stdin>:1  for south, accepted 1970-01-01T00:02:30Z, not tried yet",
    ]
    assert ran.stderr == "2 events waiting\n"
    north, south = _lines("waiting", "--outbox", outbox)
    assert (north["failures"], north["failing_since"], north["due_at"], north["reason"]) == (
        *(2, "1970-01-01T00:03:10Z"),
        *("1970-01-01T00:04:20Z", "status 500"),
    )
    assert (south["account"], south["tried_at"], south["reason"]) == ("south", None, None)
    assert [one["account"] for one in _lines("waiting", "--outbox", outbox, "--account", "south")] == [
        "south"
    ]


def test_what_waits_is_grouped_by_its_reason_and_shown_up_to_a_limit(outbox: str) -> None:
    ran = call("outbox", "waiting", "--outbox", outbox, "--limit", 1)
    assert ran.stdout.splitlines()[-1] == "... 1 more; --format json shows all"
    assert len(_lines("waiting", "--outbox", outbox, "--limit", "1")) == 1
    assert _lines("waiting", "--outbox", outbox, "--group-by", "reason") == [
        {"count": 1, "reason": why, "first": where, "oldest_accepted_at": since}
        for why, where, since in (
            ("status 500", "orders.ndjson:3", "1970-01-01T00:01:40Z"),
            (None, "<stdin>:1", "1970-01-01T00:02:30Z"),
        )
    ]
    text = call("outbox", "waiting", "--outbox", outbox, "--group-by", "reason").stdout
    assert "not tried yet" in text


def test_an_id_that_is_not_utf_8_is_a_wrong_call(tmp_path: Path) -> None:
    ran = call("outbox", "find", "\udcff", "--outbox", tmp_path / "no.outbox")
    assert (ran.exit_code, "an event id is not UTF-8" in ran.stderr) == (2, True)
