"""A schema of a target or source -> all that is wrong with it, by its keys; `project/` finds the places.

The words and their shapes are looked at first (`word_mistakes.py`). Then, in a schema of which all words have
their shapes, whether they name something, agree with each other and have an effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from mapper.compiler.schema.constant_mistakes import check_condition, check_constants
from mapper.compiler.schema.json_schema import Schema, SchemaError, referred, resolved
from mapper.compiler.schema.schema_fields import DEEPEST
from mapper.compiler.schema.schema_look import Looking, SchemaMistake
from mapper.compiler.schema.schema_slips import slip_of
from mapper.compiler.schema.schema_words import FORMATS, KEYWORDS, WORDS, SchemaRole
from mapper.compiler.schema.slow_patterns import slow_patterns_in
from mapper.compiler.schema.step_words import check_step
from mapper.compiler.schema.word_mistakes import sound_schema, word_mistakes
from mapper.compiler.schema.word_shapes import WordShape
from mapper.texts.diagnostic import closest
from mapper.values.frozen import dataclass
from mapper.values.types import Json, JsonPath

# A limit, and the one that may not be above it.
_LIMITS = (
    ("maximum", "minimum"),
    ("exclusiveMaximum", "exclusiveMinimum"),
    ("maxLength", "minLength"),
    ("maxItems", "minItems"),
)
# The kinds of values that keywords say something of.
_SPEAK_OF = {
    **dict.fromkeys(("minLength", "maxLength", "pattern", "x-words"), frozenset({"string"})),
    **dict.fromkeys(
        ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), frozenset({"number", "integer"})
    ),
    **dict.fromkeys(("items", "minItems", "maxItems"), frozenset({"array"})),
    **dict.fromkeys(("properties", "required", "additionalProperties"), frozenset({"object"})),
    "x-refusal": frozenset({"boolean"}),
    "x-person": frozenset({"string", "array"}),
}
_BRANCHES = ("allOf", "anyOf", "oneOf")
_NOTES = frozenset({"title", "description", "$comment", "x-source"})
_IN_ALL = {"required", "anyOf", "allOf", "oneOf", "if", "then", "dependentRequired", "minProperties"}
_READ_IN_BRANCH = {"anyOf": _NOTES | {"required"}, "allOf": _NOTES | _IN_ALL}
_HASH = "sha256"


@dataclass(frozen=True, slots=True)
class _Spot:
    """The place of a part within the schema.

    beside: the fields of the object that it is a field of; None where that is not known. over: other parts
    that hold of the same value: those around a branch, and those that a profile adds to. personal: a person's
    values are in it. is_condition: it is an `if` or a `then`, or of a field in one.
    """

    is_root: bool = False
    is_branch: bool = False
    personal: bool = False
    beside: Mapping[str, Any] | None = None
    over: tuple[Schema, ...] = ()
    is_condition: bool = False

    def fields_around(self, root: Schema) -> dict[str, Schema]:
        """The fields of the object that a branch is one of."""
        return {
            name: _resolved(one, root)
            for part in self.over
            for name, one in part.get("properties", {}).items()
        }


def check_schema(schema: Schema, role: SchemaRole) -> tuple[SchemaMistake, ...]:
    """All that is wrong with a schema in a role, or has no effect where that may matter; less its forms."""
    words = word_mistakes(schema, role)
    return *words, *sense_mistakes(sound_schema(schema, words), role)


def sense_mistakes(schema: Schema, role: SchemaRole) -> tuple[SchemaMistake, ...]:
    """All that is wrong with what the words of a schema say, of which all have their shapes."""
    look = Looking(schema, role)
    _check_part(look, schema, (), _Spot(is_root=True))
    if "object" not in schema.get("type", "object"):
        hint = (
            'write `"object"`'
            if look.is_target
            else 'describe one event: write `"object"`, and its attributes'
        )
        look.say(("type",), "M326", f"the root of a {role} must be an object", hint, "object")
    if look.is_target:
        look.found += [SchemaMistake(at, "M321", why, part="key") for at, why in slow_patterns_in(schema)]
        _check_end(look)
    return tuple(look.found)


def _check_end(look: Looking) -> None:
    """See that the schema of a payload has an end."""
    for path in look.fields:
        if path.count(".") + path.count("[]") >= DEEPEST:
            message = (
                f"payloads may be nested at most {DEEPEST} deep, and a type that contains itself has no end"
            )
            look.say(
                (), "M326", message, f"`{path[:40]}` and so on: leave out the `$ref` to what is around it"
            )
            return


def _check_part(look: Looking, part: Any, at: JsonPath, spot: _Spot) -> None:
    if not isinstance(part, dict):
        return
    spot = replace(spot, personal=spot.personal or bool(part.get("x-personal")))
    if "$ref" in part:
        _check_reference(look, part["$ref"], at)
    for name, value in part.items():
        word = WORDS.get(name) if name[:2] == "x-" else None
        if word is not None and look.role in word.roles:
            _check_names(look, word.shape_in(look.role), value, _Named((*at, name), part, spot.beside))
    _check_required(look, part, at, spot)
    check_constants(look, part, at)
    _check_limits(look, part, at)
    _check_kinds(look, part, at, spot)
    if look.is_target:
        _check_effects(look, part, at, spot)
        _check_branches(look, part, at)
        if spot.is_condition:
            check_condition(look, part, at, spot.fields_around(look.schema))
    # A name with a dot is of another tool, as `singer.decimal` is.
    if (stated := part.get("format")) is not None and stated not in FORMATS and "." not in stated:
        near = slip_of(stated, FORMATS)
        near = near or closest(stated.replace("_", "-"), FORMATS)
        hint = f"did you mean `{near}`?" if near else "it is a note that nothing reads; remove it"
        look.say((*at, "format"), "M331", f"unknown format `{stated}`", hint, near)
    for below, inner, inner_spot in _parts(look, part, at, spot):
        _check_part(look, inner, below, inner_spot)


def _parts(look: Looking, part: Schema, at: JsonPath, spot: _Spot) -> Iterator[tuple[JsonPath, Any, _Spot]]:
    """The schemas in a schema, each with its keys and place."""
    fields = part.get("properties", {})
    around = [one.get("properties", {}) for one in spot.over]
    known = {name: one for names in (*around, fields) for name, one in names.items()}
    for name, one in fields.items():
        over = tuple(_resolved(names[name], look.schema) for names in around if name in names)
        inner = _Spot(personal=spot.personal, beside=known, over=over, is_condition=spot.is_condition)
        yield (*at, "properties", name), one, inner
    for keyword in ("$defs", "definitions"):
        yield from (((*at, keyword, name), one, _Spot()) for name, one in part.get(keyword, {}).items())
    for keyword in ("items", "additionalProperties"):
        if keyword in part:
            yield (*at, keyword), part[keyword], _Spot(personal=spot.personal)
    branch = _Spot(spot.is_root, True, spot.personal, spot.beside, (part, *spot.over))
    for keyword in _BRANCHES:
        for number, one in enumerate(part.get(keyword, ())):
            yield (*at, keyword, number), one, branch
    for keyword in ("if", "then") if look.is_target else ():
        if keyword in part:
            yield (*at, keyword), part[keyword], replace(branch, is_condition=True)
    for name, profile in part.get("x-profiles", {}).items() if not at else ():
        inner = _Spot(is_root=True, over=(look.schema,))
        yield ("x-profiles", name, "schema"), profile.get("schema"), inner


def _resolved(part: Any, root: Schema) -> Schema:
    try:
        return resolved(part, root) if isinstance(part, dict) else {}
    except SchemaError:
        return {}


_COPY = "copy what it leads to under `$defs`, and write `#/$defs/NAME`"


def _check_reference(look: Looking, reference: str, at: JsonPath) -> None:
    place = (*at, "$ref")
    try:
        referred(reference, look.schema)
        resolved({"$ref": reference}, look.schema)
    except SchemaError as error:
        known = [f"#/{key}/{name}" for key in ("$defs", "definitions") for name in look.schema.get(key, ())]
        if not reference.startswith("#") or "leads into" in str(error):
            look.say(place, "M327", str(error), _COPY)
        else:
            look.say_near(place, reference, str(error), known)


def _check_required(look: Looking, part: Schema, at: JsonPath, spot: _Spot) -> None:
    """See that the object has the fields that it requires."""
    required: list[tuple[JsonPath, str]] = [
        (("required", number), name) for number, name in enumerate(part.get("required", ()))
    ]
    for name, needed in part.get("dependentRequired", {}).items() if look.is_target else ():
        required.append((("dependentRequired", name), name))
        required += [(("dependentRequired", name, number), one) for number, one in enumerate(needed)]
    if not required or (spot.is_branch and not look.is_target) or at[-1:] == ("if",):
        return
    if not look.is_target and not part.keys().isdisjoint({"$ref", "patternProperties", *_BRANCHES}):
        return
    known = [*dict.fromkeys(_fields_in([part, *spot.over], look.schema))]
    if not known and not look.is_target:
        return
    is_closed = any(map(_is_closed, (part, *spot.over)))
    code = "M327" if is_closed or (look.is_target and not spot.is_branch) else "M331"
    for below, name in required:
        if name not in known:
            message = f"`{name}` is required, and is not among the `properties`"
            look.say_near((*at, *below), name, message, known, code)


def _is_closed(part: Schema) -> bool:
    return part.get("additionalProperties") is False or part.get("unevaluatedProperties") is False


def _fields_in(parts: list[Any], root: Schema) -> Iterator[str]:
    """The names of the fields that an object may have by some parts that hold of it."""
    opened: set[str] = set()
    waiting = parts[::-1]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, dict):
            continue
        yield from part.get("properties", ())
        reference = part.get("$ref")
        if reference is not None and reference not in opened:
            opened.add(reference)
            with suppress(SchemaError):
                waiting.append(referred(reference, root))
        for keyword in _BRANCHES:
            waiting += part.get(keyword, ())


def _check_limits(look: Looking, part: Schema, at: JsonPath) -> None:
    for most, least in _LIMITS:
        if most in part and least in part:
            is_empty = part[most] < part[least] or (most[:2] == "ex" and part[most] == part[least])
            if is_empty:
                code = "M326" if look.is_target else "M331"
                look.say(
                    (*at, most), code, f"nothing is valid: `{most}` is below `{least}`", f"raise `{most}`"
                )


def _check_kinds(look: Looking, part: Schema, at: JsonPath, spot: _Spot) -> None:
    """See that what is said of lists, objects, texts and numbers is said of one, where it is read."""
    kinds = part.get("type")
    allowed = {kinds} if isinstance(kinds, str) else {*(kinds or ())}
    for name in part.keys() & _SPEAK_OF.keys() if allowed and not spot.is_branch else ():
        if not look.is_target and name in KEYWORDS and KEYWORDS[name].reading(look.role) != "read":
            continue
        if allowed.isdisjoint(_SPEAK_OF[name]):
            said = " or ".join(sorted(_SPEAK_OF[name]))
            message = f"`{name}` has no effect on {' or '.join(sorted(allowed))}: it is for {said}"
            look.say_key((*at, name), "M331", message, "remove it, or correct `type`")


def _check_effects(look: Looking, part: Schema, at: JsonPath, spot: _Spot) -> None:
    """See that no word of a field of a target is without effect."""
    plain = part.get("x-plain")
    if isinstance(plain, dict) and (len(plain) != 1 or "x-hash-after" not in part):
        message = "`x-plain` by a field beside it names that one field, and needs `x-hash-after`"
        look.say((*at, "x-plain"), "M326", message, "say which steps a value needs before `sha256` elsewhere")
    if plain and not spot.personal:
        hint = "write `x-personal: true` beside it, or remove it"
        look.say_key((*at, "x-plain"), "M331", "`x-plain` has no effect on what is not personal", hint)
    if part.get("x-person") and not spot.personal:
        hint = "write `x-personal: true` beside it, or remove it"
        look.say_key((*at, "x-person"), "M331", "`x-person` has no effect on what is not personal", hint)
    if "x-words" in part and "enum" in part:
        message = "`x-words` has no effect beside `enum`, which lists the constants"
        look.say_key((*at, "x-words"), "M331", message, "remove one of them")
    is_hashed = _HASH in (*_step_names(part), *_step_names(part.get("items")))
    if "x-hash-after" in part and not is_hashed and not plain:
        message = "`x-hash-after` has no effect without the step `sha256` in `x-normal-form`, or `x-plain`"
        look.say_key((*at, "x-hash-after"), "M331", message, "add the step, or remove it")
    for number, stated in enumerate(part.get("x-not-from", ())):
        if not stated.keys() & {"names", "fields"} or ("names" in stated and "title" not in stated):
            message = "each value of `x-not-from` needs `fields`, or `names` and a `title`"
            look.say((*at, "x-not-from", number), "M326", message, "add what is missing")


def _step_names(part: Any) -> Iterator[str]:
    for step in part.get("x-normal-form", ()) if isinstance(part, dict) else ():
        yield step if isinstance(step, str) else next(iter(step), "")


def _check_branches(look: Looking, part: Schema, at: JsonPath) -> None:
    """See that the branches of a target say only what is read there: groups of required fields."""
    for keyword, read in _READ_IN_BRANCH.items():
        for number, branch in enumerate(part.get(keyword, ())):
            below = (*at, keyword, number)
            if not isinstance(branch, dict):
                continue
            for name in branch:
                if name not in read:
                    message = f"`{name}` is not read in a branch of `{keyword}` of a target"
                    hint = "write it in the field itself; a branch has groups of `required` fields"
                    look.say_key((*below, name), "M328", message, hint)
            if keyword == "anyOf" and not branch.get("required"):
                message = "a branch of `anyOf` without `required` is not read in a target"
                look.say(below, "M328", message, "write `required`, the fields that suffice")
    for keyword in ("additionalProperties", "unevaluatedProperties"):
        if isinstance(part.get(keyword), dict):
            message = f"the schema of `{keyword}` is not read in a target"
            hint = "list the fields under `properties`, or write true or false"
            look.say((*at, keyword), "M328", message, hint)


@dataclass(frozen=True, slots=True)
class _Named:
    """The place of a word's value: its keys, the part that has the word, and the fields beside that part."""

    at: JsonPath
    part: Schema
    beside: Mapping[str, Any] | None

    def below(self, key: str | int) -> _Named:
        return _Named((*self.at, key), self.part, self.beside)


def _check_names(look: Looking, shape: WordShape, value: Any, named: _Named) -> None:
    """See that each text in a word names something there is."""
    if shape.names == "step":
        check_step(look, value, named.at)
    elif isinstance(value, str) and shape.names:
        _check_name(look, shape.names, value, named)
    elif isinstance(value, list) and shape.items is not None:
        for number, one in enumerate(value):
            _check_names(look, shape.items, one, named.below(number))
    elif isinstance(value, dict) and not shape.is_schema:
        for key, one in value.items():
            inner = shape.fields.get(key, shape.others)
            if shape.keys:
                _check_name(look, shape.keys, key, named.below(key))
            if inner is not None:
                _check_names(look, inner, one, named.below(key))
        if shape.keys == "path":
            _check_values(look, value, named)
        elif shape.keys == "beside":
            for key, constants in value.items():
                part = _resolved((named.beside or {}).get(key, {}), look.schema)
                for number, one in enumerate(constants):
                    _check_constant(look, one, _Named((*named.at, key, number), part, None))


def _check_name(look: Looking, thing: str, name: str, named: _Named) -> None:
    if thing == "constant":
        _check_constant(look, name, named)
    elif thing in ("path", "single path"):
        fields = [one for one in look.fields if thing == "path" or "[]" not in one]
        if name not in fields:
            outside = "" if thing == "path" else " outside lists"
            look.say_near(named.at, name, f"there is no field `{name}`{outside}", fields)
    elif thing == "beside":
        if named.beside is not None and name not in named.beside:
            look.say_near(named.at, name, f"there is no field `{name}` beside it", named.beside)
    else:
        _check_field(look, thing, name, named)


def _check_field(look: Looking, thing: str, name: str, named: _Named) -> None:
    """See that a text names a field of the payload, of the kind that is asked for."""
    properties = look.schema.get("properties", {})
    if name not in properties:
        if "x-delivery" not in look.schema or thing == "field":  # else M323 says it
            look.say_near(named.at, name, f"`{name}` is no field of a payload", properties)
        return
    kind, _, rest = thing.rpartition(" ")
    kinds = _resolved(properties[name], look.schema).get("type")
    wanted = kind or rest
    if kind and kinds is not None and wanted not in kinds:
        shown = kinds if isinstance(kinds, str) else " or ".join(kinds)
        message = f"`{named.at[-1]}` must name a field of type {wanted}; `{name}` is {shown}"
        fitting = [
            one for one, part in properties.items() if _resolved(part, look.schema).get("type") == wanted
        ]
        near = closest(name, fitting)
        look.say(named.at, "M326", message, f"there are {', '.join(f'`{one}`' for one in fitting[:8])}", near)


def _check_constant(look: Looking, name: str, named: _Named) -> None:
    known = named.part.get("enum") or named.part.get("x-words")
    kinds = named.part.get("type", "string")
    if known is not None and name not in known:
        texts = [one for one in known if isinstance(one, str)]
        look.say_near(named.at, name, f"`{name}` is none of the constants of the field", texts)
    elif "string" not in kinds:
        look.say(named.at, "M326", f"`{name}` is a string, and the field is {kinds}", "correct `type`")


def _check_values(look: Looking, stated: Mapping[str, Json], named: _Named) -> None:
    """See that fields can have the values for which something is said to hold."""
    for path, values in stated.items():
        part = look.fields.get(path, {})
        known = part.get("enum")
        for number, value in enumerate(values if isinstance(values, list) else ()):
            if known and value not in known:
                texts = [one for one in known if isinstance(one, str)]
                message = f"`{path}` never has this value"
                look.say_near((*named.at, path, number), str(value), message, texts)
