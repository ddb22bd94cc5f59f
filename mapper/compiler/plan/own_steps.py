"""A function of the mapping as a step: its value is the first parameter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import OwnFunction
from mapper.compiler.plan.plan_facts import WrongArgument
from mapper.compiler.syntax.written_steps import WrittenStep
from mapper.compiler.yaml.nodes import ScalarNode
from mapper.texts.diagnostic import Diagnostic
from mapper.transforms import Parameter, Transform
from mapper.transforms.meaning import ANY_SIZE, NOTHING
from mapper.values.frozen import dataclass
from mapper.values.part_types import element_type
from mapper.values.types import UNKNOWN, Json, Type, array_of

_ANYTHING = Type(UNKNOWN.kinds, known=False)


@dataclass(frozen=True, slots=True)
class OwnStep:
    """A function of the mapping as a step. types: of what it is given after its value."""

    function: OwnFunction
    types: tuple[Type, ...]

    def typed(self, value: Type) -> tuple[Type, tuple[Diagnostic, ...]]:
        """The type of what it gives for a value, and what can never work with that.

        An absent value comes to no step, and a list to one that takes it as a whole, or element by element.
        """
        whole = self.function.takes_list or (value.known and "array" not in value.kinds)
        single = value if whole or not value.known else element_type(value)
        if not whole and value.known and value.kinds - {"array", "null"}:
            single = UNKNOWN
        made, wrong = self.function.typed((single.without("null"), *self.types))
        if whole:
            return (made.optional() if "null" in value.kinds else made), wrong
        known = value.known and value.kinds <= {"array", "null"} and made.known and "array" not in made.kinds
        return array_of(made.optional()).optional() if known else UNKNOWN, wrong


def strange_constants(
    step: OwnStep,
    stated: Iterable[tuple[Parameter, ScalarNode]],
    written: WrittenStep,
    source: Expression | None,
) -> Iterator[Diagnostic]:
    """Constants given to a function of the mapping that something in it never takes."""
    names = step.function.parameters[1:]
    for parameter, node in stated:
        number = names.index(parameter.name)
        if step.types[number].constants is None:
            continue
        alone = [given if other == number else UNKNOWN for other, given in enumerate(step.types)]
        wrong = next((one for one in step.function.typed((UNKNOWN, *alone))[1] if one.code == "M202"), None)
        if wrong is not None:
            fact = WrongArgument(node, parameter, written, source)
            related = ((wrong.span, f"`{parameter.name}` is given to it here"),)
            yield Diagnostic("M202", node.span, wrong.message, related=related, facts=fact)


def as_transform(function: OwnFunction) -> Transform:
    """A function of the mapping with the facts of any transform."""
    others = [
        Parameter(name, _ANYTHING, required=True, role="value", nullable=True, grows=True)
        for name in function.parameters[1:]
    ]
    return Transform(
        name=function.name,
        function=_no_code,
        takes=UNKNOWN,
        gives=UNKNOWN,
        parameters=tuple(others),
        examples=(),
        keeps=NOTHING,
        grows=ANY_SIZE,
        whole=function.takes_list,
    )


def _no_code(value: Json, *others: Json) -> Json:
    raise AssertionError("the code of a mapping's function is generated")
