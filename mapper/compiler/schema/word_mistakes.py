"""The words of a schema -> those that are none, are not read, or have another shape than the table says."""

from __future__ import annotations

import json
from typing import Any

from mapper.compiler.schema.json_schema import Schema
from mapper.compiler.schema.schema_look import Looking, SchemaMistake
from mapper.compiler.schema.schema_slips import slip_of, spelling_of
from mapper.compiler.schema.schema_words import (
    KEYWORDS,
    TYPES,
    WORDS,
    SchemaKeyword,
    SchemaRole,
    words_of,
)
from mapper.compiler.schema.target_requirements import is_proved
from mapper.compiler.schema.word_shapes import WordShape
from mapper.texts.diagnostic import closest
from mapper.values.types import Json, JsonPath, kind_of

# A place has at most so many keys around it.
_MOST_KEYS = 200
# Of another shape than can be read, or not read at all.
_LEFT_OUT = frozenset({"M326", "M328"})
# A mark of a person's attribute matters more than another word, so that two letters may be wrong in it.
_MARK = "x-personal"
_KEYWORDS = tuple(KEYWORDS)


def sound_schema(schema: Schema, wrong: tuple[SchemaMistake, ...]) -> Schema:
    """A schema less what is wrong with it: words that are not read, and values of a wrong shape."""
    unsound = [one.at for one in wrong if one.code in _LEFT_OUT]
    return _without(schema, unsound) if unsound else schema


def word_mistakes(schema: Schema, role: SchemaRole) -> tuple[SchemaMistake, ...]:
    """The words of a schema that are none, are not read, or have another shape (M326)."""
    look = Looking(schema, role)
    _check_part(look, schema, (), is_root=True)
    for said in look.unread.values():
        first, count = said[0], len(said)
        message = first.message if count == 1 else f"{first.message} (at {count} places)"
        look.found.append(SchemaMistake(first.at, first.code, message, first.hint, first.instead, first.part))
    return tuple(look.found)


def _check_part(look: Looking, part: Any, at: JsonPath, *, is_root: bool = False) -> None:
    if isinstance(part, bool):
        return
    for name, value in part.items():
        if name[:2] == "x-":
            _check_word(look, name, value, at, is_root)
        elif name in KEYWORDS:
            _check_keyword(look, KEYWORDS[name], part, at)
        else:
            _unknown_keyword(look, (*at, name), part)


def _check_word(look: Looking, name: str, value: Any, around: JsonPath, is_root: bool) -> None:
    at = (*around, name)
    word = WORDS.get(name)
    if word is None:
        _unknown_word(look, at)
        return
    if look.role not in word.roles:
        others = " or ".join(word.roles)
        message, hint = f"`{name}` has no effect in a {look.role}", f"it is a word of a {others}; remove it"
        look.say_unread(name, SchemaMistake(at, "M331", message, hint, part="key"))
    elif word.place != "any" and (word.place == "root") != is_root:
        where = "at the root of the schema" if word.place == "root" else "in a field"
        look.say_key(at, "M331", f"`{name}` has no effect here", f"write it {where}")
    _check_shape(look, word.shape_in(look.role), value, at)


def _unknown_word(look: Looking, at: JsonPath) -> None:
    name = str(at[-1])
    known = [word.name for word in words_of(look.role)]
    most = 2 if look.is_target else 1
    near = spelling_of(name, tuple(known)) or slip_of(name, tuple(known), most) or slip_of(name, (_MARK,))
    if near is None and not look.is_target:
        return  # words of other tools are for these
    hint = f"did you mean `{near}`?" if near else "remove it; a note for people is `$comment`"
    look.say_key(at, "M325" if look.is_target else "M331", f"there is no word `{name}`", hint, near)


def _check_keyword(look: Looking, keyword: SchemaKeyword, part: Schema, around: JsonPath) -> None:
    value = part[keyword.name]
    at, reading = (*around, keyword.name), keyword.reading(look.role)
    if reading == "unread":
        said = f"`{keyword.name}` is not read in a {look.role}"
        code = "M328" if look.is_target else "M331"
        look.say_unread(keyword.name, SchemaMistake(at, code, said, keyword.instead, part="key"))
    elif reading == "foreign" and _is_field(value):
        _misplaced(look, at)
    elif reading == "foreign":
        said = f"`{keyword.name}` is a keyword of another dialect than draft 2020-12"
        code = "M325" if look.is_target else "M331"
        look.say_unread(keyword.name, SchemaMistake(at, code, said, keyword.instead, part="key"))
    else:
        before = len(look.found) + len(look.unread)
        _check_shape(look, keyword.shape, value, at)
        is_right = before == len(look.found) + len(look.unread)
        if reading == "proved" and is_right and not is_proved(keyword.name, part, in_list="items" in around):
            said = f"this form of `{keyword.name}` is not read in a target"
            look.say_unread(keyword.name, SchemaMistake(at, "M328", said, keyword.instead, part="key"))


def _unknown_keyword(look: Looking, at: JsonPath, part: dict[str, Any]) -> None:
    name = str(at[-1])
    near = spelling_of(name, (_MARK, *_KEYWORDS)) or slip_of(name, _KEYWORDS)
    if near in KEYWORDS and KEYWORDS[near].reading(look.role) in ("foreign", "unread"):
        near = None
    if near in part and not look.is_target:
        near = None  # a note whose name is like that of a keyword
    if near is None and _is_field(part[name]):
        _misplaced(look, at)
        return
    if near is None and not look.is_target:
        return  # a note, as other tools write them
    near = near or spelling_of(name, tuple(WORDS))
    hint = f"did you mean `{near}`?" if near else "remove it; a note for people is `$comment`"
    code = "M325" if look.is_target else "M331"
    look.say_key(at, code, f"`{name}` is not a keyword of JSON Schema", hint, near)


def _is_field(value: Any) -> bool:
    """Whether a value is most likely the schema of a field, and no note."""
    kinds = value.get("type") if isinstance(value, dict) else None
    return (isinstance(kinds, str) and kinds in TYPES) or (isinstance(kinds, list) and "null" in kinds)


def _misplaced(look: Looking, at: JsonPath) -> None:
    code = "M325" if look.is_target else "M331"
    hint = f"move the field `{at[-1]}` under `properties`"
    look.say_key(at, code, f"`{at[-1]}` is not a keyword of JSON Schema", hint)


def _check_shape(look: Looking, shape: WordShape, value: Any, at: JsonPath) -> None:
    """See that a value has a shape, and all that is in it."""
    kind = kind_of(value)
    if len(at) > _MOST_KEYS:
        look.say(at, "M326", "this is nested too deep to be read", "write the parts under `$defs`")
    elif kind not in shape.kinds:
        _wrong_kind(look, shape, value, at)
    elif shape.is_schema:
        _check_part(look, value, at, is_root=at[0] == "x-profiles" and len(at) == _AT_PROFILE)
    elif isinstance(value, str):
        if shape.words and value not in shape.words:
            near = closest(value, shape.words)
            what = (
                "unknown type"
                if at[-1] == "type" or at[-2:-1] == ("type",)
                else f"unknown value of {_named(at)}"
            )
            hint = f"did you mean `{near}`?" if near else f"write {shape.said}: {', '.join(shape.words)}"
            look.say(at, "M326", f"{what} `{value}`", hint, near)
    elif isinstance(value, list):
        if len(value) < (shape.least or 0):
            look.say(at, "M326", f"{_named(at)} must not be empty", "remove it, or write what it takes")
        for number, one in enumerate(value) if shape.items is not None else ():
            assert shape.items is not None
            _check_shape(look, shape.items, one, (*at, number))
    elif isinstance(value, dict):
        if shape.fields or shape.others is not None:
            _check_fields(look, shape, value, at)
    elif shape.least is not None and value < shape.least:
        look.say(at, "M326", f"{_named(at)} must be {shape.said}", f"write {shape.least} or more")


# `x-profiles`, the name of one, `schema`.
_AT_PROFILE = 3


def _check_fields(look: Looking, shape: WordShape, value: dict[str, Any], at: JsonPath) -> None:
    missing = [name for name in shape.needed if name not in value]
    for name, one in value.items():
        inner = shape.fields.get(name, shape.others)
        if inner is not None:
            _check_shape(look, inner, one, (*at, name))
            continue
        near = slip_of(name, tuple(shape.fields)) or closest(name, shape.fields)
        shown = ", ".join(f"`{known}`" for known in sorted(shape.fields.keys() - {"$comment"}))
        hint = f"did you mean `{near}`?" if near else f"its keys: {shown}"
        look.say_key((*at, name), "M325" if look.is_target else "M331", f"unknown key `{name}`", hint, near)
        missing = [one for one in missing if one != near]
    if missing:
        look.say(at, "M326", f"{_named(at)} lacks {' and '.join(f'`{one}`' for one in missing)}")


def _wrong_kind(look: Looking, shape: WordShape, value: Any, at: JsonPath) -> None:
    kind, said, hint = kind_of(value), shape.said, ""
    instead: Json = None
    if at[-1:] == ("required",) and kind == "boolean":
        hint = "list the name under `required` of the object around it"
    elif at[-1:] == ("items",) and kind == "array":
        hint = "write one schema for all elements; this draft calls a list of them `prefixItems`"
    elif str(at[-1]).startswith("exclusive") and kind == "boolean":
        hint = "write the limit itself here; this draft has no `true` for it"
    elif at[-1:] == ("type",) and kind == "object":
        hint = "a field of the name `type` belongs under `properties`"
    elif shape.items is not None and kind in shape.items.kinds:
        hint, instead = "write it as a list", [value]
    elif shape.is_schema and kind == "string":
        hint, instead = f'write `{{"type": "{value}"}}`', None
    elif kind == "string" and ("integer" in shape.kinds or "boolean" in shape.kinds):
        instead = _unquoted(value, shape)
        hint = f"write {json.dumps(instead)} without quotes" if instead is not None else ""
    hint = hint or f"write {said}"
    must = "expected a schema" if shape.is_schema else f"{_named(at)} must be {said}"
    look.say(at, "M326", f"{must}, not {kind}", hint, instead)


def _unquoted(text: str, shape: WordShape) -> Json:
    """The number or flag that a text has, if the shape takes it."""
    try:
        value: Json = json.loads(text)
    except ValueError:
        return None
    return value if kind_of(value) in shape.kinds and value is not None else None


def _named(at: JsonPath) -> str:
    """The name of the value that some keys lead to, for a message."""
    names = [one for one in at if isinstance(one, str)]
    if not names:
        return "the schema"
    return f"each value of `{names[-1]}`" if isinstance(at[-1], int) else f"`{names[-1]}`"


def _without(schema: Schema, places: list[JsonPath]) -> Schema:
    """A schema less the keywords and words that have a wrong shape."""
    left: Schema = json.loads(json.dumps(schema))
    for at in places:
        _remove(left, at)
    return left


def _remove(value: Any, at: JsonPath) -> None:
    """Take away what some keys lead to, or the list that it is an element of."""
    last = max((number for number, key in enumerate(at) if isinstance(key, str)), default=None)
    if last is None:
        return
    # In a list every place counts, so the list goes as a whole.
    for number, key in enumerate(at[:last]):
        if isinstance(key, int):
            last = number - 1
            break
    for key in at[:last]:
        if not isinstance(value, dict) or key not in value:
            return
        value = value[key]
    if isinstance(value, dict):
        value.pop(at[last], None)
