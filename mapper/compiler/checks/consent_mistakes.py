"""Consent: parts of it that have no effect, and events that identify no one once it has removed fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from mapper.compiler.checks.check_facts import (
    UnsaidLimit,
)
from mapper.compiler.checks.check_registry import WITHOUT_ERRORS, CheckCase, Relation, anywhere, check
from mapper.compiler.checks.identity import groups_given, is_full
from mapper.compiler.checks.mistaken_attributes import plain_reads
from mapper.compiler.inference.personal_origins import value_paths
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.origin import WHOLE_EVENT, Path
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tree import Literal, Variable
from mapper.compiler.plan.ir import Planned, own_steps
from mapper.compiler.plan.ir import parts as planned_parts
from mapper.compiler.plan.planned_consent import answer_type
from mapper.compiler.plan.scope import Sending
from mapper.compiler.schema.target import Target
from mapper.compiler.schema.target_requirements import Requirement
from mapper.compiler.syntax.syntax_facts import MeantName
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
)
from mapper.compiler.syntax.written_consent import Consent
from mapper.compiler.yaml.edits import key_before, quoted
from mapper.compiler.yaml.yaml_facts import Remove, Replace
from mapper.runtime.consent_decision import LIMITED
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span


@check("M434")
def ineffective_strip(case: CheckCase) -> Iterator[Diagnostic]:
    """Paths that are stripped twice, or stripped and set."""
    consent, target = case.mapping.consent, case.target
    if consent is None:
        return
    seen: dict[str, Span] = {}
    for path, span in consent.strip or ():
        paths = {*target.personal_paths()} if path == "personal" else {path}
        if path != "personal" and target.find(path) is None:
            continue
        for one, place in seen.items():
            if paths <= _covered(one, target):
                message = f"`{path}` is already removed by `{one}`"
                yield _ineffective(span, message, (place, "removed here"))
                break
        seen.setdefault(path, span)
    for path, span, _ in consent.put:
        if path in stripped_paths(consent, target) and path in seen:
            message = f"`{path}` has a value under `set`, so removing it has no effect"
            yield _ineffective(seen[path], message, (span, "set here"))


def _ineffective(span: Span, message: str, related: tuple[Span, str]) -> Diagnostic:
    fact = Remove("items", span, span, "Remove it")
    return Diagnostic("M434", span, message, "remove it", related=(related,), facts=fact)


def _covered(path: str, target: Target) -> set[str]:
    """The paths that stripping one takes away."""
    if path == "personal":
        return {*target.personal_paths()}
    field = target.find(path)
    return set() if field is None else {one.path for one in field.walk()}


_HINT = "remove the `default`, to tell a missing answer from a given one"


@check("M435", yields_to=(Relation("M461", anywhere),))
def answers_always_there(case: CheckCase) -> Iterator[Diagnostic]:
    """A `when_missing` that never acts."""
    consent = case.mapping.consent
    if consent is not None and all(_always_answers(value) for value in consent.answer.values):
        message = "`when_missing` never applies: the answer always has a value"
        is_same = all(map(_is_constant, consent.answer.values))
        hint = "read the answer from the event: a constant is the same for everybody" if is_same else _HINT
        yield Diagnostic("M435", consent.missing_span, message, hint)


def _is_constant(value: Value) -> bool:
    match value:
        case Constant():
            return True
        case Expression():
            return isinstance(value.root, Literal)
        case Rule() | Fields() | Elements() | FirstOf() | Case() | Each() | Zip():
            return False


def _always_answers(value: Value) -> bool:
    match value:
        case Constant():
            return value.value is not None
        case Rule():
            return value.when is None and (value.default is not None or _always_answers(value.source))
        case Expression():
            return isinstance(value.root, Literal) and value.root.value is not None
        case Fields() | Elements() | FirstOf() | Case() | Each() | Zip():
            return False


# Words of names that say that a person agreed, and those that say the opposite, which win within a name.
_GRANTS = frozenset(
    {
        *("accept", "accepted", "agree", "agreed", "allow", "allowed", "choices", "consent", "consented"),
        *("consents", "grant", "granted", "grants", "optin", "permission", "permissions", "permitted"),
        "purposes",
    }
)
_REFUSALS = frozenset(
    {
        *("decline", "declined", "denied", "denies", "deny", "disabled", "dnt", "gpc", "limit", "no", "not"),
        *("optout", "refusal", "refused", "reject", "rejected", "revoked", "unsubscribed", "without"),
        "withdrawn",
    }
)
_TWO_WORDS = {"opt in": "optin", "opted in": "optin", "opt out": "optout", "opted out": "optout"}
_NAME_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def words_of_name(name: str) -> list[str]:
    """The words of a name, in lower case: `gdprApplies` has two."""
    return [word.lower() for word in _NAME_WORDS.findall(name)]


def says_granted(names: Sequence[str]) -> bool | None:
    """The meaning of a yes by the names of a path, the last ones first; None where they say nothing."""
    for name in reversed(names):
        text = " ".join(words_of_name(name))
        text = re.sub(r"\b(?:do|does) not (?:sell|track|share)\b", "refused", text)
        for two, one in _TWO_WORDS.items():
            text = re.sub(rf"\b{two}s?\b", one, text)
        words = set(text.split())
        if words & _REFUSALS:
            return False
        if words & _GRANTS:
            return True
    return None


@check("M455", needs=("consent",))
def answers_the_wrong_way_round(case: CheckCase) -> Iterator[Diagnostic]:
    """`denied:` of an attribute that by its name grants, and `granted:` of one that refuses."""
    consent, planned = case.mapping.consent, case.plan.consent
    if consent is None:
        return
    for read in () if consent.answer_grants or planned is None else planned.values:
        if "granted" in (answer_type(read).constants or ()):
            message = "`denied` reads a signal that says `granted` where a person agreed"
            at = key_before("denied", consent.answer.span)
            fact = None if at is None else MeantName(at, "granted")
            yield Diagnostic("M455", read.span, message, "write `granted` in place of `denied`", facts=fact)
    for value in consent.answer.values:
        for expression in _answers(value):
            path = expression.path()
            said = None if path is None else says_granted(path)
            if said is not None and said is not consent.answer_grants:
                yield _wrong_way_round(expression, path or (), said, consent)


def _wrong_way_round(
    expression: Expression, path: Sequence[str], grants: bool, consent: Consent
) -> Diagnostic:
    key, other = ("granted", "denied") if consent.answer_grants else ("denied", "granted")
    means = "consent" if grants else "refusal"
    message = f"`{key}` reads `{'.'.join(path)}`, where by its name a yes means {means}"
    at = key_before(key, consent.answer.span) if len(consent.answer.values) == 1 else None
    if at is not None:
        hint = f"write `{other}` in place of `{key}`"
        return Diagnostic("M455", expression.whole, message, hint, facts=MeantName(at, other))
    rule = f"{{from: {quoted(expression.text.strip())}, apply: not}}"
    fact = Replace(expression.whole, rule)
    return Diagnostic("M455", expression.whole, message, f"write `{rule}`", facts=fact)


def _answers(value: Value) -> Iterator[Expression]:
    """The expressions whose yes is the answer's."""
    match value:
        case Expression():
            yield value
        case FirstOf():
            for one in value.alternatives:
                yield from _answers(one)
        case Rule():
            if not value.steps:
                yield from _answers(value.source)
        case Constant() | Fields() | Elements() | Case() | Each() | Zip():
            return


@check("M455")
def refusals_from_grants(case: CheckCase) -> Iterator[Diagnostic]:
    """Fields that are true where a person refused, read from what is true where a person agreed."""
    consent, labels = case.mapping.consent, case.plan.labels
    granting = set[Path]()
    if consent is not None and consent.answer_grants:
        answers = [one for value in consent.answer.values for one in _answers(value)]
        granting = {path for one in answers for path in value_paths(one, WHOLE_EVENT, labels)}
    for read in plain_reads(case):
        if not read.field.refusal or (read.path not in granting and not says_granted(read.path)):
            continue
        message = (
            f"`{read.field.path}` is true where a person refused, but {coded(read.written)} means consent"
        )
        rule = f"{{from: {quoted(read.written)}, apply: not}}"
        is_alone = not read.site.tail and read.span == read.expression.whole
        fact = Replace(read.span, rule) if is_alone else None
        hint = f"write `{rule}`" if is_alone else "add the step `not`"
        yield Diagnostic("M455", read.span, message, hint, path=read.field.path, facts=fact)
    yield from _refused_by_default(case)


@check("M459", needs=("consent",))
def limited_answers(case: CheckCase) -> Iterator[Diagnostic]:
    """Answers that can be `limited`, an opt-out that is no refusal: what it means must be written."""
    consent, written = case.plan.consent, case.mapping.consent
    if consent is None or written is None or consent.when_limited:
        return
    for value in consent.values:
        if not _can_be_limited(value, case.lets, set()):
            continue
        message = f"the answer can be `{LIMITED}`, and `consent` has no `when_limited`"
        constants = tuple((one.path, one.limited) for one in case.target.root.walk() if one.limited)
        fact = UnsaidLimit(written.span, written.missing_span, constants)
        yield Diagnostic("M459", value.span, message, facts=fact)
        return


@check("M435", needs=("consent",))
def never_limited(case: CheckCase) -> Iterator[Diagnostic]:
    """A `when_limited` that never acts."""
    consent, written = case.plan.consent, case.mapping.consent
    entry = None if written is None else written.limited_entry
    if consent is not None and entry is not None and all(map(_is_never_limited, consent.values)):
        key, meant = entry
        message = f"`when_limited` never applies: the answer is never `{LIMITED}`"
        yield Diagnostic("M435", key.span, message, "remove it", facts=Remove("entry", key.span, meant.span))


def _is_never_limited(value: Planned) -> bool:
    given = answer_type(value)
    if not given.known or "string" not in given.kinds:
        return given.known
    return given.constants is not None and not any(
        isinstance(one, str) and one.strip().lower() == LIMITED for one in given.constants
    )


def _can_be_limited(value: Planned, lets: Mapping[str, Planned], seen: set[str]) -> bool:
    """Whether a signal that can be so is a value, through alternatives and lets."""
    steps = own_steps(value)
    if steps:
        return LIMITED in (steps[-1].transform.gives.constants or ())
    if any(_can_be_limited(part.value, lets, seen) for part in planned_parts(value)):
        return True
    if not isinstance(value.source, Expression):
        return False
    root = value.source.root
    if isinstance(root, Variable) and root.name not in seen:
        name = root.name
        seen.add(name)
        return name in lets and _can_be_limited(lets[name], lets, seen)
    return LIMITED in (value.type.constants or ())


def _refused_by_default(case: CheckCase) -> Iterator[Diagnostic]:
    for rule, _, site in case.record.rules:
        default = rule.default
        if site.target is not None and site.target.refusal and default is not None and default.value is True:
            message = f"`{site.target.path}` is true for every event that does not say so"
            fact = Remove("value", default.span, name="default")
            yield Diagnostic(
                "M455", default.span, message, "remove `default`", path=site.target.path, facts=fact
            )


@check("M906", needs=("whole",), yields_to=WITHOUT_ERRORS)
def nobody_left(case: CheckCase) -> Iterator[Diagnostic]:
    """A `strip` that leaves nobody identified, so that no event without consent is ever sent."""
    consent, target = case.mapping.consent, case.target
    if consent is None or not consent.strip or not case.sendings:
        return
    paths = stripped_paths(consent, target)
    for requirement in target.requirements:
        if requirement.when is not None:
            continue
        below = f"{requirement.path}." if requirement.path else ""
        names = {name for group in requirement.groups for name in group}
        lost = names if requirement.path in paths else {name for name in names if below + name in paths}
        if lost and not any(_survives(sending, requirement, lost) for sending in case.sendings):
            message = "events without consent are never sent: `strip` removes every identifier"
            hint = "write `when_denied: skip`, or list fewer paths under `strip`"
            yield Diagnostic("M906", consent.strip[0][1], message, hint, path=requirement.path)
            return


def stripped_paths(consent: Consent, target: Target) -> set[str]:
    """The target paths that an event without consent loses."""
    named = {name for name, _ in consent.strip or ()}
    return {*named, *target.personal_paths()} if "personal" in named else named


def _survives(sending: Sending, requirement: Requirement, lost: set[str]) -> bool:
    ways = groups_given(sending, requirement)
    return ways is None or not any(ways) or any(is_full(requirement, names - lost) for names in ways)
