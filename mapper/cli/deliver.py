"""`mapper deliver`: the couriers alone, as a service over an outbox."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import NoReturn

import click

import mapper
from mapper.cli.account_file import AccountFile, read_account_file
from mapper.cli.command import here, new_command
from mapper.cli.log import Log, log_format_option
from mapper.cli.outbox_file import find_outbox, outbox_option
from mapper.cli.tell import describe, tell
from mapper.cli.units import Rate
from mapper.compiler.schema.json_schema import SchemaError
from mapper.delivery.clock import SYSTEM
from mapper.delivery.couriers import Couriers, Route, reason_of
from mapper.delivery.credentials import SetupFailure, address, read_credentials
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.metrics import write_metrics
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import Account, OutboxError
from mapper.delivery.outbox.store_thread import StoreThread, in_a_thread
from mapper.delivery.terms import Terms
from mapper.delivery.transport import connect
from mapper.safe_text import SafeText

_METRICS_SECONDS = 5.0

_EXAMPLE = """\
mapper deliver --metrics /var/lib/node_exporter/mapper.prom
mapper deliver --outbox orders.outbox --accounts accounts.yaml --log-format json
mapper deliver --once"""


@dataclass(frozen=True, slots=True)
class _Service:
    """What the couriers of this process have in common."""

    url: str | None
    allow_target: str | None
    accounts: AccountFile | None
    terms: Terms

    def route(self, account: Account) -> Route | SetupFailure:
        """The way of an account, read anew whenever it is asked for."""
        try:
            destination = mapper.destination(
                account.destination, beside=here(), allow_target=self.allow_target
            )
        except (LookupError, SchemaError) as error:
            return SetupFailure(str(error.args[0]))
        environment = (
            os.environ if self.accounts is None else self.accounts.environment(account.name, destination)
        )
        if isinstance(environment, SetupFailure):
            return environment
        credentials = read_credentials(destination, environment, test=account.test)
        if isinstance(credentials, SetupFailure):
            return credentials
        endpoint = address(destination, credentials, base_url=self.url, test=account.test)
        if isinstance(endpoint, SetupFailure):
            return endpoint
        return Route(destination, connect(endpoint, connections=self.terms.concurrency), self.terms)


@new_command("deliver", _EXAMPLE)
@outbox_option
@click.option("--url", help="Base address of the API. Plain http only on this machine.")
@click.option("--once", is_flag=True, help="End once nothing waits that can be delivered.")
@click.option("--max-rate", type=Rate(), help="Requests a second at most, for each account.")
@click.option(
    "--accounts",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="YAML: which variables or files hold the credentials of each account.",
)
@click.option(
    "--allow-target",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="Schema of a target of your own: where it says payloads go, they go, with the secrets it names.",
)
@click.option(
    "--offline-ambiguous",
    type=click.Choice(["resend", "hold"]),
    default="resend",
    show_default=True,
    help="Events whose copies the service counts, after a request without an answer.",
)
@click.option(
    "--metrics", type=click.Path(dir_okay=False), metavar="FILE", help="OpenMetrics, written every 5 s."
)
@log_format_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    outbox: str | None,
    url: str | None,
    once: bool,
    max_rate: float | None,
    accounts: str | None,
    allow_target: str | None,
    offline_ambiguous: str,
    metrics: str | None,
    log_format: str,
) -> None:
    """Deliver what waits in an outbox, as a service.

    It ends on SIGTERM or Ctrl-C. Several accounts are served side by side; each has one courier, in whatever
    process. It never gives up: it says once what a person must set right, and tries again every minute.
    """
    held = None if accounts is None else _accounts(accounts)
    terms = Terms(service=True, requests_per_second=max_rate, hold_ambiguous=offline_ambiguous == "hold")
    service = _Service(url, allow_target, held, terms)
    log = Log(log_format == "json")
    try:
        path = find_outbox(outbox)
        store = in_a_thread(open_outbox(path))
    except OutboxError as error:
        _end(str(error), error.hint, ExitStatus.WRONG_SETUP)
    try:
        couriers = _deliver(store, service, once, metrics, log)
    except OutboxError as error:
        _end(str(error), error.hint, ExitStatus.WRONG_SETUP)
    except OSError as error:
        tell(describe(error))
        ctx.exit(ExitStatus.UNWRITABLE)
    finally:
        store.close()
    if once and (reason := reason_of(couriers)):
        log.say(reason)
        ctx.exit(ExitStatus.WRONG_SETUP)


def _deliver(store: StoreThread, service: _Service, once: bool, metrics: str | None, log: Log) -> Couriers:
    stop = threading.Event()
    couriers = Couriers(store, service.route, stop, once, say=lambda account, line: log.say(line, account))

    async def run() -> None:
        with _stopped_by_signals(stop):
            writing = asyncio.create_task(_write_metrics(couriers, metrics))
            try:
                await couriers.run()
            finally:
                writing.cancel()
                with suppress(asyncio.CancelledError):
                    await writing
                await _write_once(couriers, metrics)

    log.say(SafeText("delivering; SIGTERM or Ctrl-C ends it"))
    asyncio.run(run())
    return couriers


async def _write_metrics(couriers: Couriers, path: str | None) -> None:
    while path is not None:
        await _write_once(couriers, path)
        await asyncio.sleep(_METRICS_SECONDS)


async def _write_once(couriers: Couriers, path: str | None) -> None:
    """Write the metrics beside their file and rename, so that nobody reads half of them."""
    if path is None:
        return
    accounts = await couriers.store.ask(couriers.store.outbox.status)
    text = write_metrics(accounts, couriers.senders, SYSTEM.now())
    await asyncio.to_thread(_replace, path, text)


def _replace(path: str, text: str) -> None:
    beside = f"{path}.new"
    with open(beside, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(beside, path)


@contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """The first signal lets requests under way finish; a second one ends at once, which loses nothing."""

    def ask(number: int, frame: object) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _accounts(path: str) -> AccountFile:
    found = read_account_file(path)
    if isinstance(found, SetupFailure):
        _end(found.message, found.hint, found.exit_status)
    return found


def _end(message: str, hint: str, status: ExitStatus) -> NoReturn:
    tell(SafeText.known(f"{message}\n  hint: {hint}" if hint else message))
    raise click.exceptions.Exit(status)
