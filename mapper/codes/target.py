"""M3xx: what the target takes."""

from mapper.codes.code import Code

TARGET: dict[str, Code] = {
    "M301": Code(
        "error",
        "unknown target path",
        "The destination refuses a whole batch for one key it does not know.",
        "Use the name in the hint; `mapper schema TARGET` shows all fields.",
    ),
    "M302": Code(
        "error",
        "type that never fits the target",
        "No value of this type can become what the field takes, so it would never be sent.",
        "Read another attribute, or make the value fit as the hint says.",
    ),
    "M303": Code(
        "error",
        "constant the target does not take",
        "A constant is the same for every event, so each of them would be wrong.",
        "Write one that the field takes; `mapper schema TARGET` shows its values.",
    ),
    "M304": Code(
        "error",
        "required field without a rule",
        "Every event of this section would be rejected, since the destination asks for the field.",
        "Add a rule for the field to the common `payload`, or to the section.",
    ),
    "M305": Code(
        "error",
        "identity that cannot be met",
        "The destination takes no event that identifies nobody; all of this section would be rejected.",
        "Add rules for one of the groups that the message names.",
    ),
    "M306": Code(
        "error",
        "unknown schema or profile",
        "Without its schema nothing in the mapping can be checked.",
        "Use a name that `mapper schema` lists.",
    ),
    "M307": Code(
        "warning",
        "doubtful event name",
        "A misspelt standard name, or the one that another tool has, is taken as an event of one's own and "
        "shows up in no report.",
        "Use the standard name, or letters, digits, `_` and `-` for a name of one's own.",
    ),
    "M308": Code(
        "error",
        "constant written as an expression",
        "Text is an expression: it reads the attribute of that name, which events do not have.",
        "Write the constant as `{const: ...}`.",
    ),
    "M309": Code(
        "warning",
        "field the schema does not name",
        "The object takes other fields too, so a misspelt one is sent and has no effect. Beside hashed "
        "fields it is an error (M301) unless the rule says `personal: allowed`.",
        "Check the name, or take the field away.",
    ),
    "M310": Code(
        "error",
        "normal form not applied",
        "With `normal_forms: explicit` nothing is put in, and the field needs these steps.",
        "Write the steps under `apply`, or take `normal_forms: explicit` away.",
    ),
    "M311": Code(
        "error",
        "event name in the payload",
        "A section's `send` names the event; a second name beside it would replace it for every section.",
        "Take the field away. `send` may be a rule, where the event itself knows its name.",
    ),
    "M312": Code(
        "error",
        "text that is no moment",
        "A date without a time of day, a time without a date or a duration names no moment, so the field "
        "would never be sent.",
        "Read another attribute, or add `timestamp` with the zone, and with the format of the text.",
    ),
    "M313": Code(
        "warning",
        "word that is a value or an attribute",
        "Text is an expression: it reads the attribute of that name. A country, state, currency, language or "
        "gender in small letters may be either, and so may what other tools call an event; the checker "
        "cannot know which.",
        "Write the constant as `{const: us}`, or the attribute as `$event.us`.",
    ),
    "M320": Code(
        "error",
        "schema that claims what only a vouched one may say",
        "A file beside a mapping could send payloads, and the secrets that go with them, to anyone, or let "
        "personal values through.",
        "Take the key away, or write it as it is in the schema of this package. Whoever sends may vouch for "
        "the file with `--allow-target FILE`.",
    ),
    "M321": Code(
        "error",
        "pattern of a target that may be slow",
        "A value is matched against the pattern of its field. With one that can divide a text in many ways, "
        "a text of a few dozen characters takes hours, and a single event stops all others.",
        "Begin the pattern with `^`, and let what follows a repetition begin with other characters than "
        "those that it repeats: `^[^@]+@`, not `^.+@`.",
    ),
    "M322": Code(
        "warning",
        "pattern of a source that is ignored",
        "Nothing is matched against a pattern that may be slow, so it says nothing of the events.",
        "Write it so that the next character tells how it goes on, or take it away.",
    ),
    "M323": Code(
        "error",
        "wrong description of a delivery",
        "What `x-delivery` of the target's schema says decides where payloads go and which answers count as "
        "an acknowledgement, so nothing in it is guessed.",
        "Correct the key that the message names; `docs/destinations.md` lists the keys.",
    ),
}
