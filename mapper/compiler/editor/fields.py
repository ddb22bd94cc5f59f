"""TargetField -> what editors show of it: what it is, and what the compiler does on the way into it."""

from __future__ import annotations

from mapper.compiler.plan.steps import form_steps
from mapper.compiler.schema.json_schema import Schema
from mapper.compiler.schema.target import Limits, Target, TargetField


def describe(field: TargetField, target: Target) -> Schema:
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
    return ["Personal; sent as is, never hash it." if field.plain else "Personal; hashed automatically."]
