"""Consent in the fast form."""

from __future__ import annotations

from mapper.compiler.emit.fast.point import Point
from mapper.compiler.emit.fast.values import write_value
from mapper.compiler.emit.module import literal
from mapper.compiler.plan.planner import PlannedConsent


def write_consent(consent: PlannedConsent, point: Point) -> None:
    """Events with consent go on; others are skipped, or stripped by the careful form."""
    answers = []
    for value in consent.values:
        answer = point.local("answer")
        write_value(value, answer, point)
        answers.append(answer)
    given = point.use("granted")
    stated = (literal(consent.combine), literal(consent.answer_grants), literal(consent.when_missing))
    test = f"not {given}([{', '.join(answers)}], {', '.join(stated)})"
    if len(answers) == 1:
        test = f"{answers[0]} is not {literal(consent.answer_grants)} and {test}"
        if consent.when_missing == "granted":
            test = f"{answers[0]} is not None and {test}"
    with point.block(f"if {test}:"):
        if consent.strip is None:
            place = literal(point.place_of(consent.place))
            point.write(f"return {point.use('skipped')}('consent', 'consent denied', {place})")
        else:
            point.give_up()
