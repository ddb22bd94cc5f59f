"""The options of `overlap`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mapper.cli.command import output_format_option, schemas_option
from mapper.cli.option_types import InputFile, NamedPercent
from mapper.cli.options import argument, option
from mapper.values.frozen import dataclass

if TYPE_CHECKING:
    from datetime import tzinfo

    from mapper.feeds import Format


class _Zone(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on only
    """The name of a time zone, as `Europe/Berlin`."""

    name = "zone"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tzinfo:
        """The zone of a name."""
        from datetime import UTC
        from zoneinfo import ZoneInfo

        if not isinstance(value, str):
            return value  # type: ignore[no-any-return]  # converted before
        try:
            return UTC if value.upper() == "UTC" else ZoneInfo(value)
        except (LookupError, ValueError, OSError):
            self.fail(f"there is no time zone {value!r}; write e.g. Europe/Berlin", param, ctx)


def _mapping(name: str, side: str) -> Any:
    return option(
        name,
        type=click.Path(exists=True, dir_okay=False),
        metavar="MAPPING",
        help=f"{side} holds source events; map them by MAPPING first.",
    )


_PERCENT = NamedPercent("NAME", "checkout=98%")


@dataclass(frozen=True, slots=True)
class OverlapOptions:
    """The call of `overlap`: two files of events, and what their overlap must be."""

    tag: str = argument(metavar="TAG", type=InputFile())
    server: str = argument(metavar="SERVER", type=InputFile())
    tag_mapping: str | None = _mapping("--tag-mapping", "TAG")
    server_mapping: str | None = _mapping("--server-mapping", "SERVER")
    tag_format: Format | None = option(
        "--tag-format",
        type=click.Choice(["ndjson", "json", "csv", "parquet", "har", "urls"]),
        help="Format of TAG, as of `run --input-format`. HAR and `urls` are mapped by the ready mapping.",
    )
    rejects: str | None = option(
        "--rejects",
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE",
        help="Leave out lines of SERVER that `send --rejects FILE` wrote. It needs --server-mapping.",
    )
    form: str = output_format_option("text", "json", "md", "html")
    fail_under: tuple[tuple[str, float], ...] = option(
        "--fail-under",
        multiple=True,
        type=_PERCENT,
        metavar="NAME=PERCENT",
        help="The verdict's limit for covered events NAME of the tag; exit with 1 below it. Repeatable.",
    )
    most_twice: tuple[tuple[str, float], ...] = option(
        "--most-twice",
        multiple=True,
        type=_PERCENT,
        metavar="NAME=PERCENT",
        help="Exit with 1 if more of the tag's events NAME are counted twice. Repeatable.",
    )
    days: int = option(
        "--days",
        type=click.IntRange(1, 3650),
        default=14,
        show_default=True,
        help="Full days in common that the verdict `can go` needs.",
    )
    zone: tzinfo = option(
        "--zone", type=_Zone(), default="UTC", show_default=True, help="Time zone in which days begin."
    )
    unpaired: str | None = option(
        "--unpaired",
        type=click.Path(dir_okay=False),
        metavar="FILE",
        help="Write NDJSON to FILE: the line of each event that one side alone has, or both sides with other "
        "ids or values, and why.",
    )
    target: str | None = option(
        "--target", help="Schema of the payloads. Default: that of the mappings, or the only one delivered."
    )
    schemas: str | None = schemas_option()
    reveal: bool = option(
        "--reveal", is_flag=True, help="Show your own names of events, which are counted together else."
    )
