"""A mapping -> its plan, with all that planning and the checks say of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mapper.compiler.checks import (  # noqa: F401  # each registers its checks
    allowance_checks,
    bare_words,
    conditions,
    consent_mistakes,
    constant_texts,
    dead_rules,
    digests,
    element_names,
    empty_tables,
    event_names,
    expectations,
    identity,
    inherited_rules,
    joined_lists,
    list_conditions,
    list_uses,
    lists_of_lists,
    lookup_defaults,
    lookup_keys,
    missing_values,
    misspelt_attributes,
    mistaken_attributes,
    mixed_scripts,
    path_checks,
    personal_values,
    pipe_checks,
    placeholders,
    plain_patterns,
    practice,
    required_parts,
    sample_attributes,
    sample_parts,
    sample_shares,
    sample_values,
    section_checks,
    shared_ids,
    swapped_arguments,
    units,
    unread_escapes,
    whole_objects,
    written_times,
)
from mapper.compiler.checks.allowance_checks import not_allowed, shared_allowances
from mapper.compiler.checks.check_registry import FINAL_CHECKS, CheckCase, Final, Said
from mapper.compiler.findings import Findings
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.planner import Plan, Schemas, make_plan
from mapper.compiler.schema.source_type import Evidence
from mapper.compiler.syntax.mapping import Mapping
from mapper.texts.diagnostic import Diagnostic, has_errors
from mapper.texts.named_text import Text
from mapper.texts.review import SharedAllowance


def checked_plan(
    mapping: Mapping,
    schemas: Schemas,
    found: Findings,
    expressions: Iterable[Expression],
    evidence: Evidence | None = None,
) -> Plan | None:
    """The plan of a mapping; None where its target cannot be read. `found` says whether it compiles.

    expressions: those that were read in it. evidence: what is known from samples, as `make_plan` takes it.
    """
    said = Said(found, found.apart())
    try:
        said.run_read(expressions)
        plan = make_plan(mapping, schemas, said.found, evidence)
        if plan is not None:
            said.run(CheckCase(plan.mapping, plan, tuple(said.found), not has_errors(found), evidence))
        return plan
    finally:
        found.say_all(said.kept())


def checked_text(text: Text, found: Findings) -> list[Diagnostic]:
    """The diagnostics of a mapping's text by the checks, beside those that are found in it already."""
    said = Said(found, found.apart())
    said.run_text(text)
    return said.kept()


def checked_allowances(
    mapping: Mapping | None, found: Sequence[Diagnostic], disproved: Sequence[Diagnostic] | None = None
) -> tuple[list[Diagnostic], tuple[SharedAllowance, ...]]:
    """All that is found less what is allowed, with what is wrong with the comments that allow it.

    Beside it the comments that other mappings may need. disproved: what samples took away of it; None where
    there are no samples.
    """
    if mapping is None or not mapping.allowances:
        return [*found], ()
    final = Final(found, mapping.allowances, disproved, "" if mapping.partial else mapping.text.name)
    wrong = [one for check in FINAL_CHECKS for one in check.function(final)]
    return [*not_allowed(found, mapping.allowances), *wrong], tuple(shared_allowances(final))
