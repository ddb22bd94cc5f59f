"""The codes M1xx: JMESPath expressions."""

from mapper.codes.code import DiagnosticCode

EXPRESSION: dict[str, DiagnosticCode] = {
    "M101": DiagnosticCode(
        "error",
        "invalid expression",
        "This is not a valid JMESPath expression, so it could not be evaluated for any event.",
        "Fix it at the marked place. `docs/jmespath.md` shows the syntax.",
    ),
    "M102": DiagnosticCode(
        "error",
        "empty expression",
        "An empty expression reads nothing, so the field would never be sent.",
        "Write a path, or remove the key; `{const: null}` removes an inherited field.",
    ),
    "M103": DiagnosticCode(
        "error",
        "unclosed quote",
        "Without its closing quote, the rest of the expression is part of the string.",
        "Close it with the quote that opened it. Escape a quote inside it with a backslash: `'Ada\\'s'`.",
    ),
    "M104": DiagnosticCode(
        "error",
        "invalid JSON between backticks",
        "Backticks enclose JSON. Some libraries accept other text and guess, which can turn a number "
        "into a string or give a value that JSON cannot hold.",
        "Write JSON between backticks, and strings in single quotes: `'text'`.",
    ),
    "M105": DiagnosticCode(
        "error",
        "invalid quoted name",
        "A name in double quotes is a JSON string with at least one character.",
        "Fix the escapes. Strings go in single quotes; the empty string is `''`.",
    ),
    "M106": DiagnosticCode(
        "error",
        "expression too large",
        "Limits on length, parts and depth keep one expression from hanging the compiler.",
        "Define parts of the expression under `let` and use them as `$name`.",
    ),
    "M107": DiagnosticCode(
        "error",
        "index out of range",
        "No list has an element with this index.",
        "Write a smaller number; `[-1]` is the last element.",
    ),
    "M108": DiagnosticCode(
        "error",
        "`!` before a path",
        "JMESPath reads `!a.b` as `(!a).b`, a field of a boolean, which is always null.",
        "Put the path in parentheses: `!(a.b)`.",
    ),
    "M109": DiagnosticCode(
        "error",
        "path after `.*`",
        "After `x.*`, JMESPath libraries apply only the first step to each value and the rest to the "
        "list of results, which gives null.",
        "Write `values(x)[*].a.b`.",
    ),
    "M110": DiagnosticCode(
        "error",
        "slice after an index",
        "Libraries disagree on `a[0][0:2].b`: some drop everything after the slice.",
        "Put a pipe between: `a[0] | [0:2].b`.",
    ),
    "M111": DiagnosticCode(
        "error",
        "slice with a step of 0",
        "A step of 0 selects no elements, and JMESPath makes it an error for every list.",
        "Remove the step, or write another one.",
    ),
    "M112": DiagnosticCode(
        "error",
        "duplicate key in an expression",
        "One of the two values would be silently lost.",
        "Remove one of them.",
    ),
    "M113": DiagnosticCode(
        "error",
        "misplaced `&`",
        "`&` and an expression are not a value; only `map`, `sort_by`, `min_by` and `max_by` accept them.",
        "Remove the `&`. To require two conditions, write `a && b`.",
    ),
    "M114": DiagnosticCode(
        "error",
        "number without backticks",
        "In JMESPath a bare number is an index and appears only in brackets.",
        "Write the number between backticks.",
    ),
    "M115": DiagnosticCode(
        "error",
        "unknown function",
        "A function that does not exist cannot be called. A clock and random numbers do not exist here, "
        "so that sending an event twice is harmless.",
        "Use a JMESPath function or a transform; `docs/transforms.md` lists them. For events without an "
        "id, `fingerprint(@)` gives a stable one.",
    ),
    "M116": DiagnosticCode(
        "error",
        "wrong number of arguments",
        "A call with too many or too few arguments would fail for every event.",
        "Pass the arguments that the message names.",
    ),
    "M117": DiagnosticCode(
        "error",
        "expression multiplies its input",
        "Each stage that uses its input more than once multiplies the size of the result; a few such "
        "stages exhaust memory for one small event.",
        "Use each value once, or define parts under `let`.",
    ),
    "M118": DiagnosticCode(
        "warning",
        "quoted name where a string is likely",
        'Double quotes enclose an attribute name: `event == "Order"` compares with the attribute '
        "`Order`, which most events do not have.",
        "Put strings in single quotes. If you mean the attribute, write `@.` before it.",
    ),
    "M119": DiagnosticCode(
        "warning",
        "`true`, `false` or `null` without backticks",
        "Without backticks these are attribute names, which most events do not have.",
        "Put backticks around it.",
    ),
    "M120": DiagnosticCode(
        "warning",
        "bare name where a string is likely",
        "Without quotes it reads the attribute with that name, which most events do not have.",
        "Put the string in single quotes, and the name of an event under `is`. If you mean the attribute, "
        "write `@.` before it.",
    ),
    "M121": DiagnosticCode(
        "warning",
        "comparison with a constant result",
        "By the source schema the two sides are never equal, or both are constants, so the result is the "
        "same for every event. A value is equal to a list only if it is that whole list.",
        "Compare with a value that the other side can have, of the same type.",
    ),
    "M122": DiagnosticCode(
        "warning",
        "`to_string` of a value that may be missing",
        "`to_string` turns a missing value into the string `null`, and that string would be sent.",
        "Use `text`, which gives null for null.",
    ),
    "M123": DiagnosticCode(
        "warning",
        "function of a value that may be missing",
        "JMESPath functions fail on null: the value is then invalid, a condition is false, and nothing "
        "after `||` is tried.",
        "Make sure the function gets a value, or test first with `present(...) &&`.",
    ),
    "M124": DiagnosticCode(
        "warning",
        "bare path as a condition",
        "In a condition only null, `false` and empty values are false: 0 and the string `false` are true.",
        "Write `boolean(x)` to read yes or no, `present(x)` to test whether it is there, or a comparison.",
    ),
    "M125": DiagnosticCode(
        "error",
        "path that never has a value",
        "By the source schema no event has a value there, or `$meta` has no such attribute, so the field "
        "would never be sent.",
        "Correct the name, or use `[*]` for the elements of a list and `.*` for the values of an object.",
    ),
    "M126": DiagnosticCode(
        "warning",
        "attribute that is probably misspelt",
        "The source schema has an attribute whose name differs by one letter. The schema is open, so "
        "this one may exist too.",
        "Correct the name, or add the attribute to the source schema.",
    ),
    "M127": DiagnosticCode(
        "warning",
        "condition with a constant result",
        "It is true for every event, or for none, so it decides nothing. A number is always true, even 0.",
        "Compare the value, or remove the condition.",
    ),
    "M128": DiagnosticCode(
        "warning",
        "0 or false treated as present, or as missing",
        "In a condition a number that is there is true, even 0. Where the value before `||` is false, "
        "the one after it is used.",
        "Compare the number; use `not_null`, or `from` with a list, where false is an answer.",
    ),
    "M129": DiagnosticCode(
        "warning",
        "`a && b || c` used as a choice",
        "If the condition is true but the middle value is missing, empty or false, the last value is used.",
        "Write a rule with `case`.",
    ),
    "M130": DiagnosticCode(
        "warning",
        "index applied to each element",
        "After a filter, steps apply to each element: `items[?sku].name[0]` looks for a first element in "
        "each name.",
        "Put a pipe before the index: `items[?sku].name | [0]`.",
    ),
    "M131": DiagnosticCode(
        "warning",
        "value before a call is ignored",
        "In other languages `items.split(',')` passes `items` to the function. Here a function gets only "
        "its arguments, so the value before the dot is lost.",
        "Pass it as the first argument: `split(items, ',')`.",
    ),
    "M132": DiagnosticCode(
        "warning",
        "attribute with the name of a variable",
        "Without `$` it reads the attribute with that name, which most events do not have. The variable "
        "is not read.",
        "Write `$` before it. If you mean the attribute, write `$event.` before it.",
    ),
    "M133": DiagnosticCode(
        "warning",
        "attribute of a list or a string",
        "Another rule treats the same value as a list or as a string. Neither has attributes, so this is "
        "always missing.",
        "Write `items[].price` for each element and `count(items)` for their number. The event itself is "
        "`$event`.",
    ),
    "M134": DiagnosticCode(
        "warning",
        "element or list name before the attributes of an element",
        "Inside `each`, an expression already reads the element: `item.sku` is the attribute `sku` of an "
        "attribute `item`, which most elements do not have, and `$items[0].sku` is the same for all of them.",
        "Remove the name before the dot. The element itself is `@`, and the event is `$event`. If you mean "
        "an attribute of that name, write `@.` before it.",
    ),
    "M135": DiagnosticCode(
        "error",
        "path after a list or object built in a projection",
        "By the specification `items[*].{a: b}.a` reads `a` of each element; libraries read it of the "
        "whole list, which gives null, and `items[*].{a: b}[0]` gives the first element of that list.",
        "Put a pipe between: `items[*].{a: b} | [*].a` for each, `items[*].{a: b} | [0]` for the first.",
    ),
    "M136": DiagnosticCode(
        "warning",
        "arguments in the wrong order",
        "A transform takes the value that it changes first. A string there gives the same for every event, "
        "and what the event holds is read as the argument.",
        "Swap the two: `query_parameter(url, 'epik')`.",
    ),
    "M137": DiagnosticCode(
        "warning",
        "condition beside `each` that reads the element",
        "`when` is asked once for the whole list, and reads the event. Where that has no such attribute, "
        "the list is always left out, or never.",
        "Write the condition under `where`, which is asked of each element. If you mean the attribute of the "
        "event, write `$event.` before it.",
    ),
    "M140": DiagnosticCode(
        "error",
        "invalid pattern",
        "In a pattern, `{sku}` is a part, `*` is any text, and all else is itself. In braces are a "
        "name, a kind after a colon, and a length after a blank: `{code:[A-Z] 2}`.",
        "Fix it at the marked place. `{{`, `}}` and `{*}` are the characters themselves.",
    ),
    "M141": DiagnosticCode(
        "error",
        "pattern whose parts could end in many places",
        "Each part of a pattern is tried once, so that no text takes long. So the characters that a part "
        "takes must tell where it begins and ends.",
        "Put a text between the parts that no part takes, give a part a length, or another kind.",
    ),
    "M142": DiagnosticCode(
        "error",
        "regular expression as a pattern",
        "A pattern is no regular expression: `{n:digits}` is what `([0-9]+)` is there, and `*` is `.*`. It "
        "describes the whole text, so it needs no `^` and no `$`.",
        "Write the pattern. For one of several, write a list of patterns, or several rows of a table.",
    ),
    "M143": DiagnosticCode(
        "warning",
        "pattern that never matches",
        "A pattern describes the whole text. This one describes a path, and is matched with a whole URL, or "
        "the other way round.",
        "Write `*` before and after what is looked for, or read the attribute that the pattern describes.",
    ),
    "M144": DiagnosticCode(
        "error",
        "pattern without a part to extract",
        "`extract` gives the text of each part that has a name. This pattern has none, so it would always "
        "give nothing.",
        "Name a part, as `{sku}`. To ask whether a text has this form, write `matches`.",
    ),
    "M145": DiagnosticCode(
        "warning",
        "row of patterns that is never reached",
        "The rows of `patterns` are asked from the top, and the first one that describes the text is used. A "
        "row above describes every text that this one does.",
        "Move the row up, or remove it. For all other texts write `default`.",
    ),
    "M146": DiagnosticCode(
        "error",
        "function that reads more than its parameters",
        "A function depends on its arguments alone, so a call shows all that its value depends on. "
        "It reads neither the event nor a `let`.",
        "Add a parameter, and give it the value where the function is called. A value "
        "without parameters is a `let`.",
    ),
    "M147": DiagnosticCode(
        "error",
        "functions that call each other in a circle",
        "Each of them needs its own value before it has one.",
        "Break the circle: let one of them do without the others.",
    ),
    "M148": DiagnosticCode(
        "error",
        "variable that is called",
        "`$name` is a value, which takes no arguments. A function is called by its name alone.",
        "Write `name(...)` for a function. For a value with parameters, define one under `functions`.",
    ),
    "M149": DiagnosticCode(
        "warning",
        "pattern of one text",
        "A pattern describes the whole text. One without `*` and without a part describes a single text, so "
        "it finds nothing that only contains it.",
        "Write `*` before and after what is looked for. To compare with one text, write `==`, or `is: TEXT`.",
    ),
    "M150": DiagnosticCode(
        "error",
        "variable with the name of an outer one",
        "A `let` of a list rule or of a section would hide the variable of the same name around it. A "
        "reader of the rule could not tell which of the two `$name` is.",
        "Give one of them another name, or remove the inner one to read the outer one.",
    ),
    "M151": DiagnosticCode(
        "error",
        "template that cannot be read",
        "A template has paths in braces, and in brackets what is left out if a value in it is absent. "
        "Anything else could send its braces and brackets as they are.",
        "Write `template: '{brand} - {name}[ ({variant})]'`. The characters are `{{`, `}}`, `{[}` and `{]}`; "
        "define longer expressions under `let`, and use them as `{$name}`.",
    ),
    "M152": DiagnosticCode(
        "error",
        "time that is written as text for a field that takes a time",
        "The field reads a time in any of the usual forms and sends it as the service expects. A text in a "
        "format of its own may be one that the field cannot read.",
        "Remove `format_time`. It is for fields that take any text.",
    ),
    "M153": DiagnosticCode(
        "error",
        "value still to be decided",
        "A draft says so with `{todo: TEXT}` where only its author can know the value. A mapping with such a "
        "place sends nothing, so no draft runs half done.",
        "Replace `{todo: TEXT}` with the value, or remove the field.",
    ),
    "M154": DiagnosticCode(
        "error",
        "table that cannot be read",
        "A table is read when the mapping is compiled. A missing column, a duplicate key, or a "
        "line with too many cells would give wrong values for some events.",
        "Fix the file at the marked place, or the path and the columns that the mapping names.",
    ),
    "M155": DiagnosticCode(
        "warning",
        "escape in single quotes",
        "A string in single quotes has no escapes but that of the quote itself: a backslash and the letter n "
        "in it are these two characters, not the end of a line.",
        "Write the string as JSON between backticks, where escapes are read.",
    ),
}
