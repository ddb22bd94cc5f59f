"""The work of `mapper schema from`: drafts a schema, and says on stderr what it does not know."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import LiteralString

import click

from mapper.cli.init_call import say_next, write_files
from mapper.cli.messages import mention, tell, with_hint
from mapper.cli.output import refuse_same_file
from mapper.cli.report import to_json
from mapper.cli.run_summary import number
from mapper.cli.schema_from_options import SchemaFromOptions
from mapper.cli.terminal import visible
from mapper.compiler.descriptions.event_description import (
    MOST_BYTES,
    DescriptionError,
    DescriptionNote,
    NoteKind,
)
from mapper.compiler.descriptions.source_draft import DraftedSource, SeveralDescribed, draft_source
from mapper.texts.named_text import decode_text
from mapper.values.safe_text import SafeError, SafeText

_MOST_SHOWN = 5
# What each kind of note means, after how many there are; in the order of the summary.
_MEANINGS: dict[NoteKind, SafeText] = {
    "personal": SafeText("marked x-personal by a guess; review them, and mark what is missing"),
    "untyped": SafeText("without a type, so any value"),
    "decoder": SafeText("of several types, since readers of this format differ"),
    "union": SafeText(
        "as one schema: a field of several calls has the types of all, one of a single call its own"
    ),
    "type": SafeText("of a type that JSON Schema does not have, so any value"),
    "reference": SafeText("that lead to another file, so any value"),
    "format": SafeText("left out, without a meaning for a mapping"),
    "keyword": SafeText("left out, so more values are valid"),
}
_COUNTED: dict[NoteKind, LiteralString] = {
    **dict.fromkeys(("personal", "untyped", "decoder", "type"), "field"),
    "union": "plan",
    "reference": "reference",
    "format": "format",
    "keyword": "keyword",
}


def draft_schema(options: SchemaFromOptions) -> int:
    """Draft a schema and write it, or list what there is to draft one from; the exit status."""
    with click.open_file(options.file, "rb") as read:
        content = read.read(MOST_BYTES + 1)
    shown = "<stdin>" if options.file == "-" else options.file
    refuse_same_file(options.file, options.file, options.output)
    try:
        made = draft_source(decode_text(shown, content), options.name)
    except DescriptionError as error:
        texts = (SafeText.known(visible(one)) for one in (error.message, error.hint))
        raise SafeError(with_hint(*texts)) from None
    if isinstance(made, SeveralDescribed):
        return _list(made, options.file)
    text = to_json(made.schema)
    if options.output == "-":
        sys.stdout.write(text)
    else:
        write_files([(Path(options.output), text)], options.force)
    _summarize(made)
    if options.output != "-":
        say_next(_next(Path(options.output).absolute()))
    return 0


def _list(made: SeveralDescribed, file: str) -> int:
    for name in made.names:
        click.echo(visible(name))
    hint = SafeText("mapper schema from {} NAME", SafeText.known(visible(shlex.quote(file))))
    tell(with_hint(SafeText("{} are in it; name one", number(len(made.names), "schema")), hint))
    return 2


def _next(file: Path) -> str:
    """The step after a schema is written: a mapping finds it in a folder of `schemas/`, by its name."""
    *_, schemas, folder = ("", *file.parent.parts)
    if schemas == "schemas" and file.suffix == ".json":
        return f"write `source: {folder}/{file.stem}` in the mapping"
    return (
        f"move it to schemas/FOLDER/{file.stem}.json, and write `source: FOLDER/{file.stem}` in the mapping"
    )


def _summarize(made: DraftedSource) -> None:
    """Say what was drafted, then each kind of thing that the schema does not know, with places."""
    named = made.title if made.title.endswith(made.name) else f"{made.title}, {made.name}"
    mention(SafeText("{}: {}", SafeText.known(visible(named)), number(made.fields, "field")))
    for kind, meaning in _MEANINGS.items():
        notes = [one for one in made.notes if one.kind == kind]
        if notes:
            shown = SafeText.joined("\n", [*_shown(made, notes)])
            mention(SafeText("{} {}\n{}", number(len(notes), _COUNTED[kind]), meaning, shown))


def _shown(made: DraftedSource, notes: list[DescriptionNote]) -> Iterable[SafeText]:
    for one in islice(notes, _MOST_SHOWN):
        line = f"{made.description.place(one.at)}: {one.about}"
        yield SafeText("  {}", SafeText.known(visible(line)))
    if len(notes) > _MOST_SHOWN:
        yield SafeText("  and {:,} more", len(notes) - _MOST_SHOWN)
