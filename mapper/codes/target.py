"""M3xx: what the target takes."""

from mapper.codes.code import DiagnosticCode

TARGET: dict[str, DiagnosticCode] = {
    "M301": DiagnosticCode(
        "error",
        "unknown target path",
        "The destination refuses a whole batch for one unknown key.",
        "Use the name in the hint; `mapper schema TARGET` shows all fields.",
    ),
    "M302": DiagnosticCode(
        "error",
        "type that the target never accepts",
        "A value of this type can never become what the field accepts, so it would never be sent.",
        "Read another attribute, or convert the value as the hint says.",
    ),
    "M303": DiagnosticCode(
        "error",
        "constant that the target does not accept",
        "A constant is the same for every event, so every event would be wrong.",
        "Write one that the field accepts; `mapper schema TARGET` shows its values.",
    ),
    "M304": DiagnosticCode(
        "error",
        "required field without a rule",
        "The destination requires the field, so every event of this section would be rejected.",
        "Add a rule for the field to the common `payload`, or to the section.",
    ),
    "M305": DiagnosticCode(
        "error",
        "identity requirement cannot be met",
        "The destination refuses events that do not identify anyone; every event of this section would "
        "be rejected.",
        "Add rules for one of the groups that the message names.",
    ),
    "M306": DiagnosticCode(
        "error",
        "unknown schema or profile",
        "Without its schema the mapping cannot be checked.",
        "Use a name that `mapper schema` lists.",
    ),
    "M307": DiagnosticCode(
        "warning",
        "doubtful event name",
        "A misspelt standard name, or another tool's name, is treated as a custom event and appears in "
        "no report. A target without `x-event-names` sends no name.",
        "Use the standard name; a custom name consists of letters, digits, `_` and `-`.",
    ),
    "M308": DiagnosticCode(
        "error",
        "constant written as an expression",
        "A string is an expression: it reads the attribute with that name, which events do not have.",
        "Write the constant as `{const: ...}`.",
    ),
    "M309": DiagnosticCode(
        "warning",
        "field that the schema does not list",
        "The object is open: a misspelt field is sent and has no effect. Beside hashed "
        "fields it is an error (M301) unless the rule says `personal: allowed`.",
        "Check the name, or remove the field.",
    ),
    "M310": DiagnosticCode(
        "error",
        "normal form not applied",
        "With `normal_forms: explicit` no steps are inserted, and the field needs these.",
        "Write the steps under `apply`, or remove `normal_forms: explicit`.",
    ),
    "M311": DiagnosticCode(
        "error",
        "event name in the payload",
        "`send` names the event of a section; a second name here would replace it in every section.",
        "Remove the field. `send` may be a rule, if the event has its own name.",
    ),
    "M312": DiagnosticCode(
        "error",
        "string that is not a point in time",
        "A date without a time of day, a time without a date, or a duration is not a point in time, so "
        "the field would never be sent.",
        "Read another attribute, or add `timestamp` with the zone and the format of the string.",
    ),
    "M313": DiagnosticCode(
        "warning",
        "word that may be a value or an attribute",
        "A string is an expression: it reads the attribute of that name. A country, state, currency, "
        "language or gender in lower case may be either, and so may another tool's name of an event; the "
        "checker cannot know which.",
        "Write the constant as `{const: us}`, or the attribute as `$event.us`.",
    ),
    "M320": DiagnosticCode(
        "error",
        "schema that sets what only a vouched schema may set",
        "A file beside a mapping could send payloads, and the secrets that go with them, to anyone, or let "
        "personal values through.",
        "Remove the key, or write it as in the schema of this package. The operator who sends can vouch for "
        "the file with `--allow-target FILE`.",
    ),
    "M321": DiagnosticCode(
        "error",
        "pattern of a target that may be slow",
        "A value is matched against the pattern of its field. With one that can divide a text in many ways, "
        "a text of a few dozen characters takes hours, and a single event stops all others.",
        "Begin the pattern with `^`, and let what follows a repetition begin with other characters than "
        "those that it repeats: `^[^@]+@`, not `^.+@`.",
    ),
    "M323": DiagnosticCode(
        "error",
        "wrong description of a delivery",
        "`x-delivery` in the target's schema decides where payloads go and which answers count as "
        "an acknowledgement, so nothing in it is guessed.",
        "Correct the key that the message names; `docs/destinations.md` lists the keys.",
    ),
    "M324": DiagnosticCode(
        "error",
        "schema that is not JSON",
        "Nothing of the file can be read; a key that is there twice has two meanings, of which readers of "
        "JSON choose different ones.",
        "Correct the text at the place, or remove one of the two keys.",
    ),
    "M325": DiagnosticCode(
        "error",
        "unknown word in the schema of a target",
        "A word that is not known has no effect, so a misspelt `required` or `x-personal` would let events "
        "through that it should stop.",
        "Use the word in the hint, or remove it; `mapper schema target` prints all words, and "
        "`docs/schemas.md` explains them.",
    ),
    "M326": DiagnosticCode(
        "error",
        "wrong value in a schema",
        "A keyword whose value has another shape or type than expected cannot be read.",
        "Write the value as the message says; `docs/schemas.md` and `docs/destinations.md` list the shapes.",
    ),
    "M327": DiagnosticCode(
        "error",
        "name in a schema that leads to nothing",
        "A path, field, step or reference that does not exist has no effect, or makes every event fail.",
        "Use the name in the hint, or add what it names.",
    ),
    "M328": DiagnosticCode(
        "error",
        "keyword that is not read in a target",
        "Mappings are checked against what is read of a schema. With a keyword that is not read, payloads "
        "would be sent that the service refuses.",
        "Write it as the hint says. Conditions on anything but constants and presence belong in the mapping.",
    ),
    "M329": DiagnosticCode(
        "error",
        "normal form that never gives what its field takes",
        "The steps of `x-normal-form` are applied to every value of the field, so the field would never be "
        "sent.",
        "End the form with a step that gives the type of the field, or correct the type.",
    ),
    "M330": DiagnosticCode(
        "error",
        "personal field that is not hashed",
        "A field with `x-personal` takes SHA-256 digests alone: the guard removes anything else from each "
        "payload.",
        "End its form with `sha256`. If the service takes the value in plaintext, write `x-plain: true`.",
    ),
    "M331": DiagnosticCode(
        "warning",
        "word in a schema without effect",
        "A misspelt mark leaves a person's attribute unmarked, and a keyword that is not read says nothing "
        "of the events.",
        "Use the word in the hint, or remove it.",
    ),
    "M332": DiagnosticCode(
        "warning",
        "step of a form after the same step",
        "The step reads its own result a second time, with other arguments, and refuses some of it: the "
        "digits of a phone number do not tell their country.",
        "Write the arguments in the message where the value is made, or remove that step.",
    ),
}
