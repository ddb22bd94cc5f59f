"""`mapper init`: a first mapping, drafted from sample events, copied from a ready one, or imported."""

from __future__ import annotations

import click

from mapper.cli.command import new_command
from mapper.cli.init_options import InitOptions
from mapper.cli.options import takes

_EXAMPLE = """\
mapper init orders.ndjson                writes mappings/orders.yaml and the schema of its events
mapper init --list                       the ready mappings there are
mapper init --like segment-ecommerce     writes mappings/segment-ecommerce.yaml
mapper init --like shopify-orders -o shop.yaml
mapper init --from segment destination.json"""


@new_command("init", _EXAMPLE)
@takes(InitOptions)
def command(options: InitOptions) -> None:
    """Write a first mapping, from EVENTS, a ready one or an export.

    A draft from sample EVENTS has the evidence for each guess as a comment, and {todo: ...} where
    only you can know; `mapper check` lists these places. The schema of the events is written to
    schemas/, and up to five samples become tests, with other values in place of personal ones.

    --from segment FILE writes the subscriptions of a destination in Segment, exported as JSON, as
    one mapping. A comment says where a payload is not Segment's, {todo: ...} what cannot be said.

    Files that exist are not overwritten without --force. Exits with 2 if a file cannot be read or
    written, or no event is found; with 1 under --exact if the import is not exact.
    """
    _refuse_wrong_choice(options)
    from mapper.cli.init_call import write_first_mapping

    write_first_mapping(options)


def _refuse_wrong_choice(options: InitOptions) -> None:
    """Refuse all but exactly one of EVENTS, --like and --list; --from without a FILE; --name with --like."""
    is_copy = options.like is not None
    choices = {"EVENTS": options.events, "--like": is_copy, "--list": options.listed}
    given = [name for name, is_given in choices.items() if is_given]
    if len(given) > 1:
        raise click.UsageError(f"{' and '.join(given)} cannot be combined: give one of them")
    if options.tool is not None and not given:
        raise click.UsageError(
            f"--from needs the exported FILE: `mapper init --from {options.tool} destination.json`"
        )
    if not given:
        raise click.UsageError(
            "give EVENTS, --like NAME or --list; `mapper init --list` shows the ready mappings"
        )
    if is_copy and options.name is not None:
        raise click.UsageError(
            "--like keeps the name of the ready mapping: name the file with -o, and edit `name` in it"
        )
