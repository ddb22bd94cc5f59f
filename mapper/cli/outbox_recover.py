"""`mapper outbox restored` and `recover`: an outbox from a backup, and what is saved of a damaged one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mapper.cli.log import Log
from mapper.cli.messages import tell_summary
from mapper.cli.outbox_view import errors_told, opened
from mapper.cli.progress import working
from mapper.cli.run_summary import number
from mapper.delivery.outbox.outbox_errors import Damaged
from mapper.delivery.outbox.server_address import is_server
from mapper.texts.log_events import noted
from mapper.values.safe_text import SafeText

if TYPE_CHECKING:
    from mapper.cli.outbox_options import RecoverOptions, RestoredOptions


def mark_restored(options: RestoredOptions) -> None:
    """Mark what waits as such that may have been delivered."""
    with opened(options.outbox) as store, working(SafeText("marking what waits")):
        count = store.mark_restored()
    text = SafeText("{} waiting that may have been delivered already", number(count, "event"))
    if options.log_format == "json":
        Log(as_json=True).say(noted("outbox_restored", text, waiting=count))
    else:
        tell_summary(SafeText("{}\n", text))


def recover_outbox_file(options: RecoverOptions) -> None:
    """Save what can be read of a damaged outbox into a new one."""
    outbox, output = options.outbox, options.output
    if is_server(outbox):
        raise click.UsageError("a database is restored from its backup; `recover` is for a file")
    if not os.path.isfile(outbox):
        raise click.UsageError(f"there is no outbox {outbox}")
    if os.path.exists(output):
        raise click.UsageError(f"{output} already exists")
    from mapper.delivery.outbox.recovery import recover_outbox

    copy = Path(f"{output}.damaged")
    with errors_told(), working(SafeText("saving what can be read")):
        try:
            for suffix in ("", "-wal"):
                if os.path.exists(outbox + suffix):
                    shutil.copy2(outbox + suffix, f"{copy}{suffix}")
            saved = recover_outbox(copy, Path(output))
            if saved is None:
                raise Damaged(f"nothing can be read of {outbox}")
        except BaseException:
            _remove(output)
            raise
        finally:
            _remove(str(copy))
    kept = SafeText("{} and {} saved", number(saved.events, "event"), number(saved.letters, "dead letter"))
    chunks, letters = number(saved.lost_chunks, "chunk"), number(saved.lost_letters, "dead letter")
    tell_summary(SafeText("{}; lost: {} of up to 1,000 events, {}\n", kept, chunks, letters))


def _remove(outbox: str) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{outbox}{suffix}").unlink(missing_ok=True)
