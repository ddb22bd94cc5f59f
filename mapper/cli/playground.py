"""`mapper playground`: mappings edited in the browser, with what becomes of each event beside them."""

from __future__ import annotations

import errno
from contextlib import suppress

import click

from mapper.cli.command import new_command
from mapper.cli.messages import error_line, tell, tell_summary, with_hint
from mapper.cli.options import argument, option, takes
from mapper.cli.signals import raised
from mapper.values.frozen import dataclass
from mapper.values.safe_text import SafeText

_EXAMPLE = """\
mapper playground
mapper playground mappings
mapper playground --port 9000 --no-open"""
PORT = 8765
_UNAVAILABLE = 69


@dataclass(frozen=True, slots=True)
class _Options:
    """The call of `playground`: the folder of the mappings, and where the page is."""

    path: str = argument(type=click.Path(exists=True, file_okay=False), default=".")
    port: int = option(
        "--port",
        type=click.IntRange(0, 65535),
        default=PORT,
        show_default=True,
        help="Port to listen on; 0 picks a free one.",
    )
    no_open: bool = option("--no-open", is_flag=True, help="Do not open the browser.")


@new_command("playground", _EXAMPLE)
@takes(_Options)
@click.pass_context
def command(ctx: click.Context, options: _Options) -> None:
    """Edit mappings in the browser, each payload beside them.

    PATH is the folder with your mappings, by default this one. Only this machine can reach the page, and it
    sends nothing anywhere. Its address is the first line on stdout. Ctrl-C or SIGTERM ends it, with status 0.
    """
    import threading
    import webbrowser
    from pathlib import Path

    from mapper.playground.local_server import serving

    try:
        with suppress(KeyboardInterrupt), raised(), serving(Path(options.path), options.port) as url:
            click.echo(url)
            tell_summary(SafeText("press Ctrl-C to stop\n"))
            if not options.no_open:
                threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
            threading.Event().wait()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            tell(error_line(error))
            ctx.exit(_UNAVAILABLE)
        said = SafeText("port {} is in use", options.port)
        hint = SafeText("choose another with --port, or let --port 0 pick a free one")
        tell(with_hint(said, hint))
        ctx.exit(_UNAVAILABLE)
