"""The options of `serve`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from mapper.cli.acceptance_options import SpaceOptions, kept_outbox_option, no_deliver_option
from mapper.cli.command import jobs_option, log_format_option, schemas_option, suppress_option
from mapper.cli.delivery_options import RouteOptions
from mapper.cli.options import argument, option, options_of
from mapper.values.frozen import dataclass

if TYPE_CHECKING:
    from mapper.cli.log import Log
    from mapper.delivery.terms import Terms

_PER_ADDRESS = 64


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """The call of `serve`: the entries, where they are served, the outbox, and how payloads are delivered."""

    intake: str = argument(type=click.Path(exists=True, dir_okay=False))
    host: str = option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
    port: int = option(
        "--port",
        type=click.IntRange(0, 65535),
        default=8080,
        show_default=True,
        help="Port to listen on; 0 picks a free one.",
    )
    outbox: str | None = kept_outbox_option()
    no_deliver: bool = no_deliver_option()
    jobs: int = jobs_option(default=1, help="Number of processes that serve, on one port.")
    proxies: int = option(
        "--proxies",
        type=click.IntRange(0, 9),
        default=0,
        show_default=True,
        help="Number of your own proxies before this server, each of which adds to X-Forwarded-For.",
    )
    max_connections: int = option(
        "--max-connections",
        type=click.IntRange(1, 60_000),
        default=512,
        show_default=True,
        help="Maximum number of open connections.",
    )
    max_connections_per_address: int | None = option(
        "--max-connections-per-address",
        type=click.IntRange(1, 60_000),
        help="Maximum for one client address. Default: 64; no limit with --proxies.",
    )
    shared_port: bool = option(
        "--shared-port",
        is_flag=True,
        help="Let another process listen on the port too, to replace one without a gap.",
    )
    space: SpaceOptions = options_of(
        SpaceOptions,
        max_outbox="Answer 503 while the outbox is larger. Default: no limit.",
        min_free="Answer 503 while less is free on the disk. Default: a tenth of it, at most 1GiB.",
    )
    keep_raw: bool = option(
        "--keep-raw",
        is_flag=True,
        help="Keep events until they are delivered, encrypted by MAPPER_RAW_KEY, to map them again.",
    )
    route: RouteOptions = options_of(RouteOptions)
    suppress: tuple[str, ...] = suppress_option()
    schemas: str | None = schemas_option()
    log_format: str = log_format_option()

    @property
    def of_address(self) -> int:
        """Connections of one address; 0: as many as there may be, since all come from a proxy."""
        given = self.max_connections_per_address
        return given if given is not None else 0 if self.proxies else _PER_ADDRESS

    @property
    def terms(self) -> Terms:
        """The terms of the delivery."""
        return replace(self.route.terms, service=True)

    def log(self) -> Log:
        """The log of the command's messages."""
        from mapper.cli.log import Log

        return Log(self.log_format == "json")
