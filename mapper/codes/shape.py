"""M0xx: YAML and the shape of a mapping file."""

from mapper.codes.code import Code

SHAPE: dict[str, Code] = {
    "M001": Code(
        "error",
        "YAML syntax",
        "YAML cannot read this place. The rest of the file is checked all the same, but nothing is compiled.",
        "Mend the place shown: most often a blank is missing behind a colon, a quote or a bracket is "
        "not closed, or lines are not indented alike, with blanks only.",
    ),
    "M002": Code(
        "error",
        "key that stands twice",
        "YAML keeps one of two equal keys and drops the other without a word.",
        "Take one of the two away, or join what stands under them.",
    ),
    "M003": Code(
        "error",
        "an expression that needs quotes",
        "YAML gives some characters a meaning of its own, so only a part of the expression would be read.",
        "Put the whole expression in quotes, as the hint shows; `mapper check --fix` does it.",
    ),
    "M004": Code(
        "error",
        "a number that is read in two ways",
        "Versions of YAML disagree on octal, hexadecimal, leading zeros, infinities and not-a-number, and "
        "JSON has none of them.",
        "Put it in quotes if it is a text, such as a postcode; else write the number in decimal.",
    ),
    "M005": Code(
        "error",
        "number out of range",
        "No payload can hold a number of this size.",
        "Write a smaller number, or put it in quotes if it is a text.",
    ),
    "M006": Code(
        "error",
        "YAML tag",
        "A YAML tag asks the reader to build something other than plain values; the language has none.",
        'Take the tag away: a value tells its type by itself, as `false`, `5` or `"5"`. An expression '
        "that begins with `!` stands in quotes.",
    ),
    "M007": Code(
        "error",
        "anchor or alias",
        "A value that stands elsewhere hides what a rule does, and aliases of aliases fill the memory.",
        "Name the value under `let` and use it as `$name`; only tests may share values by anchors.",
    ),
    "M008": Code(
        "error",
        "more than one document",
        "A file is one mapping; what stands behind `---` would be ignored.",
        "Put the second document into a file of its own.",
    ),
    "M009": Code(
        "error",
        "file too large or too deep",
        "Limits on size, nesting and number of values keep a mapping file from stopping whoever checks it.",
        "Name values that are used twice under `let`, and put parts into files of their own that the "
        "mapping `extends`.",
    ),
    "M010": Code(
        "error",
        "character that changes the direction of text",
        "Such characters make a text look like another one than it is, so a reviewer can be deceived.",
        "Take the character away; it most often came along with copied text. Where it is meant, write "
        'it as an escape in double quotes, such as `"\\u200f"`.',
    ),
    "M011": Code(
        "error",
        "invisible character",
        "YAML does not take such characters, and nobody can see that they are there.",
        "Take the character away; it most often came along with copied text. Where it is meant, write "
        'it as an escape in double quotes, such as `"\\ufeff"`.',
    ),
    "M012": Code(
        "error",
        "key that is not a text",
        "Every key is the name of something, so a list or a mapping cannot be one.",
        "Write one word before the colon. An expression stands without braces: `em: email`, not `em: {{"
        " email }}`.",
    ),
    "M013": Code(
        "error",
        "merge key",
        "`<<` is a key like any other in YAML 1.2; where it merges, nobody sees what a rule ends with.",
        "Write the keys out. Fields that all events share stand in the common `payload`, and a value "
        "that is used twice under `let`.",
    ),
    "M020": Code(
        "error",
        "unknown key",
        "A key the language does not know would be ignored, and what it should do would silently not happen.",
        "Use the key that the hint names, or take it away. Fields stand under `payload`.",
    ),
    "M021": Code(
        "error",
        "missing key",
        "Without this key the part of the mapping has no meaning, and a guess could send the wrong events. A "
        "mapping needs `version`, `target`, and `events` or `otherwise`; a section `is` or `when`, and "
        "`send` or `skip`; `is` needs a `match`; `consent` needs `when_missing` and `when_denied`; an arm of "
        "`case` `when` and `then`; a rule with `each` needs `item`.",
        "Add the key, as the hint shows: `when_missing: denied`, `when_denied: skip`, `match: type`.",
    ),
    "M022": Code(
        "error",
        "wrong shape",
        "A list, a mapping, a text or a number stands where the language takes another of them, so it "
        "cannot be read. Lists, with dashes or brackets: `events`, `case`, `tests`. Mappings: `payload`, "
        "`let`, `consent`, `zip`. Texts, which are expressions: `when`, `where`, `match`, `split`; a "
        "constant within one stands between backticks, in quotes.",
        "Write the shape that the message asks for: `[{when: type == 'a', then: number}]`, "
        "`otherwise: skip`, `split: events`.",
    ),
    "M023": Code(
        "error",
        "empty value",
        "`key:` with nothing behind it says neither what to send nor that nothing should be sent.",
        "Write a value, or `{const: null}` to take an inherited field away.",
    ),
    "M024": Code(
        "error",
        "fields and rule keys mixed",
        "A mapping is either the fields of an object or one rule; a mix of both has no meaning.",
        "Put the rule behind its field, as in `currency: {from: currency, default: USD}`.",
    ),
    "M025": Code(
        "error",
        "rule without one source",
        "A rule takes its value from exactly one of `const`, `from`, `case`, `each` and `zip`.",
        "Keep one of them. `from` takes a list of alternatives, and `default` a constant for where none"
        " is present.",
    ),
    "M026": Code(
        "error",
        "name that a `let` cannot have",
        "A variable of this name could not be read, or would hide one of the language's own.",
        "Give it another name, of letters, digits and `_`.",
    ),
    "M027": Code(
        "error",
        "cycle between lets",
        "Each of these values needs the other one first, so none of them has a value.",
        "Read the event itself in one of them.",
    ),
    "M028": Code(
        "error",
        "unknown variable",
        "A `$name` that no `let` defines has no value.",
        "Mend the name, or define it under `let`. An attribute whose name begins with `$` stands in "
        'double quotes: `"$name"`.',
    ),
    "M030": Code(
        "error",
        "file that cannot be extended",
        "What the mapping takes over from the file is not there, so it is not the mapping that was meant.",
        "Write the path from the mapping's own file, to a mapping file within the project.",
    ),
    "M031": Code(
        "error",
        "files that extend each other",
        "Each of the files would have to be read before the other one, so neither can be.",
        "Take one of the paths under `extends` away.",
    ),
    "M032": Code(
        "error",
        "expected let that nobody fills",
        "A file that this mapping extends reads the name, and says under `expects` that others define it.",
        "Define it under `let`.",
    ),
    "M033": Code(
        "error",
        "partial file where a whole one is due",
        "A file with `partial: true` is a part of other mappings and says not all that a payload needs.",
        "Run a mapping that `extends` it, or take `partial` away.",
    ),
    "M040": Code(
        "error",
        "a file that is no mapping",
        "Events and schemas are JSON, and a mapping says how the one becomes the other.",
        "Give the mapping to `check`, and the events to `run`; a schema belongs below `schemas/`.",
    ),
    "M041": Code(
        "warning",
        "a version of YAML",
        "A mapping is YAML 1.2 whatever its first line says: `yes`, `on` and `no` are texts in it.",
        "Take the line away.",
    ),
    "M050": Code(
        "warning",
        "a key of several scripts",
        "Letters of other scripts can look like Latin ones, so that a reviewer reads another word.",
        "Write the whole word in one script.",
    ),
    "M060": Code(
        "warning",
        "comment that cannot allow anything",
        "Only a code of a warning or advice can be allowed, one in a comment, and only by the word `allow`; "
        "this comment does nothing.",
        "Write the code as it was shown: `# mapper: allow M413 read by the reports`.",
    ),
    "M061": Code(
        "warning",
        "comment that allows without a reason",
        "Whoever reads the mapping next cannot know whether the warning may still stand.",
        "Say why, behind the code: `# mapper: allow M413 read by the reports`.",
    ),
    "M062": Code(
        "warning",
        "comment that allows nothing",
        "The warning it speaks of is not on this line. The comment would hide one that comes there later.",
        "Take the comment away, or put it behind the line that it speaks of.",
    ),
}
