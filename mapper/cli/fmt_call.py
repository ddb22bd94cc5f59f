"""The work of `mapper fmt`: reads files, formats them, writes them or shows what would change."""

from __future__ import annotations

import sys

import click

from mapper.authoring import CannotFormat, Text, formatted, mapping_files
from mapper.cli.command import mapping_paths
from mapper.cli.fix import patch_of
from mapper.cli.fmt_options import FormatOptions
from mapper.cli.messages import error_line, mention, tell
from mapper.cli.report.text import number_of
from mapper.cli.terminal import visible
from mapper.project.project import read_text
from mapper.texts.file_replacement import replace_file
from mapper.texts.named_text import decode_text
from mapper.values.frozen import dataclass
from mapper.values.safe_text import SafeText


@dataclass(slots=True)
class _Counts:
    """The files that were formatted, or would be, those that were so already, and those left as they are."""

    changed: int = 0
    same: int = 0
    left: int = 0


def format_files(options: FormatOptions) -> int:
    """Format the files of a call; the exit status."""
    if options.paths == ("-",):
        return _filter(options)
    found = mapping_files(mapping_paths(options.paths))
    counts = _Counts(left=len(found.unread))
    for _, why in found.unread:
        tell(SafeText.known(visible(why)))
    for file in found.files:
        _one(file, options, counts)
    _tell(counts, options)
    if counts.left:
        return 2
    return int(bool(counts.changed and (options.check or options.diff)))


def _one(file: str, options: FormatOptions, counts: _Counts) -> None:
    """Format one file, or show what would change."""
    try:
        text = read_text(file)
        now = _formatted(text)
        if now is None:
            counts.left += 1
        elif now == text:
            counts.same += 1
        else:
            if not options.check and not options.diff:
                replace_file(file, text, now)
            counts.changed += 1
            _show(text, now, options)
    except OSError as error:
        tell(error_line(error))
        counts.left += 1


def _formatted(text: Text) -> Text | None:
    """The formatted text; None, and a line, where it is left as it is."""
    try:
        return formatted(text)
    except CannotFormat as error:
        tell(SafeText.known(visible(f"{text.name} is left as it is: {error}")))
        return None


def _show(text: Text, now: Text, options: FormatOptions) -> None:
    if options.diff:
        sys.stdout.write(patch_of(text, now, screen=sys.stdout.isatty()))
    elif options.check:
        click.echo(visible(text.name))


def _filter(options: FormatOptions) -> int:
    """stdin formatted to stdout; as it is where it cannot be."""
    text = decode_text(options.stdin_filename, sys.stdin.buffer.read())
    now = _formatted(text)
    if options.check or options.diff:
        if now is not None and now != text:
            _show(text, now, options)
    else:
        sys.stdout.buffer.write((now or text).content.encode("utf-8"))
    sys.stdout.flush()
    if now is None:
        return 2
    return int(now != text and (options.check or options.diff))


def _tell(counts: _Counts, options: FormatOptions) -> None:
    """Say how many files there were of each kind."""
    what = "would change" if options.check or options.diff else "formatted"
    parts = [f"{number_of(counts.changed, 'file')} {what}", f"{number_of(counts.same, 'file')} as before"]
    parts += [f"{number_of(counts.left, 'file')} left"] if counts.left else []
    mention(SafeText.known(", ".join(parts)))
