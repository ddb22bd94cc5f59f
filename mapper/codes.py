"""The table of diagnostic codes: how bad each is, why, and how to mend it. A code is never reused.

Ranges: M0xx YAML and shape, M1xx expressions, M2xx types, M3xx target, M4xx policy, consent and personal
data, M5xx tests, M9xx advice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "advice"]


@dataclass(frozen=True, slots=True)
class Code:
    """One row of the table: how bad it is, its name, why it is bad and how to mend it."""

    severity: Severity
    title: str
    why: str
    mend: str


CODES: dict[str, Code] = {
    # M0xx: YAML and the shape of a mapping file
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
        "A rule takes its value from exactly one of `const`, `from`, `case` and `each`.",
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
    # M1xx: expressions
    "M101": Code(
        "error",
        "expression syntax",
        "The text is not a JMESPath expression, so it could not be worked out for any event.",
        "Mend it at the place shown. `docs/jmespath.md` shows the forms.",
    ),
    "M102": Code(
        "error",
        "empty expression",
        "An empty text reads nothing.",
        "Write a path; an empty constant is written `{const: ''}`.",
    ),
    "M103": Code(
        "error",
        "a quote that is not closed",
        "Without its closing quote the rest of the expression is part of the text.",
        "Close it with the quote that opened it.",
    ),
    "M104": Code(
        "error",
        "not a constant",
        "Between backticks stands JSON. Some libraries take other text and guess; then a number turns into a "
        "text, or a value appears that JSON cannot hold.",
        "Write JSON between backticks, and a text in single quotes: `'text'`.",
    ),
    "M105": Code(
        "error",
        "a name that cannot be",
        "A name in double quotes is a JSON string with at least one character.",
        "Mend the escapes, or write single quotes where a text is meant.",
    ),
    "M106": Code(
        "error",
        "expression too large",
        "Limits on length, parts and depth keep a mapping file from stopping whoever compiles it.",
        "Name parts of the expression with `let` and use them as `$name`.",
    ),
    "M107": Code(
        "error",
        "number out of range",
        "No list has an element of that number.",
        "Write a smaller number.",
    ),
    "M108": Code(
        "error",
        "`!` before a path",
        "JMESPath reads `!a.b` as `(!a).b`, a field of true or false, which is always null.",
        "Put the path in parentheses: `!(a.b)`.",
    ),
    "M109": Code(
        "error",
        "a path behind `.*`",
        "JMESPath libraries do only the first step behind `x.*` for each value, and the rest on the list of "
        "results, which is null.",
        "Write `values(x)[*].a.b`.",
    ),
    "M110": Code(
        "error",
        "a slice behind an index",
        "Libraries disagree on `a[0][0:2].b`: some lose what follows the slice.",
        "Put a pipe between: `a[0] | [0:2].b`.",
    ),
    "M111": Code(
        "error",
        "a slice in steps of 0",
        "Such a slice has no elements to give, and JMESPath makes it an error for every list.",
        "Leave the step away, or write another one.",
    ),
    "M112": Code(
        "error",
        "the same key twice in an expression",
        "One of the two values would be lost without a word.",
        "Take one of them away.",
    ),
    "M113": Code(
        "error",
        "`&` in the wrong place",
        "An expression behind `&` is no value; only `map`, `sort_by`, `min_by` and `max_by` take one.",
        "Take the `&` away, or use one of these functions.",
    ),
    "M114": Code(
        "error",
        "a number without backticks",
        "In JMESPath a bare number is an index, and stands only in brackets.",
        "Write the number between backticks.",
    ),
    "M115": Code(
        "error",
        "unknown function",
        "A function that does not exist could not be called for any event.",
        "Use a function of JMESPath or a transform; `docs/transforms.md` lists them.",
    ),
    "M116": Code(
        "error",
        "wrong number of arguments",
        "A function with more or fewer arguments than it takes would fail for every event.",
        "Write the arguments that the message names.",
    ),
    "M117": Code(
        "error",
        "an expression that multiplies its input",
        "Each stage that uses its input more than once makes the result that many times as large; a few "
        "such stages fill the memory for one small event.",
        "Use each value once, or name parts with `let`.",
    ),
    "M118": Code(
        "warning",
        "a quoted name where a text is likely",
        'In double quotes stands the name of a field: `event == "Order"` compares with the field `Order`, '
        "which most events do not have.",
        "Write a text in single quotes. Where the field is meant, write `@.` before it.",
    ),
    "M119": Code(
        "warning",
        "`true`, `false` or `null` without backticks",
        "Without backticks these are names of fields, which are null in most events.",
        "Put backticks around it.",
    ),
    "M201": Code(
        "error",
        "unknown transform",
        "A step that names no transform cannot be run.",
        "Use a transform from the list in `docs/transforms.md`.",
    ),
    "M202": Code(
        "error",
        "wrong argument of a transform",
        "A transform with an argument it does not take could not be run for any event.",
        "Write the arguments that the message names.",
    ),
    "M203": Code(
        "error",
        "a step that never fits",
        "The value that comes to this step is never of a type it takes, so the field would never be sent.",
        "Put a step before it that makes the type it takes, or take the step away.",
    ),
    "M204": Code(
        "error",
        "an argument that never fits",
        "The function does not take a value of this type, so it would fail for every event.",
        "Give it what it takes; `to_number`, `to_string` and `to_array` make one type of another.",
    ),
    "M205": Code(
        "error",
        "an order of what are no numbers",
        "`<`, `<=`, `>` and `>=` compare numbers. With anything else they give null, which never holds.",
        "Make numbers of both sides, or compare with `==`.",
    ),
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
        "Write a constant that the field takes.",
    ),
    "M304": Code(
        "error",
        "required field without a rule",
        "Every event of this section would be rejected, since the destination asks for the field.",
        "Add a rule for the field, in the common `payload` or in the section.",
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
        "Without its schema a mapping cannot be checked.",
        "Use a name that `mapper schema` lists.",
    ),
    "M307": Code(
        "warning",
        "doubtful event name",
        "A misspelt standard name is taken as an event of one's own and shows up in no report.",
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
        "The object takes other fields too, so a misspelt one is sent and has no effect.",
        "Check the name, or take the field away.",
    ),
    "M310": Code(
        "error",
        "normal form not applied",
        "With `normal_forms: explicit` nothing is put in, and the field needs these steps.",
        "Write the steps under `apply`, or take `normal_forms: explicit` away.",
    ),
    "M401": Code(
        "error",
        "personal value in clear",
        "The destination asks for digests of personal values; one in any other field is readable.",
        "Send another attribute, or write `personal: allowed` in the rule where it is meant.",
    ),
    "M501": Code(
        "error",
        "test of a field that does not exist",
        "No payload can ever have the field, so the test could never hold.",
        "Use the name in the hint; `mapper schema TARGET` shows all fields.",
    ),
    "M901": Code(
        "advice",
        "event name of one's own",
        "An event with a name of one's own counts in reports only once it is mapped to a standard event.",
        "Use a standard name where one fits.",
    ),
}
