"""JSON Schema -> Target: the payload type a mapping is checked against. The only module with jsonschema.

`schema_words.py` has the keywords and words that are read. `schema_mistakes.py` says what is wrong with them;
here they are taken to be right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import field as attribute
from dataclasses import replace
from typing import Any, TypeAlias

from mapper.compiler.memo import once
from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.schema.fast_validator import fast_validator
from mapper.compiler.schema.json_schema import Schema, SchemaError, fragment_of, merged, resolved
from mapper.compiler.schema.other_attributes import OtherAttributes, other_attributes
from mapper.compiler.schema.schema_fields import DEEPEST
from mapper.compiler.schema.slow_patterns import slow_patterns
from mapper.compiler.schema.target_requirements import Requirement, own_requirements, required_names
from mapper.texts.diagnostic import closest
from mapper.transforms import TRANSFORMS
from mapper.values.frozen import dataclass
from mapper.values.payload_time import PayloadTime
from mapper.values.types import UNKNOWN, Json, Kind, Type

# Target paths of which one suffices.
Signal: TypeAlias = tuple[str, ...]
# Each path has one of the values.
Condition: TypeAlias = tuple[tuple[str, tuple[Json, ...]], ...]


@dataclass(frozen=True, slots=True)
class Advised:
    """Signals that an event should carry, and why; only where `when` holds."""

    signals: tuple[Signal, ...]
    why: str
    when: Condition = ()


@dataclass(frozen=True, slots=True)
class Practice:
    """The advice for all events and for those of a name; and the fields by which the destination scores."""

    common: tuple[Advised, ...] = ()
    by_name: tuple[tuple[str, tuple[Advised, ...]], ...] = ()
    scored: tuple[Signal, ...] = ()

    def of(self, name: Json) -> tuple[Advised, ...]:
        """The advice for events of a name alone."""
        return next((advised for known, advised in self.by_name if known == name), ())


def _read_practice(schema: dict[str, Any]) -> Practice:
    """The practice that a target's `x-advice`, `x-scored` and names' `advice` state."""
    names = schema.get("x-event-names", {}).get("standard", {})
    return Practice(
        tuple(_advised(one) for one in schema.get("x-advice", ())),
        tuple((name, tuple(map(_advised, stated.get("advice", ())))) for name, stated in names.items()),
        _signals(schema.get("x-scored", ())),
    )


def _advised(stated: dict[str, Any]) -> Advised:
    when = tuple((path, tuple(values)) for path, values in stated.get("when", {}).items())
    return Advised(_signals(stated["fields"]), stated["why"], when)


def _signals(stated: Iterable[str | list[str]]) -> tuple[Signal, ...]:
    return tuple((one,) if isinstance(one, str) else tuple(one) for one in stated)


@dataclass(frozen=True, slots=True)
class EventNames:
    """The names a payload's event may have: the standard ones, and how others are written.

    also: what other tools call a standard one, small letters and digits alone, and its name.
    """

    field: str
    standard: tuple[str, ...]
    pattern: str | None
    max_length: int | None
    also: tuple[tuple[str, str], ...] = ()


def _read_event_names(stated: dict[str, Any] | None) -> EventNames | None:
    """The names that `x-event-names` states."""
    if stated is None:
        return None
    custom, standard = stated.get("custom", {}), stated["standard"]
    return EventNames(
        stated["field"],
        tuple(standard),
        custom.get("pattern"),
        custom.get("max_length"),
        _other_words({name: one.get("also", ()) for name, one in standard.items()}),
    )


def _other_words(stated: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Each word of another tool, small letters and digits alone, and the one that is meant by it."""
    return tuple((letters_of(other), ours) for ours, words in stated.items() for other in words)


_LIMITS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "above",
    "exclusiveMaximum": "below",
    "minLength": "min_length",
    "maxLength": "max_length",
    "pattern": "pattern",
    "minItems": "min_items",
    "maxItems": "max_items",
}


@dataclass(frozen=True, slots=True)
class FormStep:
    """One step of a normal form: a transform's name and its arguments by name (None: the only one)."""

    transform: str
    arguments: tuple[tuple[str | None, Json], ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a schema on a value beside its kind; lengths in characters, numbers inclusive."""

    enum: tuple[Json, ...] | None = None
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    min_items: int | None = None
    max_items: int | None = None


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class TargetField:
    """A place in the payload.

    path: dotted, `[]` after an array's name for its elements. required: its object must have it.
    words: constants it is known to take, where no enum or form says so. title, description: for people.
    also: what other tools call it, small letters and digits alone; also_words: such words for its constants.
    attributes: what sources call the attribute that it is read from, likewise. not_from: attributes that it
    is not read from, though authors do. person: its values identify a person alone. refusal: it is true where
    a person refused. limited: its constant for one whose consent is `limited`.
    plain_by: the field beside it with one of whose constants alone it is plain; "" if it always is.
    needs_valid: paths without which it goes where they are invalid; needs: siblings that must be there.
    due: every payload must have it. checks: what an object must have that is left out where it has not.
    fields: an object's fields; item: an array's element; closed: the object takes no other fields.
    """

    path: str
    name: str
    type: Type
    title: str = ""
    description: str = ""
    required: bool = False
    due: bool = False
    checks: tuple[Requirement, ...] = ()
    form: tuple[FormStep, ...] = ()
    limits: Limits = NO_LIMITS
    personal: bool = False
    person: bool = False
    plain: bool = False
    plain_by: tuple[str, tuple[str, ...]] = ("", ())
    hash_after: tuple[FormStep, ...] = ()
    needs_valid: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    also_words: tuple[tuple[str, str], ...] = ()
    attributes: tuple[str, ...] = ()
    not_from: tuple[OtherAttributes, ...] = ()
    refusal: bool = False
    limited: str = ""
    fields: tuple[TargetField, ...] = ()
    item: TargetField | None = None
    closed: bool = False
    _by_name: dict[str, TargetField] = attribute(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {one.name: one for one in self.fields})

    @property
    def is_object(self) -> bool:
        """Whether it holds fields."""
        return self.type.known and "object" in self.type.kinds and self.item is None

    @property
    def refuses(self) -> bool:
        """Whether the field says that a person refused."""
        return self.refusal or bool(self.limited)

    def field(self, name: str) -> TargetField | None:
        """The field of a name in an object; None where it has none."""
        return self._by_name.get(name)

    def meant_by(self, name: str) -> str | None:
        """The field that was most likely meant by a name it does not have: as others call it, or by title."""
        names = [one.name for one in self.fields]
        near = closest(name, names)
        if self.called(name) or (near is not None and not _is_another(name, near)):
            return self.called(name) or near
        ending = [one for one in names if len(name) > 2 and one.partition("_")[2] == name]
        return self.titled(name) or (ending[0] if len(ending) == 1 else None)

    def called(self, name: str) -> str | None:
        """The field that other tools call by a name."""
        word = letters_of(name)
        return next((one.name for one in self.fields if word in one.also), None)

    def titled(self, name: str) -> str | None:
        """The field whose title begins with a name: `em`, the E-mail addresses, for `email`."""
        word = letters_of(name)
        if other := self.called(name):
            return other
        begins = [one for one in self.fields if letters_of(one.title).startswith(word)] if word else []
        whole = [one.name for one in begins if len(word) > 2 or letters_of(one.title.split()[0]) == word]
        return whole[0] if whole else None

    def find(self, path: str) -> TargetField | None:
        """The place of a dotted path, at or below this one."""
        return _by_path(self).get(path)

    def walk(self) -> Iterator[TargetField]:
        """This place and all below it, outermost first."""
        waiting = [self]
        while waiting:
            one = waiting.pop()
            yield one
            waiting += reversed(one.fields)
            if one.item is not None:
                waiting.append(one.item)


@dataclass(frozen=True, slots=True)
class Target:
    """The payload type of a destination, by one of its profiles."""

    name: str
    profile: str | None
    root: TargetField
    requirements: tuple[Requirement, ...]
    event_names: EventNames | None
    key: str
    moment: PayloadTime
    practice: Practice

    @property
    def time(self) -> str:
        """The field that is the time of an event; "" if none is known."""
        return self.moment.field

    def find(self, path: str) -> TargetField | None:
        """The place a dotted path names."""
        return self.root.find(path)

    def is_personal(self, path: str) -> bool:
        """Whether a path carries a person's values, or one at or below it does."""
        field = self.find(path)
        return field is not None and any(one.personal for one in field.walk())

    def personal_paths(self) -> tuple[str, ...]:
        """The fields that carry a person's values, outside of lists."""
        return _personal_paths(self)

    def person_paths(self) -> tuple[str, ...]:
        """The fields whose values identify a person alone."""
        return tuple(field.path for field in self.root.walk() if field.person)


@once
def _personal_paths(target: Target) -> tuple[str, ...]:
    return tuple(field.path for field in target.root.walk() if field.personal and "[]" not in field.path)


@once
def _by_path(field: TargetField) -> dict[str, TargetField]:
    return {one.path: one for one in field.walk()}


def _is_another(name: str, near: str) -> bool:
    """Whether two names that are alike differ by a whole word: `content_type` is not `content_name`."""
    words, others = name.split("_"), near.split("_")
    if len(words) != len(others) or len(words) == 1:
        return False
    pairs = [pair for pair in zip(words, others, strict=True) if min(map(len, pair)) > 3]
    return any(closest(word, [other]) is None for word, other in pairs)


@once
def read_target(name: str, schema: Schema, profile: str | None = None) -> Target:
    """The target a schema describes, by a profile. Raises SchemaError where it cannot be read as one."""
    refuse_slow_patterns(schema)
    if profile is not None:
        schema = merged(schema, fragment_of(schema, profile))
    reading = _Reading(schema)
    root = _read_field(schema, _Spot("", "", False, True, False), reading)
    if not root.is_object:
        raise SchemaError(f"{name}: the root of a target must be an object")
    return Target(
        name=name,
        profile=profile,
        root=root,
        requirements=tuple(reading.requirements),
        event_names=_read_event_names(schema.get("x-event-names")),
        key=schema.get("x-key", ""),
        moment=PayloadTime.stated(schema.get("x-time")),
        practice=_read_practice(schema),
    )


def refuse_slow_patterns(schema: Schema) -> None:
    """Raise SchemaError for a pattern that may take long: payloads are matched against those of a target."""
    for at, message in slow_patterns(schema):
        raise SchemaError(f"at #/{'/'.join(map(str, at))} {message}")


def profiles(schema: Schema) -> tuple[str, ...]:
    """The names of a target's profiles."""
    return tuple(schema.get("x-profiles", {}))


def validator(schema: Schema, profile: str | None = None) -> Callable[[Json], list[tuple[str, str]]]:
    """A function that lists what a payload breaks, as (path, message) without values; [] if it is valid."""
    refuse_slow_patterns(schema)
    if profile is not None:
        schema = merged(schema, fragment_of(schema, profile))
    errors_in, is_valid = _errors_by(schema), fast_validator(schema)

    def validate(payload: Json) -> list[tuple[str, str]]:
        if is_valid(payload):
            return []
        found = [(tuple(map(str, error.absolute_path)), error) for error in errors_in(payload)]
        rows = sorted((path, _path_text(error.absolute_path), _message(error)) for path, error in found)
        # jsonschema has an error for each field that lacks, of which one message names all.
        return list(dict.fromkeys((path, message) for _, path, message in rows))

    return validate


def _errors_by(schema: Schema) -> Callable[[Json], Iterable[Any]]:
    """A function that finds the errors of jsonschema in a payload, or without that package the same ones."""
    try:
        import jsonschema  # here, since checking a mapping and running one need no validator
    except ImportError:  # there is no build of it for browsers
        from mapper.compiler.schema.validation import breaches_of

        return breaches_of(schema)
    errors_in: Callable[[Json], Iterable[Any]] = jsonschema.Draft202012Validator(schema).iter_errors
    return errors_in


@dataclass(frozen=True, slots=True)
class _Spot:
    """The place where a field is read: as the rows of TargetField; personal: what is around it is."""

    path: str
    name: str
    required: bool
    due: bool
    personal: bool

    def item(self) -> _Spot:
        """An element of the list here."""
        return _Spot(f"{self.path}[]", self.name, False, False, self.personal)

    def child(self, name: str, required: bool) -> _Spot:
        """A field of the object here."""
        path = f"{self.path}.{name}" if self.path else name
        return _Spot(path, name, required, self.due and required, self.personal)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The schema of a target that is read, and what was met in it so far.

    types: of its parts by their identity, each beside its part: those of an object are asked for again with
    each object around it.
    """

    root: Schema
    requirements: list[Requirement] = attribute(default_factory=list)
    types: dict[int, tuple[Schema | bool, Type]] = attribute(default_factory=dict)


def _read_field(raw: Schema | bool, spot: _Spot, reading: _Reading) -> TargetField:
    schema = resolved(raw, reading.root)
    if schema.get("x-personal") and not spot.personal:
        spot = replace(spot, personal=True)
    own_type = _type_of(raw, reading).without("null")  # which refuses a schema without an end
    item, fields, checks = _read_below(schema, spot, reading)
    return TargetField(
        path=spot.path,
        name=spot.name,
        type=own_type,
        title=str(schema.get("title", "")),
        description=str(schema.get("description", "")),
        words=tuple(schema.get("x-words", ())),
        also=tuple(map(letters_of, schema.get("x-also", ()))),
        also_words=_other_words(schema.get("x-also-words", {})),
        attributes=tuple(schema.get("x-attributes", ())),
        not_from=other_attributes(schema, reading.root),
        refusal=bool(schema.get("x-refusal")),
        limited=str(schema.get("x-limited", "")),
        required=spot.required,
        due=spot.due,
        form=read_form(schema.get("x-normal-form", ())),
        limits=_limits(schema),
        personal=spot.personal,
        person=bool(schema.get("x-person")),
        plain=bool(schema.get("x-plain")),
        plain_by=_plain_by(schema.get("x-plain")),
        hash_after=read_form(schema.get("x-hash-after", ())),
        needs_valid=tuple(schema.get("x-needs-valid", ())),
        needs=tuple(schema.get("x-needs", ())),
        closed=_is_closed(schema),
        item=item,
        fields=fields,
        checks=checks,
    )


_Below: TypeAlias = tuple[TargetField | None, tuple[TargetField, ...], tuple[Requirement, ...]]


def _read_below(schema: Schema, spot: _Spot, reading: _Reading) -> _Below:
    """The element of a list, the fields of an object, and what the object must have."""
    if "items" in schema:
        return _read_field(schema["items"], spot.item(), reading), (), ()
    must = tuple(dict.fromkeys(required_names(schema)))
    own = tuple(own_requirements(schema, spot.path, spot.due))
    reading.requirements.extend(own)
    fields = tuple(
        _read_field(part, spot.child(key, key in must), reading)
        for key, part in schema.get("properties", {}).items()
    )
    return None, fields, () if spot.due else _checks(spot.path, must, own)


def _checks(path: str, must: Iterable[str], own: Iterable[Requirement]) -> tuple[Requirement, ...]:
    """The requirements of an object that is left out where it does not meet them."""
    named = (Requirement(path, ((key,),), False) for key in must)
    return (*named, *(one for one in own if not one.due))


def _plain_by(stated: Any) -> tuple[str, tuple[str, ...]]:
    """The field and its constants of an `x-plain` that has them."""
    name, constants = (*(stated.items() if isinstance(stated, dict) else ()), ("", ()))[0]
    return name, tuple(constants)


def _is_closed(schema: Schema) -> bool:
    return schema.get("additionalProperties") is False or schema.get("unevaluatedProperties") is False


def _type_of(raw: Schema | bool, reading: _Reading, depth: int = 0) -> Type:
    known = reading.types.get(id(raw))
    if known is None:
        known = reading.types[id(raw)] = raw, _read_type(raw, reading, depth)
    return known[1]


def _read_type(raw: Schema | bool, reading: _Reading, depth: int) -> Type:
    if depth > DEEPEST:
        raise SchemaError(
            f"payloads may be nested at most {DEEPEST} deep, and a type that contains itself has no end"
        )
    schema = resolved(raw, reading.root)
    default = ["object"] if "properties" in schema else ["array"] if "items" in schema else []
    named = schema.get("type", default)
    kinds: frozenset[Kind] = frozenset(named if isinstance(named, list) else [named])
    if not kinds:
        return UNKNOWN
    properties = schema.get("properties")
    return Type(
        kinds,
        items=_type_of(schema["items"], reading, depth + 1) if "items" in schema else None,
        fields=None
        if properties is None
        else tuple(sorted((name, _type_of(part, reading, depth + 1)) for name, part in properties.items())),
        closed=schema.get("additionalProperties") is False,
        constants=_constants(schema),
    )


def _constants(schema: Schema) -> tuple[Json, ...] | None:
    """The only values of a field; None where they are not listed."""
    if "const" in schema:
        return (schema["const"],)
    return tuple(schema["enum"]) if "enum" in schema else None


def read_form(steps: Any) -> tuple[FormStep, ...]:
    """The steps of `x-normal-form` or `x-hash-after`. Raises SchemaError where there is no such transform."""
    return tuple(_form_step(step) for step in steps) if steps else ()


def _form_step(step: Any) -> FormStep:
    if isinstance(step, dict) and len(step) == 1:
        ((name, arguments),) = step.items()
    else:
        name, arguments = step, {}
    if name not in TRANSFORMS:
        raise SchemaError(f"x-normal-form: there is no transform {name}")
    if isinstance(arguments, dict):
        return FormStep(name, tuple(arguments.items()))
    return FormStep(name, ((None, arguments),))


def _limits(schema: Schema) -> Limits:
    stated = {ours: schema[theirs] for theirs, ours in _LIMITS.items() if theirs in schema}
    if (constants := _constants(schema)) is not None:
        stated["enum"] = constants
    return Limits(**stated)


def _path_text(parts: Any) -> str:
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _message(error: Any) -> str:
    """The fault, in words that hold no value of the payload; the names of fields are not values."""
    wanted = error.validator_value
    match error.validator:
        case "type":
            return f"is not of type {wanted if isinstance(wanted, str) else ' or '.join(wanted)}"
        case "required":
            missing = [name for name in wanted if name not in error.instance]
            return f"lacks {', '.join(missing)}"
        case "additionalProperties" | "unevaluatedProperties":
            known = error.schema.get("properties", {})
            strange = sorted(name for name in error.instance if name not in known)
            return (
                "Additional properties are not allowed (" + ", ".join(map(repr, strange)) + " was unexpected)"
            )
        case "enum":
            return f"is not one of {', '.join(map(str, wanted))}"
        case "pattern":
            return f"does not match {wanted}"
        case "anyOf":
            groups = [" with ".join(branch.get("required", ())) for branch in wanted]
            return f"has none of {', '.join(groups)}"
        case None:
            return "is not allowed"
        case keyword:
            return f"breaks {keyword} {wanted}"
