"""M5xx: the tests of a mapping."""

from mapper.codes.code import DiagnosticCode

TESTS: dict[str, DiagnosticCode] = {
    "M501": DiagnosticCode(
        "error",
        "test that can never pass",
        "No event can have the result that the test expects: no payload has the field, no section sends "
        "the name, no event is skipped for the reason, or nothing is ever noted at the path.",
        "Use the name in the hint; `mapper schema TARGET` shows all fields.",
    ),
    "M502": DiagnosticCode(
        "error",
        "test that expects a hashed field in plaintext",
        "The field is sent as a SHA-256 digest, so it never equals the value itself.",
        "Write `{hash: VALUE}`: its digest is computed as for the field. `--fix` writes it.",
    ),
    "M503": DiagnosticCode(
        "error",
        "test with an unknown base",
        "`given: {base: NAME, ...}` is merged over the event of that name under `bases`, and there is none.",
        "Use a name under `bases`. An attribute of the event itself named `base` goes into an event under "
        "`bases`.",
    ),
    "M504": DiagnosticCode(
        "error",
        "`{hash: ...}` without a digest",
        "The field is not hashed, or it does not accept the value, so there is no digest to expect.",
        "Expect the value itself where the field is not hashed, and null where the value is invalid.",
    ),
    "M505": DiagnosticCode(
        "error",
        "fixtures that cannot be read",
        "A file with an event or its expected result cannot be read, so that test never runs.",
        "Fix the pattern or the file: one JSON object for each event, within the project.",
    ),
    "M506": DiagnosticCode(
        "warning",
        "tests with the same name",
        "A failed test is shown by its name, which does not say which of the two failed.",
        "Give one of them another name, or remove it.",
    ),
    "M507": DiagnosticCode(
        "error",
        "test that nothing runs",
        "A file with `partial: true` sends nothing on its own, so its tests run only where a mapping "
        "inherits them.",
        "Write `inherit: true` in the test, or move it to a mapping that extends the file.",
    ),
}
