"""The facts of a place in an expression that can be read, and is most likely not meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapper.compiler.jmespath.refusal import InPlace
from mapper.compiler.jmespath.tree import Node, Then
from mapper.texts.diagnostic import Diagnostic
from mapper.values.frozen import dataclass

if TYPE_CHECKING:
    from mapper.compiler.jmespath.expression import Expression

# What other languages call after a pipe: what no attribute is called, and what one may be called too.
ONLY_FUNCTIONS = frozenset(
    {
        *("length", "len", "tostring", "tonumber", "to_string", "to_number", "ascii_downcase"),
        *("ascii_upcase", "keys", "to_entries", "from_entries", "with_entries", "not", "lowercase"),
        *("uppercase", "downcase", "upcase", "lower", "upper", "trim", "strip", "floor", "ceil", "abs"),
        *("reverse", "sort", "uniq", "to_array", "sha256", "boolean", "integer", "toString"),
        *("toLowerCase", "toUpperCase", "to_datetime", "to_timestamp", "parse_date", "strptime"),
        *("parse_json", "from_json", "fromjson"),
    }
)
FUNCTIONS_TOO = frozenset(
    {"add", "avg", "count", "digits", "first", "last", "max", "min", "round", "size", "sum", "text", "unique"}
)


@dataclass(frozen=True, slots=True)
class Instead:
    """Changes in place of parts of an expression: each is a change of its own.

    is_safe: nothing else can be meant.
    """

    expression: Expression
    changes: tuple[InPlace, ...]
    is_safe: bool = False


@dataclass(frozen=True, slots=True)
class PipedFunction:
    """`a | trim | length`: names of functions after pipes, as other languages call them.

    base: the value before the first of them; names: of the functions, in the order written.
    """

    expression: Expression
    node: Then
    base: Node
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoChoice:
    """`condition && then || otherwise`, which decides by `then` as well; each part as it is written."""

    condition: str
    then: str
    otherwise: str


@dataclass(frozen=True, slots=True)
class PipedList:
    """The facts of a list in place of one value, where a pipe shows what was meant by its author."""

    own: object
    pipe: Diagnostic
