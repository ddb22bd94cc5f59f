"""A payload that is shown hides what may be somebody's, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mapper import authoring
from mapper.compiler.schema.target import TargetField, read_target
from mapper.delivery.batch import Receipt
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import Accepted, Account, Settlement
from mapper.masking import payload_mask
from tests.delivery.deliveries import parcels
from tests.support.command import call

_TARGET = "pinterest/conversions-v5"
_SCHEMA = authoring.read_target(_TARGET)
_ROOT = read_target(_TARGET, _SCHEMA).root
_MASK = payload_mask(_SCHEMA)


def _leaves(field: TargetField) -> list[TargetField]:
    below = [*field.fields, *([field.item] if field.item is not None else [])]
    return [leaf for one in below for leaf in _leaves(one)] if below else [field]


def _payload(path: str, value: Any) -> Any:
    """A payload with one value, at a path."""
    if not path:
        return value
    name, _, rest = path.partition(".")
    bare = name.replace("[]", "")
    inner = _payload(rest, value)
    for _ in range(name.count("[]")):
        inner = [inner]
    return {bare: inner}


@pytest.mark.parametrize("field", _leaves(_ROOT), ids=lambda field: field.path)
def test_what_is_personal_is_masked_and_nothing_else(field: TargetField) -> None:
    given = _payload(field.path, "ABC-7")
    assert _MASK(given) == (_payload(field.path, "***") if field.personal else given)


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        ({"user_data": {"em": ["a" * 64]}}, {"user_data": {"em": ["aaaaaaaa…"]}}),
        (
            {"event_time": 7, "custom_data": {"value": "72.39"}},
            {"event_time": 7, "custom_data": {"value": "72.39"}},
        ),
        ({"event_source_url": "https://shop.example/?email=ada@example.com"}, {"event_source_url": "***"}),
        (
            {"opt_out": False, "custom_data": {"order_id": "ada@example.com"}},
            {"opt_out": False, "custom_data": {"order_id": "***"}},
        ),
        ({"added_by_hand": {"ada@example.com": 7}}, {"added_by_hand": {"***": "***"}}),
        ({"ada@example.com": 1}, {"***": "***"}),
        ([1], ["***"]),
        (None, None),
    ],
    ids=str,
)
def test_what_the_guard_would_stop_and_what_nobody_knows_is_masked(payload: Any, shown: Any) -> None:
    assert _MASK(payload) == shown


def test_of_a_target_that_is_not_found_all_is_masked(tmp_path: Path) -> None:
    path = tmp_path / "x.outbox"
    store = open_outbox(path)
    for target in (_TARGET, "nobody/knows-v1"):
        account = Account(target)
        store.put(Accepted(account, "v1", tuple(parcels(1))), 0)
        (chunk,) = store.claim(account, 9, 10**9, 0)
        receipts = tuple(Receipt(parcel, "refused", "invalid") for parcel in chunk.parcels)
        store.settle([Settlement(chunk, receipts)], 0)
    store.close()
    ran = call("outbox", "dead", "--outbox", path, "--payload", "--format", "json")
    known, unknown = (json.loads(line)["payload"] for line in ran.stdout.splitlines())
    assert (known["event_name"], known["event_id"]) == ("page_visit", "e-0")
    assert known["user_data"] == {"client_ip_address": "***", "client_user_agent": "***"}
    assert unknown["event_name"] == unknown["event_time"] == "***"
