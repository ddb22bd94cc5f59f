"""The changes that `check --fix` makes to files, and that `check --diff` shows."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff

import click

from mapper.cli.messages import error_line
from mapper.cli.terminal import is_quiet, visible
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.file_replacement import replace_file
from mapper.texts.fixing import Check, Repair, Repaired, apply_fixes
from mapper.texts.named_text import Text


@dataclass(frozen=True, slots=True)
class Written:
    """The texts as their files hold them now, how many fixes that took, and whether a file is as before."""

    texts: tuple[Text, ...]
    fixed: int
    failed: bool


def fixed_texts(texts: Iterable[Text], check: Check) -> Repaired:
    """Texts with their safe fixes; a file that is named in two ways, or through a link, is one text."""
    by_file: dict[str, Text] = {}
    for text in texts:
        by_file.setdefault(_file(text.name), text)
    return apply_fixes(by_file, check, _file)


def _file(name: str) -> str:
    return os.path.realpath(name)


def write(texts: Iterable[Text], repaired: Repaired) -> Written:
    """Write the files that were fixed. Says on stderr what was fixed, and what could not be written."""
    before: dict[str, Text] = {}
    for text in texts:
        before.setdefault(_file(text.name), text)
    now = dict(repaired.texts)
    kept: set[str] = set()
    for file, was in before.items():
        try:
            if now[file] != was:
                replace_file(was.name, was, now[file])
        except OSError as error:
            click.echo(f"mapper: {error_line(error)}", err=True)
            now[file] = was
            kept.add(file)
    done = [one for one in repaired.done if not kept & {_file(edit.span.text.name) for edit in one.fix.edits}]
    for one in () if is_quiet() else done:
        click.echo(f"fixed {_named(one)}", err=True)
    for left in repaired.left:
        click.echo(f"not fixed {_named(left.repair)}: {_brought(left.brings)}", err=True)
    return Written(tuple(now.values()), len(done), failed=bool(kept))


def _named(repair: Repair) -> str:
    return visible(f"{repair.found.span.place}: {repair.found.code} {repair.fix.title}")


def _brought(error: Diagnostic) -> str:
    return visible(f"it would cause {error.code}: {error.message}")


def as_patch(texts: Iterable[Text], repaired: Repaired, *, screen: bool) -> str:
    """A unified diff of all that is fixed; for a screen nothing in it acts."""
    pairs = [(text, repaired.texts[_file(text.name)]) for text in texts]
    return "".join(patch_of(was, now, screen=screen) for was, now in pairs if now.content != was.content)


def patch_of(was: Text, now: Text, *, screen: bool) -> str:
    """A unified diff of one text; for a screen nothing in it acts."""
    lines = [*_patch(was, now)]
    return "".join(f"{visible(line.rstrip())}\n" for line in lines) if screen else "".join(lines)


def _patch(was: Text, now: Text) -> Iterator[str]:
    name = visible(was.name)
    old, new = _lines(was.content), _lines(now.content)
    for line in unified_diff(old, new, name, name):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(content: str) -> Sequence[str]:
    """Lines with their ends, as patches count them: at line feeds alone."""
    return re.findall(r"[^\n]*\n|[^\n]+", content)
