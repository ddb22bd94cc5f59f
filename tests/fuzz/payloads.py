"""Any JSON as a payload before the guard: what it finds is told, and what it lets pass holds digests only."""

from __future__ import annotations

import re
from random import Random
from typing import Any

from mapper import Invalid, read_schema
from mapper.guard import Guard
from mapper.runtime.decode import decode, encode
from tests.fuzz.json_changes import changed_json
from tests.fuzz.target import Target
from tests.oracles.golden import golden_payloads

_GUARD = Guard(read_schema("pinterest/conversions-v5"))
# An address as most people write theirs; the guard knows more of them.
_ADDRESS = re.compile(r"[a-z0-9]@[a-z0-9-]{1,63}\.[a-z]{2,}", re.ASCII | re.IGNORECASE)
_DIGEST = re.compile(r"[0-9a-f]{64}")
# Of `user_data`; written out, since the guard reads the schema for them.
_HASHED = ("em", "ph", "ge", "db", "ln", "fn", "ct", "st", "zp", "country", "external_id", "hashed_maids")


def _check(given: bytes) -> None:
    try:
        payload = decode(given)
    except Invalid:
        return
    before = repr(payload)
    found = _GUARD.check(payload)
    assert repr(payload) == before
    assert all(one.reason for one in found)
    if not found:
        _check_passed(payload)


def _check_passed(payload: Any) -> None:
    assert not any(map(_ADDRESS.search, _texts(payload))), "an address leaves in clear"
    user: Any = payload.get("user_data") if isinstance(payload, dict) else None
    for name in _HASHED if isinstance(user, dict) else ():
        values = user[name] if isinstance(user.get(name), list) else [user.get(name)]
        assert all(map(_is_digest, values)), name


def _texts(value: Any) -> list[str]:
    """All texts in a value, keys too."""
    if isinstance(value, dict):
        return [*value, *(text for inner in value.values() for text in _texts(inner))]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return [value] if isinstance(value, str) else []


def _is_digest(value: Any) -> bool:
    return value is None or (isinstance(value, str) and _DIGEST.fullmatch(value) is not None)


def _seeds() -> list[bytes]:
    return list(dict.fromkeys(map(encode, golden_payloads().values())))


def _changed(given: bytes, dice: Random) -> bytes:
    return changed_json(given, dice)


TARGET = Target("payloads", _check, _seeds, _changed, longest=16 * 1024)
