"""The commands -> a page for each of them, from what `--help` is made of."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping

import click

from mapper.cli import _GROUPS, commands, schema_from
from tests.support.command import ROOT
from tests.support.docs_site.folders import Folder, cell

_HEAD = """# Commands

`mapper COMMAND --help` says the same in a terminal. `-h` is `--help`, and `mapper -V` prints the version."""
# `mapper schema from` is told from a target by its command, and is no command of a group.
_WITHIN = {"schema": {"from": schema_from.command}}
_ROW = re.compile(r"^\| `mapper (\w+(?: from)?) .*$", re.MULTILINE)
_PAGE = re.compile(r"\]\(docs/([\w-]+\.md)")
_OPTION = re.compile(r"(`[^`]*`)|(?<![\w-])(--[a-z][\w-]*)")
_MARKS = re.compile(r"(`[^`]*`)|([\\*_\[\]])")
_OF_ALL = {"--version", "--help"}


def commands_folder(readme: str) -> Folder:
    """The folder of all commands; the first page lists them, by what they are for.

    readme: names, in a table of commands, the pages of docs/ that tell more of each.
    """
    more: dict[str, dict[str, None]] = {}
    for row in _ROW.finditer(readme):
        more.setdefault(row[1], {}).update(dict.fromkeys(_PAGE.findall(row[0])))
    root = click.Context(commands, info_name="mapper", **commands.context_settings)
    index = [_HEAD]
    pages: dict[str, str] = {"commands/index.md": ""}
    groups = {}
    for title, names in _GROUPS:
        those: dict[str, tuple[str, str]] = {}
        for name in names:
            command = commands.get_command(root, name)
            assert command is not None
            those |= dict(_pages(click.Context(command, parent=root, info_name=name), more))
        pages |= {path: text for path, (_, text) in those.items()}
        rows = "".join(
            f"\n| [`{text.splitlines()[0][2:]}`]({path.removeprefix('commands/')}) | {said} |"
            for path, (said, text) in those.items()
        )
        index.append(f"## {title}\n\n| command | what it does |\n|---|---|{rows}")
        groups[title] = {text.splitlines()[0][len("# mapper ") :]: path for path, (_, text) in those.items()}
    pages["commands/index.md"] = "\n\n".join(index) + "\n"
    return Folder(pages, groups)


def _pages(
    context: click.Context, more: Mapping[str, Iterable[str]]
) -> Iterator[tuple[str, tuple[str, str]]]:
    """The page of a command, with the first sentence of its help, and those of its own commands."""
    words = context.command_path.split()[1:]
    command = context.command
    within = getattr(command, "commands", _WITHIN.get(words[-1], {}))
    told = [f"[{_title_of(page)}](../{page})" for page in more.get(" ".join(words), ())]
    parts = [*_parts(context, list(within)), *([f"More: {', '.join(told)}."] if told else [])]
    text = "\n\n".join(parts) + "\n"
    yield f"commands/{'-'.join(words)}.md", (_escaped(_help(command).partition("\n\n")[0]), text)
    for name, one in within.items():
        around = click.Context(click.Group(), parent=context.parent, info_name=context.info_name)
        yield from _pages(click.Context(one, parent=around, info_name=name), more)


def _title_of(page: str) -> str:
    """The heading of a page of docs/."""
    with (ROOT / "docs" / page).open(encoding="utf-8") as file:
        return file.readline().removeprefix("# ").strip()


def _parts(context: click.Context, within: list[str]) -> Iterator[str]:
    command = context.command
    yield f"# {context.command_path}"
    yield f"```text\n{context.command_path} {' '.join(command.collect_usage_pieces(context))}\n```"
    yield _escaped(_help(command))
    if within:
        name = context.command_path.removeprefix("mapper ")
        yield "## Commands"
        yield "\n".join(f"- [`{context.command_path} {one}`]({name}-{one}.md)" for one in within)
    rows = list(_options(context))
    if rows:
        yield "## Options"
        yield "\n".join(["| option | meaning |", "|---|---|", *rows])
    if command.epilog:
        yield f"## Examples\n\n```sh\n{command.epilog}\n```"


def _options(context: click.Context) -> Iterator[str]:
    for one in context.command.get_params(context):
        names, told = one.get_help_record(context) or ("", "")
        if told and not _OF_ALL & set(one.opts):
            yield f"| {cell(f'`{names}`')} | {cell(_escaped(told))} |"


def _help(command: click.Command) -> str:
    """The help as it is written: paragraphs, of which none is wrapped."""
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    return "\n\n".join(" ".join(one.split()) for one in paragraphs)


def _escaped(text: str) -> str:
    """A text of the terminal as Markdown, where code in backticks is code too."""
    text = _OPTION.sub(lambda found: found[1] or f"`{found[2]}`", text)
    plain = _MARKS.sub(lambda found: found[1] or f"\\{found[2]}", text)
    return re.sub(r"<(?![^`]*`(?:[^`]*`[^`]*`)*[^`]*$)", "&lt;", plain)
