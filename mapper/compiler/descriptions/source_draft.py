"""A description of events -> the JSON Schema of their source, and what it does not say."""

from __future__ import annotations

import json
from typing import Any

from mapper.compiler.descriptions.circles import refuse_circles
from mapper.compiler.descriptions.event_description import (
    MOST_BYTES,
    Described,
    Description,
    DescriptionError,
    DescriptionForm,
    DescriptionNote,
    DescriptionNotes,
    at_path,
    read_description,
)
from mapper.compiler.descriptions.forms import FORMS
from mapper.compiler.descriptions.personal_marks import FinishedParts, names_above
from mapper.compiler.descriptions.schema_part import SchemaPart
from mapper.compiler.inference.personal_names import is_likely_personal
from mapper.compiler.inference.personal_origins import is_certain
from mapper.compiler.schema.json_schema import SchemaError
from mapper.compiler.schema.sample_schema import DIALECT
from mapper.compiler.schema.source_type import read_type
from mapper.compiler.schema.word_mistakes import sound_schema, word_mistakes
from mapper.texts.diagnostic import closest
from mapper.texts.named_text import Text
from mapper.values.frozen import dataclass

# A project reads no larger schema.
_LARGEST = 4 * 2**20
_FORMS = "OpenAPI 3.0 or 3.1, a JSON Schema, a tracking plan of Segment, Avro or a table of BigQuery"
_NAME_PROTOBUF = "PROTOBUF"


@dataclass(frozen=True, slots=True)
class DraftedSource:
    """The schema of a source. name: of what it is drafted from. fields: how many it has."""

    schema: dict[str, Any]
    title: str
    name: str
    fields: int
    notes: tuple[DescriptionNote, ...]
    description: Description


@dataclass(frozen=True, slots=True)
class SeveralDescribed:
    """The names of all that a description describes, one of which is to be chosen."""

    title: str
    names: tuple[str, ...]


def draft_source(text: Text, name: str | None = None) -> DraftedSource | SeveralDescribed:
    """The schema of the source that a description describes. name: of the one that is meant.

    Raises DescriptionError with the place in its message.
    """
    if len(text.content) > MOST_BYTES:
        raise DescriptionError(f"{text.name}: larger than {MOST_BYTES // 2**20} MiB", "give a part of it")
    description = _unwrapped(read_description(text))
    try:
        return _drafted(description, name)
    except DescriptionError as error:
        if error.at is None:
            raise
        message = f"{description.place(error.at)}: {error.message}"
        raise DescriptionError(message, error.hint) from None


def _unwrapped(description: Description) -> Description:
    """The schema within the answer of a registry such as Confluent's, else the description itself."""
    value = description.value
    held = at_path(value, ("schema",))
    if not isinstance(value, dict) or not isinstance(held, str):
        return description
    place = description.place(("schema",))
    if value.get("schemaType") == _NAME_PROTOBUF:
        raise DescriptionError(
            f"{place}: Protobuf is not read", "draft it from sample events: `mapper init EVENTS`"
        )
    return read_description(Text(description.text.name, held), f"{place}:")


def _drafted(description: Description, name: str | None) -> DraftedSource | SeveralDescribed:
    form = _form_of(description)
    title = form.title(description.value)
    described = form.described(description.value)
    if not described:
        raise DescriptionError("it describes no object", f"give {_FORMS}", ())
    chosen = _chosen(described, name, form)
    if not chosen:
        return SeveralDescribed(title, tuple(dict.fromkeys(one.name for one in described)))
    notes = DescriptionNotes()
    made = form.read(description.value, chosen, notes)
    refuse_circles(made)
    finished = FinishedParts(notes, _is_personal, names_above(made))
    out = finished.whole(made)
    called = chosen[0].name if len(chosen) == 1 else f"{len(chosen):,} calls"
    schema = _whole(out, title, called)
    _refuse_unusable(schema, chosen[0])
    return DraftedSource(schema, title, called, finished.fields, tuple(notes.found), description)


def _is_personal(name: str, above: str) -> bool:
    return is_certain(name) or is_likely_personal(name, above)


def _form_of(description: Description) -> DescriptionForm:
    for form in FORMS:
        if form.fits(description.value):
            return form
    raise DescriptionError("this is no description of events that is known", f"give {_FORMS}", ())


def _chosen(described: list[Described], name: str | None, form: DescriptionForm) -> list[Described]:
    """Those that are meant; none where one of several is to be named."""
    if name is None:
        return described if form.reads_all or len(described) == 1 else []
    lowered = name.lower()
    exact = [one for one in described if one.name == name]
    alike = [one for one in described if one.name.lower() == lowered]
    endings = [one for one in described if one.name.lower().endswith((f".{lowered}", f"/{lowered}"))]
    found = exact or alike or endings
    if not found:
        near = closest(name, [one.name for one in described])
        hint = f"did you mean {near}?" if near else "leave the name out for a list of those there are"
        raise DescriptionError(f"it describes no {name}", hint, ())
    return found[:1]


def _whole(made: SchemaPart, title: str, name: str) -> dict[str, Any]:
    """The schema of a file, its keywords in the order of this package's own."""
    own = made.get("title")
    head = {
        "$schema": DIALECT,
        "title": own if isinstance(own, str) else name,
        "description": made.get("description", f"Drafted from {title}"),
        "x-source": {"document": title, "evidence": f"drafted by `mapper schema from`, of {name}"},
    }
    rest = {key: one for key, one in made.items() if key not in (*head, "$defs")}
    return {**head, **rest, **({"$defs": made["$defs"]} if "$defs" in made else {})}


def _refuse_unusable(schema: dict[str, Any], chosen: Described) -> None:
    try:
        wrong = word_mistakes(schema, "source")
        if sound_schema(schema, wrong) is not schema:
            raise SchemaError(f"a keyword of it has another form than JSON Schema says: {wrong[0].message}")
        kinds = read_type(schema)
    except SchemaError as error:
        raise DescriptionError(str(error), "correct the description", chosen.at) from None
    if kinds.known and "object" not in kinds.kinds:
        raise DescriptionError(
            "an event is an object, and this is none", "name the schema of one event", chosen.at
        )
    try:
        size = len(json.dumps(schema, ensure_ascii=False, indent=2).encode())
    except UnicodeEncodeError:
        raise DescriptionError(
            "a text in it has half a character", "correct the description", chosen.at
        ) from None
    if size > _LARGEST:
        size = _LARGEST // 2**20
        raise DescriptionError(f"its schema would be larger than {size} MiB", "name a smaller one", chosen.at)
