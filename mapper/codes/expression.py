"""M1xx: JMESPath expressions."""

from mapper.codes.code import Code

EXPRESSION: dict[str, Code] = {
    "M101": Code(
        "error",
        "expression syntax",
        "The text is not a JMESPath expression, so it could not be worked out for any event.",
        "Mend it at the place shown. `docs/jmespath.md` shows the forms.",
    ),
    "M102": Code(
        "error",
        "empty expression",
        "An empty text reads nothing, so the field would never be sent.",
        "Write a path, or take the key away; `{const: null}` takes an inherited field away.",
    ),
    "M103": Code(
        "error",
        "a quote that is not closed",
        "Without its closing quote the rest of the expression is part of the text.",
        "Close it with the quote that opened it. A quote within is written with a backslash before it: "
        "`'Ada\\'s'`.",
    ),
    "M104": Code(
        "error",
        "no JSON between backticks",
        "Between backticks stands JSON. Some libraries take other text and guess; then a number turns into a "
        "text, or a value appears that JSON cannot hold.",
        "Write JSON between backticks, and a text in single quotes: `'text'`.",
    ),
    "M105": Code(
        "error",
        "quoted name that cannot be read",
        "A name in double quotes is a JSON string with at least one character.",
        "Mend the escapes. A text is written in single quotes, the empty one `''`.",
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
        "Write a smaller number; `[-1]` is the last element.",
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
        "Take the `&` away. Both of two conditions is written `a && b`.",
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
        "A function that does not exist could not be called for any event. A clock or a random number "
        "there is not, so that sending an event twice is harmless.",
        "Use a function of JMESPath or a transform; `docs/transforms.md` lists them. For an id that the"
        " event has not, `fingerprint(@)` gives a stable one.",
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
        'In double quotes stands the name of an attribute: `event == "Order"` compares with the '
        "attribute `Order`, which most events do not have.",
        "Write a text in single quotes. Where the attribute is meant, write `@.` before it.",
    ),
    "M119": Code(
        "warning",
        "`true`, `false` or `null` without backticks",
        "Without backticks these are names of attributes, which most events do not have.",
        "Put backticks around it.",
    ),
    "M120": Code(
        "warning",
        "a bare name where a text is likely",
        "Without quotes it reads the attribute of that name, which most events do not have.",
        "Put the text in single quotes. Where the attribute is meant, write `@.` before it.",
    ),
    "M121": Code(
        "warning",
        "a comparison with only one answer",
        "The two sides are never equal, by what the source schema says of them, or both are constants: what "
        "stands behind it never acts, or always does.",
        "Compare with a value that the other side can have, of the same kind.",
    ),
    "M122": Code(
        "warning",
        "a text made of what may be missing",
        "`to_string` makes the text `null` of what is not there, and that text would be sent.",
        "Use `text`, which gives null for null.",
    ),
    "M123": Code(
        "warning",
        "a function of what may be missing",
        "JMESPath's functions fail for null: the value is invalid then, a condition does not hold, and what "
        "stands behind `||` is never tried.",
        "Give the function something to work on, or ask first with `present(...) &&`.",
    ),
    "M124": Code(
        "warning",
        "a bare path as a condition",
        "A condition holds for all but null, `false` and what is empty: for 0 and for the text `false`, too.",
        "Write `boolean(x)` to read yes or no, `present(x)` to ask whether it is there, or a comparison.",
    ),
    "M125": Code(
        "error",
        "a path that leads nowhere",
        "By the source schema no event has a value there, so the field would never be sent.",
        "Mend the name, or go through a list with `[*]` and through an object's values with `.*`.",
    ),
    "M126": Code(
        "warning",
        "an attribute that is most likely misspelt",
        "The source schema knows an attribute whose name differs by one letter. It is open, so this one may "
        "exist, too.",
        "Mend the name; or add the attribute to the source schema.",
    ),
    "M127": Code(
        "warning",
        "a condition with only one answer",
        "It holds for every event, or for none, so a rule or a section hangs on nothing. A number always "
        "holds, 0 too.",
        "Compare the value, or take the condition away.",
    ),
    "M128": Code(
        "warning",
        "0 or false taken for a value, or for none",
        "In a condition a number holds whenever it is there. What stands behind `||` is taken for false too.",
        "Compare a number; use `not_null`, or `from` with a list, where false is an answer.",
    ),
    "M129": Code(
        "warning",
        "`a && b || c` as a choice",
        "Where the condition holds and the value in the middle is missing, empty or false, the last one is "
        "taken.",
        "Write a rule with `case`.",
    ),
    "M130": Code(
        "warning",
        "an index of each element",
        "A filter goes on with each element: `items[?sku].name[0]` looks for a first element in each name.",
        "Put a pipe before the index: `items[?sku].name | [0]`.",
    ),
    "M131": Code(
        "warning",
        "a value before a call that nothing reads",
        "In other languages `items.split(',')` hands `items` to the function. Here a function has only its "
        "arguments, so what stands before the dot is lost.",
        "Write it as the first argument: `split(items, ',')`.",
    ),
    "M132": Code(
        "warning",
        "an attribute that bears the name of a `let`",
        "Without `$` it reads the attribute of that name, which most events do not have. The `let` is not "
        "read.",
        "Write `$` before it. Where the attribute is meant, write `$event.` before it.",
    ),
    "M133": Code(
        "warning",
        "an attribute of a list or a text",
        "Another rule goes through the same value as a list, or takes it for a text. Neither has attributes, "
        "so this is always missing.",
        "Write `items[].price` for each element and `count(items)` for their number. The event itself is "
        "`$event`.",
    ),
    "M134": Code(
        "warning",
        "a name before the attributes of an element",
        "Within `each` an expression reads the element already: `item.sku` is the attribute `sku` of an "
        "attribute `item`, which most elements do not have.",
        "Take the name before the dot away.",
    ),
    "M135": Code(
        "error",
        "what follows a list or object made in a projection",
        "By the specification `items[*].{a: b}.a` reads `a` of what each element makes; libraries read it of "
        "the list, which gives null, and `items[*].{a: b}[0]` is the first of the list.",
        "Put a pipe between: `items[*].{a: b} | [*].a` for each, `items[*].{a: b} | [0]` for the first.",
    ),
}
