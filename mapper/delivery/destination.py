"""Destination: all that delivery and the sandbox know of a service. `description` reads it from a schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from mapper.delivery.quotation import KnownWords
from mapper.values.payload_time import PayloadTime
from mapper.values.short import short
from mapper.values.types import Json

CompiledExpression = Callable[[Json], Json]
Means = Literal["refused", "too_large", "retry", "slow_down", "setup", "paused"]


@dataclass(frozen=True, slots=True)
class Setting:
    """A value that a request needs and no schema can give: a token, an account.

    title: how a person calls it. environment: the variable it is in. pattern: a regular expression that all
    of it matches. secret: it is never shown. hint: where a person finds it.
    """

    name: str
    title: str
    environment: str
    pattern: str
    secret: bool
    hint: str


@dataclass(frozen=True, slots=True)
class RequestForm:
    """A request, with settings in braces in its texts.

    base: the beginning of `url` that `--url` replaces. body: JSON with the text `{events}` in one place.
    needed, known: the settings without which it cannot be made, and all that it names.
    """

    method: str
    base: str
    url: str
    headers: tuple[tuple[str, str], ...]
    query: tuple[tuple[str, str], ...]
    body: Json
    needed: tuple[str, ...]
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Envelope:
    """The bytes around the events in the body of a request: they go between, as JSON with commas.

    reserved: bytes by which it may be longer for an account, whose settings go into it.
    """

    head: bytes
    tail: bytes
    reserved: int = 0

    @property
    def size(self) -> int:
        """Bytes of a body without events, at most."""
        return len(self.head) + len(self.tail) + self.reserved


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """The most that one request may hold, and how many requests a second the service takes."""

    events: int
    bytes: int
    requests_per_second: float


@dataclass(frozen=True, slots=True)
class Window:
    """The seconds by which the time of an event may differ from the present.

    by, pasts: a field, and how far in the past an event may lie that has such a value in it.
    """

    past_seconds: int
    future_seconds: int
    by: str = ""
    pasts: Mapping[str, int] = field(default_factory=dict)

    def past_of(self, payload: Mapping[str, Any]) -> int:
        """The seconds by which a payload's time may be in the past."""
        value = payload.get(self.by)
        return self.pasts.get(value, self.past_seconds) if isinstance(value, str) else self.past_seconds


@dataclass(frozen=True, slots=True)
class CountedTwice:
    """A field, and its values with which the service counts each copy of an event."""

    field: str = ""
    values: frozenset[str] = frozenset()

    def has(self, payload: Mapping[str, Any]) -> bool:
        """Whether each copy of a payload is counted."""
        value = payload.get(self.field)
        return isinstance(value, str) and value in self.values


@dataclass(frozen=True, slots=True)
class ParcelFacts:
    """The part of a destination that a parcel is made by. time: as `Destination.time`."""

    time: PayloadTime
    window: Window
    counted_twice: CountedTwice


@dataclass(frozen=True, slots=True)
class Retry:
    """Waits between attempts: at random up to `base` doubled each time, at most `cap`.

    longest_wait_seconds: the longest wait that the service's own Retry-After is believed.
    """

    base_seconds: float
    cap_seconds: float
    longest_wait_seconds: float


@dataclass(frozen=True, slots=True)
class Entries:
    """An answer with an entry for each payload, in order: one is delivered where `ok` holds, refused where
    `bad` does, and where neither does or both do, the answer says nothing.
    """

    entries: CompiledExpression
    ok: CompiledExpression
    bad: CompiledExpression
    reason: CompiledExpression | None = None
    warning: CompiledExpression | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """An answer that says how many were processed: proof if those are all."""

    count: CompiledExpression


@dataclass(frozen=True, slots=True)
class All:
    """An answer that says that all is well."""


@dataclass(frozen=True, slots=True)
class Failed:
    """An answer that lists what was refused, as `{index, reason}`; all else was processed. first: the index
    of the first payload.
    """

    failed: CompiledExpression
    first: int = 0


Proof = Entries | Count | All | Failed


@dataclass(frozen=True, slots=True)
class AnswerRule:
    """The meaning of answers that have such a status, for which `when` holds, and that are `body` as a whole.

    body: b"" is an answer without a body; None: any. proof: how it says what was processed, where it does;
    else `means` says what all of it means. received, processed: how many there were, and how many of them
    were processed; where these are given, an answer without them proves nothing. reason: the service's own
    words. says, hint: ours. setting: which one a person must set right.
    """

    statuses: frozenset[int]
    when: CompiledExpression | None = None
    body: bytes | None = None
    means: Means = "retry"
    proof: Proof | None = None
    received: CompiledExpression | None = None
    processed: CompiledExpression | None = None
    reason: CompiledExpression | None = None
    says: str = ""
    hint: str = ""
    setting: str = ""


@dataclass(frozen=True, slots=True)
class AnswerReader:
    """rules: the first that fits decides. code, message: the service's own of what went wrong."""

    rules: tuple[AnswerRule, ...]
    code: CompiledExpression | None = None
    message: CompiledExpression | None = None


Situation = Literal[
    "accepted",
    "partly",
    "refused",
    "unauthorized",
    "forbidden",
    "unknown",
    "wrong_method",
    "too_large",
    "slow_down",
    "paused",
    "broken",
]


@dataclass(frozen=True, slots=True)
class StandIn:
    """The answers of the sandbox.

    answers: status and body by what has happened; `partly`, where the service can refuse one event and take
    others. accepted, refused: what the body says of an event. too_old, too_new: why a time is refused.
    """

    body_bytes: int
    answers: Mapping[Situation, tuple[int, Json]]
    accepted: Json
    refused: Json
    too_old: str
    too_new: str


@dataclass(frozen=True, slots=True)
class Destination:
    """A service that takes payloads.

    key: the field of a payload that is the dedup id. time: the one that is the time of its event.
    test_request: the request that the service checks and of which it keeps nothing, None where there is none;
    test_requests_per_second: how many such requests it takes. envelope: that of `request`, its settings still
    in braces. words: those of the schema, and of mappings to it, which an answer may repeat though they were
    sent.
    """

    service: str
    key: str
    time: PayloadTime
    request: RequestForm
    test_request: RequestForm | None
    test_requests_per_second: float
    envelope: Envelope
    settings: Mapping[str, Setting]
    limits: RequestLimits
    window: Window
    counted_twice: CountedTwice
    retry: Retry
    answers: AnswerReader
    stand_in: StandIn
    words: KnownWords = field(default_factory=KnownWords)

    def __repr__(self) -> str:
        return f"Destination({short(self.service)}, {short(self.base_url)})"

    @property
    def base_url(self) -> str:
        """The beginning of the address of requests, which `--url` replaces."""
        return self.request.base

    @property
    def parcel_facts(self) -> ParcelFacts:
        """The part that a parcel is made by."""
        return ParcelFacts(self.time, self.window, self.counted_twice)

    def showing(self, texts: frozenset[str]) -> Destination:
        """The same, of whose answers these texts of a mapping are shown."""
        return replace(self, words=KnownWords(self.words.parts, self.words.texts | texts))

    def form(self, *, test: bool = False) -> RequestForm | None:
        """The request that is sent, or that tests; None where there is none."""
        return self.test_request if test else self.request
