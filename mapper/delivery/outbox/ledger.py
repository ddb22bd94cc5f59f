"""The ends of payloads -> lines of a ledger, which tells later what became of an id. For every store.

A ledger is kept in parts of one account, each of some ten thousand ends: what is written goes to one place of
a file, an id is looked for in each part, and what is too old goes part by part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from mapper.delivery.batch import Receipt
from mapper.delivery.outbox.store import Account, LedgerEntry, LedgerRequest, SentRequest, Settlement
from mapper.runtime.decode import decode, encode
from mapper.values.types import Json

PART_ENDS = 65_536
"""A part with so many ends is followed by another one."""
PART_SECONDS = 86_400.0
"""The longest time that an account goes on with a part."""
_DIGEST_BYTES = 8
_ENDINGS = (
    *("delivered", "warning"),
    *("rejected", "invalid", "too_large", "bad_time", "doubtful", "ambiguous", "too_old"),
)
"""How a payload ended. A ledger has the numbers of these: a new one goes to the end."""
_DELIVERED, _WARNING = 0, 1
_NUMBERS = {name: number for number, name in enumerate(_ENDINGS)}
_NO_REQUEST = SentRequest()

LedgerLine = tuple[int, int, int, int | None, int]
"""The digest of an id, the record of its event, the number of its ending, the id of the feed, and the whole
seconds between its acceptance and its end."""
LedgerLines = Mapping[int, Mapping[tuple[str, SentRequest], list[LedgerLine]]]
"""By the id of the account, the mapping's version and the request."""


@dataclass(frozen=True, slots=True)
class PartState:
    """The part that an account has written to last: how many ends it has, and when it was begun."""

    number: int
    ends: int
    begun_at: float

    def is_open(self, now: float) -> bool:
        """Whether more is written to it."""
        return self.ends < PART_ENDS and abs(now - self.begun_at) < PART_SECONDS


def key_text(value: Json) -> str:
    """The text of an id, as it is looked for; "" for none."""
    if value is None or isinstance(value, str):
        return value or ""
    return encode(value).decode()


def key_digest(text: str) -> int:
    """The digest of an id, of which a ledger keeps nothing else; a signed number of 64 bits."""
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest()
    return int.from_bytes(digest, "big", signed=True)


def ledger_of(
    receipts: Iterable[Receipt], sent: Mapping[int, SentRequest], key: str
) -> tuple[LedgerRequest, ...]:
    """The lines that a ledger keeps of receipts that are final.

    sent: the last request with a payload, by the number of its parcel. key: the field of a payload that holds
    the id; a payload without one is not kept.
    """
    found: defaultdict[SentRequest, list[tuple[int, int, int]]] = defaultdict(list)
    for one in receipts:
        if one.status in ("retry", "erased"):
            continue
        payload = decode(one.parcel.body)
        if text := key_text(payload.get(key) if isinstance(payload, dict) else None):
            request = sent.get(one.parcel.number, _NO_REQUEST)
            found[request].append((key_digest(text), one.parcel.record, _ending(one)))
    return tuple(LedgerRequest(request, tuple(ends)) for request, ends in found.items())


def _ending(receipt: Receipt) -> int:
    if receipt.status == "delivered":
        return _WARNING if receipt.warning else _DELIVERED
    return _NUMBERS[receipt.kind]


def ledger_lines(settled: Iterable[tuple[Settlement, int, int | None]], now: float) -> LedgerLines:
    """The lines that are written for settlements, each with the ids of its account and feed."""
    found: dict[int, dict[tuple[str, SentRequest], list[LedgerLine]]] = {}
    for one, account, feed in settled:
        waited = int(now) - int(one.chunk.accepted_at)
        for request in one.ledger:
            of_account = found.setdefault(account, {})
            lines = of_account.setdefault((one.chunk.version, request.sent), [])
            lines += [(digest, record, ending, feed, waited) for digest, record, ending in request.ends]
    return found


def entry_of(row: tuple[Any, ...], account: Account) -> LedgerEntry:
    """The entry of a row, whose columns are named below."""
    version, feed, record, ending, waited, answered_at, ended_at, status, part, request = row
    name = _ENDINGS[ending] if ending < len(_ENDINGS) else "unknown"
    accepted_at = float(int(ended_at) - waited)
    times = (accepted_at, answered_at, ended_at)
    return LedgerEntry(account, version, feed, record, name, *times, status, f"{part}-{request}")
