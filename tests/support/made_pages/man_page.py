"""The commands, as click has them -> the manual page mapper(1), in the macros of man."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from mapper import __version__
from mapper.cli import commands
from tests.support.every_command import every_command

# Options of all commands, which are said once.
_EVERYWHERE = {"--color", "--quiet", "--version", "--help"}
_END = r"""
.SH EXIT STATUS
.TP
.B 0
Done.
.TP
.B 1
The mappings or events have errors, as the command says.
.TP
.B 2
The call is wrong, or a file cannot be read.
.TP
.BR 65 ", " 69 ", " 70 " to " 78
Of commands that deliver: what a supervisor should do. 70 is an internal error of any command.
.TP
.B 130
Interrupted.
.B send
that is terminated ends with 143.
.SH ENVIRONMENT
.TP
.BR NO_COLOR ", " FORCE_COLOR ", " CLICOLOR_FORCE
Whether there is colour without
.BR \-\-color .
.TP
.B MAPPER_NO_CACHE
Nothing compiled is kept.
.TP
.BR XDG_STATE_HOME ", " XDG_CACHE_HOME
Where the outbox and compiled mappings are.
"""


_BEFORE = "Each command takes `--color`, `--quiet`, `--version` and `--help` after its name too."


def write_page() -> str:
    """The whole page. Made anew by `make docs`; a test holds docs/mapper.1 equal to it."""
    context = _context(commands, "mapper", None)
    parts = [
        f'.TH MAPPER 1 "" "mapper {__version__}" "pinterest\\-capi\\-mapper"',
        ".SH NAME\nmapper \\- map source events to the payloads of a destination",
        f".SH SYNOPSIS\n{_usage(commands, context)}",
        f".SH DESCRIPTION\n{_prose(commands)}",
        f".SH OPTIONS\n{_text(_BEFORE)}",
        *_options(commands, context),
        ".SH COMMANDS",
        *(part for words, one in every_command() for part in _command(words, one)),
    ]
    return "\n".join(parts) + _END


def _command(words: str, one: click.Command) -> Iterator[str]:
    context = _context(one, f"mapper {words}", _context(commands, "mapper", None))
    yield f".SS mapper {_text(words)}\n{_usage(one, context)}\n.PP\n{_prose(one)}"
    yield from _options(one, context)
    if one.epilog:
        yield ".PP\nExamples:\n.PP\n.RS 4\n.nf"
        yield from map(_text, one.epilog.splitlines())
        yield ".fi\n.RE"


def _context(one: click.Command, name: str, parent: click.Context | None) -> click.Context:
    return click.Context(one, info_name=name, parent=parent, **commands.context_settings)


def _usage(one: click.Command, context: click.Context) -> str:
    pieces = " ".join(one.collect_usage_pieces(context))
    return f".B {_text(context.info_name or '')}\n{_text(pieces)}"


def _options(one: click.Command, context: click.Context) -> Iterator[str]:
    for param in one.get_params(context):
        is_said = one is not commands and bool(_EVERYWHERE & {*param.opts})
        record = param.get_help_record(context) if isinstance(param, click.Option) and not is_said else None
        if record is not None:
            names, told = record
            yield f".TP\n.B {_text(names)}\n{_text(told) or '.'}"


def _prose(one: click.Command) -> str:
    return "\n.PP\n".join(
        _text(" ".join(part.split())) for part in inspect.cleandoc(one.help or "").split("\n\n")
    )


def _text(text: str) -> str:
    """A text in which nothing is a request of roff's; what is in backquotes is bold."""
    text = text.replace("\\", r"\e").replace("-", r"\-")
    text = re.sub(r"`([^`]+)`", r"\\fB\1\\fR", text)
    return rf"\&{text}" if text[:1] in (".", "'") else text
