"""A target schema's `x-delivery` -> Destination: all that delivery and the sandbox know of a service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mapper.types import Json

Read = Callable[[Json], Json]
Means = Literal["settled", "refused", "too_large", "setup", "retry"]
Verdict = Literal["accepted", "refused"]


@dataclass(frozen=True, slots=True)
class TokenRule:
    """Where the token is found and which header carries it. title: how a person calls it."""

    title: str
    environment: str
    hint: str
    header: str
    scheme: str


@dataclass(frozen=True, slots=True)
class AccountRule:
    """Where the account is found; `pattern` is a regular expression that all of it matches."""

    title: str
    environment: str
    hint: str
    pattern: str


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """What one request may hold, and how many requests a second the service takes."""

    events: int
    bytes: int
    requests_per_second: float


@dataclass(frozen=True, slots=True)
class Window:
    """How far from the present the time of an event may lie, in seconds."""

    past_seconds: int
    future_seconds: int


@dataclass(frozen=True, slots=True)
class Retry:
    """Waits between attempts: at random up to `base` doubled each time, at most `cap`.

    longest_wait_seconds: the longest wait that the service's own Retry-After is believed.
    """

    base_seconds: float
    cap_seconds: float
    longest_wait_seconds: float


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a status says of a whole request, in words for a person."""

    means: Means
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class AnswerReader:
    """Compiled expressions over an answer's JSON.

    events: the list with one entry for each payload, in order; the `event_*` ones read such an entry.
    statuses: an entry's status -> what becomes of its payload.
    unprocessed_codes: codes of errors with which the service has looked at no event.
    """

    events: Read
    received: Read
    code: Read
    message: Read
    event_status: Read
    event_reason: Read
    event_warning: Read
    statuses: Mapping[str, Verdict]
    unprocessed_codes: frozenset[int]


@dataclass(frozen=True, slots=True)
class StandIn:
    """What the sandbox answers: bodies by status, entries of events, texts for times outside the window."""

    body_bytes: int
    bodies: Mapping[int, Json]
    processed: Json
    failed: Json
    too_old: str
    too_new: str


@dataclass(frozen=True, slots=True)
class Destination:
    """A service that takes payloads.

    path: below `base_url`, with `{account}` in it. key, time: fields of a payload, the dedup id and Unix
    seconds. test_query: parameters that make the service check a request and keep nothing of it;
    test_requests_per_second: how many such requests it takes.
    """

    service: str
    base_url: str
    method: str
    path: str
    envelope: str
    key: str
    time: str
    token: TokenRule
    account: AccountRule
    test_query: tuple[tuple[str, str], ...]
    test_requests_per_second: float
    limits: RequestLimits
    window: Window
    retry: Retry
    answer: AnswerReader
    statuses: Mapping[int, Meaning]
    stand_in: StandIn

    def meaning(self, status: int) -> Meaning:
        """What a status says: the service's own word, else what HTTP says of it."""
        return self.statuses.get(status) or _meaning(status, self.service)


def read(schema: Mapping[str, Any], reader: Callable[[str], Read]) -> Destination:
    """The destination of a target schema; `reader` compiles a JMESPath text.

    Raises LookupError where the schema does not say how its payloads are delivered.
    """
    found = schema.get("x-delivery")
    if found is None:
        raise LookupError("the schema has no `x-delivery`: it does not say how its payloads are delivered")
    for keyword in ("x-key", "x-time"):
        if keyword not in schema:
            raise LookupError(
                f"the schema has no `{keyword}`: it does not say which field of a payload that is"
            )
    return Destination(
        service=found["service"],
        base_url=found["base_url"],
        method=found["method"],
        path=found["path"],
        envelope=found["envelope"],
        key=schema["x-key"],
        time=schema["x-time"],
        token=TokenRule(**_known(found["credentials"]["token"])),
        account=AccountRule(**_known(found["credentials"]["account"])),
        test_query=tuple(found["test"]["query"].items()),
        test_requests_per_second=found["test"]["requests_per_second"],
        limits=RequestLimits(**_known(found["limits"])),
        window=Window(**_known(found["window"])),
        retry=Retry(**_known(found["retry"])),
        answer=_answer_reader(found["answer"], reader),
        statuses={int(status): Meaning(**_known(said)) for status, said in found["statuses"].items()},
        stand_in=_stand_in(found["sandbox"]),
    )


def _answer_reader(found: Mapping[str, Any], reader: Callable[[str], Read]) -> AnswerReader:
    return AnswerReader(
        events=reader(found["events"]),
        received=reader(found["received"]),
        code=reader(found["code"]),
        message=reader(found["message"]),
        event_status=reader(found["event"]["status"]),
        event_reason=reader(found["event"]["reason"]),
        event_warning=reader(found["event"]["warning"]),
        statuses=dict(found["statuses"]),
        unprocessed_codes=frozenset(found["unprocessed_codes"]),
    )


def _stand_in(found: Mapping[str, Any]) -> StandIn:
    bodies = {int(status): body for status, body in found["bodies"].items()}
    return StandIn(**{**_known(found), "bodies": bodies})


def _known(found: Mapping[str, Any]) -> dict[str, Any]:
    """A part of the schema without the remarks for its reader."""
    return {name: value for name, value in found.items() if name != "$comment"}


_TRANSIENT = frozenset({408, 425, 429})
"""Statuses below 500 that ask for another try."""


def _meaning(status: int, service: str) -> Meaning:
    said = f"{service} answers with status {status}"
    if 200 <= status < 300:
        return Meaning("settled", "")
    if status == 413:
        return Meaning("too_large", f"{service} says the request is too large")
    if status in _TRANSIENT or status >= 500 or status < 200:
        return Meaning("retry", said)
    if status < 400:
        return Meaning("setup", f"{said}, a redirect, which is not followed", "see that the address is right")
    return Meaning("setup", said, "see that the address is right")
