"""One call of `eval`: an expression for each event of a feed, a value a line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

import mapper
from mapper import authoring
from mapper.cli.feed import feed_name, open_feed
from mapper.cli.messages import tell
from mapper.cli.program_argument import tell_errors
from mapper.cli.terminal import is_closed, visible
from mapper.feeds import Broken, Fed, events_of
from mapper.running.blocks import meta_of
from mapper.runtime.decode import encode
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid, Json

if TYPE_CHECKING:
    from mapper.cli.eval_options import EvalOptions


def print_values(options: EvalOptions) -> int:
    """Print the values; the exit status."""
    if is_closed(sys.stdout):
        raise click.UsageError("stdout is closed, so what is written there would be lost")
    try:
        evaluate = authoring.evaluator(options.expression, options.mapping, schemas=options.schemas)
    except mapper.CompileError as error:
        tell_errors(error, of_mapping=options.mapping is not None)
        return 1
    status, last = 0, None
    name = SafeText.known(visible(feed_name(options.events)))
    for line, event in _events(options):
        try:
            if isinstance(event, Broken):
                raise Invalid(event.reason)
            for last in evaluate(event, meta_of(line, {})):
                sys.stdout.write(_line(last, options.raw))
        except Invalid as invalid:
            tell(SafeText("{}:{}: {}", name, line, invalid.reason))
            status, last = 1, None
    return status or int(options.exit_status and (last is None or last is False))


def _events(options: EvalOptions) -> Iterator[tuple[int, Json | Broken]]:
    """The events with their lines; null where there are none to read."""
    if options.events == "-" and sys.stdin.isatty():
        yield 1, None
        return
    feed = open_feed(options.events, options.input_format, delimiter=options.delimiter, progress_shown=False)
    with feed as blocks:
        for block in blocks:
            yield from map(_placed, events_of(block))


def _placed(fed: Fed) -> tuple[int, Json | Broken]:
    return fed.line, fed if isinstance(fed, Broken) else fed.event


def _line(value: Json, raw: bool) -> str:
    """A value in its line: JSON, or a text as it is."""
    return f"{value if raw and isinstance(value, str) else encode(value).decode()}\n"
