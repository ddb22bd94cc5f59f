"""M2xx: types, and the transforms that take them."""

from mapper.codes.code import DiagnosticCode

TYPES: dict[str, DiagnosticCode] = {
    "M201": DiagnosticCode(
        "error",
        "unknown transform",
        "The step names no known transform, so it cannot run.",
        "Use a transform from the list in `docs/transforms.md`.",
    ),
    "M202": DiagnosticCode(
        "error",
        "wrong argument to a transform",
        "With an argument it does not accept, the transform would fail for every event.",
        "Pass the arguments that the message names.",
    ),
    "M203": DiagnosticCode(
        "error",
        "step that never accepts its input",
        "The step never gets a value of a type it accepts, so the field would never be sent.",
        "Add a step before it that gives such a type, or remove the step.",
    ),
    "M204": DiagnosticCode(
        "error",
        "argument of the wrong type",
        "The function does not accept a value of this type, so it would fail for every event.",
        "Pass a type that it accepts; `to_number`, `to_string` and `to_array` convert.",
    ),
    "M205": DiagnosticCode(
        "error",
        "`<` or `>` on values that are not numbers",
        "`<`, `<=`, `>` and `>=` compare numbers. On anything else they give null, which is never true.",
        "Convert both sides: `to_number(x)`, or `timestamp(x)` for dates. `==` compares anything.",
    ),
    "M206": DiagnosticCode(
        "warning",
        "constant that looks like an expression",
        "Tables, defaults, arguments of steps and other constants are sent as is: a path or a `$name` is "
        "sent as these letters.",
        "Read the value with `from` and an expression. If the letters are meant, allow the warning there.",
    ),
    "M207": DiagnosticCode(
        "warning",
        "objects whose fields the target does not have",
        "Fields that the target does not have are left out of every event, so little of each object is sent.",
        "Write `each` with `item`, which names the fields one by one.",
    ),
    "M208": DiagnosticCode(
        "warning",
        "a pipe between two paths",
        "`a | b` reads `b` of the result of `a`, which gives null where `a` is a string or a number.",
        "Write `a || b` for the first of the two that has a value, `a.b` for a path.",
    ),
    "M209": DiagnosticCode(
        "warning",
        "`is` that nothing matches",
        "`is` compares its constants with the value of `match`; if that value is never one of them, no "
        "event reaches the section.",
        "Set `match` to the attribute that tells events apart, and list its values under `is`.",
    ),
    "M210": DiagnosticCode(
        "warning",
        "list, pattern or condition in one string",
        "`is` compares whole strings, so one with a comma, a `*` or an operator in it almost never matches.",
        "Write a list, `is: [a, b]`; a pattern, `is: {pattern: 'order*'}`; or `when: EXPRESSION`.",
    ),
}
