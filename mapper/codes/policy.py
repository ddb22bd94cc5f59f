"""M4xx: personal values, digests, identity, and rules that are never used."""

from mapper.codes.code import DiagnosticCode

POLICY: dict[str, DiagnosticCode] = {
    "M401": DiagnosticCode(
        "error",
        "personal value in plaintext",
        "The destination expects personal values as digests; in any other field they are readable.",
        "Send another attribute, or write `personal: allowed` in the rule if you mean to send it.",
    ),
    "M402": DiagnosticCode(
        "error",
        "digest of a value that must stay in plaintext",
        "The destination compares this value unhashed, so a digest of it cannot match.",
        "Remove the step `sha256`; the field is sent as is.",
    ),
    "M403": DiagnosticCode(
        "warning",
        "hashed twice",
        "A digest is never hashed again, so the second step has no effect.",
        "Remove one of the two steps.",
    ),
    "M404": DiagnosticCode(
        "error",
        "hashed before it was normalized",
        "Two systems match only if both hash the same string; capitals or spaces change the digest.",
        "Remove `sha256`, since the field is hashed automatically; or put the steps of the message "
        "before it.",
    ),
    "M410": DiagnosticCode(
        "warning",
        "section that matches nothing",
        "An earlier section matches these events, so this one is never used for them.",
        "Remove the value from one of the two sections, or put the narrower one first.",
    ),
    "M411": DiagnosticCode(
        "warning",
        "alternative that is never tried",
        "The alternative before it always has a value.",
        "Put it before the other one, or remove it.",
    ),
    "M412": DiagnosticCode(
        "warning",
        "default that is never used",
        "A default replaces an absent value, and this value is never absent. In a table of `lookup`, an "
        "entry `default` is for the text `default` alone.",
        "Remove the default; for all values that a table does not list, write `default` beside `table`.",
    ),
    "M413": DiagnosticCode(
        "warning",
        "unused variable",
        "It has no effect; usually its name is misspelt where it should be read.",
        "Read it as `$name`, or remove it.",
    ),
    "M420": DiagnosticCode(
        "error",
        "constant where each event needs its own value",
        "Events with the same id are counted once, and an event without its own time is counted at the "
        "wrong one. A person's id, e-mail address or click id that is a constant makes all events those of "
        "one person.",
        "Read the value from the event. `fingerprint(@)` gives a stable id to events that have none, "
        "and `$meta.received_at` is the time at which one was accepted, where the host keeps it.",
    ),
    "M421": DiagnosticCode(
        "warning",
        "id shared by all parts of an event",
        "The destination counts events with the same name and id once, so all parts but one are lost.",
        "Read the id from the part, or add its index: `fingerprint([$whole.id, $index])`.",
    ),
    "M430": DiagnosticCode(
        "warning",
        "amount in another unit",
        "Sent as whole units, an amount in cents is 100 times too large, and one that is converted twice or "
        "without need a hundredth of what was paid.",
        "Convert an amount in minor units once, with `minor_units`, which knows each currency, or `divide`; "
        "send one in whole units as it is.",
    ),
    "M431": DiagnosticCode(
        "warning",
        "duration used as a time",
        "A duration reads as a time in 1970, so the event would be refused.",
        "Read the attribute that says when the event happened.",
    ),
    "M432": DiagnosticCode(
        "warning",
        "section or `skip` rule that is never used",
        "Its condition is never true, or an earlier one matches every event that it is meant for.",
        "Move it before the one that matches its events, fix its condition, or remove it.",
    ),
    "M433": DiagnosticCode(
        "warning",
        "value of `is` that no event has",
        "`is` compares with the exact value of `match`, so a value that `match` never gives matches no "
        "event.",
        "Write the value as `match` gives it.",
    ),
    "M434": DiagnosticCode(
        "warning",
        "`strip` path without effect",
        "Another path removes the field already, or `set` gives it a value anyway.",
        "Remove the path.",
    ),
    "M435": DiagnosticCode(
        "warning",
        "`when_missing` or `when_limited` that is never used",
        "With a default or a constant an answer is never missing, so `when_missing` never applies. "
        "`when_limited` never applies where no answer can be `limited`: it is a yes or no, or has a table.",
        "Remove the default: `when_missing` says how to treat a missing answer. Remove `when_limited`.",
    ),
    "M436": DiagnosticCode(
        "warning",
        "`personal: allowed` that is not needed",
        "An unneeded permission stays when the rule changes, and then lets a personal value through.",
        "Remove it; or allow the warning, if the guard of `send` blocks a value that you mean to send.",
    ),
    "M437": DiagnosticCode(
        "warning",
        "field without one that it depends on",
        "The destination reads the two fields together, so this one is left out where the other is missing.",
        "Add a rule for the field that the message names, or remove this one.",
    ),
    "M438": DiagnosticCode(
        "warning",
        "common rule that is never used",
        "Every section that sends has its own rule for the field, so this one is never read.",
        "Remove it; or remove the sections' rules where they say the same.",
    ),
    "M439": DiagnosticCode(
        "warning",
        "attribute that is personal by its name",
        "The field is sent unhashed, so everyone who reads the payload reads the value. Only the name says "
        "what the value is; a source schema knows it for certain (`x-personal`).",
        "Send another attribute. Write `personal: allowed` in the rule if the value is not a person's.",
    ),
    "M440": DiagnosticCode(
        "warning",
        "object that is never sent",
        "An object with only constants and defaults is left out, because it says nothing about the event.",
        "Add a field whose value is read from the event, or remove the object.",
    ),
    "M450": DiagnosticCode(
        "warning",
        "example in a constant",
        "An example is sent with every event in place of the shop's own value.",
        "Write your own domain, or read the value from the event.",
    ),
    "M451": DiagnosticCode(
        "warning",
        "id that events share",
        "The destination counts events with the same name and id once, so all but the first are lost.",
        "Add what differs from event to event, such as its time: `fingerprint([user, kind, time])`. "
        "If the attribute is the event's own id, check with samples that show it, or allow the warning.",
    ),
    "M452": DiagnosticCode(
        "warning",
        "`continue` without effect",
        "`continue` lets later sections match the same event, and no section follows.",
        "Remove it, or move the section before those that are to match as well.",
    ),
    "M453": DiagnosticCode(
        "warning",
        "attribute that another field takes",
        "By its name the attribute holds something else than the field takes, so the value is refused, or "
        "matches no person. Only the name says so.",
        "Read the attribute that holds what the field takes, or allow the warning if the name is misleading.",
    ),
    "M454": DiagnosticCode(
        "warning",
        "digest that is not SHA-256",
        "The destination compares SHA-256 digests; no other digest can match, so the value is left out.",
        "Read the value itself, which is hashed automatically, or its SHA-256 digest.",
    ),
    "M455": DiagnosticCode(
        "warning",
        "consent read the wrong way round",
        "People who refused would be treated as if they had agreed, and the others as if they had refused.",
        "Write `granted` for an attribute whose yes means consent, `denied` for one whose yes means refusal, "
        "and `apply: not` where a field says the opposite of its attribute.",
    ),
    "M456": DiagnosticCode(
        "warning",
        "list around a list",
        "`each` goes through a list that has the meant list as its only element, so no element has an "
        "attribute.",
        "Remove the brackets: `each: items`.",
    ),
    "M457": DiagnosticCode(
        "warning",
        "required field with a default for unlisted values",
        "Each value that the table does not list, also a misspelt or a new one, is sent as another one.",
        "Remove `default`, so that such an event is rejected; or allow the warning if all other values mean "
        "the same.",
    ),
    "M458": DiagnosticCode(
        "warning",
        "misspelt attribute",
        "The name is one letter from a name that sources give to such an attribute. If no attribute of the "
        "source has it, the field is absent in every event.",
        "Correct the name. If the source writes it so, allow the warning, or put an event under `tests`.",
    ),
    "M459": DiagnosticCode(
        "error",
        "limited consent without a meaning",
        "`limited` is an opt-out of sale or targeted advertising, and no refusal. Nothing says what becomes "
        "of such events.",
        "Write `when_limited: skip`, or `when_limited: {set: {...}}` with the destination's flag for them.",
    ),
    "M460": DiagnosticCode(
        "warning",
        "table without entries",
        "`lookup` finds nothing in an empty table: the field is absent for every event, or its default. An "
        "export that failed leaves such a file.",
        "Write the entries, or remove the table and what looks into it.",
    ),
    "M461": DiagnosticCode(
        "error",
        "refusal that would be sent",
        "A person who refused, in one of the words that people and platforms write for it, would be treated "
        "as if they had agreed.",
        "Give `consent` the attribute as it is: yes and no are read in all their spellings, and "
        "`when_missing` says what an absent answer means.",
    ),
    "M462": DiagnosticCode(
        "warning",
        "list that is joined for a field that takes a list",
        "The field gets a list with one text, in which the destination finds none of the elements.",
        "Give the field the list itself.",
    ),
    "M463": DiagnosticCode(
        "warning",
        "entry of a table that is never found",
        "The value is changed to small letters or to capitals before `lookup`, and the key has others.",
        "Write the key as the value is at that step, or use a table with `any_case: true`, under `tables`.",
    ),
}
