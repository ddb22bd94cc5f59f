"""M0xx: YAML and the shape of a mapping file."""

from mapper.codes.code import Code

SHAPE: dict[str, Code] = {
    "M001": Code(
        "error",
        "YAML syntax",
        "The file is not YAML, so nothing in it can be read.",
        "Mend the text at the place shown; most often it is indentation or a missing quote.",
    ),
    "M002": Code(
        "error",
        "duplicate key",
        "YAML keeps one of two equal keys and drops the other without a word.",
        "Take one of the two away.",
    ),
    "M003": Code(
        "error",
        "an expression that needs quotes",
        "YAML gives some characters a meaning of its own, so only a part of the expression would be read.",
        "Put the whole expression in quotes.",
    ),
    "M004": Code(
        "error",
        "a number that is read in two ways",
        "Versions of YAML disagree on octal, hexadecimal, leading zeros, infinities and not-a-number, and "
        "JSON has none of them.",
        "Write the number in decimal, or in quotes if it is a text.",
    ),
    "M005": Code(
        "error",
        "number out of range",
        "No payload can hold a number of this size.",
        "Write a smaller number, or put it in quotes if it is a text.",
    ),
    "M006": Code(
        "error",
        "tag",
        "A YAML tag asks the reader to build something other than plain values; the language has none.",
        "Take the tag away; put the text in quotes if it is an expression that begins with `!`.",
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
        "file too large",
        "Limits on size, nesting and number of values keep a mapping file from stopping whoever checks it.",
        "Split the mapping.",
    ),
    "M010": Code(
        "error",
        "character that changes the direction of text",
        "Such characters make a text look like another one than it is, so a reviewer can be deceived.",
        "Take the character away; in double quotes it can be written as an escape, such as `\\u200f`.",
    ),
    "M011": Code(
        "error",
        "invisible character",
        "YAML does not take such characters, and nobody can see that they are there.",
        "Take the character away; in double quotes it can be written as an escape.",
    ),
    "M012": Code(
        "error",
        "key that is not a text",
        "Every key of a mapping is the name of something.",
        "Write one word before the colon.",
    ),
    "M013": Code(
        "error",
        "merge key",
        "`<<` is a key like any other in YAML 1.2; where it merges, nobody sees what a rule ends with.",
        "Write the keys out.",
    ),
    "M020": Code(
        "error",
        "unknown key",
        "A key the language does not know would be ignored, and what it should do would silently not happen.",
        "Use one of the keys the message names, or take it away.",
    ),
    "M021": Code(
        "error",
        "missing key",
        "Without this key the part of the mapping has no meaning.",
        "Add the key.",
    ),
    "M022": Code(
        "error",
        "wrong shape",
        "A list, a mapping, a text or a number stands where another of them is due.",
        "Write the shape that the message asks for.",
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
        "Keep only fields or only rule keys.",
    ),
    "M025": Code(
        "error",
        "rule without one source",
        "A rule takes its value from exactly one of `const`, `from`, `case`, `each` and `zip`.",
        "Keep one of them.",
    ),
    "M026": Code(
        "error",
        "reserved or repeated name",
        "A `let` of this name could not be read, or would hide another value.",
        "Give it another name.",
    ),
    "M027": Code(
        "error",
        "cycle between lets",
        "Each of these values needs the other one first, so none of them has a value.",
        "Take one of the references away.",
    ),
    "M028": Code(
        "error",
        "unknown variable",
        "A `$name` that no `let` defines has no value.",
        "Define it under `let`, or use one of the names in the message.",
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
        "Each of the files would have to be read before the other one.",
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
        "partial file that is to send",
        "A file with `partial: true` is a part of other mappings and says not all that a payload needs.",
        "Run a mapping that `extends` it, or take `partial` away.",
    ),
    "M060": Code(
        "warning",
        "comment that cannot allow anything",
        "Only codes of warnings and advice can be allowed; the comment does nothing.",
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
        "There is no such warning on the line, so the comment only hides the next one.",
        "Take the comment away, or put it behind the line that it speaks of.",
    ),
}
