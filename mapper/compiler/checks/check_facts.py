"""The facts of a diagnostic's place: the node, the field, the names there are."""

from __future__ import annotations

from mapper.compiler.schema.target import TargetField
from mapper.compiler.syntax.value_nodes import RuleSource
from mapper.compiler.yaml.nodes import ScalarNode, YamlNode
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass
from mapper.values.types import Json


@dataclass(frozen=True, slots=True)
class ExpectedConstant:
    """A constant that a test expects of a field, which never has such a one."""

    node: ScalarNode
    field: TargetField


@dataclass(frozen=True, slots=True)
class MissingField:
    """A required field without a rule: of the payload, or of the object that the diagnostic is at."""

    name: str
    of_payload: bool


@dataclass(frozen=True, slots=True)
class NotHashed:
    """The value in a `{hash: ...}` that a test expects of a field that is sent as it is."""

    hashed: YamlNode
    field: TargetField


@dataclass(frozen=True, slots=True)
class UnsaidLimit:
    """`consent` without `when_limited`. constants: the fields that say so to the destination."""

    consent: Span
    when_missing: Span
    constants: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DefaultAsEntry:
    """An entry of the table of a `lookup` that is meant as its default."""

    table: YamlNode
    key: ScalarNode
    value: YamlNode


@dataclass(frozen=True, slots=True)
class SmallUnits:
    """A value in small parts of a currency, in the span of a value.

    parts: how many make a whole unit; 0: that is for the currency to say. currency: its expression, if there
    is one. is_alone: the value is an expression without steps.
    """

    span: Span
    parts: int
    currency: str | None
    is_alone: bool


@dataclass(frozen=True, slots=True)
class SwappedValues:
    """Two values that each belong in the other one's place; first: the earlier one."""

    first: Span
    second: Span


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A text of `is` that reads as a pattern of names.

    beside: all values of that `is`. has_dots: names of events have dots in them, or none shows that they
    have not.
    """

    span: Span
    text: str
    beside: tuple[Json, ...]
    has_dots: bool


@dataclass(frozen=True, slots=True)
class NearName:
    """A name that nothing has, and those there are. has: what to say before these: `they have`.

    above: the names of the path that it ends. span: of the name alone, where that can be written anew.
    """

    name: str
    known: tuple[str, ...]
    has: str
    above: tuple[str, ...] = ()
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class MistakenConstant:
    """A constant that looks like something else. meant: what was, and the key that takes it."""

    constant: Span
    key: str
    meant: str


@dataclass(frozen=True, slots=True)
class MistakenDefault:
    """A default that looks like an expression. source: what the rule takes its value from."""

    default: Span
    meant: str
    source: RuleSource
