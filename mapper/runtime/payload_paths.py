"""Paths in a payload, as `custom_data.contents[].id` or `contents[2].id`: what is around one, and below."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

_Value = TypeVar("_Value")


def and_around(path: str) -> Iterator[str]:
    """The path, then that of each object or list around it, innermost first."""
    while path:
        yield path
        path = path[: path.rindex("[")] if path.endswith("]") else path.rpartition(".")[0]


def nearest(path: str, known: Mapping[str, _Value]) -> _Value | None:
    """The value known at a path, else at the nearest one around it, else at the first below it."""
    for one in and_around(path):
        if one in known:
            return known[one]
    return next((value for one, value in known.items() if one.startswith((f"{path}.", f"{path}["))), None)
