"""A step of `x-normal-form` or `x-hash-after` -> whether there is such a transform with such arguments."""

from __future__ import annotations

from typing import Any

from mapper.compiler.schema.schema_look import Looking
from mapper.texts.diagnostic import closest
from mapper.transforms import TRANSFORMS, Parameter, Transform
from mapper.values.types import Invalid, Json, JsonPath, constant, fit, kind_of

_EXAMPLES = "docs/transforms.md has examples of each step"


def check_step(look: Looking, step: Any, at: JsonPath) -> None:
    """See that a step is one of a transform there is, with arguments that it takes."""
    if isinstance(step, dict) and len(step) != 1:
        hint = "write `name`, or `{name: argument}`; each step is an element of the list"
        look.say(at, "M326", f"a step has one name, not {len(step)}", hint)
        return
    name = step if isinstance(step, str) else next(iter(step))
    transform = TRANSFORMS.get(name)
    if transform is None:
        _unknown(look, step, name, at)
        return
    stated = None if isinstance(step, str) else step[name]
    is_by_name = isinstance(stated, dict)
    given: dict[str, Json] = {}
    if isinstance(stated, dict):
        given = stated
    below = (*at, name) if isinstance(step, dict) else at
    if isinstance(step, dict) and not transform.parameters and stated != {}:
        look.say(below, "M326", f"the step `{name}` takes no argument", f"write `{name}` alone")
        return
    if not is_by_name and stated is not None:
        given = {transform.parameters[0].name: stated}
    _check_arguments(look, transform, given, below, is_by_name)


def _unknown(look: Looking, step: Any, name: str, at: JsonPath) -> None:
    near = closest(name, TRANSFORMS)
    hint = f"did you mean `{near}`?" if near else "docs/transforms.md lists the steps"
    message = f"there is no step `{name}`"
    if isinstance(step, str):
        look.say(at, "M327", message, hint, near)
    else:
        look.say_key((*at, name), "M327", message, hint, near)


def _check_arguments(
    look: Looking, transform: Transform, given: dict[str, Json], at: JsonPath, is_by_name: bool
) -> None:
    parameters = {parameter.name: parameter for parameter in transform.parameters}
    missing = [
        one for one in transform.parameters if one.required and one.name not in given and not one.unless
    ]
    wrong = 0
    for name, value in given.items():
        place = (*at, name) if is_by_name else at
        parameter = parameters.get(name)
        if parameter is None:
            wrong += 1
            near = closest(name, parameters)
            hint = (
                f"did you mean `{near}`?" if near else f"it has {', '.join(f'`{one}`' for one in parameters)}"
            )
            look.say_key(place, "M327", f"the step `{transform.name}` has no argument `{name}`", hint, near)
        elif not _takes(parameter, value):
            wrong += 1
            message = f"`{name}` of the step `{transform.name}` must be {parameter.type.describe()}"
            look.say(place, "M326", f"{message}, not {kind_of(value)}", _EXAMPLES)
    if missing and not wrong:
        names = " and ".join(f"`{one.name}`" for one in missing)
        look.say(
            at, "M326", f"the step `{transform.name}` needs {names}", f"write `{{{transform.name}: ...}}`"
        )
    elif not wrong and given and transform.check is not None:
        try:
            transform.check(**given)
        except Invalid as error:
            look.say(at, "M326", f"the step `{transform.name}` does not take this: {error.reason}", _EXAMPLES)
        except TypeError:
            return  # only some of the arguments are given; the rest is told above


def _takes(parameter: Parameter, value: Json) -> bool:
    if value is None:
        return parameter.nullable or not parameter.required
    if parameter.variadic and isinstance(value, list):
        return all(fit(constant(one), parameter.type) != "never" for one in value)
    return fit(constant(value), parameter.type) != "never"
