"""Consent -> PlannedConsent: the answers to read, and what each decision does to a payload."""

from __future__ import annotations

from typing import TypeAlias

from mapper.compiler.plan.constants import looked_up
from mapper.compiler.plan.ir import Fixed, Planned, made_strict, own_steps
from mapper.compiler.plan.plan_facts import UnknownPath
from mapper.compiler.plan.planned_values import plan_value
from mapper.compiler.plan.scope import Draft, Scope, Site
from mapper.compiler.schema.target import Target, TargetField
from mapper.compiler.syntax.value_nodes import Constant
from mapper.compiler.syntax.written_consent import Consent
from mapper.runtime.consent_decision import LIMITED, is_given
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass
from mapper.values.types import NULL, Type, constant, union

Puts: TypeAlias = tuple[tuple[str, Fixed], ...]


@dataclass(frozen=True, slots=True)
class ConsentEffect:
    """The effect of a decision on a payload: it is not sent, or without the paths of `strip` and with `put`.

    is_given: with limits too.
    """

    is_given: bool
    is_sent: bool
    strip: tuple[str, ...] = ()
    put: Puts = ()

    @property
    def is_none(self) -> bool:
        """Whether the payload is sent as its rules make it."""
        return self.is_sent and not self.strip and not self.put

    def removes(self, path: str) -> bool:
        """Whether what the rule of a path makes is gone; a path in lists has `[]`, or the places of items."""
        lost = (*self.strip, *(one for one, _ in self.put))
        return any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in lost)


@dataclass(frozen=True, slots=True)
class PlannedConsent:
    """The consent of a plan, and what a payload loses without it. Paths of `strip` exist in the target.

    when_limited: `skip`, `set`, or "" where it is not written; limit: what an event is sent with by `set`.
    """

    values: tuple[Planned, ...]
    combine: str
    answer_grants: bool
    when_missing: str
    strip: tuple[str, ...] | None
    put: Puts
    when_limited: str
    limit: Puts
    place: int

    def effect(self, answer: str) -> ConsentEffect:
        """The effect of a decision, one of DECISIONS."""
        if answer == LIMITED:
            return ConsentEffect(is_given=True, is_sent=self.when_limited == "set", put=self.limit)
        if is_given(answer, self.when_missing):
            return ConsentEffect(is_given=True, is_sent=True)
        return ConsentEffect(False, self.strip is not None, self.strip or (), self.put)


def answer_type(value: Planned) -> Type:
    """The type of an answer, after a table or a signal too."""
    steps = own_steps(value)
    table = looked_up(steps)
    if table is not None:
        return union([NULL, *map(constant, table)])
    return steps[-1].transform.gives if steps else value.type


def plan_consent(consent: Consent, target: Target, scope: Scope, draft: Draft) -> PlannedConsent | None:
    """The consent of a mapping; None, and what is wrong with it, where an answer cannot be planned."""
    place = draft.place("consent", consent.span)
    values = [plan_value(value, Site(None, scope, place), draft) for value in consent.answer.values]
    strip: tuple[str, ...] | None = None
    if consent.strip is not None:
        strip = tuple(path for name, span in consent.strip for path in _stripped(name, span, target, draft))
    put, limit = (
        tuple(made for one in puts if (made := _plan_put(one, target, scope, draft)) is not None)
        for puts in (consent.put, consent.limit)
    )
    kept = tuple(made_strict(value) for value in values if value is not None)
    if len(kept) < len(values):
        return None
    return PlannedConsent(
        kept,
        consent.answer.combine,
        consent.answer_grants,
        consent.when_missing,
        strip,
        put,
        consent.when_limited,
        limit,
        place,
    )


def _stripped(name: str, span: Span, target: Target, draft: Draft) -> tuple[str, ...]:
    if name == "personal":
        return target.personal_paths()
    return (name,) if _find(name, span, target, draft) is not None else ()


def _find(path: str, span: Span, target: Target, draft: Draft) -> TargetField | None:
    field = target.find(path)
    if field is not None and "[]" in path:
        message = f"`{path}` is inside a list, and consent removes or sets whole fields"
        whole = f"write the list: `{path.split('[]')[0]}`"
        draft.found.say(Diagnostic("M301", span, message, whole, path=path))
        return None
    if field is None:
        message, fact = f"the payload has no field `{path}`", UnknownPath(path, span, target.root)
        draft.found.say(Diagnostic("M301", span, message, path=path, facts=fact))
    return field


def _plan_put(
    put: tuple[str, Span, Constant], target: Target, scope: Scope, draft: Draft
) -> tuple[str, Fixed] | None:
    path, span, value = put
    field = _find(path, span, target, draft)
    if field is None:
        return None
    planned = plan_value(value, Site(field, scope, draft.place(path, span)), draft)
    if planned is None or not isinstance(planned.source, Fixed):
        return None
    return path, planned.source
