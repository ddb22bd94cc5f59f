"""Options that `send`, `consume` and `serve` share: for whom events are accepted, and into what outbox."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from mapper.cli.command import jobs_option, outbox_option
from mapper.cli.option_types import Size
from mapper.cli.options import option, options_of
from mapper.values.frozen import dataclass

if TYPE_CHECKING:
    from mapper.cli.delivery_options import RouteOptions
    from mapper.delivery.outbox.room import SpaceLimits


kept_outbox_option = partial(
    outbox_option,
    help="Where accepted events are kept until delivered. By default a file in your state folder.",
)
no_deliver_option = partial(
    option,
    "--no-deliver",
    is_flag=True,
    help="Only accept; `mapper deliver` or another process delivers.",
)


@dataclass(frozen=True, slots=True)
class SpaceOptions:
    """The options for the size of an outbox; each command has its own help for the first of them."""

    max_outbox: int | None = option("--max-outbox", type=Size())
    min_free: int | None = option(
        "--min-free",
        type=Size(),
        help=("Accept no more events while less is free on the disk. Default: a tenth of it, at most 1GiB."),
    )

    @property
    def limits(self) -> SpaceLimits:
        """The limits of the outbox, as far as they were said."""
        from mapper.delivery.outbox.room import SpaceLimits

        return SpaceLimits(self.max_outbox, self.min_free)

    def check(self, outbox: str | None) -> None:
        """Raise UsageError for a free space that nobody can measure."""
        from mapper.delivery.outbox.server_address import is_server

        if self.min_free is not None and is_server(outbox):
            raise click.UsageError("--min-free is for an outbox in a file; --max-outbox limits a database")


@dataclass(frozen=True, slots=True)
class AcceptanceOptions:
    """The options that `send` and `consume` share."""

    account: str | None = option(
        "--account", metavar="NAME", help="Account of --accounts that the events are for."
    )
    batch_size: int | None = option(
        "--batch-size", type=click.IntRange(1), help="Maximum number of events per request."
    )
    jobs: int = jobs_option()
    space: SpaceOptions = options_of(SpaceOptions)

    def check(self, outbox: str | None, route: RouteOptions) -> None:
        """Raise UsageError for what does not go together."""
        self.space.check(outbox)
        if self.account is not None and route.accounts is None:
            raise click.UsageError("--account needs --accounts FILE")
