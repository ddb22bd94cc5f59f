"""Times that are written as text, and go into a field that takes a time."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.checks.check_registry import CheckCase, check
from mapper.compiler.inference.type_facts import in_place
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tree import Call
from mapper.compiler.plan.scope import PlannedChain
from mapper.texts.diagnostic import Diagnostic

_WRITING, _READING = "format_time", "timestamp"


@check("M152")
def written_times(case: CheckCase) -> Iterator[Diagnostic]:
    """`format_time` before a field that reads a time by itself."""
    for chain in case.record.chains:
        target = chain.target
        if any(step.transform == _READING for step in (target.item or target).form):
            yield from _written(chain)


def _written(chain: PlannedChain) -> Iterator[Diagnostic]:
    path = chain.target.path
    message = f"`{path}` is a time: it takes the value as it is, and not every text of `{_WRITING}`"
    for step in chain.steps:
        if step.transform.name == _WRITING and step.span is not None:
            yield Diagnostic("M152", step.span, message, f"remove the step `{_WRITING}`", path=path)
    source = chain.source
    call = None if source is None else source.root
    if source is not None and isinstance(call, Call) and call.name == _WRITING and call.arguments:
        value = source.text[call.arguments[0].start : call.arguments[0].end]
        facts = in_place(call, value, source)
        yield Diagnostic("M152", source.span(call), message, f"write {coded(value)}", path=path, facts=facts)
