"""`mapper lsp`: the language server, which an editor starts."""

from __future__ import annotations

import click

from mapper.cli.command import new_command, schemas_option
from mapper.cli.messages import tell, tell_mistake
from mapper.cli.options import takes
from mapper.delivery.exit_status import ExitStatus
from mapper.extras import missing_extra
from mapper.values.frozen import dataclass
from mapper.values.safe_text import SafeText

_EXAMPLE = """\
mapper lsp                              an editor starts this: docs/editor.md
mapper lsp --schemas schemas            read schemas from this folder alone"""


@dataclass(frozen=True, slots=True)
class _Options:
    """The call of `lsp`: where it reads schemas."""

    schemas: str | None = schemas_option()


@new_command("lsp", _EXAMPLE)
@takes(_Options)
@click.pass_context
def command(ctx: click.Context, options: _Options) -> None:
    """Answer an editor: mistakes as typed, fixes, completion, hover.

    It speaks the Language Server Protocol on stdin and stdout, until the editor ends it. Needs the extra
    `lsp`.
    """
    try:
        import pygls  # noqa: F401  # to find out whether it is there
    except ImportError:
        tell(SafeText.known(missing_extra("`mapper lsp`", "lsp")))
        ctx.exit(ExitStatus.WRONG_SETUP)
    from mapper.intake.intake_file import intake_mistakes
    from mapper.language_server.editor_server import ServerOptions, serve
    from mapper.language_server.features import new_server
    from mapper.version import diagnostic_pages

    def tell_of(error: BaseException) -> None:
        tell_mistake(error, error.__traceback__)

    serve(new_server(ServerOptions(options.schemas, diagnostic_pages(), tell_of, intake_mistakes)))
