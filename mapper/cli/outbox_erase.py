"""`mapper outbox erase`: takes away what an outbox keeps of persons, and tells how much it was."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mapper.cli.command import only_target
from mapper.cli.environment import ENVIRONMENT
from mapper.cli.feed import FeedFile
from mapper.cli.messages import tell
from mapper.cli.outbox_view import opened
from mapper.cli.person_source import person_columns, person_source
from mapper.cli.progress import working
from mapper.cli.run_summary import number
from mapper.delivery.outbox.erasure import Erased, ErasureOrder, Fate, erase_all
from mapper.delivery.outbox.server_address import is_server
from mapper.runtime.decode import decode
from mapper.suppression.building import NO_PERSON, list_of, read_rows
from mapper.suppression.listing import Listing, is_built, of_file, open_listing, refuse_others
from mapper.suppression.person_search import PersonSearch
from mapper.values.safe_text import SafeError, SafeText

if TYPE_CHECKING:
    from mapper.authoring import PersonFields
    from mapper.cli.outbox_options import EraseOptions
    from mapper.delivery.outbox.store import Outbox

_LOOKING, _ERASING = SafeText("looking for persons"), SafeText("erasing")
_SCRUBBING = SafeText("overwriting what was erased")
_NOT_SCRUBBED = SafeText(
    "what was erased is still in the log beside the outbox, which another process reads;"
    " run this again once that has ended"
)
_NOT_HERE = "not here: delivered events, backups, source files, --rejects files (they hold no value)"
_SERVER = (
    "the server's log (WAL), its copies and free space in its files may hold it until it is written over"
)
_UNDONE = 1
_NOTHING_ERASED = 2

Unseal = Callable[[bytes], tuple[dict[str, Any], bytes] | None]


@dataclass(frozen=True, slots=True)
class PersonJudge:
    """An erasure's judge. unseal: decrypts an event, if a key fits. drops: one that none fits goes."""

    search: PersonSearch
    unseal: Unseal
    drops: bool = False

    def finds(self, content: bytes) -> bool:
        """See `ErasureJudge.finds`."""
        return self.search.may_find(content)

    def fate(self, body: bytes, sealed: bytes) -> Fate:
        """See `ErasureJudge.fate`."""
        if body and self.search.in_payload(body):
            return "erase"
        if not sealed:
            return "keep"
        found = self.unseal(sealed)
        if found is None:
            return "unseal" if self.drops else "unread"
        meta, text = found
        return "erase" if self.search.in_event([meta, _event(text)]) else "keep"


def _event(text: bytes) -> Any:
    """The event of a text, which was one when it was accepted; else the text itself."""
    try:
        return decode(text)
    except ValueError:
        return text.decode(errors="replace")


def erase_persons(options: EraseOptions) -> int:
    """Erase, once that is confirmed; the exit status."""
    if options.persons == "-" and not (options.yes or options.dry_run):
        raise click.UsageError("give --yes with the persons on stdin, where no answer can be read")
    with opened(options.outbox) as store:
        judge = PersonJudge(_search(store, options), _unsealing(), options.drop_unreadable)
        found, is_gone = _erased(store, judge, options)
    _show(options, found, is_gone)
    if is_gone is False:
        tell(_NOT_SCRUBBED)
    return _UNDONE if found.unread or is_gone is False else 0


def _erased(store: Outbox, judge: PersonJudge, options: EraseOptions) -> tuple[Erased, bool | None]:
    """The counts of all that went, or would go, and whether it is overwritten; None in a dry run."""
    if options.dry_run or not options.yes:
        with working(_LOOKING):
            found = erase_all(store.erase, ErasureOrder(judge, is_dry=True))
        if options.dry_run:
            return found, None
        if found.changed:
            _confirm(found)
    with working(_ERASING):
        found = erase_all(store.erase, ErasureOrder(judge))
    with working(_SCRUBBING):
        return found, store.scrub()


def _confirm(found: Erased) -> None:
    """Ask whether all that was found goes; any answer but yes ends the command."""
    with suppress(click.Abort):
        if click.confirm(f"permanently erase {_counted(found)}?", err=True):
            return
    tell(SafeText("nothing erased"))
    raise click.exceptions.Exit(_NOTHING_ERASED)


def _search(store: Outbox, options: EraseOptions) -> PersonSearch:
    """The search for the persons, in the forms of all destinations that the outbox has events for."""
    found = sorted({one.account.destination for one in store.status()})
    targets = [options.target] if options.target else found or [only_target(options.schemas)]
    fields = [person_columns(one, options.schemas) for one in targets]
    try:
        return PersonSearch(_list_of_persons(options, fields), fields)
    except SafeError as error:
        name = options.persons
        tell(error.reason if name == "-" else of_file(name, error.reason))
        raise click.exceptions.Exit(_NOTHING_ERASED) from None


def _list_of_persons(options: EraseOptions, fields: Sequence[PersonFields]) -> Listing:
    """The list of the persons, which are read once: stdin can be. Raises SafeError and OSError."""
    name = options.persons
    if name == "-":
        content, name = sys.stdin.buffer.read(), ""
    else:
        refuse_others(name)
        if is_built(name):
            return _of_somebody(open_listing(name))
        content = Path(name).read_bytes()
    sources = [person_source(one, options.field, options.delimiter) for one in fields]
    rows = (read_rows(FeedFile(BytesIO(content)), one, name) for one in sources)
    return _of_somebody(list_of(chain.from_iterable(rows)))


def _of_somebody(listing: Listing) -> Listing:
    """The list itself. Raises SafeError for one without a person."""
    if not listing.count:
        raise SafeError(SafeText("{}; nothing erased", NO_PERSON))
    return listing


def _counted(found: Erased) -> SafeText:
    counts = (found.waiting, "waiting payload"), (found.letters, "dead letter"), (found.raw, "raw request")
    return SafeText.joined(", ", [number(count, noun) for count, noun in counts])


def _unsealing() -> Unseal:
    """Decrypts by the keys of the environment; what no key fits is None."""
    try:
        from mapper.serving.sealing import read_sealer
    except ImportError:
        return lambda sealed: None
    sealer = read_sealer(ENVIRONMENT)
    return (lambda sealed: None) if sealer is None else sealer.unseal


def _show(options: EraseOptions, found: Erased, is_gone: bool | None) -> None:
    """Tell what went; no value of a person is in it."""
    if options.form == "json":
        told = {"waiting": found.waiting, "dead_letters": found.letters, "raw_requests": found.raw}
        shown = {"dry_run": options.dry_run, "erased": told, "may_have_been_delivered": found.unanswered}
        click.echo(json.dumps({**shown, "not_searched": found.unread, "overwritten": is_gone}))
        return
    click.echo(f"{'would be erased' if options.dry_run else 'erased'}: {_counted(found)}")
    if found.unanswered:
        text = "of the waiting payloads may have been delivered: a request with them has no response"
        click.echo(f"  {found.unanswered:,} {text}")
    if found.unread:
        raw = number(found.unread, "raw request")
        click.echo(
            f"not searched: {raw} that no key in MAPPER_RAW_KEY opens (--drop-unreadable deletes them)"
        )
    click.echo(_NOT_HERE)
    if options.outbox is not None and is_server(options.outbox):
        click.echo(_SERVER)
