"""M5xx: the tests that stand in a mapping."""

from mapper.codes.code import DiagnosticCode

TESTS: dict[str, DiagnosticCode] = {
    "M501": DiagnosticCode(
        "error",
        "test that can never pass",
        "No event can end as the test expects: no payload has the field, no section sends the name, or "
        "no event is skipped for the reason.",
        "Use the name in the hint; `mapper schema TARGET` shows all fields.",
    ),
}
