"""The facts of a name, a step or a value that does not fit: the word, the known ones, the field."""

from __future__ import annotations

from collections.abc import Iterable

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Field
from mapper.compiler.schema.target import TargetField
from mapper.compiler.syntax.value_nodes import Constant, Elements, Fields
from mapper.compiler.syntax.written_steps import WrittenStep
from mapper.compiler.yaml.nodes import MapNode, ScalarNode, YamlNode
from mapper.texts.named_text import Span
from mapper.transforms import Parameter, Transform
from mapper.values.frozen import dataclass
from mapper.values.types import Type


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
    """A `$name` that nothing defines, and those that are defined there.

    elsewhere: the list rule or the section that alone can read a variable of this name.
    """

    name: str
    known: tuple[str, ...]
    span: Span
    elsewhere: Span | None = None


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
    """A step that names no transform. own: the functions of the mapping.

    source: the expression that the steps act on, if it is one.
    """

    written: WrittenStep
    own: tuple[str, ...] = ()
    source: Expression | None = None


@dataclass(frozen=True, slots=True)
class UnknownArgument:
    """The name of an argument that a transform does not have, among those that are written."""

    key: ScalarNode
    written: MapNode
    transform: Transform


@dataclass(frozen=True, slots=True)
class MissingArguments:
    """Arguments that a step lacks. source: the expression that the steps act on, if it is one."""

    missing: tuple[Parameter, ...]
    written: WrittenStep
    source: Expression | None = None


@dataclass(frozen=True, slots=True)
class WrongArgument:
    """An argument that a transform does not take.

    node: of the argument, or of a part of it. source: the expression that the steps act on, if it is one.
    path: what the argument reads of the event; "": it is meant as a constant. others: what all such arguments
    of the step read, by their places.
    """

    node: YamlNode
    parameter: Parameter
    written: WrittenStep
    source: Expression | None = None
    path: str = ""
    others: tuple[tuple[Span, str], ...] = ()


@dataclass(frozen=True, slots=True)
class NeedlessArgument:
    """`true` or nothing as the argument of a step that takes none."""

    written: WrittenStep
    node: YamlNode


@dataclass(frozen=True, slots=True)
class WrongConstant:
    """A constant that its field does not take, and why."""

    constant: Constant
    reason: str
    target: TargetField | None


@dataclass(frozen=True, slots=True)
class MissingSteps:
    """Steps that a field's normal form needs, as they are written, under `normal_forms: explicit`.

    apply: the last of the author's own steps. is_expression: a rule can replace the value.
    """

    steps: tuple[str, ...]
    value: Span
    apply: YamlNode | None
    is_expression: bool


@dataclass(frozen=True, slots=True)
class Misfit:
    """A value of a type that its field never takes.

    source: its expression, if it is one. steps: the names of those on it; None: it is no single value.
    """

    target: TargetField
    type: Type
    span: Span
    source: Expression | None = None
    steps: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class WrittenOut:
    """A list that is written out where a field takes one value."""

    elements: Elements


@dataclass(frozen=True, slots=True)
class MomentForText:
    """A time in seconds that comes to a form that reads a date or words.

    form: its name. format: that `timestamp` has, if it has one; span: of `timestamp`, if it is a step.
    """

    form: str
    format: str | None
    span: Span | None


@dataclass(frozen=True, slots=True)
class StrangeFields:
    """Objects with fields that those of a list of the target do not have; names: of all their fields."""

    names: tuple[str, ...]
    item: TargetField
    span: Span


@dataclass(frozen=True, slots=True)
class ConstantWord:
    """A bare word that is a constant of its field, or another word for some.

    meant: those it is another word for; empty: it is one itself. is_certain: it can hardly be an attribute.
    is_open: attributes may be called so.
    """

    expression: Expression
    node: Field
    target: TargetField
    meant: tuple[str, ...]
    is_certain: bool
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class ManyFields:
    """Fields where one value is expected, and the field that takes it."""

    fields: Fields
    target: TargetField
