"""The keys of the language: what each means, with an example, as editors show it."""

from __future__ import annotations

from mapper.frozen import dataclass
from mapper.types import Json


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
    "name": Key("What the mapping is called in messages.", ("shop-orders",), also=_words("title id")),
    "version": Key("The version of this language: `1`.", also=_words("schemaversion apiversion")),
    "target": Key(
        "The payload's type: the name of a schema below `schemas/`; with a profile, which asks for more: "
        "`{schema: ..., profile: ...}`.",
        also=_words("destination schema to output"),
    ),
    "source": Key(
        "Optional: the schema of the events, a name below `schemas/`. With it, expressions are checked "
        "against the types of what they read.",
        also=_words("input"),
    ),
    "normal_forms": Key(
        "`automatic` (the default): what a field asks for (clean, hash, ...) is put in. `explicit`: nothing "
        "is, and each place that needs steps is an error.",
        words=(("automatic", ()), ("explicit", ())),
    ),
    "extends": Key(
        "A mapping file, or several, whose `let`, `skip`, `consent`, `payload`, `match`, `split`, `events` "
        "and `otherwise` are taken over. Paths are relative to this file. What stands here wins, field by "
        "field.",
        ("base/commerce.yaml", ["base/commerce.yaml", "base/identity.yaml"]),
    ),
    "partial": Key(
        "`true`: the file is only there to be extended, and need have no `target` and no `events`."
    ),
    "expects": Key("The lets that a mapping which extends this file must define.", (["items", "email"],)),
    "let": Key(
        "Named values, read as `$name`. In any order; each is worked out at most once for an event. As "
        "`email: {from: [properties.email, traits.email]}`.",
        also=_words("vars variables lets define defines definitions constants aliases values"),
    ),
    "split": Key(
        "An expression for the list of events in one source event. `$whole` is the source event, `$index` "
        "the place in the list from 0.",
        ("events[].merge($event, @)",),
    ),
    "skip": Key(
        "Events that are not sent, and why: "
        "`{when: \"context.ip == '127.0.0.1'\", because: internal traffic}`.",
        also=_words("filter filters ignore drop exclude"),
    ),
    "consent": Key(
        "How consent is read, and what happens without it: "
        "`{granted: consent.advertising, when_missing: denied, when_denied: skip}`."
    ),
    "payload": Key(
        "The fields of every payload: on the left the target's own names, on the right a value.",
        also=_words("mapping mappings fields rules map data properties common"),
    ),
    "match": Key(
        "The value that `is` of the sections compares with: an expression.",
        ("event",),
        also=_words("event key eventfield eventkey discriminator switch"),
    ),
    "events": Key(
        "The sections: `{is: Order, send: checkout}`. The first that fits an event decides.",
        also=_words("routes sections cases eventmappings triggers"),
    ),
    "otherwise": Key(
        "What all other events do: `skip` (the default), or a section without a condition.",
        also=_words("default else fallback"),
        words=(SKIP_WORD,),
    ),
    "tests": Key("Events, and what should become of them.", also=_words("test examples")),
}
TARGET: dict[str, Key] = {
    "schema": Key("The name of the schema, below `schemas/`.", also=_words("name id path file")),
    "profile": Key("A profile of the target, which asks for more than the destination itself does."),
}
SKIP: dict[str, Key] = {
    "when": Key(
        "An expression: the event is skipped where it holds.",
        ("type == 'refund'",),
        also=_words("if condition"),
    ),
    "because": Key(
        "Why, in words: the reason under which skipped events are counted.",
        ("internal traffic",),
        also=_words("reason why message note name"),
    ),
}
SECTION: dict[str, Key] = {
    "is": Key(
        "A constant, or a list of them: the section takes events whose `match` is equal to one.",
        also=_words("match event case on equals eq trigger sourceevent"),
    ),
    "when": Key(
        "An expression: the section takes events for which it holds.",
        ("type == 'page'",),
        also=_words("if condition filter"),
    ),
    "send": Key(
        "The name of the payload's event; a rule where the event itself says the name.",
        also=_words("eventname name to as emit action output target targetevent type then"),
    ),
    "skip": Key(
        "Why these events are not sent, in words.",
        ("no such event there",),
        also=_words("ignore drop exclude"),
    ),
    "payload": Key(
        "Fields for this section: merged over the common `payload`, field by field.",
        also=_words("fields mapping mappings map data body params properties rules"),
    ),
    "continue": Key("`true`: later sections may act on the same event too."),
}
CONSENT: dict[str, Key] = {
    "granted": Key(
        "The value that says what is granted: yes, true, 1, granted, opted_in ... and their opposites. "
        "`{all: [A, B]}` and `{any: [A, B]}` combine several.",
        ("context.consent.advertising",),
    ),
    "denied": Key("The value that says what is denied; else as `granted`.", ("customer.opted_out",)),
    "when_missing": Key(
        "What an event without an answer counts as: must be written.",
        words=(
            ("denied", _words("deny no false refuse refused reject block drop")),
            ("granted", _words("grant allow allowed yes true accept accepted send")),
        ),
    ),
    "when_denied": Key(
        "`skip`: the event is not sent. `{strip: personal, set: {...}}`: it is sent without what identifies.",
        words=(SKIP_WORD,),
    ),
}
DENIED: dict[str, Key] = {
    "strip": Key("What is taken away: `personal`, all that the target marks so; or a list of paths."),
    "set": Key("Constants that are put in: `{path: constant}`."),
}
TEST: dict[str, Key] = {
    "name": Key("What the test claims.", ("a checkout",), also=_words("title")),
    "given": Key("The event.", also=_words("input event when in")),
    "meta": Key("What `$meta` is."),
    "expect": Key(
        "A part of the payload, compared deeply; null says that a field is absent. A list where the event "
        "gives several.",
        also=_words("output expected then out result"),
    ),
    "expect_skip": Key("The event is skipped: the reason, `unmapped` or `consent`.", ("unmapped",)),
    "expect_rejection": Key("The event is rejected: the path of each reason, in order.", (["event_time"],)),
}
RULE: dict[str, Key] = {
    "const": Key(
        "A constant, of any shape. `{const: null}` takes an inherited field away.",
        also=_words("constant static literal fixed"),
    ),
    "from": Key(
        "An expression or another value; or a list of them, of which the first present and valid one wins.",
        ("user.email", ["context.traits.email", "traits.email"]),
        also=_words(
            "path field fields value val src source input expr expression selector jsonpath"
            " jmespath query get key attribute column property coalesce first firstof alternatives oneof"
        ),
    ),
    "case": Key(
        "The first arm that holds decides, also where its value is absent: "
        "`[{when: EXPRESSION, then: VALUE}, {else: VALUE}]`."
    ),
    "each": Key(
        "A list: one element is made of each of its elements, by `item`.",
        ("properties.products",),
        also=_words("map foreach for loop iterate repeat"),
    ),
    "zip": Key("`{field: VALUE, ...}` of lists that are equally long: a list of objects."),
    "item": Key(
        "What each element becomes: a value, or the fields of an object. `@` is the element, `$event` the "
        "event, `$index` its place from 0."
    ),
    "where": Key(
        "An expression over the element: others are left out.", ("quantity > `0`",), also=_words("filter")
    ),
    "apply": Key(
        "Steps, in order: the name of a transform, or `{name: argument}`, as `{query_parameter: epik}`.",
        ("trim",),
        also=_words(
            "transform transforms transformation transformations modifier modifiers"
            " function functions fn step steps pipe pipeline convert normalize normalise"
        ),
    ),
    "default": Key(
        "A constant that stands in where the value is absent; never where it is invalid.",
        also=_words("fallback defaultvalue else otherwise ifmissing"),
    ),
    "when": Key(
        "An expression: the rule, its default included, acts only where it holds.",
        ("total > `0`",),
        also=_words("if condition onlyif enabled"),
    ),
    "required": Key("`true`: an event without this value is rejected.", also=_words("mandatory must")),
    "personal": Key(
        "`allowed`: a personal attribute may go into a field that is sent as it is.",
        words=(("allowed", _words("true yes on allow send clear plain")),),
    ),
}
ARM: dict[str, Key] = {
    "when": Key("An expression: this arm decides where it holds.", also=_words("if case condition is")),
    "then": Key("The value where `when` holds.", also=_words("value result from const send do use")),
    "else": Key("The value where no arm holds: the last arm, alone.", also=_words("default otherwise")),
}
COMBINED: dict[str, Key] = {
    "all": Key("Values that must all say yes: to grant under `granted`, to deny under `denied`."),
    "any": Key("Values of which one must say yes: to grant under `granted`, to deny under `denied`."),
}

# By what they are called in messages.
OWNERS: dict[str, dict[str, Key]] = {
    "a mapping": MAPPING,
    "`target`": TARGET,
    "a `skip` rule": SKIP,
    "a section": SECTION,
    "`consent`": CONSENT,
    "`when_denied`": DENIED,
    "a test": TEST,
    "a rule": RULE,
    "an arm of `case`": ARM,
}

HASHES = "the target hashes its personal fields by itself"
# Keys of rules in other tools that say nothing here, by the reason.
NEEDLESS: dict[str, tuple[str, ...]] = {
    HASHES: _words("hash hashed hashing sha256 sha encrypt encoding pii"),
    "the target says of what type it is": _words("type as cast datatype kind"),
    "a field is left out where it has no value, unless `required: true`": _words(
        "optional nullable ignorenull omitempty skipempty"
    ),
}
# Keys of rules in other tools that are no keys here, by what says it.
TABLE = "a table is a step: `apply: {lookup: {table: {A: a, B: b}}}`"
SAID_OTHERWISE: dict[str, tuple[str, ...]] = {
    TABLE: _words("lookup table enum dictionary translate switch values"),
    "`concat(a, b)` in an expression joins texts": _words("concat join template formatstring"),
    "write it as a comment: `# ...`": _words("description desc comment note label title doc"),
}
