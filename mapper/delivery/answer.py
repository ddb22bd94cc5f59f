"""Status and body of an answer -> Answer: what became of a batch, payload by payload. Pure.

Nothing counts as delivered without proof, of the kind that the destination describes: and an answer in which
any number does not agree with what was sent is no answer.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from mapper.delivery.batch import Batch, Parcel, Receipt
from mapper.delivery.destination import (
    All,
    AnswerRule,
    CompiledExpression,
    Count,
    Destination,
    Entries,
    Failed,
    Proof,
)
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.quotation import Sent, quote
from mapper.delivery.setup_failure import SetupFailure
from mapper.runtime.budget import Overrun
from mapper.values.safe_text import NOTHING, SafeText
from mapper.values.types import Invalid, Json

_MOST_CODES = 1_000_000
_UNCLEAR = "{} responds with status {}, but not with a result for each event"
_CONTRADICTS = "{} answers with status {}, and what it says does not agree with what was sent"
_CREDENTIALS_REFUSED = frozenset({401, 403, 404})
"""Statuses that speak of who sends and for which account; others of the address."""
_SLOW_DOWN, _TOO_LARGE, _UNAVAILABLE = 429, 413, 503
_TRANSIENT = frozenset({408, 425})
"""Statuses below 500 that ask for another try."""
_NO_STATUS: frozenset[int] = frozenset()
_SEE_ADDRESS = "check the URL"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came. Headers are None where absent.

    body: b"" where it was too long or packed. is_whole: it is certain that this is all of the body.
    """

    status: int
    body: bytes
    retry_after: str | None = None
    date: str | None = None
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class NoReply:
    """A request without an answer. sure: the service has certainly not seen it.

    hint: what a person must fix, where another try cannot help; "" where it can.
    """

    sure: bool
    message: SafeText
    hint: str = ""


Send = Callable[[bytes], Awaitable[Reply | NoReply]]
"""A transport: sends the body of one request and never raises for what the network does."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The meaning of an attempt for its batch.

    settled: `receipts` has one for each payload, in order. refused: all of it, without saying which payload
    is at fault. too_large: all of it. retry: nothing is known to be delivered; `sure` if nothing was looked
    at, else the service may have counted it. setup: a person must fix something first. status: that of HTTP;
    0 where no answer came.
    """

    verdict: Literal["settled", "refused", "too_large", "retry", "setup"]
    message: SafeText = NOTHING
    receipts: tuple[Receipt, ...] = ()
    sure: bool = True
    everywhere: bool = False
    slow_down: bool = False
    hint: str = ""
    exit_status: ExitStatus = ExitStatus.DELIVERED
    status: int = 0

    @property
    def failure(self) -> SetupFailure | None:
        """The problem that a person must fix, if the verdict is `setup`."""
        return SetupFailure(self.message, self.hint, self.exit_status) if self.verdict == "setup" else None


class _Contradiction(Exception):
    """An answer that does not agree with what was sent, or with itself."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """An answer to a batch. said: its JSON object, if it has one. body: all of it, if known."""

    batch: Batch
    status: int
    said: Json
    destination: Destination
    body: bytes | None = None

    @property
    def service(self) -> SafeText:
        return SafeText.known(self.destination.service)

    @property
    def told(self) -> str:
        """The message about the reply where nothing better is known."""
        return f"{self.destination.service} responds with status {self.status}"


def judge(batch: Batch, reply: Reply | NoReply, destination: Destination) -> Answer:
    """The meaning of a reply, or of none, for the batch that was sent."""
    if isinstance(reply, NoReply):
        return _unanswered(reply)
    body = reply.body.strip() if reply.is_whole else None
    heard = _Heard(batch, reply.status, _parse(reply.body), destination, body)
    for rule in destination.answers.rules:
        if _fits(rule, heard):
            answer = _by_rule(rule, heard)
            if answer is not None:
                return _of_reply(answer, reply)
    return _of_reply(_by_status(heard), reply)


def _fits(rule: AnswerRule, heard: _Heard) -> bool:
    if heard.status not in rule.statuses or (rule.body is not None and heard.body != rule.body):
        return False
    return rule.when is None or _holds(rule.when, heard.said)


def _of_reply(answer: Answer, reply: Reply) -> Answer:
    """The same; a service that is overloaded and says when to come again has looked at nothing."""
    is_later = reply.status == _UNAVAILABLE and reply.retry_after is not None
    is_untaken = is_later and answer.verdict == "retry"
    return replace(answer, sure=answer.sure or is_untaken, status=reply.status)


def _unanswered(missing: NoReply) -> Answer:
    if missing.hint:
        return Answer("setup", missing.message, hint=missing.hint, exit_status=ExitStatus.WRONG_SETUP)
    return Answer("retry", missing.message, sure=missing.sure)


def _parse(body: bytes) -> Json:
    """The JSON object of a body; None for HTML, half a text, what is nested too deep or has a key twice."""
    try:
        said: Json = json.loads(body, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("duplicate key")
    return made


def _refuse(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def _ask(read: CompiledExpression | None, said: Json) -> Json:
    """The value that an expression reads; None where it cannot read such a value."""
    if read is None or said is None:
        return None
    try:
        return read(said)
    except (Invalid, Overrun, RecursionError):
        return None


def _holds(read: CompiledExpression, said: Json) -> bool:
    """Whether an expression is true, as JMESPath has it."""
    value = _ask(read, said)
    return not (value is None or value is False or value in ("", [], {}))


def _by_rule(rule: AnswerRule, heard: _Heard) -> Answer | None:
    """The meaning of an answer by a rule; None where it has nothing that the rule could read."""
    if rule.proof is None:
        return _meant(rule, heard)
    try:
        receipts = _receipts(rule, rule.proof, heard)
        if receipts is None:
            return None
        _check_counts(rule, receipts, heard)
    except _Contradiction:
        return Answer("retry", SafeText(_CONTRADICTS, heard.service, heard.status), sure=False)
    some = rule.says and any(receipt.status == "refused" for receipt in receipts)
    return Answer("settled", _message(rule, heard) if some else NOTHING, receipts)


def _meant(rule: AnswerRule, heard: _Heard) -> Answer:
    message = _message(rule, heard)
    if rule.means in ("refused", "too_large"):
        return Answer("too_large" if rule.means == "too_large" else "refused", message)
    if rule.means == "setup":
        named = rule.setting or heard.status in _CREDENTIALS_REFUSED
        exit_status = ExitStatus.NOT_ADMITTED if named else ExitStatus.WRONG_SETUP
        return Answer("setup", message, hint=rule.hint, exit_status=exit_status)
    unseen = rule.means in ("slow_down", "paused")
    return Answer("retry", message, sure=unseen, everywhere=unseen, slow_down=rule.means == "slow_down")


def _by_status(heard: _Heard) -> Answer:
    """The meaning of a status that no rule is for: never that anything was delivered."""
    status, told = heard.status, heard.told
    if 200 <= status < 300:
        return Answer("retry", SafeText(_UNCLEAR, heard.service, status), sure=False)
    if status == _TOO_LARGE:
        told = f"{heard.destination.service} says the request is too large"
        return _meant(AnswerRule(_NO_STATUS, means="too_large", says=told), heard)
    if status == _SLOW_DOWN:
        return _meant(AnswerRule(_NO_STATUS, means="slow_down"), heard)
    if status in _TRANSIENT or status >= 500 or status < 200:
        return _meant(AnswerRule(_NO_STATUS, means="retry"), heard)
    if status < 400:
        told += ", a redirect, which is not followed"
    return _meant(AnswerRule(_NO_STATUS, means="setup", says=told, hint=_SEE_ADDRESS), heard)


def _receipts(rule: AnswerRule, proof: Proof, heard: _Heard) -> tuple[Receipt, ...] | None:
    """A receipt for each payload; None where the answer has nothing to prove one by.

    Raises _Contradiction where what it has does not agree with what was sent.
    """
    batch, said = heard.batch, heard.said
    match proof:
        case Entries():
            entries = _ask(proof.entries, said)
            return None if entries is None or entries == [] else _by_entries(proof, entries, heard)
        case Count():
            count = _ask(proof.count, said)
            if count is None:
                return None
            _agree(count, len(batch))
            return batch.receipts("delivered")
        case Failed():
            failed = _ask(proof.failed, said)
            return None if failed is None or failed == [] else _but(proof, failed, heard)
        case All():
            is_proved = said is not None or rule.body is not None
            return batch.receipts("delivered") if is_proved else None


def _by_entries(proof: Entries, entries: Json, heard: _Heard) -> tuple[Receipt, ...]:
    """A receipt for each payload by its position."""
    if not isinstance(entries, list) or len(entries) != len(heard.batch):
        raise _Contradiction
    receipts = []
    for parcel, told in zip(heard.batch.parcels, _read_entries(proof, entries), strict=True):
        if told == _PLAIN:
            receipts.append(Receipt(parcel, "delivered"))
            continue
        good, refused, reason, warning = told
        if good == refused:
            raise _Contradiction
        sent = Sent([parcel.body], heard.destination.words)
        if refused:
            receipts.append(_refused(parcel, quote(reason, sent), quote(warning, sent), heard))
        else:
            receipts.append(Receipt(parcel, "delivered", "", quote(reason, sent), quote(warning, sent)))
    return tuple(receipts)


_PLAIN: tuple[bool, bool, Json, Json] = (True, False, None, None)
"""The meaning of most entries: the payload was processed, and nothing more."""


def _read_entries(proof: Entries, entries: list[Json]) -> Iterator[tuple[bool, bool, Json, Json]]:
    """Read each entry: whether it says that its payload was processed, and refused; the reason; a warning.

    Most entries are equal to the one before, and say the same. One of other values than texts is read anew:
    to Python `true` equals 1.
    """
    last: Json = None
    told = _PLAIN
    for entry in entries:
        if last is None or entry != last:
            reason, warning = _ask(proof.reason, entry), _ask(proof.warning, entry)
            told = (_holds(proof.ok, entry), _holds(proof.bad, entry), reason or None, warning or None)
            is_text = isinstance(entry, dict) and all(type(one) is str for one in entry.values())
            last = entry if is_text else None
        yield told


def _but(proof: Failed, failed: Json, heard: _Heard) -> tuple[Receipt, ...]:
    """All delivered but those that are listed by their index."""
    reasons: dict[int, Json] = {}
    for one in failed if isinstance(failed, list) else [None]:
        index = one.get("index") if isinstance(one, dict) else None
        place = index - proof.first if type(index) is int else -1
        if not 0 <= place < len(heard.batch) or place in reasons:
            raise _Contradiction
        reasons[place] = one.get("reason") if isinstance(one, dict) else None
    receipts = []
    for place, parcel in enumerate(heard.batch.parcels):
        if place in reasons:
            reason = quote(reasons[place], Sent([parcel.body], heard.destination.words))
            receipts.append(_refused(parcel, reason, NOTHING, heard))
        else:
            receipts.append(Receipt(parcel, "delivered"))
    return tuple(receipts)


def _refused(parcel: Parcel, reason: SafeText, warning: SafeText, heard: _Heard) -> Receipt:
    reason = reason or SafeText("{} gives no reason", heard.service)
    return Receipt(parcel, "refused", "rejected", reason, warning)


def _check_counts(rule: AnswerRule, receipts: tuple[Receipt, ...], heard: _Heard) -> None:
    """Raise _Contradiction where a count that a rule names is not there, or is another one."""
    delivered = sum(receipt.status == "delivered" for receipt in receipts)
    for read, due in ((rule.received, len(heard.batch)), (rule.processed, delivered)):
        if read is not None:
            _agree(_ask(read, heard.said), due)


def _agree(said: Json, due: int) -> None:
    """Raise _Contradiction unless a number, or each in a list of them, is the one that is due.

    Nulls in a list, for where an answer has none, count for nothing.
    """
    numbers = [one for one in said if one is not None] if isinstance(said, list) else [said]
    if not numbers or any(type(one) is not int or one != due for one in numbers):
        raise _Contradiction


def _code(heard: _Heard) -> int | None:
    """The code of an answer; a number of more digits than codes have is none."""
    code = _ask(heard.destination.answers.code, heard.said)
    return code if type(code) is int and abs(code) < _MOST_CODES else None


def _message(rule: AnswerRule, heard: _Heard) -> SafeText:
    """`the token is not accepted (status 401, code 2: Authentication failed.)`"""
    code = _code(heard)
    sent = Sent([parcel.body for parcel in heard.batch.parcels], heard.destination.words)
    text = quote(_ask(rule.reason or heard.destination.answers.message, heard.said), sent)
    told = SafeText("status {}", heard.status)
    if code is not None:
        told = SafeText("{}, code {}", told, code)
    if text:
        told = SafeText("{}: {}", told, text)
    return SafeText("{} ({})", SafeText.known(rule.says or heard.told), told)
