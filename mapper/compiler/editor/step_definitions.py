"""The registry of transforms -> the JSON Schema of `apply`."""

from __future__ import annotations

from mapper.compiler.schema.json_schema import Schema
from mapper.transforms import TRANSFORMS, Parameter, Transform
from mapper.values.types import Json, Type

_NAME = "^[A-Za-z_][A-Za-z0-9_]*$"
# An argument that is read for each event: `$country`.
VARIABLE: Schema = {"type": "string", "pattern": "^\\$"}


def step_definitions() -> dict[str, Schema]:
    """The definitions `steps` and `step`, and what those are made of."""
    names = [name for name, entry in TRANSFORMS.items() if not _needed(entry)]
    summaries = [TRANSFORMS[name].summary for name in names]
    name = {"enum": names, "enumDescriptions": summaries}
    with_arguments = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": {
            known_as: _arguments(entry) for known_as, entry in TRANSFORMS.items() if entry.parameters
        },
    }
    step: Schema = {
        "anyOf": [{"$ref": f"#/definitions/{kind}"} for kind in ("step-name", "step-arguments", "step-own")],
        "defaultSnippets": [
            {"label": known_as, "description": entry.summary, "body": {known_as: "$1"}}
            for known_as, entry in TRANSFORMS.items()
            if _needed(entry)
        ],
    }
    several = {"type": "array", "items": {"$ref": "#/definitions/step"}}
    return {
        "steps": {**step, "anyOf": [*step["anyOf"], several]},
        "step": step,
        "step-name": name,
        "step-arguments": with_arguments,
        "step-own": _own(),
    }


def _own() -> Schema:
    """A function of the mapping, alone or with arguments; transforms have no such names."""
    name = {"type": "string", "pattern": _NAME, "not": {"enum": list(TRANSFORMS)}}
    alone = {"minProperties": 1, "maxProperties": 1, "propertyNames": name}
    return {"anyOf": [name, {"title": "a function of the mapping", "type": "object", **alone}]}


def _needed(entry: Transform) -> list[str]:
    return [one.name for one in entry.parameters if one.required]


def _arguments(entry: Transform) -> Schema:
    """The arguments of a transform: its one argument, a list of them, or a mapping by name."""
    first, *others = entry.parameters
    required = _needed(entry)
    branches: list[Schema] = []
    if first.variadic:
        branches += [_value(first), {"type": "array", "items": _value(first)}]
    else:
        if set(required) <= {first.name}:
            branches.append(_value(first))
        if not _takes(first.type, "array"):
            branches.append(_by_place(entry.parameters, len(required)))
    branches.insert(0, _by_name(entry, required))
    described = _described(entry)
    return {"description": described, "anyOf": branches} | (
        {"examples": [_example(entry)]} if not others and _example(entry) is not None else {}
    )


def _by_place(parameters: tuple[Parameter, ...], fewest: int) -> Schema:
    return {
        "type": "array",
        "items": [_value(one) for one in parameters],
        "minItems": fewest,
        "maxItems": len(parameters),
    }


def _by_name(entry: Transform, required: list[str]) -> Schema:
    """The arguments by name; where the first one is itself a mapping, other keys are its own."""
    by_name: Schema = {
        "type": "object",
        "properties": {one.name: {"description": _need(one), **_value(one)} for one in entry.parameters},
    }
    if _takes(entry.parameters[0].type, "object"):
        return by_name
    return {**by_name, "required": required, "additionalProperties": False}


def _value(parameter: Parameter) -> Schema:
    """One argument: a constant of its type, or a `$name`."""
    wanted = parameter.type.without("null")
    if not wanted.known or {"string", "number", "array", "object", "boolean"} <= wanted.kinds:
        return {}
    if wanted.constants is not None:
        return {"anyOf": [{"enum": list(wanted.constants)}, VARIABLE]}
    written: Schema = {"type": _kinds(parameter.type)}
    return written if "string" in wanted.kinds else {"anyOf": [written, VARIABLE]}


def _kinds(wanted: Type) -> list[str]:
    """The kinds of constants that may do: any number may be an integer."""
    return sorted({"number" if kind == "integer" else kind for kind in wanted.kinds})


def _takes(wanted: Type, kind: str) -> bool:
    return kind in wanted.kinds


def _described(entry: Transform) -> str:
    return f"{entry.summary} Arguments: {'; '.join(f'{one.name}, {_need(one)}' for one in entry.parameters)}."


def _need(parameter: Parameter) -> str:
    if parameter.variadic:
        need = "any number of them"
    elif parameter.required:
        need = "required"
    elif parameter.default is None:
        need = "optional"
    else:
        need = f"default {parameter.default!r}"
    known = parameter.type.known and not {"array", "object", "boolean"} <= parameter.type.kinds
    return f"{parameter.type.describe()}, {need}" if known else need


def _example(entry: Transform) -> Json:
    """The only argument of the first example that has one."""
    given = [one.arguments for one in entry.examples if len(one.arguments) == 1]
    return given[0][0][1] if given else None
