"""Spending: budgets of the fast form, which steps aside where they would be overspent.

It may pay for a field that it makes twice, so what is too much is for the careful form to say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from mapper.runtime.budget import FREE_BYTES, Budget
from mapper.runtime.decode import size_of
from mapper.runtime.known_forms.surprise import FEW, MANY, Surprise
from mapper.runtime.limits import on_each
from mapper.values.types import Json


class QuickBudget(Budget):
    """The budget of one source event in the fast form. Raises Surprise and Overrun alike at too much."""

    __slots__ = ()

    def count(self, payload: dict[str, Any]) -> None:
        """Count a payload with few elements, whose parts need not be looked at first."""
        self.sent += size_of(payload)
        if self.is_over(self.sent):
            raise Surprise

    def _overspend(self) -> NoReturn:
        raise Surprise


def few(elements: list[Any]) -> list[Any]:
    """Let a list pass that is short enough to be made larger before anybody counts."""
    if len(elements) > MANY:
        raise Surprise
    return elements


def on_few(value: Json, function: Callable[..., Json], *more: Json, **arguments: Json) -> Json:
    """As `on_each`, for few elements."""
    return on_each(few(value) if type(value) is list else value, function, *more, **arguments)


def budget_of(event: dict[str, Any]) -> QuickBudget:
    """The budget of a source event that is worked on in several frames."""
    return QuickBudget(event)


def check_free_if_long(
    payload: dict[str, Any], event: dict[str, Any], lists: tuple[tuple[str, ...], ...]
) -> None:
    """As `check_free`, where one of the lists at these paths is long: without long ones it is small."""
    for path in lists:
        value: Any = payload
        for name in path:
            value = value.get(name) if type(value) is dict else None
        if type(value) is list and len(value) > FEW:
            check_free(payload, event)
            return


def check_free(payload: dict[str, Any], event: dict[str, Any]) -> None:
    """Let an event's only payload pass if it is no larger than those of such an event may be."""
    size = size_of(payload)
    if size > FREE_BYTES and Budget(event).is_over(size):
        raise Surprise
