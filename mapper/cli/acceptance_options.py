"""Options that `send`, `consume` and `serve` share: for whom events are accepted, and into what outbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from mapper.cli.command import jobs_option
from mapper.cli.delivery_options import DeliveryOptions
from mapper.cli.option_types import Size
from mapper.delivery.outbox.room import SpaceLimits
from mapper.delivery.outbox.server import is_server

_Option = Callable[[Callable[..., Any]], Callable[..., Any]]

kept_outbox_option = click.option(
    "--outbox",
    metavar="FILE|postgresql://HOST/DATABASE",
    help="Where accepted events are kept until delivered. By default a file in your state folder.",
)
no_deliver_option = click.option(
    "--no-deliver", is_flag=True, help="Only accept; `mapper deliver` or another process delivers."
)


def space_options(most: str, least: str) -> tuple[_Option, _Option]:
    """Options for the size of an outbox. most, least: what the command does where that is reached."""
    return (
        click.option("--max-outbox", type=Size(), help=most),
        click.option(
            "--min-free",
            type=Size(),
            help=f"{least} while less is free on the disk. Default: a tenth of it, at most 1GiB.",
        ),
    )


def acceptance_options(most: str) -> tuple[_Option, ...]:
    """The options of `AcceptanceOptions`. most: of --max-outbox."""
    return (
        click.option("--account", metavar="NAME", help="Account of --accounts that the events are for."),
        click.option("--batch-size", type=click.IntRange(1), help="Maximum number of events per request."),
        jobs_option,
        *space_options(most, "Accept no more events"),
    )


@dataclass(frozen=True, slots=True)
class AcceptanceOptions:
    """The values of these options."""

    account: str | None
    batch_size: int | None
    jobs: int
    max_outbox: int | None
    min_free: int | None

    @property
    def space(self) -> SpaceLimits:
        """The limits of the outbox, as far as they were said."""
        return SpaceLimits(self.max_outbox, self.min_free)

    def check(self, delivery: DeliveryOptions) -> None:
        """Raise UsageError for what does not go together."""
        check_min_free(self.min_free, delivery.outbox)
        if self.account is not None and delivery.accounts is None:
            raise click.UsageError("--account needs --accounts FILE")


def check_min_free(min_free: int | None, outbox: str | None) -> None:
    """Raise UsageError for a free space that nobody can measure."""
    if min_free is not None and is_server(outbox):
        raise click.UsageError("--min-free is for an outbox in a file; --max-outbox limits a database")
