"""M5xx: the tests that stand in a mapping."""

from mapper.codes.code import Code

TESTS: dict[str, Code] = {
    "M501": Code(
        "error",
        "test of a field that does not exist",
        "No payload can ever have the field, so the test could never hold.",
        "Use the name in the hint; `mapper schema TARGET` shows all fields.",
    ),
}
