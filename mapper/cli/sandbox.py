"""`mapper sandbox`: a local server that answers as a destination's service does."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from mapper.cli.command import Command, here, new_command, only_target, schemas_option, tell_shadows
from mapper.cli.messages import tell_summary
from mapper.cli.option_types import Duration, Moment
from mapper.cli.options import argument, option, takes
from mapper.cli.signals import raised
from mapper.values.frozen import dataclass
from mapper.values.safe_text import SafeText

if TYPE_CHECKING:
    from mapper.delivery.credentials import Secret
    from mapper.delivery.destination import Destination
    from mapper.delivery.sandbox_server import Fault, Ledger, Validate

_EXAMPLE = """\
mapper sandbox --port 8787
mapper send mappings/shop.yaml events.ndjson --url http://127.0.0.1:8787/v5
mapper sandbox --fault 503:0.1 --fault reset:0.05 --latency 50ms --now 2026-05-01T10:00:00Z"""


class _FaultType(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on only
    """`503:0.1`, a tenth of the requests; `reset:0.05`, connections that break."""

    name = "kind:share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Fault:
        from mapper.delivery.sandbox_server import Fault, read_fault

        if isinstance(value, Fault):
            return value
        try:
            return read_fault(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _Sandbox(Command):
    """A command whose help lists the kinds of faults."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The kinds of faults, then the examples."""
        from mapper.delivery.fault_kinds import AFTER, BEFORE

        rows = [("300 to 599", "that status; nothing is processed"), *AFTER.items(), *BEFORE.items()]
        with formatter.section("Kinds of faults"):
            formatter.write_dl(rows)
        super().format_epilog(ctx, formatter)


@dataclass(frozen=True, slots=True)
class _SandboxOptions:
    """The call of `sandbox`: the service, and how."""

    target: str | None = argument(required=False)
    port: int = option(
        "--port",
        type=click.IntRange(0, 65535),
        default=8787,
        show_default=True,
        help="Port to listen on; 0 picks a free one.",
    )
    faults: tuple[Fault, ...] = option(
        "--fault",
        type=_FaultType(),
        multiple=True,
        help="Requests that fail, and their share: 503:0.1, reset:0.05. The kinds are listed below.",
    )
    latency: float = option(
        "--latency", type=Duration(), default=0.0, help="Delay before each answer, e.g. 50ms."
    )
    now: float | None = option(
        "--now", type=Moment(), help="Time to start the clock at, instead of the current time."
    )
    token: str | None = option(
        "--token", help="The only token, or other secret, to accept. By default, any is accepted."
    )
    schemas: str | None = schemas_option()


@new_command("sandbox", _EXAMPLE, _Sandbox)
@takes(_SandboxOptions)
def command(options: _SandboxOptions) -> None:
    """Simulate the service of TARGET on this machine.

    To try a mapping without the network: it checks requests as the service does and answers with its
    documented bodies. Its address is the first line on stdout. Ctrl-C ends it. TARGET may be left out where
    only one schema says how it is delivered.
    """
    import mapper
    from mapper.cli.program_argument import tell_errors
    from mapper.compiler.schema.json_schema import SchemaError
    from mapper.delivery.sandbox_server import Ledger, sandbox_app, serve

    try:
        destination, validate = _service(options.target, options.schemas)
    except (LookupError, SchemaError) as error:
        if isinstance(error, SchemaError) and error.found:
            tell_errors(mapper.CompileError(error.found))
            click.get_current_context().exit(1)
        raise click.UsageError(str(error.args[0])) from None
    ledger = Ledger()
    app = sandbox_app(
        destination,
        validate,
        known={} if options.token is None else _known(destination, options.token),
        now=time.time if options.now is None else _from(options.now),
        faults=options.faults,
        latency_seconds=options.latency,
        ledger=ledger,
    )
    with raised(), _told_at_the_end(ledger), serve(app, options.port) as url:
        tell_summary(SafeText("simulates {}; press Ctrl-C to stop\n", SafeText.known(destination.service)))
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        threading.Event().wait()


@contextmanager
def _told_at_the_end(ledger: Ledger) -> Iterator[None]:
    """Say what came in once all requests under way are answered, which would be missing from it before."""
    try:
        yield
    finally:
        if ledger.arrived or sys.exc_info()[0] is KeyboardInterrupt:
            tell_summary(_seen(ledger))


def _service(target: str | None, schemas: str | None) -> tuple[Destination, Validate]:
    """The destination of a target, and the check of its payloads. Raises LookupError and SchemaError."""
    import mapper
    from mapper import authoring

    tell_shadows([here()], schemas)
    name = target or only_target(schemas)
    destination = authoring.described_destination(name, schemas=schemas, beside=here())
    return destination, mapper.validator(name, schemas=schemas, beside=here())


def _known(destination: Destination, token: str) -> dict[str, Secret]:
    """The one value that each secret setting may have."""
    from mapper.delivery.credentials import Secret

    return {name: Secret(token) for name, one in destination.settings.items() if one.secret}


def _from(start: float) -> Callable[[], float]:
    """A clock that shows `start` now and goes on from there."""
    began = time.monotonic()
    return lambda: start + time.monotonic() - began


def _seen(ledger: Ledger) -> SafeText:
    """The requests and events that came in, in one line."""
    answered = [
        SafeText("{:,} with {}", count, SafeText("{}", status) if status else SafeText("broken off"))
        for status, count in sorted(ledger.requests.items())
    ]
    requests = SafeText.joined(", ", answered) or SafeText("none")
    parts = [
        SafeText("requests: {}", requests),
        SafeText("events: {:,} processed, {:,} failed", ledger.processed, ledger.failed),
    ]
    if ledger.duplicates:
        parts.append(SafeText("{:,} of them duplicates", ledger.duplicates))
    if ledger.tested:
        parts.append(SafeText("{:,} in test mode", ledger.tested))
    return SafeText("{}\n", SafeText.joined("; ", parts))
