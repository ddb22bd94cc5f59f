"""`mapper outbox`: dead letters are chosen alike by each of its commands, and shown where they ended."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from mapper.delivery.batch import Receipt
from mapper.delivery.outbox.store import Accepted, Account, Feed, Health, Move, Position, Settlement, Unmapped
from mapper.values.safe_text import SafeText
from tests.cli.stores import open_store
from tests.delivery.deliveries import parcels
from tests.support.command import call, start

_NORTH, _SOUTH = Account("pinterest/conversions-v5", "north"), Account("pinterest/conversions-v5", "south")
_BIG = 10**9


@pytest.fixture
def outbox(named: str) -> str:
    """An outbox with four dead letters: one rejected, two refused, one too old; one event waits."""
    store = open_store(named)
    rejected = (Unmapped(7, "missing", SafeText("event_id: is required but missing")),)
    move = Move(Feed(_NORTH, "orders", "/orders.ndjson", "orders.ndjson"), None, Position(9))
    store.put(Accepted(_NORTH, "v1", tuple(parcels(3)), rejected, move=move), 100)
    store.put(Accepted(_SOUTH, "v1", tuple(parcels(1))), 100)
    for account, at in ((_NORTH, 200), (_SOUTH, 300)):
        (chunk,) = store.claim(account, _BIG, _BIG, 200)
        ends = [
            ("refused", "rejected", "em is no hash"),
            ("expired", "too_old", "it is 9 days old"),
            ("retry", "", "later"),
        ]
        if account == _SOUTH:
            ends = [("refused", "doubtful", "the service failed again and again")]
        receipts = tuple(
            Receipt(parcel, status, kind, SafeText.known(reason))  # type: ignore[arg-type]  # `ends` are texts
            for parcel, (status, kind, reason) in zip(chunk.parcels, ends, strict=True)
        )
        store.settle((Settlement(chunk, receipts),), at)
    store.close()
    return named


def _letters(outbox: str, *words: str) -> list[dict[str, Any]]:
    ran = call("outbox", "dead", "--outbox", outbox, "--format", "json", *words)
    return [json.loads(line) for line in ran.stdout.splitlines()]


_QUERIES = [
    (("--account", "south"), {"doubtful"}),
    (("--stage", "delivery"), {"rejected", "doubtful"}),
    (("--kind", "too_old"), {"too_old"}),
    (("--reason", "IS NO"), {"rejected"}),
    (("--since", "1970-01-01T00:04:00Z"), {"doubtful"}),
    (("--until", "200"), {"missing"}),
    (("--stage", "delivery", "--account", "north"), {"rejected"}),
    ((), {"missing", "rejected", "too_old", "doubtful"}),
]


@pytest.mark.parametrize(("words", "kinds"), _QUERIES)
def test_letters_are_chosen_alike_by_all_commands(
    outbox: str, words: tuple[str, ...], kinds: set[str]
) -> None:
    everything = {one["kind"] for one in _letters(outbox)}
    assert {one["kind"] for one in _letters(outbox, *words)} == kinds
    exported = call("outbox", "export", "--outbox", outbox, *words).stdout.splitlines()
    assert {json.loads(line)["kind"] for line in exported} == kinds
    again = kinds & {"rejected", "doubtful"}
    ran = call("outbox", "retry", "--outbox", outbox, *words)
    assert ran.stderr.startswith(f"{len(again)} event")
    assert {one["kind"] for one in _letters(outbox)} == everything - again
    call("outbox", "purge", "--outbox", outbox, "--yes", *words)
    assert {one["kind"] for one in _letters(outbox)} == everything - kinds
    store = open_store(outbox)
    assert store.audit() == []
    store.close()


def test_status_tells_what_fails_since_when_and_why_and_that_clocks_disagree(outbox: str) -> None:
    began = int(time.time()) - 8 * 3600 - 8 * 60
    store = open_store(outbox)
    store.settle((), 0, Health(_NORTH, began, SafeText("127.0.0.1 refused the connection"), 400.0))
    store.close()
    since = datetime.fromtimestamp(began, UTC).isoformat().replace("+00:00", "Z")
    ran = call("outbox", "status", "--outbox", outbox)
    assert (
        f"             1  of them failing since {since}, for 8 h 8 min: 127.0.0.1 refused the connection\n"
        in ran.stdout
    )
    assert "this machine's clock is 400 seconds slow compared with the service's" in ran.stdout
    assert ran.stdout.count("failing") == 1
    told = json.loads(call("outbox", "status", "--outbox", outbox, "--format", "json").stdout)
    north, south = sorted(told, key=lambda one: one["account"])
    names = ("failing", "failing_since", "failing_reason", "clock_skew_seconds")
    assert [north[name] for name in names] == [1, since, "127.0.0.1 refused the connection", 400]
    assert [south[name] for name in names] == [0, None, None, 0]


def test_dead_letters_are_grouped_by_their_reason_and_shown_up_to_a_limit(named: str) -> None:
    store = open_store(named)
    rejected = tuple(
        Unmapped(line, "missing", SafeText("no id" if line % 3 else "no time")) for line in range(1, 9)
    )
    store.put(Accepted(_NORTH, "v1", rejected=rejected), 100)
    store.close()
    told = call("outbox", "dead", "--outbox", named, "--group-by", "reason").stdout.splitlines()
    assert [line.split() for line in told[::2]] == [
        ["6", "mapping:", "missing,", "the", "first", "<stdin>:1"],
        ["2", "mapping:", "missing,", "the", "first", "<stdin>:3"],
    ]
    ran = call("outbox", "dead", "--outbox", named, "--group-by", "reason", "--format", "json", "--limit", 1)
    assert json.loads(ran.stdout) == {
        **{"count": 6, "stage": "mapping", "kind": "missing", "reason": "no id", "first": "<stdin>:1"},
        "last_died_at": "1970-01-01T00:01:40Z",
    }
    ran = call("outbox", "dead", "--outbox", named, "--limit", 2)
    assert ran.stdout.splitlines()[-1] == "... 6 more; --format json shows all"
    lines = call("outbox", "dead", "--outbox", named, "--limit", 2, "--format", "json").stdout.splitlines()
    assert [json.loads(line)["died_at"] for line in lines] == ["1970-01-01T00:01:40Z"] * 2


def test_a_reader_that_has_read_enough_ends_a_list_without_a_word(named: str) -> None:
    store = open_store(named)
    rejected = tuple(Unmapped(line, "missing", SafeText("no id")) for line in range(1, 5001))
    store.put(Accepted(_NORTH, "v1", rejected=rejected), 100)
    store.close()
    with start("outbox", "dead", "--outbox", named, "--format", "json") as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.readline()
        run.stdout.close()
        assert run.stderr.read() == b""
        assert run.wait(60) in (0, 1, 141)


def test_a_letter_is_chosen_by_its_id(outbox: str) -> None:
    number = next(one["id"] for one in _letters(outbox) if one["kind"] == "rejected")
    assert [one["kind"] for one in _letters(outbox, "--id", str(number))] == ["rejected"]


def test_each_letter_is_shown_at_its_stage_with_its_place_and_the_reason(outbox: str) -> None:
    ran = call("outbox", "dead", "--outbox", outbox, "--payload")
    assert ran.stdout.startswith(
        "     1  orders.ndjson:7  mapping: missing, 1970-01-01T00:01:40Z\n"
        "        event_id: is required but missing\n"
        "     2  orders.ndjson:1  delivery: rejected, 1970-01-01T00:03:20Z\n"
        "        em is no hash\n"
    )
    assert "orders.ndjson:2  expired: too_old" in ran.stdout
    assert "<stdin>:1  delivery: doubtful" in ran.stdout
    assert '"event_name": "page_visit", "action_source": "web", "event_time": 1789996400' in ran.stdout
    # The payload's address is a person's.
    assert "216.3.128.12" not in ran.stdout
    assert ran.stderr.splitlines()[0] == "4 dead letters"
    assert "mapper explain MAPPING FILE:LINE" in ran.stderr


def test_the_first_letters_are_shown_and_all_are_counted(named: str) -> None:
    store = open_store(named)
    rejected = tuple(Unmapped(line, "missing", SafeText("no id")) for line in range(1, 61))
    store.put(Accepted(_NORTH, "v1", rejected=rejected), 100)
    store.close()
    ran = call("outbox", "dead", "--outbox", named)
    assert ran.stdout.count("mapping: missing") == 50
    assert ran.stdout.endswith("... 10 more; --format json shows all\n")
    assert ran.stderr.startswith("60 dead letters\n")
    assert len(_letters(named)) == 60
