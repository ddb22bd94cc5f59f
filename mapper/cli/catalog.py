"""`mapper catalog`: what all mappings of a folder send, from which attributes, and whose they are."""

from __future__ import annotations

import click

from mapper.cli.catalog_options import CatalogOptions
from mapper.cli.command import new_command
from mapper.cli.options import takes

_EXAMPLE = """\
mapper catalog                                   all mappings under mappings/, one a line
mapper catalog --reads customer.phone            rules that read it, or what is below it
mapper catalog --sends click_id --owner shop     the rules of a team for a field
mapper catalog --uses categories                 rules that use a table, function or variable
mapper catalog --format html > catalog.html      one page to search; csv and json too
mapper catalog --against git:main                which attributes are newly sent, and where
mapper catalog --check                           unused parts, equal names, repeated rules"""


@new_command("catalog", _EXAMPLE)
@takes(CatalogOptions)
@click.pass_context
def command(ctx: click.Context, options: CatalogOptions) -> None:
    """Show what all mappings send, from which attributes.

    PATH is a folder, a mapping, git:REF or git:REF:folder; without it, mappings/. For each mapping, event and
    field: the attributes that are read, transforms, whether it is personal, the consent, the source and the
    owner. --reads, --sends, --uses and --owner ask for some rules; each can be given several times, and a
    rule must fit all that are given. No event is read. Exits with 1 if a mapping has errors, if something
    differs under --against, or if --check finds an error; with 2 if a file cannot be read or none is found.
    """
    options.refuse_mixed()
    from mapper.cli.catalog_call import show_catalog

    ctx.exit(show_catalog(options))
