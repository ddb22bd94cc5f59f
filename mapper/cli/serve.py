"""`mapper serve`: HTTP requests accepted into an outbox, and delivered from it."""

from __future__ import annotations

import errno
import threading
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import click

import mapper
from mapper.cli.acceptance_options import (
    check_min_free,
    kept_outbox_option,
    no_deliver_option,
    space_options,
)
from mapper.cli.command import fields_of, new_command, schemas_option, with_options
from mapper.cli.delivery_options import ROUTE_OPTIONS
from mapper.cli.log import Log, log_format_option
from mapper.cli.messages import error_line, with_hint
from mapper.cli.outbox_file import MEMORY, ending_on_trouble, space_limits
from mapper.cli.recipient import fail
from mapper.cli.signals import stopping
from mapper.cli.summary import number
from mapper.delivery.credentials import SetupFailure
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.outbox.room import SpaceLimits
from mapper.extras import missing_extra
from mapper.texts.log_events import LogLine, noted
from mapper.values.safe_text import NOTHING, SafeText

if TYPE_CHECKING:
    import socket

    from mapper.cli.serve_entries import ServedIntake
    from mapper.serving.counting import ServerCounts
    from mapper.serving.keeper import Renew

_EXAMPLE = """\
mapper serve intake.yaml --outbox shop.outbox
mapper serve intake.yaml --outbox shop.outbox --host 0.0.0.0 --log-format json
mapper serve intake.yaml --outbox shop.outbox --no-deliver"""

_options = with_options(
    click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on."),
    click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=8080,
        show_default=True,
        help="Port to listen on; 0 picks a free one.",
    ),
    kept_outbox_option,
    no_deliver_option,
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
        help="Maximum for one client address. Default: 64; no limit with --proxies.",
    ),
    click.option(
        "--shared-port",
        is_flag=True,
        help="Let another process listen on the port too, to replace one without a gap.",
    ),
    *space_options("Answer 503 while the outbox is larger. Default: no limit.", "Answer 503"),
    click.option(
        "--keep-raw",
        is_flag=True,
        help="Keep events until they are delivered, encrypted by MAPPER_RAW_KEY, to map them again.",
    ),
    *ROUTE_OPTIONS,
    schemas_option,
    log_format_option,
)
_PER_ADDRESS = 64
_UNREFUSED = frozenset({"accepted", "handshake", "gone"})
"""The ends of requests that were not refused: accepted, a handshake, or the client went away."""
_LISTEN_HINTS = {
    errno.EADDRINUSE: SafeText(
        "another process listens there; choose another --port, or start both with --shared-port to replace it"
    ),
    errno.EACCES: SafeText("this user may not listen on ports below 1024; choose a higher --port"),
    errno.EADDRNOTAVAIL: SafeText(
        "--host takes an address of this machine: 127.0.0.1 for itself alone, 0.0.0.0 for all of its networks"
    ),
}


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
    ledger: float
    accounts: str | None
    allow_target: str | None
    schemas: str | None
    log_format: str

    @property
    def of_address(self) -> int:
        """Connections of one address; 0: as many as there may be, since all come from a proxy."""
        given = self.max_connections_per_address
        return given if given is not None else 0 if self.proxies else _PER_ADDRESS


@new_command("serve", _EXAMPLE)
@click.argument("intake", type=click.Path(exists=True, dir_okay=False))
@_options
@click.pass_context
def command(ctx: click.Context, /, intake: str, **values: Any) -> None:
    """Accept webhooks and beacons into an outbox, and deliver them.

    INTAKE names the paths, how each sender is checked, and the mapping of its events. A request is answered
    with 202 once its payloads are on the disk. The address is the first line on stdout. SIGTERM or Ctrl-C
    ends it, with status 0, when the requests in progress are finished. SIGHUP has INTAKE, its mappings and
    secrets in files read anew; what has errors goes on as it was. Exits with 1 if INTAKE or all mappings
    have errors, 69 if the server of the outbox does not answer, 74 if the address or the outbox cannot be
    used, 77 or 78 if a secret, the credentials or the setup must be fixed first. Needs the extra `serve`.
    """
    options = fields_of(ServeOptions, values)
    log = Log(options.log_format == "json")
    try:
        import httptools  # noqa: F401  # to find out whether it is there
        import jwt  # noqa: F401  # likewise: it checks identity tokens
    except ImportError:
        fail(SetupFailure(missing_extra("`mapper serve`", "serve")), log)
    if options.outbox == MEMORY:
        raise click.UsageError("serve keeps accepted events on disk: name a file with --outbox")
    check_min_free(options.min_free, options.outbox)
    from mapper.cli.serve_entries import read_anew, read_entries

    try:
        served = read_entries(intake, options, log)
    except mapper.CompileError as error:
        log.errors(error)
        ctx.exit(1)
    except OSError as error:
        fail(SetupFailure(error_line(error)), log)
    if isinstance(served, SetupFailure):
        fail(served, log)
    if not served.served.entries:
        ctx.exit(1)  # what is wrong was said
    with ending_on_trouble(log):
        ctx.exit(_serve(served, partial(read_anew, intake, options, log), options, log))


def _serve(served: ServedIntake, read_anew: Renew, options: ServeOptions, log: Log) -> int:
    """Serve until the end; the status to exit with."""
    from mapper.serving.keeper import start_keeper
    from mapper.serving.limits import ServerLimits
    from mapper.serving.server import ServerSetup, serve

    stop, renew = threading.Event(), threading.Event()
    with ExitStack() as stack:
        # Before there are threads, sockets or an outbox, none of which may be in a process that maps.
        keeper = stack.enter_context(closing(start_keeper(served.workers, read_anew)))
        listener = stack.enter_context(closing(_listener(options, log)))
        store, name = served.open_store(log)
        stack.enter_context(closing(store))
        setup = ServerSetup(
            served.served,
            keeper,
            store,
            space_limits(name, SpaceLimits(options.max_outbox, options.min_free)),
            listener,
            stop,
            renew,
            log.say,
            options.jobs,
            options.proxies,
            ServerLimits(connections=options.max_connections, per_peer=options.of_address),
            None if options.no_deliver else served.new_couriers(store, log),
            None if served.sealer is None else served.sealer.seal,
            options.shared_port,
        )

        def ready(mapped: Iterable[LogLine]) -> None:
            served.say_ready(store, name, log)
            for line in mapped:
                log.say(line)
            click.echo(_address(listener))

        asked = stack.enter_context(stopping(stop, log.say, renew.set))
        counts = serve(setup, ready)
        log.say(_ended(counts))
    return ExitStatus.DELIVERED if asked.number else ExitStatus.MISTAKE


def _listener(options: ServeOptions, log: Log) -> socket.socket:
    """The socket that is listened on; exits with a hint where the system does not give it."""
    from mapper.serving.server import listen

    try:
        return listen(options.host, options.port, shared=options.shared_port)
    except OSError as error:
        hint = _LISTEN_HINTS.get(error.errno or 0, NOTHING)
        log.say(noted("not_started", with_hint(error_line(error), hint)))
        click.get_current_context().exit(ExitStatus.UNWRITABLE)


def _address(listener: socket.socket) -> str:
    """The address that is listened on."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _ended(counts: ServerCounts) -> LogLine:
    """That it has ended, with what became of all requests and their events."""
    requests, events = Counter[str](), Counter[str]()
    for (_, end), count in counts.requests.items():
        requests[end] += count
    for (_, outcome), count in counts.events.items():
        events[outcome] += count
    refused = sum(count for end, count in requests.items() if end not in _UNREFUSED)
    stored, rejected, skipped, before = (
        events[outcome] for outcome in ("accepted", "rejected", "skipped", "replayed")
    )
    text = "ended: {} accepted, {:,} refused; {} stored, {:,} rejected, {:,} skipped, {:,} stored before"
    accepted, payloads = number(requests["accepted"], "request"), number(stored, "payload")
    return noted(
        "ended",
        SafeText(text, accepted, refused, payloads, rejected, skipped, before),
        accepted_requests=requests["accepted"],
        refused_requests=refused,
        stored=stored,
        rejected=rejected,
        skipped=skipped,
        stored_before=before,
    )
