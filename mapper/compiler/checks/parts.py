"""Sections with `split` -> a warning where the events in one source event all get the same id."""

from __future__ import annotations

from collections.abc import Mapping

from mapper.compiler.plan.depends_only_on import hanging_on, hangs_on
from mapper.compiler.plan.planned import Planned
from mapper.compiler.plan.scope import Draft
from mapper.compiler.schema.target import Target
from mapper.diagnostic import Diagnostic

_OF_ALL_PARTS = frozenset({"$meta", "$whole"})


def check_parts(target: Target, lets: Mapping[str, Planned], draft: Draft) -> None:
    """Report an id that hangs on what all parts of a source event share, so that they count as one."""
    shared = hanging_on(_OF_ALL_PARTS, lets)
    for sending in draft.sendings:
        for entry in sending.payload.entries:
            if entry.name == target.key and hangs_on(entry.value, shared):
                message = (
                    f"`{entry.name}` is the same for all events that `split` gives, so they count as one"
                )
                hint = "read it from the event, or make one of both: `fingerprint([ID, $index])`"
                draft.found.append(Diagnostic("M421", entry.value.span, message, hint, path=entry.name))
