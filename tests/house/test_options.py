"""Options of commands: each is declared once, by a field of the class whose object holds its value."""

from __future__ import annotations

import ast
import dataclasses

import click
import pytest

from mapper.cli.options import argument, option, options_of, takes
from tests.house.sources import FILES, nodes

pytestmark = pytest.mark.quick

_DECLARE = {"option", "argument", "password_option", "confirmation_option"}


def test_options_are_declared_by_fields_alone() -> None:
    wrong = [
        f"{file}:{node.lineno}"
        for file in FILES
        if file.startswith("mapper/cli/") and file != "mapper/cli/options.py"
        for node in nodes(file)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in {("click", one) for one in _DECLARE}
    ]
    assert wrong == []


@dataclasses.dataclass(frozen=True, slots=True)
class _Inner:
    size: int = option("--size", type=int, default=3, help="Size.")
    place: str = option("--at", default="here", help="Place.")


@dataclasses.dataclass(frozen=True, slots=True)
class _Outer:
    names: tuple[str, ...] = argument(nargs=-1)
    inner: _Inner = options_of(_Inner, size="How many.")
    is_last: bool = option("--last", is_flag=True)
    found: int = 7


def test_a_command_is_given_the_object_of_its_options() -> None:
    given: list[_Outer] = []

    @click.command()
    @takes(_Outer)
    def command(options: _Outer) -> None:
        """Take some."""
        given.append(options)

    command.main(["a", "b", "--at", "there", "--last"], standalone_mode=False)
    assert given == [_Outer(("a", "b"), _Inner(3, "there"), True)]
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert [(one.name, one.help) for one in options] == [
        ("size", "How many."),
        ("place", "Place."),
        ("is_last", None),
    ]
    assert command.help == "Take some."
