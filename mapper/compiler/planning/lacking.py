"""A name that an object of the target does not have -> Diagnostic: the field that was meant, or its place."""

from __future__ import annotations

from collections.abc import Iterable

from mapper.compiler.document.fixes import rename
from mapper.compiler.target import TargetField
from mapper.diagnostic import Diagnostic, closest
from mapper.text import Span


def unknown_field(
    target: TargetField, name: str, span: Span, beside: Iterable[str], root: TargetField | None
) -> Diagnostic:
    """An error where the field cannot be meant; a warning where the target takes fields it does not name.

    beside: the fields that are written next to it. root: the whole payload.
    """
    path = f"{target.path}.{name}" if target.path else name
    where = f"`{target.path}`" if target.path else "the payload"
    near = target.meant_by(name)
    elsewhere = _elsewhere(name, target, root)
    hint = f"its fields: {', '.join(one.name for one in target.fields)}"
    if near:
        hint = f"did you mean `{near}`?"
    elif elsewhere is not None:
        hint = _moved(elsewhere, target)
    fixes = (rename(span, near),) if near and near not in set(beside) else ()
    if target.closed or near or (elsewhere is not None and "." not in elsewhere.path):
        message = f"{where} has no field `{name}`"
        return Diagnostic("M301", span, message, hint, path=path, fixes=fixes)
    message = f"{where} is not known to have a field `{name}`"
    return Diagnostic("M309", span, message, hint, path=path)


def _elsewhere(name: str, target: TargetField, root: TargetField | None) -> TargetField | None:
    """The field of this name that stands least deep in another object of the payload."""
    known = [] if root is None else [one for one in root.walk() if one.name == name and one.path]
    found = [one for one in known if one.path.rpartition(".")[0] != target.path]
    return min(found, key=lambda one: one.path.count("."), default=None)


def _moved(field: TargetField, target: TargetField) -> str:
    parent = field.path.rpartition(".")[0]
    if parent:
        return f"`{field.name}` is a field of `{parent}`"
    return f"`{field.name}` is a field of the payload: indent it like `{target.path.partition('.')[0]}`"


def unknown_schema(name: str, span: Span, names: Iterable[str], hint: str) -> Diagnostic:
    """The diagnostic for a schema that is not there; `hint` stands where no name is near."""
    known = sorted(names)
    written = name.strip("./").removeprefix("schemas/").removesuffix(".json").removesuffix(".mapping.schema")
    longer = [one for one in known if one.startswith(written) or one.rpartition("/")[2].startswith(written)]
    near = written if written in known else next(iter(longer), None) or closest(written, known)
    message = f"there is no schema `{name}`"
    if near is None:
        return Diagnostic("M306", span, message, hint)
    return Diagnostic("M306", span, message, f"did you mean `{near}`?", fixes=(rename(span, near),))
