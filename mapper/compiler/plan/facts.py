"""What is known of a name, a step or a value that does not fit: the word, the known ones, the field."""

from __future__ import annotations

from collections.abc import Iterable

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.schema.target import TargetField
from mapper.compiler.syntax.values import Constant, WrittenStep
from mapper.compiler.yaml.nodes import MapNode, Node, ScalarNode
from mapper.frozen import dataclass
from mapper.text import Span
from mapper.transforms import Parameter, Transform


@dataclass(frozen=True, slots=True)
class UnknownName:
    """A name that is none of the known ones. instead: what to say where none of these is near."""

    word: str
    known: tuple[str, ...]
    span: Span
    instead: str | None = None


@dataclass(frozen=True, slots=True)
class UnknownSchema:
    """The name of a schema that is not there; instead: what to say where no known one is near."""

    name: str
    known: Iterable[str]
    span: Span
    instead: str


@dataclass(frozen=True, slots=True)
class UnknownVariable:
    """A `$name` that nothing defines, and those that are defined where it stands."""

    name: str
    known: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class UnknownField:
    """A name that an object of the target does not have.

    near: its field of nearly that name, or of other tools' name for it. elsewhere: the one of this name or
    title in another object. beside: the fields that are written next to it. value: what is written for it.
    is_unhashed: beside hashed fields, so that its value would be sent as it is.
    """

    name: str
    span: Span
    target: TargetField
    near: str | None
    elsewhere: TargetField | None
    beside: tuple[str, ...] = ()
    value: Span | None = None
    is_unhashed: bool = False


@dataclass(frozen=True, slots=True)
class UnknownPath:
    """A path of the payload that there is not."""

    path: str
    span: Span
    root: TargetField


@dataclass(frozen=True, slots=True)
class UnknownStep:
    """A step that names no transform."""

    written: WrittenStep


@dataclass(frozen=True, slots=True)
class UnknownArgument:
    """The name of an argument that a transform does not have, among those that are written."""

    key: ScalarNode
    written: MapNode
    transform: Transform


@dataclass(frozen=True, slots=True)
class WrongArgument:
    """An argument that a transform does not take.

    node: of the argument, or of a part of it. source: the expression that the steps act on, if it is one.
    path: what the argument reads of the event; "": it is meant as a constant.
    """

    node: ScalarNode
    parameter: Parameter
    written: WrittenStep
    source: Expression | None = None
    path: str = ""


@dataclass(frozen=True, slots=True)
class WrongConstant:
    """A constant that its field does not take, and why."""

    constant: Constant
    reason: str
    target: TargetField | None


@dataclass(frozen=True, slots=True)
class MissingSteps:
    """Steps that a field's normal form needs, as they are written, under `normal_forms: explicit`.

    apply: where the author's own steps stand last. is_expression: a rule can stand in place of the value.
    """

    steps: tuple[str, ...]
    value: Span
    apply: Node | None
    is_expression: bool
