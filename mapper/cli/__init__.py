"""The command line: the only room that prints and exits. Each command loads only when it is called."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import click

from mapper import __version__
from mapper.cli.options import option, options_of, takes
from mapper.cli.output_options import OutputOptions
from mapper.cli.signals import INTERRUPTED, TERMINATED, Terminated
from mapper.cli.terminal import close_stdout
from mapper.runtime.garbage import look_seldom_for_circles
from mapper.values.frozen import dataclass

if TYPE_CHECKING:
    from mapper.values.safe_text import SafeText

# As `--help` shows them.
_GROUPS = (
    (
        "Write and review mappings",
        (
            *("init", "check", "fmt", "test", "explain", "eval", "diff", "catalog", "stats", "overlap"),
            *("playground", "schema", "lsp", "completion"),
        ),
    ),
    (
        "Map and deliver events",
        ("run", "send", "serve", "consume", "deliver", "outbox", "suppress", "sandbox"),
    ),
)
# The first sentence of each command's help, so that `mapper --help` loads no command.
_SHORT_HELP = {
    "init": "Write a first mapping, from EVENTS, a ready one or an export.",
    "check": "Check mappings, intakes and schemas before any event.",
    "fmt": "Format mapping files: only whitespace changes.",
    "test": "Run the tests in mapping files.",
    "explain": "Show where each value of a payload comes from.",
    "eval": "Print the value of an expression for each of EVENTS.",
    "diff": "Compare what two versions of mappings send, and their rules.",
    "catalog": "Show what all mappings send, from which attributes.",
    "stats": "Show what payloads of EVENTS carry, and what is not used.",
    "overlap": "Compare events of the tag with those of the server.",
    "playground": "Edit mappings in the browser, each payload beside them.",
    "schema": "List the schemas there are, or show the JSON Schema of TARGET.",
    "lsp": "Answer an editor: mistakes as typed, fixes, completion, hover.",
    "completion": "Print the script with which a shell completes `mapper`.",
    "run": "Turn EVENTS into payloads, one a line, in their order.",
    "send": "Turn EVENTS into payloads and deliver them from an outbox.",
    "serve": "Accept webhooks and beacons into an outbox, and deliver them.",
    "consume": "Accept records of a Kafka topic into an outbox and deliver them.",
    "deliver": "Deliver what waits in an outbox, as a service.",
    "outbox": "Show what an outbox contains, and retry refused events.",
    "suppress": "Build lists of persons whose events are skipped by --suppress.",
    "sandbox": "Simulate the service of TARGET on this machine.",
}
# What commands for the same purpose are called elsewhere.
_ALSO = {
    **dict.fromkeys(("lint", "validate", "verify", "fix", "compile"), "check"),
    **dict.fromkeys(("apply", "convert", "map", "preview", "transform"), "run"),
    **dict.fromkeys(("compare", "review"), "diff"),
    **dict.fromkeys(("inventory", "lineage", "list"), "catalog"),
    **dict.fromkeys(("draft", "generate", "import", "new"), "init"),
    **dict.fromkeys(("format", "pretty", "style"), "fmt"),
    **dict.fromkeys(("start", "server"), "serve"),
    **dict.fromkeys(("deploy", "push", "upload"), "send"),
}
_COMMANDS = tuple(name for _, names in _GROUPS for name in names)


class Commands(click.Group):
    """A group whose commands are modules of the same name; ends every failure in one line and a status."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, as `--help` and completion show them."""
        return list(_COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, each with what it does, those for one purpose together."""
        for title, names in _GROUPS:
            limit = formatter.width - 6 - max(map(len, names))
            shown = ((name, click.Command(name, help=_SHORT_HELP[name])) for name in names)
            rows = [(name, one.get_short_help_str(limit)) for name, one in shown]
            with formatter.section(title):
                formatter.write_dl(rows)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, from its module."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"mapper.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments begin with; a misspelt one is told what is near."""
        name = args[0]
        if name not in _COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            from mapper.texts.diagnostic import closest

            near = _ALSO.get(name) or closest(name, _COMMANDS)
            ctx.fail(f"there is no command {name!r}" + (f"; did you mean {near!r}?" if near else ""))
        return super().resolve_command(ctx, args)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """The context of a call; `--help` and `--version` are answered here."""
        try:
            return super().make_context(*args, **kwargs)
        except BrokenPipeError:
            close_stdout()
            sys.exit(0)
        except OSError as error:
            from mapper.cli.messages import error_line, tell

            close_stdout()
            tell(error_line(error))
            sys.exit(2)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. Faults of a call are lines of its log where it asks for JSON."""
        words = [*ctx._protected_args, *ctx.args]
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except click.exceptions.Exit:
            with _pipe_may_break():
                sys.stdout.flush()
            raise
        except KeyboardInterrupt as interrupt:
            click.echo("mapper: interrupted", err=True)
            is_send = ctx.invoked_subcommand == "send"
            ctx.exit(TERMINATED if isinstance(interrupt, Terminated) and is_send else INTERRUPTED)
        except BrokenPipeError:
            # Whoever read our page (`check | head`) has all it wanted; of data `run` says that it is lost.
            close_stdout()
            ctx.exit(0)
        except OSError as error:
            from mapper.cli.messages import error_line, tell

            close_stdout()
            if _wants_json(words):
                _log_fault(error_line(error))
            else:
                tell(error_line(error))
            ctx.exit(2)
        except click.UsageError as error:
            if not _wants_json(words):
                raise
            from mapper.values.safe_text import SafeText

            _log_fault(SafeText.known(error.format_message()))
            ctx.exit(error.exit_code)


def _wants_json(words: list[str]) -> bool:
    """Whether a call that may be wrong asks for lines of JSON."""
    return "--log-format=json" in words or ("--log-format", "json") in pairwise(words)


def _log_fault(text: SafeText) -> None:
    from mapper.cli.log import Log
    from mapper.texts.log_events import noted

    Log(as_json=True).say(noted("not_started", text))


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    if not ctx.params.get("verbose"):
        click.echo(f"mapper, version {__version__}")
    else:
        from mapper.cli.version_text import version_text

        click.echo(version_text())
    ctx.exit()


@dataclass(frozen=True, slots=True)
class _Options:
    """The options before any command."""

    output: OutputOptions = options_of(OutputOptions)
    verbose: bool = option(
        "-v", "--verbose", is_flag=True, is_eager=True, help="With --version: Python, system and extras too."
    )
    version: None = option(
        "-V",
        "--version",
        is_flag=True,
        callback=_show_version,
        expose_value=False,
        help="Show the version and exit.",
    )


@contextmanager
def _pipe_may_break() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        close_stdout()


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`mapper COMMAND --help` shows an example of each command.",
)
@takes(_Options)
def commands(options: _Options) -> None:
    """Map source events to the payloads of a destination: check mappings, run them, deliver the payloads."""
    if options.verbose:
        raise click.UsageError("-v goes after the command, or with --version")


def main() -> None:
    """The command `mapper`. UTF-8 whatever the locale says; no traceback, which could hold a value."""
    from mapper.cli.messages import MISTAKE, hide_tracebacks, tell_mistake

    hide_tracebacks()
    look_seldom_for_circles()
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by whoever called, as `<&-` does
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115  # as long as the process
        getattr(sys, name).reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        commands(prog_name="mapper")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:
        tell_mistake(error, error.__traceback__)
        sys.exit(MISTAKE)
