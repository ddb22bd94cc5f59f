"""A value that says yes or no, alone -> a function that asks it of an event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from mapper.compiler.emit.readable.readable_program import CONSENT_KEY
from mapper.compiler.explain.event_run import event_frames, load_unlogged, sending_only
from mapper.compiler.plan.ir import PlannedObject
from mapper.compiler.plan.planned_consent import PlannedConsent
from mapper.compiler.plan.planner import Plan
from mapper.compiler.trials.questions import Ask, Question
from mapper.runtime.consent_decision import LIMITED
from mapper.values.types import Invalid


@contextmanager
def asking(question: Question, plan: Plan, lets: Iterable[str]) -> Iterator[Ask]:
    """The function that asks; "" for an event of which nothing can be asked. lets: those that are needed."""
    needed, place = {*lets}, question.values[0].place
    limited = "skip" if question.when_limited else ""
    values, combine, grants = question.values, question.combine, question.grants
    consent = PlannedConsent(values, combine, grants, question.when_missing, None, (), limited, (), place)
    alone = sending_only(plan, PlannedObject("", ()), place, consent)
    alone = replace(alone, lets=tuple(let for let in plan.lets if let.name in needed))
    loaded = load_unlogged(alone)
    asked = loaded.functions[loaded.context.functions[CONSENT_KEY]]

    def ask(event: dict[str, Any], meta: dict[str, Any] | None) -> str:
        try:
            frame = next(event_frames(loaded, event, meta), None)
        except Invalid:
            return ""
        if frame is None:
            return ""
        asked(frame.event, frame)
        return (
            LIMITED
            if frame.answer == LIMITED
            else "granted"
            if consent.effect(frame.answer).is_given
            else "denied"
        )

    yield ask
    loaded.functions.clear()  # which hold each other
