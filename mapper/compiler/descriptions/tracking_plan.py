"""Segment's tracking plan -> the schema of one of its calls, or of all in one.

A rule is under `rules` with its `jsonSchema`, or under `events` with its `rules`. Each describes a whole
call.
"""

from __future__ import annotations

from mapper.compiler.descriptions.bundle import SchemaBundle, SchemaDialect
from mapper.compiler.descriptions.event_description import (
    Described,
    DescriptionError,
    DescriptionForm,
    DescriptionNotes,
    at_path,
    list_at,
    object_at,
)
from mapper.compiler.descriptions.json_schema_document import siblings_count
from mapper.compiler.descriptions.schema_part import AT, SchemaPart, object_part, part, united
from mapper.values.types import Json, JsonPath

# What the answers of Segment's APIs, and files of its tools, have around a plan.
_WRAPPERS = ("data", "trackingPlan", "tracking_plan", "rules")
_TRACK, _COMMON = "TRACK", "COMMON"
# Rules of a plan of the older API that are for all calls of a kind.
_OLD_KINDS = {"identify_traits": "IDENTIFY", "group_traits": "GROUP", "global": _COMMON}

# The parts of a call. A plan that Typewriter wrote has the inner one of them in place of the call.
_PARTS = frozenset({"context", "traits", "properties"})
_INNER = {"IDENTIFY": "traits", "GROUP": "traits"}


def _plan(value: Json) -> JsonPath | None:
    """The place of the object that has the list of rules; None where there is none."""
    at: JsonPath = ()
    for _ in _WRAPPERS:
        rules, events = (at_path(value, (*at, key)) for key in ("rules", "events"))
        if any(_are_rules(one) for one in (rules, events)):
            return at
        inner = [key for key in _WRAPPERS if isinstance(at_path(value, (*at, key)), dict)]
        if not inner:
            return None
        at = (*at, inner[0])
    return None


def _are_rules(value: Json) -> bool:
    return isinstance(value, list) and any(isinstance(one, dict) and _key_of(one) for one in value)


def _key_of(rule: dict[str, Json]) -> str | None:
    return next(
        (key for key in ("jsonSchema", "json_schema", "rules") if isinstance(rule.get(key), dict)), None
    )


def _fits(value: Json) -> bool:
    return _plan(value) is not None


def _rules(value: Json) -> list[tuple[Described, str, str]]:
    """Each rule with the kind of its call and the name of its event."""
    plan = _plan(value) or ()
    key = "rules" if _are_rules(at_path(value, (*plan, "rules"))) else "events"
    found: list[tuple[Described, str, str]] = []
    for place, one in enumerate(list_at(at_path(value, (*plan, key)), (*plan, key), f"`{key}`")):
        at: JsonPath = (*plan, key, place)
        rule = object_at(one, at, "a rule")
        schema = _key_of(rule)
        if schema is None:
            raise DescriptionError("the rule has no `jsonSchema`", "export the tracking plan again", at)
        kind = str(rule.get("type", _TRACK)).upper()
        name = rule.get("key") or rule.get("name") or ""
        event = name if isinstance(name, str) else ""
        found.append((Described(event or kind.lower(), (*at, schema)), kind, event))
    others = [
        (key, kind) for key, kind in _OLD_KINDS.items() if isinstance(at_path(value, (*plan, key)), dict)
    ]
    return found + [(Described(key, (*plan, key)), kind, "") for key, kind in others]


def _described(value: Json) -> list[Described]:
    return [one for one, _, _ in _rules(value)]


def _read(value: Json, chosen: list[Described], notes: DescriptionNotes) -> SchemaPart:
    wanted = {one.at for one in chosen}
    rules = [rule for rule in _rules(value) if rule[0].at in wanted]
    bundle: SchemaBundle | None = None
    parts: list[SchemaPart] = []
    names: dict[JsonPath, str] = {}
    defs: dict[str, SchemaPart] = {}
    for one, kind, event in rules:
        dialect = SchemaDialect(siblings_count(at_path(value, one.at)))
        # A reference begins at the rule's schema; the names of what they lead to are of all rules.
        bundle = SchemaBundle(value, (*one.at, ""), one.at, dialect, notes, names, defs)
        bundle.main = one.at
        made = {key: held for key, held in bundle.bundled().items() if key not in ("$defs", "title")}
        parts.append(_call(made, kind, event))
    if len(parts) > 1:
        notes.note("union", rules[0][0].at[:-2], f"{len(parts):,} calls")
    return {**united(parts), **({"$defs": dict(sorted(defs.items()))} if defs else {})}


def _call(made: SchemaPart, kind: str, event: str) -> SchemaPart:
    """The part of a call with the kind and the name that it has beside what its rule says."""
    at: JsonPath = made[AT]
    fields = made.get("properties", {})
    if fields and fields.keys().isdisjoint(_PARTS):
        inner = {key: one for key, one in made.items() if key != "description"}
        made = object_part(at, {_INNER.get(kind, "properties"): {**inner, "type": "object"}}, ())
    fixed: dict[str, SchemaPart] = {}
    if kind != _COMMON:
        fixed["type"] = part(at, enum=[kind.lower()])
    if kind == _TRACK and event:
        fixed["event"] = part(at, enum=[event])
    rest = {key: one for key, one in made.items() if key != "description"}
    return {**rest, "type": "object", "properties": {**fixed, **made.get("properties", {})}}


def _title(value: Json) -> str:
    plan = _plan(value) or ()
    keys = ("display_name", "name")
    names = [at_path(value, (*at, key)) for at in (plan, plan[:-1]) for key in keys]
    named = next((one for one in names if isinstance(one, str)), "")
    return f"Segment tracking plan: {named}" if named else "Segment tracking plan"


TRACKING_PLAN = DescriptionForm(_fits, _described, _read, _title, reads_all=True)
