"""The work of `mapper serve`: reads the entries, listens, and says how it ended."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING

import click

import mapper
from mapper.cli.delivery_run import DeliveryRun, new_run
from mapper.cli.messages import error_line, with_hint
from mapper.cli.recipient import fail
from mapper.cli.run_summary import number
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.outbox.named_outbox import MEMORY
from mapper.delivery.setup_failure import SetupFailure
from mapper.extras import missing_extra
from mapper.texts.log_events import LogLine, noted
from mapper.values.safe_text import NOTHING, SafeText

if TYPE_CHECKING:
    import socket

    from mapper.cli.log import Log
    from mapper.cli.serve_entries import ServedIntake
    from mapper.cli.serve_options import ServeOptions
    from mapper.serving.counting import ServerCounts
    from mapper.serving.keeper import Renew
    from mapper.serving.serving_process import ProcessSetup

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


def serve_intake(options: ServeOptions) -> int:
    """Serve the entries of an intake until the end; the exit status."""
    log = options.log()
    try:
        import httptools  # noqa: F401  # to find out whether it is there
        import jwt  # noqa: F401  # likewise: it checks identity tokens
    except ImportError:
        fail(SetupFailure(missing_extra("`mapper serve`", "serve")), log)
    if options.outbox == MEMORY:
        raise click.UsageError("serve keeps accepted events on disk: name a file with --outbox")
    options.space.check(options.outbox)
    from mapper.cli.serve_entries import read_anew, read_entries

    try:
        served = read_entries(options, log)
    except mapper.CompileError as error:
        log.errors(error)
        return 1
    except OSError as error:
        fail(SetupFailure(error_line(error)), log)
    if isinstance(served, SetupFailure):
        fail(served, log)
    if not served.served.entries:
        return 1  # what is wrong was said
    process = new_run(log, options.route.retention)
    with process.ending_on_trouble():
        return _serve(served, partial(read_anew, options, log), process)


def _serve(served: ServedIntake, read_anew: Renew, process: DeliveryRun) -> int:
    """Serve until the end; the status to exit with."""
    from mapper.serving.keeper import Kept, start_keeper
    from mapper.serving.server import ServerSetup, serve
    from mapper.serving.serving_process import live

    options, say = served.options, process.line.say
    kept = Kept(served.mappers, served.served, read_anew, partial(live, _process_setup(served)))
    with ExitStack() as stack:
        # Before there are threads, sockets or an outbox, none of which may be in a process that is forked.
        keeper = stack.enter_context(closing(start_keeper(kept)))
        listeners = _listeners(options, process.log)
        for one in listeners:
            stack.enter_context(closing(one))
        outbox = stack.enter_context(served.open_outbox(process))
        setup = ServerSetup(
            keeper,
            outbox.store,
            listeners,
            process.stop,
            process.renew,
            say,
            None if options.no_deliver else served.new_couriers(outbox.store, process),
            options.shared_port,
        )

        def ready(mapped: Iterable[LogLine]) -> None:
            process.say_started(outbox, served.described(outbox.name))
            for line in mapped:
                say(line)
            click.echo(_address(listeners[0]))

        asked = stack.enter_context(process.until_signal(renews=True))
        counts, given_up = serve(setup, ready)
        say(_ended(counts))
    if asked.number:
        return ExitStatus.DELIVERED
    return given_up.exit_status if given_up else ExitStatus.MISTAKE


def _process_setup(served: ServedIntake) -> ProcessSetup:
    """The setup of each of its processes that serve."""
    from mapper.serving.client_limits import ServerLimits
    from mapper.serving.serving_process import ProcessSetup

    options = served.options
    limits = ServerLimits(connections=options.max_connections, per_peer=options.of_address)
    seal = None if served.sealer is None else served.sealer.seal
    return ProcessSetup(served.open_store, options.proxies, limits.shared_by(options.jobs), seal)


def _listeners(options: ServeOptions, log: Log) -> list[socket.socket]:
    """The sockets that are listened on; exits with a hint where the system does not give them."""
    from mapper.serving.listeners import listen

    try:
        return listen(options.host, options.port, shared=options.shared_port, count=options.jobs)
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
