"""Status and body of an answer -> Answer: what became of a batch, payload by payload. Pure.

Nothing is accepted without proof: one entry for each payload, each with a status that the destination knows.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from mapper.delivery.batch import Batch, Kind, Receipt
from mapper.delivery.credentials import SetupFailure
from mapper.delivery.destination import Destination, Meaning
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.quotation import Sent, quote
from mapper.safe_text import NOTHING, SafeText
from mapper.types import Json

_MOST_CODES = 1_000_000
_UNCLEAR = "{} answers with status {} but not with what became of each event"
_CREDENTIALS_REFUSED = frozenset({401, 403, 404})
"""Statuses that speak of who sends and for which account; others of the address."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came: `body` is b"" where it was too long or packed. Headers are None where absent."""

    status: int
    body: bytes
    retry_after: str | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True)
class NoReply:
    """A request without an answer. sure: the service has certainly not seen it.

    hint: what a person must mend, where another try cannot help; "" where it can.
    """

    sure: bool
    message: SafeText
    hint: str = ""


Send = Callable[[bytes], Awaitable[Reply | NoReply]]
"""A transport: sends the body of one request and raises for nothing that the network does."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an attempt says of its batch.

    settled: `receipts` has one for each payload, in order. refused: all of it, without saying which payload
    is at fault. too_large: all of it. retry: nothing is known to be delivered; `sure` if nothing was looked
    at, else the service may have counted it. setup: a person must mend something first.
    """

    verdict: Literal["settled", "refused", "too_large", "retry", "setup"]
    message: SafeText = NOTHING
    receipts: tuple[Receipt, ...] = ()
    sure: bool = True
    hint: str = ""
    exit_status: ExitStatus = ExitStatus.DELIVERED

    @property
    def failure(self) -> SetupFailure | None:
        """What a person must mend, if the verdict is `setup`."""
        return SetupFailure(self.message, self.hint, self.exit_status) if self.verdict == "setup" else None


def judge(batch: Batch, reply: Reply | NoReply, destination: Destination) -> Answer:
    """What a reply, or that none came, says of the batch that was sent."""
    if isinstance(reply, NoReply):
        return _unanswered(reply)
    status, meaning = reply.status, destination.meaning(reply.status)
    said = _parse(reply.body)
    message = _message(said, status, meaning, batch, destination)
    if meaning.means == "settled":
        receipts = _receipts(batch, said, destination)
        if receipts is None or not _counted(batch, said, destination):
            service = SafeText.known(destination.service)
            return Answer("retry", SafeText(_UNCLEAR, service, status), sure=False)
        return Answer("settled", receipts=receipts)
    if meaning.means == "refused":
        receipts = _receipts(batch, said, destination)
        return Answer("refused", message) if receipts is None else Answer("settled", message, receipts)
    if meaning.means == "setup":
        refused = status in _CREDENTIALS_REFUSED
        exit_status = ExitStatus.NOT_ADMITTED if refused else ExitStatus.WRONG_SETUP
        return Answer("setup", message, hint=meaning.hint, exit_status=exit_status)
    if meaning.means == "retry":
        unprocessed = _code(said, destination) in destination.answer.unprocessed_codes
        return Answer("retry", message, sure=status == 429 or unprocessed)
    return Answer(meaning.means, message)


def _unanswered(missing: NoReply) -> Answer:
    if missing.hint:
        return Answer("setup", missing.message, hint=missing.hint, exit_status=ExitStatus.WRONG_SETUP)
    return Answer("retry", missing.message, sure=missing.sure)


def _parse(body: bytes) -> Json:
    """The JSON of a body; None for HTML, half a text, or what is nested too deep."""
    try:
        said: Json = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _receipts(batch: Batch, said: Json, destination: Destination) -> tuple[Receipt, ...] | None:
    """A receipt for each payload by its position; None if the answer does not name all of them."""
    reader = destination.answer
    entries = reader.events(said) if said is not None else None
    if not isinstance(entries, list) or len(entries) != len(batch):
        return None
    receipts = []
    for parcel, entry in zip(batch.parcels, entries, strict=True):
        status = reader.event_status(entry)
        verdict = reader.statuses.get(status) if isinstance(status, str) else None
        if verdict is None:
            return None
        sent = Sent([parcel.body])
        reason, warning = quote(reader.event_reason(entry), sent), quote(reader.event_warning(entry), sent)
        if verdict == "refused":
            reason = reason or SafeText("{} gives no reason", SafeText.known(destination.service))
        kind: Kind = "rejected" if verdict == "refused" else ""
        receipts.append(Receipt(parcel, verdict, kind, reason, warning))
    return tuple(receipts)


def _counted(batch: Batch, said: Json, destination: Destination) -> bool:
    """Whether the service received as many events as were sent, as far as it says."""
    received = destination.answer.received(said)
    return received is None or received == len(batch)


def _code(said: Json, destination: Destination) -> int | None:
    """The code of an answer; a number of more digits than codes have is none."""
    code = destination.answer.code(said) if said is not None else None
    return code if type(code) is int and abs(code) < _MOST_CODES else None


def _message(said: Json, status: int, meaning: Meaning, batch: Batch, destination: Destination) -> SafeText:
    """`the token is not accepted (status 401, code 2: Authentication failed.)`"""
    code = _code(said, destination)
    sent = Sent([parcel.body for parcel in batch.parcels])
    text = quote(destination.answer.message(said), sent) if said is not None else NOTHING
    told = SafeText("status {}", status)
    if code is not None:
        told = SafeText("{}, code {}", told, code)
    if text:
        told = SafeText("{}: {}", told, text)
    return SafeText("{} ({})", SafeText.known(meaning.message), told)
