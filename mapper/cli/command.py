"""The base of all commands: `--version`, an example at the end of `--help`, and options that several take."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from mapper import __version__, authoring
from mapper.cli.messages import tell
from mapper.cli.option_types import Jobs, MappingFile
from mapper.cli.options import argument, offers, option
from mapper.cli.output_options import OutputOptions
from mapper.cli.terminal import visible
from mapper.values.safe_text import SafeText

if TYPE_CHECKING:
    from pathlib import Path

_HOME = "mappings"


class Command(click.Command):
    """A command whose epilog is shown as it is written: lines that can be copied."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples at the end of `--help`."""
        if self.epilog:
            with formatter.section("Examples"):
                for line in self.epilog.splitlines():
                    formatter.write(f"{'':{formatter.current_indent}}{line}\n")


def new_command(
    name: str, example: str, kind: type[Command] = Command
) -> Callable[[Callable[..., Any]], Command]:
    """A command of a name, with an example of its use."""

    def make(function: Callable[..., Any]) -> Command:
        made = click.command(name, cls=kind, epilog=example)(function)
        return click.version_option(__version__, prog_name="mapper")(offers(OutputOptions)(made))

    return make


def mapping_paths(paths: tuple[str, ...]) -> tuple[str, ...]:
    """The paths that a command is given, without any mappings/; exits with 2 where that is missing too."""
    if not paths and not os.path.exists(_HOME):
        tell(SafeText("there is no folder {}/ here; name a mapping file or a folder", SafeText(_HOME)))
        click.get_current_context().exit(2)
    return paths or (_HOME,)


def here() -> Path:
    """The path of a mapping for a command that has none: this folder's project, whose schemas count."""
    from pathlib import Path

    return Path.cwd() / "mapping.yaml"


def only_target(schemas: str | None) -> str:
    """The one schema there is that says how it is delivered, for commands whose caller names none."""
    from mapper.compiling import delivered_targets

    names, broken = delivered_targets(schemas=schemas, beside=here())
    if not names and broken:
        raise click.UsageError(visible(str(broken[0])))
    if not names:
        raise click.UsageError("no schema says how its payloads are delivered (`x-delivery`)")
    if len(names) > 1:
        raise click.UsageError(f"several schemas can be delivered; name one: {', '.join(names)}")
    return names[0]


def tell_shadows(mappings: Iterable[str | Path], schemas: str | None) -> None:
    """Name on stderr, each once, the files that are read in place of this package's schemas and differ."""
    # Mappings of one folder have the same project.
    folders = {os.path.dirname(mapping): mapping for mapping in mappings}
    found = [one for mapping in folders.values() for one in authoring.shadows(mapping, schemas)]
    for file, name in dict.fromkeys(found):
        names = (SafeText.known(visible(file)), SafeText.known(name))
        tell(SafeText("{} is read in place of this package's schema {}", *names))


mapping_argument = partial(argument, type=MappingFile())
jobs_option = partial(
    option,
    "--jobs",
    type=Jobs(),
    metavar="N|auto",
    default=1,
    show_default=True,
    help="Number of worker processes; auto: one for each core.",
)
changed_since_option = partial(
    option,
    "--changed-since",
    metavar="REF",
    help="Only files that changed since this version in git, and mappings that depend on what did.",
)
stdin_filename_option = partial(
    option,
    "--stdin-filename",
    default="<stdin>",
    metavar="NAME",
    help="File name to show for the mapping from `-`.",
)
no_cache_option = partial(
    option, "--no-cache", is_flag=True, help="Compile the mapping again, and do not cache it."
)
reveal_names_option = partial(
    option, "--reveal", is_flag=True, help="Show names of events that no section takes, as they are."
)
suppress_option = partial(
    option,
    "--suppress",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="Skip events of persons on this list: of `suppress build`, or CSV with a header. Repeatable.",
)
schemas_option = partial(
    option,
    "--schemas",
    type=click.Path(exists=True, file_okay=False),
    help="Folder to read schemas from, instead of the project's and the built-in ones.",
)
log_format_option = partial(
    option,
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Format of the lines on stderr: text, or one JSON object per line.",
)


def output_format_option(*forms: str) -> Any:
    """The option for the form of the output, the first of these by default."""
    return option(
        "--format",
        type=click.Choice(forms),
        default=forms[0],
        show_default=True,
        help="Form of the output.",
    )


outbox_option = partial(
    option,
    "--outbox",
    metavar="FILE|postgresql://HOST/DATABASE",
    help="The outbox: a file, or a database. By default the only file in your state folder.",
)
