"""Segment's directives -> values of a mapping, each with the inputs for which it differs; or a `todo`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mapper.authoring import Json
from mapper.values.safe_text import SafeError, SafeText
from mapper.workbench.importing.fields import KnownFields
from mapper.workbench.importing.imported_value import (
    NOTHING,
    ImportedValue,
    constant,
    expression_of,
    undecided,
    with_step,
)
from mapper.workbench.importing.liquid import UnknownTemplate, read_liquid
from mapper.workbench.importing.parts import (
    FirstPresent,
    MergedAttribute,
    SegmentPart,
    UnsayablePart,
    directive_of,
    part_of,
)
from mapper.workbench.importing.segment_expressions import (
    path_expression,
    path_names,
    template_call,
    template_text,
)
from mapper.workbench.importing.subscriptions import DEEPEST

MOST_VALUES = 20_000
# A value with a longer text counts as several.
_LENGTH_OF_A_VALUE = 1000
_PLACEHOLDER = re.compile(r"\{\{\{([^{}]+)\}\}\}|\{\{([^{}]+)\}\}")
_BLANK = "for blank or invalid text: Segment sends it, this mapping tries the next"
_LENGTH = "for a list or a text: Segment gives its length"
_WINNER = "for null and blank values of the first object: Segment sends them, this mapping tries the next"
_CONSTANTS = "for an element of which only constants are present: Segment sends it"
_SPACES = "for blank text and white space at the ends: Segment replaces it too"
_MOST_CHARACTERS = 10


@dataclass(slots=True)
class WrittenValues:
    """Counts the values that are made, to stop at a mapping that grows without end by references."""

    done: int = 0

    def count(self, segment_value: SegmentPart) -> None:
        """Count one value. Raises SafeError where there are too many."""
        texts = segment_value.values() if isinstance(segment_value, dict) else (segment_value,)
        length = sum(len(one) for one in texts if isinstance(one, str))
        self.done += 1 + length // _LENGTH_OF_A_VALUE
        if self.done > MOST_VALUES:
            raise SafeError(SafeText("the mapping writes out to more than {} values", MOST_VALUES))


@dataclass(frozen=True, slots=True)
class ReadScope:
    """The place where a value is read.

    names: the values that `@transform` reads in place of the event; outer: where these are read. shape: the
    path of Segment's list of objects, if the value fills one.
    """

    fields: KnownFields
    work: WrittenValues
    names: Mapping[str, Json] | None = None
    outer: ReadScope | None = None
    shape: str = ""

    def leaf(self) -> ReadScope:
        """The same place, for a value that is no list of objects."""
        return ReadScope(self.fields, self.work, self.names, self.outer)

    def item(self) -> ReadScope:
        """An element of a list, which is read in place of the event."""
        return ReadScope(self.fields, self.work)


def converted(segment_value: SegmentPart, scope: ReadScope) -> ImportedValue:
    """The value of the mapping for one of Segment's values."""
    scope.work.count(segment_value)
    if isinstance(segment_value, UnsayablePart):
        return undecided(segment_value.segment_value, segment_value.why)
    if isinstance(segment_value, MergedAttribute):
        return _attribute(segment_value, scope)
    if isinstance(segment_value, FirstPresent):
        return _alternatives(segment_value, scope)
    if isinstance(segment_value, list):
        return _list(segment_value, scope)
    if not isinstance(segment_value, dict):
        return constant(segment_value)
    name = directive_of(segment_value)
    if name is None:
        return _object(segment_value, scope)
    made = _DIRECTIVES.get(name)
    if made is None:
        return undecided(segment_value, f"the directive {name} is not known")
    return made(segment_value, segment_value[name], scope)


def _list(segment_value: list[Json], scope: ReadScope) -> ImportedValue:
    made = [converted(one, scope) for one in segment_value]
    values: list[Json] = []
    for one in made:
        values += one.value if scope.shape and isinstance(one.value, list) else [one.value]
    values = [one for one in values if one is not None]
    return ImportedValue(values or None, _all_differ(*made))


def _object(segment_value: dict[str, Json], scope: ReadScope) -> ImportedValue:
    """An object as one element, where a list of objects is expected."""
    if any(name.startswith("@") for name in segment_value):
        return undecided(segment_value, "a directive beside other names, which Segment refuses")
    if not scope.shape:
        return undecided(segment_value, "an object where one value is expected") if segment_value else NOTHING
    made = _item(segment_value, scope)
    return ImportedValue(None if made.value is None else [made.value], made.differs)


def _item(segment_value: Json, scope: ReadScope, inner: ReadScope | None = None) -> ImportedValue:
    """The fields of one element of a list of objects."""
    fields: dict[str, Json] = {}
    differs: list[str] = []
    for name in scope.fields.within(f"{scope.shape}[]"):
        known = scope.fields.known[f"{scope.shape}[].{name}"]
        one = converted(part_of(segment_value, name), inner or scope.leaf())
        if one.value is not None:
            fields[known.path.rpartition(".")[2]] = one.value
            differs += [*one.differs, *([known.differs] if known.differs else [])]
    differs += [] if _is_read(fields) else [_CONSTANTS]
    return ImportedValue(fields or None, tuple(dict.fromkeys(differs)))


def _all_differ(*made: ImportedValue) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for one in made for text in one.differs))


def _elements(source: ImportedValue, shape: Json, segment_value: Json, scope: ReadScope) -> ImportedValue:
    """A value for each element of a list; one object is a list of one."""
    if source.value is None or source.is_open:
        return source
    inner = scope.item()
    item = _item(shape, scope, inner) if scope.shape else converted(shape, inner)
    if item.value is None:
        return NOTHING
    read = expression_of(source)
    if read is None:
        return undecided(segment_value, "a list that is not one attribute")
    return ImportedValue({"each": read, "item": item.value}, _all_differ(source, item))


def _is_read(item: Json) -> bool:
    """Whether all of an element is read from the event as it is."""
    if isinstance(item, dict):
        return not {"const", "template"} & item.keys() and all(
            _is_read(one) for name, one in item.items() if name != "apply"
        )
    if isinstance(item, list):
        return all(map(_is_read, item))
    return isinstance(item, str) and "template(" not in item


def _path(segment_value: Json, value: Json, scope: ReadScope) -> ImportedValue:
    if not isinstance(value, str):
        return undecided(segment_value, "a path that is not written out")
    names = path_names(value)
    if len(names) > DEEPEST:
        return undecided(segment_value, f"a path of more than {DEEPEST} names")
    if scope.names is not None:
        if not names:
            return undecided(segment_value, "all that `@transform` has made")
        assert scope.outer is not None
        within: SegmentPart = scope.names.get(names[0])
        for name in names[1:]:
            within = part_of(within, name)
        return converted(within, scope.outer if not scope.shape else _shaped(scope.outer, scope.shape))
    differs = (_LENGTH,) if names[1:] and names[-1] == "length" else ()
    made = ImportedValue(path_expression(names), differs)
    return _elements(made, _identity(scope), segment_value, scope) if scope.shape else made


def _shaped(scope: ReadScope, shape: str) -> ReadScope:
    return ReadScope(scope.fields, scope.work, scope.names, scope.outer, shape)


def _identity(scope: ReadScope) -> Json:
    """The element itself: each of its fields under the same name."""
    return {name: {"@path": f"$.{name}"} for name in scope.fields.within(f"{scope.shape}[]")}


def _attribute(segment_value: MergedAttribute, scope: ReadScope) -> ImportedValue:
    """An attribute of the first object that has it."""
    found = [expression_of(converted(one, scope.leaf())) for one in segment_value.objects]
    if any(one is None for one in found):
        return undecided(segment_value.segment_value, "objects that are not attributes")
    objects = ", ".join(one for one in found if one is not None)
    made = ImportedValue(f"across({objects}).{path_expression((segment_value.name,))}", (_WINNER,))
    return _elements(made, _identity(scope), segment_value.segment_value, scope) if scope.shape else made


def _alternatives(segment_value: FirstPresent, scope: ReadScope) -> ImportedValue:
    made = [one for part in segment_value.parts if (one := converted(part, scope)).value is not None]
    if len(made) < 2:
        return made[0] if made else NOTHING
    return ImportedValue(_from([one.value for one in made]), (*_all_differ(*made), _WINNER))


def _from(values: list[Json]) -> Json:
    """A rule of alternatives; those of the last one are alternatives too."""
    last = values[-1]
    if isinstance(last, dict) and last.keys() == {"from"} and isinstance(last["from"], list):
        values = [*values[:-1], *last["from"]]
    return {"from": values}


def _template(segment_value: Json, value: Json, scope: ReadScope) -> ImportedValue:
    if not isinstance(value, str):
        return undecided(segment_value, "a template that is not written out")
    parts: list[str | None] = []
    made: list[ImportedValue] = []
    at = 0
    for found in _PLACEHOLDER.finditer(value):
        one = _path(segment_value, (found[1] or found[2]).strip(), scope.leaf())
        parts += [value[at : found.start()]] if found.start() > at else []
        if one.value is not None:
            parts.append(None)
            made.append(one)
        at = found.end()
    parts += [value[at:]] if at < len(value) else []
    if any("{{" in one or "}}" in one for one in parts if one is not None) or "{{{{" in value:
        return undecided(segment_value, "braces that are not around one path")
    if not made or parts == [None]:
        return made[0] if made else constant("".join(part for part in parts if part is not None))
    values = [expression_of(one) for one in made]
    texts = [one for one in values if one is not None]
    if len(texts) < len(made):
        return undecided(segment_value, "a template of values that are rules")
    call = template_call(parts, texts)
    if any("(" in one or one[0] in "`@" for one in texts):
        return ImportedValue(call, _all_differ(*made))
    rest = iter(texts)
    written = "".join(f"[{{{next(rest)}}}]" if one is None else template_text(one) for one in parts)
    return ImportedValue({"template": written}, _all_differ(*made), call)


def _if(segment_value: Json, value: Json, scope: ReadScope) -> ImportedValue:
    if not isinstance(value, dict):
        return undecided(segment_value, "Segment refuses it")
    then = converted(value.get("then"), scope)
    other = converted(value["else"], scope) if value.get("else") else NOTHING
    tested = value.get("exists", value.get("blank"))
    if not isinstance(tested, dict):
        return undecided(segment_value, "a condition that is no attribute")
    if "exists" in value and tested == value.get("then") and directive_of(tested) == "@path":
        if other.value is None or then.value is None:
            return other if then.value is None else then
        return ImportedValue(_from([then.value, other.value]), (*_all_differ(then, other), _BLANK))
    read = converted(tested, scope.leaf())
    condition = expression_of(read)
    if condition is None or ("exists" in value and directive_of(tested) != "@path"):
        return undecided(segment_value, "a condition that is no attribute")
    tail = f"{condition} != `null`" if "exists" in value else f"{condition} && {condition} != `0`"
    arms: list[Json] = []
    if then.value is not None:
        arms.append({"when": tail, "then": then.value})
    if other.value is not None:
        arms.append({"else": other.value} if arms else {"when": f"!({tail})", "then": other.value})
    return ImportedValue({"case": arms} if arms else None, _all_differ(read, then, other))


def _case(segment_value: Json, value: Json, scope: ReadScope) -> ImportedValue:
    steps = {"lower": "lowercase", "upper": "uppercase"}
    operator = value.get("operator") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(operator, str) or operator not in steps:
        return undecided(segment_value, "Segment refuses its operator")
    if not value.get("value"):
        return NOTHING
    return with_step(converted(value["value"], scope.leaf()), steps[operator])


def _replace(segment_value: Json, value: Json, scope: ReadScope) -> ImportedValue:
    if not isinstance(value, dict):
        return undecided(segment_value, "Segment refuses it")
    made = converted(value.get("value"), scope.leaf())
    for number in ("", "2"):
        old, new = value.get(f"pattern{number}"), value.get(f"replacement{number}")
        new = "" if new is None else new
        if number and not old:
            continue
        if not isinstance(old, str) or not isinstance(new, str) or not old:
            return undecided(segment_value, "Segment refuses it")
        if len(old) > _MOST_CHARACTERS or len(new) > _MOST_CHARACTERS:
            return undecided(segment_value, f"Segment refuses more than {_MOST_CHARACTERS} characters")
        if "$" in new:
            return undecided(segment_value, "`$` in a replacement is a code of JavaScript")
        step: dict[str, Json] = {"old": old, "new": new}
        for name, said, usual in (("first", "global", True), ("any_case", "ignorecase", False)):
            flag = usual if value.get(said) is None else value[said]
            if not isinstance(flag, bool):
                return undecided(segment_value, "Segment refuses it")
            step |= {} if flag is usual else {name: True}
        made = with_step(made, {"replace": step}, [] if old.strip() else [_SPACES])
    return made


def _array_path(segment_value: Json, value: Json, scope: ReadScope) -> ImportedValue:
    if not isinstance(value, list) or not value:
        return undecided(segment_value, "Segment refuses it")
    shape = value[1] if len(value) > 1 else None
    path: Json = {"@path": value[0]} if isinstance(value[0], str) else value[0]
    if not isinstance(shape, dict) or not shape:
        return converted(path, scope)
    return _elements(converted(path, scope.leaf()), shape, segment_value, scope)


def _literal(segment_value: Json, value: Json, scope: ReadScope) -> ImportedValue:
    return converted(value, scope)


def _merge(segment_value: Json, value: Json, scope: ReadScope) -> ImportedValue:
    return undecided(segment_value, "an object where one value is expected")


def _json(segment_value: Json, value: Json, scope: ReadScope) -> ImportedValue:
    if not isinstance(value, dict) or value.get("mode") not in ("encode", "decode"):
        return undecided(segment_value, "Segment refuses it")
    read = converted(value.get("value"), scope.leaf())
    text = expression_of(read)
    if text is None:
        return read if read.value is None or read.is_open else undecided(segment_value, "JSON of a rule")
    if value["mode"] == "encode":
        differs = "for text: Segment puts it in quotes"
        return ImportedValue(f"to_string({text})", (*read.differs, differs))
    return ImportedValue({"from": [f"parse_json({text})", text]}, read.differs)


def _flatten(segment_value: Json, value: Json, scope: ReadScope) -> ImportedValue:
    return undecided(segment_value, "one value is expected, not an object of all levels")


def _transform(segment_value: Json, value: Json, scope: ReadScope) -> ImportedValue:
    names = value.get("apply") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(names, dict) or not value.get("mapping"):
        return undecided(segment_value, "Segment refuses it")
    if directive_of(names) is not None:
        return undecided(segment_value, "a directive in place of the names that `@transform` makes")
    inner = ReadScope(scope.fields, scope.work, names, _shaped(scope, ""), scope.shape)
    return converted(value["mapping"], inner)


def _liquid(segment_value: Json, value: Json, scope: ReadScope) -> ImportedValue:
    if not isinstance(value, str) or scope.names is not None:
        why = "a template in `@transform`" if isinstance(value, str) else "Segment refuses it"
        return undecided(segment_value, why)
    if not value:
        return NOTHING
    try:
        made = read_liquid(value)
    except UnknownTemplate as error:
        return undecided(segment_value, str(error))
    return ImportedValue(made.expression if made.expression[0] not in "'" else {"const": value}, made.differs)


_Made = Callable[[Any, Any, ReadScope], ImportedValue]
_DIRECTIVES: dict[str, _Made] = {
    "@path": _path,
    "@template": _template,
    "@if": _if,
    "@case": _case,
    "@replace": _replace,
    "@arrayPath": _array_path,
    "@literal": _literal,
    "@excludeWhenNull": _literal,
    "@merge": _merge,
    "@json": _json,
    "@flatten": _flatten,
    "@transform": _transform,
    "@liquid": _liquid,
}
