"""The keys of the language: what each means, with an example, as editors show it."""

from __future__ import annotations

from mapper.values.frozen import dataclass
from mapper.values.types import Json


@dataclass(frozen=True, slots=True)
class Key:
    """A key: what it means (Markdown), and examples of its value.

    also: what other tools call it, in lower case and without `_` and `-`.
    words: those that it takes, each with what other tools have for it.
    """

    meaning: str
    examples: tuple[Json, ...] = ()
    also: tuple[str, ...] = ()
    words: tuple[tuple[str, tuple[str, ...]], ...] = ()


def _words(words: str) -> tuple[str, ...]:
    return tuple(words.split())


SKIP_WORD = (
    "skip",
    _words(
        "skip skipped drop dropped ignore ignored none nothing discard discarded reject exclude suppress"
        " block no never false null donotsend dontsend"
    ),
)
BOOLEANS = (("true", _words("yes on true")), ("false", _words("no off false")))


MAPPING: dict[str, Key] = {
    "name": Key("The name of the mapping in messages.", ("shop-orders",), also=_words("title id")),
    "version": Key("The version of the mapping language: `1`.", also=_words("schemaversion apiversion")),
    "target": Key(
        "The type of the payload: the name of a schema under `schemas/`, or, with a profile "
        "that requires more, `{schema: ..., profile: ...}`.",
        also=_words("destination schema to output"),
    ),
    "source": Key(
        "Optional: the schema of the events, a name under `schemas/`; or `{samples: FILES}`, or "
        "`{schema: NAME, samples: FILES}`. With it, the types of expressions are checked.",
        also=_words("input"),
    ),
    "normal_forms": Key(
        "`automatic` (the default): the steps that a field needs (normalize, hash, ...) are "
        "inserted. `explicit`: nothing is inserted, and each missing step is an error.",
        words=(("automatic", ()), ("explicit", ())),
    ),
    "extends": Key(
        "One or more mapping files whose `let`, `functions`, `tables`, `skip`, `consent`, `payload`, "
        "`match`, `split`, `events` and `otherwise` this mapping inherits. Paths are relative to this "
        "file. Values in this file override inherited ones, field by field.",
        ("base/commerce.yaml", ["base/commerce.yaml", "base/identity.yaml"]),
    ),
    "partial": Key(
        "`true`: the file is only for other mappings to extend, and may omit `target` and `events`."
    ),
    "expects": Key(
        "Variables that a mapping which extends this file must define under `let`.", (["items", "email"],)
    ),
    "let": Key(
        "Named values, read as `$name`. In any order; each is evaluated at most once per event. For example "
        "`email: {from: [properties.email, traits.email]}`.",
        also=_words("vars variables lets define defines definitions constants aliases values"),
    ),
    "functions": Key(
        "Values with parameters, which are read as `$name`. They are called like transforms: "
        "`clean_sku(value): {from: $value, apply: [trim, uppercase]}`, then `apply: clean_sku` or "
        "`clean_sku(sku)`.",
        also=_words("function macros macro helpers udfs subroutines"),
    ),
    "tables": Key(
        "Tables of the step `lookup`, from files: `categories: {file: tables/categories.csv, key: sku, "
        "value: category}`, then `apply: {lookup: $categories}` or `lookup(sku, $categories)`.",
        also=_words("lookups lookuptables files datafiles csv"),
    ),
    "split": Key(
        "An expression that gives the list of events in one source event. `$whole` is the "
        "source event, `$index` the position in the list from 0.",
        ("events[].merge($event, @)",),
    ),
    "skip": Key(
        "Events not to send, and why: `{when: \"context.ip == '127.0.0.1'\", because: internal traffic}`.",
        also=_words("ignore drop exclude"),
    ),
    "consent": Key(
        "How consent is read, and what happens without it: "
        "`{granted: consent.advertising, when_missing: denied, when_denied: skip}`."
    ),
    "payload": Key(
        "The fields of every payload: the target's field names on the left, values on the right.",
        also=_words("mapping mappings fields rules map data properties common"),
    ),
    "match": Key(
        "The value that `is` compares with: an expression.",
        ("event",),
        also=_words("event key eventfield eventkey discriminator switch"),
    ),
    "events": Key(
        "The sections, e.g. `{is: Order, send: checkout}`. The first one that matches an event is used.",
        also=_words("routes sections cases eventmappings triggers"),
    ),
    "otherwise": Key(
        "How to handle all other events: `skip` (the default), or a section without a condition.",
        also=_words("default else fallback"),
        words=(SKIP_WORD,),
    ),
    "bases": Key(
        "Events that tests share, by name: `given: {base: order, ...}` is merged over one of them.",
        ({"order": {"type": "track", "messageId": "m-1"}},),
    ),
    "tests": Key(
        "Example events and the expected results; `mapper test` runs them.", also=_words("test examples")
    ),
    "fixtures": Key(
        "Files with one event each, as a pattern relative to this file. The expected result of `order.json` "
        "is in `order.expect.json`.",
        ("events/*.json", ["events/*.json", "refunds/*.json"]),
    ),
}
TABLE_FILE: dict[str, Key] = {
    "file": Key(
        "The path of a CSV, YAML or JSON file, relative to this file. A YAML or JSON file maps keys to "
        "values, or is a list, which is read as `$name`.",
        ("tables/categories.csv",),
        also=_words("path csv source filename"),
    ),
    "key": Key(
        "The column of a CSV file whose values are looked up.", ("sku",), also=_words("keys id by column")
    ),
    "value": Key(
        "The column with the result. Without it, the result is an object of all other columns.",
        ("category",),
        also=_words("values result to"),
    ),
    "delimiter": Key(
        "The character between the cells of a line: `,` unless it is written.",
        (";",),
        also=_words("separator sep delim"),
    ),
    "any_case": Key(
        "Whether a key is found whatever its case: `ABC` for `abc`. A YAML or JSON file can have it too.",
        (True,),
        also=_words("ignorecase caseinsensitive insensitive lowercase"),
    ),
}
TARGET: dict[str, Key] = {
    "schema": Key("The name of the schema, under `schemas/`.", also=_words("name id path file")),
    "profile": Key("A profile of the target, which requires more than the destination itself."),
}
SOURCE: dict[str, Key] = {
    "schema": Key(
        "The name of the schema of the events, under `schemas/`; alone, `source: NAME` is the same.",
        ("segment/track",),
        also=_words("name id path file type"),
    ),
    "samples": Key(
        "One or more files of sample events, with paths relative to this file; `*` and `**` are read as in "
        "a shell. `mapper check` infers the types of attributes from them, and warns of what does not fit.",
        ("events/*.ndjson", ["events/orders.ndjson", "events/visits.ndjson"]),
        also=_words("sample events examples files data glob"),
    ),
}
SKIP: dict[str, Key] = {
    "when": Key(
        "An expression: the event is skipped if it is true.",
        ("type == 'refund'",),
        also=_words("if condition"),
    ),
    "because": Key(
        "The reason, under which skipped events are counted.",
        ("internal traffic",),
        also=_words("reason why message note name"),
    ),
}
SECTION: dict[str, Key] = {
    "is": Key(
        "A constant, a pattern or a list of them: the section matches events whose `match` equals one, or is "
        "a text that a pattern describes: `{pattern: 'Product *'}`.",
        ("Order Completed",),
        also=_words("match event case on equals eq trigger sourceevent"),
    ),
    "when": Key(
        "An expression: the section matches events for which it is true.",
        ("type == 'page'",),
        also=_words("if condition filter"),
    ),
    "send": Key(
        "The event name of the payload, or a rule if the event has its own name.",
        also=_words("eventname name to as emit action output target targetevent type then"),
    ),
    "skip": Key(
        "The reason why these events are not sent.",
        ("no such event there",),
        also=_words("ignore drop exclude"),
    ),
    "let": Key(
        "Named values of this section, read as `$name` in its `when`, `send` and `payload`.",
        also=_words("vars variables lets define defines definitions aliases"),
    ),
    "payload": Key(
        "Fields for this section, merged over the common `payload`, field by field.",
        also=_words("fields mapping mappings map data body params properties rules"),
    ),
    "continue": Key("`true`: later sections may use the same event too."),
}
EVENT_PATTERN: dict[str, Key] = {
    "pattern": Key(
        "A pattern, or a list of them, that describes the whole name of an event: `*` is any text.",
        ("Product *",),
        also=_words("patterns like glob wildcard regex regexp matches match startswith"),
    ),
    "any_case": Key("`true`: letters match in any case.", also=_words("ignorecase insensitive")),
}
CONSENT: dict[str, Key] = {
    "granted": Key(
        "The value that says consent is granted: yes, true, 1, granted, opted_in ... and "
        "their opposites. `{all: [A, B]}` and `{any: [A, B]}` combine several.",
        ("context.consent.advertising",),
    ),
    "denied": Key("The value that says consent is denied; read like `granted`.", ("customer.opted_out",)),
    "when_missing": Key(
        "Required: how to treat an event without an answer.",
        words=(
            ("denied", _words("deny no false refuse refused reject block drop")),
            ("granted", _words("grant allow allowed yes true accept accepted send")),
        ),
    ),
    "when_denied": Key(
        "`skip`: the event is not sent. `{strip: personal, set: {...}}`: it is sent without identifiers.",
        words=(SKIP_WORD,),
    ),
    "when_limited": Key(
        "Required where the answer can be `limited`, an opt-out of sale or targeted advertising. `skip`: the "
        "event is not sent. `{set: {...}}`: it is sent with these constants.",
        ("skip",),
        also=_words("limited whenoptedout onlimited"),
        words=(SKIP_WORD,),
    ),
}
LIMITED: dict[str, Key] = {
    "set": Key("Constants to set, as the destination's flag for such events: `{path: constant}`."),
}
DENIED: dict[str, Key] = {
    "strip": Key("The fields to remove: `personal`, all that the target marks as such; or a list of paths."),
    "set": Key("Constants to set: `{path: constant}`."),
}
TEST: dict[str, Key] = {
    "name": Key("The name of the test: what it shows.", ("a checkout",), also=_words("title")),
    "given": Key(
        "The event. `{base: NAME, ...}` is merged over an event under `bases`; null removes an attribute.",
        also=_words("input event when in"),
    ),
    "meta": Key("The value of `$meta`."),
    "expect": Key(
        "Part of the payload, compared deeply; null means that a field is absent, `{hash: VALUE}` is the "
        "digest of a value. Or `{skip: REASON}`, or `{reject: [PATH]}`. A list if the event gives several "
        "outcomes.",
        also=_words("output expected then out result"),
    ),
    "expect_skip": Key("The event is skipped: the reason, `unmapped` or `consent`.", ("unmapped",)),
    "expect_rejection": Key("The event is rejected: the path of each reason.", (["event_time"],)),
    "exact": Key("`true`: the payload has no other fields than those under `expect`."),
    "notes": Key(
        "The paths that are noted, because a value was invalid or something should be known of it.",
        (["custom_data.value"],),
    ),
    "inherit": Key(
        "`true`: the mappings that extend this file run the test too. Each test of a `partial` file has it.",
        (True,),
        also=_words("inherited shared"),
    ),
}
ENDS: dict[str, Key] = {
    "skip": Key("The event is skipped: the reason, `unmapped` or `consent`.", ("unmapped",)),
    "reject": Key("The event is rejected: the path of each reason.", (["event_time"],)),
}
EXPECTED: dict[str, Key] = {
    "hash": Key("A value: its digest is expected, made as the field makes it.", ("jane@example.com",)),
}
GIVEN: dict[str, Key] = {"base": Key("The name of an event under `bases`.", ("order",))}
RULE: dict[str, Key] = {
    "const": Key(
        "A constant of any type. `{const: null}` removes an inherited field.",
        also=_words("constant static literal fixed"),
    ),
    "from": Key(
        "An expression or another value, or a list of them; the first one that is present and valid is used.",
        ("user.email", ["context.traits.email", "traits.email"]),
        also=_words(
            "path field fields value val src source input expr expression selector jsonpath"
            " jmespath query get key attribute column property coalesce first firstof alternatives oneof"
        ),
    ),
    "across": Key(
        "A list of expressions that give objects: an object with each attribute from the first of them in "
        "which it is present.",
        (["context.traits", "traits"],),
        also=_words("merge mergeobjects firstattribute firstattributes"),
    ),
    "template": Key(
        "A text with paths in braces. It is absent if one of these is; a part in brackets is only left out: "
        "`'{brand} - {name}[ ({variant})]'`.",
        ("{brand} {name}",),
        also=_words("formatstring interpolate interpolated interpolation stringtemplate"),
    ),
    "case": Key(
        "The first arm whose condition is true is used, even if its value is absent: "
        "`[{when: EXPRESSION, then: VALUE}, {else: VALUE}]`."
    ),
    "each": Key(
        "A list: `item` makes one element of the result from each of its elements.",
        ("properties.products",),
        also=_words("map foreach for loop iterate repeat"),
    ),
    "zip": Key("`{field: VALUE, ...}` of lists of equal length; gives a list of objects."),
    "item": Key(
        "The value for each element, or the fields of an object. `@` is the element, "
        "`$event` the event, `$index` the position from 0. Without `each` it is added to the inherited rule."
    ),
    "let": Key(
        "Named values of each element, read as `$name` in `where` and `item`: expressions on the element. "
        "As `id: {from: [product_id, sku]}`.",
        also=_words("vars variables lets define defines definitions aliases"),
    ),
    "where": Key(
        "An expression on the element; elements for which it is false are left out.",
        ("quantity > `0`",),
        also=_words("filter"),
    ),
    "apply": Key(
        "Steps, in order: the name of a transform, or `{name: argument}`, e.g. `{query_parameter: epik}`.",
        ("trim",),
        also=_words(
            "transform transforms transformation transformations modifier modifiers"
            " function functions fn step steps pipe pipeline convert normalize normalise"
        ),
    ),
    "default": Key(
        "A constant to use if the value is absent; not if it is invalid.",
        also=_words("fallback defaultvalue else otherwise ifmissing ifnull ifempty ifabsent orelse nvl"),
    ),
    "when": Key(
        "An expression: the rule, including its default, applies only if it is true.",
        ("total > `0`",),
        also=_words("if condition onlyif enabled"),
    ),
    "required": Key("`true`: an event without this value is rejected.", also=_words("mandatory must")),
    "personal": Key(
        "`allowed`: this rule may send a personal attribute in plaintext.",
        words=(("allowed", _words("true yes on allow send clear plain")),),
    ),
    "todo": Key(
        "A text that says what is still to be decided, in place of the whole value. It is an error until "
        "it is replaced.",
        ("the time has no UTC offset: which zone?",),
        also=_words("fixme tbd"),
    ),
}
SOURCE_KEYS = ("const", "from", "across", "template", "case", "each", "zip")
# Keys of `each` that without it are added to an inherited rule.
ADDED_KEYS = ("item", "where", "let")
ARM: dict[str, Key] = {
    "when": Key("An expression: this arm is used if it is true.", also=_words("if case condition is")),
    "then": Key("The value if `when` is true.", also=_words("value result from const send do use")),
    "else": Key(
        "The value if no arm is true; must be the last arm, with no other key.",
        also=_words("default otherwise"),
    ),
}
COMBINED: dict[str, Key] = {
    "all": Key("Values that must all be yes: to grant under `granted`, to deny under `denied`."),
    "any": Key("Values of which one must be yes: to grant under `granted`, to deny under `denied`."),
}

INHERIT: dict[str, Key] = {
    "inherit": Key(
        "`false`: this part of an extended file is not inherited. In place of a value under `let`, "
        "`functions`, `tables` or `payload`; in `consent`, `match`, `split` and `otherwise`; in a rule of "
        "`skip` with its `because`; in a section with its `is` and `when`.",
        (False,),
    ),
}
# What a mapping takes from one file alone: its parts are never merged.
WHOLE_KEYS = ("split", "consent", "match", "otherwise")

# The variables that there are without a `let`.
VARIABLES: dict[str, str] = {
    "event": "The event; with `split`, one of those in it.",
    "index": "The position in the list, from 0.",
    "whole": "With `split`: the source event.",
    "meta": "Facts about the event that it does not hold: `received_at`, `headers`, `cookies` and others.",
}

# By what they are called in messages.
OWNERS: dict[str, dict[str, Key]] = {
    "a mapping": MAPPING,
    "`target`": TARGET,
    "`source`": SOURCE,
    "a table": TABLE_FILE,
    "a `skip` rule": SKIP,
    "a section": SECTION,
    "a pattern of `is`": EVENT_PATTERN,
    "`consent`": CONSENT,
    "`when_denied`": DENIED,
    "`when_limited`": LIMITED,
    "a test": TEST,
    "a rule": RULE,
    "an arm of `case`": ARM,
    "`expect`": {**ENDS, **EXPECTED},
    "`given`": GIVEN,
    "`granted` and `denied`": COMBINED,
    "a part of an extended file": INHERIT,
}

# What other tools call the name of the element of a loop.
NAMES_OF_ELEMENT = frozenset(_words("as var variable alias loopvar itemname"))

HASHES = "the target hashes its personal fields automatically"
# Keys of rules in other tools that say nothing here, by the reason.
NEEDLESS: dict[str, tuple[str, ...]] = {
    HASHES: _words("hash hashed hashing sha256 sha encrypt encoding pii"),
    "the target sets its type": _words("type as cast datatype kind"),
    "without a value a field is left out, unless `required: true`": _words(
        "optional nullable ignorenull omitempty skipempty"
    ),
}
# Keys of rules in other tools that are no keys here, by what says it.
TABLE = "a table is a step: `apply: {lookup: {table: {A: a, B: b}}}`"
SAID_OTHERWISE: dict[str, tuple[str, ...]] = {
    TABLE: _words("lookup table enum dictionary translate switch values"),
    "to join strings, write `template: '{a} {b}'`, or `concat(a, b)` in an expression": _words("concat join"),
    "make it a comment: `# ...`": _words("description desc comment note label title doc"),
}
