"""M0xx: YAML and the shape of a mapping file."""

from mapper.codes.code import DiagnosticCode

SHAPE: dict[str, DiagnosticCode] = {
    "M001": DiagnosticCode(
        "error",
        "invalid YAML",
        "YAML cannot parse the file at this point. The rest is still checked, but nothing is compiled.",
        "Fix the marked place: usually a space is missing after a colon, a quote or bracket is not "
        "closed, or lines are not indented alike (spaces only).",
    ),
    "M002": DiagnosticCode(
        "error",
        "duplicate key",
        "YAML keeps one of two equal keys and silently drops the other.",
        "Remove one of them, or merge their contents.",
    ),
    "M003": DiagnosticCode(
        "error",
        "expression needs quotes",
        "Some characters have a meaning in YAML, so only part of the expression would be read.",
        "Quote the whole expression, as the hint shows; `mapper check --fix` does it.",
    ),
    "M004": DiagnosticCode(
        "error",
        "ambiguous number",
        "YAML versions disagree on octal, hexadecimal, leading zeros, infinities and not-a-number, and "
        "JSON has none of them.",
        "Quote it if it is text, such as a postcode; otherwise write the number in decimal.",
    ),
    "M005": DiagnosticCode(
        "error",
        "number out of range",
        "No payload can hold a number of this size.",
        "Write a smaller number, or quote it if it is text.",
    ),
    "M006": DiagnosticCode(
        "error",
        "YAML tag",
        "A YAML tag asks the parser to build something other than a plain value; the mapping language "
        "has no tags.",
        'Remove the tag: how a value is written shows its type, as in `false`, `5` or `"5"`. Quote an '
        "expression that begins with `!`.",
    ),
    "M007": DiagnosticCode(
        "error",
        "anchor or alias",
        "A value defined elsewhere hides what a rule does, and nested aliases can exhaust memory.",
        "Define the value under `let` and use it as `$name`; only tests may share values through anchors.",
    ),
    "M008": DiagnosticCode(
        "error",
        "more than one document",
        "A file holds one mapping; anything after `---` would be ignored.",
        "Move the second document to its own file.",
    ),
    "M009": DiagnosticCode(
        "error",
        "file too large or too deeply nested",
        "Limits on size, nesting and number of values keep one file from hanging the checker.",
        "Define values that are used twice under `let`, and move parts into files that the mapping "
        "`extends`.",
    ),
    "M010": DiagnosticCode(
        "error",
        "character that changes the direction of text",
        "Such characters make text look different from what it is, which can deceive a reviewer.",
        "Remove the character; it usually comes with copied text. If you need it, write it as an escape "
        'in double quotes, such as `"\\u200f"`.',
    ),
    "M011": DiagnosticCode(
        "error",
        "invisible character",
        "YAML does not allow such characters, and a reader cannot see them.",
        "Remove the character; it usually comes with copied text. If you need it, write it as an escape "
        'in double quotes, such as `"\\ufeff"`.',
    ),
    "M012": DiagnosticCode(
        "error",
        "key is not a string",
        "Every key is a name, so it cannot be a list or a mapping.",
        "Write one word before the colon. Expressions need no braces: `em: email`, not `em: {{ email }}`.",
    ),
    "M013": DiagnosticCode(
        "error",
        "merge key",
        "In YAML 1.2 `<<` is an ordinary key; where a parser does merge, the file does not show the "
        "resulting rule.",
        "Write the keys out. Fields that all events share belong in the common `payload`, a value used "
        "twice under `let`.",
    ),
    "M020": DiagnosticCode(
        "error",
        "unknown key",
        "An unknown key would be ignored, and what it was meant to do would silently not happen.",
        "Use the key in the hint, or remove it. Fields belong under `payload`.",
    ),
    "M021": DiagnosticCode(
        "error",
        "missing key",
        "Without this key this part of the mapping is incomplete, and guessing could send the wrong "
        "events. A mapping needs `version`, `target`, and `events` or `otherwise`; a section needs `is` "
        "or `when`, and `send` or `skip`; `is` needs a `match`; `consent` needs `when_missing` and "
        "`when_denied`; each arm of `case` needs `when` and `then`; a rule with `each` needs `item`.",
        "Add the key, as the hint shows: `when_missing: denied`, `when_denied: skip`, `match: type`.",
    ),
    "M022": DiagnosticCode(
        "error",
        "wrong YAML type",
        "The value is a list, a mapping, a string or a number where another of these is required. Lists "
        "(dashes or brackets): `events`, `case`, `tests`. Mappings: `payload`, `let`, `consent`, `zip`. "
        "Strings, which are expressions: `when`, `where`, `match`, `split`; a constant inside one goes "
        "between backticks, in quotes.",
        "Write the type that the message names: `[{when: type == 'a', then: number}]`, `otherwise: "
        "skip`, `split: events`.",
    ),
    "M023": DiagnosticCode(
        "error",
        "empty value",
        "`key:` with nothing after it says neither what to send nor that nothing should be sent.",
        "Write a value, or `{const: null}` to remove an inherited field.",
    ),
    "M024": DiagnosticCode(
        "error",
        "fields and rule keys mixed",
        "A mapping is either the fields of an object or one rule; a mix of both has no meaning.",
        "Put the rule under its field, as in `currency: {from: currency, default: USD}`.",
    ),
    "M025": DiagnosticCode(
        "error",
        "rule without exactly one source",
        "A rule takes its value from exactly one of `const`, `from`, `across`, `template`, `case`, `each` "
        "and `zip`. Only `item`, `where` and `let` can be written without one: they add to an inherited "
        "`each`.",
        "Keep one of them. `from` accepts a list of alternatives; `default` is the constant for events "
        "that have none of them.",
    ),
    "M026": DiagnosticCode(
        "error",
        "invalid name under `let` or `functions`",
        "A variable or function with this name could not be read, or would hide one of the language's own.",
        "Choose another name, using letters, digits and `_`. A function has parameters: `clean_sku(value)`.",
    ),
    "M027": DiagnosticCode(
        "error",
        "cycle between variables",
        "Each of these values depends on another, so none can be computed.",
        "Make one of them read the event directly.",
    ),
    "M028": DiagnosticCode(
        "error",
        "unknown variable",
        "No `let` defines this `$name`, so it has no value.",
        "Correct the name, or define it under `let`. An attribute whose name begins with `$` needs "
        'double quotes: `"$name"`.',
    ),
    "M030": DiagnosticCode(
        "error",
        "file cannot be extended",
        "Without this file the mapping lacks rules its author relies on.",
        "Write a path relative to this mapping, to a mapping file in the project.",
    ),
    "M031": DiagnosticCode(
        "error",
        "circular `extends`",
        "Each file would have to be read before the other, so neither can be.",
        "Remove one of the paths under `extends`.",
    ),
    "M032": DiagnosticCode(
        "error",
        "expected variable is not defined",
        "A file that this mapping extends reads the variable and lists it under `expects`, so the "
        "mapping must define it.",
        "Define it under `let`.",
    ),
    "M033": DiagnosticCode(
        "error",
        "partial file used as a mapping",
        "A file with `partial: true` is part of other mappings and does not define a whole payload.",
        "Run a mapping that `extends` it, or remove `partial`.",
    ),
    "M034": DiagnosticCode(
        "error",
        "`required` within a value",
        "Only a field can be missing from a payload: an alternative, a case or an element of a list "
        "rejects no event.",
        "Write `required: true` in the rule of the field, beside its `from` or `case`.",
    ),
    "M035": DiagnosticCode(
        "error",
        "extended files contradict each other",
        "Neither file extends the other, so only the order of their names would decide. `consent`, "
        "`split`, `match` and `otherwise` are inherited as a whole, rules of `skip` are known by their "
        "reason, and the rules of a person's fields and of the payload's key decide who is identified.",
        "Write the key, the rule or the field in the mapping itself.",
    ),
    "M036": DiagnosticCode(
        "error",
        "extended files without an order",
        "A file has priority over those that it extends, and a later name in a list over an earlier one. "
        "Here these two contradict each other, so no file could be sure that its rules override the others.",
        "Remove the name of a file that another one in the list extends already, or put the names in the "
        "same order everywhere.",
    ),
    "M037": DiagnosticCode(
        "error",
        "part taken away that is not inherited",
        "`inherit: false` takes away a part of an extended file. Where no file has this part, the name is "
        "misspelt, or the part was renamed, and what should be gone is still there.",
        "Use the name in the hint, or remove the entry.",
    ),
    "M038": DiagnosticCode(
        "warning",
        "empty list or mapping",
        "It does nothing: what the files have that the mapping extends is still inherited.",
        "Remove the key. To take an inherited part away, name it with `inherit: false`.",
    ),
    "M040": DiagnosticCode(
        "error",
        "not a mapping file",
        "Events and schemas are JSON; a mapping is YAML that says how events become payloads. Nothing of "
        "the file is shown, because its lines may hold personal values.",
        "Pass the mapping to `check`, and the events to `run` or to `check --events`; a schema belongs under "
        "`schemas/`. A mapping starts with `version: 1` and `target: ...`.",
        shows_lines=False,
    ),
    "M041": DiagnosticCode(
        "warning",
        "YAML version line",
        "A mapping is read as YAML 1.2, whatever its first line says: `yes`, `on` and `no` are strings.",
        "Remove the line.",
    ),
    "M050": DiagnosticCode(
        "warning",
        "key mixes scripts",
        "Letters of other scripts can look like Latin ones, so a reviewer may read a different word.",
        "Write the whole word in one script.",
    ),
    "M060": DiagnosticCode(
        "warning",
        "invalid `allow` comment",
        "A comment allows one warning or advice, by its code, with the word `allow`; this comment has no "
        "effect.",
        "Write the code as it was shown: `# mapper: allow M413 read by the reports`.",
    ),
    "M061": DiagnosticCode(
        "warning",
        "`allow` comment without a reason",
        "The next reader cannot tell whether the warning should still be allowed.",
        "Add the reason after the code: `# mapper: allow M413 read by the reports`.",
    ),
    "M062": DiagnosticCode(
        "warning",
        "unused `allow` comment",
        "The warning it names is not on this line. The comment would hide one that appears here later.",
        "Remove the comment, or move it to the end of the line it is about.",
    ),
}
