"""`mapper diff`: how what two versions of a mapping send differs, for a review."""

from __future__ import annotations

import click

from mapper.cli.command import new_command
from mapper.cli.diff_options import DiffOptions
from mapper.cli.options import takes

_EXAMPLE = """\
mapper diff git:main:mappings/shop.yaml mappings/shop.yaml
mapper diff old.yaml new.yaml events.ndjson
mapper diff old.yaml new.yaml events.ndjson --by event --limit 5
mapper diff git:HEAD~1:mappings/shop.yaml mappings/shop.yaml events.ndjson --format markdown
mapper diff git:main .
mapper diff git:main mappings --format markdown --fail-on alarm
mapper diff mappings --with ../old/.venv/bin/mapper"""


@new_command("diff", _EXAMPLE)
@takes(DiffOptions)
@click.pass_context
def command(ctx: click.Context, options: DiffOptions) -> None:
    """Compare what two versions of mappings send, and their rules.

    OLD and NEW are files or git:REF:path, or folders, git:REF or git:REF:folder. EVENTS is a file as `mapper
    run` takes it, or `-`; without it, the events of the tests in both versions are compared. Lines marked `!`
    come first: looser consent, identity, more personal data, keys, events no longer sent, money, time. Values
    of persons are masked. Exits with 0 if nothing differs, 1 if something does, 2 on an error.
    """
    if options.new is None and options.other is None:
        raise click.UsageError("Missing argument 'NEW'.")
    if options.is_of_folders:
        from mapper.cli.diff_folders_call import compare_all

        ctx.exit(compare_all(options))
    from mapper.cli.diff_call import compare_versions

    ctx.exit(compare_versions(options))
