"""The registry of JMESPath's functions: how one is entered, with its types, examples and facts."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Required, TypedDict, TypeVar, Unpack

from mapper.transforms.meaning import Grown, LooksAt, Makes, Meaning, Purpose
from mapper.values.types import Json, Type

_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class FunctionParameter:
    """An argument a function takes.

    role: what it is for. expression: it is written `&...` and worked out at each element;
    `type` is what it gives there.
    """

    type: Type
    role: Purpose
    expression: bool = False


@dataclass(frozen=True, slots=True)
class Builtin:
    """A function of JMESPath.

    function: what generated code calls. In place of an `&` argument it takes the list of that argument's
    values, one for each element, after the list itself.
    gives: what its result can be, whatever it is given. examples: (expression, result).
    keeps: what is left of the value that it is given. fails: whether it can be invalid for some value.
    grows: how long its result may be. looks_at: how much of a value it goes through.
    refines: given the types of the arguments, the type of what it gives.
    chooses: it gives one of several parts, of which others may be missing.
    makes: how the result's parts are named. lenient: a call that does the same and gives null for null, with
    `{0}` for the first argument. variadic: the last argument may be repeated any number of times.
    also: what other languages call it, in lower case and without `_`.
    """

    name: str
    function: Callable[..., Any]
    takes: tuple[FunctionParameter, ...]
    gives: Type
    examples: tuple[tuple[str, Json], ...]
    summary: str
    keeps: tuple[Meaning, ...]
    grows: Grown
    fails: bool
    makes: Makes = ""
    looks_at: LooksAt = "all"
    refines: Callable[[Sequence[Type]], Type] | None = None
    chooses: bool = False
    lenient: str = ""
    variadic: bool = False
    also: tuple[str, ...] = ()

    @property
    def documentation(self) -> str:
        """All that is said of it, as Markdown; "" where there is nothing."""
        told = inspect.getdoc(self.function) or ""
        return told if self.summary and told.startswith(self.summary) else self.summary


FUNCTIONS: dict[str, Builtin] = {}


class _Facts(TypedDict, total=False):
    """The other facts of a function, as in Builtin."""

    keeps: Required[tuple[Meaning, ...]]
    grows: Required[Grown]
    fails: Required[bool]
    makes: Makes
    looks_at: LooksAt
    refines: Callable[[Sequence[Type]], Type]
    chooses: bool
    lenient: str
    variadic: bool


def function(
    *takes: Type | FunctionParameter,
    gives: Type,
    examples: Sequence[tuple[str, Json]],
    also: str = "",
    **facts: Unpack[_Facts],
) -> Callable[[_F], _F]:
    """Put a function into the registry under its own name, less a closing `_`.

    An argument of which only the type is given is the value.
    """

    def register(body: _F) -> _F:
        arguments = tuple(
            one if isinstance(one, FunctionParameter) else FunctionParameter(one, "value") for one in takes
        )
        name = body.__name__.rstrip("_")
        summary = (inspect.getdoc(body) or "").partition("\n")[0]
        others = tuple(also.split())
        FUNCTIONS[name] = Builtin(
            name, body, arguments, gives, tuple(examples), summary, also=others, **facts
        )
        return body

    return register
