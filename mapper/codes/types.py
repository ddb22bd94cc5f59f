"""M2xx: types, and the transforms that take them."""

from mapper.codes.code import Code

TYPES: dict[str, Code] = {
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
        "Put a step before it that makes what it takes, or take the step away.",
    ),
    "M204": Code(
        "error",
        "an argument that never fits",
        "The function does not take a value of this type, so it would fail for every event.",
        "Give it what it takes; `to_number`, `to_string` and `to_array` make one type of another.",
    ),
    "M205": Code(
        "error",
        "`<` or `>` between what are no numbers",
        "`<`, `<=`, `>` and `>=` compare numbers. With anything else they give null, which never holds.",
        "Make numbers of both sides: `to_number(x)`, or `timestamp(x)` for dates. `==` compares anything.",
    ),
    "M206": Code(
        "warning",
        "constant that looks like an expression",
        "Tables, defaults and other constants are sent as they stand, with their `$`.",
        "Read the value with `from` and an expression.",
    ),
    "M207": Code(
        "warning",
        "objects with other fields",
        "Fields that the target does not know are left out of every event, so little is left of each object.",
        "Write `each` with `item`, which names the fields one by one.",
    ),
    "M208": Code(
        "warning",
        "a pipe between two paths",
        "`a | b` reads `b` of what `a` gives, so nothing is left where `a` is a text or a number.",
        "Write `a || b` for the first of the two that is there, `a.b` for a path.",
    ),
    "M209": Code(
        "warning",
        "a match that fits nothing",
        "`is` compares its constants with the value of `match`; where that never is one of them, no event "
        "comes to the section.",
        "Name the attribute that tells events apart under `match`, and under `is` the words that it has.",
    ),
    "M210": Code(
        "warning",
        "several texts, or a pattern, in one text",
        "`is` compares with whole texts as they stand, so one with a comma or a `*` in it hardly ever fits.",
        "Write a list, `is: [a, b]`; or a condition, `when: starts_with(event, 'order')`.",
    ),
}
