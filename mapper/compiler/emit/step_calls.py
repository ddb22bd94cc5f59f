"""Calls of transforms with checked arguments, as expressions and both forms of the code write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import cast

from mapper.compiler.emit.module import Module, literal
from mapper.compiler.inference.constant_arguments import constant_arguments
from mapper.compiler.inference.result_types import takes_null
from mapper.compiler.jmespath.call_facts import CALCULATIONS
from mapper.compiler.jmespath.tree import Call, Filter, Literal, Node, Projection
from mapper.compiler.plan.planned_steps import Step, StepArgument, VariableArgument
from mapper.transforms.registry import TRANSFORMS, Parameter, Transform
from mapper.values.frozen import dataclass
from mapper.values.types import UNKNOWN, Json, Kind, Type, constant, fit

# Of these kinds a value can be there and as good as none: blank text, a list or object with nothing in it.
_EMPTY_KINDS = frozenset({"string", "array", "object"})
_PYTHON: dict[Kind, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
# What comes to a form of one value.
ONE = Type(UNKNOWN.kinds - {"array"})


@dataclass(frozen=True, slots=True)
class AcceptedArgument:
    """The values that a transform takes as one argument.

    name: what messages call that argument. usual: the Python type that its values mostly have.
    may_lack: as in Parameter.
    """

    type: Type
    name: str
    nullable: bool
    usual: str = ""
    may_lack: bool = False

    def checked(self, atom: str, module: Module) -> str:
        """Python that gives an argument, or raises where it is of another type."""
        types = [one.__name__ for one in python_types(self.type)]
        if not types:
            return atom
        first = self.usual or types[0]
        types += ["type(None)"] if self.nullable else []
        expected = f"{module.use('expect')}({atom}, {literal(self.name)}, {', '.join(types)})"
        return f"{atom} if type({atom}) is {first} else {expected}" if atom.isidentifier() else expected


def python_types(takes: Type) -> tuple[type, ...]:
    """The Python types of the values of a type, null aside; none where it is every type."""
    if not takes.known or takes.kinds >= _PYTHON.keys():
        return ()
    return tuple(dict.fromkeys(one for kind, some in _PYTHON.items() if kind in takes.kinds for one in some))


def has_parts(call: Call) -> bool:
    """Whether a function gives an object of which a part can be made alone."""
    return call.name in TRANSFORMS and TRANSFORMS[call.name].part is not None


def transform_call(
    call: Call, atoms: Sequence[str], note_texts: str, module: Module, part: str = ""
) -> tuple[str, list[str]]:
    """The call of a transform in an expression, and the atoms that must not be null for it.

    `atoms` hold the arguments. A transform is handed only what it takes. note_texts: Python for the list that
    a noting transform appends to. part: the attribute that is read of the object that it gives.
    """
    transform = TRANSFORMS[call.name]
    texts = []
    for number, (node, atom) in enumerate(zip(call.arguments, atoms, strict=True)):
        accepted = _accepted(transform, number)
        is_checked = accepted.may_lack or _always_fits(node, accepted)
        texts.append(atom if is_checked else accepted.checked(atom, module))
    if transform.noting:
        texts.append(f"note_texts={note_texts}")
    function = transform.function
    if part and transform.part is not None:
        function = transform.part
        texts.append(literal(part))
    return f"{module.use(function.__name__)}({', '.join(texts)})", needed_atoms(call, atoms)


def needed_atoms(call: Call, atoms: Sequence[str]) -> list[str]:
    """The atoms, of the first arguments of a transform or of all, that must not be null for it."""
    transform = TRANSFORMS[call.name]
    needed = [
        atom
        for number, (node, atom) in enumerate(zip(call.arguments, atoms, strict=False))
        if not takes_null(transform, number) and (not isinstance(node, Literal) or node.value is None)
    ]
    return list(dict.fromkeys(needed))


def optional_argument(call: Call, number: int) -> AcceptedArgument | None:
    """An argument that a transform works without; None for a constant, and for other arguments."""
    accepted = _accepted(TRANSFORMS[call.name], number)
    is_read = accepted.may_lack and not isinstance(call.arguments[number], Literal)
    return accepted if is_read else None


def _accepted(transform: Transform, number: int) -> AcceptedArgument:
    """The argument of a transform by its number; the first is the value itself."""
    nullable = takes_null(transform, number)
    usual = float.__name__ if transform.name in CALCULATIONS else ""
    if number == 0:
        return AcceptedArgument(transform.takes, f"`{transform.name}`", nullable, usual)
    parameter = transform.parameters[min(number, len(transform.parameters)) - 1]
    name = f"`{parameter.name}` of `{transform.name}`"
    return AcceptedArgument(parameter.type, name, nullable, usual, parameter.may_lack)


def _always_fits(node: Node, accepted: AcceptedArgument) -> bool:
    if isinstance(node, Literal) and node.value is not None:
        return fit(constant(node.value), accepted.type) == "always"
    # A list, or null, of which a transform is not asked.
    return "array" in accepted.type.kinds and isinstance(node, Projection | Filter) and not accepted.nullable


@dataclass(frozen=True, slots=True)
class Chain:
    """Steps, one after the other. gives: the type of what comes of the last one.

    runs: each step, and whether it takes its value whole: a list is not taken element by element.
    """

    runs: tuple[tuple[Step, bool], ...]
    gives: Type

    @classmethod
    def of(cls, steps: tuple[Step, ...], value: Type, single: bool = False) -> Chain:
        """Steps on a value of a type. single: it is one value, and a list is none."""
        runs = []
        for step in steps:
            whole = single or step.transform.whole or (value.known and "array" not in value.kinds)
            runs.append((step, whole))
            value = step.result(value)
        return cls(tuple(runs), value)

    @property
    def may_empty(self) -> bool:
        """Whether a value can come of it that is there and as good as none."""
        can_be = bool(self.gives.kinds & _EMPTY_KINDS)
        return can_be and any(not whole or _can_empty(step) for step, whole in self.runs)


def _can_empty(step: Step) -> bool:
    """Whether a step can make a value that is there and as good as none; such a text is null already."""
    gives = step.transform.gives
    return not gives.format and not (gives.kinds <= {"string", "null"} and "null" in gives.kinds)


@dataclass(frozen=True, slots=True)
class StepCall:
    """The function of a step, and what it is called with besides the value."""

    function: str
    arguments: tuple[str, ...]

    def on(self, value: str) -> str:
        """Python that runs the step on a value."""
        return f"{self.function}({', '.join([value, *self.arguments])})"

    def by(self, runner: str, value: str) -> str:
        """Python that has a function of the runtime run the step on each element of a list."""
        return f"{runner}({', '.join([value, self.function, *self.arguments])})"


def step_call(
    step: Step,
    write: Callable[[Parameter, Sequence[StepArgument]], list[str]],
    note_texts: str,
    module: Module,
) -> StepCall:
    """The call of a step.

    write: writes what a parameter is given, one argument or, where it is variadic, several; Python for each.
    note_texts: Python for the list that a noting transform appends to.
    """
    name = module.use(step.transform.function.__name__)
    arguments: list[str] = []
    for parameter, argument in step.arguments:
        several = parameter.variadic and isinstance(argument, list)
        texts = write(parameter, cast("list[StepArgument]", argument) if several else [argument])
        arguments += texts if parameter.variadic else [f"{parameter.name}={texts[0]}"]
    if step.transform.noting:
        arguments.append(f"note_texts={note_texts}")
    if step.spares_digests:
        return StepCall(module.use("unless_digest"), (name, *arguments))
    return StepCall(name, tuple(arguments))


def prepared_step(step: Step, module: Module) -> str:
    """The name of a step that is prepared, for one value; "" of any other step."""
    if step.reads or step.spares_digests or not _is_prepared(step.transform, module):
        return ""
    given = {parameter.name: cast("Json", argument) for parameter, argument in step.arguments}
    return module.prepared(step.transform, given) if given else ""


def prepared_function(call: Call, module: Module) -> str:
    """The name of a transform that is prepared for a call in an expression; "" of any other call."""
    transform = TRANSFORMS[call.name]
    if not _is_prepared(transform, module):
        return ""
    given = constant_arguments(transform, call)
    if not given or len(given) + 1 < len(call.arguments) or None in given.values():
        return ""
    return module.prepared(transform, given)


def _is_prepared(transform: Transform, module: Module) -> bool:
    return module.prepares and transform.prepare is not None


def prepared_call(call: Call, name: str, atom: str, module: Module) -> tuple[str, list[str]]:
    """As `transform_call`, by the name of what was prepared, for an atom that holds the value."""
    accepted, node = _accepted(TRANSFORMS[call.name], 0), call.arguments[0]
    text = atom if _always_fits(node, accepted) else accepted.checked(atom, module)
    return f"{name}({text})", [] if accepted.nullable else [atom]


def checked_variable(step: Step, parameter: Parameter, local: str, known: Type, module: Module) -> str:
    """Python for an argument that is a variable of a type, in a local.

    A step is handed only what it takes: that is checked where the variable may hold something else.
    """
    if fit(known, parameter.type) == "always":
        return local
    return AcceptedArgument(parameter.type, argument_name(step, parameter), parameter.nullable).checked(
        local, module
    )


def argument_name(step: Step, parameter: Parameter) -> str:
    """The name of a step's argument in messages."""
    return f"`{parameter.name}` of `{step.transform.name}`"


def variables_of(step: Step) -> Iterator[tuple[Parameter, VariableArgument]]:
    """The parameters of a step that are given a variable."""
    for parameter, argument in step.arguments:
        for part in argument if isinstance(argument, list) else [argument]:
            if isinstance(part, VariableArgument):
                yield parameter, part
