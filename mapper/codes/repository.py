"""Codes of a repository: of its policy, `mapper.yaml`, and of its mappings together. M8xx."""

from __future__ import annotations

from mapper.codes.code import DiagnosticCode

REPOSITORY = {
    "M801": DiagnosticCode(
        "error",
        "mistake in the policy of a repository",
        "`mapper.yaml` decides which findings count, so nothing in it is guessed.",
        "Use the key or value in the hint; `mapper schema policy` prints all of them for editors.",
    ),
    "M802": DiagnosticCode(
        "error",
        "error that a policy takes away",
        "A mapping with an error is not compiled, whatever a policy says. Only warnings and advice can have "
        "another severity, or be accepted.",
        "Correct the mapping, and remove the line from `mapper.yaml`.",
    ),
    "M803": DiagnosticCode(
        "warning",
        "line of a policy without effect",
        "The folder or file is not there, or nothing in it has the finding that is accepted. The line would "
        "hide one that appears later.",
        "Correct the name, or remove the line.",
    ),
    "M804": DiagnosticCode(
        "warning",
        "finding that was accepted until a day that is past",
        "The finding counts again.",
        "Correct the mapping, or agree on a later day.",
    ),
    "M805": DiagnosticCode(
        "warning",
        "part of a base that no mapping uses",
        "It is one more part to understand before a change of the base, and has no effect. It is known only "
        "where all mappings that extend the base are in the folder of the catalogue.",
        "Remove it.",
        found_by="catalog",
    ),
    "M806": DiagnosticCode(
        "warning",
        "file that no mapping uses",
        "A base that no mapping extends, or a table that no mapping names, costs work and has no effect.",
        "Remove it, or name it under `extends` or `tables`.",
        shows_lines=False,
        found_by="catalog",
    ),
    "M807": DiagnosticCode(
        "warning",
        "two mappings of one name",
        "Outboxes, logs and metrics tell mappings apart by their names.",
        "Give one of them another name.",
        found_by="catalog",
    ),
    "M808": DiagnosticCode(
        "advice",
        "attributes of a source that no mapping reads",
        "It costs something to collect an attribute that no mapping uses. If it is a person's, its purpose "
        "must be explained as well.",
        "Read them, or do not collect them; `mapper catalog --unread` lists them.",
        found_by="catalog",
    ),
    "M809": DiagnosticCode(
        "advice",
        "rule that is written alike in several files",
        "A correction of one of them is easily forgotten in the others.",
        "Write it once, in the file of the hint, which all these mappings extend.",
        found_by="catalog",
    ),
}
