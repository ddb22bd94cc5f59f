"""A plan and an event -> outcomes, by the words of docs/language.md; the oracle for generated code.

It goes through the plan as a reader would: nothing is compiled, and of the runtime it uses only the shapes of
outcomes. Of budgets it knows that of payloads; what is read again for each element is free.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from mapper.compiler.inference.personal_origins import personal_read
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.ir import (
    Choice,
    First,
    Fixed,
    Loop,
    Planned,
    PlannedField,
    PlannedList,
    PlannedObject,
    Zipped,
)
from mapper.compiler.plan.planned_consent import PlannedConsent
from mapper.compiler.plan.planned_steps import Step
from mapper.compiler.plan.planner import Plan, PlannedSection
from mapper.compiler.schema.target import TargetField
from mapper.compiler.schema.target_requirements import FieldTest, Requirement
from mapper.compiler.syntax.let_nodes import written_variable
from mapper.runtime.doubts import DOUBTS, NO_SECTION, NO_VALUE
from mapper.runtime.outcome import UNMAPPED, Note, Outcome, Rejection, Skip
from mapper.transforms.digest import PLACEHOLDER
from mapper.values.safe_text import Hidden, SafeText
from mapper.values.types import Invalid
from tests.oracles.expression_interpreter import Reader, falsy, same_json, written_alike
from tests.oracles.interpreter_consent import answered, reads
from tests.oracles.interpreter_forms import Fitting, absent, kept, put, strip, zipped
from tests.oracles.limits import check_kind
from tests.oracles.pattern_interpreter import matched_parts

_LONGEST_NAME = 100
_NOTHING = SafeText("")
_GROWTH, _FREE_BYTES = 64, 2**20


def interpret(plan: Plan, event: Any, meta: dict[str, Any] | None = None) -> list[Outcome]:
    """What an event ends as by a plan. Messages of notes and reasons are not those of generated code."""
    if not isinstance(event, dict):
        return [Outcome(rejection=Rejection((Note("invalid", "", "", _NOTHING),)))]
    found = _outcomes(plan, copy.deepcopy(event), meta)
    most = _FREE_BYTES + _GROWTH * _size(event)
    sent = sum(_size(one.payload) for one in found if one.payload is not None)
    return (
        [Outcome(rejection=Rejection((Note("invalid", "", "", _NOTHING),)))]
        if sent > most
        else _told(plan, found)
    )


def _told(plan: Plan, found: list[Outcome]) -> list[Outcome]:
    """Each payload after the first with the same name and id of an event is noted."""
    names, key = plan.target.event_names, plan.target.key
    places = [place.span.place for place in plan.places if place.path == key]
    if names is None or not places:
        return found
    told, seen = list[Outcome](), list[tuple[Any, Any]]()
    for one in found:
        its = (None, None) if one.payload is None else (one.payload.get(names.field), one.payload.get(key))
        if all(isinstance(part, str) for part in its) and its in seen:
            one = one._replace(notes=(*one.notes, Note("note", key, places[0], _NOTHING)))
        seen.append(its)
        told.append(one)
    return told


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _outcomes(plan: Plan, event: dict[str, Any], meta: dict[str, Any] | None) -> list[Outcome]:
    whole = One(plan, event, meta, event, 0)
    if plan.split is None:
        return whole.outcomes()
    path, place = plan.places[plan.split.place].path, plan.places[plan.split.place].span.place
    refused = Outcome(rejection=Rejection((Note("invalid", path, place, _NOTHING),)))
    try:
        parts = whole.read(plan.split.parts, event)
    except Invalid:
        return [refused]
    if parts is None or parts == []:
        return [Outcome(skip=Skip("skip", SafeText("`split` gives no events"), place))]
    if not isinstance(parts, list):
        return [refused]
    found: list[Outcome] = []
    for index, part in enumerate(parts):
        is_event = isinstance(part, dict)
        found += One(plan, part, meta, event, index).outcomes() if is_event else [refused]
    return found


class One:
    """One event on its way.

    failed: the paths of fields that are left out since they are invalid. note_texts: of noting transforms.
    """

    def __init__(self, plan: Plan, event: Any, meta: Any, whole: Any, index: int) -> None:
        self.plan, self.event = plan, event
        self.variables: dict[str, Any] = {"event": event, "meta": meta, "whole": whole, "index": index}
        self.lets = plan.values_of_lets
        self.known: dict[str, Any] = {}
        self.elements: dict[str, Element] = {}
        self.notes: list[Note] = []
        self.reasons: list[Note] = []
        self.failed: set[str] = set()
        self.note_texts: list[str] = []
        self.doubted: set[tuple[str, str, str]] = set()
        # The paths that other fields make no sense without, however deep these are.
        found = [(place.path, plan.target.find(place.path)) for place in plan.places]
        self.needed = {
            path for own, field in found if field is not None for path in field.needs_valid if path != own
        }

    # What the event ends as.

    def outcomes(self) -> list[Outcome]:
        """Skip rules, then each section that takes the event, up to the first that does not go on."""
        plan, ended = self.plan, list[Outcome]()
        for skip in plan.skips:
            if self.holds(skip.when, self.event, skip.place):
                return [self.skipped("skip", skip.because, skip.place)]
        matched = None
        if plan.match is not None:
            matched = self.quietly(lambda: self.read(plan.match, self.event), "match", plan.match_place)
        for section in plan.sections:
            if self.takes(section, matched):
                ended.append(self.section(section))
                if not section.goes_on:
                    return ended
                self.notes, self.reasons, self.failed = [], [], set()
                self.doubted = set()
        if ended:
            return [*ended[:-1], ended[-1]._replace(notes=(*ended[-1].notes, *self.notes))]
        every = [one for section in plan.sections for one in section.constants or ()]
        if plan.match is not None and any(written_alike(matched, one) for one in every):
            assert plan.match_place is not None
            self.notes.append(Note("note", "match", self.place(plan.match_place), NO_SECTION))
        if plan.otherwise is not None:
            return [self.section(plan.otherwise)]
        personal = plan.match is not None and personal_read(plan.match, plan.labels.event, plan.labels)
        named = isinstance(matched, str) and 0 < len(matched) <= _LONGEST_NAME and not personal
        unmapped = Skip("unmapped", UNMAPPED, "", Hidden(str(matched) if named else ""))
        return [Outcome(skip=unmapped, notes=tuple(self.notes))]

    def skipped(self, kind: Any, because: str, place: int) -> Outcome:
        """The event is not sent."""
        return Outcome(skip=Skip(kind, SafeText.known(because), self.place(place)), notes=tuple(self.notes))

    def takes(self, section: PlannedSection, matched: Any) -> bool:
        """`is`, then `when`."""
        if section.constants is not None:
            texts = section.patterns if isinstance(matched, str) else ()
            described = (matched_parts(one.text, matched, one.any_case) is not None for one in texts)
            if not any(same_json(one, matched) for one in section.constants) and not any(described):
                return False
        return section.when is None or self.holds(section.when, self.event, section.place)

    def section(self, section: PlannedSection) -> Outcome:
        """Consent, then the payload, then what the target asks of it as a whole."""
        consent, denied = self.plan.consent, ""
        if section.payload is None:
            return self.skipped("skip", section.because, section.place)
        if consent is not None:
            answer = self.answer(consent)
            granted = answer in ("granted", "limited") or (
                answer == "missing" and consent.when_missing == "granted"
            )
            denied = "" if granted else answer
            if denied and consent.strip is None:
                return self.skipped("consent", f"consent {denied}", consent.place)
            if answer == "limited" and consent.when_limited == "skip":
                return self.skipped("consent", "consent limited", consent.place)
        payload = self.built(section.payload, self.event)
        if consent is not None and denied:
            for path in consent.strip or ():
                strip(payload, path.split("."))
            for path, fixed in consent.put:
                put(payload, path.split("."), fixed.value)
            roots = {path.split(".")[0] for path in consent.strip or ()}
            fields = self.plan.target.root.fields
            touched = [*(consent.strip or ()), *(path for path, _ in consent.put)]
            for field in sorted(self.plan.target.root.walk(), key=lambda one: -one.path.count(".")):
                at = reached(payload, field.path)
                inside = any(path.startswith(f"{field.path}.") for path in touched)
                if inside and at is not None and any(lacks(at, check) for check in field.checks):
                    strip(payload, field.path.split("."))
            lost = any(one.required and one.name in roots and one.name not in payload for one in fields)
            lost = lost or any(self.lost(path, payload) for path in consent.strip or ())
            if lost or any(self.unmet(payload)):
                because = f"consent {denied}: no identifier is left"
                return self.skipped("consent", because, consent.place)
        if consent is not None and answer == "limited":
            for path, fixed in consent.limit:
                put(payload, path.split("."), fixed.value)
            for field in self.plan.target.root.walk():
                at = reached(payload, field.path)
                inside = any(path.startswith(f"{field.path}.") for path, _ in consent.limit)
                if inside and at is not None and any(lacks(at, check) for check in field.checks):
                    because = "consent limited: what is set lacks a required field"
                    return self.skipped("consent", because, consent.place)
        for requirement in self.unmet(payload):
            self.lacks_field(requirement, section)
        if self.reasons:
            return Outcome(rejection=Rejection(tuple(self.reasons)), notes=tuple(self.notes))
        notes = tuple(self.notes)
        return Outcome(payload=payload, notes=notes, section=section.place, without_consent=denied)

    def lost(self, path: str, payload: dict[str, Any]) -> bool:
        """Whether a stripped field is one that every payload must have, and the object is there."""
        field, above = self.plan.target.find(path), path.rpartition(".")[0]
        return field is not None and field.due and bool(above) and reached(payload, above) is not None

    def lacks_field(self, requirement: Requirement, section: Any) -> None:
        """Refuse an event by the path of the one field that it lacks, else by that of the object around."""
        only = requirement.groups[0] if len(requirement.groups) == 1 else ()
        above = requirement.path.split(".") if requirement.path else []
        place, entries = section.place, section.payload.entries
        for name in [*above, *only] if len(only) == 1 else above:
            entry = next((one for one in entries if one.name == name), None)
            if entry is None:
                break
            place, entries = entry.place, getattr(entry.value.source, "entries", ())
        self.refuse(place, path=".".join([*above, *only]) if len(only) == 1 else None)

    def unmet(self, payload: dict[str, Any]) -> list[Requirement]:
        """The requirements that a payload does not meet: none of their groups of fields is there in full."""
        found = []
        for requirement in self.plan.target.requirements:
            made = reached(payload, requirement.path)
            is_due = requirement.due and made is not None and is_asked(payload, requirement)
            if is_due and lacks(made, requirement):
                found.append(requirement)
        return found

    def answer(self, consent: PlannedConsent) -> str:
        """`granted`, `denied`, `missing` or `unreadable`; what an absent answer means is `when_missing`."""
        invalid: dict[str, Any] = {}  # of which the reason is noted
        replies = [
            self.quietly(
                partial(self.value, one, self.event, covered=True), "consent", consent.place, invalid
            )
            for one in consent.values
        ]
        for reply in replies:
            if reply is not invalid and reads(reply, consent) == "unreadable":
                self.note(consent.place, Invalid("neither yes nor no"))
        return answered([reads(reply, consent) for reply in replies], consent)

    # Notes and reasons.

    def place(self, rule: int) -> str:
        return self.plan.places[rule].span.place

    def note(self, rule: int, invalid: Invalid) -> Invalid:
        """Say that a value is left out; of what was said once already no more."""
        if not invalid.noted:
            invalid.noted = True
            path = self.plan.places[rule].path
            self.notes.append(Note("invalid", path, self.place(rule), invalid.reason))
        return invalid

    def refuse(self, rule: int, invalid: Invalid | None = None, path: str | None = None) -> None:
        """Keep the event from being sent; where a value is missing, what is invalid in it is told as well."""
        path = self.plan.places[rule].path if path is None else path
        kind: Any = "missing" if invalid is None else "invalid"
        self.reasons.append(Note(kind, path, self.place(rule), _NOTHING))
        if invalid is None:
            inside = (path, f"{path}.", f"{path}[]")
            causes = [one for one in self.notes if one.kind == "invalid" or one.message == PLACEHOLDER]
            self.reasons += [one for one in causes if one.path == path or one.path.startswith(inside[1:])]

    def quietly(self, work: Callable[[], Any], part: str, rule: int | None, instead: Any = None) -> Any:
        """A part of the mapping that is no rule; null or another value, and a note, where it is invalid."""
        try:
            return self.hushed(work, part, "" if rule is None else self.place(rule))
        except Invalid:
            self.notes.append(Note("invalid", part, "" if rule is None else self.place(rule), _NOTHING))
            return instead

    def hushed(self, work: Callable[[], Any], part: str, place: str) -> Any:
        """A value of which nothing is sent, and of which nothing is noted but doubts, once a rule."""
        before, self.note_texts = self.note_texts, []
        try:
            return work()
        finally:
            for doubt in DOUBTS:
                if doubt in self.note_texts and (part, place, doubt) not in self.doubted:
                    self.doubted.add((part, place, doubt))
                    self.notes.append(Note("note", part, place, doubt))
            self.note_texts = before

    # Expressions.

    def read(self, expression: Expression | None, at: Any, index: int | None = None) -> Any:
        """The value of an expression at the event, or at an item (`index`: its place). Raises Invalid."""
        assert expression is not None
        reader = Reader(lambda name: self.variable(name, index), self.note_texts, self.called)
        return reader.value(expression.root, at)

    def variable(self, name: str, index: int | None = None) -> Any:
        """The value of `$name`; a let is worked out once, and is invalid each time."""
        if name == "index" and index is not None:
            return index
        if name in self.variables:
            return self.variables[name]
        element = self.elements.get(name)
        known = self.known if element is None else element.known
        if name not in known:
            before, self.note_texts = self.note_texts, []
            try:
                if element is None:
                    value = self.value(self.lets[name], self.event)
                else:
                    value = self.value(element.lets[name], element.at, element.index)
            except Invalid as invalid:
                value = invalid
            known[name] = value, self.note_texts
            self.note_texts = before
        value, note_texts = known[name]
        if isinstance(value, Invalid):
            raise Invalid(value.reason, value.kind)
        self.note_texts += note_texts
        return value

    def called(self, name: str, given: dict[str, Any]) -> Any:
        """What a function of the mapping gives; its body reads nothing but its parameters."""
        function = next(one for one in self.plan.functions if one.name == name)
        outer, parameters = self.variables, {written_variable(one): one for one in function.parameters}
        said, self.note_texts = self.note_texts, []
        self.variables = {**outer, **{parameters[one]: value for one, value in given.items()}}
        try:
            return self.value(function.value, self.event, covered=True)
        finally:
            self.variables = outer
            said += self.note_texts
            self.note_texts = said

    def holds(self, condition: Expression, at: Any, rule: int, index: int | None = None) -> bool:
        """Whether a condition holds; an error in it is noted, and it does not."""
        try:
            path = self.plan.places[rule].path
            return not falsy(self.hushed(lambda: self.read(condition, at, index), path, self.place(rule)))
        except Invalid as invalid:
            self.note(rule, invalid)
            return False

    # Values.

    def built(self, built: PlannedObject, at: Any, index: int | None = None) -> dict[str, Any]:
        """An object field by field; empty where nothing but constants and defaults stands in it."""
        made: dict[str, Any] = {}
        said: set[str] = set()
        for entry in sorted(
            built.entries, key=lambda one: self.plan.places[one.place].path not in self.needed
        ):
            if any(path in self.failed for path in self.field(entry).needs_valid):
                self.left_out(entry)
            elif self.entry(entry, made, at, index):
                said.add(entry.name)
        for entry in built.entries:
            for name in self.field(entry).needs:
                if name not in made and made.pop(entry.name, None) is not None:
                    said.discard(entry.name)
                    self.left_out(entry)
        if built.path and not said:
            return {}
        if any(lacks(made, check) for check in built.checks):
            raise Invalid(SafeText("lacks what it must have"))
        return made

    def field(self, entry: PlannedField) -> TargetField:
        """What the target says of a field."""
        found = self.plan.target.find(self.plan.places[entry.place].path)
        return found or TargetField("", "", entry.value.type)

    def left_out(self, entry: PlannedField) -> None:
        """A field goes with another one that it makes no sense without."""
        invalid = Invalid("makes no sense alone")
        if entry.required:
            self.refuse(entry.place, invalid)
        else:
            self.note(entry.place, invalid)

    def entry(self, entry: PlannedField, made: dict[str, Any], at: Any, index: int | None) -> bool:
        """One field: condition, value, default, need. Whether its value says something of the event."""
        if entry.when is not None and not self.holds(entry.when, at, entry.place, index):
            if entry.required:
                self.refuse(entry.place)
            return False
        self.note_texts = []
        try:
            value = self.value(entry.value, at, index, entry.default is not None)
        except Invalid as invalid:
            if entry.required:
                self.refuse(entry.place, invalid)
            else:
                self.note(entry.place, invalid)
                if entry.refusal:
                    made[entry.name] = True
                else:
                    self.failed.add(self.plan.places[entry.place].path)
            self.note_texts = []
            return entry.refusal and not entry.required
        path = self.plan.places[entry.place].path
        self.notes += [
            Note("note", path, self.place(entry.place), SafeText.known(text))
            for text in doubts_once(self.note_texts)
        ]
        self.note_texts = []
        fixed = isinstance(entry.value.source, Fixed)
        says = entry.when is not None if fixed else value is not None
        if value is None and entry.default is not None:
            value = copy.deepcopy(entry.default.value)
        if value is not None:
            made[entry.name] = value
        elif entry.required:
            self.refuse(entry.place)
        return says

    def value(self, planned: Planned, at: Any, index: int | None = None, covered: bool = False) -> Any:
        """A value with its condition and default; None is absent. Raises Invalid.

        covered: something else stands in for it where it is absent.
        """
        if planned.when is not None and not self.holds(planned.when, at, planned.place, index):
            return None
        value = self.sourced(planned, at, index, covered or planned.default is not None)
        if value is None and planned.default is not None:
            value = copy.deepcopy(planned.default.value)
        return value

    def sourced(self, planned: Planned, at: Any, index: int | None, covered: bool) -> Any:
        """A value from where it comes, through its steps."""
        match planned.source:
            case Fixed(value=value):
                return copy.deepcopy(value)
            case First() as first:
                return self.first(first, at, index, covered)
            case Choice(arms=arms):
                for when, then in arms:
                    if when is None or self.holds(when, at, planned.place, index):
                        return self.value(then, at, index, covered)
                return None
            case PlannedObject() as built:
                return self.built(built, at, index) or None
            case Zipped(lists=lists):
                return zipped({name: self.value(one, at, index, covered) for name, one in lists})
            case PlannedList(items=items):
                work = [(planned.place, partial(self.value, one, at, index, covered)) for one in items]
                made = kept(work, self.note, planned.finish is None)
            case Loop() as loop:
                made = self.looped(loop, planned, at, (index, covered))
            case Expression() as expression:
                made = self.read(expression, at, index)
                if absent(made) and not covered and any(map(looks_up_with_default, planned.steps)):
                    self.note_texts.append(NO_VALUE)
        return (
            None
            if absent(made)
            else Fitting(self.variable, self.note, self.note_texts, self.called).finished(planned, made)
        )

    def first(self, first: First, at: Any, index: int | None, covered: bool) -> Any:
        """The first alternative that is present and valid; invalid where none is and one was."""
        failed: Invalid | None = None
        for alternative in first.alternatives:
            try:
                is_last = alternative is first.alternatives[-1]
                value = self.value(alternative, at, index, covered or not is_last)
            except Invalid as invalid:
                if first.strict:
                    raise
                failed = invalid
                if alternative is not first.alternatives[-1]:
                    self.note(alternative.place, invalid)
            else:
                if value is not None:
                    return value
        if failed is not None:
            raise failed
        return None

    def looped(self, loop: Loop, planned: Planned, at: Any, about: tuple[int | None, bool]) -> Any:
        """One element for each that fits of a list. about: the index, and whether the list is covered."""
        items = self.value(loop.items, at, *about)
        if items is None:
            return None
        items = [items] if isinstance(items, dict) else items
        check_kind(items, {"array"})
        lets = {let.name: let.value for let in loop.lets}
        said, self.note_texts = self.note_texts, []
        work: list[tuple[int, Callable[[], Any]]] = []
        for place, item in enumerate(items):
            element, where = Element(lets, item, place, {}), loop.where
            asked = partial(self.holds, where, item, planned.place, place) if where is not None else None
            if asked is None or self.within(element, asked):
                made = partial(self.value, loop.item, item, place)
                work.append((loop.item.place, partial(self.within, element, made)))
        elements = kept(work, self.note, planned.finish is None)
        self.note_texts[:0] = said
        return elements

    def within(self, element: Element, work: Callable[[], Any]) -> Any:
        """What work gives where the lets of an element can be read."""
        before = self.elements
        self.elements = {**before, **dict.fromkeys(element.lets, element)}
        try:
            return work()
        finally:
            self.elements = before


@dataclass(frozen=True)
class Element:
    """An element of a list, whose rule has lets. known: the values and note texts of those that were read."""

    lets: dict[str, Planned]
    at: Any
    index: int
    known: dict[str, Any]


def reached(payload: dict[str, Any], path: str) -> Any:
    """The value at a path of a payload; None where there is none."""
    made: Any = payload
    for name in filter(None, path.split(".")):
        made = made.get(name) if isinstance(made, dict) else None
    return made


def lacks(made: dict[str, Any], check: Requirement) -> bool:
    """Whether an object has none of the groups of fields of which it must have one, or just one."""
    there = sum(set(group) <= made.keys() for group in check.groups)
    return there != 1 if check.exact else not there


def is_asked(payload: dict[str, Any], check: Requirement) -> bool:
    """Whether a payload is one of those that must meet a requirement."""
    if check.when is None:
        return True
    made = reached(payload, check.when.path)
    return made is not None and passes(made, check.when.tests)


def passes(made: dict[str, Any], tests: Iterable[FieldTest]) -> bool:
    """Whether an object passes the tests of a condition."""
    return all(
        one.or_absent
        if one.name not in made
        else passes(made[one.name], one.inside)
        and (one.values is None or any(same_json(made[one.name], value) for value in one.values))
        for one in tests
    )


def doubts_once(note_texts: list[str]) -> list[str]:
    """Texts to note, of which a doubt is said once."""
    return [one for place, one in enumerate(note_texts) if one not in DOUBTS or one not in note_texts[:place]]


def looks_up_with_default(step: Step) -> bool:
    """Whether a step is a `lookup` with a default."""
    stated = {parameter.name: argument for parameter, argument in step.arguments}
    return step.transform.name == "lookup" and stated.get("default") is not None
