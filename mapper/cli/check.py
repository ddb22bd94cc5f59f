"""`mapper check`: compiles mapping files and says what is wrong with them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

import mapper
from mapper.cli.command import new_command, schemas_option
from mapper.cli.report import as_json, as_text, closing_count, severity
from mapper.cli.screen import describe, may_colour
from mapper.diagnostic import Diagnostic
from mapper.text import decode_text

_HOME = "mappings"
_SUFFIXES = (".yaml", ".yml")

_EXAMPLE = """\
mapper check                                   all files under mappings/
mapper check mappings/shop.yaml --strict
mapper check - --stdin-filename shop.yaml --format json < shop.yaml"""


@new_command("check", _EXAMPLE)
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(exists=True, allow_dash=True))
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Take warnings for errors.")
@click.option(
    "--stdin-filename", default="<stdin>", metavar="NAME", help="What to call the mapping from `-`."
)
@schemas_option
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    form: str,
    strict: bool,
    stdin_filename: str,
    schemas: str | None,
) -> None:
    """Check mapping files before any event flows.

    PATH is a file, a folder (all .yaml and .yml files under it) or `-` for stdin; without one, mappings/.
    Exits with 1 if there is any error, and with 2 if a file cannot be read or none is found.
    """
    files = list(dict.fromkeys(_files(paths or (_HOME,))))
    if not files:
        raise click.UsageError(f"there is no mapping file in {', '.join(paths or (_HOME + '/',))}")
    found: list[Diagnostic] = []
    unread = 0
    for file in files:
        try:
            found += _check(file, stdin_filename, schemas)
        except OSError as error:
            click.echo(f"mapper: {describe(error)}", err=True)
            unread += 1
    if form == "json":
        sys.stdout.write(as_json(found, strict=strict))
    elif found:
        sys.stdout.write(as_text(found, strict=strict, colour=may_colour(sys.stdout)))
    sys.stdout.flush()
    click.echo(closing_count(len(files) - unread, found, strict=strict), err=True)
    has_errors = any(severity(one, strict) == "error" for one in found)
    ctx.exit(2 if unread else int(has_errors))


def _files(paths: Iterable[str]) -> Iterator[str]:
    """The files that are named, and those under folders that are; of hidden folders none."""
    for path in paths:
        folder = Path(path)
        if path == "-" or not folder.is_dir():
            if path == "-" or folder.exists():
                yield path
            continue
        for file in sorted(folder.rglob("*")):
            hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
            if file.suffix in _SUFFIXES and file.is_file() and not hidden:
                yield str(file)


def _check(file: str, stdin_filename: str, schemas: str | None) -> tuple[Diagnostic, ...]:
    if file != "-":
        return mapper.check_mapping(file, schemas=schemas)
    text = decode_text(stdin_filename, sys.stdin.buffer.read())
    return mapper.check_text(text.content, text.name, schemas=schemas, beside=text.name)
