"""`mapper init`: a first mapping, drafted from sample events or copied from a ready one."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from pathlib import Path

import click

import mapper
from mapper import ReadyMapping
from mapper.cli.command import new_command
from mapper.cli.messages import tell
from mapper.cli.output import open_whole
from mapper.cli.terminal import pad, visible, width
from mapper.diagnostic import closest
from mapper.safe_text import SafeText

_FOLDER = "mappings"
_EXAMPLE = """\
mapper init --list                       the ready mappings there are
mapper init --like segment-ecommerce     writes mappings/segment-ecommerce.yaml
mapper init --like shopify-orders -o shop.yaml"""


@new_command("init", _EXAMPLE)
@click.option("--like", metavar="NAME", help="Start from a copy of a ready mapping.")
@click.option("--list", "listed", is_flag=True, help="List the ready mappings and exit.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True),
    help="Write the mapping to FILE. Default: a file in mappings/. `-`: stdout.",
)
@click.option("--force", is_flag=True, help="Overwrite files that exist.")
def command(like: str | None, listed: bool, output: str | None, force: bool) -> None:
    """Write a first mapping: a copy of a ready one.

    Files that exist are not overwritten without --force. Exits with 2 if a file cannot be read or written.
    """
    if listed:
        _show_list()
    elif like is not None:
        _copy(_ready(like), output, force)
    else:
        raise click.UsageError("name a ready mapping with --like NAME; `mapper init --list` shows them")


def _show_list() -> None:
    ready = mapper.ready_mappings()
    column = max((width(one.name) for one in ready), default=0)
    for one in ready:
        click.echo(f"{pad(one.name, column)}  {visible(one.about)}")


def _ready(name: str) -> ReadyMapping:
    known = {one.name: one for one in mapper.ready_mappings()}
    if name not in known:
        near = closest(name, list(known))
        hint = f"did you mean {near}?" if near else "`mapper init --list` shows them"
        raise click.UsageError(f"there is no ready mapping {name}; {hint}")
    return known[name]


def _copy(ready: ReadyMapping, output: str | None, force: bool) -> None:
    """Write a ready mapping and the files that it extends, or its own text to stdout."""
    (own, text), *bases = ready.files
    if output == "-":
        click.echo(text, nl=False)
        for name, _ in bases:
            tell(SafeText("it extends {}, which `-o FILE` also writes", SafeText.known(name)))
        return
    file = Path(_FOLDER, own) if output is None else Path(output)
    write_files([(file, text), *((file.parent / name, base) for name, base in bases)], force)
    say_next(f"mapper check {shlex.quote(str(file))}")


def write_files(files: Iterable[tuple[Path, str]], force: bool) -> None:
    """Write all of some files or, where one exists that would change, none."""
    changed = [(file, text) for file, text in files if not _holds(file, text)]
    taken = [file for file, _ in changed if os.path.lexists(file)]
    if taken and not force:
        names = ", ".join(visible(str(file)) for file in taken)
        raise click.UsageError(f"{names} exists; write to another file with -o, or overwrite with --force")
    for file, text in changed:
        file.parent.mkdir(parents=True, exist_ok=True)
        with open_whole(str(file)) as written:
            written.file.write(text.encode())
            written.is_whole = True
        tell(SafeText("wrote {}", SafeText.known(visible(str(file)))))


def _holds(file: Path, text: str) -> bool:
    try:
        return file.is_file() and file.read_text(encoding="utf-8") == text
    except ValueError:
        return False


def say_next(line: str) -> None:
    """Say which command comes next."""
    tell(SafeText("next: {}", SafeText.known(visible(line))))
