"""The options of `catalog`."""

from __future__ import annotations

import click

from mapper.cli.command import jobs_option, output_format_option, schemas_option
from mapper.cli.options import argument, option
from mapper.values.frozen import dataclass

_FORMS = ("text", "json", "csv", "html", "sarif", "github", "junit")
_OF_CHECKS = ("text", "json", "sarif", "github", "junit")
_OF_CATALOGS = ("text", "json", "csv", "html")
_OF_DIFFERENCES = ("text", "json")


@dataclass(frozen=True, slots=True)
class CatalogOptions:
    """The call of `catalog`: the mappings, which of their rules, and how to show them."""

    path: str | None = argument(required=False, type=click.Path())
    form: str = output_format_option(*_FORMS)
    reads: tuple[str, ...] = option(
        "--reads", multiple=True, metavar="ATTRIBUTE", help="Rules that read it, or what is below it."
    )
    sends: tuple[str, ...] = option(
        "--sends", multiple=True, metavar="FIELD", help="Rules of a field: user_data.em, or em."
    )
    uses: tuple[str, ...] = option(
        "--uses",
        multiple=True,
        metavar="NAME",
        help="Rules that use a table, function, variable or transform.",
    )
    owners: tuple[str, ...] = option("--owner", multiple=True, metavar="TEAM", help="Rules of its mappings.")
    against: str | None = option(
        "--against",
        metavar="VERSION",
        help="Compare with git:REF, git:REF:folder or another folder: attributes newly sent, and consent.",
    )
    check: bool = option("--check", is_flag=True, help="Report what no check of a single file can see.")
    unread: bool = option(
        "--unread", is_flag=True, help="List the attributes of each source that no mapping reads."
    )
    jobs: int = jobs_option()
    schemas: str | None = schemas_option()

    def refuse_mixed(self) -> None:
        """Raise UsageError for options that do not go together."""
        asked = self.reads or self.sends or self.uses or self.owners
        modes = [("--against", self.against), ("--check", self.check), ("--unread", self.unread)]
        given = [name for name, one in modes if one]
        if len(given) > 1:
            raise click.UsageError(f"{given[0]} cannot be combined with {given[1]}")
        if asked and (self.check or self.unread):
            raise click.UsageError(f"{given[0]} is about all rules: leave out the filters")
        forms = _OF_CHECKS if self.check else _OF_DIFFERENCES if given else _OF_CATALOGS
        if self.form not in forms:
            mode = f" with {given[0]}" if given else "; --check has it"
            raise click.UsageError(f"--format {self.form} is not possible{mode}")
