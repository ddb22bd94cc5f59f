"""A name that an object of the target does not have -> Diagnostic: the field that was meant, or its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mapper.compiler.plan.facts import UnknownField
from mapper.compiler.schema.target import TargetField
from mapper.diagnostic import Diagnostic, closest
from mapper.pattern import pattern
from mapper.text import Span

# What may stand before the name of a person's attribute, and says nothing of it.
_OF_A_PERSON = pattern(r"(?:user|customer|client|contact|billing|shipping|hashed)_(?=.)")


def unknown_field(
    target: TargetField,
    name: str,
    spans: tuple[Span, Span | None],
    beside: Iterable[str],
    root: TargetField | None,
) -> Diagnostic:
    """An error where the field cannot be meant; a warning where the target takes fields it does not name.

    spans: of the name, and of what is written for it. beside: the fields that are written next to it.
    root: the whole payload.
    """
    path = f"{target.path}.{name}" if target.path else name
    where = f"`{target.path}`" if target.path else "the payload"
    is_below = is_path(target, name)
    near = None if is_below else target.meant_by(name)
    elsewhere = None if is_below else _elsewhere(name, target, root)
    fact = UnknownField(name, spans[0], target, near, elsewhere, tuple(beside), spans[1])
    if is_below:
        message = f"{where} has no field `{name}`: a field goes under its object"
    elif target.closed or near or (elsewhere is not None and "." not in elsewhere.path):
        message = f"{where} has no field `{name}`"
    else:
        message = f"the schema of {where} lists no field `{name}`"
        return Diagnostic("M309", spans[0], message, path=path, facts=fact)
    return Diagnostic("M301", spans[0], message, path=path, facts=fact)


def not_allowed(unknown: Diagnostic) -> Diagnostic:
    """The error for a field not known beside hashed ones, whose value would be sent unhashed."""
    message = f"{unknown.message}, and beside its hashed fields the value would be sent unhashed"
    fact = unknown.facts
    fact = replace(fact, is_unhashed=True) if isinstance(fact, UnknownField) else fact
    return Diagnostic("M301", unknown.span, message, path=unknown.path, facts=fact)


def holds_hashed(target: TargetField) -> bool:
    """Whether an object has fields that are sent as digests only."""
    leaves = ((one, one.item or one) for one in target.fields)
    return any(leaf.personal and not (one.plain or leaf.plain or leaf.is_object) for one, leaf in leaves)


def is_path(target: TargetField, name: str) -> bool:
    """Whether a name that is no field of an object is the path of one below it."""
    return "." in name and target.find(f"{target.path}.{name}" if target.path else name) is not None


def meant_path(path: str, root: TargetField) -> str | None:
    """The path of a field that was most likely meant by one that there is not: by its name, or its title."""
    parent, _, name = path.rpartition(".")
    above = root.find(parent)
    near = None if above is None or not above.is_object else above.meant_by(name)
    if near is not None:
        return f"{parent}.{near}" if parent else near
    elsewhere = _elsewhere(name, above or root, root)
    near = closest(path, [one.path for one in root.walk() if "[]" not in one.path])
    return near if elsewhere is None else elsewhere.path


def _elsewhere(name: str, target: TargetField, root: TargetField | None) -> TargetField | None:
    """The field of this name, or with such a title, that stands least deep in another object."""
    known = [] if root is None else [one for one in root.walk() if one.name == name and one.path]
    found = [one for one in known if one.path.rpartition(".")[0] != target.path]
    if not found and root is not None:
        plain = _OF_A_PERSON.sub("", name)
        others = [one for one in root.walk() if one.is_object and one is not target and "[]" not in one.path]
        titled = [(one.field(plain), one.field(one.titled(plain) or "")) for one in others]
        found = [one for pair in titled for one in pair if one is not None]
    return min(found, key=lambda one: one.path.count("."), default=None)
