"""The options that `send` and `deliver` share: where payloads go, how, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass

import click

from mapper.cli.command import with_options
from mapper.cli.log import Log, log_format_option
from mapper.cli.metrics_file import metrics_option
from mapper.cli.metrics_page import listen_option
from mapper.cli.option_types import Duration, Rate

ROUTE_OPTIONS = (
    click.option("--url", help="Base URL of the API. Plain http is allowed only for this machine."),
    click.option("--max-rate", type=Rate(), help="Maximum number of requests per second, for each account."),
    click.option(
        "--offline-ambiguous",
        type=click.Choice(["resend", "hold"]),
        default="resend",
        show_default=True,
        help="Offline events of a request without a response: send them again, or keep them as dead letters.",
    ),
    click.option(
        "--ledger",
        type=click.FloatRange(0, 3650),
        default=0,
        metavar="DAYS",
        help="Keep how each event ended for so many days, for `outbox find`. Default: not at all.",
    ),
    click.option(
        "--accounts",
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE",
        help="YAML: which variables or files hold the credentials of each account.",
    ),
    click.option(
        "--allow-target",
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE",
        help="Schema of your own target, trusted to say where payloads and which secrets are sent.",
    ),
)
"""Where payloads go and how: of every command that delivers."""
delivery_options = with_options(
    *ROUTE_OPTIONS,
    click.option(
        "--give-up",
        type=Duration(),
        default="10m",
        show_default=True,
        help="Give up after this long without success; the rest stays in the outbox.",
    ),
    metrics_option,
    listen_option,
    log_format_option,
)


@dataclass(frozen=True, slots=True)
class DeliveryOptions:
    """The values of these options."""

    outbox: str | None
    url: str | None
    max_rate: float | None
    give_up: float
    offline_ambiguous: str
    ledger: float
    accounts: str | None
    allow_target: str | None
    metrics: str | None
    listen: tuple[str, int] | None
    log_format: str

    @property
    def holds_ambiguous(self) -> bool:
        """Whether events whose copies count are kept back after a request without an answer."""
        return self.offline_ambiguous == "hold"

    def log(self) -> Log:
        """The log of the command's messages."""
        return Log(self.log_format == "json")
