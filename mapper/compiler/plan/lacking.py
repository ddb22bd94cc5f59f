"""A name that an object of the target does not have -> Diagnostic: the field that was meant, or its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mapper.compiler.schema.names import plain
from mapper.compiler.schema.target import TargetField
from mapper.compiler.yaml.edits import rename, shown, with_quotes
from mapper.diagnostic import Diagnostic, closest
from mapper.pattern import pattern
from mapper.text import Span

# What may stand before the name of a person's attribute, and says nothing of it.
_OF_A_PERSON = pattern(r"(?:user|customer|client|contact|billing|shipping|hashed)_(?=.)")


def unknown_field(
    target: TargetField,
    name: str,
    span: Span,
    beside: Iterable[str],
    root: TargetField | None,
    value: Span | None = None,
) -> Diagnostic:
    """An error where the field cannot be meant; a warning where the target takes fields it does not name.

    beside: the fields that are written next to it. root: the whole payload. value: what is written for it.
    """
    path = f"{target.path}.{name}" if target.path else name
    where = f"`{target.path}`" if target.path else "the payload"
    if is_path(target, name):
        hint = f"write `{_nested(name, value)}`"
        message = f"{where} has no field `{name}`: a field stands below its object"
        return Diagnostic("M301", span, message, hint, path=path)
    near = target.meant_by(name)
    elsewhere = _elsewhere(name, target, root)
    hint = f"its fields: {', '.join(one.name for one in target.fields)}"
    if near:
        hint = f"did you mean `{near}`?"
    elif elsewhere is not None:
        hint = _moved(elsewhere, target)
        if elsewhere.name != name:
            hint = f"did you mean `{elsewhere.path}`, {elsewhere.title}?"
    fixes = (rename(span, near),) if near and near not in set(beside) else ()
    if target.closed or near or (elsewhere is not None and "." not in elsewhere.path):
        message = f"{where} has no field `{name}`"
        return Diagnostic("M301", span, message, hint, path=path, fixes=fixes)
    message = f"{where} is not known to have a field `{name}`"
    return Diagnostic("M309", span, message, hint, path=path)


def not_allowed(unknown: Diagnostic, name: str, target: TargetField, beside: Sequence[str]) -> Diagnostic:
    """The error for a field not known beside hashed ones, whose value would be sent unhashed."""
    message = f"{unknown.message}, and beside its hashed fields the value would be sent unhashed"
    word = plain(name)
    words = {other: one.name for one in target.fields for other in (*one.also, *_first_word(one.title))}
    near = closest(word, [other for other in words if other[0] == word[:1]])
    known = unknown.hint if near is None else f"did you mean `{words[near]}`?"
    hint = f"{known}; to send another one as it is: `{{from: ..., personal: allowed}}`"
    fixes = () if near is None or words[near] in beside else (rename(unknown.span, words[near]),)
    return Diagnostic("M301", unknown.span, message, hint, path=unknown.path, fixes=fixes)


def _first_word(title: str) -> tuple[str, ...]:
    return tuple(map(plain, title.split()[:1]))


def holds_hashed(target: TargetField) -> bool:
    """Whether an object has fields that are sent as digests only."""
    leaves = ((one, one.item or one) for one in target.fields)
    return any(leaf.personal and not (one.plain or leaf.plain or leaf.is_object) for one, leaf in leaves)


def is_path(target: TargetField, name: str) -> bool:
    """Whether a name that is no field of an object is the path of one below it."""
    return "." in name and target.find(f"{target.path}.{name}" if target.path else name) is not None


def _nested(path: str, value: Span | None) -> str:
    """A field of a path as it is written: `custom_data: {value: total}`."""
    head, _, rest = path.partition(".")
    if not rest:
        return f"{head}: {(value and shown(with_quotes(value) or value)) or '...'}"
    return f"{head}: {{{_nested(rest, value)}}}"


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
