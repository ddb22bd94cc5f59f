"""The registry of transforms: name, types, parameters, examples and code of each, together.

A transform is a pure function of one value (the first parameter). It is never handed null, unless null is
among the kinds it takes: the caller keeps "null in, null out". It returns a JSON value (null: absent) or
raises Invalid, whose reason never holds the value.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Required, TypedDict, TypeVar, Unpack

from mapper.transforms.meaning import Grown, LooksAt, Makes, Meaning, OnNull, Purpose
from mapper.values.frozen import dataclass
from mapper.values.types import UNKNOWN, Invalid, Json, Type

_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument of a transform after its value.

    role: what it is for. variadic: takes all further positional arguments.
    nullable: null is a value of it; else a null gives null.
    words: some of the texts it takes, so that a slip of the pen can be named.
    uses: what of the values that it takes is of any use; None: all of them.
    grows: the longer it is, the longer is the work or what comes of it.
    constant: it is written in the mapping, never read from an event.
    is_pattern: it is a pattern, a list of them, or an object whose keys are patterns.
    unless: another parameter without which it is required.
    also: what other tools call it, in lower case and without `_` and `-`, with blanks between them.
    """

    name: str
    type: Type
    required: bool
    role: Purpose
    default: Json = None
    variadic: bool = False
    nullable: bool = False
    words: tuple[str, ...] = ()
    grows: bool = False
    uses: Type | None = None
    constant: bool = False
    is_pattern: bool = False
    unless: str = ""
    also: str = ""

    @property
    def sets_type(self) -> bool:
        """Whether the type of the result can depend on it: not if it is read only where it is there."""
        return self.role != "steers" or self.required

    @property
    def may_lack(self) -> bool:
        """Whether the transform works without it: a value that is invalid counts as absent."""
        return self.nullable and not self.required and not self.variadic


@dataclass(frozen=True, slots=True)
class Example:
    """`value` and `arguments` give `result`, or are invalid for the reason `invalid`."""

    value: Json
    result: Json = None
    arguments: tuple[tuple[str, Json], ...] = ()
    invalid: str | None = None


@dataclass(frozen=True, slots=True)
class Also:
    """The other names of a transform, in words with blanks between them.

    words: what other tools call it, in lower case and without `_` and `-`. calls: what only functions of
    other languages are called, since fields of a payload may have these names. aliases: further names of it.
    """

    words: str = ""
    calls: str = ""
    aliases: tuple[str, ...] = ()


_NOTHING_ELSE = Also()


@dataclass(frozen=True, slots=True)
class Transform:
    """A named pure function of one value.

    name: what a mapping calls it; also: what else it is called.
    takes, gives: types of the value and the result.
    keeps: what is left of the value, whatever the arguments are. makes: how the result's parts are named.
    grows: how long its result may be, or that by name of the arguments, all constants.
    looks_at: how much of the value it goes through.
    on_null: what it gives for null; only one that takes null can say more than null.
    whole: it acts on a list as a whole; else a step with it acts on each element of a list.
    passing: it gives the value as it is, and only notes something of it.
    keeps_digests: it leaves a SHA-256 digest, as `digest` gives it, as it is.
    noting: its function takes a further keyword `note_texts: list[str]`, to which it appends what to note.
    closed: without arguments it gives one of few words, and takes only what means one of these.
    pattern: a regular expression that every text it gives matches, "" if none is promised.
    part: gives one attribute of the object that it gives, by name, without making the others.
    prepare: given its arguments by name, all constants, a function of the value that gives the same.
    uses: what of the values that it takes is of any use; None: all of them.
    check: given the constant arguments by name, raises Invalid if they are wrong; run when compiling.
    typed: given the arguments by name, all constants that pass the check, the type of what it gives.
    refines: given the types of the value and of the arguments, the type of what it gives.
    chooses: it gives one of several parts, of which others may be missing.
    only_removes: a text that it gives has only characters of the value, though not all.
    settles: it leaves a text that it has made as it is.
    """

    name: str
    function: Callable[..., Any]
    takes: Type
    gives: Type
    parameters: tuple[Parameter, ...]
    examples: tuple[Example, ...]
    keeps: tuple[Meaning, ...]
    grows: Grown | Callable[..., Grown]
    makes: Makes = ""
    looks_at: LooksAt = "all"
    on_null: OnNull = "null"
    also: Also = _NOTHING_ELSE
    whole: bool = False
    noting: bool = False
    passing: bool = False
    keeps_digests: bool = False
    closed: bool = False
    pattern: str = ""
    part: Callable[[Json, str], Json] | None = None
    prepare: Callable[..., Callable[[Json], Json]] | None = None
    uses: Type | None = None
    check: Callable[..., None] | None = None
    typed: Callable[..., Type] | None = None
    refines: Callable[[Sequence[Type]], Type] | None = None
    chooses: bool = False
    only_removes: bool = False
    settles: bool = False

    @property
    def documentation(self) -> str:
        """All that is said of it, as Markdown."""
        return inspect.getdoc(self.function) or ""

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    def gives_for(self, arguments: Mapping[str, Json]) -> Type:
        """The type of what it gives for some arguments, all of them constants."""
        if self.typed is None:
            return self.gives
        try:
            return self.typed(**arguments)
        except (Invalid, TypeError):  # reported where they are written
            return UNKNOWN

    def grown(self, arguments: Mapping[str, Json]) -> Grown:
        """How long its result may be for some arguments, all of them constants."""
        return self.grows(**arguments) if callable(self.grows) else self.grows

    def accepts(self, parameter: Parameter, value: Json) -> bool:
        """Whether its own check takes a constant as one of its arguments."""
        try:
            if self.check is not None:
                self.check(**{parameter.name: value})
        except (Invalid, TypeError):  # other arguments are needed, too
            return False
        return True


# What other tools call parameters that several transforms have.
FORMAT = "fmt pattern layout dateformat"
SEPARATOR = "sep delimiter delim glue"

TRANSFORMS: dict[str, Transform] = {}


class _Facts(TypedDict, total=False):
    """The other facts of a transform, as in Transform."""

    keeps: Required[tuple[Meaning, ...]]
    grows: Required[Grown | Callable[..., Grown]]
    makes: Makes
    looks_at: LooksAt
    on_null: OnNull
    also: Also
    whole: bool
    noting: bool
    passing: bool
    keeps_digests: bool
    closed: bool
    pattern: str
    part: Callable[[Json, str], Json] | None
    prepare: Callable[..., Callable[[Json], Json]] | None
    uses: Type | None
    check: Callable[..., None] | None
    typed: Callable[..., Type] | None
    refines: Callable[[Sequence[Type]], Type] | None
    chooses: bool
    only_removes: bool
    settles: bool


def transform(
    takes: Type,
    gives: Type,
    *,
    examples: Sequence[tuple[Any, ...]],
    parameters: Sequence[Parameter] = (),
    **facts: Unpack[_Facts],
) -> Callable[[_F], _F]:
    """Put a function into the registry under its own name, less a closing `_`.

    An example is `(value, result)` or `(value, {argument: ...}, result)`; a result that is an Invalid says
    it is invalid for that reason.
    """

    def register(function: _F) -> _F:
        entry = Transform(
            name=function.__name__.rstrip("_"),
            function=function,
            takes=takes,
            gives=gives,
            parameters=tuple(parameters),
            examples=tuple(_example(example) for example in examples),
            **facts,
        )
        _enter(entry)
        return function

    return register


def prepared(function: Callable[..., Any], **arguments: Json) -> Callable[[Json], Json]:
    """The function of a transform with constant arguments: what depends on these alone is worked out once."""
    prepare = TRANSFORMS[function.__name__.rstrip("_")].prepare
    assert prepare is not None
    return prepare(**arguments)


def _enter(entry: Transform) -> None:
    for known_as in (entry.name, *entry.also.aliases):
        if known_as in TRANSFORMS:
            raise ValueError(f"two transforms have the name {known_as}")
        TRANSFORMS[known_as] = entry


def _example(example: tuple[Any, ...]) -> Example:
    value, *middle, result = example
    arguments = tuple(middle[0].items()) if middle else ()
    if isinstance(result, ValueError):
        return Example(value, None, arguments, invalid=str(result))
    return Example(value, result, arguments)
