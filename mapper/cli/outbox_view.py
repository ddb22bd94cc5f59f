"""The parts that all commands of `mapper outbox` share: opening one, and showing its contents."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import click

from mapper import authoring
from mapper.cli.command import here
from mapper.cli.messages import tell
from mapper.cli.outbox_file import open_found, outbox_trouble
from mapper.cli.progress import working
from mapper.delivery.batch import named_origin
from mapper.delivery.outbox.outbox_errors import OutboxError
from mapper.delivery.outbox.store import Account, DeadLetter, Outbox
from mapper.values.safe_text import SafeText

if TYPE_CHECKING:
    from mapper.values.types import Json

_OPENING = SafeText("opening the outbox")


@contextmanager
def errors_told() -> Iterator[None]:
    """Within it what is wrong with an outbox ends the command in one line."""
    try:
        yield
    except BrokenPipeError:
        raise
    except (OutboxError, OSError) as error:
        text, status = outbox_trouble(error)
        tell(text)
        raise click.exceptions.Exit(status) from None


@contextmanager
def opened(named: str | None) -> Iterator[Outbox]:
    """The outbox, closed at the end."""
    with errors_told():
        with working(_OPENING):
            found = open_found(named)[0]
        with closing(found) as outbox:
            yield outbox


def moment(seconds: float) -> str:
    """A time as all commands show it: `2026-11-26T14:30:04Z`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def moment_or_none(seconds: float) -> str | None:
    """The same; None for 0, which is no time."""
    return moment(seconds) if seconds else None


def place(feed: str, record: int) -> str:
    """The place of a source event, as `orders.ndjson:17`."""
    return f"{feed or '<stdin>'}:{record}"


def show_json(told: dict[str, Any]) -> None:
    """Print an object on a line of its own."""
    click.echo(json.dumps(told, ensure_ascii=False))


def origin_as_json(origin: str) -> dict[str, Any]:
    """The request in which an event came over HTTP, and what its sender calls the delivery."""
    request, delivery = named_origin(origin)
    return {
        "received_at": moment(int(request.partition("-")[0]) / 1000) if request else None,
        "http_request": request or None,
        "delivery_id": delivery or None,
    }


def origin_text(origin: str) -> str:
    """The same for a person, after a place."""
    request, delivery = named_origin(origin)
    named = f", delivery {delivery}" if delivery else ""
    return f" (request {request}{named})" if request else ""


def account_as_json(account: Account) -> dict[str, Any]:
    """The account of an event, as JSON."""
    return {
        "destination": account.destination,
        "account": account.name,
        "recipient": account.recipient,
    }


def letter_as_json(letter: DeadLetter, payload: bool) -> dict[str, Any]:
    """A dead letter; payload: with what would be sent, masked."""
    told: dict[str, Any] = {
        "id": letter.number,
        **account_as_json(letter.account),
        "place": place(letter.feed, letter.record),
        **origin_as_json(letter.origin),
        "stage": letter.stage,
        "kind": letter.kind,
        "reason": letter.reason,
        "died_at": moment(letter.died_at),
        "mapping_version": letter.version,
    }
    if payload and has_payload(letter):
        told["payload"] = masked_payload(letter)
    return told


def has_payload(letter: DeadLetter) -> bool:
    """Whether there is something that can be sent."""
    return bool(letter.body) and letter.stage != "mapping"


def masked_payload(letter: DeadLetter) -> Json:
    """The payload of a letter without personal values."""
    return _mask_of(letter.account.destination)(json.loads(letter.body))


@cache
def _mask_of(target: str) -> Callable[[Json], Json]:
    """The mask of a target's payloads; of one that is not found here, all is hidden."""
    from mapper.compiler.schema.json_schema import SchemaError
    from mapper.masking import mask, payload_mask

    try:
        return payload_mask(authoring.read_target(target, beside=here()))
    except (LookupError, SchemaError):
        return mask


@cache
def key_field(target: str) -> str | None:
    """The field of a target's payloads that holds the id of an event; None where its schema is not here."""
    from mapper.compiler.schema.json_schema import SchemaError

    try:
        return str(authoring.read_target(target, beside=here()).get("x-key", "")) or None
    except (LookupError, SchemaError):
        return None
