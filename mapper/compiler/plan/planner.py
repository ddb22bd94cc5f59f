"""Mapping x Target x Source -> Plan: the checked mapping, every section with all its rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from mapper.compiler.findings import Findings
from mapper.compiler.inference.personal_origins import Labels, labels_of_samples, origins_of, read_labels
from mapper.compiler.inference.written_patterns import faults_in_file
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.memo import once
from mapper.compiler.plan.ir import (
    Planned,
    PlannedField,
    PlannedLet,
    PlannedObject,
    RulePlace,
)
from mapper.compiler.plan.mapping_size import check_size
from mapper.compiler.plan.plan_facts import UnknownName, UnknownSchema
from mapper.compiler.plan.planned_consent import PlannedConsent, plan_consent
from mapper.compiler.plan.planned_functions import PlannedFunction, measure_functions, plan_functions
from mapper.compiler.plan.planned_lets import (
    all_variables,
    at_misspelt_rule,
    may_be_own_step,
    plan_lets,
    with_local_names,
)
from mapper.compiler.plan.planned_values import plan_condition, plan_entry, plan_object, plan_value
from mapper.compiler.plan.scope import META, Draft, Record, Scope, Sending, type_of
from mapper.compiler.schema.json_schema import SchemaError
from mapper.compiler.schema.source_type import Evidence, is_evidence, read_type
from mapper.compiler.schema.target import EventNames, Target, TargetField, profiles, read_target
from mapper.compiler.syntax.additions import merged_fields
from mapper.compiler.syntax.mapping import Mapping, Named
from mapper.compiler.syntax.section_nodes import Section
from mapper.compiler.syntax.value_nodes import Constant, Fields, Rule
from mapper.texts.diagnostic import Diagnostic, has_errors
from mapper.transforms.patterns import TextPattern
from mapper.values.frozen import dataclass
from mapper.values.types import UNKNOWN, Json, Type, fit, of

if TYPE_CHECKING:
    from mapper.compiler.schema.schema_words import SchemaRole


@dataclass(frozen=True, slots=True)
class PlannedSkip:
    """Events that are not sent, and why."""

    when: Expression
    because: str
    place: int


@dataclass(frozen=True, slots=True)
class PlannedSection:
    """The events of a section, and the payload it sends; no payload: they are skipped, `because` says why."""

    constants: tuple[Json, ...] | None
    when: Expression | None
    because: str
    name: str
    payload: PlannedObject | None
    place: int
    goes_on: bool = False
    patterns: tuple[TextPattern, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedSplit:
    """The list of the events in one source event."""

    parts: Expression
    place: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A mapping that can be compiled. allowed: the paths whose rules send personal values in plaintext.

    scope: what sections and rules can read. record: what planning came by, for checks.
    """

    mapping: Mapping
    target: Target
    places: tuple[RulePlace, ...]
    split: PlannedSplit | None
    lets: tuple[PlannedLet, ...]
    skips: tuple[PlannedSkip, ...]
    consent: PlannedConsent | None
    match: Expression | None
    sections: tuple[PlannedSection, ...]
    otherwise: PlannedSection | None
    labels: Labels
    scope: Scope
    record: Record
    match_place: int | None = None
    allowed: tuple[str, ...] = ()
    functions: tuple[PlannedFunction, ...] = ()

    @property
    def values_of_lets(self) -> dict[str, Planned]:
        """The values of all lets by name, those of list rules too."""
        return {**{let.name: let.value for let in self.lets}, **self.record.element_lets}

    @property
    def all_sections(self) -> tuple[PlannedSection, ...]:
        """The sections, with that for all other events."""
        return self.sections if self.otherwise is None else (*self.sections, self.otherwise)


class Schemas(Protocol):
    """The source of the schemas that a mapping names."""

    def schema(self, name: str) -> dict[str, Any] | None:
        """The schema of a name, or None if there is none of that name. Raises SchemaError."""

    def schema_names(self) -> Iterable[str]:
        """The names of all schemas there are."""

    def schema_mistakes(self, name: str, role: SchemaRole) -> tuple[Diagnostic, ...]:
        """All that is wrong with the schema of a name in a role, in its file."""


def make_plan(
    mapping: Mapping, schemas: Schemas, found: Findings, evidence: Evidence | None = None
) -> Plan | None:
    """The plan of a mapping; None where its target cannot be read. `found` says whether it compiles.

    evidence: what is known from samples, in place of the source schema: for checks, never for what runs.
    """
    if not measure_functions(mapping, found) or not check_size(mapping, found):
        return None
    draft = Draft(found, mapping.explicit_forms)
    draft.tables = {table.name: table for table in mapping.tables}
    target = _read_target(mapping, schemas, found)
    source = _read_source(mapping, schemas, draft) if evidence is None else evidence.type
    if evidence is not None:
        draft.labels = labels_of_samples(evidence.schema)
    if target is None:
        return None
    plan = _plan(mapping, target, source, draft)
    kept = (one for one in found if not may_be_own_step(one, mapping))
    found.replace(0, [with_local_names(at_misspelt_rule(one, mapping), mapping) for one in kept])
    return plan


# The keys that say which variables there are. Where one could not be read, any name may be one.
_NAMING = frozenset({"let", "tables", "split", "extends"})


def event_scope(mapping: Mapping, source: Type, draft: Draft) -> Scope:
    """The scope of lets, sections and rules: the event, or with `split` one of those in it."""
    expected = {named.name: UNKNOWN for named in mapping.expects} if mapping.partial else {}
    if not mapping.unread.isdisjoint(_NAMING):
        unread = all_variables(mapping) - {let.name for let in mapping.lets}
        expected.update(dict.fromkeys(unread - {"event", "meta"}, UNKNOWN))
    whole = Scope(source, {"event": source, "meta": META, **expected})
    if mapping.split is None:
        return whole
    type = type_of(mapping.split, whole, draft)
    if fit(type, of("array")) == "never":
        message = f"`split` must give a list of events, not {type.describe()}"
        draft.found.say(Diagnostic("M302", mapping.split.whole, message))
    part = type.items or UNKNOWN if type.known else UNKNOWN
    draft.labels.event = origins_of(mapping.split, whole.origins, draft.labels)
    variables = {**whole.variables, "event": part, "whole": source, "index": of("integer")}
    return Scope(part, variables, draft.labels.event)


def _plan(mapping: Mapping, target: Target, source: Type, draft: Draft) -> Plan:
    draft.root = target.root
    mapping = _less_word(mapping, draft.record)
    split = PlannedSplit(mapping.split, draft.place("split", mapping.split.whole)) if mapping.split else None
    functions = plan_functions(mapping, draft, plan_value)
    outer = event_scope(mapping, source, draft)
    lets, variables = plan_lets(mapping.lets, outer, draft, plan_value)
    scope = replace(outer, variables=variables)
    skips = tuple(
        PlannedSkip(plan_condition(rule.when, scope, draft), rule.because, draft.place("skip", rule.span))
        for rule in mapping.skips
    )
    consent = plan_consent(mapping.consent, target, scope, draft) if mapping.consent else None
    match_place = None
    if mapping.match is not None:
        match_place = draft.place("match", mapping.match.whole)
        type_of(mapping.match, scope, draft)
    sections = tuple(_plan_section(section, mapping, target, scope, draft) for section in mapping.sections)
    otherwise = _plan_section(mapping.otherwise, mapping, target, scope, draft) if mapping.otherwise else None
    if not any(one and one.payload for one in (*sections, otherwise)):
        plan_object(mapping.payload, target.root, scope, draft)
    return Plan(
        mapping,
        target,
        tuple(draft.places),
        split,
        lets,
        skips,
        consent,
        mapping.match,
        sections,
        otherwise,
        draft.labels,
        scope,
        draft.record,
        match_place,
        tuple(sorted(draft.allowances)),
        functions,
    )


def _read_target(mapping: Mapping, schemas: Schemas, found: Findings) -> Target | None:
    named = mapping.target
    if named is None:
        return None
    hint = "run `mapper schema` to list the schemas"
    schema = _read_named(named, schemas, "target", found, hint)
    if schema is None:
        return None
    if named.profile is not None and named.profile not in profiles(schema):
        known = profiles(schema)
        span = named.profile_span or named.span
        fact = UnknownName(named.profile, tuple(known), span, f"its profiles: {', '.join(known) or 'none'}")
        found.say(Diagnostic("M306", span, f"there is no profile `{named.profile}`", facts=fact))
        return None
    try:
        return read_target(named.name, schema, named.profile)
    except SchemaError as error:
        found.say(Diagnostic("M306", named.span, f"the schema `{named.name}` cannot be read: {error}"))
        return None


def _read_named(
    named: Named, schemas: Schemas, role: SchemaRole, found: Findings, hint: str
) -> dict[str, Any] | None:
    """The schema of a name, if nothing is wrong with it; `found` has all that is."""
    mistakes, schema = [*schemas.schema_mistakes(named.name, role)], None
    try:
        schema = schemas.schema(named.name)
    except SchemaError as error:
        message = f"the schema `{named.name}` cannot be read: {error}"
        unplaced = () if error.found or mistakes else (Diagnostic("M306", named.span, message),)
        mistakes += [one for one in (*error.found, *unplaced) if one not in mistakes]
    if schema is None and not mistakes:
        fact = UnknownSchema(named.name, tuple(schemas.schema_names()), named.span, hint)
        found.say(Diagnostic("M306", named.span, f"there is no schema `{named.name}`", facts=fact))
    related = ((named.span, f"`{named.name}` is named here"),)
    found.say_all(one if one.span is named.span else replace(one, related=related) for one in mistakes)
    return None if has_errors(mistakes) else schema


def _read_source(mapping: Mapping, schemas: Schemas, draft: Draft) -> Type:
    """The type of the events; unknown without a source schema, and where that is made of samples."""
    found = draft.found
    named = mapping.source
    if named is None:
        return UNKNOWN
    schema = _read_named(named, schemas, "source", found, "remove `source`, or put the schema in `schemas/`")
    if schema is None:
        return UNKNOWN
    try:
        if is_evidence(schema):
            return UNKNOWN
        draft.labels = read_labels(schema)
        return read_type(schema)
    except SchemaError as error:
        found.say(Diagnostic("M306", named.span, f"the schema `{named.name}` cannot be read: {error}"))
        return UNKNOWN


def _plan_section(
    section: Section, mapping: Mapping, target: Target, scope: Scope, draft: Draft
) -> PlannedSection:
    place = draft.place("events", section.span)
    constants = None if section.constants is None else tuple(one.value for one in section.constants)
    patterns = tuple(_patterns(section, draft))
    if section.when is not None:
        plan_condition(section.when, scope, draft)
    if section.send is None:
        return PlannedSection(constants, section.when, section.because, "", None, place, patterns=patterns)
    fields = _less_name(merged_fields(mapping.payload, section.payload), target, draft.record)
    payload = plan_object(fields, target.root, scope, draft)
    name_entry = _plan_name(section.send, target, scope, draft)
    if name_entry is not None:
        payload = PlannedObject("", (name_entry, *payload.entries))
    draft.record.sendings.append(Sending(section.send, fields, payload))
    name = section.send.value if isinstance(section.send, Constant) else ""
    return PlannedSection(
        constants, section.when, section.because, str(name), payload, place, section.goes_on, patterns
    )


def _patterns(section: Section, draft: Draft) -> Iterator[TextPattern]:
    """The patterns of `is`."""
    for one in section.patterns:
        read = one.read()
        if read is not None:
            yield read
        draft.found.say_all(faults_in_file(one.node, one.any_case))


def _less_word(mapping: Mapping, record: Record) -> Mapping:
    """A mapping without an `otherwise` that is only a word."""
    otherwise = mapping.otherwise
    if otherwise is None or not otherwise.is_word:
        return mapping
    record.word = otherwise.send if isinstance(otherwise.send, Constant) else None
    return replace(mapping, otherwise=None)


def _less_name(fields: Fields, target: Target, record: Record) -> Fields:
    """The fields without the event's name, which is what `send` says."""
    name = "" if target.event_names is None else target.event_names.field
    named = [(span, value) for key, span, value in fields.entries if key == name]
    if not named:
        return fields
    record.names.append(named[0])
    return replace(fields, entries=tuple(entry for entry in fields.entries if entry[0] != name))


def _plan_name(send: Constant | Rule, target: Target, scope: Scope, draft: Draft) -> PlannedField | None:
    """The entry of the payload's event name."""
    names = target.event_names
    if names is None:
        return None
    field = target.root.field(names.field)
    if field is None:
        return None
    return plan_entry(names.field, send, _named(field, names), scope, draft)


@once
def _named(field: TargetField, names: EventNames) -> TargetField:
    """The field of the event's name, which takes the standard ones as constants."""
    return replace(field, words=(*field.words, *names.standard), also_words=names.also)
