"""A name that nothing has -> the one that was most likely meant: near words, other places, other forms."""

from __future__ import annotations

import re

from mapper.compiler.advice.advisers import Hint, advises
from mapper.compiler.advice.whole_file import nodes_around
from mapper.compiler.checks.check_facts import NearName
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.plan.fit import is_path, meant_path
from mapper.compiler.plan.plan_facts import (
    UnknownField,
    UnknownName,
    UnknownPath,
    UnknownSchema,
    UnknownVariable,
)
from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.yaml.edits import key_before, rename, shown, with_quotes
from mapper.compiler.yaml.nodes import MapNode
from mapper.texts.diagnostic import Diagnostic, Edit, Fix, closest
from mapper.texts.named_text import Span
from mapper.values.regular_expression import pattern

# What else all fields of a person are called.
_PERSONAL = frozenset({"all", "identity", "personal_data", "pii", "user"})
# What other languages call the element of a loop.
_ELEMENT = frozenset(
    {
        "item",
        "it",
        "this",
        "self",
        "element",
        "elem",
        "el",
        "current",
        "value",
        "line",
        "product",
        "row",
        "entry",
        "each",
    }
)
# Where variables of the language are there.
_PLACES = {"index": "within `each`, and with `split`", "whole": "with `split`"}
_MOST_SHOWN = 8
_PATH_BEHIND = pattern(r"(?:\.[A-Za-z_]\w*)+")
_FIELD_BEHIND = pattern(r"\.([A-Za-z_]\w*)")
_OF_EACH = pattern(r"([\w$.]+)\[\*?\]\.(\w+)")
_BEFORE_VALUE = pattern(r"(?:[:,\[-]|^)[ \t]*\Z", re.MULTILINE)
_BEHIND_VALUE = pattern(r"[ \t]*(?:[,}\]\r\n]|#|\Z)")


@advises(UnknownName)
def _name(fact: UnknownName, _: Diagnostic) -> Hint:
    """The near one of the known names."""
    near = closest(fact.word, fact.known)
    return Hint(f"did you mean `{near}`?", (rename(fact.span, near),)) if near else Hint(fact.instead)


@advises(NearName)
def _near(fact: NearName, _: Diagnostic) -> Hint | None:
    """A near name, or those there are."""
    near = closest(fact.name, fact.known)
    if near is None:
        listed = ", ".join(f"`{name}`" for name in fact.known[:_MOST_SHOWN])
        return Hint(f"{fact.has} {listed}") if listed else None
    is_written = fact.span is not None and near.isidentifier()
    fixes = (rename(fact.span, near),) if fact.span is not None and is_written else ()
    return Hint(f"did you mean `{'.'.join((*fact.above, near))}`?", fixes)


@advises(UnknownSchema)
def _schema(fact: UnknownSchema, _: Diagnostic) -> Hint:
    """A schema by the beginning of its name, or of the file it is in."""
    known = sorted(fact.known)
    written = fact.name.strip("./").removeprefix("schemas/").removesuffix(".json")
    written = written.removesuffix(".mapping.schema")
    longer = [one for one in known if one.startswith(written) or one.rpartition("/")[2].startswith(written)]
    near = written if written in known else next(iter(longer), None) or closest(written, known)
    return Hint(f"did you mean `{near}`?", (rename(fact.span, near),)) if near else Hint(fact.instead)


@advises(UnknownPath)
def _path(fact: UnknownPath, _: Diagnostic) -> Hint | None:
    near = meant_path(fact.path, fact.root)
    if not near and fact.path.lower() in _PERSONAL and key_before("strip", fact.span) is not None:
        return Hint("write `strip: personal` for all personal fields", (rename(fact.span, "personal"),))
    if not near:
        return None
    key = fact.span.text.content[fact.span.start : fact.span.end].strip("\"'")
    within = fact.path.removesuffix(key)  # it may be in a mapping for an object
    fixes = (rename(fact.span, near.removeprefix(within)),) if near.startswith(within) else ()
    return Hint(f"did you mean `{near}`?", fixes)


@advises(UnknownField)
def _field(fact: UnknownField, _: Diagnostic) -> Hint:
    """The field that was meant, or its place."""
    near, elsewhere, target = fact.near, fact.elsewhere, fact.target
    listed = _OF_EACH.fullmatch(fact.name)
    if listed is not None:
        return Hint(f"write {coded(_each(listed[1], fact.span))}")
    if is_path(target, fact.name):
        return Hint(f"write `{_nested(fact.name, fact.value)}`")
    hint = f"its fields: {', '.join(one.name for one in target.fields)}"
    if near:
        hint = f"did you mean `{near}`?"
    elif elsewhere is not None:
        hint = _moved(fact)
        if elsewhere.name != fact.name:
            hint = f"did you mean `{elsewhere.path}`, {elsewhere.title}?"
    if fact.is_unhashed:
        return _not_allowed(fact, hint)
    return Hint(hint, (rename(fact.span, near),) if near and near not in fact.beside else ())


def _not_allowed(fact: UnknownField, hint: str) -> Hint:
    """A field beside hashed ones: by other names of these and the first words of their titles."""
    word = letters_of(fact.name)
    words = {
        other: one.name
        for one in fact.target.fields
        for other in (*one.also, *map(letters_of, one.title.split()[:1]))
    }
    near = closest(word, [other for other in words if other[0] == word[:1]])
    known = hint if near is None else f"did you mean `{words[near]}`?"
    fixes = () if near is None or words[near] in fact.beside else (rename(fact.span, words[near]),)
    return Hint(f"{known}; to send another one as it is: `{{from: ..., personal: allowed}}`", fixes)


def _nested(path: str, value: Span | None) -> str:
    """A field of a path as it is written: `custom_data: {value: total}`."""
    head, _, rest = path.partition(".")
    if not rest:
        return f"{head}: {(value and shown(with_quotes(value) or value)) or '...'}"
    return f"{head}: {{{_nested(rest, value)}}}"


def _each(owner: str, key: Span) -> str:
    """`contents[].id: items[].sku` as a rule with `each`, with all other fields of its elements."""
    fields, lists = list[str](), list[str]()
    around = nodes_around(key)[-1][1]
    for name, value in around.entries if isinstance(around, MapNode) else ():
        field = _OF_EACH.fullmatch(name.text)
        if field is not None and field[1] == owner:
            written = shown(with_quotes(value.span) or value.span) or "..."
            read = _OF_EACH.fullmatch(written.strip("'\""))
            lists += [] if read is None else [read[1]]
            fields.append(f"{field[2]}: {written if read is None else read[2]}")
    return f"{owner}: {{each: {lists[0] if lists else 'LIST'}, item: {{{', '.join(fields)}}}}}"


def _moved(fact: UnknownField) -> str:
    """The object that has a field of this name."""
    name, parent = fact.name, "" if fact.elsewhere is None else fact.elsewhere.path.rpartition(".")[0]
    if parent:
        return f"`{name}` is a field of `{parent}`"
    return f"`{name}` is a field of the payload: indent it like `{fact.target.path.partition('.')[0]}`"


@advises(UnknownVariable)
def _variable(fact: UnknownVariable, _: Diagnostic) -> Hint:
    """A variable by its letters, an element of `each`, or an attribute."""
    name, span = fact.name, fact.span
    if name.lower() in _ELEMENT and "index" in fact.known:
        return _element(span)
    if name in _PLACES:
        return Hint(f"`${name}` is there only {_PLACES[name]}")
    if fact.elsewhere is not None:
        where = f"the rule or section at line {fact.elsewhere.line}"
        return Hint(f"`${name}` can be read only in {where}; define it under the `let` of the mapping")
    within = _PATH_BEHIND.match(span.text.content, span.end)
    own = "" if within is None else within[0].lstrip(".").partition(".")[0]
    if name in ("let", "lets", "vars", "variables") and own in fact.known:
        whole = Span(span.text, span.start, span.end + 1 + len(own))
        return Hint(f"write `${own}`", (Fix(f"Write `${own}`", (Edit(whole, f"${own}"),), safe=False),))
    near = closest(name, fact.known)
    if near:
        return Hint(f"did you mean `${near}`?", (rename(span, f"${near}"),))
    path = _PATH_BEHIND.match(span.text.content, span.end)
    if path is not None and name.isidentifier():
        attribute = f"{name}{path[0]}"
        hint = f"read an attribute of the event without `$`: `{attribute}`; variables are defined under `let`"
        return Hint(hint, (Fix(f"Write `{attribute}`", (Edit(span, name),), safe=False),))
    written, fixes = _as_attribute(name, span)
    known = ", ".join(f"`${one}`" for one in fact.known)
    return Hint(
        f"define it under `let` (defined: {known}); if you mean an attribute, write `{written}`", fixes
    )


def _element(span: Span) -> Hint:
    """`$item` within `each`, where the element is the current value."""
    field = _FIELD_BEHIND.match(span.text.content, span.end)
    if field is None:
        return Hint("the element of `each` is written `@`", _as_current(span))
    hint = f"inside `each`, write the field of the element directly: `{field[1]}`"
    dotted = Span(span.text, span.start, span.end + 1)
    fix = Fix(f"Write `{field[1]}`", (Edit(dotted, ""),), safe=False)
    return Hint(hint, (fix,))


def _as_attribute(name: str, span: Span) -> tuple[str, tuple[Fix, ...]]:
    """`$name` as an attribute: in the quotes of an expression, and in those of YAML where it is all of it."""
    whole = with_quotes(span)
    if whole is None or not _is_alone(whole):
        return f'"${name}"', ()
    written = f"'\"${name}\"'"
    return written, (Fix(f"Write `{written}`", (Edit(whole, written),), safe=False),)


def _is_alone(span: Span) -> bool:
    """Whether a span is the whole of a value in the file."""
    content = span.text.content
    begins = _BEFORE_VALUE.search(content[max(0, span.start - 100) : span.start])
    return bool(begins and _BEHIND_VALUE.match(content, span.end))


def _as_current(span: Span) -> tuple[Fix, ...]:
    """`@` in place of a variable; in quotes where YAML would not take it, none where only part would be."""
    content = span.text.content
    begins = _BEFORE_VALUE.search(content[max(0, span.start - 100) : span.start])
    if begins and not _BEHIND_VALUE.match(content, span.end):
        return ()
    written = '"@"' if begins else "@"
    return (Fix(f"Write `{written}`", (Edit(span, written),), safe=False),)
