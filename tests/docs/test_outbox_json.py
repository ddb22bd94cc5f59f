"""The JSON of `mapper outbox` has the keys that docs/operating.md lists, and one kind of time."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mapper.delivery.batch import Receipt
from mapper.delivery.outbox.ledger import ledger_of
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import Accepted, Account, DeadQuery, SentRequest, Settlement, Unmapped
from mapper.values.safe_text import SafeText
from tests.delivery.deliveries import parcels
from tests.support.command import ROOT, call

_SHOP = Account("pinterest/conversions-v5", "shop")
_ROW = re.compile(r"^\| (?P<keys>`.*`) \| (?P<commands>[a-z, ]+) \|", re.MULTILINE)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_BIG = 10**9


def _listed() -> dict[str, set[str]]:
    """The keys of the table, by command."""
    page = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    part = page.partition("### JSON of `mapper outbox`")[2].partition("\n### ")[0]
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in _ROW.finditer(part):
        for command in row["commands"].split(", "):
            found[command] |= set(re.findall(r"`(\w+)`", row["keys"]))
    return dict(found)


@pytest.fixture
def outbox(tmp_path: Path) -> str:
    """An outbox with each state of an event; the letter of one was deleted."""
    path = tmp_path / "x.outbox"
    with closing(open_outbox(path)) as store:
        rejected = (Unmapped(7, "missing", SafeText("event_id: is required but missing")),)
        store.put(Accepted(_SHOP, "v1", tuple(parcels(4)), rejected), 100)
        (chunk,) = store.claim(_SHOP, _BIG, _BIG, 200)
        no = SafeText("no")
        ends: list[dict[str, Any]] = [
            {"status": "delivered"},
            {"status": "refused", "kind": "rejected", "reason": no},
            {"status": "refused", "kind": "invalid", "reason": no},
            {"status": "retry", "reason": no},
        ]
        receipts = tuple(
            replace(Receipt(parcel, "retry"), **end) for parcel, end in zip(chunk.parcels, ends, strict=True)
        )
        sent = dict.fromkeys(range(4), SentRequest(1, 199, 422))
        one = Settlement(chunk, receipts, 2, 190, 260, 1, tried_at=199)
        store.settle((replace(one, ledger=ledger_of(receipts, sent, "event_id")),), 200)
        store.purge(DeadQuery(kind="invalid"))
    return str(path)


def _output(outbox: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The output of each command."""
    words = ("--outbox", outbox, "--format", "json")
    yield "status", json.loads(call("outbox", "status", *words).stdout)
    for name, more in {
        "dead": ("dead",),
        "dead with payload": ("dead", "--payload", "--stage", "delivery"),
        "dead by reason": ("dead", "--group-by", "reason"),
        "waiting": ("waiting",),
        "waiting by reason": ("waiting", "--group-by", "reason"),
        "find": ("find", "e-0", "e-1", "e-2", "e-3", "e-4"),
    }.items():
        yield name, list(map(json.loads, call("outbox", *more, *words).stdout.splitlines()))
    yield "export", list(map(json.loads, call("outbox", "export", "--outbox", outbox).stdout.splitlines()))


def test_each_key_is_listed_and_each_that_is_listed_is_there(outbox: str) -> None:
    listed = _listed()
    listed["dead with payload"] |= listed["dead"]
    found = {name: {key for one in told for key in one} for name, told in _output(outbox)}
    assert found == listed


def test_all_times_are_of_one_kind(outbox: str) -> None:
    for _, told in _output(outbox):
        for one in told:
            for key, value in one.items():
                if key.endswith(("_at", "_since")):
                    assert value is None or _TIME.fullmatch(value), (key, value)
                else:
                    assert not (isinstance(value, str) and _TIME.fullmatch(value)), (key, value)


def test_status_names_the_versions_of_the_mappings_that_made_what_waits(outbox: str) -> None:
    assert (
        "             1  of them made by mapping version v1\n"
        in call("outbox", "status", "--outbox", outbox).stdout
    )
    (told,) = json.loads(call("outbox", "status", "--outbox", outbox, "--format", "json").stdout)
    assert told["pending_by_mapping_version"] == {"v1": 1}
