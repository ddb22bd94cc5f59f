"""The keys of the language: what each means, with an example, as editors show it."""

from __future__ import annotations

from mapper.frozen import dataclass
from mapper.types import Json


@dataclass(frozen=True, slots=True)
class Key:
    """A key: what it means (Markdown), and examples of what stands behind it."""

    meaning: str
    examples: tuple[Json, ...] = ()


MAPPING: dict[str, Key] = {
    "name": Key("What the mapping is called in messages.", ("shop-orders",)),
    "version": Key("The version of this language: `1`."),
    "target": Key(
        "The payload's type: the name of a schema below `schemas/`; with a profile, which asks for more: "
        "`{schema: ..., profile: ...}`."
    ),
    "source": Key(
        "Optional: the schema of the events, a name below `schemas/`. With it, expressions are checked "
        "against the types of what they read."
    ),
    "normal_forms": Key(
        "`automatic` (the default): what a field asks for (clean, hash, ...) is put in. `explicit`: nothing "
        "is, and each place that needs steps is an error."
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
        "`email: {from: [properties.email, traits.email]}`."
    ),
    "split": Key(
        "An expression for the list of events in one source event. `$whole` is the source event, `$index` "
        "the place in the list from 0.",
        ("events[].merge($event, @)",),
    ),
    "skip": Key(
        "Events that are not sent, and why: "
        "`{when: \"context.ip == '127.0.0.1'\", because: internal traffic}`."
    ),
    "consent": Key(
        "How consent is read, and what happens without it: "
        "`{granted: consent.advertising, when_missing: denied, when_denied: skip}`."
    ),
    "payload": Key("The fields of every payload: on the left the target's own names, on the right a value."),
    "match": Key("The value that `is` of the sections compares with: an expression.", ("event",)),
    "events": Key("The sections: `{is: Order, send: checkout}`. The first that fits an event decides."),
    "otherwise": Key("What all other events do: `skip` (the default), or a section without a condition."),
    "tests": Key("Events, and what should become of them."),
}
TARGET: dict[str, Key] = {
    "schema": Key("The name of the schema, below `schemas/`."),
    "profile": Key("A profile of the target, which asks for more than the destination itself does."),
}
SKIP: dict[str, Key] = {
    "when": Key("An expression: the event is skipped where it holds.", ("type == 'refund'",)),
    "because": Key(
        "Why, in words: the reason under which skipped events are counted.", ("internal traffic",)
    ),
}
SECTION: dict[str, Key] = {
    "is": Key("A constant, or a list of them: the section takes events whose `match` is equal to one."),
    "when": Key("An expression: the section takes events for which it holds.", ("type == 'page'",)),
    "send": Key("The name of the payload's event; a rule where the event itself says the name."),
    "skip": Key("Why these events are not sent, in words.", ("no such event there",)),
    "payload": Key("Fields for this section: merged over the common `payload`, field by field."),
    "continue": Key("`true`: later sections may act on the same event too."),
}
CONSENT: dict[str, Key] = {
    "granted": Key(
        "The value that says what is granted: yes, true, 1, granted, opted_in ... and their opposites. "
        "`{all: [A, B]}` and `{any: [A, B]}` combine several.",
        ("context.consent.advertising",),
    ),
    "denied": Key("The value that says what is denied; else as `granted`.", ("customer.opted_out",)),
    "when_missing": Key("What an event without an answer counts as: must be written."),
    "when_denied": Key(
        "`skip`: the event is not sent. `{strip: personal, set: {...}}`: it is sent without what identifies."
    ),
}
DENIED: dict[str, Key] = {
    "strip": Key("What is taken away: `personal`, all that the target marks so; or a list of paths."),
    "set": Key("Constants that are put in: `{path: constant}`."),
}
TEST: dict[str, Key] = {
    "name": Key("What the test claims.", ("a checkout",)),
    "given": Key("The event."),
    "meta": Key("What `$meta` is."),
    "expect": Key(
        "A part of the payload, compared deeply; null says that a field is absent. A list where the event "
        "gives several."
    ),
    "expect_skip": Key("The event is skipped: the reason, `unmapped` or `consent`.", ("unmapped",)),
    "expect_rejection": Key("The event is rejected: the path of each reason, in order.", (["event_time"],)),
}
RULE: dict[str, Key] = {
    "const": Key("A constant, of any shape. `{const: null}` takes an inherited field away."),
    "from": Key(
        "An expression or another value; or a list of them, of which the first present and valid one wins.",
        ("user.email", ["context.traits.email", "traits.email"]),
    ),
    "case": Key(
        "The first arm that holds decides, also where its value is absent: "
        "`[{when: EXPRESSION, then: VALUE}, {else: VALUE}]`."
    ),
    "each": Key("A list: one element is made of each of its elements, by `item`.", ("properties.products",)),
    "zip": Key("`{field: VALUE, ...}` of lists that are equally long: a list of objects."),
    "item": Key(
        "What each element becomes: a value, or the fields of an object. `@` is the element, `$event` the "
        "event, `$index` its place from 0."
    ),
    "where": Key("An expression over the element: others are left out.", ("quantity > `0`",)),
    "apply": Key(
        "Steps, in order: the name of a transform, or `{name: argument}`, as `{query_parameter: epik}`.",
        ("trim",),
    ),
    "default": Key("A constant that stands in where the value is absent; never where it is invalid."),
    "when": Key("An expression: the rule, its default included, acts only where it holds.", ("total > `0`",)),
    "required": Key("`true`: an event without this value is rejected."),
    "personal": Key("`allowed`: a personal attribute may go into a field that is sent as it is."),
}
ARM: dict[str, Key] = {
    "when": Key("An expression: this arm decides where it holds."),
    "then": Key("The value where `when` holds."),
    "else": Key("The value where no arm holds: the last arm, alone."),
}
COMBINED: dict[str, Key] = {
    "all": Key("Values that must all say yes: to grant under `granted`, to deny under `denied`."),
    "any": Key("Values of which one must say yes: to grant under `granted`, to deny under `denied`."),
}
