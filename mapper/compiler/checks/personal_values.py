"""Values of persons -> those that a field sends as they are, and allowances that nothing needs.

A value is a person's by the source schema, by the name of its attribute, or since the same section hashes it
in another field: what a mapping gives as a name or an address is personal in the same event, whatever its
attribute is called. A section at a time: `properties.name` is a person's when one signs up, and a product's
when it is viewed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import field as made_field
from dataclasses import replace
from functools import partial

from mapper.compiler.checks.check_registry import CheckCase, Relation, check, fact, same_span
from mapper.compiler.checks.digests import called_steps
from mapper.compiler.inference.personal_origins import (
    Labels,
    given_to_steps,
    hashed_read,
    is_wide,
    lets_through,
    likely_read,
    origins_of,
    personal_read,
    sent_origins,
)
from mapper.compiler.inference.typed_expression import TypedExpression
from mapper.compiler.jmespath.call_facts import arguments_for, keeps
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.origin import Origin, Path
from mapper.compiler.jmespath.tree import Call
from mapper.compiler.plan.ir import Fixed
from mapper.compiler.plan.planned_steps import form_steps
from mapper.compiler.plan.scope import PlannedFields, Site, span_of
from mapper.compiler.schema.target import TargetField
from mapper.compiler.syntax.value_nodes import (
    Case,
    Constant,
    Each,
    Elements,
    Fields,
    FirstOf,
    Rule,
    Value,
    Zip,
    parts,
)
from mapper.compiler.syntax.written_steps import WrittenStep
from mapper.compiler.yaml.edits import key_before
from mapper.compiler.yaml.yaml_facts import Remove
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass

# The forms of what is a person's by itself; a city or an id is other things' too.
_OF_PERSONS = frozenset({"birth_date", "email", "name", "phone"})
_HINT = "send something else, or write `personal: allowed` in the rule if it {}"
_BETWEEN = re.compile(r"""["']?:\s*["']?""")


@dataclass(slots=True)
class _Leaks:
    """The diagnostics of values that are sent as they are and should not be, and the rules that allow one."""

    told: list[Diagnostic] = made_field(default_factory=list)
    likely: list[Diagnostic] = made_field(default_factory=list)
    needed: set[int] = made_field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Sent:
    """An expression on its way into a field.

    at: where its current value comes from. allowed: a rule around it that lets personal values through.
    steps: what is done with its value.
    """

    expression: Expression
    field: TargetField
    at: tuple[Origin, ...]
    allowed: Rule | None = None
    steps: tuple[WrittenStep, ...] = ()


@dataclass(frozen=True, slots=True)
class _Way:
    """The way of a value: the field it goes to, and what is around it: as of a `_Sent`."""

    field: TargetField
    at: tuple[Origin, ...]
    allowed: Rule | None = None
    steps: tuple[WrittenStep, ...] = ()

    def of_item(self) -> _Way:
        """The way of an element of a list that goes there."""
        return replace(self, field=self.field.item or self.field)


@dataclass(frozen=True, slots=True)
class _Share:
    """The part that a value of the payload has in this check: most sections share most of them.

    hashed: the paths it hashes, with their fields. plain: what it may send as it is. read: the paths of that.
    is_wide: some of that may be made of other paths too.
    """

    hashed: dict[Path, str]
    plain: tuple[_Sent, ...]
    read: frozenset[Path]
    is_wide: bool

    def may_send(self, hashed: Iterable[Path]) -> bool:
        """Whether some of these paths may be among what it sends as it is."""
        return self.is_wide or not self.read.isdisjoint(hashed)


@check("M401")
def sent_as_they_are(case: CheckCase) -> Iterator[Diagnostic]:
    """Personal attributes of the event that go into fields as they are, and what is hashed elsewhere."""
    by_name = _leaks_by_name(case).told
    yield from by_name
    told = {one.span for one in by_name}
    yield from (one for one in _leaks_by_hash(case).told if one.span not in told)


@check("M401")
def plaintext_beside_a_constant(case: CheckCase) -> Iterator[Diagnostic]:
    """Values without a digest, beside a constant with which the target takes nothing else."""
    for made in case.record.objects.values():
        for child in () if made.target is None else made.target.fields:
            if child.plain_by[0]:
                yield from _plaintext_of(child, made, case)


def _plaintext_of(child: TargetField, made: PlannedFields, case: CheckCase) -> Iterator[Diagnostic]:
    """The mistake in a value that is plaintext with some constants beside it alone."""
    name, constants = child.plain_by
    beside = next((one.value.source for one in made.planned.entries if one.name == name), None)
    value = made.fields.get(child.name)
    if value is None or not isinstance(beside, Fixed) or beside.value in constants or _is_hashed(value, case):
        return
    needed = ", ".join(step.describe() for step in form_steps(child.hash_after))
    message = f"`{child.path}` must be hashed where `{name}` is `{beside.value}`"
    hint = f"write `apply: [{needed}, sha256]`; a value that is a digest stays as it is"
    yield Diagnostic("M401", span_of(value), message, hint, path=child.path)


def _is_hashed(value: Value, case: CheckCase) -> bool:
    """Whether each way to a value goes through `sha256`, or is a constant."""
    match value:
        case Rule():
            steps = [step.transform for step in value.steps]
            return "sha256" in steps or _is_hashed(value.source, case)
        case FirstOf():
            return all(_is_hashed(one, case) for one in value.alternatives)
        case Case():
            return all(_is_hashed(one.value, case) for one in parts(value) if one.role != "when")
        case Expression():
            return any(name == "sha256" for name, _, _ in called_steps(value, case))
        case Constant():
            return True
        case Fields() | Elements() | Each() | Zip():
            return False


@check("M439", yields_to=(Relation("M401", same_span),))
def likely_sent_as_they_are(case: CheckCase) -> Iterator[Diagnostic]:
    """Attributes that go into fields as they are, and that are personal by their name."""
    yield from _leaks_by_name(case).likely


def _same_entry(one: Diagnostic, other: Diagnostic, about: TypedExpression | None) -> bool:
    """Whether the other one speaks of the value of the key that this one speaks of."""
    key, value = one.span, other.span
    return key.text is value.text and bool(_BETWEEN.fullmatch(key.text.content, key.end, value.start))


@check("M436", yields_to=(Relation("M022", _same_entry), Relation("M022", same_span)))
def allowances_without_need(case: CheckCase) -> Iterator[Diagnostic]:
    """A `personal: allowed` that lets nothing through.

    A field that the target does not know may need it for the guard, whatever goes into it.
    """
    for rule, planned, site in case.record.rules:
        written = rule.personal_allowed
        if planned is None or written is None or (site.target is not None and not site.target.type.known):
            continue
        if id(rule) not in _leaks_by_name(case).needed | _leaks_by_hash(case).needed:
            message = "`personal: allowed` is not needed: no value known to be personal is sent as is here"
            span, fact = key_before("personal", written) or written, Remove("value", written, name="personal")
            yield Diagnostic("M436", span, message, "remove it", facts=fact)


@fact
def _leaks_by_name(case: CheckCase) -> _Leaks:
    leaks, labels = _Leaks(), case.plan.labels
    for expression, site in _sent_by_rules(case):
        target = site.target
        if target is None or target.personal or not lets_through(site.tail):
            continue
        at = site.scope.origins
        if target.is_object:
            found = personal_read(expression, at, labels, site.tail, partial(_is_in_clear, target))
        else:
            found = personal_read(expression, at, labels, site.tail)
        likely = (
            likely_read(expression, at, labels, site.tail) if found is None and _is_text(target) else None
        )
        if (found or likely) and site.allowing:
            leaks.needed.update(map(id, site.allowing))
        elif found is not None:
            path, read = found
            message = f"`{target.path}` is sent in plaintext, but `{'.'.join(path)}` is personal"
            span = expression.locate(read.start, read.end)
            leaks.told.append(Diagnostic("M401", span, message, _HINT.format("must be so"), path=target.path))
        elif likely is not None:
            path, read = likely
            message = f"`{target.path}` is sent unhashed, and by its name `{'.'.join(path)}` is personal"
            span = expression.locate(read.start, read.end)
            leaks.likely.append(Diagnostic("M439", span, message, _HINT.format("is not"), path=target.path))
    return leaks


def _sent_by_rules(case: CheckCase) -> Iterator[tuple[Expression, Site]]:
    """The expressions on their way into fields, and the variables that steps put into a value."""
    yield from case.record.sent
    for value, site in case.record.zipped:
        assert site.target is not None
        way = _Way(site.target, site.scope.origins, None, site.tail)
        for one in _sent(value, way, case.plan.labels):
            allowing = site.allowing if one.allowed is None else (*site.allowing, one.allowed)
            scope = replace(site.scope, origins=one.at)
            yield one.expression, Site(one.field, scope, site.place, one.steps, allowing)
    for rule, _, site in case.record.rules:
        if site.target is not None and rule.steps:
            allowing = site.allowing if rule.personal_allowed is None else (*site.allowing, rule)
            for given, after in given_to_steps(rule.steps):
                yield given, replace(site, tail=(*after, *site.tail), allowing=allowing)


def _is_in_clear(target: TargetField, names: Path) -> bool:
    """Whether what is at some names in the object of a field is sent as it is."""
    inner: TargetField | None = target
    for name in names:
        if inner is None or inner.personal:
            return False
        inner = (inner.item or inner).field(name)
    return inner is not None and not inner.personal and not inner.is_object


def _is_text(target: TargetField) -> bool:
    """Whether any text can go into a field: no number, word or code is made of it."""
    leaf = target.item or target
    if leaf.type.known and "string" not in leaf.type.kinds:
        return False
    return all("text" in keeps(step.transform) for step in leaf.form)


@fact
def _leaks_by_hash(case: CheckCase) -> _Leaks:
    leaks, labels = _Leaks(), case.plan.labels
    spans: set[Span] = set()
    for one, hashed in _hashed_too(case):
        found = _in_clear(one, hashed, labels)
        if found is not None and one.allowed is not None:
            leaks.needed.add(id(one.allowed))
        elif found is not None and found.span not in spans:
            spans.add(found.span)
            leaks.told.append(found)
    return leaks


def _hashed_too(case: CheckCase) -> Iterator[tuple[_Sent, dict[Path, str]]]:
    """The values that sections may send as they are, with those that the same section hashes."""
    mapping, root, labels = case.mapping, case.target.root, case.plan.labels
    known: dict[tuple[int, str, str], _Share | None] = {}
    every = [mapping.payload, *(section.payload for section in mapping.all_sections)]
    all_shares = [share for fields in every for share in _shares(fields, root, labels, known)]
    all_hashed = {path for share in all_shares for path in share.hashed}
    if not any(share.may_send(all_hashed) for share in all_shares):
        return  # of no two sections together either, as in most mappings
    for sending in case.sendings:
        shares = _shares(sending.fields, root, labels, known)
        hashed: dict[Path, str] = {}
        for share in shares:
            hashed.update(share.hashed)
        for share in shares:
            if share.may_send(hashed):
                yield from ((one, hashed) for one in share.plain)


def _shares(
    fields: Fields, target: TargetField, labels: Labels, known: dict[tuple[int, str, str], _Share | None]
) -> list[_Share]:
    """The shares of the values in some fields, less those that have none.

    known: by identity, object and name; the mapping keeps the values alive.
    """
    shares: list[_Share] = []  # not given one by one: sections ask for thousands
    for name, _, value in fields.entries:
        if isinstance(value, Fields):
            inner = target.field(name)
            shares += [] if inner is None else _shares(value, inner, labels, known)
            continue
        key = (id(value), target.path, name)
        if key not in known:
            field = target.field(name)
            share = None if field is None else _share(value, field, labels)
            known[key] = share if share is not None and (share.hashed or share.read) else None
        share = known[key]
        if share is not None:
            shares.append(share)
    return shares


def _share(value: Value, field: TargetField, labels: Labels) -> _Share:
    sent = list(_sent(value, _Way(field, labels.event), labels))
    plain = tuple(one for one in sent if not one.field.personal and not one.field.is_object)
    origins = [inner for one in plain for inner in sent_origins(one.expression, one.at, labels, one.steps)]
    return _Share(
        {path: one.field.path for one in sent for path in _hashed(one, labels)},
        plain,
        frozenset(one.path for one in origins),
        any(map(is_wide, origins)),
    )


def _sent(value: Value, way: _Way, labels: Labels) -> Iterator[_Sent]:
    """The expressions of a value, each with the field it goes into; none where a digest is made of it."""
    match value:
        case Expression():
            yield _Sent(value, way.field, way.at, way.allowed, way.steps)
        case Fields():
            for part in parts(value):
                below = way.field.field(part.name)
                if below is not None:
                    yield from _sent(part.value, replace(way, field=below), labels)
        case Rule():
            allowed = way.allowed if value.personal_allowed is None else value
            if lets_through(value.steps):
                inner = replace(way, allowed=allowed, steps=(*value.steps, *way.steps))
                yield from _sent(value.source, inner, labels)
            for given, after in given_to_steps(value.steps):
                if lets_through(after) and not way.field.personal:  # no digest of it alone is made there
                    yield _Sent(given, way.field, way.at, allowed, (*after, *way.steps))
        case FirstOf() | Case():
            for part in parts(value):
                if part.role != "when":
                    yield from _sent(part.value, way, labels)
        case Elements():
            for item in value.items:
                yield from _sent(item, way.of_item(), labels)
        case Each():
            at = origins_of(value.items, way.at, labels)
            yield from _sent(value.item, replace(way.of_item(), at=at), labels)
        case Zip():
            yield from _sent(value.lists, way.of_item(), labels)
        case Constant():
            return


def _hashed(one: _Sent, labels: Labels) -> tuple[Path, ...]:
    """The paths that a field hashes as a person's; none where more than a text is read of them."""
    forms = {step.transform for step in (one.field.item or one.field).form}
    if not one.field.personal or not forms & _OF_PERSONS:
        return ()
    if not all(_is_of_one_text(node) for node in one.expression.walk() if isinstance(node, Call)):
        return ()
    found = sent_origins(one.expression, one.at, labels, one.steps)
    return tuple([origin.path for origin in found if origin.path and not origin.is_part])


def _is_of_one_text(call: Call) -> bool:
    """Whether what a call gives is made of one text, and still of the person that it names."""
    return "person" in keeps(call.name) and len([*arguments_for(call, "value", "put")]) == 1


def _in_clear(one: _Sent, hashed: dict[Path, str], labels: Labels) -> Diagnostic | None:
    found = hashed_read(one.expression, one.at, labels, one.steps, hashed)
    if found is None:
        return None
    path, read = found
    message = (
        f"`{one.field.path}` is sent in plaintext, but `{'.'.join(path)}` is hashed for `{hashed[path]}`"
    )
    hint = _HINT.format("must be so")
    span = one.expression.locate(read.start, read.end)
    return Diagnostic("M401", span, message, hint, path=one.field.path)
