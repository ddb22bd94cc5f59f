"""`mapper serve`: HTTP requests accepted into an outbox, and delivered from it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import click

from mapper.cli.command import new_command, schemas_option
from mapper.cli.delivery_options import (
    accounts_option,
    allow_target_option,
    max_rate_option,
    offline_option,
    url_option,
)
from mapper.cli.log import Log, log_format_option
from mapper.cli.messages import error_line, tell, with_hint
from mapper.cli.option_types import Size
from mapper.cli.outbox_file import MEMORY, outbox_trouble
from mapper.cli.signals import stopping
from mapper.cli.summary import number
from mapper.delivery.credentials import SetupFailure
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.outbox.store import OutboxError
from mapper.extras import missing_extra
from mapper.safe_text import SafeText

if TYPE_CHECKING:
    from mapper.cli.serve_entries import ServedIntake
    from mapper.serving.counting import ServerCounts

_EXAMPLE = """\
mapper serve intake.yaml --outbox shop.outbox
mapper serve intake.yaml --outbox shop.outbox --host 0.0.0.0 --log-format json
mapper serve intake.yaml --outbox shop.outbox --no-deliver"""

_OPTIONS = (
    click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on."),
    click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=8080,
        show_default=True,
        help="Port to listen on; 0 picks a free one.",
    ),
    click.option(
        "--outbox",
        metavar="FILE|postgresql://HOST/DATABASE",
        help="Where accepted events are kept until delivered. By default a file in your state folder.",
    ),
    click.option("--no-deliver", is_flag=True, help="Accept only; `mapper deliver` delivers."),
    click.option(
        "--jobs",
        type=click.IntRange(1, 256),
        default=2,
        show_default=True,
        help="Number of processes that map events.",
    ),
    click.option(
        "--proxies",
        type=click.IntRange(0, 9),
        default=0,
        show_default=True,
        help="Number of your own proxies before this server, each of which adds to X-Forwarded-For.",
    ),
    click.option(
        "--max-connections",
        type=click.IntRange(1, 60_000),
        default=512,
        show_default=True,
        help="Maximum number of open connections.",
    ),
    click.option(
        "--max-connections-per-address",
        type=click.IntRange(1, 60_000),
        help="The same for one client address. Default: 64; no limit with --proxies.",
    ),
    click.option(
        "--shared-port",
        is_flag=True,
        help="Let another process listen on the port too, to replace one without a gap.",
    ),
    click.option(
        "--max-outbox", type=Size(), help="Answer 503 while the outbox is larger. Default: no limit."
    ),
    click.option(
        "--min-free",
        type=Size(),
        help="Answer 503 while less is free on the disk. Default: a tenth of it, at most 1GiB.",
    ),
    click.option(
        "--keep-raw",
        is_flag=True,
        help="Keep events that a mapping rejects, encrypted by the key in MAPPER_RAW_KEY.",
    ),
    url_option,
    max_rate_option,
    offline_option,
    accounts_option,
    allow_target_option,
    schemas_option,
    log_format_option,
)
_PER_ADDRESS = 64


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """The values of these options."""

    host: str
    port: int
    outbox: str | None
    no_deliver: bool
    jobs: int
    proxies: int
    max_connections: int
    max_connections_per_address: int | None
    shared_port: bool
    max_outbox: int | None
    min_free: int | None
    keep_raw: bool
    url: str | None
    max_rate: float | None
    offline_ambiguous: str
    accounts: str | None
    allow_target: str | None
    schemas: str | None
    log_format: str

    @property
    def of_address(self) -> int:
        """Connections of one address; 0: as many as there may be, since all come from a proxy."""
        given = self.max_connections_per_address
        return given if given is not None else 0 if self.proxies else _PER_ADDRESS


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@new_command("serve", _EXAMPLE)
@click.argument("intake", type=click.Path(exists=True, dir_okay=False))
@_options
@click.pass_context
def command(ctx: click.Context, /, intake: str, **values: Any) -> None:
    """Accept webhooks and beacons into an outbox, and deliver them.

    INTAKE names the paths, how each sender is checked, and the mapping of its events. A request is answered
    with 202 once its payloads are on the disk. The address is the first line on stdout. SIGTERM or Ctrl-C
    ends it, with status 0, when the requests in progress are finished.
    """
    options = ServeOptions(**{one.name: values[one.name] for one in fields(ServeOptions)})
    log = Log(options.log_format == "json")
    try:
        import httptools  # noqa: F401  # to find out whether it is there
        import jwt  # noqa: F401  # likewise: it checks identity tokens
    except ImportError:
        tell(SafeText.known(missing_extra("`mapper serve`", "serve")))
        ctx.exit(ExitStatus.WRONG_SETUP)
    if options.outbox == MEMORY:
        raise click.UsageError("serve keeps what it has accepted on a disk: name a file by --outbox")
    from mapper.cli.serve_entries import read_entries

    served = read_entries(intake, options, log)
    if isinstance(served, SetupFailure):
        log.say(with_hint(SafeText.known(served.message), SafeText.known(served.hint)))
        ctx.exit(served.exit_status)
    try:
        ctx.exit(_serve(served, options, log))
    except OutboxError as error:
        text, status = outbox_trouble(error)
        log.say(text)
        ctx.exit(status)
    except OSError as error:
        log.say(error_line(error))
        ctx.exit(ExitStatus.UNWRITABLE)


def _serve(served: ServedIntake, options: ServeOptions, log: Log) -> int:
    """Serve until the end; the status to exit with."""
    from mapper.serving.keeper import start_keeper
    from mapper.serving.limits import ServerLimits
    from mapper.serving.server import ServerSetup, listen, serve

    stop = threading.Event()
    with ExitStack() as stack:
        # Before there are threads, sockets or an outbox, none of which may be in a process that maps.
        keeper = stack.enter_context(closing(start_keeper([one.worker for one in served.entries])))
        listener = stack.enter_context(
            closing(listen(options.host, options.port, shared=options.shared_port))
        )
        store, name = served.open_store()
        stack.enter_context(closing(store))
        setup = ServerSetup(
            served.entries,
            keeper,
            store,
            served.space(name),
            listener,
            stop,
            log.say,
            options.jobs,
            options.proxies,
            ServerLimits(connections=options.max_connections, per_peer=options.of_address),
            None if options.no_deliver else served.new_couriers(store, log),
            None if served.sealer is None else served.sealer.seal,
        )
        host, port = listener.getsockname()[:2]
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"

        def ready() -> None:
            click.echo(address)
            served.say_ready(name, log)

        asked = stack.enter_context(stopping(stop, log.say))
        counts = serve(setup, ready)
        log.say(_ended(counts))
    return ExitStatus.DELIVERED if asked.number else ExitStatus.MISTAKE


def _ended(counts: ServerCounts) -> SafeText:
    """What became of all requests and their events."""
    requests, events = counts.requests.total(), Counter[str]()
    for (_, end), count in counts.events.items():
        events[end] += count
    accepted = sum(count for (_, end), count in counts.requests.items() if end == "accepted")
    told = SafeText(
        "ended: {} accepted, {} not", number(accepted, "request"), SafeText("{:,}", requests - accepted)
    )
    of_events = SafeText(
        "{} stored, {:,} rejected, {:,} skipped, {:,} stored before",
        number(events["accepted"], "payload"),
        *(events[end] for end in ("rejected", "skipped", "replayed")),
    )
    return SafeText("{}; {}", told, of_events)
