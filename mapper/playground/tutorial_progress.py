"""A step of a tutorial x what its reader wrote -> whether the step is done, and what it leads to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mapper import authoring
from mapper.authoring import Analysis, same_content
from mapper.playground.check_result import can_send
from mapper.playground.problem import PlaygroundProblem
from mapper.playground.question import Doc, MappingQuestion, text_of
from mapper.playground.tutorial import Tutorial, tutorials


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A step that is being worked on. wanted: the mapping after it, None where it changes nothing."""

    tutorial: Tutorial
    at: int
    wanted: str | None

    @property
    def before(self) -> str:
        """The mapping that the step begins with."""
        done = [one.mapping for one in self.tutorial.steps[: self.at] if one.mapping is not None]
        return done[-1] if done else self.tutorial.mapping

    @property
    def end(self) -> str:
        """The mapping that the tutorial ends with."""
        return [one.mapping for one in self.tutorial.steps if one.mapping is not None][-1]


def open_step(question: MappingQuestion) -> OpenStep | None:
    """The step that a question names; None where it names none. Raises PlaygroundProblem."""
    named = question.options.get("step")
    if named is None:
        return None
    tutorial = tutorials().get(text_of(named, "tutorial")) if isinstance(named, dict) else None
    at = named.get("at") if isinstance(named, dict) else None
    if tutorial is None or not isinstance(at, int) or not 0 <= at < len(tutorial.steps):
        raise PlaygroundProblem("there is no such step of a tutorial")
    return OpenStep(tutorial, at, tutorial.steps[at].mapping)


def is_done(
    step: OpenStep, written: Analysis, question: MappingQuestion, analysed: Callable[[Doc], Analysis]
) -> bool:
    """Whether what was written says the same as the step, or makes the payloads that the step is about."""
    name = question.mapping.name
    if step.wanted is None or same_content(written.text, authoring.Text(name, step.wanted)):
        return step.wanted is not None
    made, due, before = (
        _made(one, question)
        for one in (written, analysed(Doc(name, step.wanted)), analysed(Doc(name, step.before)))
    )
    return made is not None and made == due != before


def _made(analysis: Analysis, question: MappingQuestion) -> list[Any] | None:
    """The ends of all samples; None where the mapping has errors."""
    if not can_send(analysis):
        return None
    events = [one.event for one in question.samples if one.event is not None]
    return [
        (one.payload, one.skip is None, one.rejection is None)
        for event in events
        for one in analysis.outcomes(event, dict(question.event_meta))
    ]
