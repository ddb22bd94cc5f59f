"""Plan -> MappingLineage: for each rule of a mapping, the attributes of the event that it reads, and why.

It is known from the plan alone, for any event. A rule names too many attributes rather than too few: what
reads an object as a whole reads all that is in it, and `()` is the whole event.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import field
from typing import Literal, TypeAlias

from mapper.compiler.explain.decisions import takes_text
from mapper.compiler.explain.masked_text import masked_text
from mapper.compiler.explain.outline import consent_facts, entry_text, inner_object, value_text
from mapper.compiler.inference.personal_origins import all_paths, is_personal, may_be_persons, paths_of
from mapper.compiler.jmespath.call_facts import DIGESTS, keeps
from mapper.compiler.jmespath.expression import Expression, parsed
from mapper.compiler.jmespath.origin import Origin, Path
from mapper.compiler.jmespath.refusal import Refusal
from mapper.compiler.jmespath.tokens import written_name
from mapper.compiler.jmespath.tree import Call, OwnCall
from mapper.compiler.plan.ir import Planned, PlannedField, PlannedObject, all_steps, every, parts
from mapper.compiler.plan.planned_steps import Step
from mapper.compiler.plan.planner import Plan, PlannedSection
from mapper.compiler.syntax.let_nodes import written_variable
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.value_nodes import Constant
from mapper.texts.named_text import Span
from mapper.transforms.key_patterns import is_open, leads_to
from mapper.values.frozen import dataclass

# How an attribute is read: it decides, a value is made of it that does not show it, it is in the value.
_DECIDES, _MADE_INTO, _IN_VALUE = range(3)
LineagePart: TypeAlias = Literal["field", "consent", "skip", "split", "match", "section"]
WithoutConsent: TypeAlias = Literal["", "not sent", "removed", "set", "sent"]
_META = "$meta"
_ELEMENTS = re.compile(r"\[(?:\*|\d*)\]")


@dataclass(frozen=True, slots=True)
class AttributeRead:
    """An attribute of the event that a rule reads. keys: the names that lead there; () for the whole event.

    The elements of a list have the list's own keys, and a key may be a pattern. is_value: it, or something
    made of it, is the value; else it decides. personal: it may be a person's, by the schema or by its name.
    is_kept: the value has it, also in another form. is_marked: it is a person's for certain.
    """

    keys: Path
    is_value: bool
    personal: bool
    is_kept: bool
    is_marked: bool

    @property
    def name(self) -> str:
        """The attribute as it is written: `customer.email`; `@` for the whole event."""
        return (
            ".".join(one if one == _META or is_open(one) else written_name(one) for one in self.keys) or "@"
        )

    def covers(self, asked: Path) -> bool:
        """Whether an attribute, or some of what is below it, is read here."""
        return covers(self.keys, asked)


def covers(read: Path, asked: Path) -> bool:
    """Whether what is read is an attribute, or around it, or below it."""
    both = min(len(read), len(asked))
    return leads_to(read[:both], asked[:both])


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """A rule, wherever it is written: what it reads, and what becomes of that.

    part: `field` for a field of the payload, whose path is `path`. events: the names that are sent with it;
    () where it is for all. value: its source and the author's steps. steps: all transforms that its value
    goes through; names: `$table`, `$variable`, `function()` and transforms that it uses, through others too.
    hashed: its value is a digest; derived: it is another value that is made of them, such as an answer.
    without_consent, without_answer: what becomes of the field where consent is denied, and where there is no
    answer; "" where the mapping asks for none. through: the variables and functions that it uses, with their
    values as texts. refuses: the field says that a person refused.
    """

    part: LineagePart
    path: str
    events: tuple[str, ...]
    value: str
    reads: tuple[AttributeRead, ...]
    steps: tuple[str, ...]
    names: tuple[str, ...]
    personal: bool
    hashed: bool
    derived: bool
    without_consent: WithoutConsent
    without_answer: WithoutConsent
    through: tuple[str, ...]
    refuses: bool


@dataclass(frozen=True, slots=True)
class RuleLineage(RuleFacts):
    """A rule with its place."""

    span: Span


@dataclass(frozen=True, slots=True)
class MappingLineage:
    """The lineage of a mapping that sends. consent: as texts by name; () where it asks for none.

    source: the name of its schema, or of its samples. attributes: those that its schema knows, () for
    samples. fields: the paths of its target. uses: where the sections, variables, functions and tables are
    written that it uses. marked: the attributes that its schema or its samples show to be a person's.
    """

    name: str
    target: str
    source: str
    rules: tuple[RuleLineage, ...]
    consent: tuple[tuple[str, str], ...]
    attributes: tuple[Path, ...]
    fields: tuple[str, ...]
    uses: frozenset[Span]
    name_span: Span
    source_span: Span | None
    marked: frozenset[Path]


@dataclass(frozen=True, slots=True)
class WrittenPart:
    """A part of a mapping's own text. kind: `section`, `variable`, `function` or `table`."""

    kind: str
    name: str
    span: Span


def written_parts(mapping: Mapping) -> tuple[WrittenPart, ...]:
    """The parts that a mapping's own text has, without those of the files that it extends."""
    sends = [(one, one.send.value if isinstance(one.send, Constant) else "") for one in mapping.all_sections]
    found = [
        *(WrittenPart("variable", f"${one.name}", one.span) for one in mapping.lets if one.within is None),
        *(WrittenPart("function", f"{one.name}()", one.name_span) for one in mapping.functions),
        *(WrittenPart("table", f"${one.name}", one.form.span) for one in mapping.tables),
        *(WrittenPart("section", str(name), one.span) for one, name in sends),
    ]
    return tuple(one for one in found if one.span.text.name == mapping.text.name)


def attribute_keys(text: str) -> Path | None:
    """The names that lead to an attribute as a person writes it: `lines[].sku`; None for no path."""
    start, _, rest = text.strip().partition(".")
    if start == _META:
        return (_META, *(rest.split(".") if rest else ()))
    try:
        return parsed(_ELEMENTS.sub("", text)).path
    except Refusal:
        return None


def mapping_lineage(plan: Plan) -> MappingLineage:
    """The lineage of all rules of a plan, in the order in which it uses them."""
    mapping, work = plan.mapping, _Lineages(plan)
    source = "" if mapping.source is None else mapping.source.name
    known = plan.labels.marked | plan.labels.not_personal if source else frozenset()
    above = {path[:length] for path in known for length in range(1, len(path))}
    spans = [named.span for named in (mapping.source, *mapping.samples) if named is not None]
    rules = tuple(work.rules())
    return MappingLineage(
        mapping.name,
        plan.target.name,
        source or ", ".join(one.name for one in mapping.samples),
        rules,
        tuple(_consent(plan)),
        tuple(sorted(known - above)),
        tuple(one.path for one in plan.target.root.walk() if one.path),
        frozenset(work.used_spans({name for rule in rules for name in rule.names})),
        mapping.span,
        spans[0] if spans else None,
        plan.labels.marked,
    )


def taken_by_persons(plan: Plan) -> frozenset[Path]:
    """The attributes of the event that are in values of personal fields, also in another form."""
    work = _Lineages(plan)
    entries = {id(entry): entry for section in plan.all_sections for entry in _entries(section)}
    personal = (one for one in entries.values() if plan.target.is_personal(plan.places[one.place].path))
    reads = (work.reads_of(one) for one in personal)
    return frozenset(path for read in reads for path, how in read.items() if how == _IN_VALUE and path)


def _consent(plan: Plan) -> Iterator[tuple[str, str]]:
    consent = plan.consent
    for name, text in () if consent is None else consent_facts(consent):
        if text and consent is not None and not (name == "combine" and len(consent.values) == 1):
            yield name, masked_text(text)


@dataclass(slots=True)
class _Found:
    """The attributes that are read, each with how, and the transforms and names that are used.

    last: the transforms of the value as a whole.
    """

    reads: dict[Path, int] = field(default_factory=dict)
    steps: dict[str, None] = field(default_factory=dict)
    names: dict[str, None] = field(default_factory=dict)
    last: tuple[str, ...] = ()

    def read(self, path: Path, how: int) -> None:
        """Take an attribute in."""
        self.reads[path] = max(how, self.reads.get(path, _DECIDES))

    def take(self, other: _Found, less: Collection[Path], most: int) -> None:
        """Take all in that another part reads, but for paths that are known more exactly."""
        for path, how in other.reads.items():
            if path not in less:
                self.read(path, min(how, most))
        if most == _IN_VALUE:
            self.steps.update(other.steps)
        self.names.update(other.names)


class _Lineages:
    """A plan, and what is known already of its variables."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.at = {id(expression): scope.origins for expression, scope in plan.record.read}
        self.lets = plan.values_of_lets
        self.tables = {table.name for table in plan.mapping.tables}
        self.functions = {one.name: one.value for one in plan.functions}
        self.known: dict[str, _Found] = {}
        self.texts: dict[str, str] = {}
        named = {f"${written_variable(name)}": one for name, one in self.lets.items()}
        for name, value in {**named, **{f"{name}()": one for name, one in self.functions.items()}}.items():
            self.texts[name] = f"{name}: {value_text(value)}"

    def rules(self) -> Iterator[RuleLineage]:
        """The rules of all sections, and what is asked before any of them."""
        plan = self.plan
        if plan.split is not None:
            yield self._asked("split", "", (), plan.split.parts)
        for skip in plan.skips:
            yield self._asked("skip", skip.because, (), skip.when)
        if plan.match is not None:
            yield self._asked("match", "", (), plan.match)
        if plan.consent is not None:
            found = _Found()
            for value in plan.consent.values:
                found.take(self._of(value), (), _IN_VALUE)
            text = ", ".join(map(value_text, plan.consent.values))
            yield self._rule(("consent", ""), (), text, found, plan.places[plan.consent.place].span)
        yield from self._sections()

    def _sections(self) -> Iterator[RuleLineage]:
        """The conditions of the sections, and their fields; those that several share, once."""
        events: dict[tuple[str, Span, Span], list[str]] = {}
        built: dict[tuple[str, Span, Span], PlannedField] = {}
        for section in self.plan.all_sections:
            sent = section.name or "a name from the event"
            if section.when is not None:
                path = f"{'skip' if section.payload is None else sent}: {takes_text(section)}"
                yield self._asked("section", path, (sent,) * (section.payload is not None), section.when)
            elif section.payload is None:
                named: tuple[LineagePart, str] = ("section", f"skip: {takes_text(section)}")
                span = self.plan.places[section.place].span
                yield self._rule(named, (), section.because, _Found(), span)
            for entry in _entries(section):
                place = self.plan.places[entry.place]
                key = place.path, place.span, entry.value.span
                built.setdefault(key, entry)
                events.setdefault(key, []).append(sent)
        for key, entry in built.items():
            yield self._field(key[0], entry, tuple(dict.fromkeys(events[key])), key[1])

    def reads_of(self, entry: PlannedField) -> dict[Path, int]:
        """The attributes that the value of a field reads, each with how."""
        return self._value_of(entry).reads

    def _value_of(self, entry: PlannedField) -> _Found:
        is_object = inner_object(entry.value) is not None
        return self._around(entry.value) if is_object else self._of(entry.value)

    def _field(self, path: str, entry: PlannedField, events: tuple[str, ...], span: Span) -> RuleLineage:
        found = self._value_of(entry)
        if entry.when is not None:
            self._ask(entry.when, found, is_value=False)
        value = entry_text(entry).removesuffix(" required")
        return self._rule(("field", path), events, value, found, span)

    def _asked(self, part: LineagePart, path: str, events: tuple[str, ...], asked: Expression) -> RuleLineage:
        found = _Found()
        self._ask(asked, found, is_value=False)
        return self._rule((part, path), events, asked.text, found, asked.whole)

    def _rule(
        self, named: tuple[LineagePart, str], events: tuple[str, ...], value: str, found: _Found, span: Span
    ) -> RuleLineage:
        part, path = named
        labels = self.plan.labels
        reads = tuple(
            AttributeRead(
                keys,
                how > _DECIDES,
                may_be_persons(keys, labels),
                is_kept=how == _IN_VALUE,
                is_marked=is_personal(keys, labels),
            )
            for keys, how in sorted(found.reads.items(), key=lambda one: (not one[1], one[0]))
        )
        shown = any(found.reads[one.keys] == _IN_VALUE and one.personal for one in reads)
        is_field = part == "field"
        at = self.plan.target.find(path) if is_field else None
        hashed = is_field and not DIGESTS.isdisjoint(self._applied(path, found))
        target = is_field and self.plan.target.is_personal(path)
        return RuleLineage(
            part,
            masked_text(path),
            events,
            masked_text(value),
            reads,
            tuple(found.steps),
            tuple(found.names),
            target or shown,
            hashed,
            is_field and not hashed and self._is_derived(path, found),
            self._without(path, "denied") if is_field else "",
            self._without(path, "missing") if is_field else "",
            tuple(masked_text(self.texts[one]) for one in sorted(found.names) if one in self.texts),
            at is not None and at.refuses,
            span,
        )

    def _applied(self, path: str, found: _Found) -> tuple[str, ...]:
        """The transforms of the whole value of a field: those of its normal form, and those of its rule."""
        at = self.plan.target.find(path)
        forms = () if at is None else (at, *(() if at.item is None else (at.item,)))
        return (*(step.transform for one in forms for step in one.form), *found.last)

    def _is_derived(self, path: str, found: _Found) -> bool:
        """Whether nothing that is read is still in the value of a field, though it is made of it."""
        values = [how for how in found.reads.values() if how > _DECIDES]
        lost = any("person" not in keeps(one) for one in self._applied(path, found))
        return bool(values) and (lost or _IN_VALUE not in values)

    def _without(self, path: str, decision: str) -> WithoutConsent:
        """The end of a field after a decision that is not a yes."""
        if self.plan.consent is None:
            return ""
        effect = self.plan.consent.effect(decision)
        if not effect.is_sent:
            return "not sent"
        if any(path == one for one, _ in effect.put):
            return "set"
        return "removed" if effect.removes(path) else "sent"

    def _of(self, planned: Planned) -> _Found:
        """All that a value reads."""
        found = _Found(last=tuple(step.transform.name for step in all_steps(planned)))
        for one in every(planned):
            self._add(one, found)
        return found

    def _around(self, planned: Planned) -> _Found:
        """All that decides whether a value is there whose fields are rules of their own."""
        found = _Found()
        self._add(planned, found)
        for part in parts(planned):
            if part.role in ("items", "column"):
                found.take(self._of(part.value), (), _IN_VALUE)
        return found

    def _add(self, planned: Planned, found: _Found) -> None:
        """Take in what a value reads itself, without its parts."""
        for when in (planned.when, *(part.when for part in parts(planned))):
            if when is not None:
                self._ask(when, found, is_value=False)
        if isinstance(planned.source, Expression):
            self._ask(planned.source, found, is_value=True)
        for step in all_steps(planned):
            self._step(step, found)

    def _step(self, step: Step, found: _Found) -> None:
        if step.own is not None:
            self._called(step.own.function.name, found)
        else:
            found.steps[step.transform.name] = None
            found.names[step.transform.name] = None
        if step.table:
            found.names[f"${step.table}"] = None
        for name in step.reads:
            self._variable(name, found, (), _IN_VALUE)

    def _called(self, name: str, found: _Found) -> None:
        """Take in the names that a function of the mapping uses: it reads nothing but what it is given."""
        found.names[f"{name}()"] = None
        body = self.functions.get(name)
        if body is not None:
            inner = self._known(f"{name}()", body)
            found.names.update(inner.names)
            found.steps.update(inner.steps)

    def _ask(self, asked: Expression, found: _Found, *, is_value: bool) -> None:
        """Take in what an expression reads. is_value: what it gives is the value."""
        labels = self.plan.labels
        at = self.at.get(id(asked)) or labels.event
        living = set(all_paths(asked, at, labels))
        exact = {path for read in asked.parsed.reads for path in paths_of(read, at, labels)} | living
        for path in exact:
            made = _MADE_INTO if not living else _DECIDES
            found.read(path, _DECIDES if not is_value else _IN_VALUE if path in living else made)
        for node in asked.parsed.nodes:
            if isinstance(node, OwnCall):
                self._called(node.name, found)
            elif isinstance(node, Call):
                found.names[node.name] = None
        for name, *_ in asked.variables:
            self._variable(name, found, exact, _IN_VALUE if is_value else _DECIDES)

    def _variable(self, name: str, found: _Found, exact: Collection[Path], most: int) -> None:
        """Take in what a variable reads, but for where its value comes from, if that is known exactly."""
        if name not in self.lets and name not in self.tables:
            return
        found.names[f"${written_variable(name)}"] = None
        if name in self.lets:
            origins: tuple[Origin, ...] = self.plan.labels.lets.get(name, ())
            less = {one.path for one in origins} if exact else ()
            found.take(self._known(name, self.lets[name]), less, most)

    def _known(self, name: str, planned: Planned) -> _Found:
        if name not in self.known:
            self.known[name] = _Found()  # a function may call itself by way of others, which is an error
            self.known[name] = self._of(planned)
        return self.known[name]

    def used_spans(self, names: Collection[str]) -> Iterator[Span]:
        """The places of the parts that are used. names: those that the rules use."""
        mapping = self.plan.mapping
        yield from (one.span for one in mapping.all_lets if f"${written_variable(one.name)}" in names)
        yield from (one.name_span for one in mapping.functions if f"{one.name}()" in names)
        yield from (one.form.span for one in mapping.tables if f"${one.name}" in names)
        taken: set[str] = set()
        for section in self.plan.all_sections:
            own = None if section.constants is None else set(map(repr, section.constants))
            if own is None or section.patterns or not own <= taken:
                yield self.plan.places[section.place].span
            if own is not None and section.when is None and not section.goes_on:
                taken |= own


def _entries(section: PlannedSection) -> Iterator[PlannedField]:
    """The fields of a section's payload that are rules of their own."""
    waiting = [] if section.payload is None else [section.payload]
    while waiting:
        built = waiting.pop(0)
        for entry in built.entries:
            inner = inner_object(entry.value)
            if inner is not None:
                waiting.append(inner)
            if not isinstance(entry.value.source, PlannedObject) or entry.when is not None:
                yield entry
