"""Mapping x Target x Source -> Plan: the checked mapping, every section with all its rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from mapper.compiler.consent import Consent
from mapper.compiler.draft import Draft, Scope, Site
from mapper.compiler.expected import check_cases
from mapper.compiler.expression import Expression
from mapper.compiler.identity import check_groups
from mapper.compiler.lets import PlannedLet, all_variables, plan_lets
from mapper.compiler.mapping import Mapping, Named, Section
from mapper.compiler.names import check_names
from mapper.compiler.personal import Labels, read_labels
from mapper.compiler.planned import Entry, Fixed, Object, Place, Planned
from mapper.compiler.policy import check_identity, check_lets, check_sections
from mapper.compiler.required import check_required, report_lacking
from mapper.compiler.rules import plan_condition, plan_entry, plan_object, plan_value
from mapper.compiler.target import (
    SchemaError,
    Target,
    TargetField,
    profiles,
    read_target,
    read_type,
)
from mapper.compiler.value import Constant, Fields, Rule, Value
from mapper.diagnostic import Diagnostic, closest
from mapper.text import Span
from mapper.types import UNKNOWN, Json, Type


@dataclass(frozen=True, slots=True)
class PlannedSkip:
    """Events that are not sent, and why."""

    when: Expression
    because: str
    place: int


@dataclass(frozen=True, slots=True)
class PlannedConsent:
    """How consent is read, and what a payload loses without it. Paths of `strip` exist in the target."""

    values: tuple[Planned, ...]
    combine: str
    answer_grants: bool
    when_missing: str
    strip: tuple[str, ...] | None
    put: tuple[tuple[str, Fixed], ...]
    place: int


@dataclass(frozen=True, slots=True)
class PlannedSection:
    """Which events it takes, and the payload it sends; no payload: they are skipped, `because` says why."""

    constants: tuple[Json, ...] | None
    when: Expression | None
    because: str
    name: str
    payload: Object | None
    place: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A mapping that can be compiled."""

    mapping: Mapping
    target: Target
    places: tuple[Place, ...]
    lets: tuple[PlannedLet, ...]
    skips: tuple[PlannedSkip, ...]
    consent: PlannedConsent | None
    match: Expression | None
    sections: tuple[PlannedSection, ...]
    otherwise: PlannedSection | None
    labels: Labels


ReadSchema = Callable[[str], dict[str, Any] | None]


def make_plan(mapping: Mapping, read_schema: ReadSchema, found: list[Diagnostic]) -> Plan | None:
    """The plan of a mapping; None where its target cannot be read. `found` says whether it can be compiled.

    read_schema: the schema of a name, or None if there is none of that name.
    """
    draft = Draft([], mapping.explicit_forms)
    target = _read_target(mapping, read_schema, draft.found)
    source = _read_source(mapping, read_schema, draft)
    plan = None if target is None else _plan(mapping, target, source, draft)
    doubtful = _doubtful(mapping, [*found, *draft.found])
    found += [one for one in draft.found if one.code not in doubtful]
    return plan


def _doubtful(mapping: Mapping, found: list[Diagnostic]) -> set[str]:
    """The codes that may only follow from a part of the mapping that could not be read."""
    doubtful = {"M028"} if mapping.lets_unread else set()
    if any(one.code[:2] in ("M0", "M1") and one.code != "M028" for one in found if one.severity == "error"):
        doubtful.add("M413")
    return doubtful


def _plan(mapping: Mapping, target: Target, source: Type, draft: Draft) -> Plan:
    lets, variables = plan_lets(mapping.lets, source, draft)
    scope = Scope(source, variables)
    skips = tuple(
        PlannedSkip(plan_condition(rule.when, scope, draft), rule.because, draft.place("skip", rule.span))
        for rule in mapping.skips
    )
    consent = _plan_consent(mapping.consent, target, scope, draft) if mapping.consent else None
    if mapping.match is not None:
        plan_condition(mapping.match, scope, draft)
    sections = tuple(_plan_section(section, mapping, target, scope, draft) for section in mapping.sections)
    otherwise = _plan_section(mapping.otherwise, mapping, target, scope, draft) if mapping.otherwise else None
    if not any(one and one.payload for one in (*sections, otherwise)):
        plan_object(mapping.payload, target.root, scope, draft)
    report_lacking(draft, sum(one.payload is not None for one in (*sections, otherwise) if one))
    _check_is(mapping, draft.found)
    check_cases(mapping.tests, target, draft.found)
    check_sections(mapping, draft)
    check_lets(mapping, all_variables(mapping), draft)
    return Plan(
        mapping,
        target,
        tuple(draft.places),
        lets,
        skips,
        consent,
        mapping.match,
        sections,
        otherwise,
        draft.labels,
    )


def _read_target(mapping: Mapping, read_schema: ReadSchema, found: list[Diagnostic]) -> Target | None:
    named = mapping.target
    if named is None:
        return None
    schema = _read_named(named, read_schema, "`mapper schema` lists those there are", found)
    if schema is None:
        return None
    if named.profile is not None and named.profile not in profiles(schema):
        known = profiles(schema)
        near = closest(named.profile, known)
        hint = f"did you mean `{near}`?" if near else f"its profiles: {', '.join(known) or 'none'}"
        found.append(
            Diagnostic(
                "M306", named.profile_span or named.span, f"there is no profile `{named.profile}`", hint
            )
        )
        return None
    try:
        return read_target(named.name, schema, named.profile)
    except SchemaError as error:
        found.append(Diagnostic("M306", named.span, f"the schema `{named.name}` cannot be read: {error}"))
        return None


def _read_named(
    named: Named, read_schema: ReadSchema, hint: str, found: list[Diagnostic]
) -> dict[str, Any] | None:
    try:
        schema = read_schema(named.name)
    except SchemaError as error:
        message = f"the schema `{named.name}` cannot be read: {error}"
        found.append(Diagnostic("M306", named.span, message))
        return None
    if schema is None:
        found.append(Diagnostic("M306", named.span, f"there is no schema `{named.name}`", hint))
    return schema


def _read_source(mapping: Mapping, read_schema: ReadSchema, draft: Draft) -> Type:
    """What is known of the events; unknown without a source schema."""
    found = draft.found
    named = mapping.source
    if named is None:
        return UNKNOWN
    schema = _read_named(named, read_schema, "leave `source` out, or put the schema into `schemas/`", found)
    if schema is None:
        return UNKNOWN
    draft.labels = read_labels(schema)
    return read_type(schema)


def _plan_section(
    section: Section, mapping: Mapping, target: Target, scope: Scope, draft: Draft
) -> PlannedSection:
    place = draft.place("events", section.span)
    constants = None if section.constants is None else tuple(one.value for one in section.constants)
    if section.when is not None:
        plan_condition(section.when, scope, draft)
    if section.send is None:
        return PlannedSection(constants, section.when, section.because, "", None, place)
    fields = _less_name(merge(mapping.payload, section.payload), target, draft)
    payload = plan_object(fields, target.root, scope, draft)
    for entry in payload.entries:
        check_identity(entry, target, draft)
    name_entry = _plan_name(section.send, target, scope, draft)
    if name_entry is not None:
        payload = Object("", (name_entry, *payload.entries))
    check_required(payload, fields, section.send.span, target, draft)
    check_groups(fields, target, draft)
    name = section.send.value if isinstance(section.send, Constant) else ""
    return PlannedSection(constants, section.when, section.because, str(name), payload, place)


def _less_name(fields: Fields, target: Target, draft: Draft) -> Fields:
    """The fields without the event's name, which is what `send` says."""
    name = "" if target.event_names is None else target.event_names.field
    for key, span, _ in fields.entries:
        if key == name:
            message = f"`{name}` is what `send` says"
            draft.found.append(
                Diagnostic("M311", span, message, "take it away; `send` may be a rule", path=name)
            )
    return replace(fields, entries=tuple(entry for entry in fields.entries if entry[0] != name))


def merge(common: Fields, own: Fields) -> Fields:
    """The fields of both: objects field by field, a rule of `own` in place of the whole one of `common`."""
    own_values = {name: (span, value) for name, span, value in own.entries}
    merged: list[tuple[str, Span, Value]] = []
    for name, span, value in common.entries:
        if name not in own_values:
            merged.append((name, span, value))
            continue
        own_span, own_value = own_values.pop(name)
        both = isinstance(value, Fields) and isinstance(own_value, Fields)
        merged.append((name, own_span, merge(value, own_value) if both else own_value))  # type: ignore[arg-type]  # both
    merged += [(name, span, value) for name, (span, value) in own_values.items()]
    span = own.span if own.entries else common.span
    return Fields(tuple(merged), span, (*common.unread, *own.unread))


def _plan_name(send: Constant | Rule, target: Target, scope: Scope, draft: Draft) -> Entry | None:
    """The entry of the payload's event name."""
    names = target.event_names
    if names is None:
        return None
    field = target.root.field(names.field)
    if field is None:
        return None
    check_names(send, target, draft)
    return plan_entry(names.field, send, field, scope, draft)


def _plan_consent(consent: Consent, target: Target, scope: Scope, draft: Draft) -> PlannedConsent | None:
    place = draft.place("consent", consent.span)
    values = [plan_value(value, Site(None, scope, place), draft) for value in consent.answer.values]
    strip: tuple[str, ...] | None = None
    if consent.strip is not None:
        strip = tuple(path for name, span in consent.strip for path in _stripped(name, span, target, draft))
    puts = [_plan_put(path, span, value, target, scope, draft) for path, span, value in consent.put]
    put = tuple(one for one in puts if one is not None)
    kept = tuple(value for value in values if value is not None)
    if len(kept) < len(values):
        return None
    return PlannedConsent(
        kept,
        consent.answer.combine,
        consent.answer_grants,
        consent.when_missing,
        strip,
        put,
        place,
    )


def _stripped(name: str, span: Span, target: Target, draft: Draft) -> tuple[str, ...]:
    if name == "personal":
        return target.personal_paths()
    return (name,) if _find(name, span, target, draft) is not None else ()


def _find(path: str, span: Span, target: Target, draft: Draft) -> TargetField | None:
    field = target.find(path)
    if field is not None and "[]" in path:
        message = f"`{path}` stands in a list, and consent acts on whole fields"
        whole = f"name the list: `{path.split('[]')[0]}`"
        draft.found.append(Diagnostic("M301", span, message, whole, path=path))
        return None
    if field is None:
        near = closest(path, [one.path for one in target.root.walk()])
        hint = f"did you mean `{near}`?" if near else None
        draft.found.append(Diagnostic("M301", span, f"the payload has no field `{path}`", hint, path=path))
    return field


def _plan_put(
    path: str, span: Span, value: Constant, target: Target, scope: Scope, draft: Draft
) -> tuple[str, Fixed] | None:
    field = _find(path, span, target, draft)
    if field is None:
        return None
    planned = plan_value(value, Site(field, scope, draft.place(path, span)), draft)
    if planned is None or not isinstance(planned.source, Fixed):
        return None
    return path, planned.source


def _check_is(mapping: Mapping, found: list[Diagnostic]) -> None:
    """`is` compares with the value of `match`, so there must be one."""
    if mapping.match is not None:
        return
    for section in mapping.sections:
        if section.constants is not None:
            hint = "add `match: EXPRESSION`, as `match: event`"
            span = section.constants[0].span if section.constants else section.span
            found.append(
                Diagnostic("M021", span, "`is` has nothing to compare with: there is no `match`", hint)
            )
            return
