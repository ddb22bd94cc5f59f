"""The options of commands that deliver: where payloads go, how, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mapper.cli.command import log_format_option
from mapper.cli.option_types import Duration, ListenAddress, Rate
from mapper.cli.options import option, options_of
from mapper.values.frozen import dataclass

if TYPE_CHECKING:
    from mapper.cli.log import Log
    from mapper.delivery.outbox.retention import Retention
    from mapper.delivery.terms import Terms

METRICS_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class RouteOptions:
    """The way of payloads, of every command that delivers: where they go and how."""

    url: str | None = option(
        "--url", help="Base URL of the API. Plain http is allowed only for this machine."
    )
    max_rate: float | None = option(
        "--max-rate", type=Rate(), help="Maximum number of requests per second, for each account."
    )
    offline_ambiguous: str = option(
        "--offline-ambiguous",
        type=click.Choice(["resend", "hold"]),
        default="resend",
        show_default=True,
        help="Offline events of a request without a response: send them again, or keep them as dead letters.",
    )
    ledger: float = option(
        "--ledger",
        type=click.FloatRange(0, 3650),
        default=0,
        metavar="DAYS",
        help="Keep how each event ended for so many days, for `outbox find`. Default: not at all.",
    )
    accounts: str | None = option(
        "--accounts",
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE",
        help="YAML: which variables or files hold the credentials of each account.",
    )
    allow_target: str | None = option(
        "--allow-target",
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE",
        help="Schema of your own target, trusted to say where payloads and which secrets are sent.",
    )

    retain_dead: float | None = option(
        "--retain-dead",
        type=Duration(),
        help="Delete dead letters after this long, such as 30d. Default: never.",
    )
    retain_raw: float | None = option(
        "--retain-raw",
        type=Duration(),
        help="Delete raw requests of serve --keep-raw after this long, such as 7d. Default: never.",
    )

    @property
    def retention(self) -> Retention:
        """The terms of what stays in the outbox."""
        from mapper.delivery.outbox.retention import Retention

        return Retention(self.retain_dead, self.retain_raw)

    @property
    def terms(self) -> Terms:
        """The terms of a delivery, as far as these options say them."""
        from mapper.delivery.terms import Terms

        return Terms(
            requests_per_second=self.max_rate,
            hold_ambiguous=self.offline_ambiguous == "hold",
            ledger_days=self.ledger,
        )


@dataclass(frozen=True, slots=True)
class MonitoringOptions:
    """The places where a command says how it goes."""

    metrics: str | None = option(
        "--metrics",
        type=click.Path(dir_okay=False),
        metavar="FILE",
        help=f"OpenMetrics, written every {METRICS_SECONDS:g} s.",
    )
    listen: tuple[str, int] | None = option(
        "--listen",
        type=ListenAddress(),
        metavar="HOST:PORT",
        help="Answer /metrics, /healthz and /readyz there; a port alone is open to this machine only.",
    )
    log_format: str = log_format_option()

    def log(self) -> Log:
        """The log of the command's messages."""
        from mapper.cli.log import Log

        return Log(self.log_format == "json")


@dataclass(frozen=True, slots=True)
class DeliveryOptions:
    """The options that `send` and `deliver` share."""

    route: RouteOptions = options_of(RouteOptions)
    give_up: float = option(
        "--give-up",
        type=Duration(),
        default="10m",
        show_default=True,
        help="Give up after this long without success; the rest stays in the outbox.",
    )
    monitoring: MonitoringOptions = options_of(MonitoringOptions)
