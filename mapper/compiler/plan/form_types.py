"""The normal forms of a target -> those that never give what their field takes, or do not hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any, cast

from mapper.compiler.plan.constants import run_steps
from mapper.compiler.plan.planned_steps import Step, VariableArgument, form_steps
from mapper.compiler.schema.json_schema import Schema
from mapper.compiler.schema.schema_fields import PlacedField, placed_fields
from mapper.compiler.schema.schema_look import Looking, SchemaMistake
from mapper.compiler.schema.step_words import check_step
from mapper.compiler.schema.target import read_form
from mapper.compiler.schema.validation import breaches_of
from mapper.transforms import TRANSFORMS
from mapper.values.payload_time import PayloadTime
from mapper.values.types import UNKNOWN, Invalid, Json, Kind, Type, fit, of

_FORM = "x-normal-form"
_HASH = "sha256"
_MOST_SHOWN = 4
_OF_A_SECOND = {"ms": 1000, "us": 1_000_000}
_A_DIGEST = hashlib.sha256(b"").hexdigest()


def form_mistakes(schema: Schema) -> tuple[SchemaMistake, ...]:
    """The forms that never give what their field takes (M329), and unhashed personal fields (M330)."""
    found: dict[tuple[object, str], SchemaMistake] = {}
    for field in placed_fields(schema):
        for mistake in _of_field(schema, field):
            found.setdefault((mistake.at, mistake.code), mistake)
    return tuple(found.values())


def _of_field(schema: Schema, field: PlacedField) -> Iterator[SchemaMistake]:
    stated = field.part.get(_FORM, [])
    if not isinstance(stated, list) or not _are_sound(schema, stated):
        return
    steps = form_steps(read_form(stated))
    yield from _misfits(field, steps)
    yield from _in_seconds(field, steps, PayloadTime.stated(schema.get("x-time")))
    is_leaf = "properties" not in field.part and "items" not in field.part
    if is_leaf and field.personal and all(step.transform.name != _HASH for step in steps):
        message = f"the values of `{field.path}` are personal, and are not hashed"
        hint = (
            "end its form with `sha256`, or write `x-plain: true` where the service takes them in plaintext"
        )
        instead = json.dumps([*stated, _HASH]) if stated else None
        yield SchemaMistake(field.at_form, "M330", message, hint, instead)


def _are_sound(schema: Schema, stated: list[Any]) -> bool:
    """Whether all steps are there, with arguments that they take; else that is told."""
    look = Looking(schema, "target")
    for step in stated:
        if not isinstance(step, str | dict):
            return False
        check_step(look, step, ())
    return not look.found


def _in_seconds(field: PlacedField, steps: tuple[Step, ...], time: PayloadTime) -> Iterator[SchemaMistake]:
    """Tell of a form that gives seconds where `x-time` says another unit."""
    factor = _OF_A_SECOND.get(time.unit)
    if factor is not None and steps and field.path == time.field and steps[-1].transform.name == "timestamp":
        message = f"the form of `{field.path}` gives seconds, and `x-time` says `{time.unit}`"
        hint = f'add a step: `{{"multiply": {{"by": {factor}}}}}`'
        yield SchemaMistake((*field.at_form, len(steps) - 1), "M329", message, hint)


def _misfits(field: PlacedField, steps: tuple[Step, ...]) -> Iterator[SchemaMistake]:
    wanted = _type_of(field.part)
    if not steps or ("array" in wanted.kinds and not all(step.transform.whole for step in steps)):
        return
    value = UNKNOWN
    is_hashed = False
    for number, step in enumerate(steps):
        transform = step.transform
        if is_hashed:
            message = f"the step `{transform.name}` comes after `sha256`, so it gets a digest"
            hint = "write `sha256` once, as the last step"
            yield SchemaMistake((*field.at_form, number), "M329", message, hint)
            return
        is_hashed = transform.name == _HASH
        if fit(value, transform.takes) == "never":
            message = (
                f"the step `{transform.name}` takes {transform.takes.describe()}, "
                f"and the steps before it give {value.describe()}"
            )
            yield SchemaMistake((*field.at_form, number), "M329", message, "change their order, or remove it")
            return
        if not transform.passing:
            value = transform.gives_for(dict(_constants(step)))
    if fit(value, wanted) == "never":
        message = f"the form of `{field.path}` gives {value.without('null').describe()}, "
        yield SchemaMistake(
            field.at_form, "M329", f"{message}and the field takes {wanted.describe()}", _ending(wanted)
        )
    elif steps[-1].transform.name == _HASH and (broken := _refusing_a_digest(field.part)):
        message = f"the form of `{field.path}` gives a SHA-256 digest, and `{broken}` refuses it"
        yield SchemaMistake(
            field.at_form, "M329", message, f"a digest is 64 digits of 0-9 and a-f; correct `{broken}`"
        )
    elif _gives_none(field.part.get("enum"), steps):
        message = f"the form of `{field.path}` gives none of the constants in its `enum`"
        yield SchemaMistake(field.at_form, "M329", message, "correct the steps, or the constants")


def _refusing_a_digest(part: Schema) -> str | None:
    """The keyword of a field that refuses a digest."""
    limits: Schema = {name: part[name] for name in ("pattern", "minLength", "maxLength") if name in part}
    return next((one.validator for one in breaches_of(limits)(_A_DIGEST)), None)


def _constants(step: Step) -> Iterator[tuple[str, Json]]:
    for parameter, value in step.arguments:
        if parameter is not None and not isinstance(value, VariableArgument):
            yield parameter.name, cast("Json", value)


def _type_of(part: Schema) -> Type:
    kinds = part.get("type")
    if kinds is None:
        return UNKNOWN
    names = cast("list[Kind]", [kinds] if isinstance(kinds, str) else kinds)
    return of(*names).without("null")


def _ending(wanted: Type) -> str:
    """The steps that give a type, for a hint."""
    names = [
        name for name, one in TRANSFORMS.items() if not one.parameters and fit(one.gives, wanted) == "always"
    ]
    exact = [name for name in names if TRANSFORMS[name].gives.known]
    shown = ", ".join(f"`{name}`" for name in exact[:_MOST_SHOWN])
    return f"end it with a step that gives {wanted.describe()}: {shown}" if shown else "correct `type`"


def _gives_none(constants: Json, steps: tuple[Step, ...]) -> bool:
    """Whether no constant of a field is one that its form leaves or makes."""
    if not isinstance(constants, list) or not constants:
        return False
    known = [json.dumps(one) for one in constants]
    for constant in constants:
        try:
            if json.dumps(run_steps(constant, steps)) in known:
                return False
        except Invalid:
            continue
    return True
