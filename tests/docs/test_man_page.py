"""The manual page has each command with its options, and other programs read it without a word."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import click
import pytest

from mapper.cli import commands
from tests.support.command import ROOT
from tests.support.made_pages.man_page import write_page

_PAGE = ROOT / "docs/mapper.1"
_MACROS = {"TH", "SH", "SS", "PP", "TP", "B", "BR", "RS", "RE", "nf", "fi"}
_EVERYWHERE = {"--color", "-q", "--quiet", "--version", "-h", "--help"}


def _commands(info: dict[str, Any], words: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, one in info.get("commands", {}).items():
        yield f"{words} {name}", one
        yield from _commands(one, f"{words} {name}")


def test_the_page_is_that_of_the_commands() -> None:
    assert _PAGE.read_text(encoding="utf-8") == write_page()


def test_each_command_is_there_with_each_of_its_options() -> None:
    text = write_page().replace("\\-", "-")
    sections = dict(re.findall(r"^\.SS (.*)\n((?:(?!\.S[SH] ).*\n)*)", text, re.MULTILINE))
    with click.Context(commands, info_name="mapper") as context:
        known = dict(_commands(commands.to_info_dict(context), "mapper"))
    assert sections.keys() == {*known, "mapper schema from"}
    for words, one in known.items():
        own = {name for param in one["params"] for name in [*param["opts"], *param["secondary_opts"]]}
        options = {name for name in own if name.startswith("-")} - _EVERYWHERE
        named = {
            name
            for line in re.findall(r"^\.TP\n\.B (.*)$", sections[words], re.MULTILINE)
            for name in re.findall(r"(?<![\w-])--?\w[\w-]*", line.partition("[")[0])
        }
        assert options <= named, words
    before = text.partition(".SH COMMANDS")[0]
    assert all(name in before for name in (*_EVERYWHERE, "-V", "-v"))


def test_each_line_is_a_macro_of_man_or_text() -> None:
    lines = write_page().splitlines()
    macros = [line for line in lines if line[:1] in (".", "'")]
    assert {line[1:].partition(" ")[0] for line in macros if line != "."} == _MACROS
    escapes = {found for line in lines for found in re.findall(r"\\(?:f.|.)", line)}
    assert escapes <= {"\\-", "\\e", "\\&", "\\fB", "\\fR"}
    assert [*map(lines.count, (".nf", ".RS 4"))] == [*map(lines.count, (".fi", ".RE"))]


@pytest.mark.parametrize("words", [("groff", "-man", "-ww", "-z"), ("mandoc", "-T", "lint", "-W", "error")])
def test_other_programs_read_it_without_a_word(words: tuple[str, ...]) -> None:
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not here")
    ran = subprocess.run([*words, str(_PAGE)], capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("", "")


def test_the_wheel_and_the_image_have_it() -> None:
    assert '"docs/mapper.1" = "share/man/man1/mapper.1"' in (ROOT / "pyproject.toml").read_text()
    assert "COPY docs/mapper.1 docs/" in (ROOT / "docs/deploy/Dockerfile").read_text()
