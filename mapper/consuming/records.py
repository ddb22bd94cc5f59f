"""Records of a partition -> a block of events, with what Kafka knows of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, Protocol

from mapper.feeds import Block, Broken, DecodedBlock, SourceBlock
from mapper.values.frozen import dataclass
from mapper.values.safe_text import SafeText

_NO_TIME = 0
# A schema registry's serializers put this byte and the four of a schema's number before a value. No JSON text
# begins with it.
_FRAME, _FRAME_BYTES = b"\0", 5
_NOT_JSON = SafeText("not JSON: a schema registry's Avro or Protobuf, which is not read")
_EMPTY = SafeText("the record is empty")


class Message(Protocol):
    """A record as the client library gives it. timestamp: of which kind, and Unix time in milliseconds."""

    def value(self) -> bytes | None: ...
    def key(self) -> bytes | None: ...
    def offset(self) -> int: ...
    def partition(self) -> int: ...
    def timestamp(self) -> tuple[int, int]: ...
    def headers(self) -> list[tuple[str, bytes | None]] | None: ...


@dataclass(frozen=True, slots=True)
class KafkaBatch:
    """Records of one partition in their order. tombstones: how many have no value, which are no events."""

    block: Block
    tombstones: int


def batch_of(messages: Sequence[Message], topic: str, *, reads_meta: bool) -> KafkaBatch:
    """The events of some records, each with its offset in place of a line.

    reads_meta: their mapping reads `$meta`; it costs as much as the rest of this.
    """
    full = [(one, value) for one in messages if (value := one.value()) is not None]
    found = [(one.offset(), _text(one.offset(), value)) for one, value in full]
    tombstones = len(messages) - len(full)
    if not reads_meta:
        return KafkaBatch(DecodedBlock(found), tombstones)
    return KafkaBatch(SourceBlock(found, [meta_of(one, topic) for one, _ in full]), tombstones)


def meta_of(message: Message, topic: str) -> dict[str, Any]:
    """`$meta` of a record: the same whenever it is read.

    A header that is no UTF-8 is left out; of several by one name the last counts, as in most clients.
    """
    meta: dict[str, Any] = {"source": f"{topic}/{message.partition()}/{message.offset()}"}
    kind, milliseconds = message.timestamp()
    if kind != _NO_TIME and (received_at := _time(milliseconds)):
        meta["received_at"] = received_at
    if headers := message.headers():
        meta["headers"] = _headers(headers)
    return meta


def proof_of(message: Message) -> bytes:
    """A digest that tells a record from one that has its offset in a topic that was created again."""
    key, value = message.key() or b"", message.value() or b""
    _, milliseconds = message.timestamp()
    return sha256(b"%d %d %d " % (milliseconds, len(key), len(value)) + key + value).digest()


def _text(offset: int, value: bytes) -> bytes | Broken:
    if value[:1] == _FRAME:
        value = value[_FRAME_BYTES:]
        if value.lstrip()[:1] not in (b"{", b"["):
            return Broken(offset, "malformed", _NOT_JSON)
    if not value or value.isspace():
        return Broken(offset, "malformed", _EMPTY)
    return value


def _headers(headers: Sequence[tuple[str, bytes | None]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers:
        try:
            text = (value or b"").decode()
        except UnicodeDecodeError:
            continue
        found[name.lower()] = text
    return found


def _time(milliseconds: int) -> str:
    """A time in ISO 8601, as `--received-at` writes it; "" where there is no such time."""
    second = _second(milliseconds // 1000)
    return f"{second}.{milliseconds % 1000:03}Z" if second else ""


@lru_cache(maxsize=256)
def _second(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") if seconds >= 0 else ""
    except (ValueError, OverflowError, OSError):
        return ""
