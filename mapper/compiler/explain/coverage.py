"""Plan -> Coverage: which of the signals that the destination scores events by each section can send."""

from __future__ import annotations

from mapper.compiler.plan.can_give import gives_any
from mapper.compiler.plan.planner import Plan, PlannedSection
from mapper.compiler.schema.target import Signal
from mapper.values.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Coverage:
    """The scored signals that the events of some sections can carry.

    names: the events' names, in the order of their sections; "" for one that the event itself gives.
    sent, missing: target paths; of a signal with several paths the first one.
    """

    names: tuple[str, ...]
    sent: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def of(self) -> int:
        """The number of signals."""
        return len(self.sent) + len(self.missing)


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
