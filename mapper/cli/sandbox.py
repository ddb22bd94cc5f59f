"""`mapper sandbox`: a local stand-in of a destination's service."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

import mapper
from mapper.cli.command import here, new_command, only_target, schemas_option, tell_shadows
from mapper.cli.units import Duration, Moment
from mapper.compiler.schemas.schema import SchemaError

if TYPE_CHECKING:
    from mapper.delivery.destination import Destination
    from mapper.delivery.sandbox import Fault, Ledger, Validate

_EXAMPLE = """\
mapper sandbox --port 8787
mapper send mappings/shop.yaml events.ndjson --url http://127.0.0.1:8787/v5
mapper sandbox --fault 503:0.1 --fault reset:0.05 --latency 50ms --now 2026-05-01T10:00:00Z"""


class _FaultType(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on only
    """`503:0.1`, a tenth of the requests; `reset:0.05`, connections that break."""

    name = "fault"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Fault:
        from mapper.delivery.sandbox import Fault, read_fault

        if isinstance(value, Fault):
            return value
        try:
            return read_fault(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@new_command("sandbox", _EXAMPLE)
@click.argument("target", required=False)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8787, show_default=True, help="0: any free one."
)
@click.option(
    "--fault", "faults", type=_FaultType(), multiple=True, help="Requests that fail: 503:0.1, reset:0.05."
)
@click.option("--latency", type=Duration(), default=0.0, help="Wait before each answer, as 50ms.")
@click.option("--now", type=Moment(), help="The time it takes for the present when it starts.")
@click.option("--token", help="The only token that is let in. By default any is.")
@schemas_option
def command(
    target: str | None,
    port: int,
    faults: tuple[Fault, ...],
    latency: float,
    now: float | None,
    token: str | None,
    schemas: str | None,
) -> None:
    """Stand in for the service of TARGET on this machine.

    To try a mapping without the network: it checks requests as the service does and answers with its
    documented bodies. Its address is the first line on stdout. Ctrl-C ends it. TARGET may be left out where
    only one schema says how it is delivered.
    """
    from mapper.delivery.credentials import Secret
    from mapper.delivery.sandbox import Ledger, sandbox_app, serve

    try:
        destination, validate = _service(target, schemas)
    except (LookupError, SchemaError) as error:
        raise click.UsageError(str(error.args[0])) from None
    ledger = Ledger()
    app = sandbox_app(
        destination,
        validate,
        token=Secret(token) if token else None,
        now=time.time if now is None else _from(now),
        faults=faults,
        latency_seconds=latency,
        ledger=ledger,
    )
    with serve(app, port) as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        click.echo(f"a stand-in of {destination.service}; Ctrl-C ends it", err=True)
        try:
            threading.Event().wait()
        finally:
            click.echo(_seen(ledger), err=True)


def _service(target: str | None, schemas: str | None) -> tuple[Destination, Validate]:
    """What the sandbox knows of the service of a target. Raises LookupError and SchemaError."""
    tell_shadows([here()], schemas)
    name = target or only_target(schemas)
    destination = mapper.described_destination(name, schemas=schemas, beside=here())
    return destination, mapper.validator(name, schemas=schemas, beside=here())


def _from(start: float) -> Callable[[], float]:
    """A clock that shows `start` now and goes on from there."""
    began = time.monotonic()
    return lambda: start + time.monotonic() - began


def _seen(ledger: Ledger) -> str:
    """What came in, in one line."""
    requests = ", ".join(
        f"{count:,} with {status or 'broken off'}" for status, count in sorted(ledger.requests.items())
    )
    parts = [
        f"requests: {requests or 'none'}",
        f"events: {ledger.processed:,} processed, {ledger.failed:,} failed",
    ]
    if ledger.duplicates:
        parts.append(f"{ledger.duplicates:,} of them again")
    if ledger.tested:
        parts.append(f"{ledger.tested:,} in test mode")
    return "; ".join(parts)
