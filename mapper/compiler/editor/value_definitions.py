"""Target -> definitions of the values of its fields, as JSON Schema.

Of a field `x` there are `x`, its value; `x-inner`, the values within a rule for it, whose
steps may make of it what they want; and `x-rule`. Fields that take the same share theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field

from mapper.compiler.editor.misspelt import misspelt
from mapper.compiler.editor.rule_definitions import ANY, SCALAR, arms, fields_or, forms, ref, rule
from mapper.compiler.plan.constants import settle
from mapper.compiler.plan.fit import holds_hashed
from mapper.compiler.plan.planned_steps import form_steps
from mapper.compiler.schema.json_schema import Schema
from mapper.compiler.schema.target import Limits, Target, TargetField
from mapper.compiler.syntax.language_keys import RULE
from mapper.values.frozen import dataclass
from mapper.values.types import Invalid, Json


def field_description(field: TargetField, target: Target) -> Schema:
    """The title and description of a field, plain and as Markdown."""
    facts = [*_needs(field, target), *_limited(field), *_personal(field)]
    plain = [field.description, _form_in_a_line(field), *facts]
    marked = [field.description, _form_in_steps(field), *facts]
    # Editors show the title of what a value is, a rule or an expression, in place of the field's own.
    begin, begin_marked = (f"{field.title}: ", f"**{field.title}.** ") if field.title else ("", "")
    return {
        "title": f"{field.name}: {field.title}" if field.title else field.name,
        "description": begin + " ".join(part for part in plain if part).replace("`", ""),
        "markdownDescription": begin_marked + "\n\n".join(part for part in marked if part),
    }


def _steps(field: TargetField) -> list[tuple[str, str]]:
    """The steps of a normal form, as they read and what each does; for a list, those of an element."""
    leaf = field.item or field
    return [(step.describe(), step.transform.summary) for step in form_steps(leaf.form)]


def _list_steps(field: TargetField) -> list[tuple[str, str]]:
    if field.item is None or field.item.is_object:
        return []
    steps = [(step.describe(), step.transform.summary) for step in form_steps(field.form)]
    return [("", "Wrapped in a list, if it is not one already."), *steps]


def _form_in_a_line(field: TargetField) -> str:
    names = [name for name, _ in _steps(field)]
    in_list = (
        ["wrapped in a list", *(name for name, _ in _list_steps(field)[1:])] if _list_steps(field) else []
    )
    return f"Inserted by the compiler: {', '.join([*names, *in_list])}." if names or in_list else ""


def _form_in_steps(field: TargetField) -> str:
    steps = [*_steps(field), *_list_steps(field)]
    lines = [
        f"{number}. {f'`{name}`: ' if name else ''}{summary}"
        for number, (name, summary) in enumerate(steps, start=1)
    ]
    return "\n".join(["Write the value as is; the compiler inserts:\n", *lines]) if steps else ""


def _needs(field: TargetField, target: Target) -> list[str]:
    needs = ["Required in every event."] if field.required and "." not in field.path else []
    if field.required and not needs:
        needs.append("Required.")
    needs += [f"Needs {one.describe()}." for one in target.requirements if one.path == field.path]
    if field.needs_valid:
        names = " and ".join(f"`{name}`" for name in field.needs_valid)
        needs.append(f"Left out if {names} is invalid.")
    return needs


def _limited(field: TargetField) -> list[str]:
    leaf = field.item or field
    said = _length(leaf.limits)
    if leaf.limits.enum is not None:
        said.append(f"One of {', '.join(f'`{one}`' for one in leaf.limits.enum)}.")
    if leaf.words:
        said.append(f"For example {', '.join(f'`{one}`' for one in leaf.words)}.")
    return said


def _length(limits: Limits) -> list[str]:
    return [] if limits.max_length is None else [f"At most {limits.max_length} characters."]


def _personal(field: TargetField) -> list[str]:
    if not field.personal or field.is_object:
        return []
    if field.plain and field.hash_after:
        return ["Personal; sent as is, or hashed by steps of its rule."]
    return ["Personal; sent as is, never hash it." if field.plain else "Personal; hashed automatically."]


EVENT_NAME = "event-name"
PAYLOAD = "payload"
_WORD = "a string is an expression: write this constant as `{const: ...}`"


@dataclass(frozen=True, slots=True)
class _Draft:
    """The definitions of a target in the making, by name."""

    target: Target
    definitions: dict[str, Schema] = field(default_factory=dict)


def value_definitions(target: Target) -> dict[str, Schema]:
    """The definitions of a payload with all its parts, and of the name of an event."""
    draft = _Draft(target)
    names = target.event_names
    named = target.root.field(names.field) if names else None
    _object(target.root, (one for one in target.root.fields if one != named), draft)
    if named is not None and names is not None:
        _leaf_rule(EVENT_NAME, names.standard, draft)
    return draft.definitions


def _field(field: TargetField, draft: _Draft) -> Schema:
    """The value of a field, with what the field is."""
    return {**ref(_define(field, draft)), **field_description(field, draft.target)}


def _define(field: TargetField, draft: _Draft) -> str:
    """The name of the definition of a field's values."""
    if field.item is not None:
        return _list(field, field.item, draft)
    if field.is_object:
        return _object(field, field.fields, draft)
    return _leaf(field, _leaf_name(field), (*(field.limits.enum or ()), *field.words), draft)


def _name_of(kind: str, field: TargetField) -> str:
    return f"{kind}-{field.path.replace('[]', '.item')}"


def _leaf_name(field: TargetField) -> str:
    if field.limits.enum is not None or field.words:
        return _name_of("words", field)
    return "flag" if _takes_booleans(field) else "scalar"


def _leaf(field: TargetField, name: str, words: tuple[Json, ...], draft: _Draft) -> str:
    """Values of a field without fields; `words`: constants it is known to take."""
    if name in draft.definitions:
        return name
    top: Schema = {"anyOf": [_leaf_rule(name, words, draft), _scalar(field)]}
    if words:
        # A word of the field's own, without `const`, is an expression: the checker refuses it.
        top["if"] = {"title": "its own words", "enum": list(words)}
        top["then"] = {"type": "object", "errorMessage": _WORD}
        top["defaultSnippets"] = [{"label": f"{{const: {one}}}", "body": {"const": one}} for one in words]
    draft.definitions[name] = top
    return name


def _leaf_rule(name: str, words: tuple[Json, ...], draft: _Draft) -> Schema:
    """A rule for a field without fields, and the values within it."""
    own_rule, inner = ref(f"{name}-rule"), ref(f"{name}-inner")
    parts = {"from": forms(SCALAR, inner, own_rule, fewest=1), "case": arms(inner)}
    if words:
        constant = {"anyOf": [{"enum": list(words)}, ANY]}
        parts |= {"const": constant, "default": constant}
    draft.definitions[f"{name}-inner"] = forms(SCALAR, ref("value"), own_rule)
    draft.definitions[f"{name}-rule"] = rule(parts)
    return own_rule


def _scalar(field: TargetField) -> Schema:
    """An expression, or a scalar constant that a field without fields may take."""
    kinds = ["string", "number", *(["boolean"] * _takes_booleans(field))]
    return {"title": "an expression or a constant", "type": kinds}


def _list(field: TargetField, item: TargetField, draft: _Draft) -> str:
    """Values of an array. The steps of a rule around it may make it of anything."""
    name = _name_of("list", field) if item.is_object else f"list-of-{_leaf_name(item)}"
    if name in draft.definitions:
        return name
    draft.definitions[name] = {}
    element, own_rule = ref(f"{_define(item, draft)}-inner"), ref(f"{name}-rule")
    scalar = {"title": "an expression", "type": "string"} if item.is_object else _scalar(item)
    without_steps = {
        "from": forms(scalar, ref(name), own_rule, fewest=1),
        "case": arms(ref(name)),
        "item": element,
        "zip": _zip(item, draft),
    }
    top = forms(scalar, element, own_rule)
    if item.fields:
        body = {"each": "$1", "item": {item.fields[0].name: "$2"}}
        top["defaultSnippets"] = [{"label": "each", "body": body}]
    draft.definitions[name] = top
    draft.definitions[f"{name}-rule"] = {
        **rule({}),
        "if": {"not": {"required": ["apply"]}},
        "then": {"properties": without_steps},
    }
    return name


def _zip(item: TargetField, draft: _Draft) -> Schema:
    if not item.is_object:
        return ref("rule-zip")
    fields = {one.name: {**ref("value"), **field_description(one, draft.target)} for one in item.fields}
    return {"type": "object", "properties": fields, **_others(item, draft)}


def _others(field: TargetField, draft: _Draft) -> Schema:
    """The schema of fields that an object is not known to have."""
    if field.closed:
        return {"additionalProperties": False}
    near = misspelt(field, draft.target.root)
    refused = {"patternProperties": {near: False}} if near else {}
    # Beside fields that are hashed another one is sent only by a rule that allows it.
    allowed = {"allOf": [ref("rule")], "required": ["personal"]} if holds_hashed(field) else ref("value")
    return {"additionalProperties": allowed, **refused}


def _object(field: TargetField, fields: Iterable[TargetField], draft: _Draft) -> str:
    """Values of an object: its fields, or a rule; at the root the fields alone."""
    name = _name_of("fields", field) if field.path else PAYLOAD
    if name in draft.definitions:
        return name
    draft.definitions[name] = {}
    own = {one.name: _field(one, draft) for one in fields}
    whole: Schema = {"type": "object", "properties": own, **_others(field, draft)}
    if field.path:
        whole["type"] = ["object", "string"]
        whole["properties"] = {**own, **{key: ref(f"rule-{key}") for key in RULE}}
        whole |= fields_or(f"{name}-rule")
        inner = ref(f"{name}-inner")
        draft.definitions[f"{name}-inner"] = forms(SCALAR, ref("value"), ref(name))
        parts = {"from": forms(SCALAR, inner, ref(name), fewest=1), "case": arms(inner)}
        draft.definitions[f"{name}-rule"] = rule(parts)
    draft.definitions[name] = whole
    return name


def _takes_booleans(field: TargetField) -> bool:
    """Whether `true` or `false` is a constant of a field."""
    return any(_takes(constant, field) for constant in (True, False))


def _takes(constant: Json, field: TargetField) -> bool:
    try:
        return settle(constant, (), field) is not None
    except Invalid:
        return False
