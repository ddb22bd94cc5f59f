"""A mapping x samples of its events -> what the samples tell that nothing else does. For checks alone.

A mapping is compiled as if there were no samples: what they tell is likely, and code must be right for any
event. So a mapping that has samples is planned and checked once more, and what is wrong only then is a
warning.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from mapper.codes.samples import SAMPLES
from mapper.compiler.checks.run_checks import checked_plan
from mapper.compiler.findings import Findings, TooMany
from mapper.compiler.inference.type_facts import StrangeArgument
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.planner import Plan, make_plan
from mapper.compiler.schema.json_schema import SchemaError
from mapper.compiler.schema.source_type import Evidence, is_evidence, read_evidence
from mapper.compiler.syntax.alternatives import Alternatives, alternatives_of
from mapper.compiler.syntax.mapping import Mapping, Named
from mapper.project.project import Project
from mapper.texts.diagnostic import Diagnostic, in_order
from mapper.texts.named_text import Span, UnreadableFile

# What only the samples show of what is told of types, and of a misspelt attribute.
_MISFIT = "M603"
_CODES = {"M126": "M604"}
# What is wrong with one alternative although another one is right: a personal value that is sent as it is.
_OF_ANY_ALTERNATIVE = frozenset({"M401", "M402"})


def check_by_samples(
    mapping: Mapping, project: Project, found: Findings, start: int, expressions: Sequence[Expression]
) -> list[Diagnostic] | None:
    """Put into `found` what the samples tell, and take out what they disprove, which is returned.

    Without samples it is None.
    start: what planning and the checks found begins here. expressions: those that were read in the mapping.
    """
    told = Findings()
    schema = _schema(mapping, project, told)
    found.say_all(told)
    if schema is None:
        return None
    try:
        evidence = read_evidence(schema)
    except SchemaError:
        return None  # told where the schema is named
    planned = found.since(start)[: len(found) - start - len(told)]
    is_of_samples = schema is project.samples or bool(mapping.samples)
    is_beside_source = mapping.source is not None and is_of_samples
    second = found.again(start, planned if is_beside_source else ())
    checked_plan(mapping, project, second, expressions, evidence)
    choices = alternatives_of(mapping)
    shown = [one for one in in_order(second.since(start)) if not _is_of_choice(one, choices)]
    chosen = [expression for one in choices for expression in one.expressions]
    united = _united(planned, shown, evidence, chosen)
    found.replace(start, [*united, *told])
    return [one for one in planned if one not in united]


def plan_by_samples(mapping: Mapping, project: Project) -> Plan | None:
    """The plan of a mapping with the types that its samples have; None without samples."""
    schema = _schema(mapping, project, Findings())
    if schema is None:
        return None
    with suppress(SchemaError, TooMany):
        return make_plan(mapping, project, Findings(), read_evidence(schema))
    return None


def _schema(mapping: Mapping, project: Project, found: Findings) -> dict[str, Any] | None:
    """The schema made of samples: that of the caller, of the files, or of a name."""
    if project.samples is not None:
        return project.samples
    if mapping.samples:
        return _of_files(mapping.samples, project, found)
    if mapping.source is None:
        return None
    try:
        schema = project.schema(mapping.source.name)
    except SchemaError:
        return None
    return schema if schema is not None and is_evidence(schema) else None


def _of_files(named: tuple[Named, ...], project: Project, found: Findings) -> dict[str, Any] | None:
    from mapper.project.sample_files import SAMPLES_EXAMPLE, read_samples

    span = Span(named[0].span.text, named[0].span.start, named[-1].span.end)
    if project.root is None or project.folder is None:
        message = "a mapping without a file cannot name files of samples"
        found.say(Diagnostic("M601", span, message, "pass the samples beside it"))
        return None
    try:
        for name in (name for one in named for name in project.matching(one.name, SAMPLES_EXAMPLE)):
            project.fetch(name)
        read = read_samples([one.name for one in named], project.folder, project.root)
    except UnreadableFile as why:
        found.say(Diagnostic("M601", span, why.reason, why.hint))
        return None
    project.read.extend(read.read)
    if read.broken:
        message = f"{read.broken:,} of {read.broken + read.events:,} samples cannot be read, "
        found.say(Diagnostic("M602", span, f"{message}the first at {read.first_broken}"))
    if read.limit:
        message = f"the samples are read only up to {read.limit}"
        found.say(Diagnostic("M602", span, message, "name fewer samples, with events of each kind"))
    return read.schema


def _united(
    first: list[Diagnostic], second: list[Diagnostic], evidence: Evidence, expressions: list[Expression]
) -> list[Diagnostic]:
    """The diagnostics without samples and with them, each once.

    An error without them is certain, and advice is for what runs. A warning is left out where the samples
    show that there is nothing to warn of; where they show an error there, the warning says enough of it.
    Where a source schema was read, what it told stays.
    """
    known = {(one.code, one.span) for one in first}
    now = {(one.code, one.span) for one in second}
    fresh = [one for one in second if (one.code, one.span) not in known]
    gone = [one for one in first if one.severity == "warning" and (one.code, one.span) not in now]
    misfits = [one for one in fresh if one.severity == "error"]
    back = [one for one in gone if any(_is_beside(one, misfit, expressions) for misfit in misfits)]
    kept = [one for one in first if one not in gone or one in back]
    warned = [one for one in kept if one.severity == "warning"]
    said = [
        one
        for one in misfits
        if not any(_is_beside(one, other, expressions) for other in back)
        and not any(one.span.overlaps(other.span) for other in warned)
    ]
    said += [one for one in fresh if one.severity == "warning" or one.code in SAMPLES]
    return [*kept, *(_by_samples(one, evidence) for one in said)]


def _is_beside(one: Diagnostic, other: Diagnostic, expressions: list[Expression]) -> bool:
    """Whether two speak of the same expression."""
    wholes = [expression.whole for expression in expressions]
    return any(one.span.is_within(whole) and other.span.is_within(whole) for whole in wholes)


def _is_of_choice(one: Diagnostic, choices: list[Alternatives]) -> bool:
    """Whether an error is of one of several alternatives: it is there for events that are not like these."""
    if one.severity != "error" or one.code in _OF_ANY_ALTERNATIVE:
        return False
    if isinstance(one.facts, StrangeArgument) and one.facts.is_call:
        return False  # none of its alternatives is of any use
    return any(
        alternatives.is_choice and one.span.is_within(expression.whole)
        for alternatives in choices
        for expression in alternatives.expressions
    )


def _by_samples(one: Diagnostic, evidence: Evidence) -> Diagnostic:
    """A diagnostic that only the samples give, with a code that says so: of an error, a warning is left."""
    if one.code in SAMPLES:
        return one
    return replace(
        one, code=_CODES.get(one.code, _MISFIT), message=f"{one.message}, according to {evidence.said}"
    )
