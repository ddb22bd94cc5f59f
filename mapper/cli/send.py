"""`mapper send`: events in, payloads delivered."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import click

import mapper
from mapper.cli.applied import Run
from mapper.cli.command import new_command
from mapper.cli.delivered import describe_delivery, describe_rehearsal
from mapper.cli.given import Given, given_options
from mapper.cli.given import told as told_of
from mapper.cli.output import refuse_same_file
from mapper.cli.signals import raised
from mapper.cli.tell import describe, tell, tell_summary
from mapper.cli.units import Duration, Rate
from mapper.delivery.exit_status import ExitStatus
from mapper.feeds import Block
from mapper.safe_text import NOTHING, SafeText

if TYPE_CHECKING:
    from mapper.delivery.batch import Parcel, Receipt
    from mapper.delivery.courier import Terms
    from mapper.delivery.credentials import Endpoint, SetupFailure
    from mapper.delivery.destination import Destination
    from mapper.delivery.rehearsal import Rehearsal
    from mapper.delivery.summary import Delivery

# Requests under way end before a supervisor loses its patience, which is often 30 seconds.
_STOP_SECONDS = 25

_EXAMPLE = """\
mapper send mappings/shop.yaml events.ndjson --dry-run
mapper send mappings/shop.yaml events.ndjson --test
mapper send mappings/shop.yaml events.ndjson --url http://127.0.0.1:8787/v5 --rejects rejects"""


@dataclass(slots=True)
class _Reading:
    """The feed on its way to parcels.

    ended: it was read to its end. trouble: what ended it early, with the status to exit with.
    """

    run: Run
    blocks: Iterator[Block]
    destination: Destination
    ended: bool = False
    trouble: SafeText = NOTHING
    exit_status: int = 0

    def parcels(self) -> Iterator[Parcel]:
        """A parcel for each payload, as the feed is read; a file that breaks ends it before its end."""
        from mapper.delivery.batch import wrap

        number = 0
        while (block := self._next()) is not None:
            try:
                for line, payload in self.run.apply(block):
                    self.run.send(payload)
                    yield wrap(payload, number, f"{self.run.feed_name}:{line}", self.destination)
                    number += 1
            except OSError as error:
                self.trouble, self.exit_status = describe(error), ExitStatus.UNWRITABLE
                return

    def _next(self) -> Block | None:
        try:
            block = next(self.blocks, None)
            self.ended = block is None
            return block
        except InterruptedError:
            return None
        except OSError as error:
            self.trouble, self.exit_status = describe(error), ExitStatus.UNREADABLE
        return None


@new_command("send", _EXAMPLE)
@click.option("--test", is_flag=True, help="The service checks the events and keeps nothing of them.")
@click.option("--url", help="Base address of the API. Plain http only on this machine.")
@click.option("--batch-size", type=click.IntRange(1), help="Events in a request at most.")
@click.option("--max-rate", type=Rate(), help="Requests a second at most.")
@click.option(
    "--give-up",
    type=Duration(),
    default="10m",
    show_default=True,
    help="Give up after so long without success.",
)
@click.option("--dry-run", is_flag=True, help="Deliver nothing, say what would be. Needs no credentials.")
@click.option(
    "--allow-target",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="Schema of a target of your own: where it says payloads go, they go, with the secrets it names.",
)
@given_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    test: bool,
    url: str | None,
    batch_size: int | None,
    max_rate: float | None,
    give_up: float,
    dry_run: bool,
    **options: Any,
) -> None:
    """Turn EVENTS into payloads and deliver them in batches.

    The credentials come from the environment; if they are missing, the message says which variables they are.
    Exits with 1 if payloads were refused, 69 if the service did not answer, 77 or 78 if something must be set
    right first.
    """
    given = Given(**options)
    refuse_same_file(given.mapping, given.events, given.rejects)
    program = given.compiled()
    destination = _destination(program.target, given)
    to = (_where if dry_run else _endpoint)(destination, url, test)
    terms = _terms(batch_size, max_rate, give_up, test)
    stop = threading.Event()
    with raised(), given.open(program, progress_shown=True, stop=stop) as (run, blocks):
        reading = _Reading(run, blocks, destination)
        if isinstance(to, str):
            told, status = describe_rehearsal(_rehearse(reading, terms), to), 0
        else:
            delivery = _deliver(reading, to, terms, stop)
            delivery = replace(delivery, finished=delivery.finished or reading.ended)
            told, status = describe_delivery(delivery, _stand_in(to, destination)), delivery.exit_status
    tell_summary(SafeText("{}{}", told_of(run, given), told))
    if reading.trouble:
        behind = SafeText("{}, behind line {} of the feed", reading.trouble, run.last_line)
        _end(behind, reading.exit_status)
    ctx.exit(status or int(given.fail_on_reject and run.counts.rejected > 0))


def _destination(target: str, given: Given) -> Destination:
    try:
        return mapper.destination(
            target, schemas=given.schemas, beside=given.mapping, allow_target=given.allow_target
        )
    except LookupError as error:
        _end(SafeText.known(str(error.args[0])), ExitStatus.WRONG_SETUP)


def _where(destination: Destination, url: str | None, test: bool) -> str:
    from mapper.delivery.credentials import SetupFailure, url_of_requests

    found = url_of_requests(destination, base_url=url, test=test)
    if isinstance(found, SetupFailure):
        _fail(found)
    return found


def _endpoint(destination: Destination, url: str | None, test: bool) -> Endpoint:
    from mapper.delivery.credentials import SetupFailure, address, read_credentials

    credentials = read_credentials(destination, os.environ)
    if isinstance(credentials, SetupFailure):
        _fail(credentials)
    endpoint = address(destination, credentials, base_url=url, test=test)
    if isinstance(endpoint, SetupFailure):
        _fail(endpoint)
    return endpoint


def _stand_in(to: Endpoint, destination: Destination) -> str:
    """The host that requests go to, if it is not the service's own."""
    host = urlsplit(to.url).netloc
    return "" if host == urlsplit(destination.base_url).netloc else host


def _fail(failure: SetupFailure) -> NoReturn:
    hint = f"\n  hint: {failure.hint}" if failure.hint else ""
    _end(SafeText.known(failure.message + hint), failure.exit_status)


def _end(message: SafeText, exit_status: int) -> NoReturn:
    tell(message)
    click.get_current_context().exit(exit_status)


def _terms(batch_size: int | None, max_rate: float | None, give_up: float, test: bool) -> Terms:
    from mapper.delivery.courier import Terms

    return Terms(give_up_seconds=give_up, events=batch_size, requests_per_second=max_rate, test=test)


def _rehearse(reading: _Reading, terms: Terms) -> Rehearsal:
    from mapper.delivery.rehearsal import rehearse

    return rehearse(reading.parcels(), reading.destination, terms=terms)


def _deliver(reading: _Reading, endpoint: Endpoint, terms: Terms, stop: threading.Event) -> Delivery:
    from mapper.delivery.courier import deliver
    from mapper.delivery.outbox import MemoryOutbox
    from mapper.delivery.transport import connect

    def told(receipts: tuple[Receipt, ...]) -> None:
        try:
            _write_unsent(reading.run, receipts)
        except OSError as error:
            reading.trouble, reading.exit_status = describe(error), ExitStatus.UNWRITABLE
            stop.set()

    with _stopping(stop) as asked:
        delivery = deliver(
            MemoryOutbox(reading.parcels()),
            reading.destination,
            connect(endpoint, connections=terms.concurrency),
            terms=terms,
            stop=stop,
            told=told,
            say=tell,
        )
    if delivery.interrupted and not delivery.finished and not reading.trouble:
        reading.trouble, reading.exit_status = SafeText("interrupted"), asked.status
    return delivery


def _write_unsent(run: Run, receipts: tuple[Receipt, ...]) -> None:
    for receipt in receipts:
        if receipt.status != "accepted":
            line = int(receipt.parcel.place.rpartition(":")[2])
            run.write_unsent(line, receipt.status, receipt.kind, receipt.reason)


@dataclass(slots=True)
class _Asked:
    """What a delivery that was asked to stop ends with."""

    status: ExitStatus = ExitStatus.INTERRUPTED


@contextmanager
def _stopping(stop: threading.Event) -> Iterator[_Asked]:
    """Ctrl-C and SIGTERM let requests under way finish, for some seconds; a second one ends at once."""
    asked = _Asked()
    timer = threading.Timer(_STOP_SECONDS, lambda: os._exit(asked.status))
    timer.daemon = True

    def ask(number: int, frame: object) -> None:
        asked.status = ExitStatus.TERMINATED if number == signal.SIGTERM else ExitStatus.INTERRUPTED
        if timer.is_alive():
            os._exit(asked.status)
        stop.set()
        # Not through a buffer, which the signal may have found half filled.
        os.write(2, b"mapper: finishing the requests under way; once more ends at once\n")
        timer.start()

    asking = [getattr(signal, name) for name in ("SIGINT", "SIGTERM") if hasattr(signal, name)]
    before = {number: signal.signal(number, ask) for number in asking}
    try:
        yield asked
    finally:
        timer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)
