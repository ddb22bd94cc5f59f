"""Options of commands: each is declared once, as a field of the class whose object holds its value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, fields
from functools import partial, wraps
from typing import Any, TypeVar

import click

_T = TypeVar("_T")
_DECORATOR, _GROUP, _HELPS = "decorator", "group", "helps"


class _Option(click.Option):
    """An option that is refused with an empty value, as of a variable of the shell that is not set."""

    def handle_parse_result(
        self, ctx: click.Context, opts: Mapping[str, Any], args: list[str]
    ) -> tuple[Any, list[str]]:
        """The value of the option in a call."""
        given = opts.get(self.name or "")
        if (given == "" or (isinstance(given, list | tuple) and "" in given)) and not ctx.resilient_parsing:
            raise click.BadParameter("the value is empty; is a variable of the shell not set?", ctx, self)
        return super().handle_parse_result(ctx, opts, args)


def option(*names: str, **attributes: Any) -> Any:
    """A field for an option, with the names and attributes that `click.option` takes."""
    return field(metadata={_DECORATOR: partial(click.option, *names, cls=_Option, **attributes)})


def argument(**attributes: Any) -> Any:
    """A field for an argument, with the attributes that `click.argument` takes."""
    return field(metadata={_DECORATOR: partial(click.argument, **attributes)})


def options_of(kind: type[Any], **helps: str) -> Any:
    """A field for an object of another class of options, whose options are the command's too.

    helps: the help of options that is another one in this command, by their fields.
    """
    return field(metadata={_GROUP: kind, _HELPS: helps})


def takes(kind: type[_T]) -> Callable[[Callable[[_T], None]], Callable[..., None]]:
    """A decorator that gives a command the options of a class, shown by `--help` in this order.

    The command's function is called with one object of the class. Fields that are no options keep their
    defaults.
    """

    def make(function: Callable[[_T], None]) -> Callable[..., None]:
        @wraps(function)
        def called(**values: Any) -> None:
            function(_made(kind, values))

        return offers(kind)(called)

    return make


def offers(kind: type[Any]) -> Callable[[_T], _T]:
    """A decorator that adds the options of a class whose values the command's function is not given."""

    def make(function: _T) -> _T:
        for decorate in reversed(list(_decorators(kind, {}))):
            function = decorate(function)
        return function

    return make


def _decorators(kind: type[Any], helps: Mapping[str, str]) -> Iterator[Callable[[Any], Any]]:
    for one in fields(kind):
        if _GROUP in one.metadata:
            yield from _decorators(one.metadata[_GROUP], {**one.metadata[_HELPS], **helps})
        elif _DECORATOR in one.metadata:
            other = {"help": helps[one.name]} if one.name in helps else {}
            yield one.metadata[_DECORATOR](one.name, **other)


def _made(kind: type[_T], values: Mapping[str, Any]) -> _T:
    own: dict[str, Any] = {}
    for one in fields(kind):  # type: ignore[arg-type]  # each kind is a dataclass
        if _GROUP in one.metadata:
            own[one.name] = _made(one.metadata[_GROUP], values)
        elif _DECORATOR in one.metadata:
            own[one.name] = values.get(one.name)
    return kind(**own)
