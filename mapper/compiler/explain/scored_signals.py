"""Plan -> Coverage: which of the signals that the destination scores events by each section can send."""

from __future__ import annotations

from mapper.compiler.plan.can_give import gives_any
from mapper.compiler.plan.planner import Plan, PlannedSection
from mapper.compiler.schema.target import Signal
from mapper.texts.review import Coverage


def signal_coverage(plan: Plan) -> tuple[Coverage, ...]:
    """The coverage of the sections that send, those with the same signals together, in the order written."""
    scored = plan.target.practice.scored
    names: dict[tuple[Signal, ...], list[str]] = {}
    for section in plan.all_sections:
        if scored and section.payload is not None:
            names.setdefault(_sent(section, scored), []).append(section.name)
    return tuple(
        Coverage(
            tuple(dict.fromkeys(sections)),
            tuple(signal[0] for signal in sent),
            tuple(signal[0] for signal in scored if signal not in sent),
        )
        for sent, sections in names.items()
    )


def _sent(section: PlannedSection, scored: tuple[Signal, ...]) -> tuple[Signal, ...]:
    payload = section.payload
    if payload is None:
        return ()
    return tuple([one for one in scored if gives_any(payload, one)])
