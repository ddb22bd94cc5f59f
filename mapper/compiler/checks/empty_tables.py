"""Tables without an entry -> warnings: `lookup` finds nothing, and the field is absent or its default."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.checks.check_registry import CheckCase, check
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.syntax.value_nodes import Rule
from mapper.compiler.syntax.written_steps import LOOKUP
from mapper.compiler.yaml.nodes import MapNode
from mapper.texts.diagnostic import Diagnostic


@check("M460")
def empty_files(case: CheckCase) -> Iterator[Diagnostic]:
    """Tables whose files have no entry: an export that failed, most likely."""
    for table in case.mapping.tables:
        if table.entries is not None and not table.entries.table:
            message = f"`${table.name}` has no entries, so nothing is found in it"
            hint = f"add them to {coded(table.written)}, or remove the table"
            yield Diagnostic("M460", table.file, message, hint)


@check("M460")
def empty_tables_of_steps(case: CheckCase) -> Iterator[Diagnostic]:
    """Tables without entries in steps: `lookup: {table: {}}`."""
    told: set[int] = set()
    for step in (step for one in case.mapping.all_values if isinstance(one, Rule) for step in one.steps):
        if step.transform != LOOKUP or step.table or id(step) in told:
            continue
        told.add(id(step))
        entries = step.arguments.entries if isinstance(step.arguments, MapNode) else ()
        tables = [value for _, value in entries if isinstance(value, MapNode)]
        if tables and not any(one.entries for one in tables):
            message = "this table has no entries, so nothing is found in it"
            hint = "write them as `KEY: VALUE`, or remove the step"
            yield Diagnostic("M460", tables[0].span, message, hint)
