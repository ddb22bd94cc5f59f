"""The messages of a command on stderr to whoever runs it, where nobody may see an event's values."""

from __future__ import annotations

import os
import sys
from types import TracebackType

import click

from mapper.cli.terminal import is_quiet, visible, visible_lines
from mapper.values.safe_text import NOTHING, SafeError, SafeText

# EX_SOFTWARE of `sysexits.h`: an internal error.
MISTAKE = 70
_MOST_FRAMES = 6


def tell(text: SafeText) -> None:
    """Say something in one line, or in several of which the others are indented."""
    click.echo(f"mapper: {visible_lines(text)}", err=True)


def mention(text: SafeText) -> None:
    """Say something that is no warning, as `tell` does, unless the call is quiet."""
    if not is_quiet():
        tell(text)


def tell_summary(text: SafeText) -> None:
    """Show lines that end with a line break each, of which nothing acts on a terminal; not if quiet."""
    if is_quiet():
        return
    click.echo(visible_lines(text), err=True, nl=False)


def show_line(text: SafeText) -> None:
    """Write a line of a terminal anew, which the next one replaces; "" leaves it empty."""
    sys.stderr.write(f"\r\x1b[K{visible(text)}")
    sys.stderr.flush()


def with_hint(text: SafeText, hint: SafeText = NOTHING) -> SafeText:
    """A message, with what to do in a line of its own if that is known."""
    return SafeText("{}\n  hint: {}", text, hint) if hint else text


def error_line(error: OSError) -> SafeText:
    """The error and its file, in one line: never the words of a library, which may hold anything."""
    if isinstance(error, SafeError):
        return error.reason
    if error.errno is None:
        return SafeText("{}", SafeText.known(type(error).__name__))
    said = SafeText.known(os.strerror(error.errno))
    if error.filename is None:
        return said
    return SafeText("{}: {}", SafeText.known(visible(os.fsdecode(error.filename))), said)


def tell_mistake(error: BaseException, trace: TracebackType | None) -> None:
    """Say that the program failed by its own mistake: the kind of it and where, never what was worked on."""
    frames: list[str] = []
    while trace is not None:
        folder, name = os.path.split(trace.tb_frame.f_code.co_filename)
        frames.append(f"{os.path.basename(folder)}/{name}:{trace.tb_lineno}")
        trace = trace.tb_next
    kind = SafeText.known(type(error).__name__)
    places = SafeText.known(" < ".join(reversed(frames[-_MOST_FRAMES:])))
    tell(SafeText("internal error: {} at {}; please report this line", kind, places))


def hide_tracebacks() -> None:
    """Let no exception that nobody caught be shown with its text, in any thread."""
    import threading

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            tell_mistake(args.exc_value, args.exc_traceback)

    def unraisable(args: sys.UnraisableHookArgs) -> None:
        if args.exc_value is not None and not isinstance(args.exc_value, BrokenPipeError):
            tell_mistake(args.exc_value, args.exc_traceback)

    sys.excepthook = lambda kind, error, trace: tell_mistake(error, trace)
    threading.excepthook = in_thread
    sys.unraisablehook = unraisable
