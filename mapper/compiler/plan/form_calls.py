"""An expression that ends in calls of steps of its field's form -> the same, as if these were under `apply`.

There an author's own step takes the place of that of the form, with those arguments that he left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from mapper.compiler.inference.constant_arguments import constant_arguments, is_constant
from mapper.compiler.jmespath.call_facts import CHOOSING, MAPS
from mapper.compiler.jmespath.expression import Expression, with_tree
from mapper.compiler.jmespath.tree import (
    And,
    Call,
    Filter,
    Literal,
    MultiList,
    Node,
    Or,
    Projection,
    Reference,
    Then,
    with_parts,
)
from mapper.compiler.memo import once
from mapper.compiler.plan.planned_steps import Step, VariableArgument
from mapper.transforms import Transform
from mapper.values.types import Invalid, Json, Type


def as_under_apply(expression: Expression, form: tuple[Step, ...]) -> Expression:
    """An expression whose last calls have the arguments of the form; less one that the form repeats."""
    due = {step.transform.name: step for step in form if step.arguments}
    root = expression.root
    if not due:
        return expression
    changed = root.arguments[0] if isinstance(root, Call) and _is_repeated(root, due) else _made(root, due)
    if changed == root:
        return expression
    return replace(expression, parsed=with_tree(changed, expression.parsed.wrong))


def as_by_form(completed: Expression, made: Type, form: tuple[Step, ...]) -> Type:
    """The type of an expression whose calls are complete: what they give is what the form asks for."""
    if made.items is not None:
        return replace(made, items=as_by_form(completed, made.items, form))
    calls = [
        (step, call) for step in form for call in completed.nodes_of(Call) if call.name == step.transform.name
    ]
    given = [step.gives.format for step, call in calls if _gives(step, call) == made.format]
    return replace(made, format=given[0]) if given else made


def made_before(due: tuple[Step, ...], value: Type, steps: tuple[Step, ...]) -> Step | None:
    """The step of a form that a value has been through with other arguments, if it may refuse its own result.

    steps: those that the author put on the value.
    """
    for step in due:
        name = step.transform.gives.format
        is_made = bool(name) and value.format.partition(" ")[0] == name
        others = [one for one in steps if one.transform is step.transform and one.gives != step.gives]
        is_again = is_made or bool(others)
        if is_again and step.arguments and not _takes_its_own(step):
            return step
    return None


@once
def _takes_its_own(step: Step) -> bool:
    """Whether a step gives the same for the examples of its transform and for what that made of them."""
    transform = step.transform
    stated = {
        one.name: cast("Json", value)
        for one, value in step.arguments
        if not isinstance(value, VariableArgument)
    }
    return all(
        one.invalid is not None
        or _tried(transform, one.result, stated)
        == _tried(transform, one.value, {**stated, **dict(one.arguments)})
        for one in transform.examples
    )


def _tried(transform: Transform, value: Json, arguments: dict[str, Json]) -> Json:
    try:
        made: Json = transform.function(value, **arguments)
    except Invalid as invalid:
        return invalid.reason
    return made


def _gives(step: Step, call: Call) -> str:
    return step.transform.gives_for(constant_arguments(step.transform, call)).format


def _is_repeated(call: Call, due: Mapping[str, Step]) -> bool:
    """Whether a call is a step of a form to the letter, and the form would do it once more."""
    step = due.get(call.name)
    if step is None or step.transform.gives.format or not all(map(is_constant, call.arguments[1:])):
        return False
    stated = {one.name: value for one, value in step.arguments}
    given = constant_arguments(step.transform, call)
    return all(
        given.get(one.name, one.default) == stated.get(one.name, one.default)
        for one in step.transform.parameters
    )


def _made(node: Node, due: Mapping[str, Step]) -> Node:
    """A part that the value may come from, with complete calls."""
    if isinstance(node, Call) and node.name in due:
        return _completed(node, due[node.name])
    if isinstance(node, Or):
        return replace(node, left=_made(node.left, due), right=_made(node.right, due))
    if isinstance(node, And | Then | Projection | Filter):
        return replace(node, right=_made(node.right, due))
    if isinstance(node, MultiList | Reference) or (
        isinstance(node, Call) and (node.name in CHOOSING or node.name in MAPS)
    ):
        return with_parts(node, lambda part: _made(part, due))
    return node


def _completed(call: Call, step: Step) -> Call:
    """A call of a step that gives a format, with the arguments of the form that it lacks.

    One that is its default, before others, is only there for these: a call cannot leave it out.
    """
    if not step.transform.gives.format:
        return call
    stated = {one.name: cast("Json", value) for one, value in step.arguments}
    given, parameters = call.arguments[1:], step.transform.parameters
    last = max(at for at, one in enumerate(parameters, 1) if one.name in stated or at <= len(given))
    arguments: list[Node] = []
    for at, one in enumerate(parameters[:last], 1):
        written = given[at - 1] if at <= len(given) else Literal(call.end, call.end, one.default)
        is_free = isinstance(written, Literal) and written.value == one.default and at != len(given)
        due = stated.get(one.name, one.default)
        arguments.append(replace(written, value=due) if isinstance(written, Literal) and is_free else written)
    return replace(call, arguments=(call.arguments[0], *arguments))
