"""Surprise: what is not as it usually is, so that the careful form takes the event."""

from __future__ import annotations

from typing import Any, NoReturn

from mapper.transforms.weight import FREE_CHARACTERS

# Lists of more elements are left to the careful form, which counts while it makes them: what is made of so
# many is some megabytes before anybody measures it.
MANY = 10_000
# A payload with no longer lists than this is small for certain where the compiler says so.
FEW = 250


class Surprise(Exception):
    """The fast form does not know what to make of an event."""


class _Surprising(list[str]):
    """Takes the place of a list of texts to note where there is nobody to note them."""

    def append(self, note: str) -> NoReturn:
        raise Surprise


def free_again(value: Any) -> None:
    """Let pass what costs nothing however often it is read again, as `Frame.spend_all` has it."""
    kind = type(value)
    if kind is str:
        if len(value) > FREE_CHARACTERS:
            raise Surprise
    elif value is not None and kind is not int and kind is not float and kind is not bool:
        raise Surprise


surprising = _Surprising()
