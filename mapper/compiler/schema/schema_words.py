"""The keywords of JSON Schema and the `x-` words that schemas may have: the one table of them.

The check of schemas, the meta-schemas for editors, and the tables of docs/schemas.md and docs/destinations.md
are derived from it. `docs/destinations.md` describes `x-delivery`, which `delivery/description.py` reads.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from mapper.compiler.schema.source_type import FORMATS_READ
from mapper.compiler.schema.word_shapes import (
    ANYTHING,
    COUNT,
    FLAG,
    LIST,
    NUMBER,
    OBJECT,
    SCHEMA,
    TEXT,
    WordShape,
    either,
    list_of,
    name_of,
    object_of,
    one_of,
)
from mapper.values.frozen import dataclass
from mapper.values.payload_time import UNITS

SchemaRole: TypeAlias = Literal["target", "source"]
WordReading: TypeAlias = Literal["read", "proved", "note", "ignored", "unread", "foreign"]
"""The effect of a keyword: it says something of the payload or the event; it does in some forms
(`target_requirements.is_proved`); it is a note for people; it is for others, and nothing is matched against
it here; it is not read, and may matter; it is of another dialect.
"""


@dataclass(frozen=True, slots=True)
class SchemaKeyword:
    """A keyword of JSON Schema, and how it is read in a target and in a source.

    instead: the text of the hint where it is not read.
    """

    name: str
    shape: WordShape
    target: WordReading
    source: WordReading
    instead: str = ""

    def reading(self, role: SchemaRole) -> WordReading:
        """The effect in a schema of a role."""
        return self.target if role == "target" else self.source


@dataclass(frozen=True, slots=True)
class SchemaWord:
    """An `x-` word. place: of the whole schema, of a field, or anywhere.

    meaning: Markdown, one cell of a table. default: what holds without it. in_source: its shape in a source,
    where that is another one.
    """

    name: str
    place: Literal["root", "field", "any"]
    shape: WordShape
    meaning: str
    default: str = ""
    roles: tuple[SchemaRole, ...] = ("target",)
    in_source: WordShape | None = None

    def shape_in(self, role: SchemaRole) -> WordShape:
        """The values that it takes in a schema of a role."""
        return self.in_source if role == "source" and self.in_source is not None else self.shape


TYPES = ("string", "number", "integer", "boolean", "array", "object", "null")
PERSONAL_KINDS = (
    *("email", "phone", "name", "address", "dob", "gender", "id", "maid", "ip", "ua"),
    "field",
)
"""The kinds of a person's attributes; `true` is any of them. `mapper init` writes `field` where it knows one
only by the field of the target."""
FORMATS = (
    *sorted(FORMATS_READ),
    *("email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "uri", "uri-reference", "iri"),
    *("iri-reference", "uri-template", "uuid", "json-pointer", "relative-json-pointer", "regex"),
    *("int32", "int64", "float", "double", "decimal", "byte", "binary", "password", "url", "ip", "phone"),
)
"""All formats: those of JSON Schema, and common ones of OpenAPI."""

_NAMED_SCHEMAS = object_of("an object of schemas by name", others=SCHEMA)
_SCHEMAS = list_of(SCHEMA, "a list of schemas", 1)
_TEXTS = list_of(TEXT, "a list of strings")
_TYPE = one_of("a type", *TYPES)
_PATHS = list_of(name_of("path", "the path of a field"), "a list of paths")
_SIGNALS = list_of(
    either(name_of("path", "the path of a field"), _PATHS),
    "a list of paths, or of lists of paths of which one suffices",
)
_SINGLE = name_of("single path", "the path of a field that is in no list")
_SINGLES = list_of(_SINGLE, "a list of paths")
_STEPS = list_of(
    WordShape(("string", "object"), "a step: `name`, or `{name: argument}`", names="step"), "a list of steps"
)
_SOURCE = either(TEXT, OBJECT)
_CONSTANTS_BESIDE = object_of(
    "an object of a list of constants, by the name of a field beside it",
    others=list_of(TEXT, "a list of constants", 1),
    keys="beside",
)
_ADVICE = list_of(
    object_of(
        "an object with `fields` and `why`",
        {
            "fields": _SIGNALS,
            "why": TEXT,
            "when": object_of(
                "an object of lists of values, by the path of their field", others=LIST, keys="path"
            ),
            "source": _SOURCE,
            "$comment": TEXT,
        },
        needed=("fields", "why"),
    ),
    "a list of objects with `fields` and `why`",
)


def _keywords(
    names: str, shape: WordShape, target: WordReading, source: WordReading, instead: str = ""
) -> tuple[SchemaKeyword, ...]:
    return tuple(SchemaKeyword(name, shape, target, source, instead) for name in names.split())


_AS_GROUPS = "write groups of `required` fields under `anyOf`"
_IN_RULES = "leave it out, and write the condition in the mapping"
_LISTED = "list the fields under `properties`"

KEYWORDS: dict[str, SchemaKeyword] = {
    keyword.name: keyword
    for keyword in (
        SchemaKeyword("type", either(_TYPE, list_of(_TYPE, "a list of types", 1)), "read", "read"),
        SchemaKeyword("properties", _NAMED_SCHEMAS, "read", "read"),
        SchemaKeyword("required", list_of(TEXT, "a list of names"), "read", "read"),
        SchemaKeyword("items", SCHEMA, "read", "read"),
        SchemaKeyword("enum", list_of(ANYTHING, "a list of values", 1), "read", "read"),
        SchemaKeyword("const", ANYTHING, "read", "read"),
        SchemaKeyword("$ref", TEXT, "read", "read"),
        *_keywords("$defs definitions", _NAMED_SCHEMAS, "read", "read"),
        *_keywords("allOf anyOf", _SCHEMAS, "read", "read"),
        SchemaKeyword("oneOf", _SCHEMAS, "proved", "read", _AS_GROUPS),
        *_keywords("additionalProperties unevaluatedProperties", SCHEMA, "read", "read"),
        *_keywords("minimum maximum exclusiveMinimum exclusiveMaximum", NUMBER, "read", "ignored"),
        *_keywords("minLength maxLength minItems maxItems", COUNT, "read", "ignored"),
        SchemaKeyword("pattern", TEXT, "read", "ignored"),
        SchemaKeyword("format", TEXT, "note", "read"),
        *_keywords("title description $comment", TEXT, "note", "note"),
        *_keywords("$schema $id contentEncoding contentMediaType", TEXT, "note", "note"),
        *_keywords("default contentSchema", ANYTHING, "note", "note"),
        SchemaKeyword("examples", LIST, "note", "note"),
        *_keywords("deprecated readOnly writeOnly", FLAG, "note", "note"),
        SchemaKeyword(
            "if",
            SCHEMA,
            "proved",
            "unread",
            "compare fields with constants: `if: {properties: {FIELD: {const: VALUE}}, required: [FIELD]}`, "
            "and list fields in `then: {required: [...]}`",
        ),
        SchemaKeyword("then", SCHEMA, "proved", "unread", "list the fields that must be there: `required`"),
        SchemaKeyword("else", SCHEMA, "unread", "unread", "write a second `if` for the other values"),
        SchemaKeyword("minProperties", COUNT, "proved", "ignored", _AS_GROUPS),
        SchemaKeyword(
            "dependentRequired",
            object_of("an object of lists of names", others=list_of(TEXT, "a list of names")),
            "proved",
            "ignored",
            "write `x-needs` in the field that needs others",
        ),
        *_keywords("not dependentSchemas", ANYTHING, "unread", "unread", _IN_RULES),
        *_keywords("contains propertyNames", ANYTHING, "unread", "unread", "leave it out"),
        SchemaKeyword("patternProperties", OBJECT, "unread", "unread", _LISTED),
        *_keywords("prefixItems unevaluatedItems", ANYTHING, "unread", "unread", "write `items`"),
        *_keywords(
            "$anchor $dynamicRef $dynamicAnchor $vocabulary",
            ANYTHING,
            "unread",
            "unread",
            "write `$ref: #/$defs/NAME`",
        ),
        *_keywords("multipleOf", NUMBER, "unread", "ignored", "round the value by a step of `x-normal-form`"),
        SchemaKeyword("uniqueItems", FLAG, "unread", "ignored", "write the step `unique` in `x-normal-form`"),
        *_keywords("maxProperties minContains maxContains", COUNT, "unread", "ignored", "leave it out"),
        SchemaKeyword(
            "nullable", FLAG, "foreign", "foreign", "write `null` among the types: `type: [string, null]`"
        ),
        SchemaKeyword("example", ANYTHING, "foreign", "foreign", "write a list of `examples`"),
        SchemaKeyword("dependencies", ANYTHING, "foreign", "foreign", "write `dependentRequired`"),
        SchemaKeyword("additionalItems", ANYTHING, "foreign", "foreign", "write `items`"),
        SchemaKeyword("id", ANYTHING, "foreign", "foreign", "write `$id`"),
        *_keywords("$recursiveRef $recursiveAnchor", ANYTHING, "foreign", "foreign", "write `$ref`"),
    )
}

NOTES = frozenset(keyword.name for keyword in KEYWORDS.values() if keyword.target == "note")
"""The keywords that say nothing of whether a payload is valid; a validator passes over formats too."""

_DRAFT_TABLES = (
    "abbreviations apart company consent consent_for envelopes event_names event_words flags generic heads "
    "keys kinds minor modes money not_consent of_apps others persons seconds sent_by shapes skips utc"
)
_GUARD_TABLES = (
    "ad_parameters common_words goods_words names_beside no_digest_of personal_names persons phone_links "
    "token_pages token_starts"
)
_TABLE = WordShape(("object", "array"), "a table", others=ANYTHING)

WORDS: dict[str, SchemaWord] = {
    word.name: word
    for word in (
        SchemaWord(
            "x-normal-form",
            "field",
            _STEPS,
            'the [steps](transforms.md) that are inserted, in order: `["text"]`, '
            '`["clean", "digest", "email", "sha256"]`; a step with arguments is '
            '`{"postcode": {"digits": 5}}`, `{"state": {"other": "text"}}` or '
            '`{"phone": {"plus": true, "country_required": true}}`. If an author writes one of the steps, it '
            "takes the place of the one in the form, with those arguments that the author left out; so does "
            "a call of one at the end of an expression",
            "none",
        ),
        SchemaWord(
            "x-personal",
            "field",
            FLAG,
            "true: the field and all fields in it hold a person's values, which must be hashed "
            "([M330](diagnostics.md#m330)). A step `sha256` alone does not say so: without this word a "
            "personal attribute of the event is refused there ([M401](diagnostics.md#m401))",
            "false",
            roles=("target", "source"),
            in_source=either(FLAG, one_of("a kind of person's attribute", *PERSONAL_KINDS)),
        ),
        SchemaWord(
            "x-person",
            "field",
            FLAG,
            "true: its values identify a person alone, so that it is a column of "
            "[suppression lists](privacy.md#suppression-lists), and is looked up in them. It needs "
            "`x-personal`",
            "false",
        ),
        SchemaWord(
            "x-plain",
            "field",
            either(FLAG, _CONSTANTS_BESIDE),
            "true: it is personal, but is sent in plaintext, as an IP address is. An object of one list of "
            "constants, by the name of a field beside it: it is so where that field has one of them, and "
            "[the guard](guard.md) lets only a digest through elsewhere, for which it needs `x-hash-after`",
            "false",
        ),
        SchemaWord(
            "x-hash-after",
            "field",
            _STEPS,
            "the steps that a value needs before `sha256`, if an author hashes it in the mapping. Beside "
            "`x-plain` it says that the field takes a digest too, as a list of ids of several kinds does",
            "none",
        ),
        SchemaWord(
            "x-needs",
            "field",
            list_of(name_of("beside", "the name of a field beside it"), "a list of names"),
            "fields beside it without which it is not sent",
            "none",
        ),
        SchemaWord(
            "x-needs-valid",
            "field",
            _PATHS,
            "paths of fields without which it is not sent if they are invalid",
            "none",
        ),
        SchemaWord(
            "x-words", "field", _TEXTS, "constants that it is known to take, if there is no `enum`", "any"
        ),
        SchemaWord(
            "x-limited",
            "field",
            name_of("constant", "a constant that the field takes"),
            "the constant that the field takes for an event whose consent is `limited`; the fix of "
            "[M459](diagnostics.md#m459) writes it",
            "none",
        ),
        SchemaWord("x-also", "field", _TEXTS, "what other tools call the field", "none"),
        SchemaWord(
            "x-also-words",
            "field",
            object_of("an object of lists of strings, by constant", others=_TEXTS, keys="constant"),
            "its constants, each with a list of what other tools call it",
            "none",
        ),
        SchemaWord(
            "x-attributes",
            "field",
            _TEXTS,
            "what sources call the attribute, most likely first: [names for drafts](#names-for-drafts), and "
            "other fields by `x-not-from`",
            "none",
        ),
        SchemaWord(
            "x-not-attributes",
            "field",
            _TEXTS,
            "words that never occur in its name: [names for drafts](#names-for-drafts)",
            "none",
        ),
        SchemaWord(
            "x-not-from",
            "field",
            list_of(
                object_of(
                    "an object with `fields`, or with `names` and `title`",
                    {"fields": _PATHS, "names": _TEXTS, "title": TEXT, "write": TEXT, "$comment": TEXT},
                ),
                "a list of objects with `fields`, or with `names` and `title`",
            ),
            "attributes that are often mistaken for it ([M453](diagnostics.md#m453)): a list of `{fields: "
            "[PATH]}`, the `x-attributes` of other fields, and of `{names: [...], title: ...}`, optionally "
            "with `write`, an expression in which `{}` is the attribute",
            "none",
        ),
        SchemaWord(
            "x-refusal",
            "field",
            FLAG,
            "true: the field is true where a person refused, so it is the opposite of consent "
            "([M455](diagnostics.md#m455)), and true where its value is invalid",
            "false",
        ),
        SchemaWord("x-nullable", "field", FLAG, "a note: the service takes null", "false"),
        SchemaWord("x-overlay", "any", FLAG, "a note: it is not in the service's own description", "false"),
        SchemaWord("x-tag", "any", TEXT, "a note: what the service's tag calls it", "none"),
        SchemaWord(
            "x-source", "any", _SOURCE, "a note: where a fact was found", "none", roles=("target", "source")
        ),
        SchemaWord(
            "x-key",
            "root",
            name_of("string field", "the name of a string field at the root of the payload"),
            "the field that is the id of an event, the same in all copies of it",
            "none; `x-delivery` requires it",
        ),
        SchemaWord(
            "x-time",
            "root",
            either(
                name_of("integer field", "the name of an integer field of the payload"),
                object_of(
                    "an object with `field` and `unit`",
                    {
                        "field": name_of("field", "the name of a field of the payload"),
                        "unit": one_of("`s`, `ms`, `us` or `iso`", *UNITS),
                    },
                    needed=("field",),
                ),
            ),
            "the field that is its time, in Unix seconds, or with its `unit`: `s`, `ms` or `us` for Unix "
            "time in seconds, milliseconds or microseconds, `iso` for an ISO 8601 text with a UTC offset. "
            "The `window` is checked in each unit; a value that is no such time is refused as `bad_time`",
            "none; `x-delivery` requires it",
        ),
        SchemaWord(
            "x-event-names",
            "root",
            object_of(
                "an object with `field` and `standard`",
                {
                    "field": name_of("field", "the name of a field at the root of the payload"),
                    "standard": object_of(
                        "an object of the known names",
                        others=object_of(
                            "an object",
                            {
                                "title": TEXT,
                                "use": TEXT,
                                "also": _TEXTS,
                                "advice": _ADVICE,
                                "x-tag": TEXT,
                                "x-overlay": FLAG,
                                "x-source": _SOURCE,
                                "$comment": TEXT,
                            },
                        ),
                    ),
                    "custom": object_of(
                        "an object", {"pattern": TEXT, "max_length": COUNT, "why": TEXT, "$comment": TEXT}
                    ),
                    "$comment": TEXT,
                },
                needed=("field", "standard"),
            ),
            "`field`, the field that `send` fills; `standard`, an object of the known names, each with "
            "`title`, `use`, `also` (what other tools call it) and `advice`; `custom` with the `pattern` "
            "and `max_length` of all others",
            "`send` only names the section, and fills no field; [M307](diagnostics.md#m307) tells of names "
            "that are lost",
        ),
        SchemaWord(
            "x-advice",
            "root",
            _ADVICE,
            "fields that an event should have: a list of `{fields, why}`, optionally with `when`, an object "
            "of paths and the values for which it holds",
            "none",
        ),
        SchemaWord("x-scored", "root", _SIGNALS, "the fields that the destination rates events by", "none"),
        SchemaWord(
            "x-overlap",
            "root",
            object_of(
                "an object with `id`",
                {
                    "id": _SINGLE,
                    "by": list_of(
                        either(_SINGLE, _SINGLES), "a list of paths, or of lists of paths that count together"
                    ),
                    "person": _SINGLES,
                    "compare": object_of(
                        "an object of paths",
                        others=one_of("`same`, `number` or `page`", "same", "number", "page"),
                        keys="single path",
                    ),
                    "requests": TEXT,
                    "$comment": TEXT,
                },
                needed=("id",),
            ),
            "how [`mapper overlap`](moving-off-the-tag.md#3-compare) finds one event on two sides: `id`, the "
            "field that the service deduplicates by; `by`, fields that tell an event whose id differs, the "
            "surest first; `person`, fields that the server must have wherever the tag has them; `compare`, "
            "fields that should be equal, each as `same`, `number`, or `page` (a URL without its query); "
            "`requests`, the ready mapping of the requests of the service's tag",
            "events are not compared",
        ),
        SchemaWord(
            "x-profiles",
            "root",
            object_of(
                "an object of profiles by name",
                others=object_of(
                    "an object with a `schema`",
                    {
                        "schema": SCHEMA,
                        "title": TEXT,
                        "description": TEXT,
                        "source": _SOURCE,
                        "$comment": TEXT,
                    },
                    needed=("schema",),
                ),
            ),
            "[profiles](language.md#profiles): each has a `schema` that requires more",
            "none",
        ),
        SchemaWord(
            "x-guard",
            "root",
            object_of(
                "an object of tables",
                {
                    "ids": _PATHS,
                    "urls": _PATHS,
                    "$comment": TEXT,
                    **dict.fromkeys(_GUARD_TABLES.split(), _TABLE),
                },
            ),
            "words and fields that [the guard](guard.md) needs",
            "the tables of this package",
        ),
        SchemaWord("x-delivery", "root", OBJECT, "how payloads are sent: this page", "not delivered"),
        SchemaWord(
            "x-draft",
            "root",
            object_of(
                "an object of tables",
                {
                    "roles": object_of(
                        "an object of paths", {"truth": TEXT}, others=name_of("path", "the path of a field")
                    ),
                    "$comment": TEXT,
                    **dict.fromkeys(_DRAFT_TABLES.split(), _TABLE),
                },
            ),
            "[names for drafts](#names-for-drafts)",
            "none",
        ),
        SchemaWord("x-import", "root", OBJECT, "[names for imports](#names-for-imports)", "none"),
        SchemaWord(
            "x-samples",
            "root",
            OBJECT,
            "how many samples the schema is made of. `mapper init` writes it; while it is there, all that "
            "the schema says is likely rather than certain",
            "none",
            roles=("source",),
        ),
        SchemaWord("x-seen", "field", OBJECT, "what the samples had there", "none", roles=("source",)),
    )
}


def words_of(role: SchemaRole) -> tuple[SchemaWord, ...]:
    """The `x-` words of the schemas of a role."""
    return tuple(word for word in WORDS.values() if role in word.roles)
