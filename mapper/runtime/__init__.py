"""During: one event in; payload, skip or rejection out. All that generated code imports comes from here.

Its names are filled in when one of them is first asked for: who checks a mapping needs the types of
functions alone, and starts without what makes payloads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mapper.runtime.consent import consent_given
    from mapper.runtime.frame import elements
    from mapper.runtime.known_forms import Surprise, surprising
    from mapper.runtime.limits import (
        absent,
        at_least_long,
        at_most_long,
        counted,
        matching,
        of_kind,
        on_each,
        one_of,
        placed,
        unless_digest,
        within,
    )
    from mapper.runtime.objects import (
        copied,
        having,
        having_group,
        hollow,
        put,
        shape_part,
        strange,
        strip,
        whole,
        zip_lists,
    )
    from mapper.types import Invalid

__all__ = [
    "Invalid",
    "Surprise",
    "absent",
    "at_least_long",
    "at_most_long",
    "consent_given",
    "copied",
    "counted",
    "elements",
    "having",
    "having_group",
    "hollow",
    "matching",
    "of_kind",
    "on_each",
    "one_of",
    "placed",
    "put",
    "shape_part",
    "strange",
    "strip",
    "surprising",
    "unless_digest",
    "whole",
    "within",
    "zip_lists",
]


def __getattr__(name: str) -> Any:
    if not name.startswith("_"):
        from mapper.runtime.importable import NAMES

        globals().update(NAMES)
    if name not in globals():
        raise AttributeError(f"module 'mapper.runtime' has no attribute {name!r}")
    return globals()[name]
